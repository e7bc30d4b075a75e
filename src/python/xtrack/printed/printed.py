"""Reads what a script prints, as it comes: metrics with their step and epoch, and progress."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from .line import MAX_LINE, Line, read_line
from .patterns import Patterns
from .progressbar import Bar, Bars, read_bar

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][0-9A-B]|[=>78])")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
#: A line without an end is none.
_MAX_REST = 16384
#: Of what overwrites itself the last states count.
_LAST_STATES = 3
#: A heading such as "Test Error:" speaks of this many lines.
_HEADED = 4


Curve = Tuple[Optional[str], str]  # phase and key


class Points(NamedTuple):
    metrics: Dict[str, float]
    step: Optional[int]
    epoch: Optional[float]
    phase: Optional[str]


class Progress(NamedTuple):
    cur: float
    total: Optional[float]
    unit: str
    message: str


class Printed:
    """Metrics and progress out of printed bytes: `feed` it those, `take` the metrics."""

    def __init__(self, patterns: Optional[Patterns] = None) -> None:
        self._patterns = patterns
        self._texts: List[str] = []
        self._rest = b""
        self._dropping = False
        self._points: List[Points] = []
        self.progress: Optional[Progress] = None
        self._bars = Bars()
        self._place = Place()
        self._heading: Optional[str] = None
        self._headed = 0
        self._last: Optional[Points] = None

    # ------------------------------------------------------------ bytes to lines

    def feed(self, data: bytes) -> None:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if self._dropping and lines:
            lines[0] = b""
            self._dropping = False
        for line in lines:
            self._states(line.rstrip(b"\r"))
        # What stands on the last line is complete once something overwrites it.
        done, overwrites, last = self._rest.rpartition(b"\r")
        if overwrites and done:
            self._states(done)
            self._rest = b"\r" + last
        if len(self._rest) > _MAX_REST:
            self._rest = b""
            self._dropping = True
        self._read()

    def skip(self) -> None:
        """Bytes were left out before those that come next."""
        self._rest = b""
        self._dropping = True

    def finish(self) -> None:
        """The last line may have no end."""
        rest, self._rest = self._rest, b""
        if not self._dropping:
            self._states(rest)
        self._read()

    def take(self) -> List[Points]:
        points, self._points = self._points, []
        return points

    def _states(self, line: bytes) -> None:
        if not line:
            return
        if b"\r" not in line and b"\b" not in line:
            self._line(line)
            return
        states = [state for state in re.split(b"[\r\b]+", line) if state.strip()]
        for state in states[-_LAST_STATES:]:
            self._line(state)

    def _line(self, raw: bytes) -> None:
        text = raw[:_MAX_REST].decode("utf-8", "replace")
        self._texts.append(_CONTROLS.sub("", _ESCAPES.sub("", text)))

    # ------------------------------------------------------------ lines to points

    def _read(self) -> None:
        texts, self._texts = self._texts, []
        users = self._patterns.read([text[:MAX_LINE] for text in texts]) if self._patterns is not None and texts else None
        for at, text in enumerate(texts):
            line = users[at] if users is not None else None
            bar = read_bar(text) if line is None else None
            if bar is not None:
                self._bar(bar)
                continue
            line = line or read_line(text)
            if line is not None:
                self._add(line, self._phase(line))
                self._follow(line)

    def _phase(self, line: Line) -> Optional[str]:
        if not line.metrics and line.phase is not None and not line.is_report:
            self._heading, self._headed = line.phase, _HEADED
            return None
        if line.is_report or self._headed <= 0:
            self._heading = None
        self._headed -= 1
        return line.phase or self._heading

    def _add(self, line: Line, phase: Optional[str]) -> None:
        by_place: Dict[Tuple[Optional[int], Optional[float]], Dict[str, float]] = {}
        self._place.move(line)
        for key, value in line.metrics.items():
            by_place.setdefault(self._place.of((phase, key), line), {})[key] = value
        for (step, epoch), metrics in by_place.items():
            points = Points(metrics, step, epoch, phase)
            # A bar's last state is often printed twice.
            if points != self._last or (step is None and epoch is None):
                self._points.append(points)
            self._last = points

    def _follow(self, line: Line) -> None:
        if line.epoch is not None and line.epochs and line.epoch <= line.epochs:
            within = line.step / line.steps if line.step is not None and line.steps and line.step <= line.steps else 0.0
            done = self._place.index(line.epoch)
            # Scripts print "epoch 3/10 loss=…" when the epoch is over, "epoch 3/10" when it starts.
            cur = done + (within if line.step is not None else 1.0 if line.metrics else 0.0)
            self.progress = Progress(min(cur, line.epochs), line.epochs, "epochs", "")
        elif line.step is not None and line.steps and line.step <= line.steps:
            epochs = self._place.epochs
            if epochs and self._place.epoch is not None:
                cur = self._place.index(self._place.epoch) + line.step / line.steps
                self.progress = Progress(min(cur, epochs), epochs, "epochs", "")
            elif line.epoch is None:
                self.progress = Progress(line.step, line.steps, "steps", "")

    # ------------------------------------------------------------ bars

    def _bar(self, bar: Bar) -> None:
        seen = self._bars.show(bar)
        outer = self._bars.outer()
        said = read_line(bar.desc) if bar.desc else None
        self._bar_progress(bar, outer if outer is not bar else None, said)
        if not bar.postfix:
            return
        shown = read_line(bar.postfix, is_report=True)
        if shown is None or not shown.metrics:
            return
        if seen.read_at == bar.n:
            return  # The first that it shows at a step is of that step; what follows is of the next.
        seen.read_at = bar.n
        total = int(bar.total) if bar.total else None
        counts_epochs = "epoch" in bar.unit.lower() or (said is None and bar.desc.lower().startswith("epoch"))
        phase = said.phase if said is not None else read_phase(bar.desc)
        if counts_epochs:
            line = Line(shown.metrics, epoch=bar.n, epochs=total)
        elif said is not None and said.epoch is not None:
            line = Line(shown.metrics, said.epoch, said.epochs, int(bar.n), total)
        else:
            passes = int(outer.n) if outer is not None and outer is not bar else seen.passes
            line = Line(shown.metrics, step=int(bar.n) + passes * (total or 0))
        self._add(line, phase)

    def _bar_progress(self, bar: Bar, outer: Optional[Bar], said: Optional[Line]) -> None:
        message = ", ".join(part for part in (bar.desc, bar.rate) if part)
        if outer is not None and outer.total:
            within = bar.share if not bar.is_complete else 0.0
            self.progress = Progress(min(outer.n + within, outer.total), outer.total, _unit(outer), message)
        elif said is not None and said.epoch is not None and said.epochs:
            self._place.move(said)
            cur = min(self._place.index(said.epoch) + bar.share, said.epochs)
            self.progress = Progress(cur, said.epochs, "epochs", message)
        elif self._place.epochs and self.progress is not None and self.progress.unit == "epochs":
            # One of several within an epoch: validation, saving.
            self.progress = self.progress._replace(message=message)
        else:
            self.progress = Progress(bar.n, bar.total, _unit(bar), message)


def read_phase(desc: str) -> Optional[str]:
    found = read_line(desc + ":") if desc and not any(character.isdigit() for character in desc) else None
    return found.phase if found is not None else None


def _unit(bar: Bar) -> str:
    if bar.unit == "it":
        return "epochs" if bar.desc.lower().startswith("epoch") else "steps"
    return bar.unit


class Place:
    """Where training is, by its lines. Steps that start again in each epoch are counted through."""

    def __init__(self) -> None:
        self.epoch: Optional[float] = None
        self.epochs: Optional[int] = None
        self._first = 1
        self._step = 0
        self._offset = 0
        self._restarts: Optional[bool] = None
        self._step_epoch: Optional[float] = None
        #: Curves that have been seen with a step, or twice in one place without any.
        self._stepped: Set[Curve] = set()
        self._unplaced: Set[Curve] = set()
        self._here: Set[Curve] = set()

    def index(self, epoch: float) -> float:
        return max(0.0, epoch - self._first)

    def move(self, line: Line) -> None:
        if line.epochs:
            self.epochs = line.epochs
        if line.epoch is not None and line.epoch != self.epoch:
            if line.epoch == 0:
                self._first = 0
            self.epoch = line.epoch
            self._here.clear()
        if line.step is not None:
            self._count(line.step, line.steps)

    def _count(self, step: int, steps: Optional[int]) -> None:
        before = self._step - self._offset
        if self.epoch is None:
            self._offset = 0
        elif self.epoch != self._step_epoch:
            if self._step_epoch is not None:
                self._restarts = step <= before and self.epoch > self._step_epoch
                if self._restarts and not steps:
                    self._offset = self._step + (1 if step == 0 else 0)
            elif steps:
                # The first that is heard of: a later epoch's steps are taken for its own.
                self._restarts = self.index(self.epoch) > 0
            if steps:
                self._offset = int(self.index(self.epoch)) * steps if self._restarts else 0
            self._step_epoch = self.epoch
        self._step = self._offset + step

    def of(self, key: Curve, line: Line) -> Tuple[Optional[int], Optional[float]]:
        if line.step is not None:
            self._stepped.add(key)
            return self._step, line.epoch if line.epoch is not None else self.epoch
        if key in self._stepped:
            # One curve has one axis.
            return self._step, line.epoch if line.epoch is not None else self.epoch
        if line.epoch is not None:
            return None, line.epoch
        if self.epoch is None or key in self._unplaced:
            return None, None
        if key in self._here:
            # Several values an epoch that say no step: they are counted.
            self._unplaced.add(key)
            return None, None
        self._here.add(key)
        return None, self.epoch
