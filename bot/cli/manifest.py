"""`bcbst-bot manifest` prints the manifests, `register` the e-mail to the payer, `channels` what channels can do."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.channels.registry import ABILITIES, ASK, DONE_BY, FORM
from bot.cli.teams_package import parts, write
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import COMMAND
from bot.pack import Pack, find_pack, load_pack

_PLACEHOLDER = "https://bot.example"
_ABOUT = re.compile(r"\s*Privacy: https://bot\.example/privacy\..*", re.DOTALL)
_COMMAND = re.compile(rf"^/?{COMMAND}\b")
_TOOLS = "mcp:connect"

NamedOffers = Mapping[str, list[str]]


def of_apps(settings: Settings, *, socket_mode: bool, as_json: bool, teams: Path | None) -> str | None:
    """Return Slack's manifest; with `teams`, write the Teams app package to that file instead and return None.

    Raises:
        ConfigError: as in `manifest` or `teams_package.write`.
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
    yield f"| | {' | '.join(name.capitalize() for name in DONE_BY)} |"
    yield f"|---|{'---|' * len(DONE_BY)}"
    for ability, words in ABILITIES.items():
        names = {platform: named.get(platform, {}).get(ability, ["yes"]) for platform in DONE_BY}
        cells = (", ".join(names[platform]) if ability in done else "no" for platform, done in DONE_BY.items())
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
