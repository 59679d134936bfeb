"""`bcbst-bot manifest --teams FILE.zip`: the app package that an administrator uploads to Teams.

The package's texts are in `templates/channels/teams_app`; its commands, forms and prompts are the pack's. Teams' limits
in characters: names 30 and 100, short description 80, titles in the message box 32, descriptions 128; 12 commands a
list.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.channels.registry import ASK, FORM, QUERY, SEARCH, name_of
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Language
from bot.pack import Pack
from bot.replies.markdown import cut
from bot.replies.render import labels_of

SCHEMA = "1.29"
ACCENT = "#1f4e79"  # behind the lines of the coloured icon
_ICONS = Path(__file__).with_name("icons")
_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}"
TRANSLATIONS: tuple[Literal["es"], ...] = ("es",)
"""The languages in addition to English, the manifest's own."""
_TITLE, _ABOUT = 32, 128
_COPILOT = "copilot"

Labels = Mapping[str, str]
ManifestPart = dict[str, Any]


def manifest(settings: Settings, pack: Pack) -> ManifestPart:
    """Return the manifest of the package.

    Raises:
        ConfigError: a required setting is missing, or Teams cannot reach the bot's address.
    """
    if settings.teams_app_id is None:
        raise ConfigError("TEAMS_APP_ID: required; Azure gives it when the bot is registered")
    if not settings.bot_public_url.startswith("https:"):
        raise ConfigError("BOT_PUBLIC_URL: must be an https address; Teams calls the bot there")
    if not settings.bot_company:
        raise ConfigError("BOT_COMPANY: required; Teams shows it as the app's developer")
    labels = _labels(settings, pack, "en")
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
        "name": {"short": cut(settings.bot_app_title, 30), "full": cut(labels["full"], 100)},
        "description": {"short": labels["short"], "full": labels["long"]},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": ACCENT,
        "defaultInstallScope": "personal",
        "supportsChannelFeatures": "tier1",  # asked of every package from 1.25 on that has the scope `team`
        "copilotAgents": {"customEngineAgents": [{"id": settings.teams_app_id, "type": "bot"}]},
        "bots": [_bot(settings.teams_app_id, pack, labels, "en")],
        "composeExtensions": [{"botId": settings.teams_app_id, "commands": _box(pack, labels, "en")}],
        "validDomains": [urlsplit(settings.bot_public_url).hostname],
        **_tools(settings),
    }


def _tools(settings: Settings) -> dict[str, Any]:
    """Return the manifest's part for the tools for AI assistants; {} unless BOT_MCP_URL is set."""
    if settings.bot_mcp_url is None:
        return {}
    server = {"mcpServerUrl": settings.bot_mcp_url, "authorization": {"type": "None"}}
    name = cut(f"{settings.bot_app_title}: provider directory", 128)
    return {"agentConnectors": [{"id": "directory", "displayName": name, "toolSource": {"remoteMcpServer": server}}]}


def parts(pack: Pack) -> tuple[ManifestPart, list[ManifestPart]]:
    """Return the parts of the manifest that do not depend on the settings.

    The first is the bot, the second the items of the message box and of a message's menu.
    """
    labels = labels_of(pack.words, "teams_app", "en", {"title": ""})
    return _bot("", pack, labels, "en"), _box(pack, labels, "en")


def translation(settings: Settings, pack: Pack, language: Language) -> dict[str, str]:
    """Return the manifest's texts in another language, keyed by their JSON path; the app's name is not translated."""
    labels = _labels(settings, pack, language)
    lists = _bot("", pack, labels, language)["commandLists"]
    return {
        "$schema": f"{_SCHEMAS}/MicrosoftTeams.Localization.schema.json",
        "name.short": cut(settings.bot_app_title, 30),
        "name.full": cut(labels["full"], 100),
        "description.short": labels["short"],
        "description.full": labels["long"],
        **dict(_placed("bots[0].commandLists", lists)),
        **dict(_placed("composeExtensions[0].commands", _box(pack, labels, language))),
    }


def write(settings: Settings, pack: Pack, path: Path) -> None:
    """Write the package to a file. Equal settings give equal bytes.

    Raises:
        ConfigError: as in `manifest`, or the file cannot be written.
    """
    files = {"manifest.json": _text(manifest(settings, pack))}
    # A speech bubble with a heart: 192 pixels in color, 32 as an outline (`tests.icons`).
    files |= {name: (_ICONS / name).read_bytes() for name in ("color.png", "outline.png")}
    files |= {f"{tongue}.json": _text(translation(settings, pack, tongue)) for tongue in TRANSLATIONS}
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in files.items():
                package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ConfigError(f"--teams: {path} cannot be written: {error.strerror or error}") from None


def _text(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _labels(settings: Settings, pack: Pack, language: Language) -> Labels:
    return labels_of(pack.words, "teams_app", language, {"title": settings.bot_app_title})


def _developer(settings: Settings) -> dict[str, str]:
    return {
        "name": cut(settings.bot_company or "", 32),
        "websiteUrl": settings.bot_public_url,
        "privacyUrl": settings.bot_privacy_url or f"{settings.bot_public_url}/privacy",
        "termsOfUseUrl": settings.bot_terms_url or f"{settings.bot_public_url}/terms",
    }


def _bot(app_id: str, pack: Pack, labels: Labels, language: Language) -> ManifestPart:
    """Return the bot with its three lists of commands.

    The lists are for its 1:1 chat, for shared conversations and Copilot, and for the menu of "/".
    """
    prompts = [
        {
            "title": one.title[language],
            "description": one.says[language],
            "type": "prompt",
            "prompt": one.says[language],
        }
        for one in pack.offers.prompts
    ]
    commands = [name_of(command) for command in pack.commands]
    slash = [{"title": name, "description": labels.get(f"slash:{name}", name)} for name in sorted(commands)]
    shared = ["team", "groupChat"]
    return {
        "botId": app_id,
        "scopes": ["personal", *shared, _COPILOT],
        "isNotificationOnly": False,
        "supportsFiles": False,
        "supportsTargetedMessages": True,
        "commandLists": [
            {"scopes": ["personal"], "commands": [*prompts, *_listed("own", labels)]},
            {"scopes": [*shared, _COPILOT], "triggers": ["mention"], "commands": _listed("open", labels)},
            {"scopes": shared, "triggers": ["slash"], "commands": slash},
        ],
    }


def _listed(name: str, labels: Labels) -> list[ManifestPart]:
    """Return the commands of one list. The template has them as `own:1`, `own:2` and so on, for the list `own`."""
    keys = takewhile(labels.__contains__, (f"{name}:{at}" for at in count(1)))
    return [{"title": labels[key], "description": labels[f"about:{key}"]} for key in keys]


def _box(pack: Pack, labels: Labels, language: Language) -> list[ManifestPart]:
    """Return the items of the message box and a message's menu: search, forms, and "Ask about this message"."""
    about = {"title": labels["ask"], "description": labels["about:ask"]}
    return [
        _search(labels),
        {"id": ASK, "type": "action", "context": ["message"], "fetchTask": True, **about},
        *(_form(name, pack, labels, language) for name, one in pack.offers.forms.items() if not one.form.linked),
    ]


def _form(name: str, pack: Pack, labels: Labels, language: Language) -> ManifestPart:
    words = labels_of(pack.words, f"form_{name}", language)
    return {
        "id": f"{FORM}{name}",
        "type": "action",
        "title": cut(words["title"], _TITLE),
        "description": cut(labels.get(f"form:{name}", words["title"]), _ABOUT),
        "context": ["compose", "commandBox"],
        "fetchTask": True,
    }


def _search(labels: Labels) -> ManifestPart:
    asked = {"name": QUERY, "title": labels["query"], "description": labels["about:query"], "inputType": "text"}
    return {
        "id": SEARCH,
        "type": "query",
        "title": labels["search"],
        "description": labels["about:search"],
        "initialRun": True,
        "context": ["compose", "commandBox"],
        "parameters": [asked],
    }


_READ = frozenset({"title", "description", "prompt"})


def _placed(place: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the visible texts in a part of the manifest, each with its JSON path; `place` is the part's own path."""
    if isinstance(value, list):
        for at, inside in enumerate(value):
            yield from _placed(f"{place}[{at}]", inside)
    elif isinstance(value, dict):
        for name, inside in value.items():
            if name in _READ and isinstance(inside, str):
                yield f"{place}.{name}", inside
            elif isinstance(inside, list):
                yield from _placed(f"{place}.{name}", inside)
