"""What the Python tests share: scripts run as real processes in a directory of their own, and their journals read back."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE_DIR = os.path.join(ROOT, "src", "python")
FIXTURES = os.path.join(ROOT, "test", "fixtures")

if PACKAGE_DIR not in sys.path:
    sys.path.insert(0, PACKAGE_DIR)

from xtrack.core.frames import FrameDecoder  # noqa: E402


def clean_environment(home):
    """As in a plain terminal: nothing of ours and nothing of a scheduler."""
    drop = ("XTRACK_", "SLURM_", "TORCHELASTIC_", "OMPI_", "RANK", "LOCAL_", "WORLD_SIZE", "MASTER_", "XDG_", "PYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    # Where optional modules are hidden from tests, they are from scripts.
    path = os.pathsep.join(filter(None, (PACKAGE_DIR, os.environ.get("XTRACK_TEST_HIDDEN"))))
    env.update(HOME=home, XDG_CACHE_HOME=os.path.join(home, ".cache"), PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    return env


def read_journal(path):
    """All envelopes of a journal; fails on a bad frame."""
    decoder = FrameDecoder()
    with open(path, "rb") as source:
        decoder.push(source.read())
    found = decoder.read()
    bad = [one for one in found if one.envelope is None]
    assert not bad, "%s: %s" % (path, bad)
    return [one.envelope for one in found]


def of_kind(events, kind):
    return [event["p"] for event in events if event["t"] == kind]


def wait_for(condition, seconds=10.0, what="it"):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("%s did not happen within %s s" % (what, seconds))


class ScriptTest(unittest.TestCase):
    """A working directory, scripts in it, and the journals that they leave."""

    def setUp(self):
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="xtrack-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.work)
        self.env = clean_environment(self.dir)

    def write(self, text, name="script.py"):
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as target:
            target.write(textwrap.dedent(text))
        return path

    def start(self, script, *arguments, env=None, module=(), **options):
        """A running process; killed at the end of the test if it is still there."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.work)
        words = [sys.executable, *module, *([script] if script else []), *arguments]
        process = subprocess.Popen(words, env={**self.env, **(env or {})}, **options)
        self.addCleanup(self._finish, process)
        return process

    def _finish(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_script(self, text, *arguments, env=None, code=0, **options):
        """Runs to the end; returns (stdout, stderr)."""
        process = self.start(self.write(text), *arguments, env=env, **options)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, err.decode("utf-8", "replace") if err else None)
        return (out or b"").decode(), (err or b"").decode()

    def assert_complete(self, events):
        """Numbered without a gap or a twin, in the order of the file."""
        for number, event in enumerate(events):
            if event["m"]["seq"] != number:
                self.fail("event %d of %d has seq %d" % (number, len(events), event["m"]["seq"]))

    def journals(self, run="*", worker="*", base=None):
        return sorted(glob.glob(os.path.join(base or self.work, ".xtrack", "runs", run, "events-%s-*.xtj" % worker)))

    def events(self, run="*", worker="worker-*"):
        """Of the only journal that matches."""
        found = self.journals(run, worker)
        self.assertEqual(len(found), 1, found)
        return read_journal(found[0])
