"""Which line of the script called: "file:line", the file relative to the working directory where it is below it."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import Dict, List, Optional, Tuple

from ..core.collision import PACKAGE
from ..core.process import working_directory

_PACKAGE = PACKAGE + os.sep
_LIMIT = 10_000
# Relative file names of code mean the directory in which the script was started.
_cwd = working_directory()


def site_of(frame: Optional[FrameType]) -> str:
    while frame is not None and os.path.join(_cwd, frame.f_code.co_filename).startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ""
    path = frame.f_code.co_filename
    if not path.startswith("<"):
        path = os.path.normpath(os.path.join(_cwd, path))
        if _cwd and path.startswith(_cwd + os.sep):
            path = path[len(_cwd) + 1 :]
    return "%s:%d" % (path, frame.f_lineno)


def caller() -> str:
    """The first line outside this package."""
    return site_of(sys._getframe(1))


class SiteCache:
    """Text that depends on the calling line and a key, by code object and instruction: looking up a line number is slow."""

    def __init__(self) -> None:
        self.texts: Dict[Tuple[int, int, object], str] = {}
        # An id is only unique while its object lives.
        self._alive: List[CodeType] = []
        #: Whether a metric was ever logged.
        self.used = False

    def put(self, frame: FrameType, key: object, text: str) -> bool:
        """False where it cannot be kept: one of our own lines stands for many of the script's."""
        self.used = True
        if frame.f_code.co_filename.startswith(_PACKAGE):
            return False
        if len(self.texts) >= _LIMIT:
            self.texts.clear()
            self._alive.clear()
        self.texts[(id(frame.f_code), frame.f_lasti, key)] = text
        self._alive.append(frame.f_code)
        return True
