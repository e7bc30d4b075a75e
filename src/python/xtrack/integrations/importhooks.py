"""Hooks that patch a framework when it is imported, so that what it logs goes to the run as well.

    @autolog.on_import("lightning.pytorch")
    def patch(module): ...

A hook is called once, with the module, after it was imported (at once where it was before). What it raises is counted and
never reaches the script. Without hooks nothing is installed, so that imports cost what they did; XTRACK_AUTOLOG=0 turns
all of it off. A hook finds the run with `xtrack.current_run()`.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional, Set

from ..core.warnings import Warnings

Hook = Callable[[ModuleType], object]

_hooks: Dict[str, List[Hook]] = {}
warnings = Warnings()


def on_import(module: str) -> Callable[[Hook], Hook]:
    """Registers a hook; a decorator."""

    def register(hook: Hook) -> Hook:
        if os.environ.get("XTRACK_AUTOLOG", "").strip().lower() in ("0", "false", "off", "no"):
            return hook
        loaded = sys.modules.get(module)
        # A module that is being imported this very moment is not whole yet.
        if loaded is not None and not getattr(getattr(loaded, "__spec__", None), "_initializing", False):
            _call(hook, loaded)
            return hook
        _hooks.setdefault(module, []).append(hook)
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        return hook

    return register


def _call(hook: Hook, module: ModuleType) -> None:
    try:
        hook(module)
    except Exception as error:
        warnings.caught("the hook for %s" % module.__name__, error)


def _imported(module: ModuleType) -> None:
    for hook in _hooks.pop(module.__name__, []):
        _call(hook, module)
    if not _hooks and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


class _Finder(MetaPathFinder):
    """Lets the other finders find a module that has hooks, and wraps its loader."""

    def __init__(self) -> None:
        self._asking: Set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        if name not in _hooks or name in self._asking:
            return None
        self._asking.add(name)
        try:
            spec = find_spec(name)
        finally:
            self._asking.discard(name)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    # Loaders may return a module, whatever the stubs for Python 3.8 say.
    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # What asks the module for its loader, such as inspect or pkgutil, is to find the real one.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _imported(module)


_finder = _Finder()
