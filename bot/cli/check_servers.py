"""The checks of `bcbst-bot check` that ask servers.

They check whether the payer's servers respond, whether sign-in can work, and which answers will work; and whether Slack
and Microsoft accept the credentials. If a server does not respond, they say why.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlencode, urlsplit

import msgspec

from bot.accounts.endpoint import TokenEndpoint, endpoints_of, method_of
from bot.cli.manifest import scopes
from bot.config import ClientMethod, Settings, secret_of
from bot.errors import ConfigError, LinkError, PayerError
from bot.language.rules import IntentRules
from bot.pack import Pack
from bot.payer.discovery import Capabilities, Discovery, Endpoints
from bot.payer.http import Call, Http
from bot.stores import lacks

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.channels.teams.incoming import Cloud


CheckLevel = Literal["ok", "note", "bad"]


class CheckResult(msgspec.Struct, frozen=True):
    """The result of one check. `state`: "bad" prevents serving, a "note" is information."""

    state: CheckLevel
    area: str
    text: str

    def __str__(self) -> str:
        """Return the result as one line of the report."""
        return f"{self.state:<5}{self.area:<9}{self.text}"


ok, note, bad = (partial(CheckResult, state) for state in get_args(CheckLevel))
"""Make a result with an area and a text."""

_PATIENCE = 5.0


async def why_silent(url: str) -> str:
    """Return why a URL gave no usable response, found out by connecting to its host once more."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError) as error:
        return _words(error, host, port)
    writer.close()
    return f"{host} takes the connection and gives no answer"


def _words(error: Exception, host: str, port: int) -> str:
    match error:
        case TimeoutError():
            return f"{host} does not answer within {_PATIENCE:.0f} seconds; a firewall may be in between"
        case socket.gaierror():
            return f"no host is called {host}, or this machine cannot look names up"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not trusted here ({error.verify_message})"
        case ssl.SSLError():
            return f"{host} does not speak TLS at port {port}"
        case ConnectionRefusedError():
            return f"nothing listens at {host}, port {port}"
    return f"{host} cannot be reached"


CheckState = Literal["works", "degraded", "off", "unknown"]


def states(
    answered: Iterable[IntentRules], member: Capabilities, directory: Capabilities
) -> Iterator[tuple[CheckState, list[str]]]:
    """Yield each state with the names of the intents in it, best state first. States without intents are omitted.

    The state of an answer is that of the resources it reads, by the server's CapabilityStatement. `degraded`: the bot
    has to filter or sort the results itself. `off`: the type is not declared, though the server may still serve it.
    `unknown`: the server has no CapabilityStatement.
    """
    found: dict[CheckState, list[str]] = {"works": [], "degraded": [], "off": [], "unknown": []}
    for rules in sorted(answered, key=lambda one: one.intent):
        server, reads = directory if rules.needs == "directory" else member, rules.reads
        if reads is None:
            continue
        if not server.known:
            found["unknown"].append(rules.intent)
        elif reads.type not in server.types:
            found["off"].append(rules.intent)
        else:
            found["works" if server.types[reads.type] >= {*reads.by} else "degraded"].append(rules.intent)
    return ((state, names) for state, names in found.items() if names)


_SECONDS = 10
_MOST_NAMED = 6
_FAULTS = {
    "smart-configuration": "the payer publishes no smart-configuration (SMART on FHIR): the settings name its sign-in",
    "openid-configuration": "the payer publishes no openid-configuration (OpenID Connect): the settings say who signs",
    "clock": "the payer's clock and this machine's are more than five minutes apart: set this machine's by NTP",
}
_STATES: dict[CheckState, str] = {
    "works": "work",
    "degraded": "work, with more to read: the server cannot search by all that they need",
    "off": "may find nothing: the server does not list their records",
    "unknown": "may or may not work: the server does not say what it has",
}


async def payer(settings: Settings, pack: Pack | None) -> AsyncIterator[CheckResult]:
    """Yield the results for the payer's servers. For a server that does not respond, further results are omitted."""
    async with Http() as http:
        discovery = Discovery(http, settings.payer_fhir_url, endpoints_of(settings))
        found = await discovery.endpoints()
        member = await discovery.capabilities(settings.payer_fhir_url)
        directory = await discovery.capabilities(settings.directory_url)
        reached = [await _server_responds(http, "PAYER_FHIR_URL", settings.payer_fhir_url, member)]
        if settings.directory_url != settings.payer_fhir_url:
            reached.append(await _server_responds(http, "PAYER_DIRECTORY_URL", settings.directory_url, directory))
        known = [] if settings.missing else [await _client_accepted(settings, http, discovery)]
        silent = any(one.state == "bad" for one in (reached[0], *known))
        for finding in (*reached, *known, *_sign_in(settings, found, discovery.faults, silent=silent)):
            yield finding
        for finding in answers(pack, member, directory):
            yield finding


def answers(pack: Pack | None, member: Capabilities, directory: Capabilities) -> Iterator[CheckResult]:
    """Yield how many answers will work; nothing if no server has a CapabilityStatement."""
    if not (member.known or directory.known):
        return
    for state, intents in states(pack.answered if pack else (), member, directory):
        told = f"{len(intents)} answers {_STATES[state]}"
        yield ok("answers", told) if state == "works" else note("answers", f"{told}: {_named(intents)}")


def _named(intents: list[str]) -> str:
    """Return the names of intents, or if there are many, the number of intents for each topic."""
    if len(intents) <= _MOST_NAMED:
        return ", ".join(intents)
    topics = Counter(name.partition(".")[0] for name in intents)
    return ", ".join(f"{topic}.* ({count})" for topic, count in topics.items())


async def _server_responds(http: Http, name: str, url: str, server: Capabilities) -> CheckResult:
    """Return whether a server responds.

    Without a CapabilityStatement it counts as usable, unless there is no response or a 5xx.
    """
    if server.known:
        return ok("payer", f"a FHIR server answers at {url}")
    try:
        status = (await http.get(f"{url}/metadata", {}, http.clock() + _SECONDS)).status_code
    except PayerError:
        return bad("payer", f"{name}: {await why_silent(url)}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return bad("payer", f"{name}: {url} has a problem of its own (HTTP {status}); ask the payer")
    return note("payer", f"{name}: {url} answers, but without a CapabilityStatement (HTTP {status})")


def _sign_in(settings: Settings, found: Endpoints, faults: tuple[str, ...], *, silent: bool) -> Iterator[CheckResult]:
    """Yield whether sign-in can work: whether the issuer and keys to verify id_tokens are known.

    Nothing is yielded for a server that does not respond (`silent`).
    """
    if silent:
        return
    yield from (note("payer", _FAULTS[name]) for name in faults if name in _FAULTS)
    if "openid" in settings.payer_scope.split() and not (found.issuer and found.jwks):
        lacking = "PAYER_JWKS_URL" if found.issuer else "PAYER_ISSUER"
        yield bad("payer", f"{lacking}: not set, and the payer does not publish it; ask the payer for it")
        return
    published = "" if found.pkce is None or "S256" in found.pkce else "; it does not list PKCE with S256"
    yield ok("payer", f"sign-in at {settings.payer_authorize_url}{published}")


async def _client_accepted(settings: Settings, http: Http, discovery: Discovery) -> CheckResult:
    """Return whether the payer accepts this client's credentials, by sending an invalid code to its token endpoint."""
    try:
        status, error = await TokenEndpoint(settings, http, discovery, time.time).probe()
    except ConfigError as problem:
        return bad("payer", str(problem))
    except LinkError:
        return bad("payer", f"PAYER_TOKEN_URL: {await why_silent(settings.payer_token_url)}")
    listed = (await discovery.endpoints()).client_auth
    method = method_of(settings, listed)
    if error in {"invalid_client", "unauthorized_client"} or (status == HTTPStatus.UNAUTHORIZED and not error):
        why = error or f"HTTP {status}"
        if listed and method not in listed:
            ways = ", ".join(listed)
            return bad("payer", f"PAYER_CLIENT_AUTH: the payer lists {ways}, and not {method} ({why})")
        setting = _PROVED_BY.get(method, "PAYER_CLIENT_SECRET")
        return bad("payer", f"{setting}: the payer does not take this client; compare it with its registration ({why})")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return bad("payer", f"PAYER_TOKEN_URL: {settings.payer_token_url} is no token endpoint (HTTP {status})")
    taken = ok("payer", f"the client is taken; it proves itself by {_PROOFS[method]}")
    untold = note("payer", f"the token endpoint does not tell whether it knows this client (HTTP {status})")
    return taken if error == "invalid_grant" else untold


_PROOFS: dict[ClientMethod, str] = {
    "client_secret_post": "its secret in the body (client_secret_post)",
    "client_secret_basic": "its secret in the header (client_secret_basic)",
    "private_key_jwt": "its key (private_key_jwt)",
    "none": "nothing but PKCE (a public client)",
}
_PROVED_BY: dict[ClientMethod, str] = {
    "private_key_jwt": "PAYER_CLIENT_KEY_FILE", "none": "PAYER_CLIENT_AUTH",
}  # fmt: skip


# Of Entra's error codes: what an operator can put right by one setting.
_ENTRA_FAULTS = {
    "AADSTS7000215": "TEAMS_APP_PASSWORD: this is no secret of the app; make a new one and copy its value",
    "AADSTS7000222": "TEAMS_APP_PASSWORD: the secret has expired; make a new one",
    "AADSTS700016": "TEAMS_APP_ID: the tenant has no such app; look at its page in Azure, and at TEAMS_TENANT_ID",
    "AADSTS90002": "TEAMS_TENANT_ID: there is no such tenant",
}


async def slack(settings: Settings, pack: Path | None) -> AsyncIterator[CheckResult]:
    """Yield whether Slack accepts the tokens and the app has its scopes; nothing if Slack is not configured."""
    first: CheckResult | None = None
    if settings.slack_bot_token is not None:
        token = secret_of(settings.slack_bot_token)
        answer = await _response("SLACK_BOT_TOKEN", settings, token, lambda client: client.auth_test())
        first = answer if isinstance(answer, CheckResult) else _scoped(answer.headers, settings, pack)
    elif settings.slack_client_id is not None:
        first = ok("slack", f"workspaces install the app at {settings.bot_public_url}/slack/install")
    if first is not None:
        yield first
    if settings.slack_app_token is not None:
        token = secret_of(settings.slack_app_token)
        answer = await _response(
            "SLACK_APP_TOKEN", settings, None, lambda client: client.apps_connections_open(app_token=token)
        )
        is_open = ok("slack", "Socket Mode is open to the app-level token")
        second = answer if isinstance(answer, CheckResult) else is_open
        if second != first:  # the same silence is told once
            yield second


def _scoped(headers: Mapping[str, str], settings: Settings, pack: Path | None) -> CheckResult:
    """Return whether the token with these headers has the scopes that the manifest requests."""
    named = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    granted = {scope.strip() for scope in named.split(",") if scope.strip()}
    if granted and pack and (missing := sorted(scopes(pack, settings) - granted)):
        return bad("slack", f"SLACK_BOT_TOKEN: lacks {', '.join(missing)}; install the app again")
    return ok("slack", "the token is taken and has its scopes")


async def _response(
    setting: str, settings: Settings, token: str | None, call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
) -> AsyncSlackResponse | CheckResult:
    """Return Slack's response to a call, or the result that Slack rejects the token or does not respond."""
    import aiohttp  # noqa: PLC0415 -- only who talks to Slack pays for its SDK
    from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415 -- as above
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415 -- as above

    from bot.channels.slack.client import in_words  # noqa: PLC0415 -- as above

    try:
        return await call(AsyncWebClient(token, base_url=settings.slack_api_url, timeout=_SECONDS))
    except SlackApiError as error:
        return bad("slack", f"{setting}: {in_words(error)}")
    except (SlackClientError, aiohttp.ClientError, OSError):
        return bad("slack", f"SLACK_API_URL: {await why_silent(settings.slack_api_url)}")


async def teams(settings: Settings, app_id: str) -> CheckResult:
    """Return whether Microsoft Entra accepts the credentials. It is not asked if settings for Teams are missing."""
    if settings.teams_missing:
        return note("teams", "Microsoft is not asked before the settings above are there")
    if missing := lacks("teams"):
        return bad("teams", f"TEAMS_APP_ID: Teams {missing}")
    from bot.channels.teams.incoming import CLOUDS  # noqa: PLC0415 -- no file outside of a channel imports it at once

    password, (tenant, *_) = secret_of(settings.teams_app_password), settings.teams_tenants
    fault = await entra_fault(app_id, password, tenant, CLOUDS[settings.teams_cloud])
    taken = ok("teams", f"Entra takes the credentials; people of {len(settings.teams_tenants)} tenants may ask")
    return bad("teams", fault) if fault else taken


async def entra_fault(app_id: str, password: str, tenant: str, cloud: Cloud) -> str:
    """Request a token from Microsoft Entra. Return why it rejects the credentials or does not respond, "" otherwise.

    The text has the setting and Entra's error code.
    """
    form = {"grant_type": "client_credentials", "client_id": app_id, "client_secret": password}
    form |= {"scope": f"{cloud.issuer}/.default"}
    url = f"{cloud.login_url}/{tenant}/oauth2/v2.0/token"
    try:
        async with Http() as http:
            answer = await http.send(Call(url, {}, http.clock() + _SECONDS, form=urlencode(form)))
    except PayerError:
        return f"TEAMS_CLOUD: {await why_silent(cloud.login_url)}"
    status, told = answer.status_code, answer.content.decode(errors="replace")
    code = next((code for code in _ENTRA_FAULTS if code in told), "")
    why = f"{_ENTRA_FAULTS.get(code, 'TEAMS_TENANT_ID: Entra refuses it')} ({code or f'HTTP {status}'})"
    return "" if status == HTTPStatus.OK else why
