"""XTrack's Python client: records training runs. Standard library only.

    from xtrack import Tracker

    with Tracker.start_run(name="resnet50") as run:
        run.log_params({"lr": 0.1})
        run.log_metric("loss", 0.5, step=1)

Every event is in a file of the .xtrack directory when its call returns, whether or not an editor is open.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from .integrations.pytorch import PyTorchCallback
from .api.run import Run
from .api.tracker import Tracker, current_run
from .transport.transports import FileTransport, NullTransport, StdioTransport, TCPTransport, Transport, UnixSocketTransport
from .core.warnings import logger as _logger
from .version import VERSION as __version__

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
    run = current_run()
    if run is not None:
        run.end(status)


def _of_current(method: str, arguments: Any, named: Dict[str, Any]) -> Optional[Any]:
    run = current_run()
    if run is None:
        _logger.warning("xtrack: %s without a run does nothing: call start_run first", method)
        return None
    return getattr(run, method)(*arguments, **named)


def log_param(*arguments: Any, **named: Any) -> None:
    """As Run.log_param, of the current run; so are the other functions."""
    _of_current("log_param", arguments, named)


def log_params(*arguments: Any, **named: Any) -> None:
    _of_current("log_params", arguments, named)


def log_metric(*arguments: Any, **named: Any) -> None:
    _of_current("log_metric", arguments, named)


def log_metrics(*arguments: Any, **named: Any) -> None:
    _of_current("log_metrics", arguments, named)


def log_artifact(*arguments: Any, **named: Any) -> None:
    _of_current("log_artifact", arguments, named)


def log_checkpoint(*arguments: Any, **named: Any) -> None:
    _of_current("log_checkpoint", arguments, named)


def log_image(*arguments: Any, **named: Any) -> None:
    _of_current("log_image", arguments, named)


def log_histogram(*arguments: Any, **named: Any) -> None:
    _of_current("log_histogram", arguments, named)


def log_table(*arguments: Any, **named: Any) -> None:
    _of_current("log_table", arguments, named)


def log_confusion_matrix(*arguments: Any, **named: Any) -> None:
    _of_current("log_confusion_matrix", arguments, named)


def log_roc_curve(*arguments: Any, **named: Any) -> None:
    _of_current("log_roc_curve", arguments, named)


def log_pr_curve(*arguments: Any, **named: Any) -> None:
    _of_current("log_pr_curve", arguments, named)


def set_status(*arguments: Any, **named: Any) -> None:
    _of_current("set_status", arguments, named)


def alert(*arguments: Any, **named: Any) -> None:
    _of_current("alert", arguments, named)


def log(*arguments: Any, **named: Any) -> None:
    _of_current("log", arguments, named)
