"""Follows a console log and journals what its lines say: metrics, and how far the script is.

A script that logs metrics itself is not read any more, so that no curve is there twice. Reading takes a bounded share of the
time; of a script that prints faster than that, parts are skipped, with one warning.
"""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Dict, List, Optional

from ..core.jsontext import clipped, number
from ..core.warnings import Warnings
from ..core.writer import Writer
from .patterns import from_environment
from .printed import Points, Printed, Progress

_BLOCK = 16384
_STEP_BUDGET_S = 0.02
_LAST_BUDGET_S = 0.3
#: Further behind than this, reading goes on near the end.
_MAX_BEHIND = 1 << 20
_NEAR_END = 65536
_PROGRESS_S = 1.0
#: A script that has started a run most likely logs metrics soon: what it prints is held for this long.
PATIENCE_S = 30.0
_MAX_HELD = 5000


class Script:
    """What a script is known to log itself."""

    logs_metrics = False
    reports_progress = False

    @property
    def may_log_metrics(self) -> bool:
        """Whether it has started a run a short time ago, and logged no metrics to it yet."""
        return False

    def poll(self) -> None:
        """Brings the attributes up to date."""


class OutputWatch:
    def __init__(self, path: str, start: int, writer: Callable[[], Writer], script: Script, warnings: Warnings) -> None:
        self._path = path
        self._offset = start
        self._writer = writer
        self._script = script
        self._warnings = warnings
        self._patterns = from_environment(warnings.note)
        self._printed = Printed(self._patterns)
        self._held: List[Points] = []
        self._journaled: Optional[Progress] = None
        self._next_progress = 0.0
        self._fd = -1

    def step(self) -> None:
        """Called a few times a second; takes at most some hundredths of one."""
        self._guarded(lambda: self._read(_STEP_BUDGET_S), last=False)

    def finish(self) -> None:
        """No process writes to the log any longer."""
        self._guarded(self._read_rest, last=True)
        if self._patterns is not None:
            self._patterns.stop()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _guarded(self, read: Callable[[], None], last: bool) -> None:
        try:
            if self._script.logs_metrics and self._script.reports_progress:
                return
            read()
            self._script.poll()
            self._journal_metrics(last)
            self._journal_progress(last)
        except Exception as error:
            self._warnings.caught("reading the output", error)

    # ------------------------------------------------------------ reading

    def _open(self) -> bool:
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
            except FileNotFoundError:
                return False
        return True

    def _read(self, budget: float) -> None:
        if not self._open():
            return
        deadline = time.monotonic() + budget
        while time.monotonic() < deadline:
            os.lseek(self._fd, self._offset, os.SEEK_SET)
            block = os.read(self._fd, _BLOCK)
            if not block:
                return
            self._offset += len(block)
            self._printed.feed(block)
        size = os.fstat(self._fd).st_size
        if size - self._offset > _MAX_BEHIND:
            self._skip_to(size - _NEAR_END)

    def _skip_to(self, offset: int) -> None:
        self._offset = offset
        self._printed.skip()
        self._warnings.note(
            "fast_output",
            "xtrack: the script prints faster than its output is read for metrics and progress; parts of it are skipped. "
            "The output itself is complete.",
        )

    def _read_rest(self) -> None:
        self._read(_LAST_BUDGET_S)
        if self._fd >= 0:
            size = os.fstat(self._fd).st_size
            if size - self._offset > _NEAR_END:
                self._skip_to(size - _NEAR_END)
            # The end of the log matters most: final scores are there.
            self._read(_LAST_BUDGET_S)
        self._printed.finish()

    # ------------------------------------------------------------ journaling

    def _journal_metrics(self, last: bool) -> None:
        self._held.extend(self._printed.take())
        if self._script.logs_metrics:
            self._held.clear()
        elif self._script.may_log_metrics and not last:
            del self._held[:-_MAX_HELD]
        else:
            points, self._held = self._held, []
            for one in points:
                self._writer().event("metric_batch", _payload(one))

    def _journal_progress(self, last: bool) -> None:
        progress = self._printed.progress
        now = time.monotonic()
        if progress is None or progress == self._journaled or self._script.reports_progress or (now < self._next_progress and not last):
            return
        self._journaled = progress
        self._next_progress = now + _PROGRESS_S
        payload = {
            "status": "running",
            "msg": clipped(progress.message, 1000),
            "progress": {"cur": number(round(progress.cur, 4)), "total": number(progress.total), "unit": clipped(progress.unit, 50)},
        }
        self._writer().event("status", payload)


def _payload(points: Points) -> Dict[str, Any]:
    payload: Dict[str, Any] = {"metrics": {key: number(value) for key, value in points.metrics.items()}}
    if points.step is not None:
        payload["step"] = points.step
    if points.epoch is not None:
        payload["epoch"] = number(int(points.epoch) if points.epoch == int(points.epoch) else points.epoch)
    if points.phase is not None:
        payload["ctx"] = {"phase": points.phase}
    return payload
