"""What `python -m xtrack run` was asked to run."""

from __future__ import annotations

import os
import socket
import sys
from typing import Dict, List, NamedTuple, Optional

from ..core.process import absolute, working_directory


class Refusal(NamedTuple):
    """Why no process was started."""

    code: int
    message: str


class Job(NamedTuple):
    """What was asked for on the command line."""

    words: List[str]
    is_command: bool = False
    tty: bool = False
    once: bool = False
    run_id: Optional[str] = None
    attempt: Optional[int] = None
    name: Optional[str] = None
    experiment: Optional[str] = None
    tags: Dict[str, str] = {}
    #: debugpy's folder; where it is given, the script waits for a debugger to attach.
    debugger: Optional[str] = None
    #: Number of processes of the script, as torchrun starts them on one machine.
    workers: int = 1

    @property
    def script(self) -> Optional[str]:
        return None if self.is_command or self.words[0] == "-m" else self.words[0]

    def command(self, rank: int) -> List[str]:
        if self.is_command:
            return self.words
        if self.debugger is None or rank > 0:
            return [sys.executable, *self.words]
        # Frozen modules hide breakpoints in them, which debugpy would warn of.
        return [sys.executable, "-X", "frozen_modules=off", self.debugger, "--listen", "127.0.0.1:0", "--wait-for-client", *self.words]

    def why_not(self) -> Optional[Refusal]:
        script = self.script
        if script is None:
            return None
        if not os.path.exists(script):
            return Refusal(127, "There is no script %s in %s. Check its path and the working directory." % (script, working_directory()))
        if not os.access(script, os.R_OK):
            return Refusal(126, "The script %s cannot be read. Check its permissions." % absolute(script))
        return None

    def rank_environments(self) -> List[Dict[str, str]]:
        """The variables that torch.distributed and its like read, for each process; {} for the only one."""
        if self.workers == 1:
            return [{}]
        common = {
            "WORLD_SIZE": str(self.workers),
            "LOCAL_WORLD_SIZE": str(self.workers),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(_free_port()),
            # Otherwise each process would use all cores.
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // self.workers)),
        }
        ranks = [str(rank) for rank in range(self.workers)]
        return [{**common, "RANK": rank, "LOCAL_RANK": rank, "XTRACK_WORKER_ID": "worker-" + rank} for rank in ranks]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
