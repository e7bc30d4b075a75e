"""Journal files in a run's directory: created exclusively, appended to only."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from . import directory as directories
from .frames import FrameDecoder
from .outlet import Outlet
from .process import liveness
from .warnings import Warnings
from .writer import Identity

# Readable too: after an interrupt the writer checks whether its last frame is in the file.
_FLAGS = (
    os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_NAME = re.compile(r"events-(.+)-(\d+)-([A-Za-z0-9][A-Za-z0-9._]*)\.xtj\Z")
_TAIL = 65536
#: A writer of another host whose file did not change for this long counts as gone (heartbeats come every 5 s).
_SILENT_S = 15.0


class Journals:
    """Opens journals in `directory`, which is a fallback where the wanted one cannot be written."""

    def __init__(self, directory: str, warnings: Warnings) -> None:
        self.wanted = directory
        self.directory = directory
        self.path: Optional[str] = None
        self._warnings = warnings

    def settle_on_directory(self, run_id: str) -> None:
        """Finds the first directory in which the run's journals can be made."""
        for candidate in (self.wanted, *directories.fallbacks(self.wanted)):
            try:
                directories.ensure(candidate)
                path = directories.run_directory(candidate, run_id)
            except OSError as error:
                self._warnings.note("directory", "xtrack: cannot write in %s (%s)" % (candidate, error))
                continue
            if os.access(path, os.W_OK | os.X_OK):
                self.directory = candidate
                return

    @property
    def in_place(self) -> bool:
        return self.directory == self.wanted

    def run_dir(self, run_id: str) -> str:
        return os.path.join(self.directory, "runs", run_id)

    def open(self, identity: Identity) -> Outlet:
        return Outlet(lambda: self._create(identity), self._warnings)

    def _create(self, identity: Identity) -> int:
        directories.ensure(self.directory)
        path = os.path.join(directories.run_directory(self.directory, identity.run_id), identity.file_name)
        fd = _above_standard(os.open(path, _FLAGS | os.O_EXCL, 0o600))
        self.path = path
        return fd


def open_for_append(path: str, warnings: Warnings) -> Outlet:
    """The file transport: one file for all runs and processes."""
    flags = _FLAGS & ~getattr(os, "O_NOFOLLOW", 0)
    outlet = Outlet(lambda: _above_standard(os.open(path, flags, 0o600)), warnings)
    outlet.exclusive = False
    return outlet


def _above_standard(fd: int) -> int:
    """The descriptor, or a copy of it above 2: where stdout is closed the next file gets its number, and what native code prints."""
    if fd > 2 or sys.platform == "win32":
        return fd
    import fcntl

    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(fd)


class Found(NamedTuple):
    path: str
    worker: str
    attempt: int
    writer: str


def journals_in(run_dir: str) -> List[Found]:
    try:
        names = os.listdir(run_dir)
    except OSError:
        return []
    matches = [(name, _NAME.match(name)) for name in sorted(names)]
    return [Found(os.path.join(run_dir, name), m.group(1), int(m.group(2)), m.group(3)) for name, m in matches if m]


def head_of(path: str) -> Optional[Dict[str, Any]]:
    for envelope in _envelopes(path, 0, 16384):
        payload = envelope.get("p")
        return payload if envelope.get("t") == "journal" and isinstance(payload, dict) else None
    return None


def end_of(path: str) -> Optional[Dict[str, Any]]:
    """The payload of its run_end."""
    try:
        size = os.path.getsize(path)
    except OSError:
        return None
    ends = [e.get("p") for e in _envelopes(path, max(0, size - _TAIL), _TAIL) if e.get("t") == "run_end"]
    return ends[-1] if ends and isinstance(ends[-1], dict) else None


def last_seq(path: str) -> int:
    """The number of its last event; 0 where there is none. Raises OSError."""
    length = _TAIL
    size = os.path.getsize(path)
    while True:
        seqs = [_seq(envelope) for envelope in _envelopes(path, max(0, size - length), length)]
        if max(seqs, default=0) > 0 or length >= size:
            return max(seqs, default=0)
        length *= 16


def _seq(envelope: Dict[str, Any]) -> int:
    meta = envelope.get("m")
    seq = meta.get("seq") if isinstance(meta, dict) else None
    return seq if isinstance(seq, int) else 0


def _envelopes(path: str, offset: int, limit: int) -> Iterator[Dict[str, Any]]:
    decoder = FrameDecoder(offset, resyncing=offset > 0)
    try:
        with open(path, "rb") as source:
            source.seek(offset)
            decoder.push(source.read(limit))
    except OSError:
        return
    for one in decoder.read():
        if one.envelope is not None:
            yield one.envelope


def next_attempt(run_dir: str, worker: str) -> int:
    """The attempt that a new script process of a run belongs to.

    It joins the latest attempt while that goes on, or while its worker has no part in it yet (ranks start one after the
    other); else it starts the next one.
    """
    scripts = [found for found in journals_in(run_dir) if (head_of(found.path) or {}).get("role") == "script"]
    sealed = _sealed_attempt(run_dir)
    latest = max([found.attempt for found in scripts], default=0)
    if latest <= sealed:
        return sealed + 1
    members = [found for found in scripts if found.attempt == latest]
    if all(found.worker != worker for found in members) or any(_goes_on(found.path) for found in members):
        return latest
    return latest + 1


def _sealed_attempt(run_dir: str) -> int:
    """The latest attempt whose journals were removed, because the run was over and its database sealed."""
    try:
        with open(os.path.join(run_dir, "seal.json"), "rb") as source:
            names = json.loads(source.read(1 << 24).decode("utf-8", "replace"))["journals"]
        return max([int(m.group(2)) for m in map(_NAME.match, names) if m], default=0)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0


def _goes_on(path: str) -> bool:
    if end_of(path) is not None:
        return False
    alive = liveness((head_of(path) or {}).get("proc"))
    if alive is not None:
        return alive
    try:
        return time.time() - os.path.getmtime(path) < _SILENT_S
    except OSError:
        return False
