"""What a logging call costs beside the least that any program would pay, in the same process, in turns.

`log_metric` is held against one bare os.write of a ready 120-byte line, `log_metrics` of ten metrics against json.dumps of
the same event and one os.write.

Usage: python3 logMetric.py CALLS REPEATS   (prints one JSON object; XTRACK_DIR says where the journal goes)
"""

import json
import os
import struct
import sys
import tempfile
import time
from zlib import crc32

from xtrack import Tracker

LINE = b"x" * 119 + b"\n"
START = '{"v":1,"t":"metric","m":{"seq":'
REST = ',"wid":"worker-0","at":"test/bench/logMetric.py:33"},"p":{"run_id":"swift-otter-20260101","key":"train/loss","value":'
KEYS = [
    "train/loss",
    "train/accuracy",
    "train/grad_norm",
    "train/lr",
    "train/perplexity",
    "val/loss",
    "val/accuracy",
    "val/f1",
    "val/precision",
    "val/recall",
]
#: Calls of one way before it is the next one's turn: what else the machine does then slows both alike.
SLICE = 500
pack = struct.Struct(">I").pack


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


def least(fd, calls, first):
    """What no client of this format in Python can do without: the value's digits, the time, the CRC, the write."""
    started = time.perf_counter()
    for step in range(first, first + calls):
        write_least(fd, step, 2.3046274185180664 / (step + 1))
    return (time.perf_counter() - started) / calls


def write_least(fd, step, value):
    body = f'{START}{step},"ts":{time.time_ns() // 1000}{REST}{value!r},"step":{step}}}'.encode()
    os.write(fd, b'%b%b,"k":"%08x"}' % (pack(len(body) + 16), body, crc32(body)))


def ten_metrics(first, calls):
    return [{key: 2.3046274185180664 / (step + place + 1) for place, key in enumerate(KEYS)} for step in range(first, first + calls)]


def logged_batches(run, given, first):
    started = time.perf_counter()
    for step, metrics in enumerate(given, first):
        run.log_metrics(metrics, step=step)
    return (time.perf_counter() - started) / len(given)


def dumped_batches(fd, given, first):
    started = time.perf_counter()
    for step, metrics in enumerate(given, first):
        meta = {"seq": step, "ts": time.time_ns() // 1000, "wid": "worker-0"}
        payload = {"run_id": "swift-otter-20260101", "metrics": metrics, "step": step}
        os.write(fd, json.dumps({"v": 1, "t": "metric_batch", "m": meta, "p": payload}).encode() + b"\n")
    return (time.perf_counter() - started) / len(given)


def batches(run, fd, calls):
    """Median seconds a call of each, in turns of a few hundred calls."""
    own, base = [], []
    for first in range(0, calls, SLICE):
        given = ten_metrics(first, SLICE)
        base.append(dumped_batches(fd, given, first))
        own.append(logged_batches(run, given, first))
    return {"base_s": sorted(base)[len(base) // 2], "own_s": sorted(own)[len(own) // 2]}


def paced(calls, rounds, first):
    """The times of each, in order: 2 ms apart as in a training loop, taking turns."""
    times = [[] for _ in calls]
    turns = list(zip(calls, times))
    for i in range(rounds):
        # Who comes after whom matters: what they share is in the processor's caches then.
        for call, found in turns if i % 2 else reversed(turns):
            time.sleep(0.002)
            started = time.perf_counter()
            call(first + i)
            found.append(time.perf_counter() - started)
    return [sorted(found) for found in times]


def main():
    calls, repeats = int(sys.argv[1]), int(sys.argv[2])
    step = 0
    tight = []
    slow = []
    with Tracker.start_run(name="bench") as run, tempfile.NamedTemporaryFile(dir=os.environ["XTRACK_DIR"]) as plain:
        fd = plain.fileno()
        bare(fd, calls // 10)
        logged(run, calls // 10, step)
        step += calls // 10
        for _ in range(repeats):
            base = bare(fd, calls)
            own = logged(run, calls, step)
            floor = least(fd, calls, step)
            step += calls
            tight.append({"base_s": base, "own_s": own, "least_s": floor})
        ten = [batches(run, fd, calls // 5) for _ in range(repeats)]
        ways = (
            lambda _: os.write(fd, LINE),
            lambda i: run.log_metric("train/loss", 0.5 / (i + 1), step=i),
            lambda i: write_least(fd, i, 0.5 / (i + 1)),
        )
        for _ in range(repeats):
            rounds = calls // 200
            base, own, floor = paced(ways, rounds, step)
            step += rounds
            p99 = [times[int(rounds * 0.99)] for times in (base, own, floor)]
            slow.append({"base_s": p99[0], "own_s": p99[1], "least_s": p99[2], "longest_s": own[-1], "longest_base_s": base[-1]})
    json.dump({"tight": tight, "ten": ten, "paced": slow}, sys.stdout)


main()
