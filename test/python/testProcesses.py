"""Threads, signal handlers, forks and ranks."""

import os
import signal
import unittest

from support import ScriptTest, of_kind, read_journal


class Processes(ScriptTest):
    def test_threads_share_a_journal_without_gaps(self):
        self.run_script(
            """
            import threading
            from xtrack import Tracker
            with Tracker.start_run(run_id="threads") as run:
                def work(n):
                    for step in range(2000): run.log_metric("t%d" % n, step, step=step)
                threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
                [t.start() for t in threads]; [t.join() for t in threads]
            """
        )
        events = self.events("threads")
        self.assert_complete(events)
        for n in range(4):
            self.assertEqual([p["step"] for p in of_kind(events, "metric") if p["key"] == "t%d" % n], list(range(2000)))

    def test_a_disk_that_hangs_does_not_let_two_threads_in(self):
        self.run_script(
            """
            import os, threading, time
            from xtrack import Tracker
            import xtrack.core.outlet, xtrack.core.writer
            run = Tracker.start_run(run_id="hang")
            real, inside, together = os.write, [], []
            def hanging(fd, data):
                inside.append(fd)
                together.append(inside.count(fd))
                time.sleep(0.4)
                inside.remove(fd)
                return real(fd, data)
            os.write = xtrack.core.writer._write = hanging
            def work(n):
                for step in range(3): run.log_metric("t%d" % n, step, step=step)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            [t.start() for t in threads]; [t.join() for t in threads]
            os.write = xtrack.core.writer._write = real
            assert max(together) == 1, together
            run.end()
            """
        )
        events = self.events("hang")
        self.assert_complete(events)
        self.assertEqual(len(of_kind(events, "metric")), 12)

    def test_signal_handlers_may_log_in_the_middle_of_a_call(self):
        self.run_script(
            """
            import signal
            from xtrack import Tracker
            run = Tracker.start_run(run_id="signals")
            fired = 0
            def handler(*_):
                global fired
                fired += 1
                run.log_metric("signal", fired, step=fired)
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
            for step in range(30000): run.log_metric("loss", 0.5, step=step)
            signal.setitimer(signal.ITIMER_REAL, 0)
            run.log("fired", count=fired)
            run.end()
            """
        )
        events = self.events("signals")
        self.assert_complete(events)
        metrics = of_kind(events, "metric")
        self.assertEqual([p["step"] for p in metrics if p["key"] == "loss"], list(range(30000)))
        fired = [p["fields"]["count"] for p in of_kind(events, "log") if p["msg"] == "fired"][0]
        self.assertGreater(fired, 20)
        self.assertEqual(sorted(p["step"] for p in metrics if p["key"] == "signal"), list(range(1, fired + 1)))

    def test_interrupts_in_the_middle_of_a_call_leave_neither_gaps_nor_twins(self):
        self.run_script(
            """
            import signal, time
            from xtrack import Tracker
            run = Tracker.start_run(run_id="interrupts")
            class Interrupt(BaseException): pass
            def handler(*_): raise Interrupt
            signal.signal(signal.SIGALRM, handler)
            interrupts, step = 0, 0
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline:
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0003)
                    while True:
                        step += 1
                        run.log_metric("loss", 0.5, step=step)
                except Interrupt:
                    interrupts += 1
            run.log("done", interrupts=interrupts)
            run.end()
            """
        )
        events = self.events("interrupts")
        self.assert_complete(events)
        steps = [p["step"] for p in of_kind(events, "metric")]
        self.assertEqual(steps, sorted(set(steps)))

    def test_a_forked_child_writes_a_journal_of_its_own_once_it_logs(self):
        self.run_script(
            """
            import os, time
            from xtrack import Tracker
            run = Tracker.start_run(run_id="forks")
            run.log_metric("parent", 1, step=1)
            silent = os.fork()
            if silent == 0: os._exit(0)
            talking = os.fork()
            if talking == 0:
                for step in range(100): run.log_metric("child", step, step=step)
                os._exit(0)
            os.waitpid(silent, 0); os.waitpid(talking, 0)
            run.log_metric("parent", 2, step=2)
            run.end()
            """
        )
        parent, child = sorted((read_journal(path) for path in self.journals("forks")), key=lambda e: "forked_from" in e[0]["p"])
        self.assert_complete(parent)
        self.assert_complete(child)
        self.assertEqual([p["value"] for p in of_kind(parent, "metric")], [1, 2])
        self.assertEqual([p["step"] for p in of_kind(child, "metric")], list(range(100)))
        head, child_head = parent[0]["p"], child[0]["p"]
        self.assertEqual(child_head["forked_from"], head["writer"])
        self.assertEqual((child_head["worker"], child_head["attempt"]), (head["worker"], head["attempt"]))
        self.assertNotEqual(child_head["proc"]["pid"], head["proc"]["pid"])
        self.assertEqual(len(of_kind(parent, "run_end")), 1)

    def test_multiprocessing_children_end_their_journals(self):
        self.run_script(
            """
            import multiprocessing
            from xtrack import Tracker
            def work(run, n):
                if n: run.log_metric("child", n, step=n)
            if __name__ == "__main__":
                context = multiprocessing.get_context("fork")
                with Tracker.start_run(run_id="pool") as run:
                    children = [context.Process(target=work, args=(run, n)) for n in range(3)]
                    [c.start() for c in children]; [c.join() for c in children]
            """
        )
        journals = [read_journal(path) for path in self.journals("pool")]
        self.assertEqual(len(journals), 3, "the child that logged nothing has none")
        for events in journals:
            self.assertEqual([p["status"] for p in of_kind(events, "run_end")], ["completed"])

    def test_a_run_can_be_copied_and_pickled_with_what_holds_it(self):
        _, err = self.run_script(
            """
            import copy, multiprocessing, pickle
            from xtrack import Tracker
            def work(run): run.log_metric("child", 1.0, step=1)
            if __name__ == "__main__":
                with Tracker.start_run(run_id="copied") as run:
                    for same in (copy.copy(run), copy.deepcopy({"run": run})["run"], pickle.loads(pickle.dumps(run))):
                        assert same is run
                    child = multiprocessing.get_context("spawn").Process(target=work, args=(run,))
                    child.start(); child.join()
                    assert child.exitcode == 0
            """
        )
        self.assertEqual(err, "")
        logged = [p["msg"] for p in of_kind(self.events("copied"), "log")]
        self.assertIn("start_run(run_id='copied')", logged[0])

    def test_pickled_runs_name_a_module_that_never_moves(self):
        self.run_script(
            """
            import pickle, pickletools, xtrack
            with xtrack.start_run(run_id="kept") as run:
                saved = pickle.dumps(run, protocol=0)
                assert saved.startswith(b"cxtrack.tracker\\nunpickled\\n"), saved
                assert pickle.loads(b"cxtrack.tracker\\nunpickled\\n(S'kept'\\ntR.") is run
            assert pickle.loads(saved).ended is False
            """
        )

    def test_the_functions_of_the_package_are_pickled_by_their_names(self):
        self.run_script(
            """
            import inspect, pickle, xtrack
            names = [name for name in xtrack.__all__ if inspect.isroutine(getattr(xtrack, name))]
            assert len(names) > 15, names
            for name in names:
                assert pickle.loads(pickle.dumps(getattr(xtrack, name))) is getattr(xtrack, name), name
            """
        )

    def test_ranks_of_one_job_agree_on_a_run(self):
        script = self.write(
            """
            import sys
            from xtrack import Tracker
            with Tracker.start_run() as run: run.log_metric("loss", 1.0, step=1)
            """
        )
        processes = [self.start(script, env={"RANK": str(rank), "WORLD_SIZE": "4"}) for rank in range(4)]
        for process in processes:
            self.assertEqual(process.wait(60), 0)
        journals = [read_journal(path) for path in self.journals()]
        self.assertEqual(len({events[0]["p"]["run_id"] for events in journals}), 1)
        self.assertEqual(sorted(events[0]["p"]["worker"] for events in journals), ["worker-%d" % n for n in range(4)])
        self.assertEqual({events[0]["p"]["attempt"] for events in journals}, {1})

    def test_jobs_of_one_rank_in_one_shell_are_runs_of_their_own(self):
        script = self.write("from xtrack import Tracker\nTracker.start_run().end()\n")
        for env in ({"RANK": "0", "WORLD_SIZE": "1"}, {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}):
            for _ in range(2):
                self.assertEqual(self.start(script, env=env).wait(60), 0)
        journals = [read_journal(path) for path in self.journals()]
        self.assertEqual(len({events[0]["p"]["run_id"] for events in journals}), 4)

    def test_two_steps_of_a_scheduler_are_two_runs(self):
        script = self.write("from xtrack import Tracker\nTracker.start_run().end()\n")
        for step in ("0", "1"):
            for rank in ("0", "1"):
                env = {"SLURM_JOB_ID": "77", "SLURM_STEP_ID": step, "SLURM_PROCID": rank}
                self.assertEqual(self.start(script, env=env).wait(60), 0)
        journals = [read_journal(path) for path in self.journals()]
        self.assertEqual((len(journals), len({events[0]["p"]["run_id"] for events in journals})), (4, 2))

    def test_an_uncaught_sigterm_is_left_to_the_script(self):
        process = self.start(
            self.write(
                """
                import time
                from xtrack import Tracker
                run = Tracker.start_run(run_id="term"); print("up", flush=True)
                time.sleep(30)
                """
            )
        )
        process.stdout.readline()
        process.terminate()
        self.assertEqual(process.wait(10), -signal.SIGTERM)
        self.assertEqual(of_kind(self.events("term"), "run_end"), [], "the collector sees that it is gone")
        self.assertFalse(os.path.exists("/proc/%d" % process.pid) and process.poll() is None)


if __name__ == "__main__":
    unittest.main()
