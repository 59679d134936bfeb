"""Charts: which of them can be drawn, and one bar of text for where a channel draws none."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bot.message import Chart

WIDTH = 20
SHADES = {2: "▓░", 3: "▓▒░"}
"""The marks of the parts of a whole, the first of which stands out, by how many there are."""
_POINTS = range(2, 13)


def drawable(chart: Chart) -> bool:
    """Whether there is a picture: two to twelve points, or two or three parts of something."""
    if chart.kind == "parts":
        values = _values(chart)
        return len(values) in SHADES and min(values) >= 0 and sum(values) > 0
    return len(chart.points) in _POINTS


def text_bar(chart: Chart) -> str:
    """The parts of a drawable chart as one bar, and its legend on a line below: `▓▓░░░░`, `▓ met ░ left`.

    It is a picture: what is read aloud leaves it out.
    """
    marks = SHADES[len(chart.points)]
    bar = "".join(mark * cells for mark, cells in zip(marks, _cells(_values(chart)), strict=True))
    legend = " ".join(f"{mark} {point.label}" for mark, point in zip(marks, chart.points, strict=True))
    return f"{bar}\n{legend}"


def text_lines(chart: Chart) -> Iterator[str]:
    """A drawable chart for a console: a bar of text for each thing that is compared, what a line's points say."""
    if chart.kind == "parts":
        yield from text_bar(chart).splitlines()
    elif chart.kind == "bars" and (most := max(_values(chart))) > 0:
        room = max(len(point.label) for point in chart.points)
        yield chart.title
        for point in chart.points:
            bar = SHADES[2][0] * _share(point.values[0], most)
            yield f"{point.label:{room}} {bar} {point.words}".rstrip()
    elif chart.said:
        yield chart.said


def _values(chart: Chart) -> list[Decimal]:
    return [point.values[0] for point in chart.points]


def _cells(values: list[Decimal]) -> list[int]:
    """The length of each part, `WIDTH` in all; no part but nothing is too short to be seen."""
    cells = [_share(value, sum(values, Decimal(0))) for value in values]
    cells[cells.index(max(cells))] += WIDTH - sum(cells)
    return cells


def _share(value: Decimal, whole: Decimal) -> int:
    return max(round(WIDTH * value / whole), 1) if value > 0 else 0
