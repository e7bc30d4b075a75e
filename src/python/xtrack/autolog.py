"""Hooks that are called when a framework is imported.

    from xtrack import autolog

    @autolog.on_import("lightning.pytorch")
    def patch(module): ...
"""

from __future__ import annotations

from .integrations.importhooks import on_import

__all__ = ["on_import"]
