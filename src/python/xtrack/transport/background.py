"""The threads behind a run: syncs, heartbeats, retries, commands, the connection. Training never waits for them."""

from __future__ import annotations

import threading
import time
from typing import Callable, List, Optional

from ..core.warnings import Warnings
from ..core.writer import Writer
from .commands import Commands
from .link import Link

_BELL_S = 0.05
_SECOND = 1.0
_HEARTBEAT_S = 5.0
DRAIN_S = 2.0
#: What is streamed is in no other collector; that one may be busy, or starting again.
_LONG_DRAIN_S = 10.0


class Background:
    def __init__(self, writer: Writer, commands: Optional[Commands], link: Optional[Link], warnings: Warnings) -> None:
        self._writer = writer
        self._commands = commands
        self._link = link
        self._warnings = warnings
        self._wake = threading.Event()
        self._stopping = False
        self._deadline = 0.0
        self._next_second = 0.0
        self._next_beat = time.monotonic() + _HEARTBEAT_S
        self._synced = 0
        writer.outlet.on_held = self._wake.set
        self._thread = threading.Thread(target=self._run, name="xtrack", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes and sends what is left, for a bounded time."""
        self._deadline = time.monotonic() + _LONG_DRAIN_S
        self._stopping = True
        self._wake.set()
        self._thread.join(_LONG_DRAIN_S + 0.5)

    def abandon(self) -> None:
        """In a forked child: the thread was not copied, its descriptors were."""
        if self._link is not None:
            self._link.close()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._pause())
            self._wake.clear()
            self._step()
        if self._link is not None:
            self._link.hurry()
            self._step()
        self._drain()
        self._guarded("sync", self._sync)
        if self._link is not None:
            self._link.close()

    def _drain(self) -> None:
        link = self._link
        patience = self._deadline if link is not None and link.is_promised else time.monotonic() + DRAIN_S
        while not self._finished() and time.monotonic() < patience:
            time.sleep(0.01)
            self._step()
        if not self._finished():
            # The run has ended, so that its own log takes no more lines.
            self._warnings.notify = None
            self._warnings.note("drain", "xtrack: not everything was written or sent when the run ended; what is missing is in its journal only")

    def _pause(self) -> float:
        if self._link is not None and self._link.connected:
            return _BELL_S
        due = min(self._next_second, self._next_beat)
        return max(0.01, due - time.monotonic())

    def _finished(self) -> bool:
        if self._writer.outlet.held:
            return False
        return self._link is None or self._link.is_done

    def _step(self) -> None:
        now = time.monotonic()
        self._guarded("settle", self._writer.settle)
        if self._writer.outlet.held and (self._writer.outlet.threaded or now >= self._next_second):
            self._guarded("flush", self._writer.outlet.flush)
        if self._link is not None:
            self._guarded("link", self._link.tick)
        if now >= self._next_beat:
            self._next_beat = now + _HEARTBEAT_S
            self._guarded("heartbeat", self._beat)
        if now >= self._next_second:
            self._next_second = now + _SECOND
            self._guarded("sync", self._sync)
            if self._commands is not None:
                self._guarded("commands", self._commands.poll)

    def _beat(self) -> None:
        self._writer.outlet.touch()
        if self._link is not None:
            self._link.heartbeat()

    def _sync(self) -> None:
        if self._writer.outlet.vanished and self._writer.recreate():
            self._synced = 0
            if self._link is not None:
                self._link.reopen()
            self._warnings.note("deleted", "xtrack: the journal was deleted while the run was active; it was written again in full")
        size = self._writer.outlet.size
        if size != self._synced:
            self._synced = size
            self._writer.outlet.sync()

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            self._warnings.caught(what, error)


class Jobs:
    """Does work that may take a second or two, one job after the other, in a thread that lives only while there are any."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._lock = threading.Lock()
        self._waiting: List[Callable[[], None]] = []
        self._thread: Optional[threading.Thread] = None

    def add(self, job: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xtrack-jobs", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> None:
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                job = self._waiting.pop(0)
            try:
                job()
            except Exception as error:
                self._warnings.caught("background job", error)
