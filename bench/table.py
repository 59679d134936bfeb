"""The one table that a run prints: the bot, the floor, their ratio, and the goal beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.slack import Measured

_HEAD = ("measured", "bot", "floor", "ratio", "goal")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; what does not apply is left empty."""

    measured: str
    bot: str
    floor: str = ""
    ratio: str = ""
    goal: str = ""


def compared(
    title: str,
    bot: Measured,
    floor: Measured,
    *,
    p50: str = "",
    p99: str = "",
    rate: str = "",
    cpu: str = "",
    against: str = "",
) -> Iterator[Row]:
    """The bot beside its floor. `p50`, `p99`, `rate` and `cpu` are goals, `against` says which of several floors."""
    name = f"{title}{f', against {against}' if against else ''}"
    yield Row(f"{name}: p50 ms", *_both(bot.quantile(50), floor.quantile(50)), p50)
    yield Row(f"{name}: p99 ms", *_both(bot.quantile(99), floor.quantile(99)), p99)
    yield Row(f"{name}: answers/s", *_both(bot.rate, floor.rate), rate)
    yield Row(f"{name}: CPU ms an answer", *_both(bot.cpu_each, floor.cpu_each), cpu)


def times(value: float, base: float) -> str:
    """A ratio as the table writes it."""
    return f"{value / base:.2f}x" if base else ""


def _both(bot: float, floor: float) -> tuple[str, str, str]:
    return f"{bot:.1f}", f"{floor:.1f}", times(bot, floor)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table whose columns line up."""
    cells = [_HEAD, *((row.measured, row.bot, row.floor, row.ratio, row.goal) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(_HEAD))]
    lines = [" | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)
