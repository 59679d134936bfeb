"""The manifest is what Slack takes, and says what the code does."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.slack.incoming import EVENTS
from bot.channels.slack.install import SCOPES
from bot.message import Language
from tests.shipped import shipped_pack

ROOT = Path(__file__).parents[2]
# The least and the most characters of a text, or entries of a list, that version 2 takes, and its switches:
# https://docs.slack.dev/reference/app-manifest. What is in the manifest and not here has not been looked up.
ON_OR_OFF = (False, True)
TAKEN: dict[str, tuple[int, int]] = {
    "display_information.name": (1, 35),
    "display_information.description": (1, 140),
    "display_information.long_description": (175, 4_000),
    "display_information.background_color": (4, 7),
    "features.app_home.home_tab_enabled": ON_OR_OFF,
    "features.app_home.messages_tab_enabled": ON_OR_OFF,
    "features.app_home.messages_tab_read_only_enabled": ON_OR_OFF,
    "features.agent_view.agent_description": (0, 300),
    "features.agent_view.suggested_prompts": (0, 4),
    "features.agent_view.suggested_prompts[].title": (1, 4_000),
    "features.agent_view.suggested_prompts[].message": (1, 4_000),
    "features.bot_user.display_name": (1, 80),
    "features.bot_user.always_online": ON_OR_OFF,
    "features.shortcuts": (1, 10),
    "features.shortcuts[].name": (1, 24),
    "features.shortcuts[].type": (len("global"), len("message")),
    "features.shortcuts[].callback_id": (1, 255),
    "features.shortcuts[].description": (1, 150),
    "features.slash_commands": (1, 50),
    "features.slash_commands[].command": (2, 32),
    "features.slash_commands[].url": (8, 3_000),
    "features.slash_commands[].description": (1, 2_000),
    "features.slash_commands[].usage_hint": (1, 1_000),
    "features.slash_commands[].should_escape": ON_OR_OFF,
    "oauth_config.redirect_urls": (0, 1_000),
    "oauth_config.redirect_urls[]": (8, 2_500),
    "oauth_config.scopes.bot": (1, 255),
    "oauth_config.scopes.bot[]": (1, 50),
    "settings.event_subscriptions.request_url": (8, 3_500),
    "settings.event_subscriptions.bot_events": (1, 100),
    "settings.event_subscriptions.bot_events[]": (1, 50),
    "settings.interactivity.is_enabled": ON_OR_OFF,
    "settings.interactivity.request_url": (8, 3_500),
    "settings.org_deploy_enabled": ON_OR_OFF,
    "settings.socket_mode_enabled": ON_OR_OFF,
    "settings.token_rotation_enabled": ON_OR_OFF,
}


@pytest.fixture
def manifest() -> dict[str, Any]:
    """The manifest as data."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return found


def parts(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every text, switch and list with its place."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from parts(inside, f"{place}.{name}" if place else name)
        return
    yield place, value
    for inside in value if isinstance(value, list) else ():
        yield from parts(inside, f"{place}[]")


def _is_taken(place: str, value: Any) -> bool:
    least, most = TAKEN.get(place, (1, 0))
    size = value if isinstance(value, bool) else len(value)
    return least <= size <= most and isinstance(value, bool) == (TAKEN[place] is ON_OR_OFF)


def test_slack_takes_it(manifest: dict[str, Any]) -> None:
    """Nothing is unknown, too long, too short or of another kind; each shortcut and command has what it needs."""
    assert manifest.pop("_metadata") == {"major_version": 2}
    assert [place for place, value in parts(manifest) if not _is_taken(place, value)] == []
    features = manifest["features"]
    assert all(one.keys() == {"name", "type", "callback_id", "description"} for one in features["shortcuts"])
    assert {one["type"] for one in features["shortcuts"]} <= {"global", "message"}
    assert all(one["command"].startswith("/") and one["description"] for one in features["slash_commands"])


def test_commands_events_and_prompts_are_the_codes(manifest: dict[str, Any]) -> None:
    """Slack sends what the code listens to, and nothing else."""
    commands = {command["command"] for command in manifest["features"]["slash_commands"]}
    assert commands == {"/bcbst", *shipped_pack().commands}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)
    prompts = manifest["features"]["agent_view"]["suggested_prompts"]
    offered = shipped_pack().offers.prompts
    assert [(one["title"], one["message"]) for one in prompts] == [(one.title["en"], one.says["en"]) for one in offered]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_prompt_is_understood(language: Language) -> None:
    """Each asks the same in both languages, and is heard in its own."""
    hear, today = shipped_pack().engine.understand, date(2026, 5, 20)
    readings = [hear(one.says[language], today=today) for one in shipped_pack().offers.prompts]
    assert [reading.intent for reading in readings] == ["claim.last_visit_cost", "claim.list", "provider.find", "help"]
    assert {reading.language for reading in readings} == {language}


@pytest.mark.threat("T20")
def test_least_scopes(manifest: dict[str, Any]) -> None:
    """No channel history, no e-mail addresses, no files, nothing on a user's behalf; an install asks for no more."""
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["oauth_config"]["scopes"] == {
        "bot": ["app_mentions:read", "chat:write", "commands", "im:history", "im:write", "users:read"]
    }


def test_shortcuts_and_home_are_the_codes(manifest: dict[str, Any]) -> None:
    """Every shortcut on the app opens a form that there is; the one on a message asks about its words."""
    shortcuts = {one["callback_id"]: one["type"] for one in manifest["features"]["shortcuts"]}
    assert {callback for callback, kind in shortcuts.items() if kind == "global"} == {
        f"form-{name}" for name, one in shipped_pack().offers.forms.items() if not one.form.linked
    }
    assert {"find", "bill"} <= shipped_pack().offers.forms.keys()
    assert manifest["features"]["app_home"]["home_tab_enabled"]


def test_an_install_comes_back_to_the_one_page(manifest: dict[str, Any]) -> None:
    """The only redirect address is the deployment's own."""
    assert manifest["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]


def test_every_address_is_one_placeholder(manifest: dict[str, Any]) -> None:
    """Each request URL is the one route, at the host that a deployment replaces."""
    settings = manifest["settings"]
    urls = [command["url"] for command in manifest["features"]["slash_commands"]]
    urls += [settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"]]
    assert set(urls) == {"https://bot.example/slack/events"}
