"""The operator's page end to end: a one-time link and a code in a terminal, and nothing of what people said."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli.admin import page, sentences
from bot.message import Person
from tests.e2e.house import House
from tests.e2e.planted import stored
from tests.e2e.test_documents import browser, fetch

CODE = re.compile(r"Code: ([A-Z2-7]{4}-[A-Z2-7]{4})")
GIBBERISH = "is the vending machine free for Wanda Zblewski on may 3"


async def printed(house: House, language: str = "en") -> Sequence[str]:
    """What the command prints."""
    chosen = "es" if language == "es" else "en"
    return [line async for line in page(house.settings, None, chosen)]


async def opened(house: House, language: str = "en") -> str:
    """The page, opened with its code in a browser."""
    url, code, _ = await printed(house, language)
    found = CODE.fullmatch(code)
    assert found
    async with browser(house) as client:
        shown = await client.get(url)
        assert ("terminal" in shown.text) is True
        answer = await fetch(client, url, found[1])
        assert answer.status_code == 200
        assert (await client.get(url)).status_code == 410
    return answer.text


async def crowd(house: House, size: int, words: str) -> None:
    """So many people ask the same."""
    for at in range(size):
        house.person = Person("console", "", "", f"crowd-{at}")
        await house.say(words)
    assert house.bot.meter.tally
    await house.bot.meter.tally.flush()


@pytest.mark.threat("T73")
async def test_four_people_are_not_on_the_page_and_five_are(house: House) -> None:
    """Neither the question nor that somebody asked it; nobody's id in either case."""
    await crowd(house, 4, "what is a copay")
    text = await opened(house)
    assert "What a word means" not in text
    assert "Some counts are left out" in text
    await crowd(house, 5, "what is a copay")
    text = await opened(house)
    assert "What a word means" in text
    assert "crowd-" not in text
    assert "<script" not in text
    assert "Qué significa una palabra" in await opened(house, "es")


@pytest.mark.threat("T73")
async def test_a_wrong_code_opens_no_page(house: House) -> None:
    """As of any document that needs one."""
    url, _, _ = await printed(house)
    async with browser(house) as client:
        assert (await fetch(client, url, "AAAA-2222")).status_code == 403


@pytest.mark.threat("T74")
async def test_a_sentence_is_kept_only_when_its_writer_has_read_and_agreed(house: House, tmp_path: Path) -> None:
    """Nothing before, and then what was shown and nothing else: no name, number, day or unknown word, nobody."""
    asked = await house.say(GIBBERISH)
    assert [line async for line in sentences(house.settings)] == []
    shown = await house.say("Show the team what I asked", press=asked.buttons["Show the team what I asked"])
    told = "is the [word] machine free for [name] on [date]"
    assert told in shown.text
    assert "Wanda" not in shown.text
    assert [line async for line in sentences(house.settings)] == []
    kept = await house.say("Keep it", press=shown.buttons["Keep it"])
    assert "It is kept for 90 days" in kept.text
    [line] = [line async for line in sentences(house.settings)]
    assert line.endswith(f"  en  {told}")
    assert told in await opened(house)
    again = await house.say("Keep it", press=shown.buttons["Keep it"])
    assert "no longer have that sentence" in again.text
    assert [line async for line in sentences(house.settings, drop=True)] == ["1 sentences thrown away"]
    assert "Zblewski" not in stored(tmp_path) + house.log.text


@pytest.mark.threat("T74")
async def test_only_what_was_shown_can_be_kept(house: House) -> None:
    """A button of before another sentence keeps neither of the two; "no" keeps none."""
    first = await house.say(GIBBERISH)
    shown = await house.say("Show the team what I asked", press=first.buttons["Show the team what I asked"])
    await house.say("is the vending machine on the second floor free")
    late = await house.say("Keep it", press=shown.buttons["Keep it"])
    assert "no longer have that sentence" in late.text
    assert [line async for line in sentences(house.settings)] == []
