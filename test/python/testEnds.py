"""How runs end that a script left open: by signals, and when the interpreter exits."""

import signal
import unittest

from support import ScriptTest, of_kind

#: A process that prints what it does before a signal ends it.
PREPARED = """
import os, signal, threading, time
from xtrack.api import lastsignals
lastsignals._PATIENCE_S = 0.3
def work(): print("work", flush=True)
"""
TERMINATE = """
os.kill(os.getpid(), signal.SIGTERM)
for _ in range(15): time.sleep(0.1)
print("alive")
"""


class BySignals(ScriptTest):
    def _output(self, text, code=0):
        return self.run_script(PREPARED + text, code=code)[0].split()

    def test_what_is_to_be_done_first_is_done_before_a_signal_ends_the_process(self):
        self.assertEqual(self._output("assert lastsignals.before_they_end(work)" + TERMINATE, -signal.SIGTERM), ["work"])

    def test_a_handler_that_replaces_ours_is_called_once_and_decides_alone(self):
        install = """
lastsignals.before_they_end(work)
signal.signal(signal.SIGTERM, lambda number, frame: print("mine", flush=True))
"""
        self.assertEqual(self._output(install + TERMINATE), ["mine", "alive"])

    def test_a_handler_that_calls_ours_ends_the_process(self):
        install = """
lastsignals.before_they_end(work)
ours = signal.getsignal(signal.SIGTERM)
signal.signal(signal.SIGTERM, lambda number, frame: ours(number, frame))
"""
        self.assertEqual(self._output(install + TERMINATE, -signal.SIGTERM), ["work"])

    def test_a_handler_that_is_installed_while_the_work_is_done_keeps_the_process(self):
        install = """
lastsignals.before_they_end(lambda: time.sleep(0.2))
os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, lambda number, frame: print("mine", flush=True))
for _ in range(15): time.sleep(0.1)
print("alive")
"""
        self.assertEqual(self._output(install), ["mine", "alive"])

    def test_nothing_is_taken_over_where_every_signal_has_a_handler(self):
        text = """
for name in ("SIGTERM", "SIGHUP"): signal.signal(getattr(signal, name), lambda number, frame: None)
before = threading.active_count(), len(os.listdir("/proc/self/fd"))
assert not lastsignals.before_they_end(work)
assert before == (threading.active_count(), len(os.listdir("/proc/self/fd")))
assert signal.set_wakeup_fd(-1) == -1
"""
        self.assertEqual(self._output(text), [])

    def test_a_kernel_whose_first_run_was_started_in_a_thread_hears_signals_from_the_next(self):
        text = """
from xtrack.api import exits
first = threading.Thread(target=exits.install_in_kernel); first.start(); first.join()
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
exits.install_in_kernel(work)
ours = signal.getsignal(signal.SIGTERM)
assert ours is not signal.SIG_DFL
exits.install_in_kernel()
assert signal.getsignal(signal.SIGTERM) is ours
"""
        self.assertEqual(self._output(text + TERMINATE, -signal.SIGTERM), ["work"])


class AtExit(ScriptTest):
    def test_what_fails_at_one_end_leaves_no_other_run_open(self):
        _, err = self.run_script(
            """
            import logging, xtrack
            from xtrack.api import exits
            logging.basicConfig()
            def fail(*_): raise ValueError("broken")
            exits.install_in_kernel(fail)
            broken, run = xtrack.start_run(run_id="broken"), xtrack.start_run(run_id="kept")
            broken.end = fail
            """
        )
        self.assertEqual([p["status"] for p in of_kind(self.events("kept"), "run_end")], ["killed"])
        self.assertEqual(err.count("ValueError: broken"), 2, err)


if __name__ == "__main__":
    unittest.main()
