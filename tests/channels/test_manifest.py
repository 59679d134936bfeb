"""The manifest is what Slack takes, and says what the code does."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.slack.incoming import EVENTS
from bot.channels.slack.installations import SCOPES
from bot.message import Language
from tests.channels.slack_manifest import not_taken
from tests.shipped import shipped_pack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def manifest() -> dict[str, Any]:
    """The manifest as data."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return found


def test_slack_takes_it(manifest: dict[str, Any]) -> None:
    """It keeps Slack's limits, and has no part that Slack's page does not know."""
    assert not_taken(manifest) == []


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
