"""The doctor on runs: journals that are damaged or cannot be read, and why a run is not shown."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from ..core import directory as directories
from ..core.frames import FrameDecoder
from ..core.ids import is_id
from ..core.journal import head_of, journals_in
from .collector import Refused, ask
from .finding import Finding, whose

#: Of a large history the newest runs are examined, for a bounded time.
_RUNS = 200
_SECONDS = 8.0
_BLOCK = 1 << 20
_AHEAD_S = 120.0


class Journal(NamedTuple):
    path: str
    #: Why it cannot be read; None where it can.
    error: Optional[str]
    #: (reason, offset) of the first frame that is damaged.
    damage: Optional[Any]
    bad: int
    complete: bool


def check_journals(directory: str) -> List[Finding]:
    runs = os.path.join(directory, "runs")
    if not os.path.isdir(runs):
        return []
    try:
        names = [name for name in os.listdir(runs) if is_id(name)]
    except OSError as error:
        return [Finding("runs.unreadable", "error", "The runs cannot be listed", "%s: %s" % (runs, error.strerror), "chmod u+rwx %s" % runs)]
    newest = sorted(names, key=lambda name: _changed(os.path.join(runs, name)), reverse=True)[:_RUNS]
    deadline = time.monotonic() + _SECONDS
    findings: List[Finding] = []
    seen = 0
    for name in newest:
        if time.monotonic() > deadline:
            break
        seen += 1
        findings += _of_run(os.path.join(runs, name), name, deadline)
    if not findings:
        text = "%d run%s" % (len(names), "" if len(names) == 1 else "s")
        detail = "All journals can be read." if seen == len(names) else "The journals of the newest %d can be read." % seen
        findings = [Finding("runs.journals", "ok", text, detail)]
    return findings


def _changed(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _of_run(path: str, name: str, deadline: float) -> List[Finding]:
    try:
        os.listdir(path)
    except OSError as error:
        return [
            Finding(
                "run.unreadable",
                "error",
                "Run %s cannot be read" % name,
                "%s: %s.%s" % (path, error.strerror, whose(path)),
                "chmod u+rx %s, as its owner." % path,
            )
        ]
    findings: List[Finding] = []
    for journal in _journals(path, deadline):
        file = os.path.basename(journal.path)
        if journal.error is not None:
            findings.append(
                Finding(
                    "run.unreadable",
                    "error",
                    "A journal of run %s cannot be read" % name,
                    "%s: %s.%s Its content is not shown." % (journal.path, journal.error, whose(journal.path)),
                    "chmod u+r %s, as its owner." % journal.path,
                )
            )
        elif journal.damage is not None:
            reason, offset = journal.damage
            findings.append(
                Finding(
                    "run.damaged",
                    "warning",
                    "A journal of run %s is damaged" % name,
                    "%s: %d frame%s cannot be read, the first at byte %d (%s). All others are shown."
                    % (file, journal.bad, "" if journal.bad == 1 else "s", offset, reason),
                    "Check whether the disk was full or a copy was interrupted. Nothing else is lost.",
                )
            )
        else:
            findings += _head(journal.path, name)
    return findings


def _journals(path: str, deadline: float) -> Iterator[Journal]:
    for found in journals_in(path):
        try:
            yield _examine(found.path, deadline)
        except OSError as error:
            yield Journal(found.path, error.strerror or str(error), None, 0, False)


def _examine(path: str, deadline: float) -> Journal:
    decoder = FrameDecoder()
    damage, bad = None, 0
    with open(path, "rb") as source:
        while time.monotonic() < deadline:
            block = source.read(_BLOCK)
            if not block:
                return Journal(path, None, damage, bad, True)
            decoder.push(block)
            for one in decoder.read():
                if one.envelope is None:
                    damage, bad = damage or (one.reason, one.offset), bad + 1
    return Journal(path, None, damage, bad, False)


def _head(path: str, name: str) -> List[Finding]:
    if os.path.getsize(path) == 0:
        return []
    head = head_of(path)
    if head is None:
        return [
            Finding(
                "run.headless",
                "error",
                "A journal of run %s has no beginning" % name,
                "%s: which process wrote it is not known, so that it is not shown." % path,
                "Restore the file from a backup, or remove it.",
            )
        ]
    if head.get("run_id") != name:
        return [
            Finding(
                "run.renamed",
                "error",
                "The folder of run %s was renamed" % head.get("run_id"),
                "%s holds journals of %s; events of another run are not shown." % (os.path.dirname(path), head.get("run_id")),
                "Rename the folder back to %s." % head.get("run_id"),
            )
        ]
    ahead = os.path.getmtime(path) - time.time()
    if ahead > _AHEAD_S:
        return [
            Finding(
                "clock.future",
                "warning",
                "Run %s was written in the future" % name,
                "%s has a modification time %.0f minutes from now: a clock was, or is, wrong." % (path, ahead / 60),
                "Set the clock of the machine that wrote it (NTP).",
            )
        ]
    return []


# ---------------------------------------------------------------- one run


def check_run(directory: str, run_id: str) -> List[Finding]:
    """Why the run is not shown, or that it should be."""
    if not is_id(run_id):
        todo = "Copy it from the run's menu, or from the names in %s." % os.path.join(directory, "runs")
        return [Finding("run.id", "error", "%r is not a run id" % run_id[:200], "Ids have letters, digits, . _ and -.", todo)]
    path = os.path.join(directory, "runs", run_id)
    if not os.path.isdir(path):
        return [_elsewhere(directory, run_id)]
    try:
        if not any(name.endswith(".xtj") for name in os.listdir(path)):
            detail = "%s is there, but nothing was recorded in it." % path
            todo = "Its script ended before it logged anything; its output may say why."
            return [Finding("run.empty", "error", "Run %s has no journal" % run_id, detail, todo)]
    except OSError:
        return []  # That it cannot be read is among the findings on journals.
    if _deleted(path):
        return [
            Finding(
                "run.deleted",
                "warning",
                "Run %s is in the trash" % run_id,
                "It was deleted in the editor. Nothing is lost.",
                "Restore it: XTrack: Restore from Trash.",
            )
        ]
    return [_at_collector(directory, run_id)]


def _deleted(path: str) -> bool:
    """Whether the run is in the trash, by the last edit of all journals of edits."""
    last, deleted = -1, False
    for name in os.listdir(path):
        if not (name.startswith("user-") and name.endswith(".xtj")):
            continue
        decoder = FrameDecoder()
        with open(os.path.join(path, name), "rb") as source:
            decoder.push(source.read())
        for one in decoder.read():
            payload: Dict[str, Any] = (one.envelope or {}).get("p") or {}
            if (one.envelope or {}).get("t") != "edit" or not isinstance(payload.get("deleted"), bool):
                continue
            at = ((one.envelope or {}).get("m") or {}).get("ts", 0)
            if at >= last:
                last, deleted = at, payload["deleted"]
    return deleted


def _elsewhere(directory: str, run_id: str) -> Finding:
    places = [place for place in _other_directories(directory) if os.path.isdir(os.path.join(place, "runs", run_id))]
    if not places:
        return Finding(
            "run.missing",
            "error",
            "There is no run %s here" % run_id,
            "Neither %s nor a directory nearby has a folder for it." % os.path.join(directory, "runs"),
            "Find out which directory its script recorded in: XTRACK_DIR, or else the .xtrack nearest to its working directory.",
        )
    return Finding(
        "run.elsewhere",
        "error",
        "Run %s is in another directory" % run_id,
        "It is in %s; this one is %s." % (places[0], directory),
        "Open that folder in the editor, or move %s into %s." % (os.path.join(places[0], "runs", run_id), os.path.join(directory, "runs")),
    )


def _other_directories(directory: str) -> Iterator[str]:
    """Directories that runs end up in by mistake: caches, and those of folders above and below."""
    yield from directories.fallbacks(directory)
    for start in (os.path.dirname(directory), os.getcwd()):
        for folder in directories.upwards(start):
            yield os.path.join(folder, ".xtrack")
    deadline = time.monotonic() + 2.0
    for folder, below, _ in os.walk(os.path.dirname(directory)):
        if ".xtrack" in below:
            yield os.path.join(folder, ".xtrack")
        depth = folder[len(os.path.dirname(directory)) :].count(os.sep)
        below[:] = [name for name in below if not name.startswith(".") and name != "node_modules"] if depth < 4 else []
        if time.monotonic() > deadline:
            return


def _at_collector(directory: str, run_id: str) -> Finding:
    found = directories.discover(directory)
    if found is None:
        return Finding("run.recorded", "ok", "Run %s is recorded" % run_id, "It shows when the folder is opened in the editor.")
    try:
        state = ask(found, "runs.get", {"run_id": run_id})
    except LookupError as error:
        return Finding(
            "run.unknown",
            "error",
            "The collector does not show run %s" % run_id,
            str(error),
            "Wait a moment if it has just started; otherwise run XTrack: Rebuild Database.",
        )
    except (OSError, ValueError, Refused):
        return Finding("run.recorded", "info", "Run %s is recorded" % run_id, "The collector cannot be asked for it.")
    return Finding(
        "run.shown",
        "info",
        "Run %s is known to the collector" % run_id,
        "It is %s, named %r. If the view does not list it, a filter hides it." % (state.get("status"), state.get("name")),
        "Clear the view's filter (XTrack: Clear Filter), and check whether its experiment is collapsed.",
    )
