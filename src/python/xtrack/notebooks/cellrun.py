"""One execution of a notebook cell, as a run: its console in the run's log, the machine sampled, an end of its own."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ..api.run import Run, open_runs
from ..core.warnings import logger
from ..printed.printed import Printed
from ..printed.watch import PATIENCE_S, OutputWatch, Script
from ..supervisor import consoles
from ..supervisor.machine import Machine
from ..supervisor.outputlog import OutputLog, limit_from_environment

#: After how long a cell becomes a run: one that was chosen, and one of a notebook that is tracked as a whole.
_ASKED_S = 0.3
_MOMENT_S = 3.0
_STEP_S = 0.25
_HELD = 1 << 20
_PATIENCE_S = 0.5


class InProcessScript(Script):
    """What the script logs to a run of this very process."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._began = time.monotonic()
        #: Whether the script started the run, or was given it.
        self.belongs_to_script = False

    @property
    def may_log_metrics(self) -> bool:
        return self.belongs_to_script and time.monotonic() - self._began < PATIENCE_S

    def poll(self) -> None:
        self.logs_metrics = self._run.logs_metrics
        self.reports_progress = self._run.reports_progress


class CellRun:
    """The run starts when there is something to show, so that a cell that starts a run itself is not recorded twice."""

    def __init__(self, start: Callable[[], Run], asked: bool) -> None:
        self._start = start
        self._asked = asked
        self._lock = threading.RLock()
        self._run = _left_open()
        #: An earlier cell's run, or one that the script started: it is not ours to end.
        self._belongs_to_script = self._run is not None
        self._wants_none = False
        self._console = Console()
        self._ending = threading.Event()
        self._began = time.monotonic()
        self._machine: Optional[Machine] = None
        self._output: Optional[OutputWatch] = None
        self._script: Optional[InProcessScript] = None
        self._log: Optional[OutputLog] = None
        #: Reads what is printed before there is a run.
        self._peeked = Printed()
        if self._run is not None:
            self._record(self._run)
        self._thread = threading.Thread(target=self._watch, name="xtrack-cell", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ from the script

    def offer(self, run_id: Optional[str]) -> Optional[Run]:
        """The run for start_run; None where that is to start one of its own."""
        with self._lock:
            if self._belongs_to_script or (run_id and (self._run is None or self._run.run_id != run_id)):
                self._wants_none = self._run is None
                return None
            run = self._begin()
            self._belongs_to_script = run is not None
            if self._script is not None:
                self._script.belongs_to_script = True
            return run

    def end(self, status: str, error: Optional[Dict[str, str]]) -> None:
        self._ending.set()
        self._thread.join(1.0)
        self._console.release()
        with self._lock:
            if self._run is None and (self._asked or self._trains()):
                self._begin()
            run = self._run
        if self._machine is not None:
            self._machine.stop()
        if self._output is not None:
            self._output.finish()
        self._console.close()
        if run is None or run.ended:
            return
        # The script ends the run that it started, perhaps in a later cell; an error ends it here.
        if not self._belongs_to_script or status != "completed":
            run.end(status, error)
            if self._log is not None and self._log.is_worth_compacting:
                threading.Thread(target=self._log.finish, name="xtrack-log", daemon=True).start()

    # ------------------------------------------------------------ beside it

    def _is_due(self) -> bool:
        return time.monotonic() - self._began > (_ASKED_S if self._asked else _MOMENT_S) or self._trains()

    def _trains(self) -> bool:
        """Whether what it has printed so far looks like training."""
        if self._run is None:
            self._peeked.feed(self._console.take_new())
        return bool(self._peeked.take()) or self._peeked.progress is not None

    def _begin(self) -> Optional[Run]:
        """Holds the lock. None where the run cannot be started."""
        if self._run is None and not self._wants_none:
            try:
                self._run = self._start()
                self._record(self._run)
            except Exception as error:
                self._wants_none = True
                logger.warning("xtrack: the cell is not recorded: %s: %s", type(error).__name__, error)
        return self._run

    def _record(self, run: Run) -> None:
        if run.directory is None:
            return
        path = os.path.join(run.directory, "output-%s-%d.log" % (run.worker_id, run.attempt))
        start = self._console.write_to(path)
        self._log = OutputLog(path, run.warnings, limit_from_environment())
        self._script = InProcessScript(run)
        self._script.belongs_to_script = self._belongs_to_script
        self._output = OutputWatch(path, start, lambda: run.writer, self._script, run.warnings)

    def _watch(self) -> None:
        while not self._ending.wait(_STEP_S):
            try:
                with self._lock:
                    run = self._begin() if self._is_due() else self._run
                if run is not None and not run.ended:
                    if self._machine is None:
                        sessions = [os.getsid(0)] if hasattr(os, "getsid") else []
                        self._machine = Machine(sessions, run.directory or os.getcwd(), run.writer)
                    self._machine.step()
                    if self._output is not None:
                        self._output.step()
                    if self._log is not None:
                        self._log.step()
            except Exception as error:
                logger.warning("xtrack: watching the cell failed: %s: %s", type(error).__name__, error)
                return


def _left_open() -> Optional[Run]:
    """A run that the script started in an earlier cell and that goes on."""
    runs = open_runs()
    return runs[-1] if runs else None


class Console:
    """Copies what the cell prints into the run's output log; holds it until there is a run."""

    def __init__(self) -> None:
        self._log: Optional[int] = None
        self._held: List[bytes] = []
        self._size = 0
        self._taken = 0
        self._lock = threading.RLock()
        self._before = (sys.stdout, sys.stderr)
        self._tees = (Tee(sys.stdout, self.write), Tee(sys.stderr, self.write))
        sys.stdout, sys.stderr = self._tees

    def write_to(self, path: str) -> int:
        """Copies to the file at `path` from now on, what is held first. Returns the offset where that starts. Raises OSError."""
        log = consoles.create(path)
        start = os.fstat(log).st_size
        with self._lock:
            for block in self._held:
                os.write(log, block)
            self._held.clear()
            self._log = log
        return start

    def take_new(self) -> bytes:
        """What is held and was not taken yet."""
        with self._lock:
            blocks, self._taken = self._held[self._taken :], len(self._held)
        return b"".join(blocks)

    def write(self, text: str) -> None:
        block = text.encode("utf-8", "replace")
        # With a timeout: in a process that was forked while another thread held the lock, nobody would release it.
        if not self._lock.acquire(timeout=_PATIENCE_S):
            return
        try:
            if self._log is not None:
                os.write(self._log, block)
            elif self._size < _HELD:
                self._size += len(block)
                self._held.append(block)
        finally:
            self._lock.release()

    def release(self) -> None:
        """Gives the streams back to the kernel, unless somebody else has replaced them meanwhile."""
        if sys.stdout is self._tees[0]:
            sys.stdout = self._before[0]
        if sys.stderr is self._tees[1]:
            sys.stderr = self._before[1]

    def close(self) -> None:
        with self._lock:
            log, self._log = self._log, None
            self._size = _HELD
            if log is not None:
                os.close(log)


def _ignore(text: str) -> None:
    """Takes the copies of a tee once its run is over."""


class Tee:
    """Stands in for a stream and copies what is written; it fails only where the stream itself does."""

    def __init__(self, stream: Any, also: Callable[[str], None]) -> None:
        self._stream = stream
        self._also = also

    def write(self, text: str) -> Any:
        result = self._stream.write(text)
        self._copy(text)
        return result

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def _copy(self, text: str) -> None:
        try:
            self._also(text)
        except Exception:
            # The log's disk is full or the cell is over; the cell's own output matters more.
            self._also = _ignore

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)
