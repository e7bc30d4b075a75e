"""Several processes on one run: launched by the supervisor, and by torchrun in a plain terminal."""

import glob
import os
import shutil
import signal
import subprocess
import unittest

from support import FIXTURES, PACKAGE_DIR, ScriptTest, of_kind, read_journal, wait_for

RUN = ("-m", "xtrack", "run", "--workers", "4")
DEBIAN = "/usr/bin/python3"


def has_torch():
    probe = [DEBIAN, "-c", "import torch.distributed as d; assert d.is_available()"]
    try:
        return subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0
    except OSError:
        return False


class FourProcesses(ScriptTest):
    def run_of(self, worker):
        paths = glob.glob(os.path.join(self.work, ".xtrack", "runs", "*", "events-worker-%d-1-*.xtj" % worker))
        self.assertEqual(len(paths), 1, paths)
        return read_journal(paths[0])

    def test_an_unmodified_distributed_script_is_one_run(self):
        script = os.path.join(FIXTURES, "seedWorkflow7.py")
        process = self.start(None, *RUN, "--run-id", "four", script)
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        for rank in range(4):
            events = self.run_of(rank)
            self.assert_complete(events)
            self.assertEqual(of_kind(events, "run_start")[0]["run_id"], "four")
            self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(1000)))
            params = {p["key"]: p["value"] for p in of_kind(events, "param")}
            self.assertEqual(params, {"world_size": 4, "worker_id": "worker-%d" % rank})
            self.assertEqual(len(of_kind(events, "checkpoint")), 10 if rank == 0 else 0)
            self.assertTrue(os.path.exists(os.path.join(self.work, ".xtrack", "runs", "four", "output-worker-%d-1.log" % rank)))
        supervisor = self.events("four", "sup-*")
        self.assertEqual(sorted(p["worker"] for p in of_kind(supervisor, "process")), ["worker-%d" % rank for rank in range(4)])
        self.assertEqual(of_kind(supervisor, "run_end")[0]["exit"], {"code": 0})

    def test_workers_get_the_variables_that_torchrun_sets(self):
        self.write(
            """
            import os
            names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "OMP_NUM_THREADS")
            print(*[os.environ[name] for name in names], os.environ["MASTER_PORT"].isdigit())
            """
        )
        process = self.start(None, *RUN, "--run-id", "env", "script.py", env={"OMP_NUM_THREADS": "3"})
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        for rank in range(4):
            with open(os.path.join(self.work, ".xtrack", "runs", "env", "output-worker-%d-1.log" % rank)) as log:
                self.assertEqual(log.read(), "%d %d 4 4 127.0.0.1 3 True\n" % (rank, rank))
        self.assertEqual(out, b"", "the console is in the logs alone")

    def test_a_worker_that_dies_ends_the_others_and_is_named(self):
        self.write(
            """
            import time
            from xtrack import Tracker
            with Tracker.start_run() as run:
                for step in range(10_000): run.log_metric("loss", 1.0, step=step); time.sleep(0.05)
            """
        )
        process = self.start(None, *RUN, "--run-id", "dies", "script.py")
        started = wait_for(lambda: len(self.journals("dies", "worker-*")) == 4 and self.events("dies", "sup-*"), 30, "the start")
        victim = [p for p in of_kind(started, "process") if p["worker"] == "worker-2"][0]["pid"]
        os.kill(victim, signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGKILL)
        end = of_kind(self.events("dies", "sup-*"), "run_end")[0]
        self.assertEqual((end["status"], end["exit"]), ("failed", {"signal": "SIGKILL", "reason": "worker-2"}))
        self.assertEqual(end["error"]["message"], "worker-2 was ended by SIGKILL.")
        for p in of_kind(started, "process"):
            self.assertFalse(os.path.exists("/proc/%d" % p["pid"]), p)

    def test_the_runs_error_has_the_traceback_of_the_worker_that_failed(self):
        self.write("import os, time\nif os.environ['RANK'] == '3': raise ValueError('boom')\ntime.sleep(60)\n")
        process = self.start(None, *RUN, "--run-id", "raises", "script.py")
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        end = of_kind(self.events("raises", "sup-*"), "run_end")[0]
        self.assertEqual((end["exit"], end["error"]["message"]), ({"code": 1, "reason": "worker-3"}, "worker-3: ValueError: boom"))
        self.assertIn('script.py", line 2', end["error"]["traceback"])

    def test_a_stop_reaches_all_workers(self):
        self.write("import time; print('up', flush=True); time.sleep(60)\n")
        process = self.start(None, *RUN, "--run-id", "stopped", "script.py")
        logs = os.path.join(self.work, ".xtrack", "runs", "stopped", "output-worker-*-1.log")
        wait_for(lambda: len([path for path in glob.glob(logs) if os.path.getsize(path)]) == 4, 30, "the start")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(of_kind(self.events("stopped", "sup-*"), "run_end")[0]["status"], "killed")

    def test_bad_numbers_of_workers_are_refused(self):
        for number in ("0", "many", "257"):
            process = self.start(None, "-m", "xtrack", "run", "--workers", number, "script.py")
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 2)
            self.assertIn(b"--workers needs a number", err)


@unittest.skipUnless(has_torch(), "Debian's python3-torch is not installed")
class RealDistributedDataParallel(ScriptTest):
    """PyTorch's own launcher in a plain terminal: no supervisor, and nobody gave a run id."""

    SCRIPT = """
        import sys
        import torch, torch.distributed as dist
        from torch.nn.parallel import DistributedDataParallel
        from xtrack import Tracker

        dist.init_process_group("gloo")
        torch.manual_seed(dist.get_rank())
        model = DistributedDataParallel(torch.nn.Linear(4, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        with Tracker.start_run(name="ddp") as run:
            run.log_param("rank", dist.get_rank())
            for step in range(30):
                data = torch.randn(16, 4)
                loss = ((model(data) - data.sum(1, keepdim=True)) ** 2).mean()
                optimizer.zero_grad(); loss.backward(); optimizer.step()
                run.log_metric("loss", loss.item(), step=step)
                if dist.get_rank() == 0 and step % 10 == 9:
                    torch.save(model.state_dict(), "ckpt_%d.pt" % step)
                    run.log_checkpoint("ckpt_%d.pt" % step, step=step)
    """

    def launch(self, *words):
        env = {**self.env, "PYTHONPATH": PACKAGE_DIR, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen([DEBIAN, *words], cwd=self.work, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(self._finish, process)
        out, _ = process.communicate(timeout=180)
        self.assertEqual(process.returncode, 0, out.decode())

    def check(self):
        journals = [read_journal(path) for path in self.journals("*", "worker-*")]
        heads = [events[0]["p"] for events in journals]
        self.assertEqual(sorted(head["worker"] for head in heads), ["worker-%d" % rank for rank in range(4)])
        self.assertEqual(len({head["run_id"] for head in heads}), 1)
        self.assertEqual({head["attempt"] for head in heads}, {1})
        for events in journals:
            self.assert_complete(events)
            self.assertEqual([p["step"] for p in of_kind(events, "metric")], list(range(30)))
            self.assertEqual(len(of_kind(events, "checkpoint")), 3 if events[0]["p"]["worker"] == "worker-0" else 0)
            self.assertEqual(of_kind(events, "run_end")[0]["status"], "completed")

    def test_under_torchrun_in_a_plain_terminal(self):
        self.write(self.SCRIPT)
        # torch 1.13 does not find its default for the last two under Python 3.11.
        self.launch("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=4", "--redirects=1", "--tee=1", "script.py")
        self.check()

    def test_under_the_supervisor(self):
        self.write(self.SCRIPT)
        self.launch("-m", "xtrack", "run", "--workers", "4", "script.py")
        self.check()
        shutil.rmtree(os.path.join(self.work, ".xtrack"))


if __name__ == "__main__":
    unittest.main()
