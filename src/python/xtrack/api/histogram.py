"""How often values are how large: bins of the same width, or what the script counted itself."""

from __future__ import annotations

import sys
from typing import Any, List, NamedTuple, Sequence

from .arrays import finite, is_array, numbers, plain_array

MAX_BINS = 512


class Histogram(NamedTuple):
    #: One more than counts.
    edges: List[float]
    counts: List[float]
    #: Of values that are no finite numbers.
    bad: int


def counted(counts: Any, edges: Any) -> Histogram:
    """As numpy.histogram gives them."""
    found = Histogram(list(numbers(edges)), list(numbers(counts)), 0)
    if len(found.edges) != len(found.counts) + 1 or not found.counts:
        raise ValueError("%d counts have %d edges, not %d" % (len(found.counts), len(found.counts) + 1, len(found.edges)))
    if sorted(found.edges) != found.edges or len(finite(found.edges + found.counts)) != len(found.edges + found.counts):
        raise ValueError("edges go upwards, and all are finite")
    return found


def histogram_of(values: Any, bins: Any) -> Histogram:
    size = max(1, min(MAX_BINS, int(bins)))
    values = plain_array(values)
    numpy = sys.modules.get("numpy")
    if is_array(values) and numpy is not None:
        flat = values.reshape(-1).astype("float64")
        good = flat[numpy.isfinite(flat)]
        counts, edges = numpy.histogram(good, bins=size)
        return Histogram(edges.tolist(), counts.tolist(), int(flat.size - good.size))
    flat_list = list(numbers(values.reshape(-1).tolist() if is_array(values) else values))
    return _of_list(finite(flat_list), size, len(flat_list))


def _of_list(values: Sequence[float], size: int, total: int) -> Histogram:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    # Differences of what is very large, or very small, are no numbers.
    width = (high / size - low / size) or sys.float_info.min
    first = low / width
    counts = [0.0] * size
    for value in values:
        counts[min(size - 1, max(0, int(value / width - first)))] += 1
    edges = [low + width * i for i in range(size)] + [high]
    return Histogram(edges, counts, total - len(values))


