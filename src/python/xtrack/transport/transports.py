"""Where events go, as `XTRACK_TRANSPORT` or the `transport` argument says.

Without either, events go to a journal in the .xtrack directory. `tcp` and `unix` keep that journal too and notify a
collector of it; `stdio`, `file` and `null` replace it.
"""

from __future__ import annotations

import os
from typing import Any, Optional, Union

from ..core.jsontext import text_of
from ..core.process import absolute
from ..core.warnings import Warnings


class Transport:
    """The journal in the .xtrack directory."""

    keeps_journal = True


class TCPTransport(Transport):
    def __init__(self, host: str = "localhost", port: int = 9999, token: Optional[str] = None) -> None:
        self.host = text_of(host)
        #: 0, to which nothing can connect, where it is not a number.
        self.port = _number(port)
        self.token = token


class UnixSocketTransport(Transport):
    def __init__(self, path: Union[str, os.PathLike[str]] = "/tmp/xtrack.sock") -> None:
        self.path = _path(path)


class FileTransport(Transport):
    keeps_journal = False

    def __init__(self, path: Union[str, os.PathLike[str]] = "xtrack_events.bin") -> None:
        self.path = absolute(_path(path))


class StdioTransport(Transport):
    """Frames to file descriptor 3 where that is open, else to stdout."""

    keeps_journal = False

    def __init__(self, fd: Optional[int] = None) -> None:
        self.fd = _number(fd, otherwise=-1) if fd is not None else _given_fd(3, otherwise=1)


def _number(value: Any, otherwise: int = 0) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _path(path: Any) -> str:
    try:
        return os.fsdecode(path)
    except TypeError:
        return text_of(path)


def _given_fd(fd: int, otherwise: int) -> int:
    """`fd` if the process was started with it: what Python opens itself is not inheritable."""
    try:
        return fd if os.get_inheritable(fd) else otherwise
    except OSError:
        return otherwise


class NullTransport(Transport):
    """Nothing is recorded."""

    keeps_journal = False


def destination(transport: Transport) -> Optional[str]:
    """Names the collector of a transport that sends events; None where the collector reads the journal."""
    if isinstance(transport, TCPTransport):
        return "tcp %s %d" % (transport.host, transport.port)
    return "unix %s" % transport.path if isinstance(transport, UnixSocketTransport) else None


def choose(given: object, warnings: Warnings) -> Transport:
    """The transport of an argument (an object or a name), else of the environment."""
    if isinstance(given, Transport):
        return given
    name = given if isinstance(given, str) else os.environ.get("XTRACK_TRANSPORT", "") if given is None else text_of(given)
    try:
        return _named(name.strip().lower())
    except ValueError as error:
        warnings.note("transport", "xtrack: %s; events go to the journal in .xtrack" % error)
        return Transport()


def _named(name: str) -> Transport:
    env = os.environ
    if name in ("", "journal"):
        return Transport()
    if name == "tcp":
        port = env.get("XTRACK_PORT") or "9999"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("XTRACK_PORT is not a port: %r" % port)
        return TCPTransport(env.get("XTRACK_HOST") or "localhost", int(port), env.get("XTRACK_TOKEN"))
    if name in ("unix", "socket"):
        return UnixSocketTransport(env.get("XTRACK_SOCKET") or "/tmp/xtrack.sock")
    if name == "file":
        return FileTransport(env.get("XTRACK_FILE") or "xtrack_events.bin")
    if name == "stdio":
        return StdioTransport()
    if name == "null":
        return NullTransport()
    raise ValueError("there is no transport %r (stdio, tcp, unix, file, null)" % name)
