"""JSON text of whatever a script passes: never fails, never unbounded."""

from __future__ import annotations

import json
import math
from typing import Any, Optional

LONG_TEXT = 100_000
MAX_ITEMS = 10_000
MAX_DEPTH = 20
EXACT_INT = 2**53


def json_text(value: object, limit: int = LONG_TEXT) -> str:
    """Compact JSON; what JSON has no word for becomes its str(), what is too long is cut and says so."""
    if type(value) is str and len(value) <= limit:
        return quote(value)
    return _dump(_plain(value, limit, 0, [MAX_ITEMS]))


def quote(text: str) -> str:
    return _encodable(json.dumps(text, ensure_ascii=False))


def number_text(value: object) -> Optional[str]:
    """JSON of a number, also of a numpy scalar or a tensor with one element; None when it is no number."""
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        return None
    if isinstance(value, int) and -EXACT_INT <= value <= EXACT_INT:
        return str(int(value))
    try:
        item = getattr(value, "item", None)
        number = float(item() if callable(item) else value)  # type: ignore[arg-type]
    except Exception:
        return None
    if math.isfinite(number):
        return repr(number)
    return '"NaN"' if number != number else '"Infinity"' if number > 0 else '"-Infinity"'


def _dump(plain: object) -> str:
    return _encodable(json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _encodable(text: str) -> str:
    """Lone surrogates are no UTF-8."""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any, limit: int, depth: int, left: list) -> Any:
    left[0] -= 1
    if value is None or isinstance(value, bool):
        return value if value is None else bool(value)
    if isinstance(value, str):
        return _cut(str(value), limit)
    if isinstance(value, (int, float)) or callable(getattr(value, "item", None)):
        text = number_text(value)
        if text is not None:
            return json.loads(text)
    if left[0] > 0 and depth < MAX_DEPTH:
        if isinstance(value, dict):
            return _plain_dict(value, limit, depth, left)
        if isinstance(value, (list, tuple, set, frozenset)):
            return _plain_list(value, limit, depth, left)
    return _cut(text_of(value), limit)


def _plain_dict(value: dict, limit: int, depth: int, left: list) -> dict:
    result = {}
    for key, item in list(value.items()):
        if left[0] <= 0:
            result["…"] = "%d entries left out" % (len(value) - len(result))
            break
        result[_cut(key if isinstance(key, str) else text_of(key), 1000)] = _plain(item, limit, depth + 1, left)
    return result


def _plain_list(value: Any, limit: int, depth: int, left: list) -> list:
    result = []
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
