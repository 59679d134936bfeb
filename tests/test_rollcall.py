"""Who is gone from the platform has no link for long, with or without an event; idle members are logged off."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from bot.accounts.accounts import HOUR, RollCall
from bot.message import Person
from bot.replies.plain import plain
from bot.sandbox.app import serve_sandbox
from tests.days import no_pause
from tests.stage import TODAY, Stage, Talk, serving_bot
from tests.worlds import world_of

GONE = ["gone", "guest"]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Dana, connected, in a bot that logs off after half an hour."""
    async with (
        serve_sandbox(world_of(TODAY)) as sandbox,
        serving_bot(sandbox, tmp_path / "bot.db", bot_idle_minutes=30) as bot,
    ):
        sandbox.behaviour.refresh_tokens = True
        made = Stage(world_of(TODAY), sandbox, {"dm": bot}).somebody()
        bot.roll_call._pause = no_pause
        await made.connect("dana")
        yield made


@pytest.mark.threat("T21")
@pytest.mark.attack("a disabled person's link that lives on")
@pytest.mark.parametrize(("says", "ended"), [(False, 1), (True, 0), (None, 0), (OSError("away"), 0)])
async def test_the_roll_call_ends_the_links_of_who_is_gone(talk: Talk, says: bool | OSError | None, ended: int) -> None:
    """Only what the platform says in as many words ends one; the trail tells why; once an hour for all processes."""
    bot, asked = talk.bot, list[Person]()

    async def present(person: Person) -> bool | None:
        asked.append(person)
        if isinstance(says, OSError):
            raise says
        return says

    bot.roll_call.ask["console"] = present
    assert await bot.roll_call.once() == ended
    assert (await bot.accounts.link(talk.person) is None) == bool(ended)
    rows = [(row.what, row.detail) for row in await bot.audit.of(talk.person)]
    assert (("link_revoked", "gone") in rows) == bool(ended)
    assert await bot.roll_call.once() == 0
    assert asked == [talk.person]


@pytest.mark.threat("T21")
async def test_a_process_that_cannot_ask_takes_nobodys_place(talk: Talk) -> None:
    """`mcp` beside `serve`, or Slack and Teams served apart: each platform is asked, once an hour, by who can."""
    bot, asked = talk.bot, list[str]()

    def process(*platforms: str) -> RollCall:
        async def gone(person: Person) -> bool:
            asked.append(person.platform)
            return False

        made = RollCall(bot.store, bot.accounts, bot.audit, bot.forget, pause=no_pause)
        made.ask = dict.fromkeys(platforms, gone)
        return made

    for other in (process(), process("teams")):
        assert await other.once() == 0
    serving, beside = process("console"), process("console")
    assert [await serving.once(), await beside.once()] == [1, 0]
    assert asked == ["console"]
    assert await bot.accounts.link(talk.person) is None


async def test_a_platform_that_is_not_there_is_not_asked(talk: Talk) -> None:
    """Whoever is connected on another platform stays connected."""
    assert await talk.bot.roll_call.once() == 0
    assert await talk.bot.accounts.link(talk.person) is not None


async def test_idle_members_are_logged_off(talk: Talk) -> None:
    """Half an hour without a question: the next one asks for the sign-in; with questions in between it goes on."""
    rows, moved = talk.bot.accounts.rows, [0.0]
    before = rows.now
    rows.now = lambda: before() + moved[0]
    for _ in range(3):
        moved[0] += 20 * 60
        assert "$54.87" in plain((await talk.say("what did I owe for my last visit"))[-1].blocks)
    moved[0] += 20 * 60
    await talk.bot.accounts.access(talk.person, unasked=True)  # what nobody waits for is no use of it
    moved[0] += 11 * 60
    said = plain((await talk.say("what did I owe for my last visit"))[-1].blocks)
    assert "$54.87" not in said
    assert "sign-in has ended" in said
    assert HOUR == 60 * 60


@pytest.mark.threat("T21")
async def test_ten_thousand_fit_the_hour(talk: Talk) -> None:
    """Together where the platform lists them; not who asked within the hour; one by one the rest, within it."""
    bot, asked, paused = talk.bot, list[Person](), list[float]()

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    async def present(person: Person) -> bool | None:
        asked.append(person)
        return True

    async def listed(people: Sequence[Person]) -> Mapping[Person, bool]:
        return {person: person.user != "P1" for person in people[:-1]}

    people = [Person("slack", "", "T1", f"P{at}") for at in range(5)]
    people += [Person("teams", "", "", f"P{at}") for at in range(10_000)]

    class Linked:
        async def linked(self) -> AsyncIterator[tuple[Person, float]]:
            for person in people:
                yield person, 0.0

        def was_seen(self, person: Person) -> bool:
            return person.user == "P0"

    gone: list[Person] = []

    async def forget(person: Person) -> None:
        gone.append(person)

    call = RollCall(bot.store, Linked(), bot.audit, forget, pause=pause)  # type: ignore[arg-type]
    call.ask, call.lists = dict.fromkeys(("slack", "teams"), present), {"slack": listed}
    assert await call.once() == 1
    assert gone == [people[1]]
    assert [person.user for person in asked if person.platform == "slack"] == ["P4"]
    assert len(asked) == 10_000
    assert sum(paused) < HOUR
