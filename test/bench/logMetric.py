"""One log_metric call against one bare os.write of a ready 120-byte line, in the same process, in turns.

Usage: python3 logMetric.py CALLS REPEATS   (prints one JSON object; XTRACK_DIR says where the journal goes)
"""

import json
import os
import sys
import tempfile
import time

from xtrack import Tracker

LINE = b"x" * 119 + b"\n"


def bare(fd, calls):
    write = os.write
    started = time.perf_counter()
    for _ in range(calls):
        write(fd, LINE)
    return (time.perf_counter() - started) / calls


def logged(run, calls, first):
    started = time.perf_counter()
    for step in range(first, first + calls):
        run.log_metric("train/loss", 2.3046274185180664 / (step + 1), step=step)
    return (time.perf_counter() - started) / calls


def paced(call, calls):
    """Each call's time, 2 ms apart, as a training loop would."""
    times = []
    for i in range(calls):
        time.sleep(0.002)
        started = time.perf_counter()
        call(i)
        times.append(time.perf_counter() - started)
    return sorted(times)


def main():
    calls, repeats = int(sys.argv[1]), int(sys.argv[2])
    step = 0
    tight = []
    with Tracker.start_run(name="bench") as run, tempfile.NamedTemporaryFile(dir=os.environ["XTRACK_DIR"]) as plain:
        fd = plain.fileno()
        bare(fd, calls // 10)
        logged(run, calls // 10, step)
        step += calls // 10
        for _ in range(repeats):
            base = bare(fd, calls)
            own = logged(run, calls, step)
            step += calls
            tight.append({"base_s": base, "own_s": own})
        base = paced(lambda _: os.write(fd, LINE), calls // 50)
        own = paced(lambda i: run.log_metric("train/loss", 0.5 / (i + 1), step=step + i), calls // 50)
    p99 = [times[int(len(times) * 0.99)] for times in (base, own)]
    json.dump({"tight": tight, "p99_base_s": p99[0], "p99_own_s": p99[1], "longest_s": own[-1]}, sys.stdout)


main()
