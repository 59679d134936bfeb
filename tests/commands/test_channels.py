"""What each channel can do, and what `bcbst-bot check` says of each answer by what the two servers declare."""

import json
import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

from bot.channels.registry import ABILITIES, CHANNELS, PLATFORMS
from bot.cli.check_servers import CheckState, answers, states
from bot.cli.manifest import in_slack, in_teams, table
from bot.payer.discovery import Capabilities, read_capabilities
from tests.answers.asking import pack
from tests.shipped import shipped_pack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "channels.md"
_SLACK, _TEAMS, _CONSOLE = "bot.channels.slack", "bot.channels.teams", "bot.channels.console"

DONE_BY = {
    "slack": {
        "own_chat": f"{_SLACK}.writer:SlackWriter.post",
        "rating": f"{_SLACK}.writer:Notices",
        "mention": f"{_SLACK}.writer:SlackWriter.share",
        "aside": f"{_SLACK}.writer:EphemeralWriter",
        "slash": f"{_SLACK}.incoming:read_command",
        "form": f"{_SLACK}.views:Modals",
        "message": f"{_SLACK}.incoming:read_shortcut",
        "starter": f"{_SLACK}.errands:Errands",
        "home": f"{_SLACK}.views:with_forms",
        "share": "bot.channels.base:ShownAside",
        "progress": f"{_SLACK}.answers:SlackController",
        "edited": f"{_SLACK}.incoming:read_edit",
        "erasing": f"{_SLACK}.app:SlackApp",
    },
    "teams": {
        "own_chat": f"{_TEAMS}.writer:TeamsWriter.post",
        "mention": f"{_TEAMS}.writer:TeamsWriter.share",
        "aside": f"{_TEAMS}.sdk:Extras",
        "slash": f"{_TEAMS}.incoming:with_command",
        "form": f"{_TEAMS}.dialogs:form_card",
        "message": f"{_TEAMS}.dialogs:quoted_text",
        "starter": "bot.cli.manifest:teams_manifest",
        "search": f"{_TEAMS}.search:find",
        "share": "bot.channels.base:ShownAside",
        "rating": f"{_TEAMS}.dialogs:Thumbs",
        "label": f"{_TEAMS}.people:Notices.label",
        "progress": f"{_TEAMS}.sdk:Connector.type",
        "pop_up": f"{_TEAMS}.writer:with_pop_up",
        "renewal": f"{_TEAMS}.app:TeamsApp",
        "edited": f"{_TEAMS}.incoming:read_edit",
        "erasing": f"{_TEAMS}.app:TeamsApp",
    },
    "console": {"own_chat": f"{_CONSOLE}:run"},
}
"""The code of each ability, by channel: a module and a name in it."""
USED = {"rating": r"\.rating\b|\"rating\"", "label": r"\.label\(", "edited": r"read_edit\(", "pop_up": r"with_pop_up\("}


def test_the_page_shows_the_table() -> None:
    """As the command prints it: `bcbst-bot channels` makes it anew."""
    assert "\n".join(table(ROOT, shipped_pack())) in PAGE.read_text(encoding="utf-8")


def test_every_channel_has_a_column_and_every_ability_a_row() -> None:
    """The registry's channels and the console; abilities that no channel has would be a promise."""
    assert set(PLATFORMS) == {*CHANNELS, "console"} == DONE_BY.keys()
    for platform, done in DONE_BY.items():
        assert {one for one, (_, having) in ABILITIES.items() if platform in having.split()} == done.keys()
    assert all(having for _, having in ABILITIES.values())


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


FULL = {
    "PractitionerRole": ("specialty", "location", "network"),
    "OrganizationAffiliation": ("primary-organization", "participating-organization"),
    "HealthcareService": ("location", "service-category"),
    "InsurancePlan": ("type",),
    "Organization": ("type",),
    "Endpoint": ("organization",),
}


def server(types: dict[str, tuple[str, ...]]) -> Capabilities:
    """A server that declares these types with these search parameters."""
    resources = [{"type": kind, "searchParam": [{"name": name} for name in names]} for kind, names in types.items()]
    body = {"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": resources}]}
    found = read_capabilities(json.dumps(body).encode())
    assert found is not None
    return found


def of_directory(directory: Capabilities) -> dict[str, CheckState]:
    """The state of every directory answer of the pack."""
    own = [rules for rules in pack().answered if rules.needs == "directory"]
    return {name: state for state, names in states(own, Capabilities(), directory) for name in names}


def test_every_answer_of_a_fhir_server_says_what_it_reads() -> None:
    """Only the plan's own state is told from the payer's health and no resource; a meaning is told without any."""
    assert [rules.intent for rules in pack().answered if rules.reads is None and rules.needs != "nothing"] == [
        "system.status"
    ]


def test_a_full_server_carries_every_directory_answer() -> None:
    """Nothing of the desk is degraded, off or unknown."""
    assert set(of_directory(server(FULL)).values()) == {"works"}


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({**FULL, "PractitionerRole": ("specialty", "location")}, {"provider.find": "degraded", "plan.list": "works"}),
        ({**FULL, "Endpoint": ()}, {"endpoint.lookup": "degraded", "provider.find": "works"}),
        (
            {name: own for name, own in FULL.items() if name not in {"InsurancePlan", "HealthcareService"}},
            {"plan.list": "off", "facility.find": "off", "pharmacy.find": "off", "plan.networks": "works"},
        ),
        ({}, {"provider.find": "off", "endpoint.lookup": "off", "provider.affiliations": "off"}),
    ],
)
def test_what_a_poorer_server_leaves(types: dict[str, tuple[str, ...]], expected: dict[str, CheckState]) -> None:
    """A missing parameter means more work here, a missing type that the answer may find nothing."""
    found = of_directory(server(types))
    assert {name: found[name] for name in expected} == expected


def test_a_server_that_says_nothing_is_unknown() -> None:
    """Without a CapabilityStatement no answer is called working or off."""
    assert set(of_directory(Capabilities()).values()) == {"unknown"}


def test_check_names_few_answers_and_counts_many() -> None:
    """Nobody reads a line of forty names; where no server says what it has, that is told already."""
    poor = server({**FULL, "Endpoint": (), "InsurancePlan": ()})
    lines = [str(finding) for finding in answers(pack(), server({}), poor)]
    assert [line.split()[:2] for line in lines] == [["ok", "answers"], ["note", "answers"], ["note", "answers"]]
    assert "work, with more to read: the server cannot search by all that they need: endpoint.lookup" in lines[1]
    assert "claim.* (" in lines[2]
    assert max(map(len, lines)) < 220
    assert [*answers(pack(), Capabilities(), Capabilities())] == []
