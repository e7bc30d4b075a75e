"""The import name: a package on PyPI (accelerator physics), or a file of the user's, may be called xtrack as well."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from typing import List, Optional

from .process import absolute, working_directory

#: The folder of this package.
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: The folder on the search path from which this package was imported.
PACKAGE_DIR = os.path.dirname(PACKAGE)


def another_xtrack(script: Optional[str]) -> Optional[str]:
    """A warning where `import xtrack` in the script does not mean this package, or hides another one of that name."""
    if script is not None:
        found = _foreign_in([os.path.dirname(absolute(script))])
        if found:
            return (
                "%s is next to the script and hides XTrack's client: `import xtrack` gets that, and the script cannot log. "
                "Rename it." % found
            )
    found = another_xtrack_here()
    if found:
        return (
            "Another package named xtrack is installed in %s. In this run `import xtrack` gets XTrack's client instead; a script "
            "that needs the other one must be started without tracking." % os.path.dirname(found)
        )
    return None


def another_xtrack_here() -> Optional[str]:
    """Another package of the name on this interpreter's search path."""
    ours = os.path.realpath(PACKAGE_DIR)
    return _foreign_in([path for path in sys.path if path and os.path.realpath(path) != ours])


def shadowing() -> Optional[str]:
    """What `import xtrack` finds in the working directory before this client."""
    folder = working_directory()
    return _foreign_in([folder]) if folder else None


def _foreign_in(folders: List[str]) -> Optional[str]:
    spec = PathFinder.find_spec("xtrack", folders)
    if spec is None:
        return None
    if spec.origin and os.path.basename(spec.origin) != "__init__.py":
        return os.path.realpath(spec.origin)
    # A folder without __init__.py hides nothing that has one.
    folder = os.path.dirname(spec.origin) if spec.origin else None
    return os.path.realpath(folder) if folder and not _is_client(folder) else None


def _is_client(folder: str) -> bool:
    """Whether the package in `folder` is this client, of this version or an earlier one, which had no rooms."""
    return any(os.path.exists(os.path.join(folder, *path)) for path in (("core", "outlet.py"), ("outlet.py",)))
