"""When a person, a token or a workspace goes, everything that was kept of its people goes (T21)."""

import pytest

from bot.message import Person
from tests.channels.slack.conftest import House
from tests.doubles.slack import TEAM


async def talk(house: House, *users: str, **event: str) -> None:
    """Let people talk to the bot once."""
    for user in users:
        await house.deliver(house.slack.direct_message("hello", user=user, **event))


@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}]
)
async def test_with_the_workspace_all_its_people_go(house: House, event: dict[str, object]) -> None:
    """The bot was removed: nothing of anybody is left, in one go and once."""
    await talk(house, "U1", "U2")
    assert await house.deliver(house.slack.event(event), times=3) == [200] * 3
    assert sorted(person.user for person in house.forgotten) == ["U1", "U2"]
    await house.deliver(house.slack.event(event))
    assert len(house.forgotten) == 2


@pytest.mark.fault("F54")
@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    "event",
    [
        {"type": "user_change", "user": {"id": "U1", "team_id": "T0TEAM", "deleted": True}},
        {"type": "user_change", "user": {"id": "U1", "is_restricted": True}},
        {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}},  # Slack names users, not tokens
    ],
    ids=["deleted", "became a guest", "revoked their token"],
)
async def test_who_leaves_goes_alone(house: House, event: dict[str, object]) -> None:
    """The others of the workspace stay, and so does who only changed their picture."""
    await talk(house, "U1", "U2")
    await house.deliver(house.slack.event({"type": "user_change", "user": {"id": "U2", "deleted": False}}))
    assert house.forgotten == []
    await house.deliver(house.slack.event(event))
    assert [person.user for person in house.forgotten] == ["U1"]


async def test_who_disconnected_is_not_remembered(house: House) -> None:
    """Nothing is left to forget; who writes again is known again, by ids alone."""
    await talk(house, "U1")
    rows = await house.table.owned("slack_person", "slack\x1f\x1fT0TEAM")
    assert b"Person U1" not in b"".join(row for _, row in rows)
    await house.deliver(house.slack.submission("form-unlink"))
    await house.deliver(house.slack.event({"type": "app_uninstalled"}))
    assert house.forgotten == []


@pytest.mark.threat("T21")
async def test_who_becomes_a_guest_is_one_at_once(house: House) -> None:
    """A change is looked at again instead of being remembered for ten minutes."""
    await talk(house, "U1")
    house.slack.users["U1"] = {"is_restricted": True}
    await house.deliver(house.slack.event({"type": "user_change", "user": {"id": "U1", "deleted": False}}))
    await talk(house, "U1")
    assert [message.directory_only for message in house.turn.heard] == [False, True]


async def test_an_ending_is_heard_when_the_token_is_gone(house: House) -> None:
    """Slack no longer takes the token by then, so nothing is asked of it first."""
    await talk(house, "U1")
    house.slack.tokens.clear()
    await house.deliver(house.slack.event({"type": "app_uninstalled"}))
    assert [person.user for person in house.forgotten] == ["U1"]


@pytest.mark.parametrize("event", [{}, {"user": None}, {"user": {}}, {"tokens": None}, {"tokens": {}}])
@pytest.mark.parametrize("kind", ["user_change", "tokens_revoked"])
async def test_an_ending_without_its_fields_ends_no_person(house: House, kind: str, event: dict[str, object]) -> None:
    """A malformed event is acknowledged; only a workspace's own ending ends everybody."""
    await talk(house, "U1")
    assert await house.deliver(house.slack.event({"type": kind, **event})) == [200]
    assert kind == "tokens_revoked" or house.forgotten == []


@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    ("changed", "present"),
    [({}, True), ({"deleted": True}, False), ({"is_restricted": True}, False), (None, None)],
    ids=["member", "deactivated", "guest", "unknown"],
)
async def test_who_is_still_a_member_is_asked_anew(
    house: House, changed: dict[str, object] | None, present: bool | None
) -> None:
    """Asked of Slack again, not of what was kept; no answer is no answer."""
    await talk(house, "U1")
    person = house.turn.heard[0].person
    if changed is None:
        house.slack.errors["users.info"] = ["internal_error"] * 9
    else:
        house.slack.users["U1"] = {**house.slack.users.get("U1", {}), **changed}
    assert await house.app.is_present(person) is present


@pytest.mark.threat("T21")
async def test_many_people_are_asked_about_by_the_list(house: House) -> None:
    """A page of two hundred answers for all of them; a guest and who was deleted are none; nobody is made up."""
    people = [Person("slack", "", TEAM, f"U{at}") for at in range(40)]
    house.slack.listed = [f"U{at}" for at in range(38)]
    house.slack.users = {"U1": {"deleted": True}, "U2": {"is_restricted": True}}
    told = await house.app.are_present(people)
    assert {person.user for person, here in told.items() if not here} == {"U1", "U2"}
    assert len(told) == 38
    assert (len(house.slack.called("users.list")), house.slack.called("users.info")) == (1, [])
    house.slack.page = 10  # a workspace so large that its list costs more than to ask about each
    assert len(await house.app.are_present(people)) == 38
    assert await house.app.are_present(people[:5]) == {}
    house.slack.errors["users.list"] = ["missing_scope"]
    assert await house.app.are_present(people) == {}
