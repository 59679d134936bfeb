"""`bcbst-bot manifest --teams FILE.zip`: the app package that an administrator uploads to Teams."""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.cli.teams_strings import STRINGS, TRANSLATIONS, Command
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Language
from bot.replies.text import cut

SCHEMA = "1.29"
ACCENT = "#1f4e79"  # behind the lines of the coloured icon
_ICONS = Path(__file__).with_name("icons")
_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}"
SEARCH = ("findProvider", "query")


def manifest(settings: Settings) -> dict[str, Any]:
    """The package's manifest.

    Raises:
        ConfigError: TEAMS_APP_ID or BOT_COMPANY is missing, or the bot's address is none that Teams can reach.
    """
    if settings.teams_app_id is None:
        raise ConfigError("TEAMS_APP_ID: required; Azure gives it when the bot is registered")
    if not settings.bot_public_url.startswith("https:"):
        raise ConfigError("BOT_PUBLIC_URL: must be an https address; Teams calls the bot there")
    if not settings.bot_company:
        raise ConfigError("BOT_COMPANY: required; Teams shows it as the app's developer")
    strings = STRINGS["en"]
    return {
        "$schema": f"{_SCHEMAS}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": version("bcbst-bot"),
        "id": settings.teams_app_id,
        "developer": _developer(settings),
        "localizationInfo": {
            "defaultLanguageTag": "en",
            "additionalLanguages": [{"languageTag": tongue, "file": f"{tongue}.json"} for tongue in TRANSLATIONS],
        },
        "name": {"short": cut(settings.bot_app_title, 30), "full": _full_name(settings, "en")},
        "description": {"short": strings.short, "full": strings.long},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": ACCENT,
        "defaultInstallScope": "personal",
        "bots": [_bot(settings.teams_app_id)],
        "composeExtensions": [_search(settings.teams_app_id)],
        "validDomains": [urlsplit(settings.bot_public_url).hostname],
        **_tools(settings),
    }


def _tools(settings: Settings) -> dict[str, Any]:
    """The tools for assistants, where BOT_MCP_URL says that they are served."""
    if settings.bot_mcp_url is None:
        return {}
    server = {"mcpServerUrl": settings.bot_mcp_url, "authorization": {"type": "None"}}
    name = cut(f"{settings.bot_app_title}: provider directory", 128)
    return {"agentConnectors": [{"id": "directory", "displayName": name, "toolSource": {"remoteMcpServer": server}}]}


def translation(settings: Settings, language: Language) -> dict[str, str]:
    """The manifest's strings in another language, by their places in it. The app's own name stays as it is."""
    strings = STRINGS[language]
    command = "composeExtensions[0].commands[0]"
    found = {
        "$schema": f"{_SCHEMAS}/MicrosoftTeams.Localization.schema.json",
        "name.short": cut(settings.bot_app_title, 30),
        "name.full": _full_name(settings, language),
        "description.short": strings.short,
        "description.full": strings.long,
        **_placed(command, strings.search),
        **_placed(f"{command}.parameters[0]", strings.parameter),
    }
    for at, listed in enumerate((strings.own, strings.open_)):
        for number, one in enumerate(listed):
            found |= _placed(f"bots[0].commandLists[{at}].commands[{number}]", one)
    return found


def _icons() -> dict[str, bytes]:
    """A speech bubble with a heart: 192 pixels in colour, 32 as an outline (`python -m tests.icons`)."""
    return {name: (_ICONS / name).read_bytes() for name in ("color.png", "outline.png")}


def write(settings: Settings, path: Path) -> None:
    """Write the package; the same settings give the same bytes.

    Raises:
        ConfigError: as in `manifest`, or the file cannot be written.
    """
    files: dict[str, str | bytes] = {"manifest.json": _text(manifest(settings)), **_icons()}
    files |= {f"{tongue}.json": _text(translation(settings, tongue)) for tongue in TRANSLATIONS}
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in files.items():
                package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ConfigError(f"--teams: {path} cannot be written: {error.strerror or error}") from None


def _text(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _full_name(settings: Settings, language: Language) -> str:
    return cut(STRINGS[language].full_name.format(title=settings.bot_app_title), 100)


def _placed(place: str, words: Command) -> dict[str, str]:
    title, description = words
    return {f"{place}.title": title, f"{place}.description": description}


def _developer(settings: Settings) -> dict[str, str]:
    return {
        "name": cut(settings.bot_company or "", 32),
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
            {"scopes": ["personal"], "commands": _commands(STRINGS["en"].own)},
            {"scopes": ["team", "groupChat"], "commands": _commands(STRINGS["en"].open_)},
        ],
    }


def _commands(listed: tuple[Command, ...]) -> list[dict[str, str]]:
    return [{"title": title, "description": description} for title, description in listed]


def _search(app_id: str) -> dict[str, Any]:
    command, parameter = SEARCH
    strings = STRINGS["en"]
    return {
        "botId": app_id,
        "commands": [
            {
                "id": command,
                "type": "query",
                "title": strings.search[0],
                "description": strings.search[1],
                "initialRun": True,
                "context": ["compose", "commandBox"],
                "parameters": [
                    {
                        "name": parameter,
                        "title": strings.parameter[0],
                        "description": strings.parameter[1],
                        "inputType": "text",
                    }
                ],
            }
        ],
    }
