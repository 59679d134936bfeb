"""The staff desk and the Slack surfaces over the whole bot: real directory, real accounts, signed requests."""

import json
import re

import pytest

from tests.doubles.slack import Call
from tests.e2e.house import OWED
from tests.e2e.workspace import MEMBERS_OWN, Workspace, buttons, shown


@pytest.mark.parametrize(
    ("command", "text", "said"),
    [
        ("/bcbst-find", 'specialty:cardiology zip:37402 network:"Blue Network S" name:okafor', "Grace Okafor"),
        ("/bcbst-network", 'name:"minh kim" network:"Blue Network P"', "Yes: Minh Kim, DO is listed in"),
        ("/bcbst-compare", "Network S vs Network P for cardiologist 37402", "listed in both"),
        ("/bcbst-find", "pediatrics near Knoxville female spanish", "Knoxville"),
        ("/bcbst-help", "", "/bcbst-compare"),
        ("/bcbst", "", "What I can do"),
        ("/bcbst-find", "speciality:cardiology", "Did you mean specialty?"),
    ],
)
async def test_each_command_answers_its_asker_alone(workspace: Workspace, command: str, text: str, said: str) -> None:
    """Ephemeral, whatever the channel, and nothing is posted."""
    calls = await workspace.deliver(workspace.slack.command(command, text))
    assert said in shown(calls)
    assert {call.method for call in calls} == {"response_url"}
    assert {call.arguments["response_type"] for call in calls} == {"ephemeral"}


async def shared_of(workspace: Workspace, calls: list[Call]) -> Call:
    """What the channel reads once [Share here] under an answer was pressed."""
    share = next(button for button in buttons(calls) if button["text"]["text"] == "Share here")
    press = workspace.slack.own_press("desk-share", share["value"], channel="C1", ephemeral=True)
    [shared] = await workspace.deliver(press)
    assert shared.arguments["response_type"] == "in_channel"
    assert "Shared by Person U1" in shared.text
    return shared


async def test_an_answer_is_shared_with_the_channel(workspace: Workspace) -> None:
    """Facts, who and when; a compared pair as well as a list."""
    calls = await workspace.deliver(workspace.slack.command("/bcbst-compare", "grace okafor vs minh kim 37402"))
    shared = await shared_of(workspace, calls)
    assert "Both are listed in Blue Network P." in shared.text
    [table] = [block for block in shared.arguments["blocks"] if block["type"] == "data_table"]
    assert [cell["text"].replace("\N{NO-BREAK SPACE}", " ") for cell in table["rows"][0]][1:] == [
        "Grace Okafor, MD",
        "Minh Kim, DO",
    ]


@pytest.mark.threat("T72")
async def test_words_ask_for_the_button_that_shares(workspace: Workspace) -> None:
    """Typed behind /bcbst in a channel, "share this doctor" gives the last answer again, with [Share here] under it."""
    await workspace.deliver(workspace.slack.command("/bcbst", "tell me about dr grace okafor"))
    calls = await workspace.deliver(workspace.slack.command("/bcbst", "share this doctor with my coworker"))
    assert {call.arguments["response_type"] for call in calls} == {"ephemeral"}
    assert "Grace Okafor, MD" in (await shared_of(workspace, calls)).text


@pytest.mark.threat("T24")
async def test_a_linked_members_command_shows_nothing_of_them(workspace: Workspace) -> None:
    """A staff command leads to the directory whatever its words say, and asks the payer nothing of a member (T24)."""
    await workspace.link()
    before = len(workspace.house.sandbox.requests)
    for text in (OWED, "my claims", "cardiologist near me", "unlink"):
        for command in ("/bcbst-find", "/bcbst-network", "/bcbst-compare"):
            calls = await workspace.deliver(workspace.slack.command(command, text))
            # "Dr. Kim vs Dr. Okafor" is the example of how two are compared.
            assert not [word for word in set(MEMBERS_OWN) - {"Okafor"} if word in shown(calls)]
            assert {call.method for call in calls} == {"response_url"}
    paths = {seen.path.split("/")[3] for seen in list(workspace.house.sandbox.requests)[before:]}
    assert not paths & {"Patient", "ExplanationOfBenefit", "Coverage"}


async def test_a_listing_is_reported_in_a_text_and_sent_nowhere(workspace: Workspace) -> None:
    """Over buttons that only the asker sees, to a text with record ids where they are asked for."""
    calls = await workspace.deliver(workspace.slack.command("/bcbst", "report the listing of Grace Okafor"))
    wrong = next(button for button in buttons(calls) if button["text"]["text"] == "Phone")
    [told] = await workspace.deliver(workspace.slack.press(wrong["value"], channel="C1", ephemeral=True))
    assert "PractitionerRole/" not in told.text
    assert "Nothing was sent." in told.text
    numbers = next(button for button in buttons([told]) if button["text"]["text"] == "With record numbers")
    [told] = await workspace.deliver(workspace.slack.press(numbers["value"], channel="C1", ephemeral=True))
    assert "PractitionerRole/" in told.text


async def test_home_follows_the_account_and_names_nobody(workspace: Workspace) -> None:
    """Before, with and after an account; it stays in sight, so it holds no name and no amount (T26, T31)."""
    seen = []
    await workspace.deliver(workspace.slack.home_opened())
    await workspace.settle()
    seen.append(workspace.slack.homes["U1"])
    await workspace.link()
    seen.append(workspace.slack.homes["U1"])
    await workspace.write(OWED)
    await workspace.deliver(workspace.slack.submission("form-unlink"))
    seen.append(workspace.slack.homes["U1"])
    rows = [[block["type"] for block in home["blocks"]] for home in seen]
    assert [row.count("actions") for row in rows] == [3, 3, 3]
    assert [row[-1] for row in rows] == ["context"] * 3
    before, linked, after = (json.dumps(home) for home in seen)
    assert "Not connected yet." in before
    assert "Connected since" in linked
    assert "Tell me about new claims" in linked
    assert "Not connected yet." in after
    for home in (before, linked, after):
        assert not [word for word in (*MEMBERS_OWN, "Dana") if word in home]
        assert not re.search(r"\$\d", home)


async def test_the_forms_do_what_words_do(workspace: Workspace) -> None:
    """A provider is found, a bill is checked and an account is disconnected, each in the 1:1 chat."""
    fields = {"specialty": "cardiologist", "near": "37402", "network": "Blue Network S", "accepting": "yes"}
    found = await workspace.deliver(workspace.slack.submission("form-find", **fields))
    assert "Grace Okafor" in shown(found)
    assert {call.arguments["channel"] for call in found} == {"D-U1"}
    await workspace.link()
    bill = await workspace.deliver(workspace.slack.submission("form-bill", amount="54.87", doctor="Okafor"))
    assert "$54.87" in shown(bill)
    posted = [call for call in bill if call.method == "chat.postMessage"]
    assert "54.87" not in shown(posted)
    gone = await workspace.deliver(workspace.slack.submission("form-unlink"))
    assert "disconnected" in shown(gone)
    assert "Connect my account" in await workspace.write(OWED)


@pytest.mark.parametrize("event", [{"type": "app_uninstalled"}, {"type": "user_change", "user": {"deleted": True}}])
async def test_when_a_person_or_the_app_goes_the_account_goes(workspace: Workspace, event: dict[str, object]) -> None:
    """The link and its tokens are deleted at once (T21)."""
    await workspace.link()
    if isinstance(user := event.get("user"), dict):
        event = event | {"user": user | {"id": "U1", "team_id": "T0TEAM"}}
    await workspace.deliver(workspace.slack.event(event))
    assert "Connect my account" in await workspace.write(OWED)
