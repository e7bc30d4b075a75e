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
import re
import sys
import threading
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Union

from .api import exits, tracker
from .core import directory as directories
from .core.process import absolute
from .core.warnings import logger
from .notebooks.cellrun import CellRun
from .version import VERSION

#: File names that IPython invents for cells.
_CELL_FILE = re.compile(r"(?:[\\/]ipykernel_\d+[\\/]\d+\.py|<ipython-input-(\d+)-[0-9a-f]+>)\Z")
_FRAME = re.compile(r'(?m)^(\s*File )"([^"\n]+)", line (\d+)')


class Place(NamedTuple):
    """A cell, as a file name in tracebacks."""

    name: str
    #: IPython drops the empty lines at a cell's start and counts from there.
    lines_before: int


class Notebook:
    """What is tracked in this kernel."""

    def __init__(self) -> None:
        self.path: Optional[str] = None
        self.experiment: Optional[str] = None
        self._every = False
        self._next = False
        self._ids: List[str] = []
        self._shell: Any = None
        self._running: Optional[CellRun] = None
        #: By the file name that tracebacks have for it, and by its number in IPython.
        self._places: Dict[str, Place] = {}
        self._numbered: Dict[int, Place] = {}

    # ------------------------------------------------------------ what is tracked

    def track(self, cells: Union[None, str, Iterable[str]]) -> None:
        if cells is None:
            self._every = True
        elif cells == "next":
            self._next = True
        else:
            self._ids.extend([cells] if isinstance(cells, str) else list(cells))
        self._listen()

    def forget(self) -> None:
        self._every, self._next, self._ids = False, False, []
        if self._shell is not None:
            for name, heard in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
                self._shell.events.unregister(name, heard)
            self._shell = None

    def _listen(self) -> None:
        shell = _ipython()
        if shell is None or shell is self._shell:
            return
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        self._shell = shell

    @property
    def is_ipython(self) -> bool:
        return self._shell is not None

    def _is_tracked(self, cell_id: Optional[str]) -> bool:
        if self._next:
            self._next = False
            return True
        return self._every or (cell_id is not None and cell_id in self._ids)

    # ------------------------------------------------------------ what IPython tells

    def _before(self, info: Any) -> None:
        try:
            # Front ends execute code of their own, which they keep out of the history.
            if getattr(info, "store_history", True) and not getattr(info, "silent", False):
                self.started(getattr(info, "raw_cell", "") or "", self._shell.execution_count, getattr(info, "cell_id", None))
        except Exception as error:
            logger.warning("xtrack: the cell is not tracked: %s: %s", type(error).__name__, error)

    def _after(self, result: Any = None) -> None:
        try:
            # Without a result the cell was cut off before it had one.
            error = KeyboardInterrupt() if result is None else result.error_before_exec or result.error_in_exec
            self.ended(error)
        except Exception as error:
            logger.warning("xtrack: the cell's end is not recorded: %s: %s", type(error).__name__, error)

    # ------------------------------------------------------------ a cell, from start to end

    def started(self, code: str, number: Optional[int], cell_id: Optional[str], file: Optional[str] = None) -> None:
        place = self._place(number, cell_id)
        if file is not None:
            self._places[file] = Place(place, 0)
        elif number is not None:
            self._numbered[number] = Place(place, _empty_lines(code))
        if self._running is not None:
            self.ended(KeyboardInterrupt())
        if not self._is_tracked(cell_id):
            return
        label = os.path.basename(self.path) if self.path else "notebook"
        tags = {"notebook": label}
        if cell_id is not None:
            tags["cell"] = cell_id
        name = label if number is None else "%s [%d]" % (label, number)
        # A chosen cell is a run at once; in a notebook that is tracked as a whole only cells that train or take a while are.
        asked = not self._every or (cell_id is not None and cell_id in self._ids)
        start = lambda: tracker.start_of_cell(name, tags, self.experiment, number)  # noqa: E731
        self._running = CellRun(start, code, asked)

    def ended(self, error: Optional[BaseException]) -> None:
        cell, self._running = self._running, None
        if cell is None:
            return
        if error is None:
            cell.end("completed", None)
            return
        status, details = exits.verdict(type(error), error, self._of_the_cell(error.__traceback__))
        if "traceback" in details:
            details["traceback"] = self._located(details["traceback"])
        cell.end(status, details or None)

    def kernel_ends(self) -> None:
        cell, self._running = self._running, None
        if cell is not None:
            cell.end(*exits.SHUT_DOWN)

    def offered(self, run_id: Optional[str]) -> Any:
        return self._running.offer(run_id) if self._running is not None else None

    # ------------------------------------------------------------ where it is

    def _place(self, number: Optional[int], cell_id: Optional[str]) -> str:
        """Stands for a file name in tracebacks: the cell's own address, or the notebook's with the cell behind #."""
        if cell_id is not None and cell_id.startswith("vscode-notebook-cell:"):
            return cell_id
        if self.path is None:
            return "<notebook>"
        return "%s#%s" % (self.path, cell_id if cell_id is not None else "In[%s]" % ("?" if number is None else number))

    def _located(self, text: str) -> str:
        def locate(found: re.Match[str]) -> str:
            place = self._place_of(found.group(2))
            if place is None:
                return found.group(0)
            return '%s"%s", line %d' % (found.group(1), place.name, int(found.group(3)) + place.lines_before)

        return _FRAME.sub(locate, text)

    def _place_of(self, file: str) -> Optional[Place]:
        if file in self._places:
            return self._places[file]
        found = _CELL_FILE.search(file)
        if found is None:
            return None
        number = found.group(1) or getattr(getattr(self._shell, "compile", None), "_filename_map", {}).get(file)
        return self._numbered.get(int(number)) if number is not None else None

    def _of_the_cell(self, trace: Any) -> Any:
        """Without the frames of what executes cells, which come first."""
        first = trace
        while trace is not None and self._place_of(trace.tb_frame.f_code.co_filename) is None:
            trace = trace.tb_next
        return trace or first


def _ipython() -> Any:
    found = sys.modules.get("IPython")
    return found.get_ipython() if found is not None else None


def _empty_lines(code: str) -> int:
    return code[: len(code) - len(code.lstrip())].count("\n")


_notebook = Notebook()
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
