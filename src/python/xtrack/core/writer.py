"""One writing process of a run: numbers events, makes frames, appends each with one write before the call returns."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from zlib import crc32

from ..version import CLIENT
from .frames import MAX_FRAME, encode_frame, pack_length, seal
from .ids import new_writer
from .jsontext import Plain, dump, plain, quote
from .outlet import Outlet
from .process import this_process
from .warnings import Warnings

_now = time.time_ns
_write = os.write
_SAMPLED = 63  # one write in 64 is timed
_WAIT = 0.00005
_LOST_AFTER = 2000  # waits, so about 0.1 s


class Identity(NamedTuple):
    run_id: str
    worker: str
    attempt: int
    role: str
    writer: str
    #: The writer of the process that this one was forked from.
    forked_from: Optional[str] = None

    @property
    def file_name(self) -> str:
        return "events-%s-%d-%s.xtj" % (self.worker, self.attempt, self.writer)

    def forked(self) -> Identity:
        return self._replace(writer=new_writer(), forked_from=self.writer)


#: Opens the outlet of an identity; the head frame is written by the writer.
OpenOutlet = Callable[[Identity], Outlet]


class Writer:
    """`emit` is the hot path. It holds a token instead of a lock (a list's pop is atomic and six times cheaper than an RLock).

    Invariants: the order of frames in the file is the order of seq; a frame is complete in the file, or held by the outlet
    in front of all later ones, when emit returns.
    """

    def __init__(self, identity: Identity, open_outlet: OpenOutlet, warnings: Warnings) -> None:
        self.identity = identity
        self.warnings = warnings
        self._open_outlet = open_outlet
        self.seq = 0
        self.closed = False
        self._detached = False
        #: Called when a forked child has become a writer of its own.
        self.on_forked: Callable[[], None] = lambda: None
        self._nested: List[Tuple[str, str]] = []
        self._reset_token()
        self.outlet = self._open()

    def _reset_token(self) -> None:
        token: List[None] = [None]
        self._take = token.pop
        self._give = token.append

    def _open(self) -> Outlet:
        outlet = self._open_outlet(self.identity)
        if outlet.exclusive or self.identity.forked_from:
            outlet.append(self._head())
        self._fd = outlet.fd
        self._direct = outlet.direct
        return outlet

    def _head(self) -> bytes:
        """Readers of a stream (stdio, file) know events alone, and know writers by worker and run_start; a fork has no run_start."""
        head: Dict[str, Any] = {
            "format": 1,
            "run_id": self.identity.run_id,
            "worker": self.identity.worker,
            "attempt": self.identity.attempt,
            "writer": self.identity.writer,
            "role": self.identity.role,
            "proc": this_process(),
            "client": CLIENT,
        }
        if self.identity.forked_from:
            head["forked_from"] = self.identity.forked_from
        meta = {"seq": 0, "ts": _now() // 1000, "wid": self.identity.worker}
        return encode_frame({"v": 1, "t": "journal", "m": meta, "p": head})

    def event(self, kind: str, payload: Dict[str, Plain], at: str = "") -> None:
        """Appends an event of plain JSON values (`jsontext.plain`); its payload has the run's id without being given it.

        at: the line of the script that it comes from, as "file:line".
        """
        try:
            body = dump({"run_id": self.identity.run_id, **payload})
        except (TypeError, ValueError, RecursionError) as error:
            self.warnings.caught("event", error)
            return
        self.emit('{"v":1,"t":"%s","m":{"seq":' % kind, '%s},"p":%s' % (self._meta(at), body))

    def warning(self, message: str) -> None:
        """Appends a line of our own to the run's log."""
        self.event("log", {"level": "warning", "logger": "xtrack", "msg": plain(message)})

    def meta_text(self, at: str) -> str:
        """For `emit`: what follows the time in an envelope, up to the payload's members after run_id."""
        return '%s},"p":{"run_id":"%s"' % (self._meta(at), self.identity.run_id)

    def _meta(self, at: str) -> str:
        where = ',"at":' + quote(at) if at else ""
        return ',"wid":"%s"%s' % (self.identity.worker, where)

    def emit(self, start: str, rest: str, tail: str = "") -> None:
        """Appends the event `start` + seq and time + `rest` + `tail`, JSON text that lacks its closing brace."""
        try:
            self._take()
        except IndexError:
            self._contended(start, rest + tail)
            return
        seq, frame = 0, b""
        try:
            if self._direct:
                seq = self.seq + 1
                body = f"{start}{seq},\"ts\":{_now() // 1000}{rest}{tail}".encode()
                size = len(body) + 16
                if size > MAX_FRAME:
                    raise ValueError("an event of %d bytes is too large" % size)
                frame = b'%b%b,"k":"%08x"}' % (pack_length(size), body, crc32(body))
                self.seq = seq
                count = _write(self._fd, frame) if seq & _SAMPLED else self._timed(frame)
                if count != size + 4:
                    self._not_written(frame[count:], "only %d of %d bytes were written" % (count, len(frame)))
            else:
                self._put(start, rest + tail)
        except OSError as error:
            self._not_written(frame, error)
        except Exception as error:
            self.warnings.caught("event", error)
        except BaseException:
            self._interrupted(seq, frame)
            raise
        finally:
            if self._nested:
                self._put_nested()
            self._give(None)

    def _timed(self, frame: bytes) -> int:
        before = time.perf_counter_ns()
        count = _write(self._fd, frame)
        self.outlet.took(time.perf_counter_ns() - before)
        self._direct = self.outlet.direct
        return count

    def _put(self, start: str, rest: str) -> None:
        """The paths that are not hot: a forked child's first event, a disk that accepts no frames. The caller holds the token."""
        if self.closed:
            self.warnings.note("ended", "xtrack: the run %s has ended; what is logged after that is dropped" % self.identity.run_id)
            return
        if self._detached:
            self._become_own_writer()
        outlet = self.outlet
        if outlet.full:
            outlet.dropped += 1
            self.warnings.note("dropped", "xtrack: the journal cannot be written and memory for events is used up; events are dropped")
            return
        seq = self.seq + 1
        frame = seal(f"{start}{seq},\"ts\":{_now() // 1000}{rest}".encode("utf-8", "replace"))
        if len(frame) > MAX_FRAME:
            raise ValueError("an event of %d bytes is too large" % len(frame))
        try:
            self.seq = seq
            outlet.append(frame)
        except BaseException:
            self._interrupted(seq, frame)
            raise
        self._fd = outlet.fd
        self._direct = outlet.direct

    def _not_written(self, frame: bytes, why: object) -> None:
        """The disk did not accept (the rest of) a frame."""
        self._direct = False
        self.outlet.refuse(frame, why)

    def _interrupted(self, seq: int, frame: bytes) -> None:
        """After Ctrl-C, or a signal handler that raised, in the middle of an event: the next seq must leave no gap and repeat none."""
        if frame and self.seq == seq and not self.outlet.has(frame):
            self.seq = seq - 1

    # ------------------------------------------------------------ re-entrance and other threads

    def _contended(self, start: str, rest: str) -> None:
        if self._is_nested():
            # A signal handler or a finaliser interrupted an event of the same thread: that one goes first.
            self._nested.append((start, rest))
            return
        self._wait_for_token()
        try:
            self._put(start, rest)
        except Exception as error:
            self.warnings.caught("event", error)
        finally:
            self._put_nested()
            self._give(None)

    def _wait_for_token(self) -> None:
        waits = 0
        while True:
            time.sleep(_WAIT)
            try:
                self._take()
                return
            except IndexError:
                waits += 1
            # An exception from a signal handler can hit the one bytecode between taking the token and guarding it.
            if waits % _LOST_AFTER == 0 and not self._is_held():
                self._give(None)

    def _put_nested(self) -> None:
        while self._nested:
            try:
                self._put(*self._nested.pop(0))
            except Exception as error:
                self.warnings.caught("event", error)

    def _is_nested(self) -> bool:
        frame = sys._getframe(1).f_back  # pyright: ignore[reportPrivateUsage]
        return frame is not None and self._in_stack(frame.f_back, waiting=True)

    def _is_held(self) -> bool:
        me = threading.get_ident()
        frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
        return any(self._in_stack(frame, waiting=False) for thread, frame in frames.items() if thread != me)

    def _in_stack(self, frame: Optional[FrameType], waiting: bool) -> bool:
        """Whether a frame of the stack holds this writer's token; with `waiting` also whether one waits for it."""
        waits = False
        while frame is not None:
            if frame.f_code is _WAITS:
                waits = True
            elif frame.f_code in _HOLDERS and frame.f_locals.get("self") is self and (waiting or not waits):
                return True
            frame = frame.f_back
        return False

    # ------------------------------------------------------------ forks, end

    def detach(self) -> None:
        """In a forked child: the journal is the parent's. The first event makes one of the child's own."""
        self._reset_token()
        self._nested = []
        self._direct = False
        if not self._detached:
            self._detached = True
            self.outlet.close()

    def _become_own_writer(self) -> None:
        self._detached = False
        self.identity = self.identity.forked()
        self.seq = 0
        self.outlet = self._open()
        self.on_forked()

    @property
    def is_detached(self) -> bool:
        return self._detached

    def recreate(self) -> bool:
        """Writes the journal again in full after it was deleted. Called from the background thread."""
        try:
            self._take()
        except IndexError:
            return False
        try:
            deleted = self.outlet
            outlet = self._open_outlet(self.identity)
            if outlet.fd < 0:
                return False
            outlet.on_held, outlet.threaded, outlet.dropped = deleted.on_held, deleted.threaded, deleted.dropped
            deleted.copy_to(outlet)
            self.outlet, self._fd, self._direct = outlet, outlet.fd, outlet.direct and not self.closed
            deleted.close()
            return True
        finally:
            if self._nested:
                self._put_nested()
            self._give(None)

    def settle(self) -> None:
        """Appends events of signal handlers that the interrupted event was too late to append. Called from the background thread."""
        if self._nested:
            try:
                self._take()
            except IndexError:
                return
            try:
                self._put_nested()
            finally:
                self._give(None)

    def close(self) -> None:
        self.closed = True
        self._direct = False


_HOLDERS = (Writer.emit.__code__, Writer.recreate.__code__, Writer.settle.__code__)
_WAITS = Writer._wait_for_token.__code__  # pyright: ignore[reportPrivateUsage]
