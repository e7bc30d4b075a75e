"""Where a writer's frames go: a file, appended to with one write per frame, in order, whatever happens to the disk."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from typing import Callable, Deque, List

from .warnings import Warnings

HOLD_LIMIT = 64 * 2**20
SLOW_NS = 200_000
_SAMPLES = 9
_CHUNK = 512
_BLOCK = 1 << 20


class Outlet:
    """An open file descriptor, and the frames that could not be written yet.

    `direct` is True while frames may be written at once. Otherwise they are held in memory, and `flush`, called from the
    background thread, writes them in order. The writer serialises `write` and `hold`; `flush` may run beside them.
    """

    #: Whether nobody else appends to the file, so that its size says what was written.
    exclusive = True

    def __init__(self, opener: Callable[[], int], warnings: Warnings, threaded: bool = False) -> None:
        self._opener = opener
        self._warnings = warnings
        #: Whether the background thread writes, because the disk is slow or a reader may be.
        self.threaded = threaded
        self.fd = -1
        self.dropped = 0
        self.held_bytes = 0
        self._held: Deque[bytes] = deque()
        self._flushing = threading.Lock()
        self._samples: List[int] = []
        #: Called when frames wait to be flushed.
        self.on_held: Callable[[], None] = lambda: None
        self._try_open()

    @property
    def direct(self) -> bool:
        return self.fd >= 0 and not self.threaded and not self._held

    @property
    def held(self) -> int:
        return len(self._held)

    def _try_open(self) -> bool:
        if self.fd >= 0:
            return True
        try:
            self.fd = self._opener()
            return True
        except OSError as error:
            self._warnings.note(
                "open", "xtrack: cannot open the journal (%s); events are kept in memory until it can be opened" % error
            )
            return False

    @property
    def size(self) -> int:
        return os.fstat(self.fd).st_size if self.fd >= 0 else 0

    def append(self, frame: bytes) -> None:
        """Writes a frame at once; what the disk does not accept, and what comes after that, is held in memory."""
        if not self.direct:
            self.hold(frame)
            return
        try:
            count = os.write(self.fd, frame)
        except OSError as error:
            self.refuse(frame, error)
            return
        if count < len(frame):
            self.refuse(frame[count:], "only %d of %d bytes were written" % (count, len(frame)))

    def refuse(self, frame: bytes, why: object) -> None:
        """Holds (the rest of) a frame that the disk did not accept."""
        self.hold(frame)
        self._failed(why)

    def took(self, nanoseconds: int) -> None:
        """Called with a sample of how long the disk takes for a frame."""
        self._samples.append(nanoseconds)
        if len(self._samples) >= _SAMPLES:
            median = sorted(self._samples)[_SAMPLES // 2]
            self._samples.clear()
            if median > SLOW_NS:
                self.threaded = True
                self._warnings.note(
                    "slow_disk",
                    "xtrack: appending to the journal takes %d µs on this disk; a thread of its own does it from now on, and a "
                    "killed process may lose its last moments" % (median // 1000),
                )

    def hold(self, frame: bytes) -> None:
        self._held.append(frame)
        self.held_bytes += len(frame)
        self.on_held()

    @property
    def full(self) -> bool:
        return self.held_bytes > HOLD_LIMIT

    def flush(self, blocking: bool = True) -> bool:
        """Writes what is held, in order; True when nothing is left."""
        if not self._held:
            return True
        if not self._flushing.acquire(blocking):
            return False
        try:
            if not self._try_open():
                return False
            while self._held and self._flush_some():
                pass
            return not self._held
        finally:
            self._flushing.release()

    def _flush_some(self) -> bool:
        # Frames stay in the deque until they are written, so that a logging call meanwhile does not overtake them.
        chunk = b"".join(self._held[i] for i in range(min(_CHUNK, len(self._held))))
        try:
            count = os.write(self.fd, chunk)
        except OSError as error:
            self._failed(error)
            return False
        self.held_bytes -= count
        complete = count == len(chunk)
        while count > 0:
            first = self._held[0]
            if len(first) <= count:
                count -= len(first)
                self._held.popleft()
            else:
                self._held[0] = first[count:]
                count = 0
        return complete

    def _failed(self, error: object) -> None:
        self._warnings.note(
            "append", "xtrack: cannot append to the journal (%s); events are kept in memory and written when it works again" % error
        )

    def has(self, frame: bytes) -> bool:
        """Whether the last frame was written or is held, after an interrupt in the middle of it."""
        if not self.exclusive or not hasattr(os, "pread") or (self._held and self._held[-1] is frame):
            return True
        return self.fd >= 0 and os.pread(self.fd, len(frame), max(0, self.size - len(frame))) == frame

    def sync(self) -> None:
        if self.fd >= 0:
            os.fsync(self.fd)

    @property
    def vanished(self) -> bool:
        """Whether the file was deleted, so that nobody will ever see what is written to it."""
        return self.exclusive and self.fd >= 0 and os.name == "posix" and os.fstat(self.fd).st_nlink == 0

    def copy_to(self, other: Outlet) -> None:
        """Copies all that was written, and what is held."""
        offset = 0
        while True:
            block = os.pread(self.fd, _BLOCK, offset)
            if not block:
                break
            other.append(block)
            offset += len(block)
        for frame in self._held:
            other.append(frame)

    def touch(self) -> None:
        """The heartbeat: readers check the file's modification time."""
        if self.fd >= 0 and os.utime in os.supports_fd:
            os.utime(self.fd)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class StreamOutlet(Outlet):
    """A pipe or terminal (stdio transport): written at once only where that cannot block, else by the background thread."""

    exclusive = False

    def __init__(self, fd: int, warnings: Warnings) -> None:
        self._broken = False
        super().__init__(lambda: fd, warnings, threaded=True)
        try:
            os.fstat(fd)
        except OSError as error:
            # It is closed, and a file that gets this number later is not ours.
            self._failed(error)

    def hold(self, frame: bytes) -> None:
        if self._broken:
            self.dropped += 1
            return
        super().hold(frame)
        # A pipe that is writable takes at least PIPE_BUF bytes.
        if self.held == 1 and len(frame) <= select.PIPE_BUF and self._is_writable():
            self.flush(blocking=False)

    def _is_writable(self) -> bool:
        try:
            return bool(select.select([], [self.fd], [], 0)[1])
        except (OSError, ValueError):
            return False  # Closed, or a number too high for select: the background thread finds out.

    def _failed(self, error: object) -> None:
        self._broken = True
        self.dropped += self.held
        self._held.clear()
        self.held_bytes = 0
        self._warnings.note("stdio", "xtrack: the reader of the events is gone (%s); further events are dropped" % error)

    def sync(self) -> None:
        """Does nothing: a pipe has no disk."""

    def touch(self) -> None:
        """Does nothing: a reader of a pipe sees it close."""

    def close(self) -> None:
        """Does nothing: the descriptor is the process's own stdout, or was given to it."""
