"""Hostile text in every string that people read is inert in every channel, page and file (T45-T47, F45, F46)."""

import httpx
import pytest
from msgspec.structs import replace

from bot.message import Reply
from bot.sandbox.world import MEMBER_TYPES
from tests.e2e.hostility import PAYLOADS, alive, alive_cells, hostile, tags
from tests.e2e.house import House
from tests.e2e.played import Played
from tests.e2e.test_documents import EXPORT, browser, fetch, given

MORE = (
    "tell me about dr grace okafor",
    "is dr grace okafor in network s",
    "find a pharmacy near 37402",
    "how do you know",
)

# A service of which an affiliation tells stands in the affiliation's card.
READ = {*MEMBER_TYPES, "InsurancePlan", "OrganizationAffiliation", "PractitionerRole"}
READ -= {"MedicationKnowledge"}  # no drug of a hostile name is the one that was asked for


@pytest.mark.threat("T45", "T46")
async def test_every_answer_is_inert(dana: House) -> None:
    """An example of every intent, in turn in each language, and its first buttons: nothing live, nothing too long."""
    dana.break_(hostile())
    replies: list[Reply] = []
    for at, (name, rules) in enumerate(sorted(dana.bot.pack.intents.items())):
        if name != "account.unlink":
            for examples in list(rules.examples.values())[at % 2 : at % 2 + 1]:
                said = await dana.say(examples[0])
                replies += said.replies
                for label, press in () if name.startswith("account.") else list(said.buttons.items())[:2]:
                    replies += (await dana.say(label, press=press)).replies
    for words in MORE:
        replies += (await dana.say(words)).replies
    assert {source.type for reply in replies for source in reply.sources} >= READ
    shown = "\n".join(House.words(reply) for reply in replies)
    reached = [payload for payload in PAYLOADS if payload.isprintable() and payload in shown]
    assert len(reached) > len(PAYLOADS) / 2
    assert any("{{7*7}}" in payload for payload in reached)
    assert {reply.intent: found for reply in replies if (found := alive(reply))} == {}


@pytest.mark.threat("T45", "T47")
async def test_documents_are_inert(dana: House) -> None:
    """The page has the elements of a harmless one and no other; the file's cells run nothing."""
    pages, files = [], []
    for spoil in (False, True):
        if spoil:
            dana.break_(hostile())
            dana.bot.recent._links.clear()
        offer = given(await dana.say(EXPORT))
        async with browser(dana) as client:
            pages.append((await fetch(client, offer.url, offer.code, "html")).text)
            files.append((await fetch(client, offer.url, offer.code, "csv")).text)
    assert "&lt;" in pages[1]
    assert tags(pages[1]) <= tags(pages[0])
    assert "'@SUM(1+1)" in files[1]
    assert alive_cells(files[1].removeprefix("\ufeff")) == []


@pytest.mark.threat("T47")
async def test_the_link_page_shows_a_hostile_name_inert(house: House) -> None:
    """Whoever names themselves or their workspace in markup is shown as that."""
    pages = []
    for name in ("Dana", PAYLOADS[12], PAYLOADS[10]):
        house.person = replace(house.person, name=name, home=name)
        async with httpx.AsyncClient(headers={"user-agent": "Mozilla/5.0"}) as client:
            pages.append((await client.get(await house.link())).text)
    assert "alert(1)" in pages[2]
    assert {frozenset(one for one in tags(page) if "/link/" not in one) for page in pages[1:]} == {
        frozenset(one for one in tags(pages[0]) if "/link/" not in one)
    }


@pytest.mark.threat("T45")
async def test_what_the_message_box_finds_is_inert(scene: Played) -> None:
    """The preview of a result is a card that reads HTML: nothing in it begins an element."""
    scene.house.break_(hostile())
    [(_, body)] = await scene.teams.deliver(scene.teams.search("find a cardiologist near 37402"))
    previews = [one["preview"]["content"] for one in body["composeExtension"]["attachments"]]
    assert len(previews) > 2
    assert [text for one in previews for text in one.values() if "<" in text] == []
