"""A run, as a script sees it. No method raises, prints or waits: what goes wrong is counted and told once."""

from __future__ import annotations

import sys
import time
from types import CodeType, FrameType, TracebackType
from typing import Any, Callable, Dict, Optional, Tuple, Type, Union

from . import exits
from ..transport.background import Jobs
from ..transport.commands import Handler
from .evaluation import Evaluation, confusion, precision_recall, roc
from .files import Checksum, describe_file
from .guard import guarded
from ..core.jsontext import json_text, number_text, quote, text_of
from .media import Media
from ..transport.recorder import Recorder
from .sites import SiteCache, caller, site_of
from ..core.warnings import Warnings
from ..core.writer import Writer

_getframe = sys._getframe
_METRIC = '{"v":1,"t":"metric","m":{"seq":'
_BATCH = '{"v":1,"t":"metric_batch","m":{"seq":'
_JOBS_WAIT_S = 1.5
#: For pictures, which are nowhere else.
_MEDIA_WAIT_S = 10
_NO_SITE: Tuple[Optional[CodeType], int, str] = (None, -1, "")


class Run:
    def __init__(self, recorder: Recorder, name: Optional[str], warnings: Warnings) -> None:
        self._recorder = recorder
        self._writer = recorder.writer
        self._emit = recorder.writer.emit
        self._sites = SiteCache()
        self._texts = self._sites.texts
        #: Where each key was logged last; most keys are logged by one line.
        self._last: Dict[Any, Tuple[Optional[CodeType], int, str]] = {}
        self._started = time.monotonic()
        self._jobs = Jobs(warnings)
        self._media = Media(recorder, self._jobs, warnings)
        self._status: Optional[str] = None
        self.warnings = warnings
        self.name = name
        #: The notebook cell that started it.
        self.cell: Optional[int] = None
        #: The script says itself how far it is.
        self.reports_progress = False

    # ------------------------------------------------------------ what it is

    @property
    def run_id(self) -> str:
        return self._writer.identity.run_id

    @property
    def worker_id(self) -> str:
        return self._writer.identity.worker

    @property
    def attempt(self) -> int:
        return self._writer.identity.attempt

    @property
    def directory(self) -> Optional[str]:
        """Where the run's journals are; None when it has none."""
        return self._recorder.run_dir

    @property
    def status(self) -> str:
        """"running", then what it ended as."""
        return self._status or "running"

    @property
    def ended(self) -> bool:
        return self._status is not None

    @property
    def logs_metrics(self) -> bool:
        """Whether the script has logged metrics, so that nobody needs to read them from what it prints."""
        return self._sites.used

    @property
    def writer(self) -> Writer:
        """For those that add to the run what the script does not say itself."""
        return self._writer

    @property
    def stats(self) -> Dict[str, Any]:
        """Events so far, those held in memory or dropped, and how often what went wrong."""
        outlet = self._writer.outlet
        return {
            "events": self._writer.seq,
            "held": outlet.held,
            "dropped": outlet.dropped,
            "warnings": dict(self.warnings.counts),
        }

    def __repr__(self) -> str:
        return "<xtrack run %s: %s>" % (self.run_id, self.status)

    # ------------------------------------------------------------ params and metrics

    @guarded
    def log_param(self, key: Any, value: Any, nested_key: Any = None) -> None:
        self._param(caller(), key, value, nested_key)

    @guarded
    def log_params(self, params: Dict[Any, Any]) -> None:
        at = caller()
        for key, value in _flat(params, ()):
            self._param(at, key[0], value, key[1:])

    def _param(self, at: str, key: Any, value: Any, nested: Any) -> None:
        members = ',"key":%s,"value":%s' % (json_text(text_of(key), 1000), json_text(value))
        if nested:
            parts = [nested] if isinstance(nested, str) else [text_of(part) for part in nested]
            members += ',"nested_key":' + json_text(parts, 1000)
        self._writer.event("param", members, at)

    def log_metric(
        self,
        key: Any = None,
        value: Any = None,
        step: Any = None,
        epoch: Any = None,
        phase: Optional[str] = None,
        batch_size: Any = None,
        *further: Any,
        **unknown: Any,
    ) -> None:
        """The hot path: see test/bench for what it costs."""
        try:
            frame = _getframe(1)
            code, instruction, start = self._last.get(key, _NO_SITE)
            if code is not frame.f_code or instruction != frame.f_lasti:
                start = self._metric_start(frame, key)
            if type(value) is float and value - value == 0.0:
                if type(step) is int and epoch is None and phase is None and batch_size is None:
                    self._emit(_METRIC, start, f'{value!r},"step":{step}}}')
                else:
                    self._emit(_METRIC, start, f"{value!r}{self._where(step, epoch, phase, batch_size)}}}")
            else:
                number = self._number(key, value)
                if number is not None:
                    self._emit(_METRIC, start, f"{number}{self._where(step, epoch, phase, batch_size)}}}")
            if unknown or further:
                named = ", ".join(unknown) or "after batch_size"
                self.warnings.note("arguments", "xtrack: log_metric has no argument %s" % named)
        except Exception as error:
            self.warnings.caught("log_metric", error)

    def _metric_start(self, frame: FrameType, key: Any) -> str:
        start = self._texts.get((id(frame.f_code), frame.f_lasti, key))
        if start is None:
            start = "%s,\"key\":%s,\"value\":" % (self._writer.meta_text(site_of(frame)), json_text(text_of(key), 10_000))
            if not self._sites.put(frame, key, start):
                return start
        if len(self._last) > 10_000:
            self._last.clear()
        self._last[key] = (frame.f_code, frame.f_lasti, start)
        return start

    def _number(self, key: Any, value: Any) -> Optional[str]:
        number = number_text(value)
        if number is None:
            self.warnings.note(
                "not_a_number", "xtrack: the metric %s was given a %s, not a number; it is skipped" % (text_of(key), type(value).__name__)
            )
        return number

    @guarded
    def log_metrics(
        self, metrics: Dict[Any, Any], step: Any = None, epoch: Any = None, phase: Optional[str] = None, batch_size: Any = None
    ) -> None:
        frame = _getframe(2)
        start = self._texts.get((id(frame.f_code), frame.f_lasti, None))
        if start is None:
            start = self._writer.meta_text(site_of(frame)) + ',"metrics":{'
            self._sites.put(frame, None, start)
        texts = []
        for key, value in metrics.items():
            number = repr(value) if type(value) is float and value - value == 0.0 else self._number(key, value)
            if number is not None:
                texts.append(quote(text_of(key)) + ":" + number)
        if texts:
            self._emit(_BATCH, "%s%s}%s}" % (start, ",".join(texts), self._where(step, epoch, phase, batch_size)))

    def _where(self, step: Any, epoch: Any, phase: Any, batch_size: Any) -> str:
        """JSON members that say to which step, epoch and phase a value belongs."""
        text = self._axis("step", step) + self._axis("epoch", epoch)
        if phase is None and batch_size is None:
            return text
        ctx = ('"phase":' + json_text(text_of(phase), 100)) if phase is not None else ""
        size = number_text(batch_size)
        if size is not None:
            ctx += ("," if ctx else "") + '"batch_size":' + size
        return text + ',"ctx":{' + ctx + "}"

    def _axis(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        number = number_text(value)
        if number is None or number.startswith('"'):
            self.warnings.note("bad_" + name, "xtrack: a %s is no number: %s; it is left out" % (name, type(value).__name__))
            return ""
        # 3.0 is step 3: counters often come out of float arithmetic.
        return ',"%s":%s' % (name, number[:-2] if number.endswith(".0") else number)

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
        at = caller()
        file = describe_file(path, artifact_type, name, self.warnings)
        members = file.members + ',"upload":' + json_text(text_of(upload_strategy), 100)
        if metadata:
            members += ',"meta":' + json_text(metadata)
        checksum = Checksum(file)
        if checksum.is_quick:
            self._writer.event("artifact", members + checksum.member(), at)
            return
        # The event must be safe when this call returns; the same artifact with its checksum follows.
        self._writer.event("artifact", members, at)
        if checksum.is_wanted:
            self._jobs.add(lambda: self._writer.event("artifact", members + checksum.member(), at))

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
        file = describe_file(path, "checkpoint", None, self.warnings)
        # By which a resume tells whether the file is still what was logged.
        seen = ',"size":%d,"modified":%d' % (file.size, file.modified or 0) if file.size is not None else ""
        members = file.path_members + seen + self._axis("step", step) + self._axis("epoch", epoch)
        numbers = {text_of(key): self._number(key, value) for key, value in (metrics or {}).items()}
        texts = [quote(key) + ":" + number for key, number in numbers.items() if number is not None]
        members += ',"metrics":{%s},"is_best":%s' % (",".join(texts), "true" if is_best else "false")
        if best_metric_key is not None:
            members += ',"best_key":' + json_text(text_of(best_metric_key), 1000)
        if metadata:
            members += ',"meta":' + json_text(metadata)
        self._writer.event("checkpoint", members, caller())

    # ------------------------------------------------------------ images, histograms, tables

    @guarded
    def log_image(self, key: Any, image: Any, step: Any = None, epoch: Any = None, caption: Any = None) -> None:
        """A path, an array or tensor, nested lists, an image of Pillow or a figure of matplotlib."""
        self._media.image(caller(), key, image, self._where(step, epoch, None, None), caption)

    @guarded
    def log_histogram(
        self, key: Any, values: Any = None, step: Any = None, epoch: Any = None, bins: Any = 64, counts: Any = None, edges: Any = None
    ) -> None:
        """Of values, however they are nested; or of `counts` between `edges`, as numpy.histogram gives them."""
        self._media.histogram(caller(), key, values, self._where(step, epoch, None, None), bins, counts, edges)

    @guarded
    def log_table(self, key: Any, rows: Any, columns: Any = None, step: Any = None, epoch: Any = None) -> None:
        """Lists, dictionaries (of a row each, or of columns), or a data frame."""
        self._media.table(caller(), key, rows, columns, self._where(step, epoch, None, None))

    @guarded
    def log_confusion_matrix(
        self, key: Any, truth: Any = None, guesses: Any = None, labels: Any = None, step: Any = None, epoch: Any = None, matrix: Any = None
    ) -> None:
        """Of true and guessed labels; or of a `matrix` with a row a true label, as scikit-learn gives it."""
        self._evaluation(caller(), key, confusion(truth, guesses, labels, matrix), step, epoch)

    @guarded
    def log_roc_curve(self, key: Any, truth: Any, scores: Any, step: Any = None, epoch: Any = None) -> None:
        """Of what is true (0 or 1) and how sure the model was that it is."""
        self._evaluation(caller(), key, roc(truth, scores), step, epoch)

    @guarded
    def log_pr_curve(self, key: Any, truth: Any, scores: Any, step: Any = None, epoch: Any = None) -> None:
        """Precision over recall, of the same."""
        self._evaluation(caller(), key, precision_recall(truth, scores), step, epoch)

    def _evaluation(self, at: str, key: Any, found: Evaluation, step: Any, epoch: Any) -> None:
        self._media.table(at, key, found.rows, found.columns, self._where(step, epoch, None, None), found.view)

    # ------------------------------------------------------------ status, log, end

    @guarded
    def set_status(self, status: Any, message: Any = None, progress: Union[Tuple[Any, ...], None] = None) -> None:
        members = ',"status":' + json_text(text_of(status), 100)
        if message is not None:
            members += ',"msg":' + json_text(text_of(message), 10_000)
        if progress is not None:
            self.reports_progress = True
            cur, total, unit = (*tuple(progress), None, None, None)[:3]
            members += ',"progress":{"cur":%s,"total":%s,"unit":%s}' % (
                number_text(cur) or "0",
                number_text(total) or "null",
                json_text("steps" if unit is None else text_of(unit), 100),
            )
        self._writer.event("status", members, caller())

    @guarded
    def log(self, message: Any, level: str = "info", step: Any = None, **fields: Any) -> None:
        members = ',"level":%s,"msg":%s' % (json_text(text_of(level).lower(), 20), json_text(text_of(message)))
        members += self._axis("step", step)
        if fields:
            members += ',"fields":' + json_text(fields)
        self._writer.event("log", members, caller())

    @guarded
    def alert(self, title: Any, text: Any = "", level: str = "warning", **unknown: Any) -> None:
        """Tells whoever watches the run: a notification in the editor, and the webhook where there is one. level: info, warning
        or error."""
        word = text_of(level).lower()
        word = {"warn": "warning", "critical": "error"}.get(word, word)
        members = ',"title":%s,"text":%s,"level":%s' % (json_text(text_of(title), 1000), json_text(text_of(text), 10_000), json_text(word, 20))
        self._writer.event("alert", members, caller())
        if unknown:
            self.warnings.note("arguments", "xtrack: alert has no argument %s" % ", ".join(unknown))

    @guarded
    def end(self, status: str = "completed", error: Any = None) -> None:
        """Idempotent. Waits a moment for what is not on disk, or at the collector, yet."""
        if self._status is not None:
            return
        if status not in ("completed", "failed", "killed"):
            self.warnings.note("status", "xtrack: a run ends as completed, failed or killed, not as %r" % (status,))
            status = "failed" if error else "completed"
        self._status = status
        exits.forget(self)
        if self._writer.is_detached:
            return  # A forked child that logged nothing is no writer.
        self._jobs.wait(_MEDIA_WAIT_S if self._media.is_busy else _JOBS_WAIT_S)
        members = ',"status":"%s"' % status
        if error is not None:
            details = error if isinstance(error, dict) else {"message": error}
            if isinstance(error, BaseException):
                details = exits.verdict(type(error), error, error.__traceback__)[1]
            members += ',"error":' + json_text(details)
        members += ',"duration_ms":%d' % int((time.monotonic() - self._started) * 1000)
        self._writer.event("run_end", members)
        self._writer.close()
        self._recorder.stop()

    def __enter__(self) -> "Run":
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
        """Calls `handler(payload)`, from a thread, when the command arrives: pause, resume, stop, checkpoint_now,
        update_params, adjust_lr, custom. Also a decorator: ``@run.on_command("stop")``."""
        if handler is None:
            return lambda function: (self.on_command(type, function), function)[1]
        if self._recorder.commands is not None:
            self._recorder.commands.on(type, handler)
        return handler

    @property
    def should_stop(self) -> bool:
        """Whether somebody asked the run to stop; for scripts that rather look than be called."""
        return self._recorder.commands is not None and self._recorder.commands.should_stop

    # ------------------------------------------------------------ copies

    def __copy__(self) -> "Run":
        return self

    def __deepcopy__(self, memo: Any) -> "Run":
        """Copies of a trainer that holds a run log to the same run."""
        return self

    def __reduce__(self) -> Any:
        from .tracker import unpickled

        self.warnings.note(
            "pickled",
            "xtrack: a run cannot be handed to another process or saved, there it records nothing; "
            "call start_run(run_id=%r) in that process" % self.run_id,
        )
        return unpickled, (self.run_id,)

    # ------------------------------------------------------------ forks

    def forked(self) -> None:
        """In a forked child, before it does anything."""
        self._jobs = Jobs(self.warnings)
        self._media = Media(self._recorder, self._jobs, self.warnings)
        self._recorder.forked()
        self._writer.on_forked = self._became_writer

    def _became_writer(self) -> None:
        self._recorder.start()
        exits.end_with_child_process(self)

    def add_job(self, job: Callable[[], None]) -> None:
        self._jobs.add(job)


def _flat(params: Dict[Any, Any], before: Tuple[str, ...]) -> Any:
    for key, value in dict(params).items():
        path = (*before, text_of(key))
        if isinstance(value, dict) and value and len(path) < 20:
            yield from _flat(value, path)
        else:
            yield path, value
