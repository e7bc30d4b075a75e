"""The API as scripts use it, and what arrives in the journal."""

import ast
import os
import re
import unittest

from support import PACKAGE_DIR, ScriptTest, of_kind, read_journal


class Api(ScriptTest):
    def test_a_plain_script_is_tracked_without_any_setting(self):
        self.run_script(
            """
            from xtrack import Tracker
            with Tracker.start_run(name="plain") as run:
                run.log_metric("loss", 0.5, step=3)
            """
        )
        with open(os.path.join(self.work, ".xtrack", ".gitignore")) as source:
            self.assertEqual(source.read(), "*\n")
        self.assertEqual(os.stat(os.path.join(self.work, ".xtrack")).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(self.journals()[0]).st_mode & 0o777, 0o600)
        events = self.events()
        self.assert_complete(events)
        self.assertEqual([event["t"] for event in events[:4]], ["journal", "run_start", "status", "metric"])
        self.assertEqual(events[-1]["t"], "run_end")
        head, start = events[0]["p"], events[1]["p"]
        self.assertRegex(head["run_id"], r"^\d{8}-\d{6}-[0-9a-z]{6}$")
        self.assertEqual((head["worker"], head["attempt"], head["role"], head["format"]), ("worker-0", 1, "script", 1))
        self.assertEqual(start["name"], "plain")
        self.assertEqual(start["source"]["argv"], [os.path.join(self.work, "script.py")])
        self.assertEqual(start["source"]["cwd"], self.work)
        self.assertEqual(events[3]["p"], {"run_id": head["run_id"], "key": "loss", "value": 0.5, "step": 3})
        self.assertEqual(events[3]["m"]["at"], "script.py:4")
        self.assertEqual(of_kind(events, "run_end")[0]["status"], "completed")

    def test_events_hold_what_each_call_was_given(self):
        self.run_script(
            """
            from xtrack import Tracker
            with Tracker.start_run(name="all", run_id="run-1", experiment_id="exp", tags={"team": "nlp", "n": 3}) as run:
                run.log_param("lr", 0.1)
                run.log_param("a", [1, None, True], nested_key=["b", "c"])
                run.log_params({"model": {"kind": "mlp", "layers": 3}, "seed": 7, "odd": object})
                run.log_metric("acc", 1, step=2, epoch=1, phase="val", batch_size=32)
                run.log_metrics({"x": 1.5, "y": float("nan"), "z": float("-inf")}, step=4.0, epoch=0, phase="train")
                open("model.bin", "wb").write(b"abc")
                run.log_artifact("model.bin", artifact_type="model", name="m", metadata={"k": 1}, upload_strategy="reference")
                run.log_checkpoint("c.pt", step=5, epoch=1, metrics={"acc": 0.9}, is_best=True, best_metric_key="acc")
                run.set_status("training", message="hi", progress=(1, 90, "epochs"))
                run.log("hello", level="WARNING", step=6, who="me")
                run.alert("low accuracy", "it is 0.1", level="WARN")
                run.alert(7)
            """
        )
        events = self.events("run-1")
        start = of_kind(events, "run_start")[0]
        self.assertEqual(start["run_id"], {"id": "run-1", "exp_id": "exp", "parent_id": None})
        self.assertEqual(start["tags"], {"team": "nlp", "n": "3"})
        plain = [{k: v for k, v in p.items() if k != "run_id"} for t in ("param", "metric", "metric_batch") for p in of_kind(events, t)]
        self.assertEqual(
            plain,
            [
                {"key": "lr", "value": 0.1},
                {"key": "a", "value": [1, None, True], "nested_key": ["b", "c"]},
                {"key": "model", "value": "mlp", "nested_key": ["kind"]},
                {"key": "model", "value": 3, "nested_key": ["layers"]},
                {"key": "seed", "value": 7},
                {"key": "odd", "value": "<class 'object'>"},
                {"key": "acc", "value": 1, "step": 2, "epoch": 1, "ctx": {"phase": "val", "batch_size": 32}},
                {"metrics": {"x": 1.5, "y": "NaN", "z": "-Infinity"}, "step": 4, "epoch": 0, "ctx": {"phase": "train"}},
            ],
        )
        artifact = of_kind(events, "artifact")[0]
        self.assertEqual(artifact["checksum"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        self.assertEqual((artifact["path"], artifact["type"], artifact["size"], artifact["upload"]), ("model.bin", "model", 3, "reference"))
        checkpoint = of_kind(events, "checkpoint")[0]
        self.assertEqual((checkpoint["path"], checkpoint["step"], checkpoint["is_best"], checkpoint["best_key"]), ("c.pt", 5, True, "acc"))
        self.assertEqual(of_kind(events, "status")[1]["progress"], {"cur": 1, "total": 90, "unit": "epochs"})
        alerts = [{k: v for k, v in p.items() if k != "run_id"} for p in of_kind(events, "alert")]
        self.assertEqual(alerts, [{"title": "low accuracy", "text": "it is 0.1", "level": "warning"}, {"title": "7", "text": "", "level": "warning"}])
        log = [p for p in of_kind(events, "log") if p["msg"] == "hello"][0]
        self.assertEqual((log["level"], log["step"], log["fields"]), ("warning", 6, {"who": "me"}))
        self.assertTrue(all(event["m"]["wid"] == "worker-0" for event in events))

    def test_a_step_that_no_number_has_room_for_is_left_out(self):
        self.run_script(
            """
            import xtrack
            run = xtrack.start_run(run_id="steps")
            for step in (2**62, -2**62, 10**20, 10**400, -10**400, 10**5000):
                run.log_metric("a", 0.5, step=step)
                run.log_metric("b", 1, step=step)
                run.log_metric("c", 0.5, step=step, epoch=1)
                run.log_metrics({"d": 0.5}, step=step)
            assert run.stats["warnings"] == {"bad_step": 12}, run.stats
            run.end()
            """
        )
        events = self.events("steps")
        steps = [p.get("step") for p in of_kind(events, "metric") + of_kind(events, "metric_batch")]
        self.assertEqual(len(steps), 24)
        self.assertEqual(steps[:18], [step for step in (2**62, -(2**62), 1e20, None, None, None) for _ in range(3)])
        self.assertEqual(steps[18:], [2**62, -(2**62), 1e20, None, None, None])

    def test_metrics_logged_together_are_numbers_whatever_their_types(self):
        self.run_script(
            """
            import xtrack
            class Scalar:
                def item(self): return 0.25
            class Float(float):
                def __repr__(self): return "Float"
            run = xtrack.start_run(run_id="types")
            nan, inf = float("nan"), float("inf")
            for metrics in (
                {"a": 1.5, "b": -0.0}, {"a": 1, "b": 2.5}, {"a": True, "b": 0.5}, {"a": nan, "b": 1.0}, {"a": inf, "b": -inf},
                {"a": 1e308, "b": 1e308}, {"a": 2**53, "b": 2**60}, {"a": Scalar(), "b": 1.0}, {"a": Float(3.5), "b": 1.0},
                {"a": "no", "b": 1.0}, {"b": 1.0, "a": 2.0}, {}, {"a": None}, {"50% of é": 1.0, 7: 2.0, "%r%%s": 3.0},
            ):
                run.log_metrics(metrics, step=3)
            run.log_metrics({"a": 1.0}, epoch=2, phase="val"); run.log_metrics({"a": 2.0})
            run.log_metrics(); run.log_metrics([1]); run.log_metrics({"a": 3.0}, 1, 2, None, 4, 5, unknown=6)
            for step in range(2):
                xtrack.log_metrics({"module": 0.5}, step=step)
            assert run.stats["warnings"] == {"not_a_number": 2, "log_metrics": 2, "arguments": 1}, run.stats
            run.end()
            """
        )
        events = [event for event in self.events("types") if event["t"] == "metric_batch"]
        inf = {"a": "Infinity", "b": "-Infinity"}
        self.assertEqual(
            [event["p"]["metrics"] for event in events],
            [{"a": 1.5, "b": 0.0}, {"a": 1, "b": 2.5}, {"a": 1, "b": 0.5}, {"a": "NaN", "b": 1.0}, inf]
            + [{"a": 1e308, "b": 1e308}, {"a": 2**53, "b": float(2**60)}, {"a": 0.25, "b": 1.0}, {"a": 3.5, "b": 1.0}]
            + [{"b": 1.0}, {"b": 1.0, "a": 2.0}, {"50% of é": 1.0, "7": 2.0, "%r%%s": 3.0}]
            + [{"a": 1.0}, {"a": 2.0}, {"a": 3.0}, {"module": 0.5}, {"module": 0.5}],
        )
        axes = [{name: value for name, value in event["p"].items() if name not in ("run_id", "metrics")} for event in events]
        self.assertEqual(axes[:12], [{"step": 3}] * 12)
        self.assertEqual(axes[12:15], [{"epoch": 2, "ctx": {"phase": "val"}}, {}, {"step": 1, "epoch": 2, "ctx": {"batch_size": 4}}])
        self.assertEqual({event["m"]["at"] for event in events[:12]}, {"script.py:14"})
        self.assertEqual([event["m"]["at"] for event in events[12:]], ["script.py:15"] * 2 + ["script.py:16"] + ["script.py:18"] * 2)

    def test_metrics_of_many_lines_and_keys_keep_their_line(self):
        self.run_script(
            """
            from xtrack import Tracker
            with Tracker.start_run(run_id="many") as run:
                for i in range(3000):
                    run.log_metrics({"k%d" % i: float(i), "all": 1.0}, step=i)
                    if i % 2: run.log_metrics({"all": 2.0}, step=i)
                    else: run.log_metrics({"all": 3.0}, step=i)
            """
        )
        found = [(e["m"]["at"], e["p"]["metrics"]) for e in self.events("many") if e["t"] == "metric_batch"]
        self.assertEqual(found[0::2], [("script.py:5", {"k%d" % i: i, "all": 1}) for i in range(3000)])
        others = [("script.py:6", {"all": 2}) if i % 2 else ("script.py:7", {"all": 3}) for i in range(3000)]
        self.assertEqual(found[1::2], others)

    def test_module_functions_and_callback(self):
        self.run_script(
            """
            import xtrack
            run = xtrack.start_run(name="m")
            xtrack.log_param("a", 1); xtrack.log_params({"b": 2})
            xtrack.log_metric("x", 1.0, step=1)
            xtrack.log_metrics({"y": 2.0})
            xtrack.set_status("training")
            back = xtrack.PyTorchCallback(run, log_every_n_steps=2)
            back.on_epoch_start(0, total_epochs=3)
            for step in range(4): back.on_step_end(step, {"loss": step})
            back.on_epoch_end(0, {"val": 0.5})
            back.on_checkpoint("c.pt", {"val": 0.5}, is_best=True, best_metric="val")
            xtrack.end_run("failed")
            """
        )
        events = self.events()
        self.assertEqual([p["key"] for p in of_kind(events, "param")], ["a", "b"])
        self.assertEqual([p.get("step") for p in of_kind(events, "metric_batch")], [None, 0, 2, None])
        self.assertEqual([e["m"]["at"] for e in events if e["t"] == "metric"], ["script.py:5"])
        self.assertEqual(of_kind(events, "run_end")[0]["status"], "failed")

    def test_nothing_that_is_passed_raises_or_prints(self):
        out, err = self.run_script(
            """
            from xtrack import Tracker
            class Bad:
                def __str__(self): raise RuntimeError("no")
                __repr__ = __float__ = __index__ = __hash__ = __str__
            run = Tracker.start_run(name=Bad(), run_id="../../etc/passwd", tags=[1, 2], experiment_id=Bad(), transport="carrier pigeon")
            for bad in (Bad(), None, [], {}, b"x", "text", object(), float("nan"), 10**400, 1j, "\\ud800", lambda: 0):
                run.log_metric(bad, bad, step=bad, epoch=bad, phase=bad, batch_size=bad)
                run.log_metric("k", bad); run.log_metric("k", 1, step=bad)
                run.log_metrics(bad, step=bad); run.log_metrics({"k": bad}); run.log_param(bad, bad, nested_key=bad)
                run.log_params(bad); run.log_params({"k": bad}); run.log_artifact(bad, bad, bad, bad); run.log_checkpoint(bad, bad, bad, bad)
                run.set_status(bad, bad, bad); run.log(bad, bad, bad, x=bad); run.on_command(bad, bad)
            run.log_metric(); run.log_param(); run.log_metric("a", 1, nonsense=2); run.log_artifact(nonsense=1); run.log_params(1, 2, 3, 4)
            deep = []
            for _ in range(5000): deep = [deep]
            run.log_param("deep", deep); run.log_param("long", "x" * 10**6); run.log_metric("after", 1.0, step=1)
            loop = {}; loop["self"] = loop
            run.log_params(loop); run.log_param("wide", list(range(10**6)))
            run.end(Bad(), Bad()); run.log_metric("late", 1)
            assert run.stats["warnings"]["not_a_number"] > 5, run.stats
            """
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events()
        self.assertIn("after", [p["key"] for p in of_kind(events, "metric")])
        self.assertEqual(events[-1]["t"], "run_end")
        self.assertLess(os.path.getsize(self.journals()[0]), 3_000_000)
        logged = [p["msg"] for p in of_kind(events, "log") if p.get("logger") == "xtrack"]
        self.assertEqual(len([text for text in logged if "not a number" in text]), 1, "one warning a kind")

    def test_values_of_numpy_and_tensors_are_numbers(self):
        self.run_script(
            """
            from xtrack import Tracker
            class Scalar:
                def __init__(self, value): self.value = value
                def item(self): return self.value
            class Floaty:
                def __float__(self): return 2.5
            with Tracker.start_run() as run:
                for value in (Scalar(1.5), Scalar(3), Floaty(), True, 2**53 + 2): run.log_metric("v", value, step=Scalar(4))
            """
        )
        values = [(p["value"], p["step"]) for p in of_kind(self.events(), "metric")]
        self.assertEqual(values, [(1.5, 4), (3, 4), (2.5, 4), (1, 4), (float(2**53 + 2), 4)])

    def test_how_a_run_ends(self):
        endings = {
            "pass": ("completed", None, 0),
            "raise ValueError('boom')": ("failed", "ValueError", 1),
            "raise KeyboardInterrupt": ("killed", "KeyboardInterrupt", -2),
            "raise SystemExit(0)": ("completed", None, 0),
        }
        for style in ("with Tracker.start_run(run_id=%r) as run:", "run = Tracker.start_run(run_id=%r)\nif True:"):
            for number, (line, (status, kind, code)) in enumerate(endings.items()):
                run_id = "end-%d-%d" % (number, len(style))
                with self.subTest(line=line, style=style):
                    self.run_script("from xtrack import Tracker\n%s\n    %s\n" % (style % run_id, line), code=code)
                    end = of_kind(self.events(run_id), "run_end")
                    self.assertEqual([p["status"] for p in end], [status])
                    self.assertEqual((end[0].get("error") or {}).get("type"), kind)
                    if kind == "ValueError":
                        self.assertIn("raise ValueError('boom')", end[0]["error"]["traceback"])

    def test_the_exit_code_says_how_an_open_run_ends(self):
        lines = {"sys.exit(0)": ("completed", None, 0), "sys.exit(3)": ("failed", "3", 3), "sys.exit('no data')": ("failed", "no data", 1)}
        for number, (line, (status, message, code)) in enumerate(lines.items()):
            with self.subTest(line):
                run_id = "exit-%d" % number
                script = "import sys\nfrom xtrack import Tracker\nrun = Tracker.start_run(run_id=%r)\n%s\n"
                self.run_script(script % (run_id, line), code=code)
                end = of_kind(self.events(run_id), "run_end")[0]
                self.assertEqual((end["status"], (end.get("error") or {}).get("message")), (status, message))

    def test_a_working_directory_that_is_gone(self):
        out, err = self.run_script(
            """
            import os
            os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
            from xtrack import Tracker
            with Tracker.start_run(run_id="r") as run:
                run.log_metric("x", 1.0, step=1)
                run.log_checkpoint("c.pt", step=1)
            """,
            env={"XTRACK_DIR": os.path.join(self.work, ".xtrack")},
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events("r")
        self.assertEqual((len(of_kind(events, "metric")), of_kind(events, "checkpoint")[0]["path"]), (1, "c.pt"))

    def test_exceptions_and_loops_that_are_hostile_themselves(self):
        out, err = self.run_script(
            """
            from xtrack import PyTorchCallback, Tracker
            class Nasty(Exception):
                def __str__(self): raise RuntimeError("no")
            class Items(dict):
                def items(self): raise Nasty
                def keys(self): raise Nasty
            run = Tracker.start_run(run_id="r")
            run.log_metrics(Items(a=1)); run.log_params(Items(a=1))
            run.log_metric("x", 1.0, 2, 3, "val", 4, 5, 6)
            for back in (PyTorchCallback(run, None), PyTorchCallback(None)):
                back.on_step_end(None, None); back.on_epoch_start(Nasty()); back.on_epoch_end((1, 2), 3); back.on_checkpoint(None, None)
                back.on_epoch_start(); back.on_step_end(0, {"y": 1})
            run.end(error=Nasty())
            """
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events("r")
        self.assertEqual([p["value"] for p in of_kind(events, "metric")], [1.0])
        self.assertEqual(events[-1]["t"], "run_end")

    def test_two_runs_in_one_process_and_a_given_id(self):
        self.run_script(
            """
            from xtrack import Tracker
            a = Tracker.start_run(name="a"); b = Tracker.start_run(name="b")
            a.log_metric("x", 1); b.log_metric("x", 2); b.end(); a.end()
            c = Tracker.start_run(name="c")
            """,
            env={"XTRACK_RUN_ID": "outer", "XTRACK_ATTEMPT": "4"},
        )
        runs = {events[0]["p"]["run_id"]: events for events in map(read_journal, self.journals())}
        self.assertEqual(len(runs), 3)
        starts = {run: of_kind(events, "run_start")[0] for run, events in runs.items()}
        self.assertEqual((starts["outer"]["name"], runs["outer"][0]["p"]["attempt"]), ("a", 4))
        for run, start in starts.items():
            if run != "outer":
                self.assertEqual((start["run_id"]["parent_id"], runs[run][0]["p"]["attempt"]), ("outer", 1))

    def test_continuing_a_run_is_its_next_attempt(self):
        script = "from xtrack import Tracker\nwith Tracker.start_run(run_id='again') as run: run.log_metric('x', 1)\n"
        for _ in range(3):
            self.run_script(script)
        self.assertEqual(sorted(read_journal(path)[0]["p"]["attempt"] for path in self.journals("again")), [1, 2, 3])

    def test_environment_names_experiment_and_tags(self):
        self.run_script(
            "from xtrack import Tracker\nTracker.start_run(tags={'b': 'mine'}).end()\n",
            env={"XTRACK_NAME": "n", "XTRACK_EXPERIMENT": "e", "XTRACK_TAGS": '{"a": "1", "b": "2"}', "XTRACK_TOKEN": "hush-hush"},
        )
        start = of_kind(self.events(), "run_start")[0]
        self.assertEqual((start["name"], start["run_id"]["exp_id"], start["tags"]), ("n", "e", {"a": "1", "b": "mine"}))
        with open(self.journals()[0], "rb") as source:
            self.assertNotIn(b"hush-hush", source.read())

    def test_directory_is_the_nearest_xtrack_else_the_git_root(self):
        script = "from xtrack import Tracker\nTracker.start_run().end()\n"
        deep = os.path.join(self.work, "a", "b")
        os.makedirs(deep)
        os.mkdir(os.path.join(self.work, ".git"))
        self.run_script(script, cwd=deep)
        self.assertEqual(len(self.journals()), 1, "in the git root")
        os.mkdir(os.path.join(self.work, "a", ".xtrack"))
        self.run_script(script, cwd=deep)
        self.assertEqual(len(self.journals(base=os.path.join(self.work, "a"))), 1, "in the nearest .xtrack")
        self.run_script(script, cwd=deep, env={"XTRACK_DIR": "given"})
        self.assertEqual(len(os.listdir(os.path.join(deep, "given", "runs"))), 1)

    def test_a_directory_that_cannot_be_made_moves_the_journal_to_the_cache(self):
        with open(os.path.join(self.work, "file"), "w"):
            pass
        out, err = self.run_script(
            "from xtrack import Tracker\nwith Tracker.start_run() as run:\n    run.log_metric('x', 1)\n    print(run.directory)\n",
            env={"XTRACK_DIR": os.path.join(self.work, "file", "x")},
        )
        self.assertEqual(err, "")
        directory = out.strip()
        self.assertTrue(directory.startswith(os.path.join(self.dir, ".cache")), directory)
        events = read_journal(os.path.join(directory, os.listdir(directory)[0]))
        self.assertEqual(len(of_kind(events, "metric")), 1)
        self.assertTrue(re.search("cannot write in", str(of_kind(events, "log"))) or of_kind(events, "metric"))


class Source(ScriptTest):
    def test_the_package_is_python_3_8(self):
        folder = os.path.join(PACKAGE_DIR, "xtrack")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as source:
                    ast.parse(source.read(), name, feature_version=(3, 8))

    def test_git_state_without_secrets(self):
        import subprocess

        def git(*words):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=self.work, check=True, stdout=subprocess.DEVNULL)

        git("init", "-q", "-b", "main")
        git("remote", "add", "origin", "https://user:pass@example.org/repo.git")
        self.write("key = None\n", "config.py")
        git("add", ".")
        git("commit", "-qm", "first")
        secrets = 'api_key = "s3cr3t-value-123"\nurl = "postgres://me:hunter22@db/x"\naws = "AKIAABCDEFGHIJKLMNOP"\nlr = 0.1\n'
        self.write(secrets, "config.py")
        self.run_script("from xtrack import Tracker\nTracker.start_run().end()\n")
        source = of_kind(self.events(), "source")[0]["source"]
        start = of_kind(self.events(), "run_start")[0]["source"]
        names = ("git_commit", "git_branch", "git_repo")
        self.assertEqual([start[name] for name in names], [source[name] for name in names])
        self.assertRegex(source["git_commit"], "^[0-9a-f]{40}$")
        self.assertEqual((source["git_branch"], source["git_repo"]), ("main", "https://example.org/repo.git"))
        self.assertIn("+lr = 0.1", source["git_diff"])
        for secret in ("s3cr3t", "hunter22", "AKIAABCDEFGHIJKLMNOP"):
            self.assertNotIn(secret, source["git_diff"])


if __name__ == "__main__":
    unittest.main()
