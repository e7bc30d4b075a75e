"""Writes corpus.json: frames, sound and broken, that the TypeScript and the Python side both read and write.

A case: ``hex`` (the bytes), ``frames`` (the envelopes in them, without ``k``; a number that is not finite appears as
its word), ``bad`` (how many bad frames are reported), ``pending`` (bytes at the end of which nothing can be told yet).
``canonical``: a writer that is given ``frames`` makes exactly these bytes: keys in the order v, t, m{seq, ts, wid, at}, p,
no white space, text as UTF-8, then the CRC. Readers must find the same however the bytes are split.

Usage: python3 test/conformance/generate.py   (deterministic; the encoder here is deliberately not the client's)
"""

import json
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def event(seq, kind, payload, wid="worker-0", at=None):
    meta = {"seq": seq, "ts": 1795213501000000 + seq * 1000, "wid": wid}
    if at is not None:
        meta["at"] = at
    return {"v": 1, "t": kind, "m": meta, "p": payload}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def sized(body):
    return struct.pack(">I", len(body)) + body


def checked(body):
    """A frame with the CRC appended to an envelope's JSON."""
    body = body[:-1]
    return sized(body + b',"k":"%08x"}' % zlib.crc32(body))


def frame(envelope):
    return checked(compact(envelope))


def plain(envelope):
    """A frame without CRC, as other clients write."""
    return sized(compact(envelope))


def metric(seq, value=0.5, key="loss", **meta):
    return event(seq, "metric", {"run_id": "run-1", "key": key, "value": value, "step": seq}, **meta)


HEAD = {
    "v": 1,
    "t": "journal",
    "m": {"seq": 0, "ts": 1795213500000000, "wid": "worker-0"},
    "p": {
        "format": 1,
        "run_id": "run-1",
        "worker": "worker-0",
        "attempt": 1,
        "writer": "0f3a9c1d22e4",
        "role": "script",
        "proc": {"host": "node-1", "boot": "b", "pidns": "pid:[4026531836]", "pid": 4711, "start": "123456"},
        "client": "xtrack-python 0.1.0",
    },
}


def flip(data, at, mask=0x01):
    changed = bytearray(data)
    changed[at] ^= mask
    return bytes(changed)


def valid_cases():
    every_event = [
        HEAD,
        event(1, "run_start", {"run_id": "run-1", "name": "resnet50", "tags": {"team": "vision"}}),
        event(2, "status", {"run_id": "run-1", "status": "training", "msg": None, "progress": {"cur": 1, "total": 90, "unit": "epochs"}}),
        event(3, "param", {"run_id": "run-1", "key": "optimizer", "value": {"name": "sgd", "lr": 0.1}, "nested_key": ["a", "b"]}),
        event(
            4,
            "metric",
            {"run_id": "run-1", "key": "loss", "value": 0.25, "step": 10, "epoch": 1, "ctx": {"phase": "train", "batch_size": 32}},
            at="train.py:42",
        ),
        event(5, "metric_batch", {"run_id": "run-1", "metrics": {"a": 1, "b/c": -0.5, "big": 1e300, "tiny": 5e-324}, "step": 11}),
        event(6, "checkpoint", {"run_id": "run-1", "path": "ckpt.pt", "step": 10, "metrics": {"val_acc": 0.9}, "is_best": True, "best_key": "val_acc"}),
        event(7, "artifact", {"run_id": "run-1", "path": "m.pt", "type": "model", "name": "m", "size": 3, "checksum": "ab", "upload": "reference"}),
        event(8, "log", {"run_id": "run-1", "level": "info", "msg": "a \"quoted\" line\n\ttab \\ slash / end", "fields": {"n": [1, None, True]}}),
        event(9, "run_end", {"run_id": "run-1", "status": "failed", "error": {"type": "ValueError", "message": "x", "traceback": "t"}}),
    ]
    words = [metric(1, "NaN"), metric(2, "Infinity"), metric(3, "-Infinity"), event(4, "metric_batch", {"run_id": "run-1", "metrics": {"NaN": "NaN", "x": 1}})]
    unicode = [
        metric(1, 0.5, key="精度/ε"),
        event(2, "log", {"run_id": "run-1", "level": "info", "msg": "emoji 🚀, é, \u2028, \u007f, \ufeff, \u0000 and \u001f"}, at="/home/ж/trän.py:7"),
    ]
    long = event(1, "log", {"run_id": "run-1", "level": "info", "msg": "0123456789abcdef" * 1024})
    for name, frames in (
        ("every event", every_event),
        ("numbers that are not finite, as words", words),
        ("unicode", unicode),
        ("a long frame", [long]),
        ("two workers", [metric(1, wid="worker-0"), metric(1, wid="worker-1")]),
        ("unknown event and fields", [{**event(1, "from_the_future", {"run_id": "run-1", "x": [[]]}), "extra": {"y": 1}}]),
        ("a value that looks like a checksum", [event(1, "param", {"run_id": "run-1", "key": "k", "value": ',"k":"00000000"}'})]),
    ):
        yield name, b"".join(map(frame, frames)), frames, 0, 0, True
    yield "nothing", b"", [], 0, 0, True


def foreign_cases():
    """What other writers send: readers accept it."""
    yield "no checksum", plain(metric(1)) + frame(metric(2)) + plain(metric(3)), [metric(1), metric(2), metric(3)], 0, 0
    bare = (
        b'{"v":1,"t":"metric_batch","m":{"seq":1,"ts":1},"p":{"run_id":"run-1",'
        b'"metrics":{"a":NaN,"b":Infinity,"c":-Infinity,"d":"NaN is not -Infinity","e":[NaN]}}}'
    )
    decoded = {
        "v": 1,
        "t": "metric_batch",
        "m": {"seq": 1, "ts": 1},
        "p": {"run_id": "run-1", "metrics": {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "NaN is not -Infinity", "e": ["NaN"]}},
    }
    yield "bare NaN and Infinity", sized(bare) + frame(metric(2)), [decoded, metric(2)], 0, 0
    yield "bare NaN under a checksum", checked(bare), [decoded], 0, 0
    spaced = b'{ "v": 1, "t": "metric", "m": {"seq": 1, "ts": 2},\n "p": {"run_id": "run-1", "key": "a", "value": 1} }'
    decoded = {"v": 1, "t": "metric", "m": {"seq": 1, "ts": 2}, "p": {"run_id": "run-1", "key": "a", "value": 1}}
    yield "white space", sized(spaced), [decoded], 0, 0
    escaped = json.dumps(metric(1, key="精\n🚀"), separators=(",", ":")).encode()
    yield "escaped unicode", sized(escaped), [metric(1, key="精\n🚀")], 0, 0
    invalid = compact(metric(1, key="a?b")).replace(b"a?b", b"a\xffb")
    yield "invalid UTF-8 in a text", sized(invalid) + frame(metric(2)), [metric(1, key="a\ufffdb"), metric(2)], 0, 0
    upper = checked(compact(metric(1)))
    upper = upper[:-10] + upper[-10:-2].upper() + upper[-2:]
    yield "checksum in capitals", upper, [metric(1)], 0, 0


def broken_cases():
    one, two, three = frame(metric(1)), frame(metric(2)), frame(metric(3))
    around = [metric(1), metric(3)]
    yield "a flipped bit under a checksum", one + flip(two, 40) + three, around, 1, 0
    yield "a wrong checksum", one + flip(two, -4) + three, around, 1, 0
    yield "a checksum that is no number", one + two[:-10] + b'zzzzzzzz"}' + three, around, 1, 0
    yield "two wrong checksums in a row", one + flip(two, -4) + flip(two, 40) + three, around, 2, 0
    yield "bad JSON", one + sized(b'{"v":1,"t":"metric","m":}') + three, around, 1, 0
    yield "JSON that is no object", one + sized(b"[1,2,3]") + three, around, 1, 0
    yield "an unfinished object", one + sized(b'{"v":1,"t":"metric"') + three, around, 1, 0
    yield "bare words that are no numbers", one + sized(b'{"v":1,"t":"metric","m":{},"p":nan}') + three, around, 1, 0
    yield "garbage between", one + b"garbage without a zero byte" + three, around, 1, 0
    yield "garbage with zero bytes", one + b"\x01\x00\x00\xffgar\x00\x00\x00\x00bage" + three, around, 1, 0
    yield "garbage first", b"\xff\xfe{}" + one, [metric(1)], 1, 0
    yield "garbage last", one + b"garbage", [metric(1)], 1, 0
    yield "only garbage", b"garbage", [], 1, 0
    yield "HTTP on the frame port", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + one, [metric(1)], 1, 0
    yield "a newline between", one + b"\n" + three, around, 1, 0
    yield "torn, then written over", one + two[: len(two) // 2] + three, around, 1, 0
    yield "torn in its length", one + two[:2] + three, around, 1, 0
    yield "a hole of zeros", one + two[:30] + bytes(len(two) - 30) + three, around, 1, 0
    yield "a block of zeros between", one + bytes(64) + three, around, 1, 0
    yield "an odd number of zeros between", one + bytes(7) + three, around, 1, 0
    yield "over the limit", one + struct.pack(">I", 2**24) + compact(metric(2)) + three, around, 1, 0
    yield "a length that claims too much", one + struct.pack(">I", 500) + two[4:] + three + frame(metric(4)) * 4, [metric(1), metric(3)] + [metric(4)] * 4, 1, 0
    yield "a length that claims too little", one + struct.pack(">I", 20) + two[4:] + three, around, 1, 0
    yield "a length of zero", one + bytes(4) + three, around, 1, 0


def unfinished_cases():
    one, two = frame(metric(1)), frame(metric(2))
    yield "half a length", one + two[:3], [metric(1)], 0, 3
    yield "half a body", one + two[:50], [metric(1)], 0, 50
    yield "all but the last byte", one + two[:-1], [metric(1)], 0, len(two) - 1
    yield "a tail of zeros", one + bytes(4096), [metric(1)], 0, 4096
    yield "a tail of three zeros", one + bytes(3), [metric(1)], 0, 3
    yield "half a body, then zeros", one + two[:50] + bytes(len(two) + 100), [metric(1)], 0, 50 + len(two) + 100
    yield "only a length", one + two[:4] + bytes(100), [metric(1)], 0, 104


def cases():
    for name, data, frames, bad, pending, canonical in valid_cases():
        yield {"name": name, "canonical": canonical, "bad": bad, "pending": pending, "frames": frames, "hex": data.hex()}
    for group in (foreign_cases, broken_cases, unfinished_cases):
        for name, data, frames, bad, pending in group():
            yield {"name": name, "canonical": False, "bad": bad, "pending": pending, "frames": frames, "hex": data.hex()}


def corpus_text():
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases()) + "\n]\n"


if __name__ == "__main__":
    with open(os.path.join(HERE, "corpus.json"), "w", encoding="ascii") as target:
        target.write(corpus_text())
