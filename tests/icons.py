"""`python -m tests.icons`: draws the icons of the Teams app package, a speech bubble with a heart in it.

Shapes are areas of a unit square, and each pixel is the mean of a fine grid of points, so no drawing library is needed.
"""

import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

ICONS = Path(__file__).parents[1] / "bot" / "cli" / "icons"
GRID = 8  # points along each side of a pixel
ACCENT, WHITE, HEART = (31, 78, 121), (255, 255, 255), (46, 125, 154)

SMALLER = 0.76
LINE = 0.075  # the thickness of the outline
DIRECTIONS = [math.tau * at / 24 for at in range(24)]

Pixel = tuple[int, int, int, int]
Paint = Callable[[float, float], tuple[int, int, int] | None]


def bubble(x: float, y: float) -> bool:
    """A round speech bubble whose tail points down to the left."""
    across, down = (x - 0.5) / 0.41, (y - 0.45) / 0.35
    tail = 0.2 <= x <= 0.5 and 0.6 <= y <= 0.94 and (x - 0.2) * 1.2 + (y - 0.6) <= 0.36
    return across * across + down * down <= 1 or tail


def edge(x: float, y: float) -> bool:
    """What of the bubble is nearer to its outside than the line is thick."""
    around = ((x + LINE * math.cos(at), y + LINE * math.sin(at)) for at in DIRECTIONS)
    return bubble(x, y) and not all(bubble(*point) for point in around)


def heart(x: float, y: float) -> bool:
    """A heart in the middle of the bubble: where `(a² + b² - 1)³ <= a² b³`, a curve of the sixth degree."""
    a, b = (x - 0.5) / 0.145, (0.47 - y) / 0.145
    return float((a * a + b * b - 1) ** 3 - a * a * b**3) <= 0


def coloured(x: float, y: float) -> tuple[int, int, int]:
    """White on the accent colour, the heart in its own; small enough for the circle that some clients cut out."""
    x, y = (x - 0.5) / SMALLER + 0.5, (y - 0.5) / SMALLER + 0.5
    if heart(x, y):
        return HEART
    return WHITE if bubble(x, y) else ACCENT


def outlined(x: float, y: float) -> tuple[int, int, int] | None:
    """A white line around nothing, and a white heart."""
    return WHITE if edge(x, y) or heart(x, y) else None


def drawn(paint: Paint, side: int) -> list[Pixel]:
    """The pixels of a square picture, row by row; what is painted in part is see-through in part."""
    return [_pixel(paint, column, row, side) for row in range(side) for column in range(side)]


def _pixel(paint: Paint, column: int, row: int, side: int) -> Pixel:
    steps = [(at + 0.5) / GRID for at in range(GRID)]
    points = [paint((column + dx) / side, (row + dy) / side) for dy in steps for dx in steps]
    hit = [colour for colour in points if colour is not None]
    if not hit:
        return (*WHITE, 0)
    red, green, blue = (round(sum(colour[at] for colour in hit) / len(hit)) for at in range(3))
    return red, green, blue, round(255 * len(hit) / len(points))


def png(pixels: list[Pixel], side: int) -> bytes:
    """An RGBA picture without filters."""
    rows = [pixels[at : at + side] for at in range(0, side * side, side)]
    raw = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    """Write both files."""
    for name, paint, side in (("color.png", coloured, 192), ("outline.png", outlined, 32)):
        (ICONS / name).write_bytes(png(drawn(paint, side), side))


if __name__ == "__main__":
    main()
