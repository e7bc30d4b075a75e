"""The connection to a collector, driven by the background thread: it never blocks training and is never needed.

After `hello` the collector says how it gets the events. `journal`: it reads our file; we ring a bell when it grew.
`stream`: it cannot see our file; we send the frames, keep what is not acknowledged, and send it again after a reconnect.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, NamedTuple, Optional, Protocol, Tuple, Union

from ..core.frames import FrameDecoder, encode_frame
from ..core.warnings import Warnings
from ..core.writer import Identity
from ..version import CLIENT

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_CONNECT_S = 2.0
#: A peer that says nothing for this long after hello only reads, as other collectors of the protocol do.
_WELCOME_S = 1.0
#: Acks come within a second. A connection without them is dead, even if it is never closed (a router forgot it).
_SILENT_S = 10.0
_READ = 256 * 1024
_HEADER = 4


class Address(NamedTuple):
    where: Union[str, Tuple[str, int]]  # a socket's path, or host and port
    token: Optional[str]


class Sized(Protocol):
    @property
    def size(self) -> int:
        """In bytes."""
        ...


class Source(Protocol):
    """Whose events are sent: a writer, or what is left of one."""

    @property
    def identity(self) -> Identity: ...

    @property
    def outlet(self) -> Sized: ...

    @property
    def seq(self) -> int:
        """Of its last event."""
        ...


def ignore(command: Dict[str, Any]) -> None:
    """The handler of commands for a process that handles none."""


class Link:
    def __init__(
        self,
        writer: Source,
        journal_path: Callable[[], Optional[str]],
        addresses: Callable[[], Iterable[Address]],
        on_command: Callable[[Dict[str, Any]], None],
        warnings: Warnings,
        expected: bool,
    ) -> None:
        self._writer = writer
        self._journal_path = journal_path
        self._addresses = addresses
        self._on_command = on_command
        self._warnings = warnings
        #: The user named the collector, so that a warning says when it cannot be reached.
        self._expected = expected
        self._socket: Optional[socket.socket] = None
        self._decoder = FrameDecoder()
        self._outgoing = bytearray()
        self._mode: Optional[str] = None
        self._greeted = 0.0
        self._heard = 0.0
        self._acknowledges = True
        self._pause = _FIRST_PAUSE
        self._next_try = 0.0
        self._unreachable = False
        self._was_welcome = False
        self._has_token = False
        self._rung = 0
        self._file = -1
        self._sent_offset = 0
        self._acked_seq = 0
        self._acked_offset = 0
        self._unacked: Deque[Tuple[int, int]] = deque()  # (seq, offset behind its frame)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def welcomed(self) -> bool:
        return self._mode is not None

    @property
    def streams(self) -> bool:
        return self._mode == "stream"

    @property
    def drained(self) -> bool:
        """Whether the collector knows of everything that was logged."""
        if self._outgoing:
            return False
        if self._mode == "journal":
            return self._rung >= self._writer.outlet.size
        if self._mode == "stream" and not self._acknowledges:
            return self._sent_offset >= self._writer.outlet.size
        return self._mode == "stream" and self._acked_seq >= self._writer.seq

    def hurry(self) -> None:
        """Tries once more at once, because the run ends."""
        if self._socket is None:
            self._next_try = 0.0
            self._pause = _FIRST_PAUSE
            self._unreachable = False

    @property
    def is_done(self) -> bool:
        """Whether everything was delivered, or nobody is there to deliver it to."""
        if self._mode is not None:
            return self.drained
        return self._unreachable and not self.is_promised

    @property
    def is_promised(self) -> bool:
        """Whether the user named a collector and that accepted our stream."""
        return self._expected and self._was_welcome

    def tick(self) -> None:
        if self._socket is None and (time.monotonic() < self._next_try or not self._connect()):
            return
        try:
            self._receive()
            if self._mode == "journal":
                self._ring()
            elif self._mode == "stream":
                self._stream()
                self._expect_acks()
            else:
                self._expect_welcome()
            self._send()
        except OSError as error:
            self._lost(error)

    def heartbeat(self) -> None:
        if self._mode == "stream" and self._acknowledges:
            self._queue("heartbeat", {"run_id": self._writer.identity.run_id})

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.reopen()

    def reopen(self) -> None:
        """Called when the journal was rewritten: another file with the same content."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # ------------------------------------------------------------ connecting

    def _connect(self) -> bool:
        failure: Optional[OSError] = None
        for address in self._addresses():
            try:
                self._socket = self._open(address)
            except OSError as error:
                failure = error
                continue
            self._unreachable = False
            self._decoder = FrameDecoder()
            self._outgoing = bytearray()
            self._greeted = self._heard = time.monotonic()
            self._hello(address.token)
            return True
        if failure is not None and self._expected:
            self._warnings.note(
                "connect", "xtrack: no collector answers (%s); the journal is kept and sent when it does" % failure
            )
        self._unreachable = True
        self._retry_later()
        return False

    def _open(self, address: Address) -> socket.socket:
        if isinstance(address.where, str):
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.settimeout(_CONNECT_S)
                made.connect(address.where)
            except OSError:
                made.close()
                raise
        else:
            made = socket.create_connection(address.where, timeout=_CONNECT_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        return made

    def _hello(self, token: Optional[str]) -> None:
        self._has_token = bool(token)
        who = self._writer.identity
        hello: Dict[str, Any] = {
            "protocol": 1,
            "run_id": who.run_id,
            "worker": who.worker,
            "attempt": who.attempt,
            "writer": who.writer,
            "client": CLIENT,
        }
        path = self._journal_path()
        if path:
            hello["journal"] = os.path.basename(path)
        if token:
            hello["token"] = token
        self._queue("hello", hello)

    def _lost(self, error: OSError) -> None:
        if self._expected:
            self._warnings.note("connection", "xtrack: the connection to the collector broke (%s); trying again" % error)
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._mode = None
        self._retry_later()

    def _retry_later(self) -> None:
        self._next_try = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    # ------------------------------------------------------------ talking

    def _queue(self, kind: str, payload: Dict[str, Any]) -> None:
        meta = {"seq": 0, "ts": time.time_ns() // 1000, "wid": self._writer.identity.worker}
        self._outgoing += encode_frame({"v": 1, "t": kind, "m": meta, "p": payload})

    def _send(self) -> None:
        while self._outgoing and self._socket is not None:
            try:
                count = self._socket.send(self._outgoing)
            except (BlockingIOError, InterruptedError):
                return
            del self._outgoing[:count]

    def _receive(self) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(65536)
            except (BlockingIOError, InterruptedError):
                break
            if not data:
                raise ConnectionResetError("closed by the collector")
            self._heard = time.monotonic()
            self._decoder.push(data)
        for one in self._decoder.read():
            if one.envelope is not None:
                self._handle(str(one.envelope.get("t")), one.envelope.get("p"))

    def _handle(self, kind: str, payload: Any) -> None:
        if not isinstance(payload, dict):
            return
        if kind == "welcome":
            self._welcomed(payload)
        elif kind == "ack" and isinstance(payload.get("seq"), int):
            self._acked(payload["seq"])
        elif kind == "command":
            self._on_command(payload)
        elif kind == "error":
            self._warnings.note("refused", "xtrack: the collector refused this run: %s" % payload.get("message", payload))

    def _welcomed(self, payload: Dict[str, Any]) -> None:
        self._mode = "journal" if payload.get("mode") == "journal" else "stream"
        self._acknowledges = True
        self._was_welcome = True
        self._pause = _FIRST_PAUSE
        self._rung = 0
        if self._mode == "stream":
            after = payload.get("after")
            self._stream_from(after if isinstance(after, int) else 0)

    def _expect_welcome(self) -> None:
        waited = time.monotonic() - self._greeted
        if self._was_welcome or self._has_token:
            # A collector of ours answers; what was sent got lost.
            if waited > _SILENT_S:
                raise TimeoutError("no welcome for %d s" % _SILENT_S)
        elif self._expected and waited > _WELCOME_S:
            self._stream_to_mere_reader()

    def _stream_to_mere_reader(self) -> None:
        """Sends all of it again after a reconnect, because nobody says what arrived."""
        self._mode = "stream"
        self._acknowledges = False
        self._stream_from(0)

    def _ring(self) -> None:
        size = self._writer.outlet.size
        if size > self._rung and not self._outgoing:
            self._rung = size
            self._queue("grown", {"offset": size})

    # ------------------------------------------------------------ streaming

    def _stream_from(self, after: int) -> None:
        """Continues after the last event that the collector has on disk."""
        if after < self._acked_seq:
            # It lost what it had acknowledged (its directory was deleted), so that all of it is sent again.
            self._acked_seq = self._acked_offset = 0
        self._sent_offset = self._acked_offset
        self._unacked.clear()
        self._acked_seq = max(self._acked_seq, after)

    def _stream(self) -> None:
        while len(self._outgoing) < _READ:
            data = self._read(self._sent_offset)
            used = self._take_frames(data)
            if used == 0:
                return
            self._sent_offset += used

    def _expect_acks(self) -> None:
        now = time.monotonic()
        if not self._unacked:
            self._heard = now
        elif now - self._heard > _SILENT_S:
            raise TimeoutError("no answer for %d s" % _SILENT_S)

    def _read(self, offset: int) -> bytes:
        path = self._journal_path()
        if self._file < 0:
            if not path:
                return b""
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        data = self._read_at(offset, _READ)
        if len(data) >= _HEADER:
            # One frame may be larger than what is read at a time.
            need = _HEADER + int.from_bytes(data[:_HEADER], "big")
            if need > len(data):
                data = self._read_at(offset, need)
        return data

    def _read_at(self, offset: int, count: int) -> bytes:
        os.lseek(self._file, offset, os.SEEK_SET)
        return os.read(self._file, count)

    def _take_frames(self, data: bytes) -> int:
        """Queues whole frames that the collector has not; returns how many bytes they took of `data`."""
        at = 0
        while at + _HEADER <= len(data):
            end = at + _HEADER + int.from_bytes(data[at : at + _HEADER], "big")
            if end > len(data):
                break
            seq = _seq_of(data, at + _HEADER, end)
            if seq > self._acked_seq:
                self._outgoing += data[at:end]
                if self._acknowledges:
                    self._unacked.append((seq, self._sent_offset + end))
            at = end
        return at

    def _acked(self, seq: int) -> None:
        self._acked_seq = max(self._acked_seq, seq)
        while self._unacked and self._unacked[0][0] <= seq:
            self._acked_offset = self._unacked.popleft()[1]


def _seq_of(data: bytes, start: int, end: int) -> int:
    """Our own frames have a fixed beginning: {"v":1,"t":"…","m":{"seq":N,"""
    mark = data.find(b'"seq":', start, min(end, start + 120))
    if mark < 0:
        return 0
    comma = data.find(b",", mark, end)
    digits = data[mark + 6 : comma]
    return int(digits) if digits.isdigit() else 0
