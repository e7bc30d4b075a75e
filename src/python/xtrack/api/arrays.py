"""Numbers out of whatever holds them (lists, numpy arrays, tensors of any framework), without importing any of it."""

from __future__ import annotations

import math
from typing import Any, Iterator, List


def plain_array(value: Any) -> Any:
    """A numpy array where the value is one, or can make one of itself; else the value."""
    for step in ("detach", "cpu", "numpy"):
        method = getattr(value, step, None)
        if callable(method):
            value = method()
    if not hasattr(value, "astype") and callable(getattr(value, "__array__", None)):
        value = value.__array__()
    # Frames and series of tables.
    if not is_array(value) and callable(getattr(value, "to_numpy", None)):
        value = value.to_numpy()
    return value


def is_array(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("astype", "dtype", "shape", "reshape", "tobytes"))


def numbers(value: Any) -> Iterator[float]:
    """Of nested sequences, in order."""
    if isinstance(value, (str, bytes)):
        raise TypeError("a %s holds no numbers" % type(value).__name__)
    for item in value:
        if hasattr(item, "__iter__"):
            yield from numbers(item)
        else:
            yield float(item)


def finite(values: List[float]) -> List[float]:
    return [value for value in values if math.isfinite(value)]
