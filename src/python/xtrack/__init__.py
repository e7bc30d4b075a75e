"""XTrack's Python client: records training runs. Standard library only.

    from xtrack import Tracker

    with Tracker.start_run(name="resnet50") as run:
        run.log_params({"lr": 0.1})
        run.log_metric("loss", 0.5, step=1)

Every event is in a file of the .xtrack directory when its call returns, whether or not an editor is open.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Callable, cast

from .api.run import Run
from .api.tracker import Tracker, current_run
from .core.warnings import logger as _logger
from .integrations.pytorch import PyTorchCallback
from .transport.transports import FileTransport, NullTransport, StdioTransport, TCPTransport, Transport, UnixSocketTransport
from .version import VERSION as __version__

if TYPE_CHECKING:
    # Type checkers bring it along.
    from typing_extensions import Concatenate, ParamSpec  # pyright: ignore[reportMissingModuleSource]

    P = ParamSpec("P")

__all__ = [
    "FileTransport",
    "NullTransport",
    "PyTorchCallback",
    "Run",
    "StdioTransport",
    "TCPTransport",
    "Tracker",
    "Transport",
    "UnixSocketTransport",
    "__version__",
    "alert",
    "current_run",
    "end_run",
    "log",
    "log_artifact",
    "log_checkpoint",
    "log_confusion_matrix",
    "log_histogram",
    "log_image",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "log_pr_curve",
    "log_roc_curve",
    "log_table",
    "set_status",
    "start_run",
]

start_run = Tracker.start_run


def end_run(status: str = "completed") -> None:
    """Ends the current run, if there is one, as completed, failed or killed."""
    run = current_run()
    if run is not None:
        run.end(status)


def _of_current_run(method: Callable[Concatenate[Run, P], None]) -> Callable[P, None]:
    """The method as a function that calls it on the current run, and only warns where there is none."""

    @functools.wraps(method)
    def call(*arguments: P.args, **named: P.kwargs) -> None:
        run = current_run()
        if run is None:
            _logger.warning("xtrack: %s without a run does nothing: call start_run first", method.__name__)
        else:
            method(run, *arguments, **named)

    # It is pickled by its own name: the method's is another function.
    call.__module__, call.__qualname__ = __name__, call.__name__
    # What shows signatures follows this, and would show the method's `self` otherwise.
    vars(call)["__wrapped__"] = functools.partial(method, cast(Run, None))
    return call


log_param = _of_current_run(Run.log_param)
log_params = _of_current_run(Run.log_params)
log_metric = _of_current_run(Run.log_metric)
log_metrics = _of_current_run(Run.log_metrics)
log_artifact = _of_current_run(Run.log_artifact)
log_checkpoint = _of_current_run(Run.log_checkpoint)
log_image = _of_current_run(Run.log_image)
log_histogram = _of_current_run(Run.log_histogram)
log_table = _of_current_run(Run.log_table)
log_confusion_matrix = _of_current_run(Run.log_confusion_matrix)
log_roc_curve = _of_current_run(Run.log_roc_curve)
log_pr_curve = _of_current_run(Run.log_pr_curve)
set_status = _of_current_run(Run.set_status)
alert = _of_current_run(Run.alert)
log = _of_current_run(Run.log)
