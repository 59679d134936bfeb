"""How fast further events are acknowledged while fifty answers wait for a payer that takes a second."""

import asyncio
import itertools
import signal
from collections.abc import Sequence

from bench.processes import Process
from bench.slack import Case, Measured, Workspace
from bench.table import Row

HELLO = "hello"
_IN_WORK, _ROUNDS, _PAUSE = 50, 3, 0.02


async def acks(slack: Workspace, payer: Process, question: Case, users: Sequence[str]) -> Row:
    """The row: the p99 of every acknowledgement while the answers of fifty people are in work."""
    taken: list[float] = []
    payer.signal(signal.SIGUSR1)
    slack.passing = True
    try:
        for _ in range(_ROUNDS):
            taken += await _round(slack, question, users)
    finally:
        payer.signal(signal.SIGUSR2)
        slack.passing = False
    measured = Measured(tuple(sorted(taken)), wall=sum(taken), cpu=0.0)
    title = f"Slack, {len(taken)} events acknowledged while {_IN_WORK} answers are in work: p99 ms"
    return Row(title, f"{measured.quantile(99):.1f}", goal="≤ 50 ms")


async def _round(slack: Workspace, question: Case, users: Sequence[str]) -> list[float]:
    """Everybody asks at once; the others say hello, one every few milliseconds, until all are answered."""
    others = itertools.cycle(users[_IN_WORK:])
    hello = Case(question.address, HELLO)
    taken: list[float] = []
    answers = asyncio.gather(*(slack.ask(user, question) for user in users[:_IN_WORK]))
    await asyncio.sleep(_PAUSE)
    while not answers.done():
        taken.append(await slack.acknowledged_in(next(others), hello))
        await asyncio.sleep(_PAUSE)
    await answers
    return taken
