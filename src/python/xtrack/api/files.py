"""Artifacts and checkpoints: what is said of a file without ever failing on it or waiting for a large one."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Any, NamedTuple, Optional

from ..core.jsontext import json_text
from ..core.process import absolute
from ..core.warnings import Warnings

TYPES = frozenset(
    "model checkpoint weights config plot figure image data predictions embeddings log profile other".split()
)
_QUICK = 1_000_000
_HASHED_BELOW = 100_000_000


class File(NamedTuple):
    absolute: str
    #: None where there is no regular file.
    size: Optional[int]
    #: Epoch milliseconds.
    modified: Optional[int]
    path_members: str
    members: str


def describe_file(path: Any, kind: Any, name: Optional[str], warnings: Warnings) -> File:
    text = os.fsdecode(os.fspath(path))
    full = absolute(text)
    size: Optional[int] = None
    modified: Optional[int] = None
    try:
        found = os.stat(full)
        if stat.S_ISREG(found.st_mode):
            size, modified = found.st_size, int(found.st_mtime * 1000)
    except (OSError, ValueError) as error:
        warnings.note("file", "xtrack: a logged file cannot be looked at, it is recorded all the same: %s" % error)
    kind = str(getattr(kind, "value", kind))
    if kind not in TYPES:
        warnings.note("artifact_type", "xtrack: there is no artifact type %r; taken as other" % kind)
        kind = "other"
    path_members = ',"path":%s,"abspath":%s' % (json_text(text, 10_000), json_text(full, 10_000))
    members = '%s,"type":"%s","name":%s' % (path_members, kind, json_text(str(name or os.path.basename(text)), 1000))
    if size is not None:
        members += ',"size":%d' % size
    return File(full, size, modified, path_members, members)


class Checksum:
    def __init__(self, file: File) -> None:
        self._file = file
        self.is_wanted = file.size is not None and file.size < _HASHED_BELOW
        #: Takes about as long as a file of this size takes to read from memory.
        self.is_quick = self.is_wanted and (file.size or 0) <= _QUICK

    def member(self) -> str:
        digest = hashlib.sha256()
        try:
            with open(self._file.absolute, "rb") as source:
                for block in iter(lambda: source.read(1 << 20), b""):
                    digest.update(block)
        except OSError:
            return ""  # It was moved meanwhile: its event says all the rest.
        return ',"checksum":"%s"' % digest.hexdigest()
