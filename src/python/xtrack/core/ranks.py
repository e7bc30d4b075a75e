"""Which worker of a distributed job this process is, and on which run id the job's processes agree."""

from __future__ import annotations

import os
import re
import time
from typing import Optional

from .directory import ensure
from .ids import clean_id, is_id, new_run_id, new_writer
from .process import hostname, process

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK")
_SIZES = ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")
_AGREE_S = 2.0


def worker_id() -> str:
    given = os.environ.get("XTRACK_WORKER_ID")
    if given:
        return clean_id(given, "worker-0")
    rank = _rank()
    return "worker-%d" % rank if rank is not None else "worker-0"


def _rank() -> Optional[int]:
    for name in _RANKS:
        text = os.environ.get(name, "")
        if text.isdigit():
            return int(text)
    return None


def agreed_run_id(directory: str) -> str:
    """A new run id; the same one in all processes of one torchrun, srun or mpirun."""
    group = _group()
    if group is None:
        return new_run_id()
    folder = os.path.join(directory, "groups")
    try:
        ensure(directory)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return _agree(os.path.join(folder, group))
    except OSError:
        return clean_id("group-" + group, new_run_id())


def _group() -> Optional[str]:
    env = os.environ
    sizes = [env[name] for name in _SIZES if name in env]
    # A shell on a cluster node, or a container, has a rank too: what is started in it one after the other are runs of their own.
    if _rank() is None or (sizes and all(size == "1" for size in sizes)):
        return None
    job = env.get("SLURM_JOB_ID")
    if job and "TORCHELASTIC_RUN_ID" not in env:
        return clean_id("slurm-%s.%s" % (job, env.get("SLURM_STEP_ID", "0")), "slurm")
    # torchrun's default id is "none", and people use one id for many jobs: on one node the agent process identifies the job.
    torch_id = env.get("TORCHELASTIC_RUN_ID")
    if torch_id and env.get("LOCAL_WORLD_SIZE") != env.get("WORLD_SIZE"):
        place = "" if torch_id != "none" else "-%s-%s" % (env.get("MASTER_ADDR", ""), env.get("MASTER_PORT", ""))
        return clean_id("torch-%s%s" % (torch_id, place), "torch")
    parent = process(os.getppid())
    start = re.sub(r"[^0-9A-Za-z]+", "", str(parent["start"]))
    return clean_id("parent-%s-%d-%s" % (hostname(), parent["pid"], start), "parent")


def _agree(path: str) -> str:
    """The first process writes its id; a link appears with its content, all at once."""
    mine = new_run_id()
    temp = "%s.%s.tmp" % (path, new_writer())
    with open(temp, "w", encoding="ascii") as target:
        target.write(mine)
    try:
        os.link(temp, path)
        return mine
    except FileExistsError:
        return _read_when_written(path)
    except OSError:
        return _agree_without_links(path, mine)
    finally:
        os.unlink(temp)


def _agree_without_links(path: str, mine: str) -> str:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_when_written(path)
    try:
        os.write(fd, mine.encode("ascii"))
    finally:
        os.close(fd)
    return mine


def _read_when_written(path: str) -> str:
    deadline = time.monotonic() + _AGREE_S
    while True:
        with open(path, encoding="ascii", errors="replace") as source:
            text = source.read().strip()
        if is_id(text):
            return text
        if time.monotonic() > deadline:
            raise OSError("%s holds no run id" % path)
        time.sleep(0.01)
