"""Callbacks for training loops."""

from __future__ import annotations

from .integrations.pytorch import PyTorchCallback

__all__ = ["PyTorchCallback"]
