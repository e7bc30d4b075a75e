"""What went wrong in tracking: counted, logged once a kind, never printed or raised into training."""

from __future__ import annotations

import logging
from typing import Callable, Dict, Optional

from .jsontext import text_of

logger = logging.getLogger("xtrack")
# Without a handler, logging would print warnings to stderr, into the training's own output.
logger.addHandler(logging.NullHandler())


class Warnings:
    """How often what went wrong, by kind."""

    def __init__(self) -> None:
        self.counts: Dict[str, int] = {}
        #: Called with the first warning of a kind, to put it in the run's log, where the user will see it.
        self.notify: Optional[Callable[[str], None]] = None

    def note(self, kind: str, message: str) -> None:
        """Counts a warning; the first of its kind is logged."""
        count = self.counts.get(kind, 0) + 1
        self.counts[kind] = count
        if count > 1:
            return
        try:
            logger.warning(message)
            if self.notify is not None:
                self.notify(message)
        except Exception:
            # A handler that the user configured failed: tracking must not pass that on to training.
            self.counts["warning_failed"] = self.counts.get("warning_failed", 0) + 1

    def caught(self, where: str, error: BaseException) -> None:
        self.note(where, "xtrack: %s failed, training goes on: %s: %s" % (where, type(error).__name__, text_of(error)))
