"""Hooks for frameworks, with a framework that is none."""

import os
import unittest

from support import ScriptTest

FRAMEWORK = """
class Trainer:
    def __init__(self): self.seen = []
    def log(self, **metrics): self.seen.append(metrics)
    def fit(self):
        for step in range(3): self.log(loss=1 / (step + 1))
"""

PATCH = """
import xtrack
from xtrack import autolog

@autolog.on_import("framework.trainer")
def patch(module):
    log = module.Trainer.log
    def logged(self, **metrics):
        log(self, **metrics)
        run = xtrack.current_run()
        if run is not None: run.log_metrics(metrics, step=len(self.seen))
    module.Trainer.log = logged
"""


class Autolog(ScriptTest):
    def setUp(self):
        super().setUp()
        os.mkdir(os.path.join(self.work, "framework"))
        self.write("", "framework/__init__.py")
        self.write(FRAMEWORK, "framework/trainer.py")

    def test_a_framework_is_patched_when_it_is_imported(self):
        out, _ = self.run_script(
            PATCH
            + """
import sys
assert "framework.trainer" not in sys.modules, "a hook imports nothing"
with xtrack.start_run() as run:
    from framework.trainer import Trainer
    Trainer().fit()
import inspect, framework.trainer
print(type(framework.trainer.__loader__).__name__, "Trainer" in inspect.getsource(framework.trainer))
print([type(finder).__name__ for finder in sys.meta_path].count("_Finder"))
"""
        )
        self.assertEqual(out, "SourceFileLoader True\n0\n")
        points = [(event["p"]["metrics"]["loss"], event["p"]["step"]) for event in self.events() if event["t"] == "metric_batch"]
        self.assertEqual(points, [(1.0, 1), (0.5, 2), (1 / 3, 3)])

    def test_a_framework_that_is_already_imported_is_patched_at_once(self):
        out, _ = self.run_script(
            """
            import framework.trainer
            from xtrack import autolog
            autolog.on_import("framework.trainer")(lambda module: print("hooked", module.__name__))
            import framework.trainer
            """
        )
        self.assertEqual(out, "hooked framework.trainer\n")

    def test_a_failing_hook_does_not_break_the_import(self):
        out, err = self.run_script(
            """
            from xtrack import autolog
            from xtrack.integrations import importhooks
            @autolog.on_import("framework.trainer")
            def broken(module): raise RuntimeError("hook")
            autolog.on_import("framework.trainer")(lambda module: print("the next one is called"))
            autolog.on_import("framework.none")(lambda module: print("never"))
            from framework.trainer import Trainer
            try: import framework.none
            except ModuleNotFoundError: print("not there")
            print(importhooks.warnings.counts)
            """
        )
        self.assertEqual(out, "the next one is called\nnot there\n{'the hook for framework.trainer': 1}\n")
        self.assertEqual(err, "")

    def test_nothing_is_installed_without_hooks_or_when_it_is_turned_off(self):
        text = """
            import sys
            before = list(sys.meta_path)
            import xtrack
            with xtrack.start_run(transport="null"): pass
            print("xtrack.autolog" in sys.modules, sys.meta_path == before)
            from xtrack import autolog
            autolog.on_import("framework.trainer")(lambda module: print("hooked"))
            import framework.trainer
            print(sys.meta_path == before)
            """
        self.assertEqual(self.run_script(text, env={"XTRACK_AUTOLOG": "0"})[0], "False True\nTrue\n")
        self.assertEqual(self.run_script(text)[0], "False True\nhooked\nTrue\n")


if __name__ == "__main__":
    unittest.main()
