"""Plain JSON values for whatever a script passes: making them never fails, and their size is bounded."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Optional, Union

LONG_TEXT = 100_000
MAX_ITEMS = 10_000
MAX_DEPTH = 20
EXACT_INT = 2**53

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

#: What JSON has words for; numbers that are not finite are the texts "NaN", "Infinity" and "-Infinity".
Plain = Any
Number = Union[int, float, str]


def plain(value: object, limit: int = LONG_TEXT) -> Plain:
    """`value` as JSON can say it: anything else becomes its str(). Texts longer than `limit` characters are cut, and so are
    values of more than 10,000 entries or 20 levels; what was cut says so."""
    return _plain(value, limit, 0, [MAX_ITEMS])


def clipped(value: object, limit: int) -> str:
    """str() of anything, cut after `limit` characters."""
    return _cut(text_of(value), limit)


def number(value: object) -> Optional[Number]:
    """The number that `value` is, also of a numpy scalar or a tensor with one element; None when it is not a number."""
    if isinstance(value, int) and -EXACT_INT <= value <= EXACT_INT:
        return int(value)
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        return None
    try:
        item = getattr(value, "item", None)
        found = float(item() if callable(item) else value)  # type: ignore[arg-type]
    except Exception:
        return None
    if math.isfinite(found):
        return found
    return "NaN" if found != found else "Infinity" if found > 0 else "-Infinity"


def number_text(value: object) -> Optional[str]:
    """`number` as JSON text."""
    found = number(value)
    return None if found is None else '"%s"' % found if isinstance(found, str) else repr(found)


def quote(text: str) -> str:
    """A text as JSON."""
    return _encodable(_encode(text))


def dump(value: Plain) -> str:
    """Compact JSON of plain values. Raises ValueError or TypeError where they are not plain."""
    return _encodable(_encode(value))


def _encodable(text: str) -> str:
    """Lone surrogates are not valid UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any, limit: int, depth: int, left: List[int]) -> Plain:
    left[0] -= 1
    if value is None or isinstance(value, bool):
        return value if value is None else bool(value)
    if isinstance(value, str):
        return _cut(str(value), limit)
    if isinstance(value, (int, float)) or callable(getattr(value, "item", None)):
        found = number(value)
        if found is not None:
            return found
    if left[0] > 0 and depth < MAX_DEPTH:
        if isinstance(value, dict):
            return _plain_dict(value, limit, depth, left)
        if isinstance(value, (list, tuple, set, frozenset)):
            return _plain_list(value, limit, depth, left)
    return _cut(text_of(value), limit)


def _plain_dict(value: Dict[Any, Any], limit: int, depth: int, left: List[int]) -> Dict[str, Plain]:
    result: Dict[str, Plain] = {}
    for key, item in list(value.items()):
        if left[0] <= 0:
            result["…"] = "%d entries left out" % (len(value) - len(result))
            break
        result[_cut(key if isinstance(key, str) else text_of(key), 1000)] = _plain(item, limit, depth + 1, left)
    return result


def _plain_list(value: Any, limit: int, depth: int, left: List[int]) -> List[Plain]:
    result: List[Plain] = []
    for item in list(value):
        if left[0] <= 0:
            result.append("… %d entries left out" % (len(value) - len(result)))
            break
        result.append(_plain(item, limit, depth + 1, left))
    return result


def text_of(value: object) -> str:
    """str() of anything; the type's name where that fails."""
    try:
        return str(value)
    except Exception:
        return "<%s>" % type(value).__name__


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else "%s… [%d characters left out]" % (text[:limit], len(text) - limit)
