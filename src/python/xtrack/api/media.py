"""Pictures, histograms and tables of a run: files lie in the run's directory, events say which."""

from __future__ import annotations

import os
import re
import threading
from typing import Any, Callable, Dict, Optional

from ..core.jsontext import clipped, dump, plain, text_of
from ..core.warnings import Warnings
from ..transport.background import Jobs
from ..transport.recorder import Recorder
from .files import describe_file
from .histogram import counted, histogram_of
from .picture import Pixels, pixels_of, png
from .table import table_of

FOLDER = "media"
#: Encoded and written within the call; what is larger is copied, and written while training goes on.
_QUICK_BYTES = 1 << 18
#: Copies that wait to be written; beyond, the call writes itself.
_MOST_WAITING = 1 << 26
#: A file that the script made is copied, so that the next step may overwrite it; larger ones are referred to.
_COPIED_BELOW = 1 << 24
_INLINE_BELOW = 1 << 16
_LONG_TEXT = 10_000
_LONGEST_KEY = 1000


class Media:
    def __init__(self, recorder: Recorder, jobs: Jobs, warnings: Warnings) -> None:
        self._recorder = recorder
        self._jobs = jobs
        self._warnings = warnings
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def is_busy(self) -> bool:
        return self._waiting > 0

    def image(self, at: str, key: Any, image: Any, axes: Dict[str, Any], caption: Any) -> None:
        payload: Dict[str, Any] = {"key": clipped(key, _LONGEST_KEY)}
        name = self._name(key, "png")
        if isinstance(image, (str, bytes, os.PathLike)):
            payload.update(self._copied(key, image))
        elif callable(getattr(image, "savefig", None)):  # a figure of matplotlib
            self._put(name, lambda path: image.savefig(path, format="png"))
            payload["file"] = _address(name)
        elif callable(getattr(image, "save", None)) and hasattr(image, "mode"):  # an image of Pillow
            self._put(name, lambda path: image.save(path, format="PNG"))
            payload.update(file=_address(name), width=int(image.size[0]), height=int(image.size[1]))
        else:
            pixels = pixels_of(image)
            self._picture(name, pixels)
            payload.update(file=_address(name), width=pixels.width, height=pixels.height)
        if caption is not None:
            payload["caption"] = clipped(caption, _LONG_TEXT)
        self._recorder.writer.event("image", {**payload, **axes}, at)

    def histogram(self, at: str, key: Any, values: Any, axes: Dict[str, Any], bins: Any, counts: Any, edges: Any) -> None:
        found = histogram_of(values, bins) if counts is None else counted(counts, edges)
        payload = {"key": clipped(key, _LONGEST_KEY), "edges": plain(found.edges), "counts": plain(found.counts)}
        if found.bad > 0:
            payload["bad"] = found.bad
        self._recorder.writer.event("histogram", {**payload, **axes}, at)

    def table(self, at: str, key: Any, rows: Any, columns: Any, axes: Dict[str, Any], view: Optional[str] = None) -> None:
        """`view`: what it is drawn as, where it is more than rows."""
        table = table_of(rows, columns)
        payload: Dict[str, Any] = {"key": clipped(key, _LONGEST_KEY), "columns": table.columns, "total": table.total}
        if view is not None:
            payload["view"] = view
        if table.size <= _INLINE_BELOW or self._directory() is None:
            payload["rows"] = table.rows
        else:
            name = self._name(key, "json")
            content = dump({"columns": table.columns, "rows": table.rows}).encode("utf-8")
            self._put(name, lambda path: _write(path, content))
            payload["file"] = _address(name)
        if table.total > len(table.rows):
            self._warnings.note(
                "long_table", "xtrack: of the table %s the first %d of %d rows are kept" % (text_of(key), len(table.rows), table.total)
            )
        self._recorder.writer.event("table", {**payload, **axes}, at)

    # ------------------------------------------------------------ files

    def _name(self, key: Any, ending: str) -> str:
        """No two alike, also of processes that are forks of one another."""
        readable = re.sub(r"[^A-Za-z0-9]+", "-", text_of(key))[:40].strip("-") or "unnamed"
        return "%s-%s.%s" % (readable, os.urandom(6).hex(), ending)

    def _directory(self) -> Optional[str]:
        return self._recorder.run_dir

    def _put(self, name: str, write: Callable[[str], object]) -> None:
        """Whole or not at all."""
        run_dir = self._directory()
        if run_dir is None:
            raise ValueError("this run has no directory for files: pass the path of one")
        folder = os.path.join(run_dir, FOLDER)
        os.makedirs(folder, 0o700, exist_ok=True)
        path = os.path.join(folder, name)
        write(path + ".tmp")
        os.replace(path + ".tmp", path)

    def _picture(self, name: str, pixels: Pixels) -> None:
        size = len(pixels.data)
        with self._lock:
            waits = size > _QUICK_BYTES and self._waiting + size <= _MOST_WAITING
            self._waiting += size if waits else 0
        if not waits:
            self._put(name, lambda path: _write(path, png(pixels)))
            return

        def write() -> None:
            try:
                self._put(name, lambda path: _write(path, png(pixels)))
            finally:
                with self._lock:
                    self._waiting -= size

        self._jobs.add(write)

    def _copied(self, key: Any, path: Any) -> Dict[str, Any]:
        file = describe_file(path, "image", None, self._warnings)
        if file.size is None or file.size > _COPIED_BELOW or self._directory() is None:
            return file.place
        ending = os.path.splitext(file.absolute)[1].lstrip(".").lower()
        name = self._name(key, ending if re.fullmatch("[a-z0-9]{1,5}", ending) else "bin")
        with open(file.absolute, "rb") as source:
            content = source.read()
        self._put(name, lambda target: _write(target, content))
        return {"file": _address(name), **file.place}


def _address(name: str) -> str:
    """Within the run's directory, wherever that will be."""
    return "%s/%s" % (FOLDER, name)


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
