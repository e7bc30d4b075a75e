"""A callback for training loops written in PyTorch or like it; it needs no framework."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ..api.guard import guarded
from ..api.run import Run
from ..core.warnings import Warnings

_EVERY = 100


class PyTorchCallback:
    """Logs what a training loop reports: metrics of steps and of epochs, progress, checkpoints. No method raises.

    run: the run that is logged to.
    log_every_n_steps: `on_step_end` logs the steps whose number this divides.
    """

    def __init__(self, run: Run, log_every_n_steps: Any = _EVERY) -> None:
        self.run = run
        self.warnings: Warnings = getattr(run, "warnings", None) or Warnings()
        self.log_every_n_steps = max(1, log_every_n_steps) if isinstance(log_every_n_steps, int) else _EVERY
        self._epoch: Optional[int] = None

    @guarded
    def on_epoch_start(self, epoch: int, total_epochs: Optional[int] = None) -> None:
        """Sets the run's status; with `total_epochs` also its progress."""
        self._epoch = epoch
        progress = (epoch, total_epochs, "epochs") if total_epochs is not None else None
        self.run.set_status("training", message="Epoch %s" % epoch, progress=progress)

    @guarded
    def on_epoch_end(self, epoch: int, metrics: Dict[str, Any]) -> None:
        """Logs values by key, at the epoch."""
        self.run.log_metrics(metrics, epoch=epoch)

    @guarded
    def on_step_end(self, step: int, metrics: Dict[str, Any]) -> None:
        """Logs values by key, at every n-th step."""
        if step % self.log_every_n_steps == 0:
            self.run.log_metrics(metrics, step=step, epoch=self._epoch)

    @guarded
    def on_checkpoint(
        self, path: Any, metrics: Dict[str, Any], is_best: bool = False, best_metric: Optional[str] = None, step: Optional[int] = None
    ) -> None:
        """Logs a checkpoint, as `Run.log_checkpoint` does; without a step it belongs to the current epoch's number."""
        where = step if step is not None else self._epoch if self._epoch is not None else 0
        self.run.log_checkpoint(path, step=where, epoch=self._epoch, metrics=metrics, is_best=is_best, best_metric_key=best_metric)
