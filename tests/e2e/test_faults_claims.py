"""Claims that are odd in themselves (F37-F49), each held by one of the sandbox's members."""

import pytest

from tests.cases import numbered
from tests.e2e.house import OWED, House

MEMBERS = {
    "F37 no liability": ("opal", OWED, "didn't report your share", "$0.00 is your share"),
    "F38 parts and total disagree": ("hank", OWED, "$125.00", "$115.00 is your share"),
    "F41 several on one day": ("june", OWED, "You had 3 claims", "of your visit on"),
    "F44 none": ("noor", OWED, "shows no visits for you yet", "$"),
    "F44 ten thousand": ("maria10k", OWED, "of your visit", "I stopped before the end"),
    "F48 Part 2": ("jesse", "list my claims", "your plan marks as private", "42 CFR part 2 record of"),
}


@pytest.mark.parametrize("name", numbered(MEMBERS))
async def test_what_a_member_reads(house: House, name: str) -> None:
    """The doubt is said, and no wrong number stands there (I7)."""
    username, question, words, never = MEMBERS[name]
    await house.sign_in(username)
    said = await house.say(question)
    assert said.last.error is None
    assert words in said.text
    assert never not in said.text


@pytest.mark.fault("F44")
async def test_ten_thousand_claims_are_not_walked(house: House) -> None:
    """The server sorts and counts: one page is enough for the newest visit (F44)."""
    await house.sign_in("maria10k")
    await house.say(OWED)
    assert house.asked() <= 2


@pytest.mark.fault("F45", "F46")
@pytest.mark.threat("T45")
async def test_hostile_names_print_literally(house: House) -> None:
    """Markup, mentions and right-to-left marks in the payer's text are text (F45, F46)."""
    await house.sign_in("zoe")
    said = (await house.say("list my claims")).text
    assert not [mark for mark in ("\u202e", "\u200b", "\x00") if mark in said]
    assert "&lt;" not in said
