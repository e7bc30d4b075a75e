"""Runs of notebook cells: in a real IPython kernel where one is installed, and in a process like one."""

import glob
import os
import signal
import unittest

import kernel
from support import ScriptTest, of_kind, read_journal, wait_for
from xtrack.core.process import liveness, process

IPYTHON = kernel.ipython()


class Cells:
    """What holds in every kernel."""

    python = None

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.dir, "notebooks")
        os.mkdir(self.folder)
        self.kernel = kernel.Kernel(self.env, self.work, self.python)
        self.addCleanup(self.kernel.close)
        self.process = process(self.kernel.pid)

    def track(self, **arguments):
        words = ", ".join("%s=%r" % (name, value) for name, value in {"directory": self.folder, **arguments}.items())
        answer = self.kernel.run("import xtrack.notebook; xtrack.notebook.track(%s)" % words, history=False)
        self.assertIsNone(answer["error"])

    def runs(self):
        """By the order in which they started: the journals of each run's script."""
        found = []
        for folder in glob.glob(os.path.join(self.folder, ".xtrack", "runs", "*")):
            for path in glob.glob(os.path.join(folder, "events-worker-0-*.xtj")):
                found.append((folder, read_journal(path)))
        found = [one for one in found if one[1]]
        return sorted(found, key=lambda one: one[1][0]["m"]["ts"])

    def end_of(self, events):
        ends = of_kind(events, "run_end")
        self.assertEqual(len(ends), 1)
        return ends[0]

    def output(self, folder):
        path = os.path.join(folder, "output-worker-0-1.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as source:
            return source.read()

    def test_each_execution_of_a_cell_is_a_run(self):
        self.track(notebook=os.path.join(self.folder, "train.ipynb"), cells=["c1"])
        self.kernel.run("x = 1", id="c0")
        for number in (1, 2):
            answer = self.kernel.run("import sys\nprint('run', %d)\nprint('careful', file=sys.stderr)" % number, id="c1")
            self.assertEqual(answer["error"], None)
            self.assertIn("run %d\n" % number, answer["out"])
        runs = self.runs()
        self.assertEqual(len(runs), 2)
        self.assertEqual(glob.glob(os.path.join(self.work, ".xtrack")), [], "nothing in the kernel's own folder")
        for number, (folder, events) in enumerate(runs, 1):
            self.assert_complete(events)
            start = of_kind(events, "run_start")[0]
            self.assertEqual(start["tags"], {"notebook": "train.ipynb", "cell": "c1"})
            self.assertEqual(start["name"], "train.ipynb [%d]" % (number + 1))
            self.assertEqual(self.end_of(events)["status"], "completed")
            self.assertEqual(self.output(folder), "run %d\ncareful\n" % number)

    def test_next_is_one_execution(self):
        self.track(cells="next")
        self.kernel.run("print('a')")
        self.kernel.run("print('b')")
        self.assertEqual([self.output(folder) for folder, _ in self.runs()], ["a\n"])

    def test_an_exception_with_its_cell_and_line(self):
        path = os.path.join(self.folder, "train.ipynb")
        self.track(notebook=path, cells=["helper", "c9"])
        self.kernel.run("def step(x):\n    return 1 / x\n", id="helper")
        answer = self.kernel.run("print('on')\n\nstep(0)", id="c9")
        self.assertEqual(answer["error"], "ZeroDivisionError")
        end = self.end_of(self.runs()[1][1])
        self.assertEqual((end["status"], end["error"]["type"], end["error"]["message"]), ("failed", "ZeroDivisionError", "division by zero"))
        files = [line.strip() for line in end["error"]["traceback"].split("\n") if line.strip().startswith("File")]
        self.assertEqual(files, ['File "%s#c9", line 3, in <module>' % path, 'File "%s#helper", line 2, in step' % path])

    def test_cells_without_ids_are_named_by_their_number(self):
        path = os.path.join(self.folder, "train.ipynb")
        self.track(notebook=path, cells="next")
        self.kernel.run("\n\n1 / 0")
        self.assertIn('File "%s#In[1]", line 3, in <module>' % path, self.end_of(self.runs()[0][1])["error"]["traceback"])

    def test_an_interrupt_is_no_failure(self):
        self.track(cells="next")
        # In short steps: a signal that the system gives to another thread does not wake the main thread.
        self.kernel.send("import time\nprint('up', flush=True)\nfor _ in range(600): time.sleep(0.1)")
        wait_for(lambda: [1 for folder, _ in self.runs() if "up" in self.output(folder)], what="the cell's output")
        os.kill(self.kernel.pid, signal.SIGINT)
        self.assertEqual(self.kernel.receive()["error"], "KeyboardInterrupt")
        end = self.end_of(self.runs()[0][1])
        self.assertEqual((end["status"], end["error"]["message"]), ("killed", "interrupted"))

    def test_a_cell_that_starts_a_run_gets_its_own(self):
        self.track(cells=["c1"])
        self.kernel.run(
            """
            from xtrack import Tracker
            with Tracker.start_run(name="mine", experiment_id="e", tags={"a": 1}) as run:
                run.log_metric("loss", 0.5, step=1); print("logged")
            print("after")
            """.replace("\n            ", "\n"),
            id="c1",
        )
        (folder, events), = self.runs()
        self.assertEqual(of_kind(events, "run_start")[-1]["name"], "mine")
        self.assertEqual(of_kind(events, "run_start")[-1]["tags"], {"a": "1"})
        self.assertEqual(len(of_kind(events, "metric")), 1)
        self.assertEqual(self.end_of(events)["status"], "completed")
        self.assertIn("logged\n", self.output(folder))

    def test_a_run_that_a_cell_leaves_open_goes_on_in_the_next(self):
        self.track(cells=["c1", "c2"])
        self.kernel.run("import xtrack\nrun = xtrack.start_run(name='long')", id="c1")
        (_, events), = self.runs()
        self.assertEqual(of_kind(events, "run_end"), [])
        self.kernel.run("run.log_metric('loss', 1.0)\nprint('in c2')", id="c2")
        self.kernel.run("1 / 0", id="c2")
        (folder, events), = self.runs()
        self.assertEqual((self.end_of(events)["status"], self.end_of(events)["error"]["type"]), ("failed", "ZeroDivisionError"))
        self.assertEqual(self.output(folder), "in c2\n")

    def test_a_notebook_that_is_tracked_as_a_whole_has_runs_of_what_takes_a_while(self):
        self.track(notebook="train.ipynb")
        self.kernel.run("x = 1\nprint(x)")
        self.kernel.run("import time\nprint('training')\ntime.sleep(3.6)")
        (folder, events), = self.runs()
        self.assertEqual(self.output(folder), "training\n")
        self.kernel.run("import xtrack.notebook; xtrack.notebook.untrack()", history=False)

    def test_metrics_and_progress_of_what_a_cell_prints(self):
        self.track(notebook="train.ipynb")
        self.kernel.run("x = 2\nprint('ready')")
        self.kernel.run("for epoch in (1, 2): print('epoch %d/2 loss=%.2f' % (epoch, 1 / epoch))")
        (folder, events), = self.runs()
        self.assertEqual([(p["metrics"], p["epoch"]) for p in of_kind(events, "metric_batch")], [({"loss": 1}, 1), ({"loss": 0.5}, 2)])
        self.assertEqual(of_kind(events, "status")[-1]["progress"], {"cur": 2, "total": 2, "unit": "epochs"})
        self.assertEqual(self.output(folder), "epoch 1/2 loss=1.00\nepoch 2/2 loss=0.50\n")
        self.kernel.run("import xtrack\nwith xtrack.start_run(): print('loss=1'); xtrack.log_metric('loss', 5)")
        _, events = self.runs()[1]
        self.assertEqual((of_kind(events, "metric_batch"), len(of_kind(events, "metric"))), ([], 1))

    def test_what_a_cell_prints_and_costs_is_there_while_it_runs(self):
        self.track(cells="next")
        self.kernel.send("import time\nfor step in range(600): print('step %d loss=0.5' % step, flush=True); time.sleep(0.1)")

        def measured():
            return {key for _, events in self.runs() for p in of_kind(events, "metric_batch") for key in p["metrics"]}

        wait_for(lambda: {"loss", "system/process_rss"} <= measured(), what="its loss and its memory")
        self.assertEqual([of_kind(events, "run_end") for _, events in self.runs()], [[]])
        os.kill(self.kernel.pid, signal.SIGKILL)

    def test_a_kernel_that_is_killed_leaves_its_process_to_be_missed(self):
        events = self._kill_in_a_cell(signal.SIGKILL)
        self.assertEqual(events[0]["p"]["proc"]["pid"], self.kernel.pid)
        self.assertEqual(of_kind(events, "run_end"), [])

    def _kill_in_a_cell(self, number):
        """The events of the run of a cell whose kernel gets the signal."""
        self.track(cells="next")
        self.kernel.send("import time\nprint('up', flush=True)\ntime.sleep(60)")
        wait_for(self.runs, what="the run")
        os.kill(self.kernel.pid, number)
        wait_for(lambda: not self._is_alive(), what="the kernel's end")
        (_, events), = self.runs()
        return events

    def _is_alive(self):
        return liveness(self.process) is True

    def test_a_kernel_that_is_terminated_ends_its_run_as_killed(self):
        end = self.end_of(self._kill_in_a_cell(signal.SIGTERM))
        self.assertEqual((end["status"], end["error"]["type"]), ("killed", "KernelExit"))

    def test_a_kernel_that_is_hung_up_ends_its_run_as_killed(self):
        self.assertEqual(self.end_of(self._kill_in_a_cell(signal.SIGHUP))["status"], "killed")

    def test_a_kernel_that_is_terminated_between_two_cells_ends_the_run_that_is_left_open_as_killed(self):
        self.kernel.run("import xtrack, xtrack.notebook; xtrack.notebook.track(directory=%r)" % self.folder, history=False)
        self.kernel.run("run = xtrack.start_run()\nimport sys\ntry: sys.exit(3)\nexcept SystemExit: pass")
        os.kill(self.kernel.pid, signal.SIGTERM)
        wait_for(lambda: not self._is_alive(), what="the kernel's end")
        self.assertEqual(self.end_of(self.runs()[0][1])["status"], "killed")

    def test_a_forked_child_that_is_terminated_dies_at_once_and_ends_no_run(self):
        self.track(cells="next")
        answer = self.kernel.run(
            """
            import multiprocessing, time
            child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
            child.start(); child.terminate(); child.join(5)
            print(child.exitcode)
            """.replace("\n            ", "\n")
        )
        self.assertEqual((answer["error"], answer["out"]), (None, "-15\n"))
        self.assertEqual(self.end_of(self.runs()[0][1])["status"], "completed")

    def test_a_kernel_that_crashes_leaves_its_process_to_be_missed(self):
        self.assertEqual(of_kind(self._kill_in_a_cell(signal.SIGSEGV), "run_end"), [])

    def test_where_it_came_from(self):
        self.track(cells="next")
        self.kernel.run("print(1)")
        source = of_kind(self.runs()[0][1], "run_start")[0]["source"]
        self.assertEqual(source["cwd"], self.work)


class InAProcessLikeAKernel(Cells, ScriptTest):
    def test_a_run_that_a_cell_left_open_is_killed_when_its_tracked_kernel_is_shut_down(self):
        self.track(cells=["c1"])
        self.kernel.run("import xtrack; run = xtrack.start_run()", id="c1")
        self.kernel.close()
        self.assertEqual(self.end_of(self.runs()[0][1])["status"], "killed")

    def test_what_is_printed_after_a_cell_is_not_the_cells(self):
        self.track(cells="next")
        self.kernel.run("import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.5), print('late'))).start()")
        self.assertIn("late", self.kernel.run("import time; time.sleep(1); print('now')")["out"] + "late")
        self.assertEqual([self.output(folder) for folder, _ in self.runs()], [""])


class WithIPython(Cells):
    python = IPYTHON

    def test_a_syntax_error(self):
        path = os.path.join(self.folder, "train.ipynb")
        self.track(notebook=path, cells=["c1"])
        self.kernel.run("x = 1\ndef (:\n", id="c1")
        end = self.end_of(self.runs()[0][1])
        self.assertEqual(end["error"]["type"], "SyntaxError")
        self.assertIn('File "%s#c1", line 2' % path, end["error"]["traceback"])

    def test_a_restart_ends_what_runs(self):
        self.track(cells=["c1"])
        self.kernel.run("import xtrack; run = xtrack.start_run()", id="c1")
        self.kernel.restart("soft")
        self.kernel.receive()
        self.assertEqual(self.end_of(self.runs()[0][1])["status"], "killed")

    def test_a_run_that_a_cell_left_open_is_killed_when_its_tracked_kernel_is_shut_down_in_order(self):
        self.kernel.run("import xtrack, xtrack.notebook; xtrack.notebook.track(directory=%r)" % self.folder, history=False)
        self.kernel.run("run = xtrack.start_run()")
        self.kernel.close()
        self.assertEqual(self.end_of(self.runs()[0][1])["status"], "killed")

    def test_async_cells(self):
        self.track(cells=["c1"])
        self.kernel.run("import asyncio\nprint('a')\nawait asyncio.sleep(0.5)\nprint('b')", id="c1")
        (folder, events), = self.runs()
        self.assertEqual((self.output(folder), self.end_of(events)["status"]), ("a\nb\n", "completed"))

    def test_what_the_front_end_executes_for_itself_is_no_run(self):
        self.track(cells="next")
        self.kernel.run("print('variables')", history=False)
        self.assertEqual(self.runs(), [])


if IPYTHON is not None:

    class InIPython(WithIPython, ScriptTest):
        pass


if __name__ == "__main__":
    unittest.main()
