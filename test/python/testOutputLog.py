"""Console logs that would grow without end: floods of carriage returns, and more output than anybody wants to keep."""

import os
import unittest

from support import ScriptTest
from xtrack.core.warnings import Warnings
from xtrack.supervisor.outputlog import OutputLog, collapse

RUN = ("-m", "xtrack", "run")
MB = 2**20


def collapsed(data, size=None):
    found = []
    step = size or max(1, len(data))
    collapse((data[at : at + step] for at in range(0, len(data), step)), found.append)
    return b"".join(found)


class Collapsing(unittest.TestCase):
    def test_what_was_overwritten_goes_and_all_else_stays(self):
        bar = b"".join(b"\r%3d%%|###| %d/100 [00:01<00:00]" % (n, n) for n in range(101))
        cases = {
            b"a\nb\n": b"a\nb\n",
            b"a\r\nb\r\n": b"a\r\nb\r\n",
            b"": b"",
            b"no end": b"no end",
            b"\n\n": b"\n\n",
            b"\x1b[31mred\x1b[0m\n\xff\xfe\n": b"\x1b[31mred\x1b[0m\n\xff\xfe\n",
            bar + b"\ndone\n": b"100%|###| 100/100 [00:01<00:00]\ndone\n",
            b"outer 0\n\rinner 1\x1b[A\n\rinner 2\x1b[A\router 1\n\rinner 3\x1b[A\n\n": b"outer 1\ninner 3\n",
            b"x" * 200_000 + b"\rend": b"x" * 200_000 + b"end",
        }
        for given, expected in cases.items():
            for size in (None, 1, 3):
                if size and len(given) > 10_000:
                    continue
                self.assertEqual(collapsed(given, size), expected, given[:80])

    def test_many_plain_lines_stay_as_they_are(self):
        lines = b"".join(b"line %d\n" % n for n in range(10_000))
        self.assertEqual(collapsed(lines, 1000), lines)


class Log(ScriptTest):
    def supervise(self, text, *words, env=None):
        self.write(text)
        process = self.start(None, *RUN, *(words or ("--run-id", "r")), "script.py", env=env)
        _, err = process.communicate(timeout=90)
        self.assertEqual(process.returncode, 0, err)

    @property
    def path(self):
        return os.path.join(self.work, ".xtrack", "runs", "r", "output-worker-0-1.log")

    def read(self):
        with open(self.path, "rb") as source:
            return source.read()

    def test_a_flood_of_a_bar_is_one_line_in_the_end(self):
        self.supervise(
            """
            import sys
            print("before")
            for n in range(20001): sys.stdout.write("\\r%3d%%|####| %d/20000 [00:00<00:00]" % (n // 200, n))
            print("\\nafter")
            """
        )
        self.assertEqual(self.read(), b"before\n100%|####| 20000/20000 [00:00<00:00]\nafter\n")
        self.assertEqual([name for name in os.listdir(os.path.dirname(self.path)) if name.endswith(".tmp")], [])

    def test_a_log_without_a_flood_is_left_byte_by_byte(self):
        self.supervise("for n in range(20000): print('line', n)\nprint('a\\rb')")
        self.assertEqual(self.read(), b"".join(b"line %d\n" % n for n in range(20000)) + b"a\rb\n")

    def test_beginning_and_end_of_a_log_beyond_its_limit_are_kept(self):
        text = """
            import os, sys, time
            sys.stdout.write("the beginning\\n"); sys.stdout.flush()
            line = b"x" * 99 + b"\\n"
            for part in range(60):
                os.write(1, line * 10000); time.sleep(0.02)
            grown = os.stat(1)
            print("size %d blocks %d" % (os.fstat(1).st_size, os.fstat(1).st_blocks * 512))
            time.sleep(0.6)
            print("later %d" % (os.fstat(1).st_blocks * 512))
            print("the end")
            """
        self.supervise(text, env={"XTRACK_OUTPUT_LIMIT_MB": "4"})
        data = self.read()
        self.assertTrue(data.startswith(b"the beginning\n"))
        self.assertTrue(data.endswith(b"the end\n"))
        self.assertIn(b"MB of output are left out here]", data)
        self.assertNotIn(b"\0", data)
        self.assertLess(len(data), 25 * MB)
        self.assertLess(os.stat(self.path).st_blocks * 512, 25 * MB)
        later = int(data.split(b"later ")[1].split()[0])
        self.assertLess(later, 30 * MB, "the disk got the middle back while the script ran")

    def test_a_process_that_goes_on_writing_keeps_the_log_as_it_is(self):
        text = """
            import subprocess, sys
            for n in range(20001): sys.stdout.write("\\r%d" % n)
            sys.stdout.flush()
            subprocess.Popen(["sleep", "6"], start_new_session=True)
            """
        self.supervise(text)
        self.assertGreater(len(self.read()), 100_000)

    def test_a_log_that_grew_meanwhile_is_left(self):
        path = self.write("\r1" * 100_000, "log")
        log = OutputLog(path, Warnings(), 0)
        self.assertTrue(log.is_worth_compacting)
        real = os.fsync

        def grow(fd):
            with open(path, "a") as target:
                target.write("more")
            real(fd)

        os.fsync = grow
        try:
            log.finish()
        finally:
            os.fsync = real
        self.assertEqual(os.path.getsize(path), 200_004)
        self.assertFalse(os.path.exists(path + ".tmp"))

    def test_a_disk_without_holes_is_warned_of_once(self):
        path = self.write("x" * (3 * MB), "log")
        warnings = Warnings()
        log = OutputLog(path, warnings, MB)
        log._punch = lambda start, end: (_ for _ in ()).throw(OSError("not supported"))
        for _ in range(3):
            log.step()
        self.assertEqual(warnings.counts, {"output_limit": 1})
        self.assertEqual(os.path.getsize(path), 3 * MB)


if __name__ == "__main__":
    unittest.main()
