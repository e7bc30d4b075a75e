"""What a run costs the machine, sampled once a second: percentages, mebibytes for memory, mebibytes a second for traffic."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..core.jsontext import plain
from ..core.writer import Writer
from . import traffic
from .gpus import Gpus

#: Linux answers in files; elsewhere each sample takes a process.
_EVERY_S = 1.0 if sys.platform.startswith("linux") else 5.0
#: Scanning all processes of a large machine takes long: the next scan waits for this many times as long.
_SCAN_SHARE = 250
#: The same for a whole sample, so that it stays below a hundredth of a core where reading /proc is slow.
_SAMPLE_SHARE = 150


class Machine:
    """Samples into a run's journal, for a loop that calls `step` a few times a second."""

    def __init__(self, sessions: Iterable[int], directory: str, writer: Writer) -> None:
        self._writer = writer
        self._sampler = Sampler(sessions, directory)
        self._gpus = Gpus(int(_EVERY_S))
        self._sample()
        self._due = time.monotonic() + _EVERY_S

    def step(self) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        before = time.thread_time()
        values = {**self._sample(), **self._gpus.sample()}
        if values:
            self._writer.event("metric_batch", {"metrics": plain({key: round(value, 2) for key, value in values.items()})})
        # The next one is due a second after this one was due, not after it was made.
        pause = max(_EVERY_S, _SAMPLE_SHARE * (time.thread_time() - before))
        self._due = max(self._due + pause, now + pause / 2)

    def _sample(self) -> Dict[str, float]:
        try:
            return self._sampler.sample()
        except (OSError, ValueError, IndexError) as error:
            self._writer.warnings.caught("sampling the machine", error)
            return {}

    def stop(self) -> None:
        self._gpus.stop()


class _Counts(NamedTuple):
    """Counters that only grow; their growth over time is a rate."""

    at: float
    busy: float
    total: float
    traffic: Dict[str, float]


class Sampler:
    def __init__(self, sessions: Iterable[int], directory: str) -> None:
        self._sessions = frozenset(sessions)
        self._directory = directory
        self._before: Optional[_Counts] = None
        #: CPU ticks of each process of the script's sessions when it was last seen.
        self._members: Dict[str, float] = {}
        self._scan_due = 0.0
        self._ticks = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

    def sample(self) -> Dict[str, float]:
        """Of the machine system/cpu, system/memory and system/disk (how full the run's disk is) in %, and
        system/disk_read, disk_write, net_recv and net_sent in MiB/s; of the script's processes system/process_cpu in % of one
        core and system/process_rss in MiB. Rates need two samples, so the first is without them."""
        found = self._disk()
        if not sys.platform.startswith("linux"):
            return {**found, **self._sample_with_ps()}
        found["system/memory"] = _memory_percent()
        used, pages = self._processes()
        found["system/process_rss"] = pages * self._page / 2**20
        now = _Counts(time.monotonic(), *_cpu_ticks(), traffic.counters())
        before, self._before = self._before, now
        if before is None or now.at <= before.at:
            return found
        seconds = now.at - before.at
        found["system/process_cpu"] = 100.0 * used / self._ticks / seconds
        if now.total > before.total:
            found["system/cpu"] = 100.0 * (now.busy - before.busy) / (now.total - before.total)
        for name, count in now.traffic.items():
            # A card that was unplugged takes its count along.
            if count >= before.traffic.get(name, count + 1):
                found["system/" + name] = (count - before.traffic[name]) / 2**20 / seconds
        return found

    def _disk(self) -> Dict[str, float]:
        try:
            disk = os.statvfs(self._directory)
        except (OSError, AttributeError):
            return {}
        # As df computes it: blocks reserved for root count as neither used nor free.
        used = disk.f_blocks - disk.f_bfree
        return {"system/disk": 100.0 * used / (used + disk.f_bavail)} if used + disk.f_bavail > 0 else {}

    def _processes(self) -> Tuple[float, float]:
        """CPU ticks used since the last scan by the processes of the script's sessions, their children included, and their
        resident pages."""
        started = time.thread_time()
        scans = time.monotonic() >= self._scan_due
        used = pages = 0.0
        members: Dict[str, float] = {}
        for name in _pids() if scans else list(self._members):
            fields = _stat(name)
            if fields is None or int(fields[3]) not in self._sessions:
                continue
            members[name] = int(fields[11]) + int(fields[12])
            used += max(0.0, members[name] - self._members.get(name, 0.0))
            pages += int(fields[21])
        self._members = members
        if scans:
            self._scan_due = time.monotonic() + _SCAN_SHARE * (time.thread_time() - started)
        return used, pages

    def _sample_with_ps(self) -> Dict[str, float]:
        try:
            made = subprocess.run(["ps", "-A", "-o", "pgid=,pcpu=,rss="], stdout=subprocess.PIPE, timeout=5)
        except (OSError, subprocess.SubprocessError):
            return {}
        rows = [line.split() for line in made.stdout.decode("ascii", "replace").splitlines()]
        cpu = sum(float(row[1]) for row in rows if len(row) == 3)
        own = [row for row in rows if len(row) == 3 and row[0].isdigit() and int(row[0]) in self._sessions]
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


def _pids() -> List[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: str) -> Optional[List[bytes]]:
    """The fields of /proc/<pid>/stat that follow the command, which may hold anything."""
    try:
        with open("/proc/%s/stat" % pid, "rb") as source:
            text = source.read()
    except OSError:
        return None  # It ended during the scan.
    return text[text.rfind(b")") + 2 :].split()
