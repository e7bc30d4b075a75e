"""What the GPUs of a run do, by one long-lived nvidia-smi; nothing where there is none."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from typing import Dict, List, Optional

#: In the order in which nvidia-smi is asked; the first is the GPU's number.
_NAMES = ("util", "mem", "temp", "power")
_QUERY = "--query-gpu=index,utilization.gpu,memory.used,temperature.gpu,power.draw"
_NAMED = re.compile(r"(\d+|GPU-[0-9a-fA-F-]+)(,(\d+|GPU-[0-9a-fA-F-]+))*\Z")


class Gpus:
    def __init__(self, seconds: int) -> None:
        self._latest: Dict[str, float] = {}
        self._process: Optional[subprocess.Popen[bytes]] = None
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is not None and visible.strip() in ("", "-1", "NoDevFiles"):
            return  # The run uses none.
        try:
            self._process = subprocess.Popen(
                ["nvidia-smi", *_only(visible), _QUERY, "--format=csv,noheader,nounits", "-l", str(seconds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # A Ctrl-C in the supervisor's terminal must not reach it.
                start_new_session=True,
            )
        except OSError:
            return
        threading.Thread(target=self._read, name="xtrack-gpu", daemon=True).start()

    def sample(self) -> Dict[str, float]:
        """Of each GPU that the run may use: system/gpuN_util in %, _mem in MiB, _temp in °C and _power in W, as last reported."""
        return dict(self._latest)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            number, *values = [part.strip() for part in line.decode("ascii", "replace").split(",")]
            if not number.isdigit():
                continue
            for name, text in zip(_NAMES, values):
                try:
                    self._latest["system/gpu%s_%s" % (number, name)] = float(text)
                except ValueError:
                    continue  # "[N/A]": this GPU does not report it.
        # It ended, so that its last values are out of date.
        self._latest = {}


def _only(visible: Optional[str]) -> List[str]:
    """Options that name the GPUs that the script sees, where nvidia-smi knows those names (of parts of a GPU it does not)."""
    names = (visible or "").replace(" ", "")
    return ["-i", names] if _NAMED.match(names) else []
