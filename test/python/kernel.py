"""A real IPython kernel where one is installed, else a process like one; both execute cells in a process of their own."""

import json
import os
import subprocess
import sys

DRIVER = r"""
import json, queue, sys
from jupyter_client.manager import KernelManager
from jupyter_client.kernelspec import KernelSpec
km = KernelManager()
km._kernel_spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python", display_name="p")
km.start_kernel()
kc = km.client(); kc.start_channels(); kc.wait_for_ready(timeout=60)
pid = getattr(getattr(km.provisioner, "process", None), "pid", None)
print(json.dumps({"ready": pid}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    if "restart" in order:
        km.restart_kernel(now=order["restart"] == "now"); kc.wait_for_ready(timeout=60)
        print(json.dumps({"restarted": km.provisioner.process.pid}), flush=True)
        continue
    content = dict(code=order["code"], silent=False, store_history=order.get("history", True), user_expressions={}, allow_stdin=False, stop_on_error=True)
    msg = kc.session.msg("execute_request", content, metadata={"cellId": order["id"]} if order.get("id") else {})
    kc.shell_channel.send(msg)
    status, out = None, ""
    while True:
        try: reply = kc.get_iopub_msg(timeout=0.1)
        except queue.Empty:
            if not km.is_alive(): status = "dead"; break
            continue
        if reply["parent_header"].get("msg_id") != msg["header"]["msg_id"]: continue
        if reply["msg_type"] == "stream": out += reply["content"]["text"]
        if reply["msg_type"] == "error": status = reply["content"]["ename"]
        if reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle": break
    print(json.dumps({"error": status, "out": out}), flush=True)
kc.stop_channels(); km.shutdown_kernel()
"""

# What a kernel does that is no IPython: it says itself what it executes.
LIKE_ONE = r"""
import json, os, sys, io, contextlib
print(json.dumps({"ready": os.getpid()}), flush=True)
wire, number, namespace = sys.stdout, 0, {"__name__": "__main__"}
import xtrack.notebook
for line in sys.stdin:
    order = json.loads(line)
    if "restart" in order: sys.exit(0)
    history = order.get("history", True)
    number += history
    sys.stdout, error = io.StringIO(), None
    shown = sys.stdout
    file = "<cell %d>" % number
    try:
        with xtrack.notebook.cell(order["code"], number, order.get("id"), file) if history else contextlib.nullcontext():
            exec(compile(order["code"], file, "exec"), namespace)
    except BaseException as e:
        error = type(e).__name__
    sys.stdout = wire
    print(json.dumps({"error": error, "out": shown.getvalue()}), flush=True)
"""


def has_ipykernel(python):
    code = "import ipykernel, jupyter_client"
    return subprocess.run([python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def ipython():
    """An interpreter with ipykernel, or None."""
    given = [os.environ.get("XTRACK_TEST_KERNEL_PYTHON"), sys.executable, "/usr/bin/python3"]
    return next((python for python in given if python and os.path.exists(python) and has_ipykernel(python)), None)


class Kernel:
    def __init__(self, env, cwd, python=None):
        """`python`: with ipykernel; None for a process like a kernel."""
        words = [python or sys.executable, "-c", DRIVER if python else LIKE_ONE]
        # A kernel that is stopped may take its time; its driver is stopped with it.
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=cwd, start_new_session=True)
        self.pid = self._answer()["ready"]

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the kernel is gone")
        return json.loads(line)

    def send(self, code, id=None, history=True):
        self._order({"code": code, "id": id, "history": history})

    def _order(self, order):
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        return self._answer()

    def run(self, code, id=None, history=True):
        self.send(code, id, history)
        return self.receive()

    def restart(self, how):
        self._order({"restart": how})

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
