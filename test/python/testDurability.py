"""Nothing that a logging call returned from is lost."""

import os
import signal
import time
import unittest

from support import ScriptTest, of_kind, read_journal, wait_for

KILLED_AFTER_10000 = """
import os, signal
from xtrack import Tracker
run = Tracker.start_run(name="killed")
for step in range(10_000):
    run.log_metric("loss", step / 7, step=step)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Durability(ScriptTest):
    def test_killed_right_after_the_10000th_call_loses_nothing(self):
        self.run_script(KILLED_AFTER_10000, code=-signal.SIGKILL)
        points = of_kind(self.events(), "metric")
        self.assertEqual([(p["step"], p["value"]) for p in points], [(step, step / 7) for step in range(10_000)])

    def test_two_processes_that_are_the_same_worker_keep_a_journal_each(self):
        script = self.write(KILLED_AFTER_10000)
        same = {"XTRACK_RUN_ID": "shared", "XTRACK_ATTEMPT": "1", "XTRACK_WORKER_ID": "worker-0"}
        both = [self.start(script, env=same) for _ in range(2)]
        for process in both:
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, -signal.SIGKILL)
        journals = [read_journal(path) for path in self.journals("shared")]
        self.assertEqual(len(journals), 2)
        self.assertEqual(len({events[0]["p"]["writer"] for events in journals}), 2)
        for events in journals:
            self.assert_complete(events)
            self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(10_000)))

    def test_killed_at_any_moment_leaves_whole_frames_in_order(self):
        script = self.write(
            """
            from xtrack import Tracker
            run = Tracker.start_run(run_id="any")
            print("started", flush=True)
            step = 0
            while True:
                run.log_metric("loss", 1 / (step + 1), step=step); step += 1
            """
        )
        for delay in (0.0, 0.013, 0.057):
            process = self.start(script)
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
            process.wait()
        for path in self.journals("any"):
            events = read_journal(path)
            self.assert_complete(events)

    def test_a_full_disk_does_not_stop_training_and_what_was_held_is_written_later(self):
        out, err = self.run_script(
            """
            import os, resource, signal, time
            from xtrack import Tracker
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            run = Tracker.start_run(run_id="full")
            time.sleep(0.5)
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            journal = os.path.join(run.directory, [name for name in os.listdir(run.directory) if name.startswith("events-")][0])
            # The "disk" ends in the middle of a frame.
            resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(journal) + 1000, hard))
            for step in range(500): run.log_metric("loss", 0.5, step=step)
            held = run.stats["held"]
            assert held > 400, run.stats
            time.sleep(1.2)
            assert run.stats["held"] >= held, run.stats
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            for step in range(500, 600): run.log_metric("loss", 0.5, step=step)
            deadline = time.monotonic() + 5
            while run.stats["held"] and time.monotonic() < deadline: time.sleep(0.02)
            assert run.stats["held"] == 0, run.stats
            run.log_metric("loss", 0.5, step=600)
            assert list(run.stats["warnings"]) == ["append"], run.stats
            """
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events("full")
        self.assert_complete(events)
        self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(601)))
        self.assertEqual(len([p for p in of_kind(events, "log") if "cannot append" in p["msg"]]), 1)

    def test_a_directory_that_is_deleted_meanwhile_comes_back_with_everything(self):
        out, err = self.run_script(
            """
            import shutil, time
            from xtrack import Tracker
            with Tracker.start_run(run_id="deleted") as run:
                for step in range(100): run.log_metric("x", 1.0, step=step)
                time.sleep(0.5)
                shutil.rmtree(".xtrack")
                deadline = time.monotonic() + 10
                while "deleted" not in run.stats["warnings"] and time.monotonic() < deadline:
                    run.log_metric("x", 1.0, step=step); step += 1; time.sleep(0.001)
                run.log("last", step=step)
                for step in range(step, step + 100): run.log_metric("x", 1.0, step=step)
            """
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events("deleted")
        self.assert_complete(events)
        self.assertEqual((events[0]["t"], events[-1]["t"]), ("journal", "run_end"))
        self.assertEqual(sorted({p["step"] for p in of_kind(events, "metric")}), list(range(of_kind(events, "log")[-1]["step"] + 100)))

    def test_a_slow_disk_gets_a_thread_of_its_own_and_says_so_once(self):
        self.run_script(
            """
            import os, time
            from xtrack import Tracker
            import xtrack.core.outlet, xtrack.core.writer
            run = Tracker.start_run(run_id="slow")
            real = os.write
            def slow(fd, data):
                time.sleep(0.001)
                return real(fd, data)
            os.write = xtrack.core.writer._write = slow
            for step in range(1500): run.log_metric("loss", 0.5, step=step)
            assert run.stats["warnings"] == {"slow_disk": 1}, run.stats
            began = time.perf_counter()
            for step in range(1500, 2000): run.log_metric("loss", 0.5, step=step)
            assert time.perf_counter() - began < 0.25, "the training waits for the disk"
            run.end()
            """
        )
        events = self.events("slow")
        self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(2000)))
        self.assert_complete(events)

    def test_a_journal_shows_life_every_five_seconds(self):
        script = self.write(
            """
            import time
            from xtrack import Tracker
            run = Tracker.start_run(run_id="alive")
            print("started", flush=True)
            time.sleep(30)
            """
        )
        process = self.start(script)
        process.stdout.readline()
        path = self.journals("alive")[0]
        time.sleep(1)
        size = os.path.getsize(path)
        before = os.path.getmtime(path)
        wait_for(lambda: os.path.getmtime(path) > before and os.path.getsize(path) == size, 7, "a heartbeat")


class HotPath(ScriptTest):
    def test_one_write_a_call(self):
        """Counted by the process's own I/O accounting, so that no wrapper can hide one."""
        if not os.path.exists("/proc/self/io"):
            self.skipTest("needs /proc/self/io")
        out, _ = self.run_script(
            """
            import time
            from xtrack import Tracker
            run = Tracker.start_run()
            time.sleep(2.5)
            def writes():
                return int([line for line in open("/proc/self/io") if line.startswith("syscw")][0].split()[1])
            before = writes()
            for step in range(1000): run.log_metric("loss", 0.5, step=step)
            print(writes() - before)
            """
        )
        self.assertEqual(int(out), 1000)


if __name__ == "__main__":
    unittest.main()
