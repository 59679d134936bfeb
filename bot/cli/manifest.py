"""`bcbst-bot manifest` and `register`: the app manifests for Slack and Teams, and the e-mail to the payer."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.config import Settings
from bot.errors import ConfigError
from bot.message import COMMAND
from bot.pack import find_pack, load_pack

_PLACEHOLDER = "https://bot.example"
_FIRST_KEY = "_metadata:"
_ADDRESS = re.compile(r"^ +(?:request_)?url: https://bot\.example/slack/events\n", re.MULTILINE)
_ABOUT = re.compile(r"^ +Privacy: https://bot\.example/privacy\..*\n", re.MULTILINE)
_COMMAND = re.compile(rf"^( +- command: /|    display_name: ){COMMAND}\b", re.MULTILINE)
_TITLE = re.compile(r"^(display_information:\n  name: ).*$", re.MULTILINE)
_BOT_SCOPES = re.compile(r"^    bot:\n(?:      - .+\n)+", re.MULTILINE)
_TOOLS = "mcp:connect"
_REDIRECTS = "  redirect_urls:\n    - https://bot.example/slack/oauth_redirect\n"


def of_apps(settings: Settings, *, socket_mode: bool, as_json: bool, teams: Path | None) -> str | None:
    """Return Slack's manifest; with `teams`, write the Teams app package to that file instead and return None.

    Raises:
        ConfigError: as in `manifest` or `teams_package.write`.
    """
    from bot.cli.teams_package import write  # noqa: PLC0415 -- Slack's manifest needs no rules and no words

    folder = find_pack(settings.bot_pack)
    if teams is not None:
        write(settings, load_pack(folder, settings.bot_command), teams)
        sys.stderr.write(f"{teams} is written; an administrator uploads it in the Teams admin centre.\n")
        return None
    by_socket = socket_mode or settings.slack_app_token is not None
    return manifest(settings, folder, socket_mode=by_socket, as_json=as_json).rstrip("\n")


def manifest_file(pack: Path) -> Path:
    """Return the path of the pack's Slack manifest.

    Raises:
        ConfigError: there is no such file.
    """
    path = pack / "manifest.yml"
    if not path.is_file():
        raise ConfigError(f"BOT_PACK: no manifest.yml in {pack}")
    return path


def manifest(settings: Settings, pack: Path, *, socket_mode: bool = False, as_json: bool = False) -> str:
    """Return the manifest to create the Slack app with, as YAML or with `as_json` as JSON.

    With `socket_mode` it contains no address, because Slack then sends no requests.

    Raises:
        ConfigError: there is no manifest, or the bot's address is not https, as Slack requires.
    """
    text = manifest_file(pack).read_text(encoding="utf-8")
    text = text[text.index(_FIRST_KEY) :]
    text = _named(text, settings)
    text = _by_socket(text) if socket_mode else _by_address(text, settings.bot_public_url)
    text = _with_tools(text, settings.bot_mcp_url) if settings.bot_mcp_url else text
    return json.dumps(yaml.safe_load(text), indent=2) + "\n" if as_json else text


def _named(text: str, settings: Settings) -> str:
    """Return the manifest with BOT_APP_TITLE as the app's name and BOT_COMMAND as the prefix of its commands."""
    text = _TITLE.sub(lambda found: found[1] + json.dumps(settings.bot_app_title, ensure_ascii=False), text)
    return _COMMAND.sub(lambda found: found[1] + settings.bot_command, text)


def _by_socket(text: str) -> str:
    text = _ABOUT.sub("", _ADDRESS.sub("", text)).replace(_REDIRECTS, "")
    return text.replace("socket_mode_enabled: false", "socket_mode_enabled: true")


def _by_address(text: str, url: str) -> str:
    if not url.startswith("https:"):
        raise ConfigError(
            "BOT_PUBLIC_URL: must be an https address, where Slack calls the bot; without one use --socket-mode"
        )
    return text.replace(_PLACEHOLDER, url)


def _with_tools(text: str, url: str) -> str:
    """Return the manifest with the address of the tools for AI assistants and their scope."""
    servers = yaml.safe_dump({"mcp_servers": {"directory": {"url": url, "auth_type": "no_auth"}}})
    return _BOT_SCOPES.sub(rf"\g<0>      - {_TOOLS}\n", text) + servers


def scopes(pack: Path, settings: Settings) -> frozenset[str]:
    """Return the scopes of the bot token that the manifest requests with these settings."""
    read = yaml.safe_load(manifest_file(pack).read_text(encoding="utf-8"))
    return frozenset((*read["oauth_config"]["scopes"]["bot"], *([_TOOLS] if settings.bot_mcp_url else ())))


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
    if missing := [*_missing(settings)]:
        raise ConfigError("\n".join(missing))
    return _LETTER.format(
        to=settings.payer_registration_email,
        contact=settings.bot_contact_name,
        company=settings.bot_company,
        title=settings.bot_app_title,
        callback=settings.callback_url,
        scope=settings.payer_scope,
    )


def _missing(settings: Settings) -> Iterator[str]:
    for name in ("bot_contact_name", "bot_company"):
        if not getattr(settings, name):
            yield f"{name.upper()}: required for the registration e-mail"
    if not settings.bot_public_url.startswith("https:"):
        yield "BOT_PUBLIC_URL: must be the https address that members will use; the payer registers it"
