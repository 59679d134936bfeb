"""The search of the message box: providers to drop into a conversation, and never a member's own."""

import pytest

from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.doubles.adaptive_card import fallback

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_search_shows_providers(house: House) -> None:
    """Each entry is a card without our buttons, with what was searched and the directory's caution in it."""
    body = await house.ask(house.teams.search("find a cardiologist", personal=False))
    results = body["composeExtension"]
    assert (results["type"], results["attachmentLayout"]) == ("result", "list")
    first, second = results["attachments"]
    assert first["preview"]["content"] == {"title": "Grace Okafor, MD", "text": "1 mile · Chattanooga"}
    assert fallback(first["content"]).splitlines() == [
        "Grace Okafor, MD · 1 mile",
        "Chattanooga",
        "[Map]",
        "find a cardiologist",
        "Call before you go.",
    ]
    assert "Details" not in str(second)
    asked = house.turn.heard[0]
    assert asked.directory_only
    assert asked.place.conversation == "search"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [
                "Grace Okafor, MD · about 2 miles · (423) 555-0142",
                "620 Riverfront Pkwy, Chattanooga, TN 37402 · Cardiology · speaks English",
                "Blue Network S · takes new patients · Listing 11 months old",
            ],
            ("Grace Okafor, MD", "about 2 miles · Cardiology · Blue Network S"),
        ),
        (["Iron Gate Emergency Department"], ("Iron Gate Emergency Department", "")),
        (["N" * 200, "x" * 300], ("N" * 89 + "…", "x" * 119 + "…")),
    ],
)
async def test_a_result_is_a_name_and_one_line_of_place(lines: list[str], expected: tuple[str, str]) -> None:
    """How far, what and which network; the telephone and the address stand on the card."""
    from bot.channels.teams import search  # noqa: PLC0415 -- the SDK is imported by then

    assert search.in_one_line(lines) == expected


@pytest.mark.threat("T60")
@pytest.mark.attack("a search that shows a member's answer")
@pytest.mark.parametrize("words", ["what did I owe", "hello", "break"])
async def test_search_never_shows_a_member_answer(house: House, words: str) -> None:
    """A private answer, one without entries and a failure are a sentence: nothing of them can be dropped anywhere."""
    [(status, body)] = await house.teams.deliver(house.teams.search(words))
    assert PLANTED not in str(body)
    assert status == (503 if words == "break" else 200)
    if status == 200:
        assert body["composeExtension"]["type"] == "message"


async def test_search_answers_in_time(house: House) -> None:
    """Teams waits five seconds: what takes longer is said, not waited for; without words there is a hint."""
    from bot.channels.teams import search  # noqa: PLC0415 -- the SDK is imported by then

    house.turn.gate.clear()
    late = await search.find(house.teams.search("find"), house.turn, house.app._notices, seconds=0)
    house.turn.gate.set()
    opened = house.teams.search("true")
    opened["value"]["parameters"][0]["name"] = "initialRun"
    hint = await house.ask(opened)
    assert "Try a specialty" in late["composeExtension"]["text"]
    assert "cardiologist near 37402" in hint["composeExtension"]["text"]
