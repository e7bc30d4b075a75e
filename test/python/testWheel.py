"""The client as a wheel: made without network, installed by pip without an index, and there is what the source is."""

import glob
import hashlib
import os
import re
import subprocess
import sys
import unittest
import zipfile

from support import FIXTURES, PACKAGE_DIR, ROOT, ScriptTest

MAKE = "import('%s').then((m) => console.log(m.writeWheel(process.argv[1])))" % os.path.join(ROOT, "scripts", "wheel.mjs")


class Wheel(ScriptTest):
    def make(self, folder="wheels"):
        path = os.path.join(self.dir, folder)
        os.makedirs(path, exist_ok=True)
        return subprocess.check_output(["node", "-e", MAKE, path]).decode().strip()

    def test_a_wheel_installs_and_runs_without_a_network(self):
        wheel = self.make()
        venv = os.path.join(self.dir, "venv")
        env = {name: value for name, value in self.env.items() if not name.startswith(("PYTHON", "PIP_"))}
        subprocess.check_call([sys.executable, os.path.join(FIXTURES, "environment", "make.py"), venv])
        python = os.path.join(venv, "bin", "python")
        said = subprocess.run(
            [python, "-m", "pip", "install", "--no-index", "--no-deps", "--disable-pip-version-check", wheel],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.assertEqual(said.returncode, 0, said.stdout.decode())
        version = subprocess.check_output([python, "-m", "xtrack", "--version"], env=env, cwd=self.work).decode().strip()
        self.assertIn("-%s-" % version, os.path.basename(wheel))
        self.assertEqual(subprocess.check_output([os.path.join(venv, "bin", "xtrack"), "version"], env=env, cwd=self.work).decode().strip(), version)
        subprocess.check_call([python, "-m", "pip", "check", "--disable-pip-version-check"], env=env, stdout=subprocess.DEVNULL)
        self.write("print('step 1 loss=0.5')")
        subprocess.check_call([python, "-m", "xtrack", "run", "--run-id", "r", "script.py"], env=env, cwd=self.work)
        self.assertEqual(len(self.journals("r", "worker-0")), 1)
        subprocess.check_call([python, "-m", "xtrack", "doctor"], env=env, cwd=self.work, stdout=subprocess.DEVNULL)

    def test_the_bytes_of_a_wheel_depend_on_its_content_alone(self):
        digests = {hashlib.sha256(open_bytes(self.make(folder))).hexdigest() for folder in ("one", "two")}
        self.assertEqual(len(digests), 1)

    def test_a_wheel_holds_the_whole_package_and_the_projects_metadata(self):
        wheel = self.make()
        with zipfile.ZipFile(wheel) as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
            metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
        package = os.path.join(PACKAGE_DIR, "xtrack")
        sources = {os.path.relpath(path, PACKAGE_DIR) for path in glob.glob(os.path.join(package, "**", "*.py"), recursive=True)}
        self.assertEqual({name for name in names if name.endswith(".py")}, sources)
        with open(os.path.join(PACKAGE_DIR, "pyproject.toml"), encoding="utf-8") as source:
            project = source.read()
        for field, key in (("Name", "name"), ("Summary", "description"), ("Requires-Python", "requires-python")):
            said = re.search(r'^%s = "(.+)"$' % key, project, re.MULTILINE).group(1)
            self.assertIn("%s: %s\n" % (field, said), metadata)
        with open(os.path.join(ROOT, "package.json"), encoding="utf-8") as source:
            version = re.search(r'"version": "(.+)"', source.read()).group(1)
        self.assertIn("Version: %s\n" % version, metadata)

    def test_an_older_wheel_is_removed(self):
        folder = os.path.join(self.dir, "wheels")
        os.mkdir(folder)
        with open(os.path.join(folder, "xtrack_client-0.0.1-py3-none-any.whl"), "w"):
            pass
        made = self.make()
        self.assertEqual(glob.glob(os.path.join(folder, "*")), [made])


def open_bytes(path):
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    unittest.main()
