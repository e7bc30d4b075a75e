"""Frames of journals and sockets: a uint32 BE length and a JSON object.

Our writers end the body with ``,"k":"<crc32>"}``, the CRC over all body bytes before that comma; frames without it are
accepted. A bad frame costs that frame alone: a length's first byte is always 0x00 and JSON holds no raw 0x00, so the
next frame starts at the next ``00 xx xx xx '{'``.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, Dict, List, NamedTuple, Optional

MAX_FRAME = 2**24 - 1
_HEADER = 4
_CHECK = 16  # ,"k":"xxxxxxxx"}
_BRACE = 0x7B

pack_length = struct.Struct(">I").pack


class Decoded(NamedTuple):
    """What was found in [offset, end): an envelope, or None and the reason why there is none."""

    envelope: Optional[Dict[str, Any]]
    reason: str
    offset: int
    end: int


def seal(body: bytes) -> bytes:
    """A frame of an envelope's JSON whose closing brace was left out."""
    return pack_length(len(body) + _CHECK) + body + b',"k":"%08x"}' % zlib.crc32(body)


def encode_frame(envelope: Dict[str, Any]) -> bytes:
    """A frame of an envelope of plain JSON values; ``k`` is computed."""
    rest = {name: value for name, value in envelope.items() if name != "k"}
    body = json.dumps(rest, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
    frame = seal(body[:-1])
    if len(frame) - _HEADER > MAX_FRAME:
        raise ValueError("a frame of %d bytes is over the limit of %d" % (len(frame), MAX_FRAME))
    return frame


class FrameDecoder:
    """Yields the same frames and bad frames however the bytes are split."""

    def __init__(self, offset: int = 0, resyncing: bool = False) -> None:
        self._buffer = bytearray()
        self._resyncing = resyncing
        #: Where the first frame starts that was not yielded yet.
        self.offset = offset

    def push(self, data: bytes) -> None:
        self._buffer += data

    def read(self) -> List[Decoded]:
        """All frames that are complete in the bytes so far."""
        found: List[Decoded] = []
        while True:
            one = self.next()
            if one is None:
                return found
            found.append(one)

    def next(self) -> Optional[Decoded]:
        """None when more bytes are needed, which a zero-filled tail also means: it has not arrived yet."""
        if self._resyncing and not self._resync():
            return None
        buffer = self._buffer
        if not buffer:
            return None
        if buffer[0] != 0:
            return self._bad("length")
        if len(buffer) < _HEADER + 1:
            return None
        length = int.from_bytes(buffer[:_HEADER], "big")
        if length < 2 or buffer[_HEADER] != _BRACE:
            return None if _only_zeros(buffer, 0 if length == 0 else _HEADER) else self._bad("length")
        end = _HEADER + length
        if len(buffer) < end:
            return self._bad("torn") if _is_torn(buffer, _HEADER) else None
        body = bytes(buffer[_HEADER:end])
        checked = _crc_holds(body)
        envelope = _parse(body) if checked else None
        if envelope is None:
            zero = body.find(0)
            if zero < 0:
                return self._bad("json" if checked else "crc")
            return None if _only_zeros(buffer, _HEADER + zero) else self._bad("torn")
        offset = self.offset
        self._skip(end)
        return Decoded(envelope, "", offset, self.offset)

    def _skip(self, count: int) -> None:
        del self._buffer[:count]
        self.offset += count

    def _bad(self, reason: str) -> Decoded:
        offset = self.offset
        self._skip(1)
        self._resyncing = True
        self._resync()
        return Decoded(None, reason, offset, self.offset)

    def _resync(self) -> bool:
        """Skips to the next possible frame; False when there is none in the bytes held."""
        buffer = self._buffer
        at = -1
        while True:
            at = buffer.find(0, at + 1)
            if at < 0:
                self._skip(len(buffer))
                return False
            if at + _HEADER >= len(buffer):
                self._skip(at)
                return False
            if int.from_bytes(buffer[at : at + _HEADER], "big") >= 2 and buffer[at + _HEADER] == _BRACE:
                self._skip(at)
                self._resyncing = False
                return True


def _only_zeros(buffer: bytearray, start: int) -> bool:
    return not any(buffer[start:])


def _is_torn(buffer: bytearray, body: int) -> bool:
    """An incomplete body with a zero byte and more behind it: the frame's rest will never come."""
    zero = buffer.find(0, body)
    return zero >= 0 and not _only_zeros(buffer, zero)


def _crc_holds(body: bytes) -> bool:
    check = body[-_CHECK:]
    if len(check) < _CHECK or not check.startswith(b',"k":"') or check[-2:-1] != b'"':
        return True
    try:
        return int(check[6:-2], 16) == zlib.crc32(body[:-_CHECK])
    except ValueError:
        return False


def _parse(body: bytes) -> Optional[Dict[str, Any]]:
    """JSON, also with the bare NaN and Infinity that other writers emit: they become words."""
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
