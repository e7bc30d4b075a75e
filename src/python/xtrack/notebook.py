"""Runs of notebook cells.

    import xtrack.notebook
    xtrack.notebook.track(directory="/path/of/the/notebook's/folder", notebook="/path/to/train.ipynb")

From then on each execution of a tracked cell is a run of its own: its printed output, how it ended (an exception with
its cell and line, an interrupt), the machine. A cell that starts a run itself (xtrack.start_run) gets
that very run; a run that it leaves open goes on over the cells that follow, as the script says.

Other kernels than IPython declare what they execute:

    with xtrack.notebook.cell(code, number=3):
        exec(compile(code, "<cell 3>", "exec"), namespace)
"""

from __future__ import annotations

import os
import threading
from typing import Any, Dict, Iterable, Optional, Union

from .api import exits, tracker
from .core import directory as directories
from .core.process import absolute
from .core.warnings import logger
from .notebooks.trackednotebook import TrackedNotebook
from .version import VERSION

_notebook = TrackedNotebook()
_installed = False
_lock = threading.Lock()


def track(
    directory: Optional[str] = None,
    notebook: Optional[str] = None,
    cells: Union[None, str, Iterable[str]] = None,
    experiment: Optional[str] = None,
) -> Dict[str, Any]:
    """Makes runs of cells from the next execution on; may be called again, which adds to what is tracked.

    directory: the folder whose runs they are, from which .xtrack is looked for upwards, or a .xtrack directory itself; by
        default the notebook's folder, else the kernel's working directory. XTRACK_DIR in the environment beats it.
    notebook: the notebook's path; it names the runs and is where tracebacks point to.
    cells: None for every cell that trains or takes longer than a moment; "next" for the next execution; or ids of cells as
        the front end gives them to the kernel (the `cellId` of execute_request's metadata).

    Never raises. Returns {"version", "directory" (of .xtrack), "ipython": whether the kernel announces its cells itself}.
    """
    global _installed
    try:
        with _lock:
            if notebook is not None:
                _notebook.path = absolute(os.path.expanduser(str(notebook)))
            folder = directory if directory is not None else os.path.dirname(_notebook.path) if _notebook.path else None
            if folder is not None:
                directories.start_folder = absolute(os.path.expanduser(str(folder)))
            if experiment is not None:
                _notebook.experiment = str(experiment)
            if not _installed:
                _installed = True
                tracker.offered = _notebook.offered
                exits.install_in_kernel(_notebook.kernel_ends)
            _notebook.track(cells)
    except Exception as error:
        logger.warning("xtrack: cells are not tracked: %s: %s", type(error).__name__, error)
    return {"version": VERSION, "directory": directories.resolve(), "ipython": _notebook.is_ipython}


def untrack() -> None:
    """Stops making runs of cells; one that runs goes on to its end."""
    _notebook.forget()


class cell:  # noqa: N801 - used as a function
    """The execution of a cell, for other kernels than IPython. `file`: the name given to compile(), which tracebacks have."""

    def __init__(
        self, code: str = "", number: Optional[int] = None, cell_id: Optional[str] = None, file: Optional[str] = None
    ) -> None:
        self._what = (code, number, cell_id, file)

    def __enter__(self) -> cell:
        try:
            _notebook.started(*self._what)
        except Exception as error:
            logger.warning("xtrack: the cell is not tracked: %s: %s", type(error).__name__, error)
        return self

    def __exit__(self, kind: Any, value: Optional[BaseException], trace: Any) -> None:
        try:
            _notebook.ended(value)
        except Exception as error:
            logger.warning("xtrack: the cell's end is not recorded: %s: %s", type(error).__name__, error)
