"""A network receipt as a page: its facts are the records', and anybody can make its fingerprint again."""

import asyncio
import hashlib
import html
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message import Actions, Language
from bot.records.written import clean
from bot.replies.markdown import clean as drawn
from tests.answers.asking import PAYER, concept, pack
from tests.answers.directory.asking import answered, person, place, role
from tests.answers.made import coverage
from tests.answers.printed import printed

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
LETTERS = st.lists(st.sampled_from("SPL"), unique=True, max_size=3)
NPI = "http://hl7.org/fhir/sid/us-npi"


def box(page: str) -> str:
    """The text of the box, as a browser copies it."""
    found = re.search(r'<pre id="facts">([^<]*)</pre>', page)
    assert found, page
    return html.unescape(found.group(1))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def fingerprint(page: str) -> str:
    """The SHA-256 that the page shows."""
    found = re.search(r'<code id="sha256">([0-9a-f]{64})</code>', page)
    assert found, page
    return found.group(1)


@settings(max_examples=20, deadline=None)
@given(name=NAMES, street=NAMES, letters=LETTERS, language=st.sampled_from(["en", "es"]), day=st.integers(1, 28))
def test_the_facts_are_the_records_and_their_fingerprint_can_be_made_again(
    name: str, street: str, letters: list[str], language: Language, day: int
) -> None:
    """Whatever the record says, it is in the box and on the page, and the SHA-256 of the box is the one shown."""
    stamp = f"2026-05-{day:02}T10:00:00Z"
    who = person("kim", name, identifier=[{"system": NPI, "value": "1234567893"}])
    rows = (who, place("main", street), role("r", "kim", "main", *letters, meta={"lastUpdated": stamp}))
    slots: dict[str, object] = {"provider_name": "Practitioner/kim"}
    work = answered("provider.detail", *rows, slots=slots, language=language, receipt="yes")
    summary, _, _ = asyncio.run(work)
    page = printed(summary, "html", language)
    assert hashlib.sha256(box(page).encode()).hexdigest() == fingerprint(page)
    facts = json.loads(box(page))
    assert facts["provider"] == clean(name)
    assert facts["npi"] == "1234567893"
    assert facts["networks"] == sorted(f"Blue Network {letter}" for letter in letters)
    assert facts["records"] == ["PractitionerRole/r"]
    assert facts["updated"] == f"2026-05-{day:02}T10:00:00+00:00"
    assert all((clean(street) or "") in each for each in facts["places"])
    shown = _spaced(html.unescape(re.sub(r"<pre.*?</pre>|<[^>]*>", "", page, flags=re.DOTALL)))
    for value in (facts["provider"] or "", facts["npi"], *facts["networks"], *facts["records"], *facts["places"]):
        assert _spaced(drawn(value) or "") in shown


async def test_no_guess_about_the_member_picks_the_receipts_network() -> None:
    """The answer may guess the asker's network; its receipt, which is anybody's, may not tell the guess."""
    rows = (person("kim", "Minh Kim, DO"), place("main", "1 Main St"), role("r", "kim", "main", "S", "P"))
    network = {"resourceType": "Organization", "id": "S", "name": "Blue Network S", "type": [concept("ntwk")]}
    slots: dict[str, object] = {"provider_name": "Kim", "network": "in-network"}
    own = coverage(network="Blue Network S")
    guessed, _, ask = await answered("provider.in_network", *rows, network, slots=slots, coverage=own)
    assert ask.private
    assert guessed.guessed  # type: ignore[attr-defined] # the pack's modules have no importable names
    for language, label in (("en", "Proof of network"), ("es", "Comprobante de red")):
        values = {"answer": guessed, "payer": PAYER, "private": True}
        blocks = pack().render("provider/in_network", values, language)
        buttons = [b for block in blocks if isinstance(block, Actions) for b in block.buttons if b.label == label]
        assert [b.press.arguments for b in buttons if b.press] == [
            {"receipt": "yes", "provider_name": "Practitioner/kim"}
        ]


@pytest.mark.parametrize(("language", "words"), [("en", "listed no network called"), ("es", "ninguna red llamada")])
async def test_a_network_that_is_not_listed_is_said_so(language: Language, words: str) -> None:
    """A receipt can prove the absence of a listing too."""
    rows = (person("kim", "Minh Kim, DO"), place("main", "1 Main St"), role("r", "kim", "main", "P"))
    slots: dict[str, object] = {"provider_name": "Kim"}
    summary, _, _ = await answered(
        "provider.detail", *rows, slots=slots, language=language, receipt="yes", network="Blue Network S"
    )
    page = printed(summary, "html", language)
    assert f"{words} Blue Network S" in page
    assert json.loads(box(page))["networks"] == []


async def test_the_chat_shows_the_fingerprint_of_the_page() -> None:
    """One receipt of one network in both places."""
    rows = (person("kim", "Minh Kim, DO"), place("main", "1 Main St"), role("r", "kim", "main", "S"))
    asked: dict[str, str] = {"receipt": "yes", "technical": "yes", "network": "Blue Network S"}
    summary, text, _ = await answered("provider.detail", *rows, slots={"provider_name": "Kim"}, **asked)  # type: ignore[arg-type] # a button's
    page = printed(summary, "html")
    assert f"Fingerprint (SHA-256): {fingerprint(page)}" in text
    assert json.loads(box(page))["networks"] == ["Blue Network S"]
