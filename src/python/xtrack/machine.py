"""What a run costs the machine, sampled: percentages, and mebibytes for memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Dict, List, Optional, Tuple

from .jsontext import json_text
from .writer import Writer

_FIRST_S = 1
_EVERY_S = 5
_GPU_QUERY = "--query-gpu=index,utilization.gpu,memory.used"


class Machine:
    """Samples into a run's journal, for a loop that calls `step` a few times a second."""

    def __init__(self, session: int, writer: Writer) -> None:
        self._writer = writer
        self._sampler = Sampler(session)
        self._gpus = Gpus(_EVERY_S)
        self._sample()
        self._due = time.monotonic() + _FIRST_S

    def step(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _EVERY_S
        values = {**self._sample(), **self._gpus.sample()}
        if values:
            rounded = {key: round(value, 2) for key, value in values.items()}
            self._writer.event("metric_batch", ',"metrics":' + json_text(rounded))

    def _sample(self) -> Dict[str, float]:
        try:
            return self._sampler.sample()
        except (OSError, ValueError, IndexError) as error:
            self._writer.troubles.caught("sampling the machine", error)
            return {}

    def stop(self) -> None:
        self._gpus.stop()


class Sampler:
    def __init__(self, session: int) -> None:
        self._session = session
        self._total: Optional[Tuple[float, float]] = None
        self._own: Optional[Tuple[float, float]] = None
        self._ticks = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

    def sample(self) -> Dict[str, float]:
        """system/cpu and system/memory in % of the machine; of the script's processes system/process_cpu in % of one
        core and system/process_rss in MiB. Rates need two samples, so the first is without them."""
        if not sys.platform.startswith("linux"):
            return self._sample_with_ps()
        found: Dict[str, float] = {}
        busy, total = _cpu_ticks()
        if self._total is not None and total > self._total[1]:
            found["system/cpu"] = 100.0 * (busy - self._total[0]) / (total - self._total[1])
        self._total = (busy, total)
        found["system/memory"] = _memory_percent()
        ticks, pages = self._processes()
        now = time.monotonic()
        if self._own is not None and now > self._own[1] and ticks >= self._own[0]:
            found["system/process_cpu"] = 100.0 * (ticks - self._own[0]) / self._ticks / (now - self._own[1])
        self._own = (ticks, now)
        found["system/process_rss"] = pages * self._page / 2**20
        return found

    def _processes(self) -> Tuple[float, float]:
        """CPU ticks and resident pages of all processes of the script's session, its workers included."""
        ticks = pages = 0.0
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % name, "rb") as source:
                    text = source.read()
            except OSError:
                continue  # It ended while we looked.
            fields = text[text.rfind(b")") + 2 :].split()
            if int(fields[3]) == self._session:
                ticks += int(fields[11]) + int(fields[12])
                pages += int(fields[21])
        return ticks, pages

    def _sample_with_ps(self) -> Dict[str, float]:
        try:
            made = subprocess.run(["ps", "-A", "-o", "pgid=,pcpu=,rss="], stdout=subprocess.PIPE, timeout=5)
        except (OSError, subprocess.SubprocessError):
            return {}
        rows = [line.split() for line in made.stdout.decode("ascii", "replace").splitlines()]
        cpu = sum(float(row[1]) for row in rows if len(row) == 3)
        own = [row for row in rows if len(row) == 3 and row[0] == str(self._session)]
        return {
            "system/cpu": cpu / (os.cpu_count() or 1),
            "system/process_cpu": sum(float(row[1]) for row in own),
            "system/process_rss": sum(float(row[2]) for row in own) / 1024,
        }


def _cpu_ticks() -> Tuple[float, float]:
    with open("/proc/stat", "rb") as source:
        ticks = [int(part) for part in source.readline().split()[1:9]]
    return float(sum(ticks) - ticks[3] - ticks[4]), float(sum(ticks))


def _memory_percent() -> float:
    facts: Dict[bytes, int] = {}
    with open("/proc/meminfo", "rb") as source:
        for line in source:
            name, value = line.split(b":", 1)
            facts[name] = int(value.split()[0])
    return 100.0 * (1 - facts.get(b"MemAvailable", facts[b"MemFree"]) / facts[b"MemTotal"])


class Gpus:
    """One long-lived nvidia-smi, so that sampling costs nothing; nothing where there is none."""

    def __init__(self, seconds: int) -> None:
        self._latest: Dict[str, float] = {}
        try:
            self._process: Optional["subprocess.Popen[bytes]"] = subprocess.Popen(
                ["nvidia-smi", _GPU_QUERY, "--format=csv,noheader,nounits", "-l", str(seconds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._process = None
            return
        threading.Thread(target=self._read, name="xtrack-gpu", daemon=True).start()

    def sample(self) -> Dict[str, float]:
        """system/gpuN_util in %, system/gpuN_mem in MiB, as last reported."""
        return dict(self._latest)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            parts: List[str] = [part.strip() for part in line.decode("ascii", "replace").split(",")]
            if len(parts) == 3 and all(part.isdigit() for part in parts):
                self._latest["system/gpu%s_util" % parts[0]] = float(parts[1])
                self._latest["system/gpu%s_mem" % parts[0]] = float(parts[2])
