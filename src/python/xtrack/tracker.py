"""What pickled runs name: pickles that were saved with any version of this client are read with every other one."""

from __future__ import annotations

from .api.run import unpickled

__all__ = ["unpickled"]
