"""Which process is which: a pid identifies one only together with host, boot, pid namespace and start time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any, Dict, Optional, Tuple

Proc = Dict[str, Any]


def this_process() -> Proc:
    return process(os.getpid())


def process(pid: int) -> Proc:
    state = _state(pid)
    return {"host": hostname(), "boot": _boot(), "pidns": _pid_namespace(), "pid": pid, "start": state[1] if state else ""}


def working_directory() -> str:
    """The working directory; "" where it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def absolute(path: str) -> str:
    """As os.path.abspath, also without a working directory: a relative path then stays one."""
    return os.path.normpath(os.path.join(working_directory(), path))


def hostname() -> str:
    return socket.gethostname()


def liveness(proc: Any) -> Optional[bool]:
    """Whether the process runs; None where that cannot be known from here."""
    try:
        if proc["host"] != hostname() or int(proc["pid"]) <= 0:
            return None
        if proc["boot"] != _boot():
            return False
        if proc["pidns"] != _pid_namespace():
            return None
        state = _state(int(proc["pid"]))
        return state is not None and state[1] == proc["start"] and state[0] not in ("Z", "X")
    except (KeyError, TypeError, ValueError):
        return None


def _state(pid: int) -> Optional[Tuple[str, str]]:
    """(state letter, start time)"""
    if sys.platform.startswith("linux"):
        try:
            with open("/proc/%d/stat" % pid, "rb") as source:
                text = source.read().decode("utf-8", "replace")
        except OSError:
            return None
        # The second field is the command in parentheses and may hold anything.
        fields = text[text.rfind(")") + 2 :].split(" ")
        return (fields[0], fields[19]) if len(fields) > 19 else None
    try:
        made = subprocess.run(
            ["ps", "-o", "state=,lstart=", "-p", str(pid)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=5
        )
        state, start = made.stdout.decode("utf-8", "replace").strip().split(None, 1)
        return state[0], start.strip()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read().strip()
    except OSError:
        return ""


def _pid_namespace() -> Optional[str]:
    try:
        return os.readlink("/proc/self/ns/pid")
    except (OSError, AttributeError):
        return None
