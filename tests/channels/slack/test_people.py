"""Whose ids Slack sends, in an organization and a shared channel; who goes, goes with all that was kept (T18, T21)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.message import Person
from tests.channels.slack.conftest import House, opened
from tests.channels.slack.test_install import ORGANIZATION, WORKSPACE, installed
from tests.doubles.slack import BOT_USER, SECRET, TEAM, TOKEN, SlackDouble
from tests.doubles.slack_payloads import Json


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


_OURS = {"id": "E1", "name": "Globex"}


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[House]:
    """A workspace of an organization, by its token."""
    async with SlackDouble() as slack:
        slack.tokens[TOKEN] = {"team_id": TEAM, "team": "Contoso", "enterprise_id": "E1"}
        async with opened(tmp_path, beside=slack, bot_token=TOKEN, signing_secret=SECRET) as house:
            yield house


def sent(body: Json, user_team: str, team: Json | None, enterprise: Json | None = None, *, posted: str = "") -> Json:
    """A press or a form with these ids; `posted` is the workspace of the pressed message."""
    message = {"message": {"team": posted, "user": BOT_USER}} if posted else {}
    user = body["user"] | {"team_id": user_team}
    return body | {"user": user, "team": team, "enterprise": enterprise, "is_enterprise_install": not team} | message


def wrapped(event: Json, team: str, organization: str | None, *, whole: bool = False) -> Json:
    """An event of that workspace for the installation of `TEAM`, or of the whole organization."""
    here = {"enterprise_id": organization, "team_id": None if whole else TEAM, "is_enterprise_install": whole}
    return event | {"team_id": team, "enterprise_id": organization, "authorizations": [here | {"user_id": BOT_USER}]}


@pytest.mark.threat("T18")
async def test_a_member_is_one_person_in_every_way_in(one: House) -> None:
    """Message, button, Home, form, command and shortcut are of the person who has linked."""
    slack, here = one.slack, {"id": TEAM, "enterprise_id": "E1"}
    await one.deliver(wrapped(slack.direct_message("hello"), TEAM, "E1"))
    for body in (slack.press("opaque2"), slack.home_press("press-0", "opaque2"), slack.submission("form-unlink")):
        await one.deliver(sent(body, "E1", here, _OURS))
    await one.deliver(sent(slack.message_shortcut("hello"), "E1", here, _OURS))
    await one.deliver(slack.command("/bcbst", "hello", enterprise_id="E1"))
    await one.deliver(slack.mention("hello", team=TEAM, user_team="E1"))
    assert len(one.turn.heard) == 7
    assert {message.person.key for message in one.turn.heard} == {f"slack\x1fE1\x1f{TEAM}\x1fU1"}
    assert not any(message.directory_only for message in one.turn.heard)


@pytest.mark.threat("T18")
async def test_an_organization_has_one_of_each_person(many: House) -> None:
    """In whichever of its workspaces they write; when they leave, or it does, nothing is left."""
    await installed(many, ORGANIZATION)
    slack = many.slack
    slack.users["U1"] = {"enterprise_user": {"enterprise_id": "E1"}}
    for team in ("T7", "T8", "E1"):
        await many.deliver(wrapped(slack.direct_message("hello", team=team), team, "E1", whole=True))
    await many.deliver(sent(slack.press("opaque2"), "E1", None, _OURS))
    await many.deliver(sent(slack.submission("form-unlink"), "T7", None, _OURS))
    await many.deliver(slack.command("/bcbst", "hello", team_id="T7", enterprise_id="E1"))
    [key] = {message.person.key for message in many.turn.heard}
    assert (key, len(many.turn.heard)) == ("slack\x1fE1\x1f\x1fU1", 6)
    await many.deliver(wrapped(slack.direct_message("hello", team="T7"), "T7", "E1", whole=True))
    gone = slack.event({"type": "app_uninstalled"}) | {"team_id": "E1", "enterprise_id": "E1"}
    await many.deliver(gone)
    assert [person.key for person in many.forgotten] == [key]
    assert await many.app._workspaces.of("E1", "T7") is None


@pytest.mark.threat("T21")
async def test_who_leaves_an_organization_leaves_all_its_workspaces(many: House) -> None:
    """Each workspace has its own token; the event names the organization in place of a workspace."""
    for team in ("T2", "T3"):
        its = {"access_token": f"xoxb-{team}", "team": {"id": team, "name": team}, "enterprise": _OURS}
        await installed(many, WORKSPACE | its)
        many.slack.team = team
        await many.deliver(many.slack.direct_message("hello") | {"enterprise_id": "E1"})
    gone = {"type": "user_change", "user": {"id": "U1", "team_id": "E1", "deleted": True}}
    await many.deliver(many.slack.event(gone) | {"enterprise_id": "E1"})
    assert sorted(person.team for person in many.forgotten) == ["T2", "T3"]


@pytest.mark.threat("T21")
@pytest.mark.parametrize(
    "event", [{"team": "T9"}, {"team": TEAM, "user_team": "E9", "source_team": "E9"}, {"team": "T9", "user_team": "T9"}]
)
async def test_a_mention_from_elsewhere_is_the_directorys(one: House, event: Json) -> None:
    """The event is in the name of the workspace where the bot is, or of the other one."""
    for team in ("T9", TEAM):
        body = wrapped(one.slack.mention("find", user="U9", **event), team, "E1")
        await one.deliver(body | {"is_ext_shared_channel": True, "context_team_id": "T9"})
    assert [message.directory_only for message in one.turn.heard] == [True, True]


@pytest.mark.threat("T21")
@pytest.mark.parametrize(("team", "enterprise"), [("T9", None), ("E9", {"id": "E9"})])
async def test_a_press_from_elsewhere_is_answered_by_who_posted(
    many: House, team: str, enterprise: Json | None
) -> None:
    """A press names the workspace of who pressed, although that one installed the bot as well; or nobody knows it."""
    its = {"team": {"id": TEAM, "name": "Contoso"}, "enterprise": _OURS}
    elsewhere = ORGANIZATION | {"access_token": "xoxb-nine", "enterprise": {"id": "E9", "name": "Initech"}}
    await installed(many, elsewhere)
    await installed(many, WORKSPACE | its)
    press = many.slack.press("opaque2", user="U9", channel="C1")
    await many.deliver(sent(press, team, {"id": "T9"}, enterprise, posted=TEAM))
    [heard] = many.turn.heard
    assert (heard.person.enterprise, heard.person.team, heard.directory_only) == ("E1", team, True)
    assert many.slack.called("chat.postMessage")


@pytest.mark.threat("T21")
async def test_a_press_of_nobodys_workspace_is_left_alone(many: House) -> None:
    """No word of an installation that is broken, which bolt would post."""
    await installed(many, WORKSPACE)
    before = len(many.slack.calls)
    press = many.slack.press("opaque2", user="U9", channel="C1")
    assert await many.deliver(sent(press, "T9", {"id": "T9"}, posted="T8")) == [200]
    assert (many.turn.heard, many.slack.calls[before:]) == ([], [])
