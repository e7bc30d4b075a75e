"""How good predictions are: tables that the panel draws as matrices and curves, from labels or from scores."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ..core.jsontext import text_of
from .arrays import numbers

#: A curve with more points than a chart shows is thinned.
_MOST_POINTS = 400
MAX_LABELS = 200


class Evaluation(NamedTuple):
    #: What the table is drawn as.
    view: str
    columns: List[str]
    rows: List[List[Any]]


def confusion(truth: Any, guesses: Any, labels: Any, matrix: Any) -> Evaluation:
    """A row a true label, a column a guessed one; or of a `matrix` that has them so already."""
    if matrix is not None:
        counts = [list(numbers(row)) for row in _plain(matrix)]
        names = [text_of(name) for name in labels] if labels is not None else [str(i) for i in range(len(counts))]
        if len(names) != len(counts) or any(len(row) != len(counts) for row in counts):
            raise ValueError("a matrix has a row and a column for each of its labels; %d rows, %d labels" % (len(counts), len(names)))
    else:
        true, guessed = _plain(truth), _plain(guesses)
        if len(true) != len(guessed):
            raise ValueError("there are %d true labels and %d guesses" % (len(true), len(guessed)))
        known = _labels(true + guessed, labels)
        names = list(dict.fromkeys(known.values()))
        places = {name: i for i, name in enumerate(names)}
        counts = [[0.0] * len(names) for _ in names]
        for one, other in zip(true, guessed):
            counts[places[known[_key(one)]]][places[known[_key(other)]]] += 1
    if len(names) > MAX_LABELS:
        raise ValueError("%d labels are more than can be shown (%d)" % (len(names), MAX_LABELS))
    rows = [[name] + [int(count) if count == int(count) else count for count in row] for name, row in zip(names, counts)]
    return Evaluation("confusion", ["truth"] + names, rows)


def roc(truth: Any, scores: Any) -> Evaluation:
    """Points from (0, 0) to (1, 1), with the score from which on something counts as true."""
    ranked, positives = _ranked(truth, scores)
    negatives = len(ranked) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("truth must have both positive and negative samples")
    rows: List[List[Any]] = [[0.0, 0.0, None]]
    hits = 0
    for place, (score, is_true, is_last) in enumerate(ranked, 1):
        hits += is_true
        if is_last:
            rows.append([(place - hits) / negatives, hits / positives, score])
    return Evaluation("curve", ["false positive rate", "true positive rate", "threshold"], _thinned(rows))


def precision_recall(truth: Any, scores: Any) -> Evaluation:
    ranked, positives = _ranked(truth, scores)
    if positives == 0:
        raise ValueError("truth must have a positive sample")
    rows: List[List[Any]] = [[0.0, 1.0, None]]
    hits = 0
    for place, (score, is_true, is_last) in enumerate(ranked, 1):
        hits += is_true
        if is_last:
            rows.append([hits / positives, hits / place, score])
    return Evaluation("curve", ["recall", "precision", "threshold"], _thinned(rows))


def _plain(values: Any) -> List[Any]:
    return list(values.tolist() if callable(getattr(values, "tolist", None)) else values)


def _key(label: Any) -> Tuple[str, str]:
    """1, 1.0 and "1" may be labels beside each other, True and 1 are one."""
    number = isinstance(label, (bool, int, float))
    return ("number", repr(float(label))) if number else ("text", text_of(label))


def _labels(values: Sequence[Any], labels: Any) -> Dict[Tuple[str, str], str]:
    """The names of labels, in order: given ones first; whole numbers count through them where they are names."""
    known: Dict[Tuple[str, str], str] = {}
    given = [] if labels is None else list(labels)
    for label in given:
        known[_key(label)] = text_of(label)
    if given and not any(isinstance(label, (bool, int, float)) for label in given):
        for i, label in enumerate(given):
            known.setdefault(_key(i), text_of(label))
    others = {_key(value): value for value in values if _key(value) not in known}
    for key, value in sorted(others.items(), key=lambda item: (item[0][0], float(item[0][1]) if item[0][0] == "number" else 0.0, item[0][1])):
        known[key] = text_of(value)
    return known


def _ranked(truth: Any, scores: Any) -> Tuple[List[Tuple[float, int, bool]], int]:
    """Highest score first, with a mark on the last of equal ones, because no threshold lies between those."""
    true, found = _plain(truth), list(numbers(_plain(scores)))
    if len(true) != len(found):
        raise ValueError("there are %d true labels and %d scores" % (len(true), len(found)))
    pairs = sorted(((score, 1 if one else 0) for one, score in zip(true, found) if score == score), key=lambda pair: -pair[0])
    lasts = [i + 1 == len(pairs) or pairs[i + 1][0] != score for i, (score, _) in enumerate(pairs)]
    return [(score, one, last) for (score, one), last in zip(pairs, lasts)], sum(one for _, one in pairs)


def _thinned(rows: List[List[Any]]) -> List[List[Any]]:
    if len(rows) <= _MOST_POINTS:
        return rows
    return [rows[round(i * (len(rows) - 1) / (_MOST_POINTS - 1))] for i in range(_MOST_POINTS)]
