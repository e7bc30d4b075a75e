"""Runs a script as a run: `python -m xtrack run`. Its console goes straight into a file, so that the supervisor's own
death neither ends nor blocks the script; what the supervisor knows goes into a journal of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any, Dict, Optional, Set

from ..core.collision import PACKAGE_DIR, another_xtrack
from ..core.directory import resolve, workspace
from ..core.ids import clean_id, new_run_id
from ..core.journal import Journals, end_of, head_of, journals_in, next_attempt
from ..core.jsontext import plain
from ..core.process import absolute, hostname, process, working_directory
from ..core.ranks import agreed_run_id, worker_id
from ..core.redaction import redact_arguments
from ..core.source import file_hash, quick_environment, slow_description
from ..core.warnings import Warnings
from ..core.writer import Writer
from ..transport.recorder import Recorder
from ..transport.transports import TCPTransport, Transport, UnixSocketTransport, choose
from . import consoles
from .job import Job, Refusal
from .machine import Machine
from .scriptjournals import ScriptJournals
from .workerprocess import WorkerProcess, how_it_ended

_STEP_S = 0.25
_SHOWN_S = 3
_DESCRIBED_S = 15
#: How long workers go on by themselves after one of them has failed, and then after SIGTERM.
_ALONE_S = 5
_TERM_S = 10


class Supervisor:
    def __init__(self, job: Job) -> None:
        consoles.fill_standard()
        self._job = job
        self._warnings = Warnings()
        self._started = time.monotonic()
        self._signalled = False
        self._ended = threading.Event()
        #: The signals that were sent to workers which a failed one left behind.
        self._sent: Set[int] = set()
        worker = worker_id()
        journals = Journals(resolve(), self._warnings)
        self._run_id = job.run_id or os.environ.get("XTRACK_RUN_ID") or agreed_run_id(journals.wanted)
        self._run_id = clean_id(self._run_id, new_run_id())
        journals.settle_on_directory(self._run_id)
        self._run_dir = journals.run_dir(self._run_id)
        self._attempt = job.attempt or next_attempt(self._run_dir, worker)
        if job.once and not self._first_to_begin():
            sys.stderr.write("xtrack: attempt %d of run %s has been started before, or was called off\n" % (self._attempt, self._run_id))
            raise SystemExit(1)
        # A supervisor needs a transport with a journal: the others are streams of one script.
        transport = choose(None, self._warnings)
        if not isinstance(transport, (TCPTransport, UnixSocketTransport)):
            transport = Transport()
        self._directory = journals.directory
        me = clean_id("sup-" + hostname(), "sup")
        self._recorder = Recorder(transport, journals, self._run_id, me, self._attempt, "supervisor", self._warnings)
        self._warnings.notify = self._recorder.writer.warning
        self._transport = transport
        self._readers: Dict[str, Recorder] = {}
        self._ranks = job.rank_environments()
        names = [rank.get("XTRACK_WORKER_ID", worker) for rank in self._ranks]
        self._workers = [WorkerProcess(name, self._run_dir, self._attempt, self._warnings) for name in names]

    # ------------------------------------------------------------ from start to end

    def run(self) -> int:
        if not self._recorder.is_in_place and self._follows:
            consoles.warn_on_terminal("cannot write in %s; the run is recorded in %s" % (resolve(), self._directory))
        for worker in self._workers:
            worker.open_log(self._follows)
        self._announce()
        self._catch_signals()
        refusal = self._job.why_not() or self._spawn()
        if refusal is not None:
            return self._refused(refusal)
        for worker in self._workers:
            self._read_output(worker)
        self._watch()
        for worker in self._workers:
            worker.finish()
        self._recorder.send_left()
        code = self._end()
        self._tidy()
        return code if code >= 0 else 128 - code

    def _first_to_begin(self) -> bool:
        """Claims the attempt: a launcher may be killed before it sees us start, and its successor must not start it twice."""
        try:
            os.close(os.open(os.path.join(self._run_dir, "begun-%d" % self._attempt), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return True
        except FileExistsError:
            return False
        except OSError:
            return True  # A directory that cannot be written is reported elsewhere.

    @property
    def _follows(self) -> bool:
        """Whether the console is shown here: in a terminal nobody else does so."""
        return self._job.run_id is None

    def _spawn(self) -> Optional[Refusal]:
        for rank, worker in enumerate(self._workers):
            env = {**self._environment(), **self._ranks[rank]}
            refusal = worker.spawn(self._job.command(rank), env, self._job.tty, self._ended.set)
            if refusal is not None:
                self._signal(signal.SIGKILL)
                return refusal
            pid = worker.pid
            self._event("process", {"worker": worker.worker, "pid": pid, "pgid": pid, "proc": process(pid)})
        if self._signalled:
            # Asked to stop before there was anything to stop.
            self._signal(signal.SIGTERM)
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
            # Debugpy writes there which port it got, for whoever attaches.
            env["DEBUGPY_ADAPTER_ENDPOINTS"] = os.path.join(self._run_dir, "debugger-%d.json" % self._attempt)
        if self._job.name:
            env["XTRACK_NAME"] = self._job.name
        if self._job.experiment:
            env["XTRACK_EXPERIMENT"] = self._job.experiment
        if self._job.tags:
            env["XTRACK_TAGS"] = json.dumps(self._job.tags)
        return env

    def _read_output(self, worker: WorkerProcess) -> None:
        # The only process may start others, which log under names of their own.
        script = ScriptJournals(self._run_dir, self._attempt, worker.worker if len(self._workers) > 1 else None)
        worker.read_output(script, lambda: self._output_writer(worker.worker))

    def _output_writer(self, worker: str) -> Writer:
        """The writer of what is read from the script's output: a journal of the script's worker, made when it is needed."""
        if worker not in self._readers:
            journals = Journals(self._directory, self._warnings)
            self._readers[worker] = Recorder(self._transport, journals, self._run_id, worker, self._attempt, "supervisor", self._warnings)
        return self._readers[worker].writer

    def _tidy(self) -> None:
        """Compacts logs after the run's end, once whoever shows them has read their ends."""
        worth = [worker for worker in self._workers if worker.is_worth_compacting]
        if not worth:
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if not self._follows:
            time.sleep(_SHOWN_S)
        for worker in worth:
            worker.compact()

    def _watch(self) -> None:
        machine = Machine([worker.pid for worker in self._workers], self._run_dir, self._recorder.writer)
        describing = threading.Thread(target=self._describe, name="xtrack-describe", daemon=True)
        describing.start()
        while any(worker.ended is None for worker in self._workers):
            self._ended.wait(_STEP_S)
            self._ended.clear()
            machine.step()
            for worker in self._workers:
                worker.step()
            self._end_the_rest()
        machine.stop()
        describing.join(_DESCRIBED_S)

    def _end_the_rest(self) -> None:
        """Ends workers that would wait for ever for one that failed. First they have time to fail themselves, and to say why."""
        first = self._first_failed()
        if first is None or first.ended is None or self._signalled:
            return
        waited = time.monotonic() - first.ended
        for number, after in ((signal.SIGTERM, _ALONE_S), (signal.SIGKILL, _ALONE_S + _TERM_S)):
            if waited > after and number not in self._sent:
                self._sent.add(number)
                self._signal(number)

    def _first_failed(self) -> Optional[WorkerProcess]:
        failed = [worker for worker in self._workers if worker.ended is not None and worker.code != 0]
        return min(failed, key=lambda worker: worker.ended or 0.0) if failed else None

    # ------------------------------------------------------------ signals

    def _catch_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._forward)
        if hasattr(signal, "SIGHUP"):
            # A handler rather than SIG_IGN, which the script would inherit: closing the terminal ends neither.
            signal.signal(signal.SIGHUP, lambda number, frame: None)

    def _forward(self, number: int, frame: Any) -> None:
        self._signalled = True
        self._signal(number)

    def _signal(self, number: int) -> None:
        for worker in self._workers:
            worker.signal(number)

    # ------------------------------------------------------------ journal

    def _event(self, kind: str, payload: Dict[str, Any]) -> None:
        self._recorder.writer.event(kind, payload)

    def _announce(self) -> None:
        job = self._job
        run_id: Any = self._run_id
        parent = os.environ.get("XTRACK_PARENT_RUN_ID") or None
        experiment = job.experiment or os.environ.get("XTRACK_EXPERIMENT") or None
        if experiment or parent:
            run_id = {"id": run_id, "exp_id": experiment, "parent_id": parent}
        source: Dict[str, Any] = {
            "interpreter": None if job.is_command else sys.executable,
            "argv": redact_arguments(job.words),
            "cwd": working_directory() or None,
            "root": workspace(),
            "workers": job.workers,
        }
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
        self._event("run_start", plain(payload))
        collision = another_xtrack(job.script)
        if collision:
            self._recorder.writer.warning(collision)

    def _describe(self) -> None:
        """Runs in a thread, so that nothing waits for git and the list of packages."""
        self._event("source", slow_description())

    def _refused(self, refusal: Refusal) -> int:
        for worker in self._workers:
            worker.refuse(refusal.message)
        exit_said = {"code": refusal.code, "reason": refusal.message}
        self._finish("failed", {"exit": exit_said, "error": {"type": "LaunchError", "message": refusal.message}})
        return refusal.code

    def _end(self) -> int:
        first = self._first_failed()
        code = 0 if first is None else first.code
        exit_said: Dict[str, Any] = {"code": 0} if first is None else first.exit()
        status = "completed" if first is None else "killed" if self._signalled else "failed"
        if first is not None and len(self._workers) > 1:
            exit_said["reason"] = ", ".join([first.worker, *filter(None, [exit_said.get("reason")])])
        payload: Dict[str, Any] = {"exit": exit_said}
        if first is not None and status == "failed" and not self._script_said_why():
            payload["error"] = self._error_of(first, exit_said)
        self._finish(status, payload)
        return code

    def _error_of(self, first: WorkerProcess, exit_said: Dict[str, Any]) -> Dict[str, str]:
        error = first.error()
        if len(self._workers) == 1:
            return error or {"message": how_it_ended("The script", exit_said)}
        if error is None:
            return {"message": how_it_ended(first.worker, exit_said)}
        return {**error, "type": "", "message": ": ".join([first.worker, error["type"], error["message"]])}

    def _finish(self, status: str, payload: Dict[str, Any]) -> None:
        duration = {"duration_ms": int((time.monotonic() - self._started) * 1000)}
        self._event("run_end", {"status": status, **plain(payload), **duration})
        for reader in self._readers.values():
            reader.writer.event("run_end", {"status": status, **duration})
        for recorder in (self._recorder, *self._readers.values()):
            recorder.writer.close()
            recorder.stop()

    def _script_said_why(self) -> bool:
        own = [found.path for found in journals_in(self._run_dir) if found.attempt == self._attempt]
        return any((head_of(path) or {}).get("role") == "script" and (end_of(path) or {}).get("error") for path in own)
