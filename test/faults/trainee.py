"""Logs without end, and acknowledges: how many calls returned stands in a file of its own, which outlives a SIGKILL.

trainee.py ACK_FILE KEY
"""

import os
import struct
import sys
import time

from xtrack import Tracker

acks = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
key = sys.argv[2]
stop_file = sys.argv[1] + ".stop"
pause_file = sys.argv[1] + ".pause"
run = Tracker.start_run(name="faults")
count = lines = 0


def acknowledge():
    os.pwrite(acks, struct.pack("<III", os.getpid(), count, lines), 0)


acknowledge()
# Without its folder, the test that started it is over, however it ended.
while os.path.exists(sys.argv[1]) and not os.path.exists(stop_file):
    for _ in range(20):
        run.log_metric(key, count / 7, step=count)
        count += 1
        acknowledge()
    run.log("%s %d" % (key, lines))
    lines += 1
    acknowledge()
    time.sleep(0.006)
    while os.path.exists(pause_file) and not os.path.exists(stop_file):
        time.sleep(0.02)
run.end()
