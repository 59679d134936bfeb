"""What is read of an activity, whatever it holds."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.teams.incoming import (
    CLOUDS,
    Hosts,
    cloud_of,
    is_of_teams,
    language_of,
    read_code,
    read_edit,
    read_message,
    read_press,
    tenant_of,
)
from bot.message import OneToOne, Shared
from tests.doubles.teams import TeamsDouble
from tests.inside import objects

TEAMS = TeamsDouble()
TEAMS.port = 0
MADE = (TEAMS.execute("x"), TEAMS.mention("x"))
NAMES = st.sampled_from(sorted({name for one in objects(MADE) for name in one} | {"press", "state", "eventType"}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, JSON, max_size=8))
def test_anything_at_all_is_read_or_left(body: dict[str, Any]) -> None:
    """Whatever JSON names itself an activity: each reader gives a message or nothing, and never breaks."""
    for read in (read_message, read_press, read_edit, read_code):
        found = read(body)
        assert found is None or (found.tenant and found.sender and found.conversation and found.id)
    assert language_of(body).isalpha()
    assert isinstance(tenant_of(body), str)


@pytest.mark.parametrize(
    "told",
    [
        {"entities": [{"type": "ProductInfo", "id": "COPILOT"}]},
        {"entities": [{"type": "clientInfo"}, {"type": "productInfo", "id": "Copilot"}]},
        {"channelId": "msteams:COPILOT"},
    ],
)
def test_what_is_asked_in_copilot_is_asked_in_no_private_chat(told: dict[str, Any]) -> None:
    """A tenant keeps and looks through what is said there, however personal the conversation is called (T75)."""
    body = TEAMS.message("what did I owe")
    private, copilot = read_message(body), read_message({**body, **told})
    assert private is not None
    assert isinstance(private.place, OneToOne)
    assert copilot is not None
    assert isinstance(copilot.place, Shared)
    assert is_of_teams({**body, **told})
    assert read_edit({**body, **told, "channelData": {**body["channelData"], "eventType": "editMessage"}}) is None


def test_clouds_have_their_own_hosts_and_issuers() -> None:
    """A sovereign cloud by its name; hosts that are set take the place of its own."""
    assert Hosts(CLOUDS["gcch"].hosts).allow(CLOUDS["gcch"].service_url)
    assert not Hosts(CLOUDS["gcch"].hosts).allow(CLOUDS["public"].service_url)
    assert CLOUDS["dod"].issuer == "https://api.botframework.us"
    assert cloud_of("gcc", "a.example,b.example").hosts == {"a.example", "b.example"}
