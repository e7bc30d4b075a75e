"""python -m xtrack run: what a script's end looks like from outside."""

import os
import signal
import subprocess
import sys
import unittest

from support import ScriptTest, of_kind, read_journal, wait_for
from xtrack.supervisor.consoles import Terminal

RUN = ("-m", "xtrack", "run")


class Supervisor(ScriptTest):
    def supervise(self, *words, env=None, code=0, **options):
        process = self.start(None, *RUN, *words, env=env, **options)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, err.decode("utf-8", "replace"))
        return out.decode(), err.decode()

    def supervisor_events(self, run="*"):
        return self.events(run, "sup-*")

    def end(self, run="*"):
        ends = of_kind(self.supervisor_events(run), "run_end")
        self.assertEqual(len(ends), 1)
        return ends[0]

    def output(self, run="*"):
        import glob

        paths = glob.glob(os.path.join(self.work, ".xtrack", "runs", run, "output-worker-0-1.log"))
        self.assertEqual(len(paths), 1)
        with open(paths[0]) as source:
            return source.read()

    def test_a_script_alone_is_enough_in_a_terminal(self):
        self.write(
            """
            import sys
            from xtrack import Tracker
            with Tracker.start_run(name="inner") as run:
                print("to stdout", sys.argv[1:]); print("to stderr", file=sys.stderr)
                run.log_metric("loss", 0.5, step=1)
            """
        )
        out, err = self.supervise("script.py", "--lr", "0.1")
        self.assertEqual(sorted(out.split("\n")), ["", "to stderr", "to stdout ['--lr', '0.1']"])
        self.assertEqual(err, "")
        self.assertEqual(self.output(), out)
        script, supervisor = self.events(), self.supervisor_events()
        self.assertEqual(script[0]["p"]["run_id"], supervisor[0]["p"]["run_id"])
        self.assertEqual((script[0]["p"]["attempt"], supervisor[0]["p"]["attempt"], supervisor[0]["p"]["role"]), (1, 1, "supervisor"))
        source = of_kind(supervisor, "run_start")[0]["source"]
        self.assertEqual((source["interpreter"], source["argv"], source["cwd"]), (sys.executable, ["script.py", "--lr", "0.1"], self.work))
        self.assertNotIn("argv", of_kind(script, "run_start")[0]["source"])
        process = of_kind(supervisor, "process")[0]
        self.assertEqual((process["pid"], process["pgid"]), (script[0]["p"]["proc"]["pid"],) * 2)
        self.assertEqual(process["proc"], script[0]["p"]["proc"])
        self.assertEqual((self.end()["status"], self.end()["exit"]), ("completed", {"code": 0}))

    def test_a_run_is_supervised_as_the_collector_launches_it(self):
        self.write("from xtrack import Tracker\nwith Tracker.start_run() as run: print(run.run_id, run.attempt, run.name)\n")
        words = ("--run-id", "given", "--attempt", "3", "--name", "n", "--experiment", "e", "--tag", "a=b=c", "--", "script.py")
        out, err = self.supervise(*words)
        self.assertEqual((out, err), ("", ""), "the console is in the log alone")
        with open(os.path.join(self.work, ".xtrack", "runs", "given", "output-worker-0-3.log")) as source:
            self.assertEqual(source.read(), "given 3 n\n")
        for events in (self.events("given"), self.supervisor_events("given")):
            start = of_kind(events, "run_start")[0]
            self.assertEqual((start["name"], start["tags"], start["run_id"]["exp_id"]), ("n", {"a": "b=c"}, "e"))

    def test_exit_codes_are_passed_on(self):
        self.write("import sys; print('x'); sys.exit(7)\n")
        self.supervise("--run-id", "code", "script.py", code=7)
        end = self.end("code")
        self.assertEqual((end["status"], end["exit"], end["error"]["message"]), ("failed", {"code": 7}, "The script ended with exit code 7."))
        self.supervise("--run-id", "argv", "--argv", "--", "sh", "-c", "exit 5", code=5)
        self.assertEqual(self.end("argv")["exit"], {"code": 5})

    def test_a_module_is_run_by_its_name(self):
        self.write("import sys; print(__name__, sys.argv[1:])\n", "mod.py")
        out, _ = self.supervise("--", "-m", "mod", "--tag", "x=y")
        self.assertEqual(out, "__main__ ['--tag', 'x=y']\n")

    def test_a_signal_that_kills_the_script(self):
        self.write("import os; os.kill(os.getpid(), 9)\n")
        self.supervise("--run-id", "sig", "script.py", code=128 + 9)
        end = self.end("sig")
        self.assertEqual((end["status"], end["exit"], end["error"]["message"]), ("failed", {"signal": "SIGKILL"}, "The script was ended by SIGKILL."))

    def test_a_kill_for_lack_of_memory_is_named(self):
        group = self.memory_group(60 * 2**20)
        if group is None:
            self.skipTest("no control group can be made here")
        self.write("import os, sys\nopen(sys.argv[1], 'w').write(str(os.getpid()))\nheld = []\nwhile True: held.append(os.urandom(1 << 20))\n")
        self.supervise("--run-id", "oom", "script.py", os.path.join(group, "cgroup.procs"), code=128 + 9)
        end = self.end("oom")
        self.assertEqual((end["status"], end["exit"]), ("failed", {"signal": "SIGKILL", "reason": "out of memory"}))
        self.assertIn("run out of memory", end["error"]["message"])

    def memory_group(self, limit):
        """A control group whose processes may have so many bytes; None where none can be made."""
        with open("/proc/self/cgroup") as source:
            groups = dict(line.strip().split(":", 2)[1:] for line in source)
        for name, root, file in (("memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("", "/sys/fs/cgroup", "memory.max")):
            path = os.path.join(root + groups.get(name, "/none"), "xtrack-test-%d" % os.getpid())
            try:
                os.mkdir(path)
                self.addCleanup(os.rmdir, path)
                with open(os.path.join(path, file), "w") as target:
                    target.write(str(limit))
                return path
            except OSError:
                continue
        return None

    def test_a_traceback_of_a_script_that_did_not_log_it(self):
        self.write(
            """
            print("before")
            def outer():
                try: inner()
                except KeyError as e: raise ValueError("first line\\nsecond line") from e
            def inner(): {}["k"]
            outer()
            """
        )
        self.supervise("--run-id", "tb", "script.py", code=1)
        error = self.end("tb")["error"]
        self.assertEqual((error["type"], error["message"]), ("ValueError", "first line\nsecond line"))
        self.assertIn("KeyError", error["traceback"])
        self.assertTrue(error["traceback"].startswith("Traceback"))
        self.assertIn('script.py", line 7', error["traceback"])

    def test_an_error_that_the_script_logged_is_not_repeated(self):
        self.write("from xtrack import Tracker\nwith Tracker.start_run() as run: raise ValueError('mine')\n")
        self.supervise("--run-id", "own", "script.py", code=1)
        self.assertEqual(of_kind(self.events("own"), "run_end")[0]["error"]["message"], "mine")
        self.assertNotIn("error", self.end("own"))

    def test_a_syntax_error(self):
        self.write("print('fine')\ndef (:\n")
        self.supervise("--run-id", "syntax", "script.py", code=1)
        error = self.end("syntax")["error"]
        self.assertEqual(error["type"], "SyntaxError")
        self.assertIn('script.py", line 2', error["traceback"])

    def test_what_cannot_start_says_why(self):
        self.supervise("--run-id", "none", "missing.py", code=127)
        end = self.end("none")
        self.assertEqual((end["status"], end["exit"]["code"]), ("failed", 127))
        self.assertIn("There is no script missing.py", end["exit"]["reason"])
        self.supervise("--run-id", "cmd", "--argv", "--", "/no/such/program", code=127)
        self.assertIn("/no/such/program", self.end("cmd")["exit"]["reason"])
        self.write("not a program", "data")
        self.supervise("--run-id", "noexec", "--argv", "--", "./data", code=126)
        self.assertIn("./data cannot be started", self.end("noexec")["exit"]["reason"])
        self.assertIn("cannot be started", self.output("noexec"))

    def test_stop_signals_reach_the_whole_group(self):
        self.write(
            """
            import subprocess, sys, time
            child = subprocess.Popen([sys.executable, "-c", "import time; print('child', flush=True); time.sleep(60)"])
            print("up", flush=True)
            try: time.sleep(60)
            except KeyboardInterrupt:
                print("interrupted", child.wait(10), flush=True)
                raise
            """
        )
        process = self.start(None, *RUN, "--run-id", "int", "script.py")
        folder = os.path.join(self.work, ".xtrack", "runs", "int")
        wait_for(lambda: os.path.isdir(folder) and self._log("int") and len(self.output("int").split()) == 2, what="the start")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertIn("interrupted", self.output("int"))
        self.assertEqual(self.end("int")["status"], "killed")

    def _log(self, run):
        return os.path.exists(os.path.join(self.work, ".xtrack", "runs", run, "output-worker-0-1.log"))

    def test_the_script_survives_its_supervisor(self):
        self.write(
            """
            import time
            from xtrack import Tracker
            with Tracker.start_run() as run:
                print("up", flush=True)
                for step in range(20):
                    run.log_metric("x", step, step=step); print(step, flush=True); time.sleep(0.1)
            """
        )
        process = self.start(None, *RUN, "--run-id", "orphan", "script.py")
        wait_for(lambda: self._log("orphan") and "up" in self.output("orphan"), what="the start")
        process.kill()
        process.wait()
        wait_for(lambda: self.journals("orphan", "worker-*") and of_kind(self.events("orphan"), "run_end"), 15, "the end of the script")
        self.assertEqual(of_kind(self.events("orphan"), "run_end")[0]["status"], "completed")
        self.assertTrue(self.output("orphan").endswith("19\n"))

    def test_a_terminal_whose_log_cannot_be_written_blocks_no_script(self):
        log = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, log)
        terminal = Terminal(log, os.path.join(self.dir, "input"))
        script = subprocess.Popen([sys.executable, "-c", "print('x' * 1000000)"], stdout=terminal.slave)
        terminal.handed_over()
        self.assertEqual(script.wait(20), 0)
        terminal.join()
        self.assertFalse(os.path.exists(os.path.join(self.dir, "input")))

    def test_a_terminal_for_scripts_that_want_one(self):
        self.write("import sys; print(sys.stdout.isatty(), sys.stdin.isatty())\n")
        self.supervise("--run-id", "tty", "--tty", "script.py")
        self.assertEqual(self.output("tty").strip(), "True True")
        self.write("import sys; print(sys.stdout.isatty())\n")
        self.supervise("--run-id", "notty", "script.py")
        self.assertEqual(self.output("notty").strip(), "False")

    def test_another_package_of_the_name_is_pointed_out(self):
        os.mkdir(os.path.join(self.work, "xtrack"))
        self.write("def nothing(): pass\n", "xtrack/__init__.py")
        self.write("import xtrack; print(xtrack.nothing)\n", "scripts.py")
        os.mkdir(os.path.join(self.work, "elsewhere"))
        script = os.path.join(self.work, "scripts.py")
        self.supervise("--run-id", "clash", script, cwd=os.path.join(self.work, "elsewhere"), env={"XTRACK_DIR": os.path.join(self.work, ".xtrack")})
        logs = of_kind(self.supervisor_events("clash"), "log")
        self.assertIn("hides XTrack's client", logs[0]["msg"])

    def test_bad_usage_is_explained(self):
        for words in ((), ("frob",), ("run",), ("run", "--frob", "x.py"), ("run", "--tag", "x", "--", "x.py"), ("run", "--run-id", "../x", "s.py")):
            process = self.start(None, "-m", "xtrack", *words)
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 2, words)
            self.assertIn(b"usage:", err)
        process = self.start(None, "-m", "xtrack", "version")
        out, _ = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (0, b"0.1.0\n"))
        self.assertFalse(os.path.exists(os.path.join(self.work, ".xtrack")))

    def test_continuing_under_a_supervisor_is_the_next_attempt(self):
        self.write("from xtrack import Tracker\nwith Tracker.start_run() as run: run.log_metric('x', 1)\n")
        for _ in range(2):
            self.supervise("--run-id", "twice", "script.py")
        attempts = [read_journal(path)[0]["p"]["attempt"] for path in self.journals("twice")]
        self.assertEqual(sorted(attempts), [1, 1, 2, 2])


if __name__ == "__main__":
    unittest.main()
