"""The console log of a supervised script: made, shown in the terminal, and read for the error that ended the script."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import threading
from typing import Dict, List, Optional

_TAIL = 256 * 1024
_BLOCK = 65536
_FOLLOW_S = 0.05
_HOLE = b"\0" * 4096
_PUMP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "terminalpump.py")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_START = "Traceback (most recent call last):"
_CHAIN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_LAST_LINE = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?\Z", re.DOTALL)
_SYNTAX = re.compile(r"(SyntaxError|IndentationError|TabError): (.*)\Z")


def fill_standard() -> None:
    """Opens stdin, stdout and stderr where they are closed: a journal or the log would get their numbers."""
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd > 2:
            os.close(fd)
            return


def create(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600)


def is_open_elsewhere(path: str) -> bool:
    """Whether another process has the file open, such as one that outlives the script; False where /proc cannot say."""
    path, me = os.path.realpath(path), str(os.getpid())
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit() and name != me]
    except OSError:
        return False
    for pid in pids:
        folder = "/proc/%s/fd" % pid
        try:
            if any(os.readlink(os.path.join(folder, fd)) == path for fd in os.listdir(folder)):
                return True
        except OSError:
            continue  # It ended, or it is somebody else's.
    return False


class Follower:
    """Copies what is appended to the log to a file descriptor of ours."""

    def __init__(self, path: str, target: int) -> None:
        self._source = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        os.lseek(self._source, 0, os.SEEK_END)
        self._target = target
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xtrack-console", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops after copying what is left."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stop.wait(_FOLLOW_S)
            for block in iter(lambda: os.read(self._source, _BLOCK), b""):
                if not self._show(block):
                    return
        os.close(self._source)

    def _show(self, block: bytes) -> bool:
        if _HOLE in block:
            # The script is far ahead, and its log's middle was given back to the disk.
            block = block.replace(b"\0", b"")
        try:
            while block:
                block = block[os.write(self._target, block) :]
            return True
        except OSError:
            return False  # The terminal is gone; the log is not.


class Terminal:
    """A pty for scripts that want one, held by a process of its own (`terminalpump.py`)."""

    def __init__(self, log: int, pipe: str) -> None:
        """Raises OSError where no terminal can be made."""
        master, self.slave = os.openpty()
        self._give_size()
        source = _make_pipe(pipe)
        words = [str(master), str(log), str(source), pipe]
        try:
            self._pump = subprocess.Popen(
                [sys.executable, "-I", "-S", _PUMP, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[fd for fd in (master, log, source) if fd >= 0],
                start_new_session=True,
            )
        except OSError:
            os.close(self.slave)
            raise
        finally:
            for fd in (master, source):
                if fd >= 0:
                    os.close(fd)

    def handed_over(self) -> None:
        """Closes our end: the script has the terminal, which ends with it."""
        os.close(self.slave)

    def join(self) -> None:
        """Waits until all that was shown is in the log, unless others on the terminal outlive the script."""
        try:
            self._pump.wait(5)
        except subprocess.TimeoutExpired:
            return

    def _give_size(self) -> None:
        """Progress bars ask for it; a terminal without one has no columns."""
        try:
            import fcntl
            import termios

            fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        except (ImportError, OSError):
            return


def _make_pipe(path: str) -> int:
    """The pipe's descriptor; -1 on a disk without pipes, where the script gets no input."""
    try:
        os.mkfifo(path, 0o600)
        # Open for both, so that it does not end with its first writer.
        return os.open(path, os.O_RDWR)
    except OSError:
        return -1


def warn_on_terminal(message: str) -> None:
    try:
        sys.stderr.write("xtrack: %s\n" % message)
    except OSError:
        return


def error_in(path: str, start: int = 0) -> Optional[Dict[str, str]]:
    """The error that ended the script, from the end of its console log."""
    try:
        with open(path, "rb") as source:
            size = source.seek(0, os.SEEK_END)
            source.seek(max(start, size - _TAIL))
            text = source.read().decode("utf-8", "replace")
    except OSError:
        return None
    return error_of(_ANSI.sub("", text).replace("\r\n", "\n"))


def error_of(text: str) -> Optional[Dict[str, str]]:
    """The error of the last traceback, or the last syntax error, which Python prints without a traceback."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.strip() == _START]
    if starts:
        return _from_traceback(lines, _chain_start(lines, starts), starts[-1])
    for number in range(len(lines) - 1, -1, -1):
        found = _SYNTAX.match(lines[number])
        if found:
            first = number
            while first > 0 and lines[first - 1].startswith("  "):
                first -= 1
            return {"type": found.group(1), "message": found.group(2), "traceback": "\n".join(lines[first : number + 1])}
    return None


def _chain_start(lines: List[str], starts: List[int]) -> int:
    """Where the first of the exceptions starts that led to the last one."""
    first = starts[-1]
    for earlier in reversed(starts[:-1]):
        if not any(line.strip() in _CHAIN for line in lines[max(earlier, first - 4) : first]):
            break
        first = earlier
    return first


def _from_traceback(lines: List[str], first: int, last: int) -> Dict[str, str]:
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
    end = last + 1
    while end < len(lines) and lines[end].startswith(indent + "  "):
        end += 1
    # The message may go on for lines; it ends where the log does or an empty line follows.
    stop = end + 1
    while stop < len(lines) and lines[stop].strip():
        stop += 1
    said = "\n".join(line[len(indent) :] for line in lines[end:stop]).strip()
    found = _LAST_LINE.match(said)
    kind, message = (found.group(1), found.group(2) or "") if found else ("Error", said)
    return {"type": kind, "message": message, "traceback": "\n".join(lines[first:stop])}
