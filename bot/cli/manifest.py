"""`bcbst-bot manifest` prints Slack's manifest or writes the Teams package, `register` prints the e-mail to the payer.

`channels` prints what each channel can do. The texts of the Teams app package, which an administrator uploads, are in
`templates/channels/teams_app`; its commands, forms and prompts are the pack's. Teams' limits in characters: names 30
and 100, short description 80, titles in the message box 32, descriptions 128; 12 commands a list.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from bot.channels.registry import ABILITIES, ASK, FORM, PLATFORMS, QUERY, SEARCH, name_of
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import COMMAND, Language
from bot.pack import Pack, find_pack, load_pack
from bot.replies.markdown import cut
from bot.replies.render import labels_of

_PLACEHOLDER = "https://bot.example"
_ABOUT = re.compile(r"\s*Privacy: https://bot\.example/privacy\..*", re.DOTALL)
_COMMAND = re.compile(rf"^/?{COMMAND}\b")
_TOOLS = "mcp:connect"

NamedOffers = Mapping[str, list[str]]


def of_apps(settings: Settings, *, socket_mode: bool, as_json: bool, teams: Path | None) -> str | None:
    """Return Slack's manifest; with `teams`, write the Teams app package to that file instead and return None.

    Raises:
        ConfigError: as in `manifest` or `write`.
    """
    folder = find_pack(settings.bot_pack)
    if teams is not None:
        write(settings, load_pack(folder, settings.bot_command), teams)
        sys.stderr.write(f"{teams} is written; an administrator uploads it in the Teams admin centre.\n")
        return None
    by_socket = socket_mode or settings.slack_app_token is not None
    return manifest(settings, folder, socket_mode=by_socket, as_json=as_json).rstrip("\n")


def _shipped(pack: Path) -> dict[str, Any]:
    """Return the pack's Slack manifest as data.

    Raises:
        ConfigError: there is no such file.
    """
    path = pack / "manifest.yml"
    if not path.is_file():
        raise ConfigError(f"BOT_PACK: no manifest.yml in {pack}")
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def manifest(settings: Settings, pack: Path, *, socket_mode: bool = False, as_json: bool = False) -> str:
    """Return the manifest to create the Slack app with, as YAML or with `as_json` as JSON.

    With `socket_mode` it contains no address, because Slack then sends no requests.

    Raises:
        ConfigError: there is no manifest, or the bot's address is not https, as Slack requires.
    """
    made = _shipped(pack)
    about, features = made["display_information"], made["features"]
    about["name"] = settings.bot_app_title
    named = [(features["bot_user"], "display_name"), *((one, "command") for one in features["slash_commands"])]
    for holder, name in named:
        holder[name] = _COMMAND.sub(lambda found: found[0].replace(COMMAND, settings.bot_command), holder[name])
    if settings.bot_mcp_url:
        made["oauth_config"]["scopes"]["bot"].append(_TOOLS)
        made["mcp_servers"] = {"directory": {"url": settings.bot_mcp_url, "auth_type": "no_auth"}}
    if socket_mode:
        about["long_description"] = _ABOUT.sub("", about["long_description"])
        del made["oauth_config"]["redirect_urls"]
        for called in (*features["slash_commands"], *made["settings"].values()):
            for name in ("url", "request_url") if isinstance(called, dict) else ():
                called.pop(name, None)
        made["settings"]["socket_mode_enabled"] = True
    elif not settings.bot_public_url.startswith("https:"):
        raise ConfigError(
            "BOT_PUBLIC_URL: must be an https address, where Slack calls the bot; without one use --socket-mode"
        )
    text = json.dumps(made, indent=2).replace(_PLACEHOLDER, settings.bot_public_url)
    return text if as_json else yaml.safe_dump(json.loads(text), sort_keys=False, allow_unicode=True, width=120)


def scopes(pack: Path, settings: Settings) -> frozenset[str]:
    """Return the scopes of the bot token that the manifest requests with these settings."""
    return frozenset((*_shipped(pack)["oauth_config"]["scopes"]["bot"], *([_TOOLS] if settings.bot_mcp_url else ())))


def of_channels(settings: Settings) -> Iterator[str]:
    """Yield the lines of the Markdown table for the configured pack."""
    folder = find_pack(settings.bot_pack)
    return table(folder, load_pack(folder))


def table(folder: Path, pack: Pack) -> Iterator[str]:
    """Yield the lines of the Markdown table: a row per ability, a column per channel.

    The names of commands, forms and prompts are read from the Slack manifest in `folder` and the Teams package of
    `pack`.
    """
    named = {"slack": in_slack(folder), "teams": in_teams(pack)}
    yield f"| | {' | '.join(name.capitalize() for name in PLATFORMS)} |"
    yield f"|---|{'---|' * len(PLATFORMS)}"
    for ability, (words, having) in ABILITIES.items():
        names = {platform: named.get(platform, {}).get(ability, ["yes"]) for platform in having.split()}
        cells = (", ".join(names.get(platform, ["no"])) for platform in PLATFORMS)
        yield f"| {words} | {' | '.join(cells)} |"


def in_slack(folder: Path) -> NamedOffers:
    """Return the names of the commands, forms and prompts in the Slack app manifest, by ability."""
    features = _shipped(folder)["features"]
    shortcuts = features["shortcuts"]
    return {
        "slash": [f"`{one['command']}`" for one in features["slash_commands"]],
        "form": _titles(one["name"] for one in shortcuts if one["callback_id"].startswith(FORM)),
        "message": _titles(one["name"] for one in shortcuts if one["type"] == "message"),
        "starter": _titles(one["title"] for one in features["agent_view"]["suggested_prompts"]),
    }


def in_teams(pack: Pack) -> NamedOffers:
    """Return the names of the commands, forms and prompts in the Teams app package, by ability."""
    bot, box = parts(pack)
    lists: list[dict[str, Any]] = bot["commandLists"]
    slash = [one for listed in lists if "slash" in listed.get("triggers", ()) for one in listed["commands"]]
    prompts = [one for listed in lists for one in listed["commands"] if one.get("type") == "prompt"]
    return {
        "slash": [f"`/{one['title']}`" for one in slash],
        "form": _titles(one["title"] for one in box if one["id"].startswith(FORM)),
        "message": _titles(one["title"] for one in box if one["id"] == ASK),
        "starter": _titles(one["title"] for one in prompts),
        "search": _titles(one["title"] for one in box if one["type"] == "query"),
    }


def _titles(words: Iterable[str]) -> list[str]:
    return [f"\u201c{word}\u201d" for word in words]


_LETTER = """\
To: {to}
Subject: Patient Access API: registration of {title}

Hello,

we would like access to your Patient Access API for the app below.

Contact name: {contact}
Company name: {company}
App title: {title}
Callback URL: {callback}
Description: {title} is a chat assistant. A member signs in on your pages, and can then ask about their own claims,
  coverage and care records in a private chat. It only reads, and shows a member's data to nobody but that member.
  Anybody may ask it about your provider directory.
Scopes: {scope}
  patient/*.read   to read the member's own claims, coverage, clinical and formulary records
  openid fhirUser  to know which member signed in

Other information: the app is a confidential client. It uses the authorization code grant with state, nonce and PKCE
  (S256), and sends its client secret in the body of the token request. Members can disconnect it at any time, which
  deletes what it stored. We have received your notice that 42 CFR part 2 prohibits unauthorized disclosure of the
  records that it protects; what you label as such is shown to its member on request only, with that statement.

Please send the Client ID and Client Secret over a secure channel.

{contact}
{company}
"""


def letter(settings: Settings) -> str:
    """Return the e-mail that asks the payer to register the app.

    Raises:
        ConfigError: a contact is missing, or the bot's address is not https.
    """
    missing = [
        f"{name.upper()}: required for the registration e-mail"
        for name in ("bot_contact_name", "bot_company")
        if not getattr(settings, name)
    ]
    if not settings.bot_public_url.startswith("https:"):
        missing.append("BOT_PUBLIC_URL: must be the https address that members will use; the payer registers it")
    if missing:
        raise ConfigError("\n".join(missing))
    return _LETTER.format(
        to=settings.payer_registration_email,
        contact=settings.bot_contact_name,
        company=settings.bot_company,
        title=settings.bot_app_title,
        callback=settings.callback_url,
        scope=settings.payer_scope,
    )


SCHEMA = "1.29"
ACCENT = "#1f4e79"  # behind the lines of the coloured icon
_ICONS = Path(__file__).with_name("icons")
_SCHEMAS = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}"
TRANSLATIONS: tuple[Literal["es"], ...] = ("es",)
"""The languages in addition to English, the manifest's own."""
_LONGEST_TITLE, _LONGEST_ABOUT = 32, 128
_COPILOT = "copilot"

Labels = Mapping[str, str]
ManifestPart = dict[str, Any]


def teams_manifest(settings: Settings, pack: Pack) -> ManifestPart:
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
        "developer": {
            "name": cut(settings.bot_company, 32),
            "websiteUrl": settings.bot_public_url,
            "privacyUrl": settings.bot_privacy_url or f"{settings.bot_public_url}/privacy",
            "termsOfUseUrl": settings.bot_terms_url or f"{settings.bot_public_url}/terms",
        },
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
        "bots": [_teams_bot(settings.teams_app_id, pack, labels, "en")],
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
    return _teams_bot("", pack, labels, "en"), _box(pack, labels, "en")


def translation(settings: Settings, pack: Pack, language: Language) -> dict[str, str]:
    """Return the manifest's texts in another language, keyed by their JSON path; the app's name is not translated."""
    labels = _labels(settings, pack, language)
    lists = _teams_bot("", pack, labels, language)["commandLists"]
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
        ConfigError: as in `teams_manifest`, or the file cannot be written.
    """
    files = {"manifest.json": _text(teams_manifest(settings, pack))}
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


def _teams_bot(app_id: str, pack: Pack, labels: Labels, language: Language) -> ManifestPart:
    """Return the bot with its three lists of commands.

    The lists are for its 1:1 chat, for shared conversations and Copilot, and for the menu of "/".
    """
    said = [(one.title[language], one.says[language]) for one in pack.offers.prompts]
    prompts = [{"title": title, "description": says, "type": "prompt", "prompt": says} for title, says in said]
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
    asked = {"name": QUERY, "title": labels["query"], "description": labels["about:query"], "inputType": "text"}
    search = {"id": SEARCH, "type": "query", "title": labels["search"], "description": labels["about:search"]}
    about = {"title": labels["ask"], "description": labels["about:ask"]}
    return [
        {**search, "initialRun": True, "context": ["compose", "commandBox"], "parameters": [asked]},
        {"id": ASK, "type": "action", "context": ["message"], "fetchTask": True, **about},
        *(_form(name, pack, labels, language) for name, one in pack.offers.forms.items() if not one.form.linked),
    ]


def _form(name: str, pack: Pack, labels: Labels, language: Language) -> ManifestPart:
    words = labels_of(pack.words, f"form_{name}", language)
    return {
        "id": f"{FORM}{name}",
        "type": "action",
        "title": cut(words["title"], _LONGEST_TITLE),
        "description": cut(labels.get(f"form:{name}", words["title"]), _LONGEST_ABOUT),
        "context": ["compose", "commandBox"],
        "fetchTask": True,
    }


def _placed(place: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the visible texts in a part of the manifest, each with its JSON path; `place` is the part's own path."""
    if isinstance(value, list):
        for at, inside in enumerate(value):
            yield from _placed(f"{place}[{at}]", inside)
    elif isinstance(value, dict):
        for name, inside in value.items():
            if name in {"title", "description", "prompt"} and isinstance(inside, str):
                yield f"{place}.{name}", inside
            elif isinstance(inside, list):
                yield from _placed(f"{place}.{name}", inside)
