"""One thing that the doctor found."""

from __future__ import annotations

import os
from typing import NamedTuple, Tuple

Level = str
LEVELS: Tuple[Level, ...] = ("error", "warning", "info", "ok")


class Finding(NamedTuple):
    id: str
    level: Level
    title: str
    detail: str
    #: What to do; "" where nothing has to be done.
    action: str = ""


def whose(path: str) -> str:
    """A sentence about the owner of a file that belongs to somebody else, with a space before it; "" for one's own."""
    if not hasattr(os, "getuid"):
        return ""
    try:
        uid = os.stat(path).st_uid
    except OSError:
        return ""
    return "" if uid == os.getuid() else " It belongs to user %d." % uid
