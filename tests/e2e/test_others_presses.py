"""Every button of one person's chat, of whatever kind, pressed by somebody else: it does nothing and shows nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.message import Person
from bot.sandbox.world import World
from tests.doubles.slack import TEAM
from tests.doubles.teams import TENANT
from tests.e2e.planted import found, needles, strings_of
from tests.e2e.played import HELP_DESK, Played

ASKED = (
    "what did I owe for my last visit",
    "show my claims in a table",
    "why was my claim denied",
    "I sent the appeal on Monday",
    "where is my appeal",
    "remind me of the deadline",
    "tell me when a new claim comes",
    "show my reminders",
    "download my record",
    "show my card as a QR",
    "who is on my plan",
    "how much has my family spent",
    "what changed since last time",
    "how much will an MRI cost me",
    "find a cardiologist near 37402",
    "share this list with my coworker",
    "talk to a person",
    "xyzzy the plugh of my frobnitz",
    "unlink",
    "forget my appeal",
)
OWNER, OTHER = "u1", "u2"
MENUS = ("value", "press")
ANYBODYS = re.compile(r"[a-z_]+(?:\.[a-z_]+)*(?:\.(?:en|es|vi))?")
"""Ids that everybody's buttons have, for what asks the same of whoever presses it."""


@pytest.fixture
async def shared(scene: Played) -> Played:
    """A house behind both platforms, with two members in each."""
    for surface in ("slack chat", "teams chat"):
        await scene.sign_in(surface, OWNER, "dana")
        await scene.sign_in(surface, OTHER, "walter")
    return scene


def presses(value: Any) -> Iterator[str]:
    """What the buttons and menus of a payload send back."""
    if isinstance(value, dict):
        yield from (str(value[name]) for name in MENUS if isinstance(value.get(name), str))
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from presses(part)


async def state(scene: Played, person: Person) -> tuple[object, ...]:
    """What a press could have changed of a person."""
    bot = scene.house.bot
    kinds = ("reminder:slack", "watch:slack", "reminder:teams", "watch:teams", "appeal_case", "document", "handed_over")
    rows = [(kind, sorted(await bot.store.owned(kind, person.key))) for kind in kinds]
    return (await bot.accounts.link(person) is not None, rows)


@pytest.mark.threat("T18", "T25", "T68", "T77")
@pytest.mark.attack("a click on somebody else's button")
@pytest.mark.parametrize("surface", ["slack chat", "teams chat"])
async def test_what_one_was_shown_another_cannot_press(shared: Played, world: World, surface: str) -> None:
    """By another member, in their own chat and where others read: nothing of the owner is shown, changed or sent."""
    platform, team = ("slack", TEAM) if surface == "slack chat" else ("teams", TENANT)
    users = {user: user if platform == "slack" else shared.teams.object_id(user) for user in (OWNER, OTHER)}
    owner, other = (Person(platform, "", team, users[user]) for user in (OWNER, OTHER))
    said = [call for words in ASKED for call in await shared.say(surface, words, OWNER)]
    ids = {one for one in presses(said) if not ANYBODYS.fullmatch(one)}
    assert len(ids) > 12
    before = await state(shared, owner), await state(shared, other)
    own = needles(strings_of(world, "dana") - strings_of(world, "walter"))
    for press in sorted(ids):
        for aside in (False, True):
            brought = json.dumps(await shared.press(surface, press, OTHER, aside=aside), ensure_ascii=False)
            assert found(own, brought) == []
    assert (await state(shared, owner), await state(shared, other)) == before
    posted = [call for call in shared.slack.calls if call.arguments.get("channel") == HELP_DESK]
    assert posted == []
