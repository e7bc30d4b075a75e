"""What the scripts of an attempt log themselves, as their journals show it."""

from __future__ import annotations

import time
from typing import Dict, Optional

from ..core.journal import head_of, journals_in
from ..printed.watch import PATIENCE_S, Script

_METRIC = b'"t":"metric'
_STATUS_WITH_PROGRESS = b'"progress":{'
_READ = 1 << 18
_OVERLAP = 64


class ScriptJournals(Script):
    def __init__(self, run_dir: str, attempt: int, worker: Optional[str] = None) -> None:
        """`worker`: whose journals are read; None for all of them."""
        self._worker = worker
        self._run_dir = run_dir
        self._attempt = attempt
        self._offsets: Dict[str, int] = {}
        self._others: set[str] = set()
        self._since = 0.0

    @property
    def may_log_metrics(self) -> bool:
        return self._since > 0 and time.monotonic() - self._since < PATIENCE_S

    def poll(self) -> None:
        for found in journals_in(self._run_dir):
            path = found.path
            if found.attempt != self._attempt or path in self._others or self._worker not in (None, found.worker):
                continue
            if path not in self._offsets:
                role = (head_of(path) or {}).get("role")
                if role is None:
                    continue  # Its head is not there yet.
                if role != "script":
                    self._others.add(path)
                    continue
                self._since = self._since or time.monotonic()
                self._offsets[path] = 0
            self._scan(path)

    def _scan(self, path: str) -> None:
        try:
            with open(path, "rb") as source:
                source.seek(max(0, self._offsets[path] - _OVERLAP))
                data = source.read(_READ + _OVERLAP)
                self._offsets[path] = source.tell()
        except OSError:
            return
        self.logs_metrics = self.logs_metrics or _METRIC in data
        self.reports_progress = self.reports_progress or _STATUS_WITH_PROGRESS in data
