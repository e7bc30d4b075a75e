"""Runs a script as a run: `python -m xtrack run`. Its console goes straight into a file, so that the supervisor's own
death neither ends nor blocks the script; what the supervisor knows goes into a journal of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List, NamedTuple, Optional

from . import consoles
from .collision import PACKAGE_DIR, another_xtrack
from .directory import resolve, workspace
from .ids import clean_id, new_run_id
from .journal import Journals, end_of, head_of, journals_in, next_attempt
from .jsontext import json_text
from .machine import Machine
from .process import absolute, hostname, process, working_directory
from .ranks import agreed_run_id, worker_id
from .outputlog import OutputLog, limit_from_environment
from .outputwatch import OutputWatch
from .recorder import Recorder
from .scriptjournals import ScriptJournals
from .source import file_hash, git_state, quick_environment, slow_environment
from .transports import TCPTransport, Transport, UnixSocketTransport, choose
from .troubles import Troubles
from .writer import Writer

_STEP_S = 0.25
_SHOWN_S = 3
_DESCRIBED_S = 15


class Job(NamedTuple):
    """What was asked for on the command line."""

    words: List[str]
    is_command: bool = False
    tty: bool = False
    once: bool = False
    run_id: Optional[str] = None
    attempt: Optional[int] = None
    name: Optional[str] = None
    experiment: Optional[str] = None
    tags: Dict[str, str] = {}
    #: debugpy's folder: the script waits for a debugger to attach, and runs in it.
    debugger: Optional[str] = None

    @property
    def script(self) -> Optional[str]:
        return None if self.is_command or self.words[0] == "-m" else self.words[0]

    @property
    def command(self) -> List[str]:
        if self.is_command:
            return self.words
        if self.debugger is None:
            return [sys.executable, *self.words]
        # Frozen modules hide breakpoints in them, which debugpy would warn of.
        return [sys.executable, "-X", "frozen_modules=off", self.debugger, "--listen", "127.0.0.1:0", "--wait-for-client", *self.words]


class Refusal(NamedTuple):
    """Why there is no process."""

    code: int
    message: str


class Supervisor:
    def __init__(self, job: Job) -> None:
        consoles.fill_standard()
        self._job = job
        self._troubles = Troubles()
        self._started = time.monotonic()
        self._signalled = False
        self._child: Optional["subprocess.Popen[bytes]"] = None
        self._terminal: Optional[consoles.Terminal] = None
        self._worker = worker_id()
        journals = Journals(resolve(), self._troubles)
        self._run_id = job.run_id or os.environ.get("XTRACK_RUN_ID") or agreed_run_id(journals.wanted)
        self._run_id = clean_id(self._run_id, new_run_id())
        journals.settle_on_directory(self._run_id)
        self._run_dir = journals.run_dir(self._run_id)
        self._attempt = job.attempt or next_attempt(self._run_dir, self._worker)
        if job.once and not self._first_to_begin():
            sys.stderr.write("xtrack: attempt %d of run %s was begun before, or called off\n" % (self._attempt, self._run_id))
            raise SystemExit(1)
        # Only a transport with a journal fits a supervisor: the others are one script's stream.
        transport = choose(None, self._troubles)
        if not isinstance(transport, (TCPTransport, UnixSocketTransport)):
            transport = Transport()
        self._directory = journals.directory
        me = clean_id("sup-" + hostname(), "sup")
        self._recorder = Recorder(transport, journals, self._run_id, me, self._attempt, "supervisor", self._troubles)
        self._troubles.tell = lambda message: self._event("log", ',"level":"warning","logger":"xtrack","msg":' + json_text(message))
        self._transport = transport
        self._reader: Optional[Recorder] = None
        self._output = os.path.join(self._run_dir, "output-%s-%d.log" % (self._worker, self._attempt))

    # ------------------------------------------------------------ from start to end

    def run(self) -> int:
        if not self._recorder.is_in_place and self._follows:
            consoles.warn_on_terminal("cannot write in %s; the run is recorded in %s" % (resolve(), self._directory))
        try:
            log = consoles.create(self._output)
        except OSError as error:
            log = None
            self._troubles.note("output", "xtrack: the console log cannot be made (%s)" % error)
        start = os.fstat(log).st_size if log is not None else 0
        follower = consoles.Follower(self._output, 1) if log is not None and self._follows else None
        self._announce()
        self._catch_signals()
        refusal = self._why_not() or self._spawn(log)
        if refusal is not None:
            return self._refused(refusal, log, follower)
        watch = self._read_output(start) if log is not None else None
        output = OutputLog(self._output, self._troubles, limit_from_environment()) if log is not None else None
        code = self._watch(watch, output)
        if self._terminal is not None:
            self._terminal.join()
        if watch is not None:
            watch.finish()
        if follower is not None:
            follower.stop()
        self._end(code, start)
        if output is not None:
            self._tidy(output)
        return code if code >= 0 else 128 - code

    def _first_to_begin(self) -> bool:
        """Whoever launches may be killed before it sees us start, and its successor must not start the attempt twice."""
        try:
            os.close(os.open(os.path.join(self._run_dir, "begun-%d" % self._attempt), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return True
        except FileExistsError:
            return False
        except OSError:
            return True  # A directory that cannot be written is told elsewhere.

    @property
    def _follows(self) -> bool:
        """In a terminal, where nobody else shows the console."""
        return self._job.run_id is None

    def _why_not(self) -> Optional[Refusal]:
        script = self._job.script
        if script is None:
            return None
        if not os.path.exists(script):
            return Refusal(127, "There is no script %s in %s. Check its path and the working directory." % (script, working_directory()))
        if not os.access(script, os.R_OK):
            return Refusal(126, "The script %s cannot be read. Check its permissions." % absolute(script))
        return None

    def _spawn(self, log: Optional[int]) -> Optional[Refusal]:
        command = self._job.command
        target = log if log is not None else subprocess.DEVNULL
        pipe = os.path.join(self._run_dir, "input-%s-%d" % (self._worker, self._attempt))
        terminal = consoles.Terminal(log, pipe) if self._job.tty and log is not None and hasattr(os, "openpty") else None
        output = terminal.slave if terminal is not None else target
        try:
            self._child = subprocess.Popen(
                command,
                stdin=terminal.slave if terminal is not None else None,
                stdout=output,
                stderr=output,
                env=self._environment(),
                start_new_session=True,
            )
        except FileNotFoundError:
            return Refusal(127, "There is no program %s. Check its path." % command[0])
        except OSError as error:
            return Refusal(126, "%s cannot be started: %s." % (command[0], error.strerror or error))
        if self._signalled:
            # Asked to stop before there was anything to stop.
            self._forward(signal.SIGTERM, None)
        if terminal is not None:
            terminal.start()
            self._terminal = terminal
        pid = self._child.pid
        proc = json.dumps(process(pid), separators=(",", ":"))
        self._event("process", ',"worker":%s,"pid":%d,"pgid":%d,"proc":%s' % (json_text(self._worker), pid, pid, proc))
        return None

    def _environment(self) -> Dict[str, str]:
        env = dict(os.environ)
        path = env.get("PYTHONPATH")
        env.update(
            PYTHONPATH=PACKAGE_DIR + (os.pathsep + path if path else ""),
            PYTHONUNBUFFERED="1",
            XTRACK_RUN_ID=self._run_id,
            XTRACK_ATTEMPT=str(self._attempt),
            XTRACK_DIR=self._directory,
            XTRACK_SUPERVISED="1",
        )
        if self._job.debugger:
            # Where debugpy tells whoever is to attach which port it got.
            env["DEBUGPY_ADAPTER_ENDPOINTS"] = os.path.join(self._run_dir, "debugger-%d.json" % self._attempt)
        if self._job.name:
            env["XTRACK_NAME"] = self._job.name
        if self._job.experiment:
            env["XTRACK_EXPERIMENT"] = self._job.experiment
        if self._job.tags:
            env["XTRACK_TAGS"] = json.dumps(self._job.tags)
        return env

    def _read_output(self, start: int) -> OutputWatch:
        script = ScriptJournals(self._run_dir, self._attempt)
        return OutputWatch(self._output, start, self._output_writer, script, self._troubles)

    def _output_writer(self) -> Writer:
        """What the script prints is of the script's worker: a journal of its own, made when there is something in it."""
        if self._reader is None:
            journals = Journals(self._directory, self._troubles)
            self._reader = Recorder(self._transport, journals, self._run_id, self._worker, self._attempt, "supervisor", self._troubles)
        return self._reader.writer

    def _tidy(self, output: OutputLog) -> None:
        """After the run's end. Whoever shows its console reads the last of it first."""
        if not output.is_worth_compacting:
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if not self._follows:
            time.sleep(_SHOWN_S)
        if not consoles.is_open_elsewhere(self._output):
            output.finish()

    def _watch(self, watch: Optional[OutputWatch], output: Optional[OutputLog]) -> int:
        child = self._child
        assert child is not None
        machine = Machine(child.pid, self._run_dir, self._recorder.writer)
        describing = threading.Thread(target=self._describe, name="xtrack-describe", daemon=True)
        describing.start()
        # A wait with a timeout would look forty times a second.
        ended = threading.Event()
        waiting = threading.Thread(target=lambda: (child.wait(), ended.set()), name="xtrack-wait", daemon=True)
        waiting.start()
        while not ended.wait(_STEP_S):
            machine.step()
            if watch is not None:
                watch.step()
            if output is not None:
                output.step()
        machine.stop()
        describing.join(_DESCRIBED_S)
        return int(child.returncode)

    # ------------------------------------------------------------ signals

    def _catch_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._forward)
        if hasattr(signal, "SIGHUP"):
            # A handler rather than SIG_IGN, which the script would inherit: closing the terminal ends neither.
            signal.signal(signal.SIGHUP, lambda number, frame: None)

    def _forward(self, number: int, frame: Any) -> None:
        self._signalled = True
        if self._child is not None and self._child.returncode is None:
            try:
                if hasattr(os, "killpg"):
                    os.killpg(self._child.pid, number)
                else:
                    self._child.send_signal(number)
            except OSError:
                return  # It ended this very moment.

    # ------------------------------------------------------------ journal

    def _event(self, kind: str, members: str) -> None:
        self._recorder.writer.event(kind, members)

    def _announce(self) -> None:
        job = self._job
        run_id: Any = self._run_id
        parent = os.environ.get("XTRACK_PARENT_RUN_ID") or None
        experiment = job.experiment or os.environ.get("XTRACK_EXPERIMENT") or None
        if experiment or parent:
            run_id = {"id": run_id, "exp_id": experiment, "parent_id": parent}
        source: Dict[str, Any] = {"interpreter": None if job.is_command else sys.executable, "argv": job.words, "cwd": working_directory() or None, "root": workspace()}
        if job.script is not None:
            path = absolute(job.script)
            source.update(entrypoint=path, code_hash=file_hash(path))
        payload = {
            "run_id": run_id,
            "name": job.name or os.environ.get("XTRACK_NAME") or None,
            "tags": job.tags,
            "source": {key: value for key, value in source.items() if value is not None},
            "env": quick_environment(),
        }
        self._recorder.writer.payload_event("run_start", payload)
        collision = another_xtrack(job.script)
        if collision:
            self._event("log", ',"level":"warning","logger":"xtrack","msg":' + json_text(collision))

    def _describe(self) -> None:
        """Neither the script nor what is read of it waits for git and the list of packages."""
        payload = ',"source":%s,"env":%s' % (json_text(git_state(working_directory()), 2_000_000), json_text(slow_environment()))
        self._event("source", payload)

    def _refused(self, refusal: Refusal, log: Optional[int], follower: Optional[consoles.Follower]) -> int:
        if log is not None:
            os.write(log, ("xtrack: %s\n" % refusal.message).encode("utf-8", "replace"))
        if follower is not None:
            follower.stop()
        exit_text = json_text({"code": refusal.code, "reason": refusal.message})
        error = json_text({"type": "LaunchError", "message": refusal.message})
        self._finish("failed", ',"exit":%s,"error":%s' % (exit_text, error))
        return refusal.code

    def _end(self, code: int, output_start: int) -> None:
        exit_said: Dict[str, Any] = {"code": code} if code >= 0 else {"signal": _signal_name(-code)}
        status = "completed" if code == 0 else "killed" if self._signalled else "failed"
        members = ',"exit":' + json_text(exit_said)
        if status == "failed" and not self._script_said_why():
            error = consoles.error_in(self._output, output_start)
            members += ',"error":' + json_text(error or {"message": _how_it_ended(exit_said)})
        self._finish(status, members)

    def _finish(self, status: str, members: str) -> None:
        end = ',"status":"%s"' % status
        duration = ',"duration_ms":%d' % int((time.monotonic() - self._started) * 1000)
        self._event("run_end", end + members + duration)
        for recorder in (self._recorder, self._reader):
            if recorder is not None:
                if recorder is self._reader:
                    recorder.writer.event("run_end", end + duration)
                recorder.writer.close()
                recorder.stop()

    def _script_said_why(self) -> bool:
        for found in journals_in(self._run_dir):
            if found.attempt == self._attempt and (head_of(found.path) or {}).get("role") == "script":
                if (end_of(found.path) or {}).get("error"):
                    return True
        return False


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "SIG%d" % number


def _how_it_ended(exit_said: Dict[str, Any]) -> str:
    if "signal" in exit_said:
        return "The script was ended by %s." % exit_said["signal"]
    return "The script ended with exit code %s." % exit_said["code"]
