"""One thing that the doctor found."""

from __future__ import annotations

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
