"""A run, as a script sees it. No method raises, prints or waits: what goes wrong is counted, and warned of once a kind."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple, Type

from ..core.ids import new_run_id
from ..core.journal import Journals
from ..core.jsontext import clipped, number, plain, text_of
from ..core.warnings import Warnings
from ..core.writer import Writer
from ..transport.commands import Handler
from ..transport.recorder import Recorder
from ..transport.transports import NullTransport
from . import exits
from .files import Checksum, describe_file
from .guard import guarded
from .medialog import MediaLog
from .sites import caller

_JOBS_WAIT_S = 1.5
#: Images are nowhere else, so that a run waits longer for them.
_MEDIA_WAIT_S = 10


class Run(MediaLog):
    """A recorded run, as `xtrack.start_run` returns it.

    Every method returns at once, and what it logged is in a file by then. No method raises: wrong arguments and full disks
    are counted in `stats["warnings"]`, and the first of a kind is a warning in the run's log. Also a context manager, which
    ends the run as completed, or as failed with the exception that left the block.
    """

    def __init__(self, recorder: Recorder, name: Optional[str], warnings: Warnings) -> None:
        super().__init__(recorder, warnings)
        self._started = time.monotonic()
        self._status: Optional[str] = None
        self.name = name
        #: The number of the notebook cell that started it.
        self.cell: Optional[int] = None
        #: Whether the script reports its progress itself.
        self.reports_progress = False

    @classmethod
    def unrecorded(cls, warnings: Warnings) -> Run:
        """A run that takes every call and records nothing."""
        recorder = Recorder(NullTransport(), Journals(os.devnull, warnings), new_run_id(), "worker-0", 1, "script", warnings)
        return cls(recorder, None, warnings)

    # ------------------------------------------------------------ what it is

    @property
    def run_id(self) -> str:
        """The run's id, which is also the name of its directory."""
        return self._writer.identity.run_id

    @property
    def worker_id(self) -> str:
        """Which process of a distributed job this is: "worker-0", "worker-1", …"""
        return self._writer.identity.worker

    @property
    def attempt(self) -> int:
        """Which attempt of the run this process belongs to, from 1 on; a resumed run has several."""
        return self._writer.identity.attempt

    @property
    def directory(self) -> Optional[str]:
        """The directory that the run's journals are in; None when it has none (stdio, file and null transports)."""
        return self._recorder.run_dir

    @property
    def status(self) -> str:
        """"running"; after the run's end "completed", "failed" or "killed"."""
        return self._status or "running"

    @property
    def ended(self) -> bool:
        """Whether `end` was called. What is logged after that is dropped, with a warning."""
        return self._status is not None

    @property
    def writer(self) -> Writer:
        """For those that add to the run what the script does not log itself."""
        return self._writer

    @property
    def stats(self) -> Dict[str, Any]:
        """How recording goes.

        events: the number of events logged so far; held: how many of them wait in memory for the disk; dropped: how many were
        lost because that memory was used up; warnings: how often what went wrong, by kind.
        """
        outlet = self._writer.outlet
        return {
            "events": self._writer.seq,
            "held": outlet.held,
            "dropped": outlet.dropped,
            "warnings": dict(self.warnings.counts),
        }

    def __repr__(self) -> str:
        return "<xtrack run %s: %s>" % (self.run_id, self.status)

    # ------------------------------------------------------------ params

    @guarded
    def log_param(self, key: Any, value: Any, nested_key: Any = None) -> None:
        """Logs a parameter.

        value: anything; what JSON has no word for is recorded as its str().
        nested_key: a name, or a sequence of names, under which the value is kept within `key`: "key.a.b".
        """
        self._param(caller(), key, value, nested_key)

    @guarded
    def log_params(self, params: Dict[Any, Any]) -> None:
        """Logs a dictionary of parameters; those of dictionaries in it are named "outer.inner"."""
        at = caller()
        for path, value in _flat(params, ()):
            self._param(at, path[0], value, path[1:])

    def _param(self, at: str, key: Any, value: Any, nested: Any) -> None:
        payload = {"key": clipped(key, 1000), "value": plain(value)}
        if nested:
            parts = [nested] if isinstance(nested, str) else [text_of(part) for part in nested]
            payload["nested_key"] = plain(parts, 1000)
        self._writer.event("param", payload, at)

    # ------------------------------------------------------------ files

    @guarded
    def log_artifact(
        self,
        path: Any,
        artifact_type: str = "other",
        name: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
        upload_strategy: str = "reference",
    ) -> None:
        """Records where a file is, its size, and the SHA-256 of files below 100 MB. The file is not copied.

        artifact_type: model, checkpoint, weights, config, plot, figure, image, data, predictions, embeddings, log, profile
            or other.
        name: what it is shown as; by default the file's name.
        metadata: anything else to be kept with it.
        """
        at = caller()
        file = describe_file(path, artifact_type, name, self.warnings)
        payload = {**file.payload, "upload": clipped(upload_strategy, 100)}
        if metadata:
            payload["meta"] = plain(metadata)
        checksum = Checksum(file)
        if checksum.is_quick:
            self._writer.event("artifact", {**payload, **checksum.payload()}, at)
            return
        # The event must be safe when this call returns; the same artifact with its checksum follows.
        self._writer.event("artifact", payload, at)
        if checksum.is_wanted:
            self._jobs.add(lambda: self._writer.event("artifact", {**payload, **checksum.payload()}, at))

    @guarded
    def log_checkpoint(
        self,
        path: Any,
        step: Any = None,
        epoch: Any = None,
        metrics: Optional[Dict[str, Any]] = None,
        is_best: bool = False,
        best_metric_key: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
    ) -> None:
        """Records a checkpoint that training can be resumed from. The file is not copied.

        step, epoch: where training was when it was written.
        metrics: values that the model had then, by key.
        is_best: whether it is the best one so far, judged by the metric `best_metric_key`.
        """
        file = describe_file(path, "checkpoint", None, self.warnings)
        payload = dict(file.place)
        if file.size is not None:
            # A resume compares them with the file, to see whether that is still what was logged.
            payload.update(size=file.size, modified=file.modified or 0)
        payload.update(self._axes(step, epoch))
        payload.update(metrics=self._numbers(metrics or {}), is_best=bool(is_best))
        if best_metric_key is not None:
            payload["best_key"] = clipped(best_metric_key, 1000)
        if metadata:
            payload["meta"] = plain(metadata)
        self._writer.event("checkpoint", payload, caller())

    # ------------------------------------------------------------ status, log, end

    @guarded
    def set_status(self, status: Any, message: Any = None, progress: Optional[Iterable[Any]] = None) -> None:
        """Reports what the script is doing.

        status: initializing, running, training, evaluating, checkpointing, paused, resuming or finishing.
        progress: (current, total) or (current, total, unit); total may be None, and unit is "steps" where it is left out.
        """
        payload: Dict[str, Any] = {"status": clipped(status, 100)}
        if message is not None:
            payload["msg"] = clipped(message, 10_000)
        if progress is not None:
            self.reports_progress = True
            current, total, unit = (*tuple(progress), None, None, None)[:3]
            payload["progress"] = {
                "cur": number(current) or 0,
                "total": number(total),
                "unit": "steps" if unit is None else clipped(unit, 100),
            }
        self._writer.event("status", payload, caller())

    @guarded
    def log(self, message: Any, level: str = "info", step: Any = None, **fields: Any) -> None:
        """Adds a line to the run's log.

        level: debug, info, warning or error.
        fields: anything else to be kept with the line, by name.
        """
        payload: Dict[str, Any] = {"level": clipped(text_of(level).lower(), 20), "msg": plain(text_of(message))}
        payload.update(self._axes(step, None))
        if fields:
            payload["fields"] = plain(fields)
        self._writer.event("log", payload, caller())

    @guarded
    def alert(self, title: Any, text: Any = "", level: str = "warning", **unknown: Any) -> None:
        """Notifies whoever watches the run: in the editor, and by the webhook where there is one.

        level: info, warning or error.
        """
        word = text_of(level).lower()
        word = {"warn": "warning", "critical": "error"}.get(word, word)
        payload = {"title": clipped(title, 1000), "text": clipped(text, 10_000), "level": clipped(word, 20)}
        self._writer.event("alert", payload, caller())
        if unknown:
            self.warnings.note("arguments", "xtrack: alert has no argument %s" % ", ".join(unknown))

    @guarded
    def end(self, status: str = "completed", error: Any = None) -> None:
        """Ends the run; further calls do nothing. Waits a moment for what is not yet on disk, or at the collector.

        status: completed, failed or killed.
        error: an exception, a message, or {"type", "message", "traceback"}.
        """
        if self._status is not None:
            return
        if status not in ("completed", "failed", "killed"):
            self.warnings.note("status", "xtrack: a run ends as completed, failed or killed, not as %r" % (status,))
            status = "failed" if error else "completed"
        self._status = status
        exits.forget(self)
        if self._writer.is_detached:
            return  # A forked child that logged nothing is not a writer of its own.
        self._jobs.wait(_MEDIA_WAIT_S if self._media.is_busy else _JOBS_WAIT_S)
        payload: Dict[str, Any] = {"status": status}
        if error is not None:
            details = error if isinstance(error, dict) else {"message": error}
            if isinstance(error, BaseException):
                details = exits.verdict(type(error), error, error.__traceback__)[1]
            payload["error"] = plain(details)
        payload["duration_ms"] = int((time.monotonic() - self._started) * 1000)
        self._writer.event("run_end", payload)
        self._writer.close()
        self._recorder.stop()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], value: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if kind is None:
            self.end()
            return
        status, error = exits.verdict(kind, value, trace)
        self.end(status, error or None)

    # ------------------------------------------------------------ commands

    @guarded
    def on_command(self, type: str, handler: Optional[Handler] = None) -> Any:
        """Calls `handler(payload)` in a thread when a command arrives: pause, resume, stop, checkpoint_now, update_params,
        adjust_lr or custom. `payload` is a dictionary. Also a decorator: ``@run.on_command("stop")``."""
        if handler is None:

            def register(function: Handler) -> Handler:
                self.on_command(type, function)
                return function

            return register
        if self._recorder.commands is not None:
            self._recorder.commands.on(type, handler)
        return handler

    @property
    def should_stop(self) -> bool:
        """Whether the run was asked to stop; for scripts that check between steps instead of handling the command."""
        return self._recorder.commands is not None and self._recorder.commands.should_stop

    # ------------------------------------------------------------ copies

    def __copy__(self) -> Run:
        return self

    def __deepcopy__(self, memo: Any) -> Run:
        """Copies of a trainer that holds a run log to the same run."""
        return self

    def __reduce__(self) -> Any:
        self.warnings.note(
            "pickled",
            "xtrack: a run cannot be handed to another process or saved, there it records nothing; "
            "call start_run(run_id=%r) in that process" % self.run_id,
        )
        return unpickled, (self.run_id,)

    # ------------------------------------------------------------ forks

    def forked(self) -> None:
        """In a forked child, before it does anything."""
        self._start_jobs()
        self._recorder.forked()
        self._writer.on_forked = self._became_writer

    def _became_writer(self) -> None:
        self._recorder.start()
        exits.end_with_child_process(self)

    def add_job(self, job: Callable[[], None]) -> None:
        """Does `job` in the background; the run's end waits for it, for a moment."""
        self._jobs.add(job)


def open_runs() -> list[Run]:
    """The runs of this process that have not ended, the oldest first."""
    return [run for run in exits.open_runs() if isinstance(run, Run)]


def unpickled(run_id: str) -> Run:
    """The run of that id in the process that started it; in others a run that records nothing."""
    return next((run for run in open_runs() if run.run_id == run_id), None) or Run.unrecorded(Warnings())


# Pickles name it by this, which stays when modules move.
unpickled.__module__ = "xtrack.tracker"


def _flat(params: Dict[Any, Any], before: Tuple[str, ...]) -> Iterator[Tuple[Tuple[str, ...], Any]]:
    for key, value in dict(params).items():
        path = (*before, text_of(key))
        if isinstance(value, dict) and value and len(path) < 20:
            yield from _flat(value, path)
        else:
            yield path, value
