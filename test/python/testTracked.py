"""A script that says nothing to XTrack: what `python -m xtrack run` makes of what it prints."""

import glob
import json
import os
import signal
import unittest

from support import ScriptTest, of_kind, read_journal, wait_for

RUN = ("-m", "xtrack", "run")


class Tracked(ScriptTest):
    def supervise(self, text, run="r", *words, env=None, code=0):
        self.write(text)
        process = self.start(None, *RUN, "--run-id", run, *words, "script.py", env=env)
        _, err = process.communicate(timeout=90)
        self.assertEqual(process.returncode, code, err.decode("utf-8", "replace"))

    def printed(self, run="r", worker="worker-0", attempt="*"):
        """The journal of what the supervisor read; None where it read nothing."""
        found = glob.glob(os.path.join(self.work, ".xtrack", "runs", run, "events-%s-%s-*.xtj" % (worker, attempt)))
        journals = [read_journal(path) for path in sorted(found)]
        of_supervisor = [events for events in journals if events and events[0]["p"]["role"] == "supervisor"]
        self.assertLessEqual(len(of_supervisor), 1)
        return of_supervisor[0] if of_supervisor else None

    def points(self, **journal):
        events = self.printed(**journal)
        return [] if events is None else [(p["metrics"], p.get("step"), p.get("epoch")) for p in of_kind(events, "metric_batch")]

    def warnings(self, run="r"):
        return [p["msg"] for p in of_kind(self.events(run, "sup-*"), "log")]

    def test_metrics_and_progress_are_read_from_printed_lines(self):
        self.supervise(
            """
            import time
            for epoch in (1, 2):
                time.sleep(0.3)
                print("epoch %d/2 loss=%.2f" % (epoch, 1 / epoch))
            print("lr=0.1 seed=3 took 3.5")
            print("final acc: 0.9", end="")
            """
        )
        self.assertEqual(self.points(), [({"loss": 1}, None, 1), ({"loss": 0.5}, None, 2), ({"final_acc": 0.9}, None, 2)])
        events = self.printed()
        self.assert_complete(events)
        self.assertEqual(of_kind(events, "status")[-1]["progress"], {"cur": 2, "total": 2, "unit": "epochs"})
        self.assertEqual(of_kind(events, "run_end")[0]["status"], "completed")
        self.assertEqual(events[0]["p"]["worker"], "worker-0")

    def test_a_script_that_prints_nothing_of_the_kind_leaves_no_such_journal(self):
        self.supervise("print('hello')")
        self.assertIsNone(self.printed())

    def test_a_script_that_logs_itself_is_not_read(self):
        self.supervise(
            """
            import time
            from xtrack import Tracker
            with Tracker.start_run() as run:
                for step in range(10):
                    print("step %d loss=%d" % (step, step), flush=True)
                    time.sleep(0.1)
                    run.log_metric("loss", step, step=step)
            """
        )
        self.assertEqual(self.points(), [])

    def test_a_script_that_starts_a_run_and_logs_no_metrics_is_read(self):
        self.supervise(
            """
            from xtrack import Tracker
            with Tracker.start_run() as run:
                run.log_param("lr", 0.1)
                print("step 1 loss=2")
            """
        )
        self.assertEqual(self.points(), [({"loss": 2}, 1, None)])

    def test_a_script_that_fails(self):
        self.supervise("print('step 1 loss=2')\n1 / 0", code=1)
        self.assertEqual(self.points(), [({"loss": 2}, 1, None)])
        self.assertEqual(of_kind(self.printed(), "run_end")[0]["status"], "failed")
        self.assertEqual(of_kind(self.events("r", "sup-*"), "run_end")[0]["error"]["type"], "ZeroDivisionError")

    def test_a_resumed_run_goes_on(self):
        for attempt, steps in ((1, "0, 3"), (2, "2, 5")):
            self.supervise("for step in range(%s): print('step', step, 'loss=1')" % steps, "r", "--attempt", str(attempt))
        self.assertEqual([point[1] for point in self.points(attempt=1)], [0, 1, 2])
        self.assertEqual([point[1] for point in self.points(attempt=2)], [2, 3, 4])

    def test_each_rank_has_its_own_supervisor_and_curves(self):
        for rank in ("0", "1"):
            self.supervise("import os; print('step 1 loss=' + os.environ['RANK'])", env={"RANK": rank, "WORLD_SIZE": "2"})
            self.assertEqual(self.points(worker="worker-" + rank), [({"loss": int(rank)}, 1, None)])

    def test_what_was_read_outlives_the_supervisor(self):
        self.write("import time\nprint('step 1 loss=2', flush=True)\ntime.sleep(60)\n")
        process = self.start(None, *RUN, "--run-id", "r", "script.py")
        wait_for(self.points, what="the point")
        script = of_kind(self.events("r", "sup-*"), "process")[0]["pid"]
        try:
            process.kill()
            process.wait()
            self.assertEqual(self.points(), [({"loss": 2}, 1, None)])
            self.assert_complete(self.printed())
        finally:
            os.killpg(script, signal.SIGKILL)

    def test_a_flood_is_skipped_through_and_its_end_is_read(self):
        self.supervise(
            """
            import sys
            line = ("step 1 of something that is long %s\\n" % ("x" * 100)).encode() * 1000
            for _ in range(500): sys.stdout.buffer.write(line)
            print("step 7 loss=1")
            """
        )
        self.assertEqual(self.points()[-1], ({"loss": 1}, 7, None))
        self.assertEqual(len([text for text in self.warnings() if "prints faster" in text]), 1)
        self.assertGreater(os.path.getsize(os.path.join(self.work, ".xtrack", "runs", "r", "output-worker-0-1.log")), 0)

    def test_patterns_of_the_user_come_first(self):
        patterns = [r"it<(?P<step>\d+)> \[(?P<val__score>[\d.]+)\]", r"^(?P<key>\w+) => (?P<value>[\d.]+)"]
        text = "print('it<5> [0.5]'); print('speed => 3'); print('loss=1')"
        self.supervise(text, env={"XTRACK_OUTPUT_PATTERNS": json.dumps(patterns)})
        self.assertEqual(self.points(), [({"val/score": 0.5}, 5, None), ({"speed": 3}, None, None), ({"loss": 1}, None, None)])

    def test_an_invalid_pattern_is_warned_of_once(self):
        self.supervise("print('loss=1')", env={"XTRACK_OUTPUT_PATTERNS": json.dumps(["(", "plain"])})
        self.assertEqual(self.points(), [({"loss": 1}, None, None)])
        self.assertEqual(["not a regular expression" in text for text in self.warnings()], [True, False])
        self.supervise("print('loss=1')", "json", env={"XTRACK_OUTPUT_PATTERNS": "["})
        self.assertIn("must be a JSON list", self.warnings("json")[0])

    def test_a_pattern_that_never_ends_is_dropped(self):
        text = "import time\nprint('%s!')\ntime.sleep(0.5)\nprint('loss=1')" % ("a" * 40)
        self.supervise(text, env={"XTRACK_OUTPUT_PATTERNS": json.dumps([r"(?P<x>(a+)+)$"])})
        self.assertEqual(self.points(), [({"loss": 1}, None, None)])
        self.assertIn("takes too long", self.warnings()[0])


if __name__ == "__main__":
    unittest.main()
