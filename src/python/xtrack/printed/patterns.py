"""The user's own patterns of printed lines, from XTRACK_OUTPUT_PATTERNS: a JSON list of regular expressions.

Named groups say what is what: ``step``, ``steps`` (of how many), ``epoch``, ``epochs``, ``key`` with ``value``; any other
name is a metric's (``(?P<val__loss>[\\d.]+)``: two underscores stand for a slash).
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from typing import Any, Callable, Dict, List, Optional

from .line import Line

VARIABLE = "XTRACK_OUTPUT_PATTERNS"
_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "patternworker.py")
#: For some hundred lines of at most 2000 characters; a pattern that takes longer is of those that never end.
_PATIENCE_S = 1.0
_START_S = 10.0
_MAX_PATTERNS = 50

#: Called with what is wrong with the patterns: a kind of warning, and its text.
Warn = Callable[[str, str], None]


def from_environment(warn: Warn) -> Optional[Patterns]:
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        given = json.loads(text)
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValueError("it is not a list of texts")
    except ValueError as error:
        warn("patterns", "xtrack: %s is not used: it must be a JSON list of regular expressions (%s)" % (VARIABLE, error))
        return None
    good = [one for one in given[:_MAX_PATTERNS] if _is_usable(one, warn)]
    return Patterns(good, warn) if good else None


def _is_usable(text: str, warn: Warn) -> bool:
    try:
        compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        warn("pattern " + text, "xtrack: the output pattern %r is not a regular expression (%s); it is left out" % (text, error))
        return False
    if not compiled.groupindex:
        warn("pattern " + text, "xtrack: the output pattern %r names no group, such as (?P<loss>[\\d.]+); it is left out" % text)
        return False
    return True


class Patterns:
    def __init__(self, patterns: List[str], warn: Warn) -> None:
        self._patterns = patterns
        self._active = list(range(len(patterns)))
        self._warn = warn
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._answers: queue.Queue[Optional[bytes]] = queue.Queue()

    def read(self, lines: List[str]) -> List[Optional[Line]]:
        """What the first matching pattern finds in each line; None where none matches."""
        found: List[Optional[Line]] = [None] * len(lines)
        for number in list(self._active):
            left = [at for at, line in enumerate(found) if line is None]
            for at, groups in zip(left, self._ask(number, [lines[at] for at in left])):
                if groups is not None:
                    found[at] = _line_of(groups)
        return found

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _ask(self, number: int, lines: List[str]) -> List[Optional[Dict[str, Any]]]:
        if not lines:
            return []
        try:
            started = self._start()
            assert self._process is not None and self._process.stdin is not None
            request = json.dumps({"pattern": number, "lines": lines}).encode() + b"\n"
            self._process.stdin.write(request)
            self._process.stdin.flush()
            answer = self._answers.get(timeout=_START_S if started else _PATIENCE_S)
            if answer is not None:
                return json.loads(answer)
        except (OSError, ValueError) as error:
            self._warn("patterns", "xtrack: the output patterns cannot be matched (%s)" % error)
            self._active = []
            return []
        except queue.Empty:
            pass
        self.stop()
        self._active.remove(number)
        text = self._patterns[number]
        self._warn("pattern " + text, "xtrack: the output pattern %r takes too long; it is left out from here on. Make it stricter." % text)
        return []

    def _start(self) -> bool:
        if self._process is not None:
            return False
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-I", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._patterns).encode() + b"\n")
        reader = threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), name="xtrack-patterns", daemon=True)
        reader.start()
        return True


def _pass_on(source: Any, answers: queue.Queue[Optional[bytes]]) -> None:
    try:
        for line in iter(source.readline, b""):
            answers.put(line)
    except (OSError, ValueError):
        pass  # It was stopped.
    answers.put(None)


def _line_of(groups: Dict[str, Any]) -> Optional[Line]:
    texts = {name: text for name, text in groups.items() if text is not None}
    numbers = {name: number for name, number in ((name, _number(text)) for name, text in texts.items()) if number is not None}
    axes = {name: numbers.pop(name, None) for name in ("epoch", "epochs", "step", "steps")}
    value = numbers.pop("value", None)
    key = texts.get("key")
    numbers.pop("key", None)
    metrics = {name.replace("__", "/"): number for name, number in numbers.items()}
    if key and value is not None:
        metrics[key.strip()] = value
    elif value is not None:
        metrics["value"] = value
    line = Line(metrics, axes["epoch"], _whole(axes["epochs"]), _whole(axes["step"]), _whole(axes["steps"]))
    return line if metrics or line.is_report else None


def _number(text: str) -> Optional[float]:
    try:
        return float(text.replace(",", "").strip())
    except ValueError:
        return None


def _whole(number: Optional[float]) -> Optional[int]:
    return int(number) if number is not None and number - number == 0 else None
