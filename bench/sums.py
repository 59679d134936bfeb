"""A sum over a thousand claims: the bot's own CPU and memory beside a floor that walks the same pages in a row."""

from collections.abc import Awaitable, Callable

from bench.processes import Process
from bench.slack import Measured
from bench.table import Row, compared

YEARS = "what did I spend since January 2024"
_ROUNDS = 3

Asking = Callable[[], Awaitable[Measured]]


async def sums(bot: Process, ask_bot: Asking, ask_floor: Asking, warm: Asking) -> list[Row]:
    """The rows; `warm` asks something small first, so that what memory grows by is the sum's own."""
    await warm()
    before = bot.resident
    bot.forget_peak()
    mine = [await ask_bot() for _ in range(_ROUNDS)]
    grown = bot.peak - before
    floor = [await ask_floor() for _ in range(_ROUNDS)]
    ours, straight = min(mine, key=_cpu), min(floor, key=_cpu)
    p50, *_, cpu = compared("spent, 1,000 claims", ours, straight)
    return [
        p50,
        Row(cpu.measured, cpu.bot, cpu.floor, cpu.ratio, "≤ 1000 ms"),
        Row("spent, 1,000 claims: MiB above idle", f"{grown:.0f}", goal="≤ 30 MiB"),
    ]


def _cpu(measured: Measured) -> float:
    return measured.cpu_each
