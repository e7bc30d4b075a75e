"""The guide's own scripts, unmodified but for their models, and the bundled example."""

import os
import signal
import unittest

from support import FIXTURES, ROOT, ScriptTest, of_kind, read_journal, wait_for
from xtrack.core.frames import encode_frame


class Workflows(ScriptTest):
    def test_workflow_1_single_run(self):
        process = self.start(os.path.join(FIXTURES, "seedWorkflow1.py"), env={"EPOCH_SECONDS": "0.001"})
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, b""))
        events = self.events()
        self.assertEqual([p["epoch"] for p in of_kind(events, "metric")], list(range(90)))
        self.assertEqual(len(of_kind(events, "metric_batch")), 90)
        self.assertEqual(len(of_kind(events, "param")), 6)
        checkpoints = of_kind(events, "checkpoint")
        self.assertEqual((len(checkpoints), checkpoints[0]["best_key"], checkpoints[0]["is_best"]), (90, "val_acc", True))
        artifact = of_kind(events, "artifact")[0]
        self.assertEqual((artifact["path"], artifact["type"]), ("model_final.pt", "model"))
        self.assertEqual(len(artifact["checksum"]), 64)
        self.assertEqual(of_kind(events, "run_end")[0]["status"], "completed")

    def test_workflow_6_killed_and_resumed_is_one_history(self):
        script = os.path.join(FIXTURES, "seedWorkflow6.py")
        run = ("-m", "xtrack", "run", "--run-id", "recover")
        first = self.start(None, *run, "--attempt", "1", "--", script, env={"EPOCH_SECONDS": "0.02"})
        wait_for(lambda: os.path.exists(os.path.join(self.work, "checkpoint_20.pt")), what="the 20th checkpoint")
        supervisor = wait_for(lambda: self.journals("recover", "sup-*"))[0]
        os.kill(of_kind(read_journal(supervisor), "process")[0]["pid"], signal.SIGKILL)
        self.assertEqual(first.wait(30), 128 + signal.SIGKILL)
        before = self.events("recover")
        last = of_kind(before, "checkpoint")[-1]
        resume = {
            "EPOCH_SECONDS": "0.001",
            "XTRACK_RESUME_RUN_ID": "recover",
            "XTRACK_RESUME_CHECKPOINT": last["path"],
        }
        second = self.start(None, *run, "--attempt", "2", "--", script, env=resume)
        _, err = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, err)
        after = [e for e in map(read_journal, self.journals("recover", "worker-*")) if e[0]["p"]["attempt"] == 2]
        self.assertEqual(len(after), 1)
        resumed = of_kind(after[0], "metric")
        self.assertEqual([p["epoch"] for p in resumed], list(range(last["step"] + 1, 100)))
        curve = {p["epoch"]: p["value"] for p in of_kind(before, "metric") + resumed}
        self.assertEqual(sorted(curve), list(range(100)))
        values = [curve[epoch] for epoch in range(100)]
        self.assertEqual(values, sorted(values, reverse=True), "the loss goes on falling where it was")
        self.assertEqual([p["fields"]["checkpoint"] for p in of_kind(after[0], "log")], [last["path"]])

    def test_workflow_7_four_workers(self):
        script = os.path.join(FIXTURES, "seedWorkflow7.py")
        env = {"WORLD_SIZE": "4", "XTRACK_RUN_ID": "workers"}
        processes = [self.start(script, env={**env, "XTRACK_WORKER_ID": "worker-%d" % n}) for n in range(4)]
        for process in processes:
            _, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, err), (0, b""))
        for n in range(4):
            events = self.events("workers", "worker-%d" % n)
            self.assertEqual(events[0]["p"]["attempt"], 1)
            self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(1000)))
            self.assertEqual(len(of_kind(events, "checkpoint")), 10 if n == 0 else 0)


class Example(ScriptTest):
    def test_the_example_learns_stops_and_resumes(self):
        script = os.path.join(ROOT, "media", "example", "train.py")
        process = self.start(script, "--epochs", "12", "--pace", "0.05", env={"XTRACK_RUN_ID": "example"})
        wait_for(lambda: self.journals("example") and of_kind(self.events("example"), "metric_batch"), what="the first step")
        command = {"cmd_id": "s", "type": "stop", "payload": None, "attempt": 1}
        stop = {"v": 1, "t": "command", "m": {"seq": 1, "ts": 1}, "p": command}
        with open(os.path.join(self.work, ".xtrack", "runs", "example", "commands.xtj"), "ab") as target:
            target.write(encode_frame(stop))
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertIn(b"stopped at step", out)
        first = self.events("example")
        self.assertEqual(of_kind(first, "run_end")[0]["status"], "killed")
        last = of_kind(first, "checkpoint")[-1]
        resume = {"XTRACK_RUN_ID": "example", "XTRACK_RESUME_RUN_ID": "example", "XTRACK_RESUME_CHECKPOINT": last["path"]}
        process = self.start(script, "--epochs", "12", "--pace", "0", env=resume)
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, b""))
        second = [e for e in map(read_journal, self.journals("example", "worker-*")) if e[0]["p"]["attempt"] == 2][0]
        steps = [p["step"] for p in of_kind(second, "metric_batch") if "train/loss" in p["metrics"]]
        self.assertEqual(steps[0], last["step"] + 1)
        validation = [p["metrics"]["val/loss"] for p in of_kind(first, "metric_batch") + of_kind(second, "metric_batch") if "val/loss" in p["metrics"]]
        self.assertLess(validation[-1], 0.6)
        self.assertEqual(of_kind(second, "artifact")[0]["type"], "model")


if __name__ == "__main__":
    unittest.main()
