"""Journals of which a collector elsewhere may not have everything yet, each noted in `unsent/` of its directory.

A process that streams makes the note before it begins, and deletes it when all was acknowledged. Where it was killed in
between, its supervisor, or the next process that streams to the same place from here, sends the rest. The collector says
how far it has got and knows events by writer and seq, so that two processes that send the same do no harm.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

from ..core.directory import fallbacks, resolve
from ..core.ids import is_id
from ..core.journal import head_of, last_seq
from ..core.process import liveness
from ..core.warnings import Warnings
from ..core.writer import Identity
from .link import Address, Link, ignore
from .transports import TCPTransport, Transport, UnixSocketTransport, choose, destination

#: A collector that answers says what it has within a second.
_WELCOME_S = 5.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_FIELDS = ("run_id", "worker", "attempt", "role", "writer")
_LONGEST_NOTE = 10_000


def note(directory: str, identity: Identity, to: str) -> None:
    """Raises OSError."""
    path = _note_of(directory, identity)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    text = json.dumps({"to": to, **{name: getattr(identity, name) for name in _FIELDS}})
    # Appended to nothing, in one piece: a torn note names nothing and is left alone.
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def settle(directory: str, identity: Identity) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_note_of(directory, identity))


def _note_of(directory: str, identity: Identity) -> str:
    return os.path.join(directory, "unsent", identity.writer + ".json")


class Leftover(NamedTuple):
    """What a writer that is gone left behind; it stands in for that writer."""

    to: str
    directory: str
    identity: Identity
    path: str
    size: int
    seq: int

    @property
    def outlet(self) -> Leftover:
        return self


def leftovers(wanted: str) -> Iterator[Leftover]:
    """The leftovers of processes that are gone."""
    for directory in (wanted, *fallbacks(wanted)):
        for name in _names(os.path.join(directory, "unsent")):
            found = _leftover(directory, os.path.join(directory, "unsent", name))
            if found is not None:
                yield found


def _names(folder: str) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _leftover(directory: str, note_path: str) -> Optional[Leftover]:
    try:
        with open(note_path, "rb") as source:
            said: Dict[str, object] = json.loads(source.read(_LONGEST_NOTE).decode())
        attempt = said["attempt"]
        if not isinstance(attempt, int) or not all(is_id(said[name]) for name in ("run_id", "worker", "writer")):
            return None
        identity = Identity(str(said["run_id"]), str(said["worker"]), attempt, str(said["role"]), str(said["writer"]))
        path = os.path.join(directory, "runs", identity.run_id, identity.file_name)
        if not os.path.exists(path):
            # Deleted, or sealed here: nobody will ever send it.
            settle(directory, identity)
            return None
        head = head_of(path) or {}
        if head.get("writer") != identity.writer or liveness(head.get("proc")) is not False:
            return None
        return Leftover(str(said["to"]), directory, identity, path, os.path.getsize(path), last_seq(path))
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Sending:
    """Sends leftovers in a thread of its own. Training never waits for it."""

    def __init__(self, found: List[Leftover], addresses: Callable[[], Iterable[Address]], warnings: Warnings) -> None:
        self._found = found
        self._addresses = addresses
        self._warnings = warnings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xtrack-unsent", daemon=True)
        self._thread.start()

    def finish(self, seconds: float) -> None:
        self._thread.join(seconds)
        self._stopping.set()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        try:
            while self._found and not self._stopping.is_set():
                if _send(self._found[0], self._addresses, self._stopping, self._warnings):
                    self._found.pop(0)
                    continue
                # The collector may accept others where it did not accept this one.
                self._found.append(self._found.pop(0))
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
        except Exception as error:
            self._warnings.caught("unsent", error)


def _send(leftover: Leftover, addresses: Callable[[], Iterable[Address]], stopping: threading.Event, warnings: Warnings) -> bool:
    """Whether it was sent; False where the collector is not there, or accepts none of it."""
    link = Link(leftover, lambda: leftover.path, addresses, ignore, warnings, expected=False)
    began = time.monotonic()
    try:
        while not stopping.is_set():
            link.tick()
            if link.drained:
                settle(leftover.directory, leftover.identity)
                return True
            if not link.connected or (not link.welcomed and time.monotonic() - began > _WELCOME_S):
                return False
            time.sleep(0.01)
        return False
    finally:
        link.close()


def main(directory: Optional[str]) -> int:
    """Sends now what killed scripts could not send. It goes only to the collector that the environment names: a note may
    come from anybody, and the token goes along."""
    transport = choose(None, Warnings())
    to = destination(transport)
    directory = directory or resolve()
    found = list(leftovers(directory))
    if not found:
        print("Nothing is left to be sent in %s." % directory)
    left = 0
    for one in found:
        if one.to != to:
            outcome = "not sent; XTRACK_TRANSPORT, XTRACK_HOST, XTRACK_PORT or XTRACK_SOCKET do not lead there"
        elif _send(one, lambda: _addresses(transport), threading.Event(), Warnings()):
            outcome = "sent"
        else:
            outcome = "not sent; no collector there takes it (is it running, and XTRACK_TOKEN its token?)"
        left += outcome != "sent"
        print("%s of run %s, to %s: %s" % (one.identity.worker, one.identity.run_id, one.to, outcome))
    return 1 if left else 0


def _addresses(transport: Transport) -> Iterator[Address]:
    token = os.environ.get("XTRACK_TOKEN")
    if isinstance(transport, TCPTransport):
        yield Address((transport.host, transport.port), token)
    elif isinstance(transport, UnixSocketTransport):
        yield Address(transport.path, token)
