"""Progress bars as tqdm and its like print them, and which of several shows how far the whole is."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Tuple

_COUNT = r"\d+(?:\.\d+)?[kMG]?"
_TQDM = re.compile(
    r"(?P<desc>[^|]{0,200}?)(?::\s+)?\s{0,4}\d{1,3}%\|[^|]{0,400}\|\s{0,12}(?P<n>" + _COUNT + r")/(?P<total>" + _COUNT + r")\s\[(?P<rest>[^\]]*)\]?"
)
_UNBOUNDED = re.compile(r"(?P<desc>[^|]{0,200}?)(?::\s+)?(?P<n>" + _COUNT + r")(?P<unit>[a-zA-Z]{1,20})\s\[(?P<rest>\d+:\d+[^\]]*)\]?")
_RICH = re.compile(r"(?P<desc>[^━╸╺\d]{0,60}(?:\d+(?:/\d+)?)?)\s*[━╸╺]{5,400}\s+(?P<n>\d+)/(?P<total>\d+)(?P<rest>.*)")
_RICH_PERCENT = re.compile(r"(?P<desc>[^━╸╺]{0,60}?)\s*[━╸╺]{5,400}\s+(?P<n>\d{1,3})%(?P<rest>.*)")
_RATE = re.compile(r"(?P<rate>[\d.]+[kMG]?)(?P<unit>[a-zA-Z ]+)/s|(?P<seconds>[\d.]+)s/(?P<per>[a-zA-Z]+)")
_TIMES = re.compile(r"[\d:?]+(?:<[\d:?]+)?")
_SCALES = {"k": 1e3, "M": 1e6, "G": 1e9}
#: A bar that others finished this often beside has been left behind.
_LEFT_BEHIND = 3


class Bar(NamedTuple):
    desc: str
    n: float
    total: Optional[float]
    unit: str
    rate: str
    #: What the script has it show: "loss=0.3, acc=0.9".
    postfix: str

    @property
    def is_complete(self) -> bool:
        return self.total is not None and self.n >= self.total

    @property
    def share(self) -> float:
        return min(1.0, self.n / self.total) if self.total else 0.0

    @property
    def key(self) -> Tuple[str, Optional[float]]:
        return re.sub(r"\d+", "#", self.desc), self.total


def read_bar(text: str) -> Optional[Bar]:
    if "%|" in text:
        found = _TQDM.search(text)
    elif "━" in text or "╺" in text:
        found = _RICH.match(text) or _RICH_PERCENT.match(text)
    elif "[" in text and "/s" in text:
        found = _UNBOUNDED.match(text)
    else:
        return None
    if found is None:
        return None
    groups = found.groupdict()
    rest = groups.get("rest") or ""
    rate = _RATE.search(rest)
    unit = groups.get("unit") or (rate and ((rate.group("unit") or "").strip() or rate.group("per"))) or "it"
    total = _count(groups["total"]) if groups.get("total") else 100.0 if found.re is _RICH_PERCENT else None
    parts = [part for part in rest.split(",") if not _TIMES.match(part.strip()) and not _RATE.match(part.strip())]
    postfix = ",".join(parts).strip() if found.re in (_TQDM, _UNBOUNDED) else (rest[rate.end() :] if rate else rest)
    return Bar(groups["desc"].strip(" :"), _count(groups["n"]), total, unit, rate.group(0) if rate else "", postfix.strip())


def _count(text: str) -> float:
    scale = _SCALES.get(text[-1])
    return float(text[:-1]) * scale if scale else float(text)


class Seen:
    """What is known of one of the bars that were printed."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.bar: Optional[Bar] = None
        #: How often it ran to its end, as a bar that starts again in each epoch does.
        self.passes = 0
        #: At which count its metrics were read.
        self.read_at: Optional[float] = None
        self.at = 0


class Bars:
    def __init__(self) -> None:
        self._seen: Dict[Tuple[str, Optional[float]], Seen] = {}
        self._completed = 0

    def show(self, bar: Bar) -> Seen:
        seen = self._seen.get(bar.key)
        if seen is None:
            if len(self._seen) > 100:
                self._seen.clear()
            seen = self._seen[bar.key] = Seen(len(self._seen))
        before = seen.bar
        if before is not None and bar.n < before.n and not before.is_complete:
            seen.passes += 1  # It was left before its end.
        if bar.is_complete and not (before is not None and before.is_complete):
            self._completed += 1
        if before is not None and before.is_complete and not bar.is_complete:
            seen.passes += 1
        seen.bar, seen.at = bar, self._completed
        return seen

    def outer(self) -> Optional[Bar]:
        """The loop around the others: of the bars that go on the one that was shown first."""
        going_on = [
            seen
            for seen in self._seen.values()
            if seen.bar is not None and not seen.bar.is_complete and self._completed - seen.at < _LEFT_BEHIND
        ]
        return min(going_on, key=lambda seen: seen.order).bar if going_on else None
