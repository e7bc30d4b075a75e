"""Artifacts and checkpoints: what is recorded of a file, without ever failing on it or waiting for a large one."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Any, Dict, NamedTuple, Optional

from ..core.jsontext import clipped, plain
from ..core.process import absolute
from ..core.warnings import Warnings

TYPES = frozenset(
    "model checkpoint weights config plot figure image data predictions embeddings log profile other".split()
)
_QUICK = 1_000_000
_HASHED_BELOW = 100_000_000


class File(NamedTuple):
    absolute: str
    #: In bytes; None where there is no regular file.
    size: Optional[int]
    #: Epoch milliseconds.
    modified: Optional[int]
    #: Of an event's payload: where it is.
    place: Dict[str, Any]
    #: Of an event's payload: where it is, its type, name and size.
    payload: Dict[str, Any]


def describe_file(path: Any, kind: Any, name: Optional[str], warnings: Warnings) -> File:
    """Raises TypeError where `path` is not a path."""
    text = os.fsdecode(os.fspath(path))
    full = absolute(text)
    size: Optional[int] = None
    modified: Optional[int] = None
    try:
        found = os.stat(full)
        if stat.S_ISREG(found.st_mode):
            size, modified = found.st_size, int(found.st_mtime * 1000)
    except (OSError, ValueError) as error:
        warnings.note("file", "xtrack: a logged file cannot be examined; it is recorded all the same: %s" % error)
    kind = str(getattr(kind, "value", kind))
    if kind not in TYPES:
        warnings.note("artifact_type", "xtrack: there is no artifact type %r; it is recorded as other" % kind)
        kind = "other"
    place = {"path": plain(text, 10_000), "abspath": plain(full, 10_000)}
    payload = {**place, "type": kind, "name": clipped(name or os.path.basename(text), 1000)}
    if size is not None:
        payload["size"] = size
    return File(full, size, modified, place, payload)


class Checksum:
    """The SHA-256 of a file below 100 MB."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.is_wanted = file.size is not None and file.size < _HASHED_BELOW
        #: Whether it takes about as long as reading a file of this size from memory.
        self.is_quick = self.is_wanted and (file.size or 0) <= _QUICK

    def payload(self) -> Dict[str, str]:
        digest = hashlib.sha256()
        try:
            with open(self._file.absolute, "rb") as source:
                for block in iter(lambda: source.read(1 << 20), b""):
                    digest.update(block)
        except OSError:
            return {}  # It was moved meanwhile; its event has all the rest.
        return {"checksum": digest.hexdigest()}
