"""The table of what each channel can do: made from the code and the manifests, and shown in docs/channels.md."""

import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

from bot.channels.abilities import ABILITIES, DONE_BY
from bot.channels.registry import CHANNELS
from bot.cli.channels import in_slack, in_teams, table
from tests.shipped import shipped_pack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "channels.md"
USED = {"rating": r"\.rating\b|\"rating\"", "label": r"\.label\(", "edited": r"read_edit\(", "pop_up": r"with_pop_up\("}


def test_the_page_shows_the_table() -> None:
    """As the command prints it: `bcbst-bot channels` makes it anew."""
    assert "\n".join(table(ROOT, shipped_pack())) in PAGE.read_text(encoding="utf-8")


def test_every_channel_has_a_column_and_every_ability_a_row() -> None:
    """The registry's channels and the console; abilities that no channel has would be a promise."""
    assert DONE_BY.keys() == {*CHANNELS, "console"}
    assert set(ABILITIES) == {one for done in DONE_BY.values() for one in done}


@pytest.mark.parametrize("place", [place for done in DONE_BY.values() for place in done.values()])
def test_the_code_of_an_ability_is_there(place: str) -> None:
    """A module with that name in it."""
    module, _, name = place.partition(":")
    assert callable(reduce(getattr, name.split("."), import_module(module)))


@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_manifests_offer_what_is_declared(platform: str) -> None:
    """What a manifest names can be done, and what can be done by name is in the manifest."""
    named = in_slack(ROOT) if platform == "slack" else in_teams(shipped_pack())
    assert all(named.values())
    by_name = {"slash", "form", "message", "starter", "search"}
    assert named.keys() == DONE_BY[platform].keys() & by_name


@pytest.mark.parametrize("ability", USED)
@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_what_is_declared_is_used(platform: str, ability: str) -> None:
    """A channel's own files call what does it, where that is declared, and only there."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "channels" / platform).glob("*.py"))
    assert bool(re.search(USED[ability], code)) == (ability in DONE_BY[platform])
