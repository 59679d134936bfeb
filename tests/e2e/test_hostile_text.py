"""Hostile text in every string that people read is inert in every channel, page and file (T45-T47, F45, F46)."""

import csv
import io
import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from bot.message import Action, Actions, Item, Line, Note, Reply
from bot.replies import blocks, cards
from bot.replies.plain import plain
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import MEMBER_TYPES
from tests.doubles import adaptive_card, block_kit
from tests.e2e.house import House
from tests.e2e.played import Played
from tests.e2e.test_documents import EXPORT, browser, fetch, given
from tests.inside import objects

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


# What a template links: a number of North America, and a place on a map, which stands in the query alone.
_OPENED = re.compile(r"tel:(?:\+1\d{10}|\d{3})|https://www\.google\.com/maps/search/\?api=1&query=[\w%.~-]*", re.ASCII)
PAYLOADS = (
    "<!channel>",
    "<!here|now>",
    "<@U1>",
    "<#C1|general>",
    "<http://evil.example|bcbst.com>",
    "[x](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "*x* _y_ ~z~ `w` ```v```",
    "{{7*7}} {% raw %} ${7*7} #{7*7}",
    "{{DATE(2026-01-01T00:00:00Z, LONG)}}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="http://evil.example">x</a>',
    "<at>everyone</at>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\uff1d1+1",
    '","x\r\n"y',
    "\u202eright to left\u202c",
    "z\u200be\u200dr\ufeffo\u2066",
    "b\ufe0fy\U000e0141t\U000e0155e\u034fs",
    "blank\u3164\u2800\u115f\uffa0",
    f"stacked{chr(0x301) * 60}",
    "nul\x00bell\x07\x1b[31m",
    "lone \ud800 surrogate",
    "| $0.00 owed | paid |",
    "> # 1. [Pay](account.unlink)",
    "line\u2028break\r\nand\x85more",
    "&lt;b&gt; &#60;script&#62; &amp;",
)
LONG = "long " * 10_000
_HUMAN = frozenset(
    {
        *("alias", "city", "comment", "description", "disposition", "display", "district", "div", "family", "given"),
        *("line", "name", "note", "prefix", "publisher", "suffix", "text", "title", "value"),
        *("valueMarkdown", "valueString"),
    }
)
_LIVE = re.compile(r"(?<!\\)(?:\[|\]\(|\*|<|`|~|\{\{|_(?=\w)|#(?=\s))")
_UNSEEN = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u3164\u2800\u115f\uffa0]|\u0301{5}")
_NUMBER = re.compile(r"-?\d+\.\d\d|-?\d+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def hostile() -> Fault:
    """Every answer of the FHIR server, with a payload before each string that people read."""
    return Fault("/fhir/r4/", times=None, rewrite=lambda body: json.dumps(_spoilt(json.loads(body))).encode())


def _spoilt(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _spoilt(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_spoilt(part, key) for part in value]
    if isinstance(value, str) and key in _HUMAN:
        chance = zlib.crc32(f"{key}{value}".encode())
        return f"{PAYLOADS[chance % len(PAYLOADS)]} {value}{LONG if chance % 41 == 0 else ''}"
    return value


def alive(reply: Reply) -> list[str]:
    """What of a reply would act, hide or be refused, in any channel; empty when all of it is inert."""
    return [*_alive_in_text(reply), *_alive_in_slack(reply), *_alive_in_teams(reply), *_alive_buttons(reply)]


def _alive_in_text(reply: Reply) -> Iterator[str]:
    for char in plain(reply.blocks):
        if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            yield f"text holds {char!r}"
    yield from (f"text holds {found!r}" for found in _UNSEEN.findall(plain(reply.blocks)))


def _alive_in_slack(reply: Reply) -> Iterator[str]:
    pages = blocks.pages(reply)
    if len(pages) > 40:
        yield f"{len(pages)} Slack messages"
    for page in pages:
        kit = list(page.blocks)
        yield from block_kit.faults(page.text, kit)
        parsed = block_kit.parsed(page.text, kit)
        yield from (f"Slack would parse {parsed[max(0, at - 20) : at + 30]!r}" for at in _marks(parsed, "<>"))
        known = {"rich_text_section", "rich_text_quote", "text", "link"}
        yield from (f"Slack element {kind}" for kind in _kinds(kit) - known)


def _marks(text: str, marks: str) -> Iterator[int]:
    return (at for at, char in enumerate(text) if char in marks)


def _kinds(kit: list[dict[str, Any]]) -> set[str]:
    """The kinds of elements in rich text, where mentions and links are elements of their own."""
    rich = [block for block in kit if block["type"] == "rich_text"]
    sections = [section for block in rich for section in block["elements"]]
    return {one["type"] for one in sections} | {e["type"] for one in sections for e in one["elements"]}


def _alive_in_teams(reply: Reply) -> Iterator[str]:
    for page in cards.pages(reply):
        yield from adaptive_card.faults(page.card)
        parsed = adaptive_card.parsed(page.card)
        yield from (f"Teams would read {parsed[found.start() :][:30]!r}" for found in _LIVE.finditer(parsed))
        spare = page.card["fallbackText"]
        yield from (f"the fallback is live: {spare[found.start() :][:30]!r}" for found in _LIVE.finditer(spare))
        runs = [one["text"] for one in objects(page.card) if one.get("type") == "TextRun"]
        yield from (f"a date in {run!r}" for run in runs if "{{" in run)
        if "entities" in page.card.get("msteams", {}):
            yield "a mention"


def _alive_buttons(reply: Reply) -> Iterator[str]:
    for block in reply.blocks:
        found: tuple[Action, ...] = ()
        if isinstance(block, Actions):
            found = block.buttons
        elif isinstance(block, Item):
            found = block.actions
        yield from (f"a button opens {one.url}" for one in found if one.url and "evil" in one.url)
        lines = block.lines if isinstance(block, Item) else (block,) if isinstance(block, Line | Note) else ()
        urls = [span.url for line in lines for span in line.spans if span.url]
        yield from (f"a link opens {url}" for url in urls if not _OPENED.fullmatch(url))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.seen |= {f"{tag} {name}={value}" for name, value in attrs if name in {"href", "src", "action"}}


def tags(page: str) -> set[str]:
    """The elements of a page with their attributes, and where they lead."""
    parser = _Tags()
    parser.feed(page)
    return parser.seen


def alive_cells(text: str) -> list[str]:
    """What a spreadsheet would run, and rows of another width than the first."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    cells = [cell for row in rows for cell in row]
    found = [cell for cell in cells if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)]
    found += [cell for cell in cells if any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in cell)]
    return found + [f"{len(row)} cells" for row in rows if len(row) != len(rows[0])]
