"""News told while processes are killed: each once to each of its people, and no line with nothing behind it."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from bot.config import Settings
from bot.delivery.reminders import Reminder, Reminders
from bot.message import Person
from tests.chaos.forks import Forks
from tests.chaos.ground import Ground, ground, opened_rows
from tests.chaos.siege import Siege
from tests.chaos.toll import is_done
from tests.doubles.slack import TEAM

WATCHERS = ("dana", "walter", "keisha", "marcus", "theo")
PROGRAM = ("-m", "tests.chaos.quick")
_NEWS, _MAYBE = "There is something new", "There may be something new"
_SLOW = 0.1  # seconds a call of Slack's takes
_PATIENCE = 60.0
_EVERY = 3  # kills while the watchers of one round are told
_TELLING = frozenset({"users.info", "chat.postMessage", "chat.update"})


@dataclass
class Told:
    """What the rounds came to; of `tellings` each is one claim for one watcher."""

    kills: int = 0
    busy: int = 0
    tellings: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be, by name; a siege whose kills met no telling proves nothing."""
        found = [name for name in ("lost", "doubled", "left") if getattr(self, name)]
        return (*found, *(["too few kills met a telling"] * (self.busy * 2 < self.kills)))

    def __str__(self) -> str:
        return (
            f"{self.tellings} news, {self.kills} kills ({self.busy} while one was told): {self.lost} lost, "
            f"{self.doubled} doubled, {self.left} lines with nothing behind"
        )


@dataclass
class NewsSiege:
    """Rounds of news for everybody, told by processes that are killed in the middle of it."""

    here: Ground
    siege: Siege
    told: Told = field(default_factory=Told)
    asked: dict[str, Reminder] = field(default_factory=dict)

    async def run(self, kills: int) -> Told:
        """Everybody linked and watching, then round after round until so many kills."""
        await self.siege.begin()
        try:
            await self.siege.link_all()
            await self._ask_all()
            await self.siege.killed(signal.SIGTERM)  # it finishes what it has in work
            while self.told.kills < kills:
                await self._round(min(_EVERY, kills - self.told.kills))
        finally:
            await self.siege.end()
        return self.told

    async def _ask_all(self) -> None:
        """What everybody's claims are, as the bot itself keeps them of who asks to be told."""
        for user in self.siege.members:
            await self.siege.said_to(user, "tell me when a new claim comes")
            await self.siege.seen(user, "tell you here when")
        await asyncio.sleep(1)
        async with self._rows() as rows:
            for user in self.siege.members:
                [(_, reminder)] = await rows.of(_person(user))
                self.asked[user] = reminder

    @contextlib.asynccontextmanager
    async def _rows(self):  # type: ignore[no-untyped-def] # noqa: ANN202 -- what it yields says it
        async with opened_rows(self.here.settings) as table:
            yield Reminders(table, Settings(_env_file=None).now, time.time)  # type: ignore[call-arg]

    async def _round(self, kills: int) -> None:
        """One claim of each is one that nobody knew; the processes are killed while they tell, the last one stays."""
        slack = self.here.slack
        slack.messages.clear()
        slack.calls.clear()
        async with self._rows() as rows:
            for one in self.asked.values():
                until = one.last + timedelta(days=1)
                await rows._store.drop_owned(one.person.key, "told_of_day")  # as if each round were on another day
                await rows.watch(msgspec.structs.replace(one, known=one.known[1:], last=until), 0)
        for _ in range(kills):
            await self.siege.begin()
            await self._met_telling()
            self.told.kills += 1
            self.told.busy += not self._all_told()
            await self.siege.killed(signal.SIGKILL)
        await self.siege.begin()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not self._all_told():  # noqa: ASYNC110 -- another process tells
                    await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        await self.siege.killed(signal.SIGTERM)
        self._count()

    async def _met_telling(self) -> None:
        """Wait until the process tells somebody, and a moment of its own."""
        dice, calls = self.siege.random, self.here.slack.calls
        begun = len(calls)
        more = dice.randrange(1, 1 + len(self.asked))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE / 10):
                while sum(call.method in _TELLING for call in calls[begun:]) < more and not self._all_told():  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.005)
        await asyncio.sleep(dice.uniform(0, 1.5 * _SLOW))

    def _said(self, user: str) -> list[dict[str, object]]:
        chat = self.here.slack.chat_of(user)
        return [said for (channel, _), said in self.here.slack.messages.items() if channel == chat]

    def _news(self, user: str) -> int:
        return sum(any(word in str(said) for word in (_NEWS, _MAYBE)) for said in self._said(user))

    def _all_told(self) -> bool:
        return all(self._news(user) for user in self.asked)

    def _count(self) -> None:
        for user in self.asked:
            news = self._news(user)
            self.told.tellings += 1
            self.told.lost += not news
            self.told.doubled += news > 1
            self.told.left += sum(is_done(said) is not True for said in self._said(user))


def _person(user: str) -> Person:
    return Person("slack", "", TEAM, user)


async def told_under_kills(
    folder: Path,
    *,
    kills: int,
    store_url: str | None = None,
    members: Sequence[str] = WATCHERS,
    forks: Forks | None = None,
) -> Told:
    """What telling news came to while so many processes were killed."""
    async with ground(folder, replicas=1, store_url=store_url) as here:
        here.slack.latency = _SLOW
        siege = here.siege(kills=0, rate=1, program=PROGRAM, members=members, forks=forks)
        return await NewsSiege(here, siege).run(kills)
