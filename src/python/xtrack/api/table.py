"""Rows of a table, from what scripts have them in: lists, dictionaries, data frames."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..core.jsontext import dump, plain, text_of

MAX_ROWS = 10_000
MAX_COLUMNS = 500
_MAX_CELL = 1000
_MAX_SIZE = 8_000_000


class Table(NamedTuple):
    columns: List[str]
    #: Plain JSON values.
    rows: List[List[Any]]
    #: How many rows there were.
    total: int
    #: Of the rows' JSON text, in characters.
    size: int


def table_of(rows: Any, columns: Optional[Iterable[Any]]) -> Table:
    names, records, total = _records(rows, columns)
    names = [text_of(name)[:_MAX_CELL] for name in names[:MAX_COLUMNS]]
    kept: List[List[Any]] = []
    size = 0
    for record in records:
        cells = list(record)[: len(names)]
        row: List[Any] = plain(cells + [None] * (len(names) - len(cells)), _MAX_CELL)
        grown = size + len(dump(row)) + 1
        if len(kept) >= MAX_ROWS or grown > _MAX_SIZE:
            break
        kept.append(row)
        size = grown
    return Table(names, kept, total, size)


def _records(rows: Any, columns: Optional[Iterable[Any]]) -> Tuple[List[Any], Iterable[Iterable[Any]], int]:
    if hasattr(rows, "itertuples") and hasattr(rows, "columns"):  # a data frame
        names = list(rows.columns)
        return names, rows.head(MAX_ROWS).itertuples(index=False, name=None), len(rows)
    if isinstance(rows, dict):
        names = list(columns) if columns is not None else list(rows)
        held = [list(rows[name]) for name in names]
        longest = max([len(column) for column in held] or [0])
        return names, ([column[i] if i < len(column) else None for column in held] for i in range(longest)), longest
    if callable(getattr(rows, "tolist", None)):
        rows = rows.tolist()
    listed = list(rows)
    if listed and all(isinstance(row, dict) for row in listed):
        names = list(columns) if columns is not None else _union(listed)
        return names, ([row.get(name) for name in names] for row in listed), len(listed)
    width = max([len(row) for row in listed] or [0])
    return list(columns) if columns is not None else [str(i) for i in range(width)], listed, len(listed)


def _union(rows: List[Dict[Any, Any]]) -> List[Any]:
    names: Dict[Any, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return list(names)
