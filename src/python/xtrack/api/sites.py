"""Which line of the script called: "file:line", the file relative to the working directory where it is below it."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import Dict, Generic, List, Optional, Tuple, TypeVar

from ..core.collision import PACKAGE
from ..core.process import working_directory

T = TypeVar("T")

_INSIDE = PACKAGE + os.sep
# Relative file names of code mean the directory in which the script was started.
_cwd = working_directory()


def outside(frame: Optional[FrameType]) -> Optional[FrameType]:
    """The innermost frame, from `frame` outwards, whose code is not this package's."""
    while frame is not None and os.path.join(_cwd, frame.f_code.co_filename).startswith(_INSIDE):
        frame = frame.f_back
    return frame


def site_of(frame: Optional[FrameType]) -> str:
    """The line of the script that `frame` executes or that called it; "" where there is none."""
    frame = outside(frame)
    if frame is None:
        return ""
    path = frame.f_code.co_filename
    if not path.startswith("<"):
        path = os.path.normpath(os.path.join(_cwd, path))
        if _cwd and path.startswith(_cwd + os.sep):
            path = path[len(_cwd) + 1 :]
    return "%s:%d" % (path, frame.f_lineno)


def caller() -> str:
    """The line of the script that called into this package."""
    return site_of(sys._getframe(1))  # pyright: ignore[reportPrivateUsage]


class SiteCache(Generic[T]):
    """What depends on the calling line and a key, by code object and instruction: line numbers are slow to look up.

    It holds at most `limit` entries; a script that has more starts over with an empty cache.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: Dict[Tuple[int, int, object], T] = {}
        # An id is unique only while its object is alive.
        self._alive: List[CodeType] = []

    def get(self, frame: FrameType, key: object) -> Optional[T]:
        return self._entries.get((id(frame.f_code), frame.f_lasti, key))

    def put(self, frame: FrameType, key: object, entry: T) -> None:
        if len(self._entries) >= self._limit:
            self._entries.clear()
            self._alive.clear()
        self._entries[(id(frame.f_code), frame.f_lasti, key)] = entry
        self._alive.append(frame.f_code)
