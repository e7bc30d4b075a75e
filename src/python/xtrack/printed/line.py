"""What one printed line says: metrics, and the step and epoch that they belong to.

Two kinds of lines count. A line that says where training is (``epoch 3/10``, ``step 120``, ``[ 3/10]``, a progress bar)
is a report: all its numbers with a name are metrics, but for those that never are (times, sizes, seeds, versions). In
other lines only names that people give to metrics count (loss, accuracy, …): ``lr=0.01 batch_size=64`` at a script's
start says what was set, not how training goes, and a wrong metric is worse than a missing one.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

#: Longer lines are not reports; the limit also bounds what the expressions below may cost.
MAX_LINE = 2000
_MAX_METRICS = 100

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan\b|NaN\b|inf(?:inity)?\b|Infinity\b)"
#: A number ends where a word, a path, a version or a time would go on.
_ENDS = r"(?=%?(?:[\s,;|)\]}'\"]|\.(?:\s|\Z)|\Z|/\s?\d))"
_PAIR = re.compile(
    r"(?<![\w./\\@%-])['\"]?(?P<key>[A-Za-z][\w.@/%-]*(?:\s[A-Za-z][\w@-]*){0,2})['\"]?\s?(?P<sign>[=:])\s{0,12}(?P<value>"
    + _NUMBER
    + r")"
    + _ENDS
    + r"(?P<of>\s?/\s?\d+)?"
)
_SPACED = re.compile(r"(?<![\w./\\@%=-])(?P<key>(?:[A-Za-z][\w-]*\s)?[A-Za-z][\w@/-]*)\s{1,12}(?P<value>" + _NUMBER + r")" + _ENDS)

_OF = r"(?:\s?(?:/|of)\s{0,6}(?P<%s>\d+))?"
_END = r"(?![\w/-]|[.]\d|:\d)"
_EPOCH = re.compile(r"(?i)\bepochs?(?:['\"\s:#=\[(]|no\.?|num(?:ber)?){0,6}(?P<epoch>\d+(?:\.\d+)?)" + _OF % "epochs" + _END)
_STEP = re.compile(
    r"(?i)\b(?:(?:global|train(?:ing)?|optim(?:izer)?)[_\s]?)?(?:steps?|iter(?:ation)?s?|batch(?:es)?|updates?|episodes?|it)(?:['\"\s:#=\[(]){0,6}"
    r"(?P<step>\d{1,3}(?:,\d{3})+|\d+)" + _OF % "steps" + _END
)
#: "Train: 3 [ 10/100]" and "200/ 2983 batches"
_EPOCH_OF_PHASE = re.compile(r"(?i)(?:train|test|val)\w{0,8}:\s?(?P<epoch>\d+)(?P<epochs>(?!))?(?=\s\[)")
_COUNTED = re.compile(r"(?i)\b(?P<step>\d+)\s?/\s{0,8}(?P<steps>\d+)\s(?:batches|steps|iters|iterations|updates)\b")
_BRACKET = re.compile(r"[\[(]\s{0,12}(?P<step>\d+)\s?/\s{0,12}(?P<steps>\d+)(?:\s?\(\s{0,3}\d+(?:\.\d+)?%\))?\s?[\])]")
_LEADING = re.compile(r"\s{0,8}(?=\[\d+\]\s|\d+:\s+[a-z]|\d+/\d+\s+[\[━╸╺])\[?(?P<step>\d+)(?:/(?P<steps>\d+)\s+[\[━╸╺])?")
_PHASE = re.compile(r"(?i)\W{0,12}(train|val|test|eval|dev)(?:ing|id|idation|uation)?(?:\s(?:set|error|results?|metrics?))?\b(?![_/.=])")
_RANK = re.compile(r"\[?(?:rank|default|worker)[\s_]?(\d+)\]?:\s?")
_NOISE = re.compile(r"\s*(?:File \"|Namespace\(|Traceback |Warning|xtrack: |\w+Warning:|\w*Error:)")

_METRIC_WORDS = frozenset(
    "loss losses acc accuracy accuracies error err f1 auc auroc auprc ap map precision recall bleu rouge meteor ppl perplexity "
    "mse mae rmse mape r2 iou miou dice wer cer psnr ssim fid nll elbo kl bpc bpb reward rewards return returns score "
    "acc1 acc5 top1 top5 logloss rmsle ndcg mrr map50 hinge ce bce crossentropy objective mlogloss merror multi_logloss binary_logloss".split()
)
_NEVER = frozenset(
    "time times date eta elapsed duration sec secs second seconds ms minutes hours hour remaining took timestamp ts version versions "
    "num v_num seed rank local_rank world_size pid ppid tid port gpu gpus cuda device devices worker workers shape size sizes bs dim dims "
    "len length node nodes line lineno job id level year month day epoch epochs step steps iter iters iteration iterations batch "
    "batches it round rounds max_epochs max_steps total_steps total_epochs batch_size params parameters runtime "
    "total_flos patience threads cpu cpus python torch port seq created".split()
)
_NEVER_ENDS = (
    "_size _dim _dims _id _ids _seed _path _time _times _version _rank _step _steps _epoch _epochs _runtime _seconds _secs _sec _ms _pid _port "
    "_workers _samples _shape _len _length _batches _iters _count _total_flos _date"
).split()
_NEVER_STARTS = ("num_", "n_", "total_", "max_epoch", "max_step", "time_", "time/", "timestamp")
#: A name with such a word is that of a setting.
_SET = frozenset(
    "target threshold weight weights coef coeff smoothing alpha beta gamma tol tolerance delta fn function type name scale margin".split()
)
_PHASES = {"train": "train", "val": "val", "test": "test", "eval": "val", "dev": "val"}
_NAMED_AXES = {
    "epoch": ("epoch",),
    "step": ("step", "global_step", "iter", "iteration", "iters", "it", "update", "batch_idx", "_step", "trainer/global_step"),
}


class Line(NamedTuple):
    metrics: Dict[str, float]
    epoch: Optional[float] = None
    epochs: Optional[int] = None
    step: Optional[int] = None
    steps: Optional[int] = None
    phase: Optional[str] = None

    @property
    def is_report(self) -> bool:
        return self.epoch is not None or self.step is not None


def read_line(text: str, is_report: bool = False) -> Optional[Line]:
    """`is_report`: known to be one, as what follows a progress bar is. None where the line says nothing."""
    text = text.strip()
    if not text or len(text) > MAX_LINE or not any(character.isdigit() for character in text) and "nan" not in text.lower():
        phase = _PHASE.match(text) if len(text) < 60 else None
        return Line({}, phase=_phase_of(phase)) if phase and text.endswith(":") else None
    rank = _RANK.match(text)
    if rank is not None:
        # All ranks print into one console: the curves of the first are those of the run.
        if rank.group(1) != "0":
            return None
        text = text[rank.end() :]
    if _NOISE.match(text):
        return None
    if text.startswith("{") and text.endswith("}"):
        found = _read_object(text)
        if found is not None:
            return found
    return _read_words(text, is_report)


# ---------------------------------------------------------------- words


def _read_words(text: str, is_report: bool) -> Optional[Line]:
    text = text.replace("'s ", " ")
    at_epoch = _EPOCH.search(text) or _EPOCH_OF_PHASE.match(text)
    at_step = _step(text)
    if at_epoch is None and at_step is not None:
        # [1/25][0/391]: the first is the epoch.
        second = _BRACKET.match(text, at_step.end()) if at_step.re is _BRACKET else None
        if second is not None:
            return _with_metrics(text, Line({}, float(at_step.group("step")), _whole_of(at_step, "steps"), *_axis(second)), is_report)
    elif at_epoch is not None and at_step is not None and at_step.re is _BRACKET and at_step.start() < at_epoch.end():
        at_step = _BRACKET.search(text, at_epoch.end())
    epoch = float(at_epoch.group("epoch")) if at_epoch else None
    line = Line({}, epoch, _whole_of(at_epoch, "epochs"), *_axis(at_step), _phase_of(_PHASE.match(text)))
    return _with_metrics(text, line, is_report, at_epoch)


def _with_metrics(text: str, line: Line, is_report: bool, at_epoch: Any = None) -> Optional[Line]:
    for key, value in _pairs(text if at_epoch is None else text[: at_epoch.start()] + " " + text[at_epoch.end() :]):
        if len(line.metrics) < _MAX_METRICS and is_metric(key, is_report or line.is_report):
            line.metrics.setdefault(key, value)
    return line if line.metrics or line.is_report else None


def _axis(found: Any) -> Tuple[Optional[int], Optional[int]]:
    return _whole_of(found, "step"), _whole_of(found, "steps")


def _step(text: str) -> Any:
    return _STEP.search(text) or _LEADING.match(text) or _COUNTED.search(text) or _BRACKET.search(text)


def _whole_of(found: Any, name: str) -> Optional[int]:
    """12 digits are no count of anything here, and could not be drawn."""
    text = found.group(name) if found is not None else None
    digits = text.replace(",", "") if text else ""
    return int(digits) if digits.isdigit() and len(digits) < 13 else None


def _pairs(text: str) -> Iterator[Tuple[str, float]]:
    used = [False] * len(text)
    for found in _PAIR.finditer(text):
        for at in range(found.start(), found.end()):
            used[at] = True
        key = _tidy(found.group("key"))
        value = float(found.group("value"))
        of = found.group("of")
        if of:
            # "Accuracy: 9841/10000" is a share; of any other name it says how far something is.
            total = int(of.strip(" /"))
            if not _says_metric(key) or total == 0:
                continue
            value /= total
        yield key, value
    for found in _SPACED.finditer(text):
        if not used[found.start("value")] and text[found.end() : found.end() + 2].strip()[:1] != "/":
            words = found.group("key").split()
            key = _tidy(found.group("key") if words[0].lower() in _PHASES or _is_word(words[0]) else words[-1])
            if _says_metric(key) or key in ("lr", "learning_rate", "grad_norm", "gnorm", "mfu"):
                yield key, float(found.group("value"))


def _is_word(text: str) -> bool:
    return text.lower() in ("valid", "validation", "training", "best", "nll", "kl")


def _tidy(key: str) -> str:
    """One word, in lower case: scripts write `Loss`, `loss` and `Avg loss` of one thing."""
    words = re.split(r"\s+", key.strip().lower())
    kept = [word for word in words if word not in ("average", "avg", "mean", "set", "the", "and", "is", "current", "info", "root")]
    return "_".join(kept or words)


# ---------------------------------------------------------------- JSON and dicts


def _read_object(text: str) -> Optional[Line]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    flat = dict(_flat(found, ()))
    epoch = _first(flat, _NAMED_AXES["epoch"])
    step = _first(flat, _NAMED_AXES["step"])
    phase = next((_PHASES.get(str(found.get(name)).lower()) for name in ("phase", "split", "mode") if name in found), None)
    line = Line({}, epoch, None, _whole(step), None, phase)
    for key, value in flat.items():
        if len(line.metrics) < _MAX_METRICS and is_metric(key, line.is_report):
            line.metrics[key] = value
    return line if line.metrics or line.is_report else None


def _flat(found: Dict[str, Any], before: Tuple[str, ...]) -> Iterator[Tuple[str, float]]:
    for key, value in found.items():
        path = (*before, key)
        if isinstance(value, dict) and len(path) < 4:
            yield from _flat(value, path)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                yield "/".join(path), float(value)
            except OverflowError:
                continue


def _first(flat: Dict[str, float], names: Tuple[str, ...]) -> Optional[float]:
    found = next((flat[name] for name in names if name in flat), None)
    return found if found is not None and found - found == 0 else None


# ---------------------------------------------------------------- names


def is_metric(key: str, in_report: bool) -> bool:
    name = key.lower()
    last = name.rsplit("/", 1)[-1]
    if not key or len(key) > 100 or last in _NEVER or name.startswith(_NEVER_STARTS) or last.endswith(tuple(_NEVER_ENDS)):
        return False
    return in_report or _says_metric(name)


def _says_metric(name: str) -> bool:
    words = [word for word in re.split(r"[_\s./@-]+", name.lower()) if word]
    if any(word in _SET for word in words):
        return False
    return any(word in _METRIC_WORDS or word.endswith(("loss", "acc")) for word in words)


def _phase_of(found: Any) -> Optional[str]:
    return _PHASES[found.group(1).lower()] if found is not None else None


def _whole(number: Optional[float]) -> Optional[int]:
    return None if number is None or number != int(number) else int(number)
