"""Runs for test/bench/panel.mjs: `livePanel.py probe COUNT`, `livePanel.py grid SECONDS`."""

import math
import random
import sys
import time

from xtrack import Tracker


def probe(count):
    """Each value is the time at which it is logged, in epoch milliseconds."""
    noise = random.Random(1)
    with Tracker.start_run(name="probe", run_id="probe") as run:
        for step in range(count):
            run.log_metric("probe", time.time() * 1000, step=step)
            # Not in step with anything that looks at regular times.
            time.sleep(0.2 + 0.2 * noise.random())


def grid(seconds):
    """Ten runs of twelve metrics, twenty points a second each."""
    noise = random.Random(2)
    runs = [Tracker.start_run(name="live %d" % i, run_id="live-%d" % i, experiment_id="grid") for i in range(10)]
    keys = ["%s/%s" % (part, name) for part in ("train", "val") for name in ("loss", "acc", "f1", "lr", "norm", "time")]
    started = time.monotonic()
    step = 0
    while time.monotonic() - started < seconds:
        for i, run in enumerate(runs):
            run.log_metrics({key: math.exp(-step / 300) * (i + 1) + noise.random() for key in keys}, step=step)
        step += 1
        time.sleep(max(0, started + step * 0.05 - time.monotonic()))
    for run in runs:
        run.end()


{"probe": probe, "grid": grid}[sys.argv[1]](int(sys.argv[2]))
