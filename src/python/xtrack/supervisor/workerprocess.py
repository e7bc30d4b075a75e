"""One process of a supervised script: its console, what is read of that, and how it ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ..core.warnings import Warnings
from ..core.writer import Writer
from ..printed.watch import OutputWatch
from . import consoles
from .job import Refusal
from .outputlog import OutputLog, limit_from_environment
from .scriptjournals import ScriptJournals

OUT_OF_MEMORY = "out of memory"


class WorkerProcess:
    def __init__(self, worker: str, run_dir: str, attempt: int, warnings: Warnings) -> None:
        self.worker = worker
        self.output = os.path.join(run_dir, "output-%s-%d.log" % (worker, attempt))
        #: When it ended, in seconds of time.monotonic().
        self.ended: Optional[float] = None
        self._input = os.path.join(run_dir, "input-%s-%d" % (worker, attempt))
        self._warnings = warnings
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._terminal: Optional[consoles.Terminal] = None
        self._follower: Optional[consoles.Follower] = None
        self._watch: Optional[OutputWatch] = None
        self._log: Optional[int] = None
        self._output_log: Optional[OutputLog] = None
        self._start = 0
        self._oom_kills = 0

    def open_log(self, follows: bool) -> None:
        try:
            self._log = consoles.create(self.output)
        except OSError as error:
            self._warnings.note("output", "xtrack: the console log cannot be made (%s)" % error)
            return
        self._start = os.fstat(self._log).st_size
        if follows:
            self._follower = consoles.Follower(self.output, 1)

    # ------------------------------------------------------------ the process

    def spawn(self, command: List[str], env: Dict[str, str], tty: bool, on_end: Callable[[], None]) -> Optional[Refusal]:
        terminal = self._make_terminal() if tty else None
        output = terminal.slave if terminal is not None else self._log if self._log is not None else subprocess.DEVNULL
        try:
            child = subprocess.Popen(
                command,
                stdin=terminal.slave if terminal is not None else None,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,
            )
        except FileNotFoundError:
            return Refusal(127, "There is no program %s. Check its path." % command[0])
        except OSError as error:
            return Refusal(126, "%s cannot be started: %s." % (command[0], error.strerror or error))
        finally:
            if terminal is not None:
                terminal.handed_over()
        self._child = child
        self._terminal = terminal
        self._oom_kills = oom_kills()

        def wait() -> None:
            child.wait()
            self.ended = time.monotonic()
            on_end()

        # A wait with a timeout would poll forty times a second.
        threading.Thread(target=wait, name="xtrack-wait", daemon=True).start()
        return None

    def _make_terminal(self) -> Optional[consoles.Terminal]:
        if self._log is None or not hasattr(os, "openpty"):
            return None
        try:
            return consoles.Terminal(self._log, self._input)
        except OSError as error:
            self._warnings.note("tty", "xtrack: the script gets no terminal (%s)" % error)
            return None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def code(self) -> int:
        """The exit code of a process that ended; negative: the signal that ended it."""
        assert self._child is not None and self._child.returncode is not None
        return self._child.returncode

    def exit(self) -> Dict[str, Any]:
        """How a process that ended did so, as it is journaled."""
        code = self.code
        if code >= 0:
            return {"code": code}
        said = {"signal": _signal_name(-code)}
        # The killed process itself gets a SIGKILL like any other.
        if said["signal"] == "SIGKILL" and oom_kills() > self._oom_kills:
            said["reason"] = OUT_OF_MEMORY
        return said

    def signal(self, number: int) -> None:
        """Sends a signal to all of its process group."""
        if self._child is None or self._child.returncode is not None:
            return
        try:
            if hasattr(os, "killpg"):
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)
        except OSError:
            return  # It has just ended.

    # ------------------------------------------------------------ its console

    def read_output(self, script: ScriptJournals, writer: Callable[[], Writer]) -> None:
        if self._log is None:
            return
        self._watch = OutputWatch(self.output, self._start, writer, script, self._warnings)
        self._output_log = OutputLog(self.output, self._warnings, limit_from_environment())

    def step(self) -> None:
        if self._watch is not None:
            self._watch.step()
        if self._output_log is not None:
            self._output_log.step()

    def finish(self) -> None:
        """Reads and shows the last of its output."""
        if self._terminal is not None:
            self._terminal.join()
        if self._watch is not None:
            self._watch.finish()
        if self._follower is not None:
            self._follower.stop()

    def refuse(self, message: str) -> None:
        if self._log is not None:
            os.write(self._log, ("xtrack: %s\n" % message).encode("utf-8", "replace"))
        if self._follower is not None:
            self._follower.stop()

    def error(self) -> Optional[Dict[str, str]]:
        """The error that its console shows."""
        return consoles.error_in(self.output, self._start)

    @property
    def is_worth_compacting(self) -> bool:
        return self._output_log is not None and self._output_log.is_worth_compacting

    def compact(self) -> None:
        if self._output_log is not None and not consoles.is_open_elsewhere(self.output):
            self._output_log.finish()


def oom_kills() -> int:
    """How many processes of this machine the system has killed for want of memory; 0 where it does not say."""
    try:
        with open("/proc/vmstat", "rb") as source:
            found = re.search(rb"^oom_kill (\d+)$", source.read(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "SIG%d" % number


def how_it_ended(who: str, exit_said: Dict[str, Any]) -> str:
    if OUT_OF_MEMORY in exit_said.get("reason", ""):
        return "%s was killed by the system (SIGKILL), which had run out of memory." % who
    if "signal" in exit_said:
        return "%s was ended by %s." % (who, exit_said["signal"])
    return "%s ended with exit code %s." % (who, exit_said["code"])
