"""Metrics of a run: the calls that training loops make most. `npm run bench -- client` measures what they cost.

What is the same in every call of a line (the line itself, the keys) is kept as JSON text, so that a call adds its numbers.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from ..core.jsontext import clipped, number, number_text, quote, text_of
from ..core.warnings import Warnings
from ..core.writer import Writer
from .sites import SiteCache, outside, site_of

_getframe = sys._getframe  # pyright: ignore[reportPrivateUsage]
_METRIC = '{"v":1,"t":"metric","m":{"seq":'
_BATCH = '{"v":1,"t":"metric_batch","m":{"seq":'
_MAX_KEY = 10_000
_MAX_SITES = 10_000
#: Batches are larger than single metrics, and a script that makes up keys has a new one in each call.
_MAX_BATCHES = 1_000
#: Floats up to here that are whole have all their digits.
_WHOLE_BELOW = 1e16


class _Batch(NamedTuple):
    """What calls of one line with the same keys have in common."""

    #: A %-format of the event from the time on, for values that are all finite floats.
    template: str
    #: The types that such values have.
    floats: List[type]
    #: The event's text up to its metrics.
    start: str
    #: JSON text of each key, with a colon behind it.
    names: List[str]


_NO_SITE: Tuple[Optional[CodeType], int, str] = (None, -1, "")
_NO_BATCH: Tuple[Optional[CodeType], int, _Batch] = (None, -1, _Batch("", [], "", []))


class Metrics:
    """The part of a run that metrics are logged to."""

    def __init__(self, writer: Writer, warnings: Warnings) -> None:
        self.warnings = warnings
        self._writer = writer
        self._emit = writer.emit
        self._sites: SiteCache[str] = SiteCache(_MAX_SITES)
        self._batches: SiteCache[_Batch] = SiteCache(_MAX_BATCHES)
        #: Where each key, and each tuple of keys, was logged last; most are logged by one line.
        self._last: Dict[Any, Tuple[CodeType, int, str]] = {}
        self._last_batch: Dict[Tuple[Any, ...], Tuple[CodeType, int, _Batch]] = {}

    @property
    def logs_metrics(self) -> bool:
        """Whether the script has logged metrics, so that they need not be read from what it prints."""
        return bool(self._last or self._last_batch)

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
        """Logs one value of a metric.

        key: the metric's name; "train/loss" is shown in the group "train".
        value: a number, a numpy scalar, or a tensor with one element; nan and inf are kept. Anything else is skipped, with
            a warning.
        step, epoch: where on the x axis the value belongs; without them, values are counted.
        phase: "train", "val" or "test"; values of "val" and "test" are curves of their own.
        batch_size: how many samples the value was computed from.
        """
        try:
            frame = _getframe(1)
            code, instruction, start = self._last.get(key, _NO_SITE)
            if code is not frame.f_code or instruction != frame.f_lasti:
                start = self._metric_start(frame, key)
            if type(value) is float and value - value == 0.0:
                # Steps of more than 64 bits are checked elsewhere; JSON has no room for some.
                if type(step) is int and -(1 << 63) <= step < 1 << 63 and epoch is None and phase is None and batch_size is None:
                    self._emit(_METRIC, start, f'{value!r},"step":{step}}}')
                else:
                    self._emit(_METRIC, start, f"{value!r}{self._where(step, epoch, phase, batch_size)}}}")
            else:
                text = self._number_text(key, value)
                if text is not None:
                    self._emit(_METRIC, start, f"{text}{self._where(step, epoch, phase, batch_size)}}}")
            if unknown or further:
                self._warn_of_arguments("log_metric", unknown)
        except Exception as error:
            self.warnings.caught("log_metric", error)

    def log_metrics(
        self,
        metrics: Optional[Mapping[Any, Any]] = None,
        step: Any = None,
        epoch: Any = None,
        phase: Optional[str] = None,
        batch_size: Any = None,
        *further: Any,
        **unknown: Any,
    ) -> None:
        """Logs the values of several metrics at one step, as one event.

        metrics: values by key; keys and values are those of `log_metric`, and so are the other arguments.
        """
        try:
            if metrics is None:
                raise TypeError("a dictionary of metrics is missing")
            frame = _getframe(1)
            keys = tuple(metrics)
            code, instruction, batch = self._last_batch.get(keys, _NO_BATCH)
            if code is not frame.f_code or instruction != frame.f_lasti:
                batch = self._batch(frame, keys)
            values = tuple(metrics.values())
            # A sum of floats is finite only where all of them are.
            if values and [*map(type, values)] == batch.floats and (total := sum(values)) - total == 0.0:
                if type(step) is int and -(1 << 63) <= step < 1 << 63 and epoch is None and phase is None and batch_size is None:
                    self._emit(_BATCH, batch.template % values, f'}},"step":{step}}}')
                else:
                    self._emit(_BATCH, batch.template % values, f"}}{self._where(step, epoch, phase, batch_size)}}}")
            else:
                texts = [self._number_text(key, value) for key, value in zip(keys, values)]
                members = ",".join([name + text for name, text in zip(batch.names, texts) if text is not None])
                if members:
                    self._emit(_BATCH, batch.start + members, f"}}{self._where(step, epoch, phase, batch_size)}}}")
            if unknown or further:
                self._warn_of_arguments("log_metrics", unknown)
        except Exception as error:
            self.warnings.caught("log_metrics", error)

    def _metric_start(self, frame: FrameType, key: Any) -> str:
        frame = outside(frame) or frame
        start = self._sites.get(frame, key)
        if start is None:
            start = '%s,"key":%s,"value":' % (self._writer.meta_text(site_of(frame)), quote(clipped(key, _MAX_KEY)))
            self._sites.put(frame, key, start)
        if len(self._last) > _MAX_SITES:
            self._last.clear()
        self._last[key] = (frame.f_code, frame.f_lasti, start)
        return start

    def _batch(self, frame: FrameType, keys: Tuple[Any, ...]) -> _Batch:
        frame = outside(frame) or frame
        batch = self._batches.get(frame, keys)
        if batch is None:
            start = self._writer.meta_text(site_of(frame)) + ',"metrics":{'
            names = [quote(clipped(key, _MAX_KEY)) + ":" for key in keys]
            values = ",".join(name.replace("%", "%%") + "%r" for name in names)
            batch = _Batch(start.replace("%", "%%") + values, [float] * len(keys), start, names)
            self._batches.put(frame, keys, batch)
        if len(self._last_batch) > _MAX_BATCHES:
            self._last_batch.clear()
        self._last_batch[keys] = (frame.f_code, frame.f_lasti, batch)
        return batch

    # ------------------------------------------------------------ numbers

    def _number_text(self, key: Any, value: Any) -> Optional[str]:
        text = number_text(value)
        if text is None:
            self._warn_not_a_number(key, value)
        return text

    def _numbers(self, metrics: Mapping[Any, Any]) -> Dict[str, Union[int, float, str]]:
        """Those of `metrics` that are numbers, as plain values."""
        found: Dict[str, Union[int, float, str]] = {}
        for key, value in metrics.items():
            plain = number(value)
            if plain is None:
                self._warn_not_a_number(key, value)
            else:
                found[text_of(key)] = plain
        return found

    def _warn_not_a_number(self, key: Any, value: Any) -> None:
        self.warnings.note(
            "not_a_number", "xtrack: the metric %s was given a %s, not a number; it is skipped" % (text_of(key), type(value).__name__)
        )

    def _warn_of_arguments(self, method: str, unknown: Dict[str, Any]) -> None:
        named = ", ".join(unknown) or "after batch_size"
        self.warnings.note("arguments", "xtrack: %s has no argument %s" % (method, named))

    # ------------------------------------------------------------ steps

    def _axes(self, step: Any, epoch: Any) -> Dict[str, Union[int, float]]:
        """Which step and epoch an event belongs to, as members of its payload."""
        axes = {"step": self._axis("step", step), "epoch": self._axis("epoch", epoch)}
        return {name: value for name, value in axes.items() if value is not None}

    def _axis(self, name: str, value: Any) -> Union[None, int, float]:
        if value is None:
            return None
        found = number(value)
        if found is None or isinstance(found, str):
            self.warnings.note("bad_" + name, "xtrack: the %s must be a number, not a %s; it is left out" % (name, type(value).__name__))
            return None
        # Step 3.0 is step 3: counters often come out of float arithmetic.
        return int(found) if found == int(found) and abs(found) < _WHOLE_BELOW else found

    def _where(self, step: Any, epoch: Any, phase: Any, batch_size: Any) -> str:
        """Step, epoch and context as JSON members, each with a comma before it."""
        axes = self._axis_text("step", step) + self._axis_text("epoch", epoch)
        if phase is None and batch_size is None:
            return axes
        context = [] if phase is None else ['"phase":' + quote(clipped(phase, 100))]
        size = number_text(batch_size)
        if size is not None:
            context.append('"batch_size":' + size)
        return '%s,"ctx":{%s}' % (axes, ",".join(context))

    def _axis_text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        found = value if type(value) is int and -(1 << 63) <= value < 1 << 63 else self._axis(name, value)
        return "" if found is None else f',"{name}":{found!r}'
