"""Threads, forked children and children of children that log to one run; some end by the book, some are killed.

Prints what each of them was promised: a JSON object of key → points.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading

from xtrack import Tracker

POINTS = 400
promised = {}
run = Tracker.start_run(name="forks and threads")


def log(key, points=POINTS):
    for i in range(points):
        run.log_metric(key, i / 7, step=i)
    run.log("%s 0" % key)


def in_child(key, then):
    """Threads of the parent are in the middle of a call, perhaps with the lock held."""
    promised[key] = POINTS
    pid = os.fork()
    if pid == 0:
        log(key)
        then()
    return pid


def grandchild():
    pid = os.fork()
    if pid == 0:
        log("grandchild")
        os._exit(0)
    os.waitpid(pid, 0)
    os._exit(0)


threads = [threading.Thread(target=log, args=("thread-%d" % i,)) for i in range(8)]
promised.update({"thread-%d" % i: POINTS for i in range(8)})
for thread in threads:
    thread.start()
promised["grandchild"] = POINTS
children = [
    in_child("exits", lambda: os._exit(0)),
    in_child("killed", lambda: os.kill(os.getpid(), signal.SIGKILL)),
    in_child("parent", grandchild),
    in_child("raises", lambda: sys.exit(3)),
]
promised["loader"] = POINTS
loader = multiprocessing.get_context("fork").Process(target=log, args=("loader",))
loader.start()
for thread in threads:
    thread.join()
for pid in children:
    os.waitpid(pid, 0)
loader.join()
log("after")
promised["after"] = POINTS
run.end()
print(json.dumps(promised))
