"""What outlives a process: one row of the trail for an answer, whoever finishes it, and the chats of one member."""

from pathlib import Path

import pytest

from bot.sandbox.world import World
from tests.e2e.house import OWED, House, open_house, somebody


@pytest.mark.threat("T56")
async def test_an_answer_that_is_given_again_is_one_disclosure(dana: House) -> None:
    """The process died before it had posted: the delivery is answered again, and the trail tells of it once."""
    for delivery in ("event-1", "event-1", "event-2", ""):
        assert "$54.87" in (await dana.say(OWED, delivery=delivery)).text
    told = [row.detail async for row in dana.bot.audit.entries() if row.what == "answered"]
    assert told == ["claim.last_visit_cost"] * 3
    assert (await dana.bot.audit.verify()).faults == ()


@pytest.mark.threat("T23")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "already connected to 1 other chat"), ("es", "ya está conectada a 1 otro chat")]
)
async def test_who_is_one_chat_too_many_reads_what_to_do(
    world: World, tmp_path: Path, language: str, words: str
) -> None:
    """With BOT_LINKS_PER_MEMBER, the newest is refused in its own language; the first goes on, and can make room."""
    async with open_house(world, tmp_path, bot_links_per_member=1) as house:
        await house.sign_in()
        first, house.person = house.person, somebody("second")
        if language == "es":
            await house.say("en español por favor")
        assert words in house.problem(await house.sign_in())
        house.person = first
        assert "$54.87" in (await house.say(OWED)).text
        await house.say("desconectar" if language == "es" else "unlink")
        house.person = somebody("second")
        assert "Dana M." in (await house.sign_in()).text
