"""Images, histograms and tables: what scripts pass in, what lies in the run's directory, what the events say."""

import glob
import json
import os
import struct
import subprocess
import unittest
import zlib

from support import ScriptTest, of_kind


def read_png(path):
    """(width, height, channels, rows) of what our client writes."""
    with open(path, "rb") as source:
        data = source.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, head = 8, b"", None
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (crc,) = struct.unpack(">I", data[at + 8 + size : at + 12 + size])
        assert crc == zlib.crc32(kind + chunk)
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", chunk)
        body += chunk if kind == b"IDAT" else b""
        at += 12 + size
    width, height, _depth, color = head[:4]
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[color]
    raw = zlib.decompress(body)
    stride = 1 + width * channels
    return width, height, channels, [list(raw[i * stride + 1 : (i + 1) * stride]) for i in range(height)]


class Media(ScriptTest):
    def run_media(self, text, **options):
        self.run_script("import xtrack\nrun = xtrack.start_run('media', run_id='m')\n" + text + "\nrun.end()\n", **options)
        return self.events("m")

    def file(self, event):
        return os.path.join(self.work, ".xtrack", "runs", "m", event["file"])

    def test_an_image_of_lists_is_a_png_in_the_runs_directory(self):
        events = self.run_media(
            "run.log_image('samples/a b', [[0, 128], [255, 3]], step=7, caption='four')\n"
            "run.log_image('colour', [[(1.0, 0, 0), (0, 0.5, 0)]], epoch=2)"
        )
        first, second = of_kind(events, "image")
        self.assertEqual((first["key"], first["step"], first["caption"]), ("samples/a b", 7, "four"))
        self.assertEqual((first["width"], first["height"]), (2, 2))
        self.assertRegex(first["file"], r"^media/samples-a-b-[0-9a-f]{12}\.png$")
        self.assertEqual(read_png(self.file(first)), (2, 2, 1, [[0, 128], [255, 3]]))
        self.assertEqual(second["epoch"], 2)
        self.assertEqual(read_png(self.file(second)), (2, 1, 3, [[255, 0, 0, 0, 128, 0]]))
        self.assertEqual(os.stat(self.file(first)).st_mode & 0o777, 0o600)

    def test_a_confusion_matrix_has_a_row_per_true_label(self):
        events = self.run_media(
            "run.log_confusion_matrix('numbers', [2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2], step=3)\n"
            "run.log_confusion_matrix('named', [1, 0, 1], [1, 1, 1], labels=['cat', 'dog'])\n"
            "run.log_confusion_matrix('ready', matrix=[[5, 1], [0, 4]], labels=['cat', 'dog'])\n"
            "run.log_confusion_matrix('wrong', [1, 2], [1])\n"
            "run.log_metric('after', 1)"
        )
        numbers, named, ready = of_kind(events, "table")
        self.assertEqual((numbers["view"], numbers["step"]), ("confusion", 3))
        self.assertEqual(numbers["columns"], ["truth", "0", "1", "2"])
        self.assertEqual(numbers["rows"], [["0", 2, 0, 0], ["1", 0, 0, 1], ["2", 1, 0, 2]])
        self.assertEqual(named["rows"], [["cat", 0, 1], ["dog", 0, 2]])
        self.assertEqual(ready["rows"], [["cat", 5, 1], ["dog", 0, 4]])
        self.assertEqual([metric["key"] for metric in of_kind(events, "metric")], ["after"])

    def test_curves_of_scores_are_those_that_scikit_learn_draws(self):
        events = self.run_media(
            "truth, scores = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]\n"
            "run.log_roc_curve('roc', truth, scores)\n"
            "run.log_pr_curve('pr', truth, scores)\n"
            "run.log_roc_curve('long', [i % 3 == 0 for i in range(5000)], range(5000))"
        )
        roc, pr, long = of_kind(events, "table")
        self.assertEqual(roc["view"], "curve")
        self.assertEqual([row[:2] for row in roc["rows"]], [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]])
        self.assertEqual([row[2] for row in roc["rows"]], [None, 0.8, 0.4, 0.35, 0.1])
        self.assertEqual(pr["columns"][:2], ["recall", "precision"])
        self.assertEqual([row[:2] for row in pr["rows"]], [[0, 1], [0.5, 1], [0.5, 0.5], [1, 2 / 3], [1, 0.5]])
        self.assertEqual((len(long["rows"]), long["rows"][-1][:2]), (400, [1, 1]))

    def test_a_file_is_kept_as_it_was(self):
        events = self.run_media(
            "for step in range(2):\n"
            "    open('sample.jpg', 'wb').write(b'picture %d' % step)\n"
            "    run.log_image('sample', 'sample.jpg', step=step)\n"
        )
        for step, event in enumerate(of_kind(events, "image")):
            self.assertEqual((event["path"], event["abspath"]), ("sample.jpg", os.path.join(self.work, "sample.jpg")))
            self.assertTrue(event["file"].endswith(".jpg"))
            with open(self.file(event), "rb") as source:
                self.assertEqual(source.read(), b"picture %d" % step)

    def test_large_images_are_written_while_training_goes_on_and_are_there_at_the_end(self):
        events = self.run_media("for step in range(5):\n    run.log_image('large', [[step] * 900] * 600, step=step)\n")
        found = of_kind(events, "image")
        self.assertEqual([event["step"] for event in found], [0, 1, 2, 3, 4])
        self.assertEqual(read_png(self.file(found[4]))[:3], (900, 600, 1))
        self.assertEqual(glob.glob(os.path.join(self.work, ".xtrack/runs/m/media/*.tmp")), [])

    def test_anything_that_is_not_an_image_causes_a_warning(self):
        out, err = self.run_script(
            """
            import xtrack
            run = xtrack.start_run("wrong", run_id="w")
            for image in (None, 3, [], [[]], [[1], [1, 2]], [[(1, 2), (1,)]], [["a"]], object(), {"a": 1}, "gone.png"):
                run.log_image("x", image, step=1)
            for values in (None, "text", [object()], 3):
                run.log_histogram("x", values)
            run.log_histogram("x", counts=[1, 2], edges=[0, 1])
            run.log_histogram("x", counts=[1], edges=[1, 0])
            run.log_table("x", 3)
            run.log_table()
            run.log_metric("loss", 1.0)
            assert run.stats["warnings"]["log_image"] == 9, run.stats
            assert run.stats["warnings"]["log_histogram"] == 6, run.stats
            assert run.stats["warnings"]["log_table"] == 2, run.stats
            run.end()
            """
        )
        self.assertEqual((out, err), ("", ""))
        events = self.events("w")
        self.assertEqual(len(of_kind(events, "metric")), 1)
        # A path is recorded, whatever is there.
        self.assertEqual([event["path"] for event in of_kind(events, "image")], ["gone.png"])
        self.assertEqual(of_kind(events, "histogram") + of_kind(events, "table"), [])

    def test_a_histogram_counts_what_it_was_given(self):
        events = self.run_media(
            "run.log_histogram('w', [[0, 1, 2], [3, float('nan'), 10]], step=1, bins=5)\n"
            "run.log_histogram('same', [4, 4], bins=2)\n"
            "run.log_histogram('none', [])\n"
            "run.log_histogram('own', counts=(1, 2.5), edges=(0, 1, 2), step=3)\n"
            "run.log_histogram('wide', [-1e308, 1e308], bins=4)"
        )
        w, same, none, own, wide = of_kind(events, "histogram")
        self.assertEqual(w["edges"], [0, 2, 4, 6, 8, 10])
        self.assertEqual((w["counts"], w["bad"], w["step"]), ([2, 2, 0, 0, 1], 1, 1))
        self.assertEqual((same["edges"], same["counts"]), ([3.5, 4, 4.5], [0, 2]))
        self.assertEqual(sum(none["counts"]), 0)
        self.assertEqual((own["edges"], own["counts"], own["step"]), ([0, 1, 2], [1, 2.5], 3))
        self.assertEqual(wide["counts"], [1, 0, 0, 1])

    def test_a_table_is_in_its_event_or_where_it_is_large_in_a_file(self):
        events = self.run_media(
            "run.log_table('a', [[1, 'x'], [float('nan')]], columns=['n', 's'], step=1)\n"
            "run.log_table('b', [{'p': 1}, {'q': 2}])\n"
            "run.log_table('c', {'p': [1, 2], 'q': [3]})\n"
            "run.log_table('large', [[i, 'some text'] for i in range(12_000)])"
        )
        a, b, c, large = of_kind(events, "table")
        self.assertEqual((a["columns"], a["rows"], a["total"], a["step"]), (["n", "s"], [[1, "x"], ["NaN", None]], 2, 1))
        self.assertEqual((b["columns"], b["rows"]), (["p", "q"], [[1, None], [None, 2]]))
        self.assertEqual((c["columns"], c["rows"]), (["p", "q"], [[1, 3], [2, None]]))
        self.assertEqual(large["total"], 12_000)
        with open(self.file(large), encoding="utf-8") as source:
            kept = json.load(source)
        self.assertEqual(kept["columns"], ["0", "1"])
        self.assertEqual((len(kept["rows"]), kept["rows"][9_999]), (10_000, [9_999, "some text"]))

    def test_without_a_directory_only_images_that_are_files_are_logged(self):
        self.run_script(
            """
            import xtrack
            run = xtrack.start_run("x", transport=xtrack.FileTransport("events.bin"))
            run.log_image("x", [[0, 1]])
            run.log_histogram("h", [1, 2])
            run.log_table("t", [[0] * 200] * 1000)
            assert "log_image" in run.stats["warnings"]
            run.end()
            """
        )
        with open(os.path.join(self.work, "events.bin"), "rb") as source:
            content = source.read()
        self.assertIn(b'"t":"histogram"', content)
        self.assertIn(b'"t":"table"', content)

    def test_a_forked_child_logs_images_of_its_own(self):
        self.run_script(
            """
            import os, xtrack
            run = xtrack.start_run("forks", run_id="f")
            run.log_image("x", [[2]])
            if os.fork() == 0:
                run.log_image("x", [[3]])
                os._exit(0)
            os.wait()
            run.log_image("x", [[4]])
            run.end()
            """
        )
        found = glob.glob(os.path.join(self.work, ".xtrack/runs/f/media/x-*.png"))
        self.assertEqual(sorted(read_png(path)[3] for path in found), [[[2]], [[3]], [[4]]])

    @unittest.skipUnless(
        subprocess.run(["/usr/bin/python3", "-c", "import numpy"], capture_output=True).returncode == 0, "numpy is not installed"
    )
    def test_numpy_arrays_are_taken_as_they_are(self):
        script = self.write(
            """
            import numpy as np, xtrack
            run = xtrack.start_run("numpy", run_id="m")
            run.log_image("grey", np.array([[0, 0.5], [1, np.nan]]))
            run.log_image("first", np.stack([np.zeros((2, 5)), np.ones((2, 5)), np.zeros((2, 5))]))
            run.log_image("last", np.arange(24, dtype="uint8").reshape(2, 3, 4))
            run.log_image("mask", np.array([[True, False]]))
            run.log_histogram("h", np.array([[0.0, 1.0], [np.inf, 4.0]]), bins=4)
            run.log_table("t", np.array([[1, 2], [3, 4]]), columns=["a", "b"])
            assert not run.stats["warnings"], run.stats
            run.end()
            """
        )
        done = subprocess.run(["/usr/bin/python3", script], cwd=self.work, env=self.env, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        events = self.events("m")
        images = [read_png(self.file(event)) for event in of_kind(events, "image")]
        self.assertEqual(images[0], (2, 2, 1, [[0, 128], [255, 0]]))
        self.assertEqual(images[1], (5, 2, 3, [[0, 255, 0] * 5] * 2))
        self.assertEqual(images[2], (3, 2, 4, [list(range(12)), list(range(12, 24))]))
        self.assertEqual(images[3], (2, 1, 1, [[255, 0]]))
        histogram = of_kind(events, "histogram")[0]
        self.assertEqual((histogram["edges"], histogram["counts"], histogram["bad"]), ([0, 1, 2, 3, 4], [1, 1, 0, 1], 1))
        self.assertEqual(of_kind(events, "table")[0]["rows"], [[1, 2], [3, 4]])


if __name__ == "__main__":
    unittest.main()
