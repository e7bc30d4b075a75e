"""Secrets: the same table as for the collector, which redacts the arguments of a launch."""

import json
import os
import unittest

from support import ScriptTest, of_kind
from xtrack.core.redaction import redact_arguments

TABLE = os.path.join(os.path.dirname(__file__), "..", "fixtures", "secrets.json")


class Redaction(ScriptTest):
    def test_arguments(self):
        with open(TABLE, encoding="utf-8") as source:
            for row in json.load(source):
                self.assertEqual(redact_arguments(row["words"]), row["written"], row["words"])

    def test_arguments_and_environment_of_a_script(self):
        env = {"HF_TOKEN": "hush", "XTRACK_NOTE": "postgres://me:hunter22@db/x", "CUDA_VISIBLE_DEVICES": "0"}
        self.run_script("from xtrack import Tracker\nTracker.start_run(run_id='r').end()\n", "--password", "hunter22", env=env)
        text = "".join(json.dumps(event) for event in self.events("r"))
        for secret in ("hush", "hunter22"):
            self.assertNotIn(secret, text)
        start = of_kind(self.events("r"), "run_start")[0]
        self.assertEqual(start["source"]["argv"][-2:], ["--password", "[redacted]"])
        self.assertEqual(start["env"]["env_vars"]["CUDA_VISIBLE_DEVICES"], "0")


if __name__ == "__main__":
    unittest.main()
