"""`bcbst-bot manifest`: the Slack app manifest with the deployment's own address."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.config import Settings
from bot.errors import ConfigError

_PLACEHOLDER = "https://bot.example"
_FIRST_KEY = "_metadata:"
_ADDRESS = re.compile(r"^ +(?:request_)?url: https://bot\.example/slack/events\n", re.MULTILINE)
_REDIRECTS = "  redirect_urls:\n    - https://bot.example/slack/oauth_redirect\n"


def manifest_file(pack: Path) -> Path:
    """Where the manifest lies: beside the pack's `intents/` and `templates/`.

    Raises:
        ConfigError: it is not there.
    """
    path = pack / "manifest.yml"
    if not path.is_file():
        raise ConfigError(f"BOT_PACK: no manifest.yml in {pack}")
    return path


def manifest(settings: Settings, pack: Path) -> str:
    """The manifest to paste where Slack creates an app, without the file's own opening remark.

    In Socket Mode it names no address: Slack calls none.

    Raises:
        ConfigError: there is no manifest, or the bot's address is none that Slack can reach.
    """
    if settings.slack_app_token is not None:
        text = manifest_file(pack).read_text(encoding="utf-8")
        text = _ADDRESS.sub("", text[text.index(_FIRST_KEY) :]).replace(_REDIRECTS, "")
        return text.replace("socket_mode_enabled: false", "socket_mode_enabled: true")
    if not settings.bot_public_url.startswith("https:"):
        raise ConfigError("BOT_PUBLIC_URL: must be an https address; Slack calls the bot there")
    text = manifest_file(pack).read_text(encoding="utf-8")
    return text[text.index(_FIRST_KEY) :].replace(_PLACEHOLDER, settings.bot_public_url)


def scopes(pack: Path) -> frozenset[str]:
    """The bot scopes that the manifest asks Slack for."""
    read = yaml.safe_load(manifest_file(pack).read_text(encoding="utf-8"))
    return frozenset(read["oauth_config"]["scopes"]["bot"])
