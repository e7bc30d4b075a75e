"""Runs that the script left open are ended when the interpreter exits, with the exception that ended it if there was one."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, Callable, Dict, List, NoReturn, Optional, Protocol, Tuple, Type

from ..core.warnings import logger
from . import lastsignals


class Endable(Protocol):
    """What is ended: a run, which imports this module."""

    #: The number of the notebook cell that started it.
    cell: Optional[int]

    def end(self, status: str = "completed", error: Any = None) -> None:
        """Idempotent."""

    def forked(self) -> None:
        """In a forked child, before it does anything."""


_open: List[Endable] = []
_uncaught: Optional[Tuple[str, Dict[str, str]]] = None
_installed = False
#: Whether this is a kernel that executes cells.
_is_kernel = False
_hears_signals = False
_before_end: List[Callable[[], None]] = []
SHUT_DOWN = ("killed", {"type": "KernelExit", "message": "The kernel was restarted or shut down."})
_previous_hook: Callable[..., Any] = sys.excepthook
_previous_exit: Callable[..., NoReturn] = sys.exit


def watch(run: Endable) -> None:
    if run not in _open:
        _open.append(run)
    if run.cell is None:
        install()
    else:
        install_in_kernel()


def install() -> None:
    global _installed, _previous_hook, _previous_exit
    if _installed:
        return
    _installed = True
    _previous_hook = sys.excepthook
    sys.excepthook = _excepthook
    _previous_exit, sys.exit = sys.exit, _exit
    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def forget(run: Endable) -> None:
    if run in _open:
        _open.remove(run)


def open_runs() -> List[Endable]:
    return list(_open)


def verdict(kind: Type[BaseException], value: Optional[BaseException], trace: Optional[TracebackType]) -> Tuple[str, Dict[str, str]]:
    """(status, error) of a run that an exception ended."""
    if issubclass(kind, KeyboardInterrupt):
        return "killed", {"type": kind.__name__, "message": "interrupted"}
    if issubclass(kind, SystemExit) and getattr(value, "code", None) in (None, 0):
        return "completed", {}
    try:
        message = str(value)
    except Exception:
        message = "<no message>"
    text = "".join(traceback.format_exception(kind, value, trace))
    return "failed", {"type": kind.__name__, "message": message, "traceback": text}


def _excepthook(kind: Type[BaseException], value: BaseException, trace: Optional[TracebackType]) -> Any:
    global _uncaught
    try:
        _uncaught = verdict(kind, value, trace)
    finally:
        _previous_hook(kind, value, trace)


def _exit(*status: Any) -> NoReturn:
    """Stands in for sys.exit: the excepthook is not called for it, and at exit nothing else says which code a script leaves with."""
    global _uncaught
    try:
        _previous_exit(*status)
    except SystemExit as leaving:
        # What a cell raises ends no kernel.
        if threading.current_thread() is threading.main_thread() and not _is_kernel:
            _uncaught = verdict(type(leaving), leaving, leaving.__traceback__)
        raise


def install_in_kernel(before_end: Optional[Callable[[], None]] = None) -> None:
    """`before_end`: called before open runs are ended."""
    global _is_kernel, _hears_signals
    _is_kernel = True
    install()
    if before_end is not None:
        _before_end.append(before_end)
    if not _hears_signals:
        # The first run may have been started in a thread, where nothing can be installed.
        _hears_signals = lastsignals.before_they_end(_at_signal)


def _at_signal() -> None:
    _end_runs(*(_uncaught or SHUT_DOWN))


def _at_exit() -> None:
    # A kernel whose cells are tracked has a user, who shuts it down. One without, as under nbconvert or papermill, leaves by
    # itself after the last cell: a run that is left open then is over.
    is_shut_down = _is_kernel and (bool(_before_end) or _is_restarted())
    _end_runs(*(_uncaught or (SHUT_DOWN if is_shut_down else ("completed", {}))))


def _end_runs(status: str, error: Dict[str, str]) -> None:
    for before_end in _before_end:
        _attempt(before_end)
    for run in open_runs():
        _attempt(run.end, status, error or None)


def _attempt(end: Callable[..., None], *arguments: Any) -> None:
    """Whatever fails in it, the other runs are ended too."""
    try:
        end(*arguments)
    except Exception as error:
        logger.warning("xtrack: a run's end is not recorded: %s: %s", type(error).__name__, error)


def _is_restarted() -> bool:
    """Whether this is an IPython kernel that leaves because its user restarts it."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # The answer to the request, which ipykernel keeps until it has left.
    message = getattr(getattr(shell, "kernel", None), "_shutdown_message", None) or {}
    try:
        return message["content"]["restart"] is True
    except (LookupError, TypeError):
        return False


def _after_fork() -> None:
    for run in list(_open):
        run.forked()


def end_with_child_process(run: Endable) -> None:
    """Children of multiprocessing leave with os._exit, which skips atexit; it has a registry of its own."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, run.end, exitpriority=0)
