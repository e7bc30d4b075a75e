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


def medians(calls, first, **ways):
    """The median seconds a call of each way, which take turns; a way is given how many calls to make, and the first step."""
    times = {name: [] for name in ways}
    for start in range(first, first + calls, SLICE):
        for name, way in ways.items():
            times[name].append(way(SLICE, start))
    return {name: sorted(found)[len(found) // 2] for name, found in times.items()}


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
    tight, ten, slow = [], [], []
    with Tracker.start_run(name="bench") as run, tempfile.NamedTemporaryFile(dir=os.environ["XTRACK_DIR"]) as plain:
        fd = plain.fileno()
        bare(fd, calls // 10)
        logged(run, calls // 10, step)
        step += calls // 10
        for _ in range(repeats):
            tight.append(
                medians(
                    calls,
                    step,
                    base_s=lambda count, first: bare(fd, count),
                    own_s=lambda count, first: logged(run, count, first),
                    least_s=lambda count, first: least(fd, count, first),
                )
            )
            step += calls
            ten.append(
                medians(
                    calls // 5,
                    step,
                    base_s=lambda count, first: dumped_batches(fd, ten_metrics(first, count), first),
                    own_s=lambda count, first: logged_batches(run, ten_metrics(first, count), first),
                )
            )
            step += calls
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
