"""Pixels as a PNG file, from arrays, tensors and nested lists: (height, width), with 1 to 4 channels last or first."""

from __future__ import annotations

import struct
import zlib
from typing import Any, List, NamedTuple, Tuple

from .arrays import is_array, plain_array

MAX_PIXELS = 50_000_000
#: Greyscale, with alpha, RGB, RGBA: what PNG calls them.
_COLOR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}


class Pixels(NamedTuple):
    height: int
    width: int
    channels: int
    #: 8 bits each, row by row.
    data: bytes


def pixels_of(value: Any) -> Pixels:
    """A copy, so that the script may go on with its own. Where all lie between 0 and 1 that is black to white, else 0 to 255 is."""
    value = plain_array(value)
    return _of_array(value) if is_array(value) else _of_lists(value)


def png(pixels: Pixels) -> bytes:
    height, width, channels, data = pixels
    stride = width * channels
    rows = b"".join(b"\0" + data[at : at + stride] for at in range(0, len(data), stride))
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPE[channels], 0, 0, 0)
    body = zlib.compress(rows, 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _of_array(array: Any) -> Pixels:
    while len(array.shape) > 3 and array.shape[0] == 1:
        array = array.reshape(array.shape[1:])
    height, width, channels, is_channel_first = _layout(tuple(array.shape))
    if is_channel_first:
        array = array.transpose(1, 2, 0)
    kind = array.dtype.kind
    if kind not in "buif":
        raise TypeError("an array of %s holds no pixels" % array.dtype)
    array = array.astype("float64") if kind in "bf" else array.astype("int64")
    array[array != array] = 0
    if array.min() >= 0 and array.max() <= 1:
        array = array * 255
    if kind == "f":
        array = array.round()
    return Pixels(height, width, channels, array.clip(0, 255).astype("uint8").tobytes())


def _layout(shape: Tuple[int, ...]) -> Tuple[int, int, int, bool]:
    """Height, width, channels, and whether those come first."""
    if len(shape) == 2:
        layout = (shape[0], shape[1], 1, False)
    elif len(shape) == 3 and shape[2] in _COLOR_TYPE:
        layout = (shape[0], shape[1], shape[2], False)
    elif len(shape) == 3 and shape[0] in _COLOR_TYPE:
        layout = (shape[1], shape[2], shape[0], True)
    else:
        raise ValueError("an image is (height, width) or (height, width, channels), not %s" % (shape,))
    if not 0 < layout[0] * layout[1] <= MAX_PIXELS:
        raise ValueError("an image of %d by %d pixels is not shown" % (layout[1], layout[0]))
    return layout


def _of_lists(value: Any) -> Pixels:
    rows = [list(row) for row in value]
    if not rows or not rows[0]:
        raise ValueError("an image without pixels")
    nested = hasattr(rows[0][0], "__iter__")
    channels = len(list(rows[0][0])) if nested else 1
    if any(len(row) != len(rows[0]) for row in rows) or channels not in _COLOR_TYPE:
        raise ValueError("an image's rows have the same number of pixels, with 1 to 4 channels each")
    flat: List[float] = [float(part) for row in rows for pixel in row for part in (pixel if nested else (pixel,))]
    if len(flat) != len(rows) * len(rows[0]) * channels:
        raise ValueError("an image's pixels have the same number of channels")
    scale = 255 if all(0 <= part <= 1 for part in flat if part == part) else 1
    data = bytes(0 if part != part else min(255, max(0, round(min(1e9, part * scale)))) for part in flat)
    return Pixels(len(rows), len(rows[0]), channels, data)
