"""Where a run comes from: script, command line, git state, environment, packages, hardware. Secrets are left out."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from typing import Any, Dict, List, Optional

from .jsontext import plain
from .process import absolute, hostname, working_directory
from .redaction import redact, redact_arguments, redact_variable

DIFF_LIMIT = 1_000_000
_HASH_LIMIT = 10_000_000
_KEPT = re.compile(
    r"(XTRACK_|CUDA_|NCCL_|OMP_|MKL_|SLURM_|TORCH|TF_|JAX_|XLA_|HF_|PYTHON|CONDA_|VIRTUAL_ENV|MASTER_|NVIDIA_|ROCR_|HIP_)"
    r"|(RANK|LOCAL_RANK|WORLD_SIZE|LOCAL_WORLD_SIZE|HOSTNAME)\Z"
)


def quick_source() -> Dict[str, Any]:
    """What is known within milliseconds."""
    entry = entrypoint()
    source: Dict[str, Any] = {
        "entrypoint": entry,
        "code_hash": file_hash(entry) if entry else None,
        "cwd": working_directory() or None,
        **git_revision(working_directory()),
    }
    if not is_notebook_kernel():
        source.update(interpreter=sys.executable or None, argv=redact_arguments(command_line()))
    return {name: value for name, value in source.items() if value is not None}


def quick_environment() -> Dict[str, Any]:
    system = platform.uname() if sys.platform == "win32" else os.uname()
    return {
        "python_version": platform.python_version(),
        "platform": "%s %s %s" % (system[0], system[2], system[4]),
        "hostname": hostname(),
        "env_vars": environment_variables(),
    }


def environment_variables() -> Dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if _KEPT.match(name)}
    return {name: redact_variable(name, value[:2000]) for name, value in kept.items()}


def entrypoint() -> Optional[str]:
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return absolute(path) if isinstance(path, str) else None


def is_notebook_kernel() -> bool:
    """Whether this process is a kernel, whose command line is not what ran."""
    return "ipykernel" in sys.modules and entrypoint() is None


def file_hash(path: str) -> Optional[str]:
    try:
        with open(path, "rb") as source:
            return hashlib.sha256(source.read(_HASH_LIMIT)).hexdigest()
    except OSError:
        return None


def command_line() -> List[str]:
    """What follows the interpreter: [script | "-m", module, ...args]."""
    original = list(getattr(sys, "orig_argv", []))[1:]
    while original:
        word = original[0]
        if word in ("-m", "-c") or not word.startswith("-"):
            return original
        # -X and -W take the next word, unless it follows directly.
        del original[: 2 if word in ("-X", "-W", "--check-hash-based-pycs") else 1]
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name:
        module = spec.name[: -len(".__main__")] if spec.name.endswith(".__main__") else spec.name
        return ["-m", module, *sys.argv[1:]]
    return list(sys.argv)


def git_revision(folder: str) -> Dict[str, Any]:
    """Commit, branch and remote; empty where there is no git."""
    commit, _, branch = (_git(folder, 1, "rev-parse", "HEAD", "--abbrev-ref", "HEAD") or "").strip().partition("\n")
    if not commit:
        return {}
    state: Dict[str, Any] = {"git_commit": commit}
    if branch and branch != "HEAD":
        state["git_branch"] = branch
    remote = (_git(folder, 1, "config", "--get", "remote.origin.url") or "").strip()
    if remote:
        state["git_repo"] = re.sub(r"://[^/@]*@", "://", remote)
    return state


def git_state(folder: str) -> Dict[str, Any]:
    """The revision, and what was changed since."""
    state = git_revision(folder)
    diff = _git(folder, 10, "diff", "--no-ext-diff", "--no-color", "HEAD")
    if state and diff:
        state["git_diff"] = _cut_diff(redact(diff))
    return state


def _cut_diff(diff: str) -> str:
    raw = diff.encode("utf-8", "replace")
    if len(raw) <= DIFF_LIMIT:
        return diff
    return raw[:DIFF_LIMIT].decode("utf-8", "ignore") + "\n[%d bytes left out]\n" % (len(raw) - DIFF_LIMIT)


def _git(folder: str, seconds: float, *arguments: str) -> Optional[str]:
    # Without optional locks: we must not make a git command of the user fail.
    return _output(["git", "--no-optional-locks", "-C", folder, *arguments], seconds)


def packages() -> Dict[str, str]:
    """Installed distributions by the names of their metadata folders, which is far faster than to parse them."""
    found: Dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            stem, extension = os.path.splitext(name)
            if extension in (".dist-info", ".egg-info"):
                parts = stem.split("-")
                if len(parts) > 1:
                    found.setdefault(parts[0].replace("_", "-").lower(), parts[1])
    return dict(sorted(found.items()))


def gpus() -> List[Dict[str, Any]]:
    text = _output(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"], 10)
    rows = [line.rsplit(",", 1) for line in (text or "").splitlines()]
    return [{"name": row[0].strip(), "memory": _mebibytes(row[1])} for row in rows if len(row) == 2]


def _mebibytes(text: str) -> Optional[int]:
    """As bytes."""
    text = text.strip()
    return int(text) * 2**20 if text.isdigit() else None


def hardware() -> Dict[str, Any]:
    facts: Dict[str, Any] = {"cpus": os.cpu_count(), "machine": platform.machine()}
    try:
        facts["memory"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        facts["cpus_usable"] = len(os.sched_getaffinity(0))
    except (AttributeError, ValueError, OSError):
        return facts
    return facts


def slow_description() -> Dict[str, Any]:
    """The payload of a source event: what takes a moment to find out, as plain JSON values."""
    return {"source": plain(git_state(working_directory()), 2 * DIFF_LIMIT), "env": plain(slow_environment())}


def slow_environment() -> Dict[str, Any]:
    """The environment with what takes a moment to find out."""
    environment = quick_environment()
    environment["packages"] = packages()
    environment["hardware"] = hardware()
    found = gpus()
    if found:
        environment["gpu_info"] = found
    return environment


def _output(command: List[str], seconds: float) -> Optional[str]:
    """What a program prints; None where there is no such program or it fails."""
    try:
        made = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return made.stdout.decode("utf-8", "replace") if made.returncode == 0 else None
