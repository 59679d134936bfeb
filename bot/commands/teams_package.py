"""`bcbst-bot manifest --teams FILE.zip`: the app package that an administrator uploads to Teams."""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.commands.icons import BACKGROUND, colour_icon, outline_icon
from bot.config import Settings
from bot.errors import ConfigError
from bot.replies.text import cut

SCHEMA = "1.29"
SEARCH = ("findProvider", "query")
_OWN = (
    ("What did I owe for my last visit?", "The amount, as your plan reports it, and its parts"),
    ("Show my claims", "Your newest claims, each with its status"),
    ("What's left of my deductible?", "Your plan's cost shares, and what your claims show of them"),
    ("Find a cardiologist near 37402", "Doctors near a place, with their networks as the directory lists them"),
    ("Connect my account", "Sign in at your health plan; it works only for you"),
    ("Unlink", "Disconnect your account and delete what is stored for it"),
    ("Help", "What you can ask"),
)
_OPEN = (
    ("Find a cardiologist near 37402", "Doctors near a place, with their networks as the directory lists them"),
    ("Find a pharmacy near 37402", "Pharmacies near a place"),
    ("Help", "What you can ask here"),
)
_LONG = (
    "Ask in plain words what you owed for a visit, how a claim was paid, or which doctors near you are in your "
    "network. Doctors, places and networks can be asked about anywhere. Answers about your own claims and coverage "
    "come only in your private chat with the bot, after you sign in at your health plan, and stop when you say "
    '"unlink".'
)


def manifest(settings: Settings) -> dict[str, Any]:
    """The package's manifest.

    Raises:
        ConfigError: TEAMS_APP_ID is missing, or the bot's address is none that Teams can reach.
    """
    if settings.teams_app_id is None:
        raise ConfigError("TEAMS_APP_ID: required; Azure gives it when the bot is registered")
    if not settings.bot_public_url.startswith("https:"):
        raise ConfigError("BOT_PUBLIC_URL: must be an https address; Teams calls the bot there")
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": version("bcbst-bot"),
        "id": settings.teams_app_id,
        "developer": _developer(settings),
        "name": {"short": cut(settings.bot_app_title, 30), "full": cut(f"{settings.bot_app_title}: your plan", 100)},
        "description": {"short": "Answers about your health plan's claims, coverage and doctors.", "full": _LONG},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#{:02x}{:02x}{:02x}".format(*BACKGROUND),
        "defaultInstallScope": "personal",
        "bots": [_bot(settings.teams_app_id)],
        "composeExtensions": [_search(settings.teams_app_id)],
        "validDomains": [urlsplit(settings.bot_public_url).hostname],
    }


def write(settings: Settings, path: Path) -> None:
    """Write the package; the same settings give the same bytes.

    Raises:
        ConfigError: as in `manifest`, or the file cannot be written.
    """
    text = json.dumps(manifest(settings), indent=2, ensure_ascii=False) + "\n"
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            files = {"manifest.json": text.encode(), "color.png": colour_icon(), "outline.png": outline_icon()}
            for name, content in files.items():
                package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ConfigError(f"--teams: {path} cannot be written ({type(error).__name__})") from None


def _developer(settings: Settings) -> dict[str, str]:
    return {
        "name": cut(settings.bot_company or settings.bot_app_title, 32),
        "websiteUrl": settings.bot_public_url,
        "privacyUrl": settings.bot_privacy_url or settings.bot_public_url,
        "termsOfUseUrl": settings.bot_terms_url or settings.bot_public_url,
    }


def _bot(app_id: str) -> dict[str, Any]:
    return {
        "botId": app_id,
        "scopes": ["personal", "team", "groupChat"],
        "isNotificationOnly": False,
        "supportsFiles": False,
        "commandLists": [
            {"scopes": ["personal"], "commands": _commands(_OWN)},
            {"scopes": ["team", "groupChat"], "commands": _commands(_OPEN)},
        ],
    }


def _commands(listed: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"title": title, "description": description} for title, description in listed]


def _search(app_id: str) -> dict[str, Any]:
    command, parameter = SEARCH
    return {
        "botId": app_id,
        "commands": [
            {
                "id": command,
                "type": "query",
                "title": "Find a provider",
                "description": "Doctors, places and pharmacies of the open directory, to drop into the conversation",
                "initialRun": True,
                "context": ["compose", "commandBox"],
                "parameters": [
                    {
                        "name": parameter,
                        "title": "Whom, and where",
                        "description": "Such as: cardiologist near 37402 accepting new patients",
                        "inputType": "text",
                    }
                ],
            }
        ],
    }
