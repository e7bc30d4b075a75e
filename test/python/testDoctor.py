"""python -m xtrack doctor: each fault that is planted is found, and a directory without any has none."""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

from support import PACKAGE_DIR, ROOT, ScriptTest, wait_for
from xtrack.core.frames import encode_frame
from xtrack.core.process import process
from xtrack.doctor import place

#: As `python -m xtrack`, whatever lies in the working directory.
ASK = "import sys; sys.path.insert(0, %r); from xtrack.__main__ import start; start()" % PACKAGE_DIR


class Doctor(ScriptTest):
    def setUp(self):
        super().setUp()
        self.xtrack = os.path.join(self.work, ".xtrack")
        self.write("from xtrack import Tracker\nwith Tracker.start_run(run_id='r1') as run: run.log_metric('x', 1)\n", "one.py")

    def record(self):
        process = self.start(os.path.join(self.work, "one.py"))
        process.communicate(timeout=30)
        self.run_dir = os.path.join(self.xtrack, "runs", "r1")
        self.journal = self.journals("r1")[0]

    def doctor(self, *words, code=None, env=None, cwd=None):
        process = self.start(None, "-c", ASK, "doctor", "--json", *words, env=env, cwd=cwd or self.work)
        out, err = process.communicate(timeout=60)
        self.assertEqual(err, b"")
        answer = json.loads(out)
        levels = [finding["level"] for finding in answer["findings"]]
        self.assertEqual(process.returncode, 1 if "error" in levels else 0)
        self.assertEqual(levels, sorted(levels, key=["error", "warning", "info", "ok"].index))
        for finding in answer["findings"]:
            self.assertEqual(sorted(finding), ["action", "detail", "id", "level", "title"])
            if finding["level"] in ("error", "warning"):
                self.assertTrue(finding["action"] and finding["detail"], finding)
        self.directory = answer["directory"]
        return answer["findings"]

    def problems(self, *words, **options):
        return {finding["id"]: finding for finding in self.doctor(*words, **options) if finding["level"] in ("error", "warning")}

    def assert_found(self, expected, level, *words, **options):
        found = self.problems(*words, **options)
        self.assertEqual([(name, one["level"]) for name, one in found.items()], [(expected, level)], found)
        return found[expected]

    def discovery(self, text):
        # As the script's environment resolves it.
        code = "import sys; from xtrack.core.directory import discovery_file; print(discovery_file(sys.argv[1]))"
        path = subprocess.check_output([sys.executable, "-c", code, self.xtrack], env=self.env).decode().strip()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
            target.write(text)
        return path

    def collector(self):
        """A real one."""
        process = subprocess.Popen(
            ["node", os.path.join(ROOT, "dist", "collector.js"), "--dir", self.xtrack], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return json.loads(process.stdout.readline())

    def answering(self, **state):
        """Something that answers collector.info with `state`; the file that says where."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": state}).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return self.discovery(json.dumps({"pid": 1, "host": "127.0.0.1", "port": server.server_port, "token": "t", "socket": None}))

    # ------------------------------------------------------------ nothing is wrong

    def test_nothing_is_wrong_with_a_healthy_directory(self):
        self.record()
        self.assertEqual(self.problems(), {})
        self.collector()
        findings = {finding["id"]: finding["level"] for finding in self.doctor("--run", "r1")}
        self.assertEqual((findings["collector.answers"], findings["run.shown"], findings["runs.journals"]), ("ok", "info", "ok"))
        self.assertNotIn("error", findings.values())
        self.assertNotIn("warning", findings.values())
        process = self.start(None, "-m", "xtrack", "doctor")
        out, _ = process.communicate(timeout=30)
        self.assertTrue(out.decode().rstrip().endswith("Nothing is wrong."), out)

    def test_a_folder_without_runs(self):
        self.assertEqual(self.problems(), {})
        self.assertEqual(self.directory, self.xtrack)
        self.assertFalse(os.path.exists(self.xtrack), "looking makes nothing")

    # ------------------------------------------------------------ the directory

    def test_a_file_in_place_of_the_directory(self):
        with open(self.xtrack, "w"):
            pass
        self.assertIn("a file", self.assert_found("directory.kind", "error")["detail"])

    def test_a_directory_that_is_a_link_to_nowhere(self):
        os.symlink("/no/such/place", self.xtrack)
        self.assertIn("link", self.assert_found("directory.kind", "error")["detail"])

    def test_a_directory_that_cannot_be_written(self):
        os.mkdir(self.xtrack)
        with open(os.path.join(self.xtrack, "runs"), "w"):
            pass
        self.assert_found("directory.writable", "error")

    def test_a_directory_that_others_may_write_in(self):
        self.record()
        os.chmod(self.xtrack, 0o777)
        self.assert_found("directory.private", "warning")

    def test_another_directory_hides_this_one(self):
        self.record()
        elsewhere = os.path.join(self.dir, "elsewhere", ".xtrack")
        os.makedirs(elsewhere)
        found = self.assert_found("directory.others", "warning", env={"XTRACK_DIR": elsewhere})
        self.assertIn(self.xtrack, found["detail"])

    def test_runs_that_were_recorded_in_a_cache(self):
        with open(self.xtrack, "w"):
            pass
        self.start(os.path.join(self.work, "one.py")).communicate(timeout=30)
        os.unlink(self.xtrack)
        self.assertIn("r1", self.assert_found("directory.fallback", "warning")["detail"])

    def test_a_full_disk(self):
        self.assertEqual(place.space_findings(10 * 2**20, 2**40, 5)[0].level, "error")
        self.assertEqual(place.space_findings(2**40, 2**41, 0)[0].level, "error")
        self.assertEqual(place.space_findings(2**30, 2**40, None)[0].level, "warning")
        self.assertEqual(place.space_findings(2**40, 2**41, 5)[0].level, "ok")

    def test_a_network_disk(self):
        mounts = self.write("/dev/sda / ext4 rw 0 0\nserver:/x %s nfs4 rw 0 0\n" % self.work, "mounts")
        self.assertEqual(place.disk_kind(self.work, mounts), "nfs4")
        self.assertEqual(place.disk_kind("/usr", mounts), "ext4")

    def test_a_clock_that_is_wrong(self):
        self.assertEqual(place.skew_finding(-40.0)[0].id, "clock.skew")
        self.assertEqual(place.skew_finding(0.5), [])
        self.record()
        os.utime(self.journal, (time.time() + 3600,) * 2)
        self.assert_found("clock.future", "warning")

    # ------------------------------------------------------------ the collector

    def test_a_damaged_discovery_file(self):
        self.record()
        self.discovery("{")
        self.assert_found("collector.discovery", "error")

    def test_a_collector_that_is_gone(self):
        self.record()
        self.discovery(json.dumps({"pid": 1, "host": "127.0.0.1", "port": 1, "token": "t", "socket": None}))
        self.assert_found("collector.silent", "error")

    def test_a_token_that_is_not_its_own(self):
        self.record()
        address = self.collector()
        path = self.discovery(json.dumps({"pid": 1, "host": "127.0.0.1", "port": address["port"], "token": "x" * 64, "socket": None}))
        self.assertTrue(os.path.exists(path))
        self.assert_found("collector.token", "error")

    def test_others_can_read_the_token(self):
        self.record()
        os.chmod(self.answering(version="0.1.0", protocol=1, pid=1, follower=None), 0o644)
        self.assert_found("collector.exposed", "warning")

    def test_another_version(self):
        self.record()
        self.answering(version="9.9.9", protocol=1, pid=1, follower=None)
        self.assertIn("9.9.9", self.assert_found("collector.version", "warning")["detail"])

    def test_another_protocol(self):
        self.record()
        self.answering(version="9.9.9", protocol=2, pid=1, follower=None)
        self.assert_found("collector.protocol", "error")

    def test_another_host_owns_the_directory(self):
        self.record()
        with open(os.path.join(self.xtrack, "lease"), "w") as target:
            json.dump({**process(os.getpid()), "host": "far-away", "nonce": "n"}, target)
        self.assertIn("far-away", self.assert_found("lease.elsewhere", "warning")["title"])

    def test_a_damaged_lease(self):
        self.record()
        with open(os.path.join(self.xtrack, "lease"), "w") as target:
            target.write("{")
        self.assert_found("lease.damaged", "warning")

    # ------------------------------------------------------------ the client

    def test_a_folder_of_the_same_name(self):
        self.record()
        os.mkdir(os.path.join(self.work, "xtrack"))
        self.write("", "xtrack/__init__.py")
        self.assertIn(os.path.join(self.work, "xtrack"), self.assert_found("client.collision", "error")["detail"])

    def test_another_package_of_the_same_name(self):
        self.record()
        other = os.path.join(self.dir, "site", "xtrack")
        os.makedirs(other)
        with open(os.path.join(other, "__init__.py"), "w"):
            pass
        path = os.pathsep.join((self.env["PYTHONPATH"], os.path.dirname(other)))
        self.assertIn(other, self.assert_found("client.collision", "warning", env={"PYTHONPATH": path})["detail"])

    def test_events_that_go_elsewhere(self):
        self.record()
        self.assert_found("environment.transport", "warning", env={"XTRACK_TRANSPORT": "null"})
        self.assert_found("environment.transport", "warning", env={"XTRACK_TRANSPORT": "pigeon"})

    def test_a_run_id_that_a_shell_kept(self):
        self.record()
        self.assert_found("environment.run_id", "warning", env={"XTRACK_RUN_ID": "r1"})

    def test_output_patterns_that_are_invalid(self):
        self.record()
        for patterns in ("[", '["("]', '["no group"]', "{}"):
            self.assert_found("environment.patterns", "warning", env={"XTRACK_OUTPUT_PATTERNS": patterns})

    # ------------------------------------------------------------ runs

    def test_a_damaged_journal(self):
        self.record()
        with open(self.journal, "r+b") as target:
            target.seek(-40, os.SEEK_END)
            target.write(b"????")
        self.assertIn("byte", self.assert_found("run.damaged", "warning")["detail"])

    def test_a_journal_that_cannot_be_read(self):
        self.record()
        os.unlink(self.journal)
        os.mkdir(self.journal)
        self.assert_found("run.unreadable", "error")

    def test_a_journal_without_its_beginning(self):
        self.record()
        with open(self.journal, "wb") as target:
            target.write(encode_frame({"v": 1, "t": "metric", "m": {"seq": 4, "ts": 1}, "p": {"run_id": "r1", "key": "x", "value": 1}}))
        self.assert_found("run.headless", "error")

    def test_a_run_whose_folder_was_renamed(self):
        self.record()
        os.rename(self.run_dir, self.run_dir + "-copy")
        self.assertIn("r1", self.assert_found("run.renamed", "error")["title"])

    def test_a_run_in_the_trash(self):
        self.record()
        address = self.collector()
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "runs.delete", "params": {"run_ids": ["r1"]}}).encode()
        headers = {"Authorization": "Bearer " + address["token"], "Content-Type": "application/json"}
        wait_for(lambda: b"error" not in urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:%d/rpc" % address["port"], body, headers)).read())
        self.assert_found("run.deleted", "warning", "--run", "r1")

    def test_a_run_in_another_directory(self):
        self.record()
        below = os.path.join(self.work, "below")
        os.makedirs(os.path.join(below, ".xtrack", "runs", "lost"))
        self.assertIn(below, self.assert_found("run.elsewhere", "error", "--run", "lost")["detail"])

    def test_a_run_that_is_nowhere(self):
        self.record()
        self.assert_found("run.missing", "error", "--run", "never")
        self.assert_found("run.id", "error", "--run", "../r1")

    def test_a_run_without_journals(self):
        self.record()
        os.mkdir(os.path.join(self.xtrack, "runs", "bare"))
        self.assert_found("run.empty", "error", "--run", "bare")

    def test_bad_usage_is_explained(self):
        for words in (("--frob",), ("--dir",), ("--run",)):
            process = self.start(None, "-m", "xtrack", "doctor", *words)
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, 2, words)

    def test_a_directory_that_is_named(self):
        self.record()
        for named in (self.work, self.xtrack):
            self.doctor("--dir", named, cwd=self.dir, env={"XTRACK_DIR": "/elsewhere"})
            self.assertEqual(self.directory, self.xtrack)


if __name__ == "__main__":
    unittest.main()
