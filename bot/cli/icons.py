"""The app's icons, drawn here: a shield with a check mark, as on the linking pages. PNG as of ISO/IEC 15948."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
Colour = tuple[int, int, int]

BACKGROUND: Colour = (0x1F, 0x4E, 0x79)
_GRID = 24.0
_HALF = 1.0
_WHITE: Colour = (0xFF, 0xFF, 0xFF)
_STEPS = 8


def colour_icon(side: int = 192) -> bytes:
    """White lines on the app's colour, as a PNG that fills its square."""
    shades = (_mixed(BACKGROUND, _WHITE, cover) for cover in _covers(side, margin=0.2))
    return _png(side, ((*shade, 0xFF) for shade in shades))


def outline_icon(side: int = 32) -> bytes:
    """White lines on nothing, as a PNG."""
    return _png(side, ((*_WHITE, round(0xFF * cover)) for cover in _covers(side, margin=0.0)))


def _curve(start: Point, first: Point, second: Point, end: Point) -> Iterator[Point]:
    """Points of a cubic Bézier curve, without its start."""
    for step in range(1, _STEPS + 1):
        t, u = step / _STEPS, 1 - step / _STEPS
        a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
        yield tuple(a * p + b * q + c * r + d * s for p, q, r, s in zip(start, first, second, end, strict=True))  # type: ignore[misc]


def _lines() -> list[tuple[Point, Point]]:
    right = [(12.0, 3.0), (19.5, 6.0), (19.5, 11.5), *_curve((19.5, 11.5), (19.5, 16.1), (16.4, 19.4), (12.0, 21.0))]
    left = [(_GRID - x, y) for x, y in right]
    check = [(8.8, 12.0), (11.0, 14.2), (15.2, 10.0)]
    return [line for points in (right, left, check) for line in pairwise(points)]


def _covers(side: int, margin: float) -> Iterator[float]:
    """How much of each pixel the lines cover, row by row; `margin` is the part of the side left free around them."""
    lines, pixel = _lines(), _GRID / (side * (1 - margin))
    shift = side * margin / 2
    for row in range(side):
        for column in range(side):
            at = ((column + 0.5 - shift) * pixel, (row + 0.5 - shift) * pixel)
            away = min(_distance(at, line) for line in lines)
            yield min(1.0, max(0.0, (_HALF - away) / pixel + 0.5))


def _distance(at: Point, line: tuple[Point, Point]) -> float:
    (x0, y0), (x1, y1) = line
    dx, dy = x1 - x0, y1 - y0
    along = max(0.0, min(1.0, ((at[0] - x0) * dx + (at[1] - y0) * dy) / (dx * dx + dy * dy)))
    return hypot(at[0] - x0 - along * dx, at[1] - y0 - along * dy)


def _mixed(under: Colour, over: Colour, cover: float) -> Colour:
    red, green, blue = (round(low + (high - low) * cover) for low, high in zip(under, over, strict=True))
    return red, green, blue


def _png(side: int, pixels: Iterator[tuple[int, int, int, int]]) -> bytes:
    rows = b"".join(b"\0" + bytes(part for _ in range(side) for part in next(pixels)) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
