"""Where runs are kept, and where the collector of that directory listens."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Iterator, NamedTuple, Optional

from .process import absolute, hostname, working_directory

#: Where .xtrack is searched for instead of in the working directory: the folder of a notebook, which its kernel may not be in.
start_folder: Optional[str] = None


class Discovery(NamedTuple):
    host: str
    port: int
    token: str
    socket: Optional[str]


def resolve(start: Optional[str] = None) -> str:
    """`XTRACK_DIR`, else the nearest .xtrack upwards (not above $HOME), else in the git root, else in the folder."""
    given = os.environ.get("XTRACK_DIR")
    if given:
        return absolute(os.path.expanduser(given))
    start = os.path.abspath(start or start_folder or working_directory() or os.path.expanduser("~"))
    if os.path.basename(start) == ".xtrack":
        return start
    folders = list(upwards(start))
    for name, is_there in ((".xtrack", os.path.isdir), (".git", os.path.exists)):
        for folder in folders:
            if is_there(os.path.join(folder, name)):
                return os.path.join(folder, ".xtrack")
    return os.path.join(start, ".xtrack")


def upwards(folder: str) -> Iterator[str]:
    home = os.path.realpath(os.path.expanduser("~"))
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.realpath(folder) == home:
            return
        folder = parent


def ensure(directory: str) -> None:
    """Makes the .xtrack directory. Raises OSError where it cannot be written."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    try:
        fd = os.open(os.path.join(directory, ".gitignore"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        os.write(fd, b"*\n")
    finally:
        os.close(fd)


def run_directory(directory: str, run_id: str) -> str:
    """Makes a run's directory. Raises OSError, also where a link is in its place."""
    path = os.path.join(directory, "runs", run_id)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    os.makedirs(path, mode=0o700, exist_ok=True)
    if os.path.islink(path):
        raise NotADirectoryError("%s is a link" % path)
    return path


def fallbacks(directory: str) -> Iterator[str]:
    """Where journals go when `directory` cannot be written: a cache, else a temporary directory."""
    name = hashlib.sha256(os.path.realpath(directory).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    yield os.path.join(_cache(), "xtrack", "journals", name)
    # Only here: it takes a while to import, and is hardly ever needed.
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else 0
    yield os.path.join(tempfile.gettempdir(), "xtrack-%d" % user, name)


def discovery_file(directory: str) -> str:
    """The file in which the collector of this host that serves `directory` publishes its address."""
    base = os.environ.get("XDG_RUNTIME_DIR") or os.path.join(_cache(), "host-" + hostname())
    digest = hashlib.sha256(os.path.realpath(directory).encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(base, "xtrack", digest, "collector.json")


def discover(directory: str) -> Optional[Discovery]:
    """The collector of this host that serves `directory`, or None."""
    try:
        with open(discovery_file(directory), encoding="utf-8") as source:
            found = json.load(source)
        host = found.get("host")
        local = "127.0.0.1" if not host or host in ("0.0.0.0", "::", hostname()) else str(host)
        return Discovery(local, int(found["port"]), str(found["token"]), found.get("socket"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _cache() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")


def workspace() -> str:
    """The real path of the folder that contains .xtrack; what is below it moves with it."""
    return os.path.dirname(os.path.realpath(resolve()))
