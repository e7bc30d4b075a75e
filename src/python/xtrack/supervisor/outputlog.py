"""Keeps a console log within bounds, though the script itself writes it and must never wait or lose a byte of its end.

While it grows, its middle is given back to the disk beyond a limit (a hole in the file, so that offsets stay what they
are; only on Linux). Once no process writes to it any longer, lines that were overwritten a thousand times are written once,
holes are closed, and the new file takes the old one's place in one step.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from typing import BinaryIO, Callable, Iterator, List, Tuple

from ..core.warnings import Warnings

VARIABLE = "XTRACK_OUTPUT_LIMIT_MB"
_DEFAULT_MB = 256
#: Which share of what is kept is the log's beginning.
_HEAD = 0.25
_ALIGN = 4096
#: Holes are made in pieces of at least this size.
_PIECE = 16 * 2**20
_BLOCK = 1 << 20
#: Savings below this are not worth a new file.
_SMALL = 65536
_GAIN = 0.75
_KEEP_SIZE, _PUNCH_HOLE = 1, 2


def limit_from_environment() -> int:
    """The limit in bytes; 0 for none."""
    text = os.environ.get(VARIABLE, "").strip()
    try:
        return max(0, int(float(text) * 2**20)) if text else _DEFAULT_MB * 2**20
    except (ValueError, OverflowError):
        return _DEFAULT_MB * 2**20


class OutputLog:
    def __init__(self, path: str, warnings: Warnings, limit: int) -> None:
        self._path = path
        self._warnings = warnings
        self._limit = limit
        self._head = int(limit * _HEAD) // _ALIGN * _ALIGN
        self._punched = self._head
        self._can_punch = sys.platform.startswith("linux")

    def step(self) -> None:
        """Called while the script writes."""
        if not self._limit or not self._can_punch:
            return
        try:
            size = os.stat(self._path).st_size
            until = (size - (self._limit - self._head)) // _ALIGN * _ALIGN
            if until - self._punched >= min(_PIECE, self._limit):
                self._punch(self._punched, until)
                self._punched = until
        except OSError as error:
            self._can_punch = False
            self._warnings.note("output_limit", "xtrack: the console log cannot be kept below its limit while it grows (%s)" % error)

    def _punch(self, start: int, end: int) -> None:
        fd = os.open(self._path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            call = libc.fallocate
            call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong]
            if call(fd, _KEEP_SIZE | _PUNCH_HOLE, start, end - start) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        except AttributeError as error:
            raise OSError("no fallocate: %s" % error) from None
        finally:
            os.close(fd)
        if start == self._head:
            self._warnings.note(
                "output_cut",
                "xtrack: the console log has more than %d MB; from now on its beginning and its end are kept (%s changes the limit)"
                % (self._limit >> 20, VARIABLE),
            )

    def finish(self) -> None:
        """Called once no process writes to it any longer."""
        try:
            self._compact()
        except OSError as error:
            self._warnings.note("output_compact", "xtrack: the console log is left as it is (%s)" % error)

    @property
    def is_worth_compacting(self) -> bool:
        try:
            with open(self._path, "rb") as source:
                size = source.seek(0, os.SEEK_END)
                if self._is_over(size) or self._punched > self._head:
                    return True
                source.seek(0)
                # A flood is alike all along: its first and last lines are enough.
                sample = source.read(_SMALL)
                source.seek(max(0, size - _SMALL))
                sample += source.read(_SMALL)
        except OSError:
            return False
        return size > _SMALL and sample.count(b"\r") - sample.count(b"\r\n") > 100

    def _is_over(self, size: int) -> bool:
        return self._limit > 0 and size > self._limit + _PIECE

    def _compact(self) -> None:
        temp = self._path + ".tmp"
        with open(self._path, "rb") as source:
            before = os.fstat(source.fileno())
            fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                with os.fdopen(fd, "wb") as target:
                    collapse(self._pieces(source, before.st_size), target.write)
                    target.flush()
                    os.fsync(target.fileno())
                    size = target.tell()
                after = os.stat(self._path)
                grew = (after.st_ino, after.st_size) != (before.st_ino, before.st_size)
                if grew or size > before.st_size * _GAIN and not self._is_over(before.st_size):
                    return
                os.replace(temp, self._path)
            finally:
                if os.path.lexists(temp):
                    os.unlink(temp)

    def _pieces(self, source: BinaryIO, size: int) -> Iterator[bytes]:
        """Writes what is kept, with a note on what is not."""
        start, end = self._head, self._punched
        if self._is_over(size):
            end = max(end, size - (self._limit - self._head))
        if end <= start:
            yield from _blocks(source, 0, size)
            return
        yield from _blocks(source, 0, start)
        yield b"\n[xtrack: %d MB of output are left out here]\n" % ((end - start) >> 20)
        yield from _blocks(source, end, size)


def _blocks(source: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    source.seek(start)
    while start < end:
        block = source.read(min(_BLOCK, end - start))
        if not block:
            return
        start += len(block)
        yield block


# ---------------------------------------------------------------- what a terminal would show

#: Rows that a cursor may still go back to.
_WINDOW = 32
#: Longer rows are no progress bars; they are passed on as they are.
_LONG_ROW = 65536
_MOVES = re.compile(rb"(\r\n|\n|\r|\x1b\[\d*A)")


def collapse(pieces: Iterator[bytes], write: Callable[[bytes], object]) -> None:
    """Rows as a terminal shows them in the end: what `\\r` and "cursor up" overwrote is left out. All else stays as it is."""
    rows: List[bytes] = [b""]
    at, overwrite = 0, False
    rest = b""
    for piece in pieces:
        text = rest + piece
        # An escape sequence, or \r with its \n, may go on in the next piece.
        cut = _unfinished(text)
        text, rest = text[:cut], text[cut:]
        rows, at, overwrite = _show(text, rows, at, overwrite, write)
    rows, at, overwrite = _show(rest, rows, at, overwrite, write)
    write(b"".join(row + b"\n" for row in rows[:-1]) + rows[-1])


def _unfinished(text: bytes) -> int:
    found = re.search(rb"(?:\r|\x1b(?:\[\d*)?)\Z", text)
    return found.start() if found else len(text)


def _show(
    text: bytes, rows: List[bytes], at: int, overwrite: bool, write: Callable[[bytes], object]
) -> Tuple[List[bytes], int, bool]:
    for part in _MOVES.split(text):
        if part == b"\r":
            overwrite = True
        elif part == b"\n" or part == b"\r\n":
            if part == b"\r\n":
                rows[at] += b"\r"
            at, overwrite = at + 1, False
            if at == len(rows):
                rows.append(b"")
            if len(rows) > _WINDOW:
                write(rows.pop(0) + b"\n")
                at -= 1
        elif part.startswith(b"\x1b[") and part.endswith(b"A"):
            at, overwrite = max(0, at - int(part[2:-1] or b"1")), True
        elif part:
            rows[at] = part if overwrite else rows[at] + part
            overwrite = False
            if len(rows[at]) > _LONG_ROW and at == len(rows) - 1:
                write(b"".join(row + b"\n" for row in rows[:-1]) + rows[-1])
                rows, at = [b""], 0
    return rows, at, overwrite
