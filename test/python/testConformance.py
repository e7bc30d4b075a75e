"""The corpus that the TypeScript side reads and writes too."""

import json
import os
import sys
import unittest

from support import ROOT
from xtrack.core.frames import FrameDecoder, encode_frame

CONFORMANCE = os.path.join(ROOT, "test", "conformance")


def load_corpus():
    with open(os.path.join(CONFORMANCE, "corpus.json"), encoding="ascii") as source:
        return json.load(source)


def decode(chunks):
    decoder = FrameDecoder()
    total = 0
    found = []
    for chunk in chunks:
        total += len(chunk)
        decoder.push(chunk)
        found += decoder.read()
    frames = [{k: v for k, v in one.envelope.items() if k != "k"} for one in found if one.envelope is not None]
    return frames, sum(1 for one in found if one.envelope is None), total - decoder.offset


class Conformance(unittest.TestCase):
    def test_reads_every_case_whole(self):
        for case in load_corpus():
            with self.subTest(case["name"]):
                self.assertEqual(decode([bytes.fromhex(case["hex"])]), (case["frames"], case["bad"], case["pending"]))

    def test_reads_every_case_split_at_every_byte(self):
        for case in load_corpus():
            data = bytes.fromhex(case["hex"])
            expected = (case["frames"], case["bad"], case["pending"])
            with self.subTest(case["name"]):
                for at in range(0, len(data), max(1, len(data) // 400)):
                    self.assertEqual(decode([data[:at], data[at:]]), expected, "split at %d" % at)
                if len(data) < 4096:
                    self.assertEqual(decode([data[i : i + 1] for i in range(len(data))]), expected, "byte by byte")

    def test_writes_the_canonical_frames_to_the_byte(self):
        canonical = [case for case in load_corpus() if case["canonical"]]
        self.assertGreater(len(canonical), 5)
        for case in canonical:
            with self.subTest(case["name"]):
                self.assertEqual(b"".join(map(encode_frame, case["frames"])).hex(), case["hex"])

    def test_corpus_is_what_its_generator_makes(self):
        sys.path.insert(0, CONFORMANCE)
        try:
            import generate
        finally:
            sys.path.remove(CONFORMANCE)
        with open(os.path.join(CONFORMANCE, "corpus.json"), encoding="ascii") as source:
            self.assertEqual(source.read(), generate.corpus_text())


if __name__ == "__main__":
    unittest.main()
