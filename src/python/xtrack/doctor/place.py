"""The doctor on the .xtrack directory: which one it is and why, whether it can be written, its disk and its clock."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from typing import List, Optional

from ..core import directory as directories
from .finding import Finding, whose

_FULL = 100 * 2**20
_TIGHT = 2 * 2**30
_SKEW_S = 2.0
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "lustre", "beegfs", "gpfs", "ceph", "glusterfs", "afs", "9p", "fuse.s3fs", "fuse.gcsfuse")


def check(directory: str, folder: Optional[str]) -> List[Finding]:
    findings = [_which(directory, folder), *_others(directory, folder)]
    if not os.path.lexists(directory):
        return [*findings, *_not_there(directory), *_fallbacks(directory)]
    if not os.path.isdir(directory):
        what = "a link to something that is not there" if os.path.islink(directory) else "a file"
        finding = Finding(
            "directory.kind", "error", "%s is not a directory" % directory, "It is %s." % what, "Remove or rename it; the directory is then created again."
        )
        return [*findings, finding, *_fallbacks(directory)]
    writable = _writable(directory)
    findings += writable
    if all(finding.level != "error" for finding in writable):
        findings += _clock(directory)
    return [*findings, *_private(directory), *_space(directory), *_disk(directory), *_fallbacks(directory)]


def _which(directory: str, folder: Optional[str]) -> Finding:
    if folder is not None:
        why = "It was given as --dir, or found from there."
    elif os.environ.get("XTRACK_DIR"):
        why = "XTRACK_DIR in the environment says so."
    elif os.path.isdir(directory):
        why = "It is the nearest .xtrack upwards from %s." % os.getcwd()
    elif os.path.exists(os.path.join(os.path.dirname(directory), ".git")):
        why = "There is no .xtrack yet, so it will be at the root of the git repository."
    else:
        why = "There is no .xtrack and no git repository, so it will be in the working directory."
    return Finding("directory.which", "info", "Runs are in %s" % directory, why)


def _others(directory: str, folder: Optional[str]) -> List[Finding]:
    """Scripts and the editor search from different folders: runs get lost where there is a second directory on the way."""
    given = os.environ.get("XTRACK_DIR")
    start = os.path.abspath(folder or os.getcwd())
    if os.path.basename(start) == ".xtrack":
        start = os.path.dirname(start)
    here = [os.path.join(up, ".xtrack") for up in directories.upwards(start) if os.path.isdir(os.path.join(up, ".xtrack"))]
    others = [path for path in here if os.path.realpath(path) != os.path.realpath(directory)]
    if not others:
        return []
    why = "XTRACK_DIR is set and beats it." if given else "The nearest one counts."
    return [
        Finding(
            "directory.others",
            "warning",
            "There is another directory with runs",
            "%s is in a folder above this one. %s Runs in it are not shown here." % (others[0], why),
            "Unset XTRACK_DIR if that one was meant."
            if given
            else "Open its folder to see those runs, or move their folders from its runs/ into this one.",
        )
    ]


def _not_there(directory: str) -> List[Finding]:
    parent = os.path.dirname(directory)
    while not os.path.isdir(parent) and os.path.dirname(parent) != parent:
        parent = os.path.dirname(parent)
    if os.access(parent, os.W_OK | os.X_OK):
        return [Finding("directory.new", "info", "There are no runs yet", "%s is made with the first one." % directory)]
    return [
        Finding(
            "directory.writable",
            "error",
            "%s cannot be created" % directory,
            "This user cannot write to %s. Runs would be recorded in a cache directory, where the editor does not see them." % parent,
            "Make the folder writable, or set XTRACK_DIR (in the editor: xtrack.directory) to one that is.",
        )
    ]


def _writable(directory: str) -> List[Finding]:
    for path in (directory, os.path.join(directory, "runs")):
        try:
            if path != directory and not os.path.lexists(path):
                continue
            fd, temp = tempfile.mkstemp(prefix=".doctor-", dir=path)
            os.close(fd)
            os.unlink(temp)
        except OSError as error:
            return [
                Finding(
                    "directory.writable",
                    "error",
                    "%s cannot be written" % path,
                    "%s.%s Scripts record their runs in a cache directory instead, where the editor does not see them."
                    % (error.strerror or error, whose(path)),
                    "Make it writable (chown or chmod u+rwx), or set XTRACK_DIR to a directory that is.",
                )
            ]
    return [Finding("directory.writable", "ok", "The directory can be written", directory)]


def _private(directory: str) -> List[Finding]:
    if os.name != "posix":
        return []
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    if mode & 0o022:
        return [
            Finding(
                "directory.private",
                "warning",
                "Others can change your runs",
                "%s has the mode %o. It contains what scripts print and the code that they ran." % (directory, mode),
                "chmod 700 %s" % directory,
            )
        ]
    return []


def _clock(directory: str) -> List[Finding]:
    """Whether a run goes on shows in the times of its files, which on a network disk are the server's."""
    fd, temp = tempfile.mkstemp(prefix=".doctor-", dir=directory)
    try:
        before = time.time()
        os.write(fd, b".")
        os.fsync(fd)
        skew = os.fstat(fd).st_mtime - before
    finally:
        os.close(fd)
        os.unlink(temp)
    return skew_finding(skew)


def skew_finding(skew: float) -> List[Finding]:
    if abs(skew) <= _SKEW_S:
        return []
    return [
        Finding(
            "clock.skew",
            "warning",
            "The clock of the disk differs from this machine's by %.0f s" % abs(skew),
            "Runs of other machines may be shown as lost, or as running after they have ended.",
            "Synchronize the clocks of both machines with NTP.",
        )
    ]


def _space(directory: str) -> List[Finding]:
    usage = shutil.disk_usage(directory)
    return space_findings(usage.free, usage.total, _inodes_free(directory))


def space_findings(free: int, total: int, inodes: Optional[int]) -> List[Finding]:
    text = "%.1f of %.1f GB are free" % (free / 2**30, total / 2**30)
    todo = "Delete old runs or their checkpoints, or set XTRACK_DIR to another disk."
    if free < _FULL or inodes == 0:
        detail = text if inodes != 0 else "No more files can be made on it (no free inodes)."
        return [Finding("disk.space", "error", "The disk is full", detail + " Training goes on; what is logged is kept in memory.", todo)]
    if free < _TIGHT:
        return [Finding("disk.space", "warning", "The disk is nearly full", text, todo)]
    return [Finding("disk.space", "ok", text, "")]


def _inodes_free(directory: str) -> Optional[int]:
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(directory)
    return found.f_favail if found.f_files > 0 else None


def _disk(directory: str) -> List[Finding]:
    kind = disk_kind(directory)
    if kind is None or not kind.startswith(_NETWORK):
        return []
    return [
        Finding(
            "disk.network",
            "info",
            "The directory is on a network disk (%s)" % kind,
            "It works, but slower: where writes take long, a thread makes them. Only one machine's collector writes databases.",
        )
    ]


def disk_kind(path: str, mounts: str = "/proc/mounts") -> Optional[str]:
    if not sys.platform.startswith("linux"):
        return None
    path = os.path.realpath(path)
    best, kind = "", None
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as source:
            for line in source:
                parts = line.split()
                if len(parts) < 3:
                    continue
                point = parts[1].replace("\\040", " ")
                inside = path == point or path.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, parts[2]
    except OSError:
        return None
    return kind


def _fallbacks(directory: str) -> List[Finding]:
    findings = []
    for fallback in directories.fallbacks(directory):
        try:
            runs = os.listdir(os.path.join(fallback, "runs"))
        except OSError:
            continue
        if runs:
            findings.append(
                Finding(
                    "directory.fallback",
                    "warning",
                    "%d run%s recorded in another place" % (len(runs), " was" if len(runs) == 1 else "s were"),
                    "When %s could not be written, scripts recorded in %s: %s" % (directory, fallback, ", ".join(sorted(runs)[:5])),
                    "Move the folders in %s into %s." % (os.path.join(fallback, "runs"), os.path.join(directory, "runs")),
                )
            )
    return findings
