"""Hooks for training loops."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ..api.guard import guarded
from ..api.run import Run
from ..core.warnings import Warnings


class PyTorchCallback:
    """Logs what a training loop reports: step metrics every n steps, epoch metrics, progress, checkpoints."""

    def __init__(self, run: Run, log_every_n_steps: int = 100) -> None:
        self.run = run
        self.warnings = getattr(run, "warnings", None) or Warnings()
        self.log_every_n_steps = max(1, log_every_n_steps) if isinstance(log_every_n_steps, int) else 100
        self._epoch: Optional[int] = None

    @guarded
    def on_epoch_start(self, epoch: int, total_epochs: Optional[int] = None) -> None:
        self._epoch = epoch
        progress = (epoch, total_epochs, "epochs") if total_epochs is not None else None
        self.run.set_status("training", message="Epoch %s" % epoch, progress=progress)

    @guarded
    def on_epoch_end(self, epoch: int, metrics: Dict[str, Any]) -> None:
        self.run.log_metrics(metrics, epoch=epoch)

    @guarded
    def on_step_end(self, step: int, metrics: Dict[str, Any]) -> None:
        if step % self.log_every_n_steps == 0:
            self.run.log_metrics(metrics, step=step, epoch=self._epoch)

    @guarded
    def on_checkpoint(
        self, path: Any, metrics: Dict[str, Any], is_best: bool = False, best_metric: Optional[str] = None, step: Optional[int] = None
    ) -> None:
        where = step if step is not None else self._epoch if self._epoch is not None else 0
        self.run.log_checkpoint(path, step=where, epoch=self._epoch, metrics=metrics, is_best=is_best, best_metric_key=best_metric)
