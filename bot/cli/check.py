"""`bcbst-bot check`: everything that an operator can get wrong, looked at before a member meets it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from bot.accounts.client_auth import method_of
from bot.accounts.endpoint import TokenEndpoint
from bot.accounts.scopes import reads_claims
from bot.accounts.vault import Vault, is_exposed, key_file
from bot.app import endpoints_of
from bot.cli.abilities import states
from bot.cli.manifest import scopes
from bot.config import ClientMethod, Settings
from bot.errors import BotError, ConfigError, LinkError, PackError, PayerError, StoreError
from bot.ops.audit import Audit
from bot.ops.clock import refuse_made_up_day
from bot.ops.entrance import LOOPBACK_HOSTS
from bot.pack import Pack, doubts_of, find_pack, load_pack
from bot.payer.capabilities import Capabilities
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Http
from bot.stores.base import Store
from bot.stores.extras import lacks
from bot.stores.opening import open_store, sqlite_path
from bot.stores.sealed import SealedTable

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at. `bad` keeps the bot from serving; a `note` is worth knowing."""

    state: Literal["ok", "note", "bad"]
    area: str
    text: str

    def __str__(self) -> str:
        """One line of the report."""
        return f"{self.state:<5}{self.area:<9}{self.text}"


async def check(settings: Settings) -> AsyncIterator[CheckResult]:
    """What was found, in the order of a start: settings, keys, store, pack, payer, Slack, Teams."""
    for finding in _day(settings):
        yield finding
    yield _client(settings)
    for finding in _reach(settings):
        yield finding
    yield _keys(settings)
    yield await _store(settings)
    if not is_verified(settings.bot_store_url):
        yield CheckResult(
            "note", "store", "BOT_STORE_URL: without sslmode=verify-full another may pose as the database"
        )
    pack: Pack | None = None
    try:
        folder = find_pack(settings.bot_pack)
        pack = load_pack(folder)
        for finding in _pack(folder, pack):
            yield finding
    except PackError as error:
        yield CheckResult("bad", "pack", str(error))
    async for finding in _payer(settings, pack):
        yield finding
    if settings.slack_bot_token is not None:
        yield await _slack(settings)
    elif settings.slack_client_id is not None:
        yield CheckResult("ok", "slack", f"workspaces install the app at {settings.bot_public_url}/slack/install")
    if settings.teams_app_id is not None:
        yield await _teams(settings, settings.teams_app_id)


def _day(settings: Settings) -> Iterator[CheckResult]:
    try:
        refuse_made_up_day(settings)
    except ConfigError as error:
        yield CheckResult("bad", "settings", str(error))


def _client(settings: Settings) -> CheckResult:
    if settings.missing:
        return CheckResult("bad", "settings", f"{settings.missing}: required; the payer gives it at registration")
    return CheckResult("ok", "settings", f"sign-in comes back to {settings.callback_url}")


def _reach(settings: Settings) -> Iterator[CheckResult]:
    """Who could ask, and come back from the sign-in; both are wanted for members and neither for a try."""
    slack = settings.slack_bot_token or settings.slack_client_id
    if not slack and settings.teams_app_id is None:
        yield CheckResult("note", "settings", "neither Slack nor Teams is set: nobody but `bcbst-bot chat` can ask")
    elif not settings.bot_public_url.startswith("https:"):
        yield CheckResult(
            "note", "settings", "BOT_PUBLIC_URL: on loopback, where members' browsers and Slack find nothing"
        )
    if not reads_claims(settings.payer_scope.split()):
        yield CheckResult("note", "settings", "PAYER_SCOPE: asks for no claims, as patient/*.read would")


def _keys(settings: Settings) -> CheckResult:
    try:
        Vault.from_settings(settings, sqlite_path(settings.bot_store_url))
    except ConfigError as error:
        return CheckResult("bad", "keys", str(error))
    file = key_file(settings, sqlite_path(settings.bot_store_url))
    if file is not None and is_exposed(file):
        return CheckResult(
            "note", "keys", f"{file.name}: others may read it; `chmod 600` it, then `bcbst-bot keys rotate`"
        )
    if file is not None and settings.bot_keys_file is None:
        return CheckResult("note", "keys", "lie beside the store: BOT_KEYS_FILE or BOT_ENCRYPTION_KEYS puts them apart")
    return CheckResult("ok", "keys", "from BOT_ENCRYPTION_KEYS" if file is None else "from BOT_KEYS_FILE")


async def _store(settings: Settings) -> CheckResult:
    """Opened as at the start, which writes a row and removes it; whether its rows are under a key that is there."""
    try:
        store = await open_store(settings.bot_store_url)
        try:
            opens = await _opens(settings, store)
        finally:
            await store.close()
    except StoreError as error:
        return CheckResult("bad", "store", f"BOT_STORE_URL: {error}")
    if not opens:
        return CheckResult(
            "note", "store", "none of the keys opens what is in it: members will be asked to connect again"
        )
    return CheckResult("ok", "store", "can be read and written")


async def _opens(settings: Settings, store: Store) -> bool:
    with contextlib.suppress(ConfigError):  # told with the keys
        vault = Vault.from_settings(settings, sqlite_path(settings.bot_store_url))
        return await Audit(SealedTable(store, vault)).opens()
    return True


def is_verified(url: str) -> bool:
    """Whether a store is this machine's own, or a database whose certificate and name are checked (libpq, sslmode)."""
    parts = urlsplit(url)
    own = url.startswith("sqlite:") or (parts.hostname or "localhost") in LOOPBACK_HOSTS
    return own or "verify-full" in parse_qs(parts.query).get("sslmode", ())


def _pack(folder: Path, pack: Pack) -> Iterator[CheckResult]:
    faults = doubts_of(folder, pack)
    yield from (CheckResult("note", "pack", fault) for fault in faults)
    yield CheckResult(
        "ok", "pack", f"{len(pack.intents)} intents, {len(pack.answers)} of them with data, {len(faults)} notes"
    )


async def _payer(settings: Settings, pack: Pack | None) -> AsyncIterator[CheckResult]:
    """Whether the payer's servers answer, whether an id_token could be checked, and what can be answered."""
    async with Http() as http:
        discovery = Discovery(http, settings.payer_fhir_url, endpoints_of(settings))
        found = await discovery.endpoints()
        member = await discovery.capabilities(settings.payer_fhir_url)
        directory = await discovery.capabilities(settings.directory_url)
        for name in discovery.faults:
            yield CheckResult("note", "payer", f"{name} does not come, or is none; the settings are used")
        yield await _reached(http, "PAYER_FHIR_URL", settings.payer_fhir_url, member)
        if settings.directory_url != settings.payer_fhir_url:
            yield await _reached(http, "PAYER_DIRECTORY_URL", settings.directory_url, directory)
        yield _sign_in(settings, found)
        if not settings.missing:
            yield await _taken(settings, http, discovery)
        for state, intents in states(pack.answered if pack else (), member, directory):
            yield CheckResult("ok" if state == "works" else "note", "answers", f"{state}: {', '.join(intents)}")


async def _reached(http: Http, name: str, url: str, server: Capabilities) -> CheckResult:
    """A server without a CapabilityStatement can still be asked; one that does not answer, or with 5xx, cannot."""
    if server.known:
        return CheckResult("ok", "payer", f"a FHIR server answers at {url}")
    try:
        status = (await http.get(f"{url}/metadata", {}, http.clock() + _SECONDS)).status_code
    except PayerError as error:
        return CheckResult("bad", "payer", f"{name}: {url} cannot be reached ({type(error).__name__})")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return CheckResult("bad", "payer", f"{name}: {url} answers {status}")
    return CheckResult("note", "payer", f"{name}: {url} answers, but without a CapabilityStatement ({status})")


def _sign_in(settings: Settings, found: Endpoints) -> CheckResult:
    """An id_token whose issuer or keys nobody knows is refused, so sign-in could never work."""
    if "openid" in settings.payer_scope.split() and not (found.issuer and found.jwks):
        lacking = "PAYER_JWKS_URL" if found.issuer else "PAYER_ISSUER"
        return CheckResult("bad", "payer", f"{lacking}: not set, and nothing of the configured origins publishes it")
    published = "" if found.pkce is None or "S256" in found.pkce else "; it does not list PKCE with S256"
    return CheckResult("ok", "payer", f"sign-in at {settings.payer_authorize_url}{published}")


async def _taken(settings: Settings, http: Http, discovery: Discovery) -> CheckResult:
    """Whether the payer knows this client: its token endpoint is asked with a code that it never gave."""
    try:
        status, error = await TokenEndpoint(settings, http, discovery, time.time).probe()
    except ConfigError as problem:
        return CheckResult("bad", "payer", str(problem))
    except LinkError as problem:
        return CheckResult("bad", "payer", f"PAYER_TOKEN_URL: {problem}")
    listed = (await discovery.endpoints()).client_auth
    method = method_of(settings, listed)
    if error in {"invalid_client", "unauthorized_client"} or (status == HTTPStatus.UNAUTHORIZED and not error):
        return _refused(method, listed, error or str(status))
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return CheckResult("bad", "payer", f"PAYER_TOKEN_URL: {settings.payer_token_url} answers {status}")
    if error != "invalid_grant":
        return CheckResult("note", "payer", f"the token endpoint does not tell whether it knows this client ({status})")
    return CheckResult("ok", "payer", f"the client is taken; it proves itself by {_PROOFS[method]}")


_PROOFS: dict[ClientMethod, str] = {
    "client_secret_post": "its secret in the body (client_secret_post)",
    "client_secret_basic": "its secret in the header (client_secret_basic)",
    "private_key_jwt": "its key (private_key_jwt)",
    "none": "nothing but PKCE (a public client)",
}
_PROVED_BY: dict[ClientMethod, str] = {
    "private_key_jwt": "PAYER_CLIENT_KEY_FILE", "none": "PAYER_CLIENT_AUTH",
}  # fmt: skip


def _refused(method: ClientMethod, listed: tuple[str, ...] | None, why: str) -> CheckResult:
    """The setting to look at: the way itself where the payer lists others, else what it proves itself by."""
    if listed and method not in listed:
        ways = ", ".join(listed)
        return CheckResult("bad", "payer", f"PAYER_CLIENT_AUTH: the payer lists {ways}, and not {method} ({why})")
    setting = _PROVED_BY.get(method, "PAYER_CLIENT_SECRET")
    return CheckResult("bad", "payer", f"{setting}: the payer does not take this client ({why})")


async def _slack(settings: Settings) -> CheckResult:
    from bot.cli.slack import probe  # noqa: PLC0415 -- only who talks to Slack pays for its SDK

    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    try:
        missing = await probe(token, settings.slack_api_url, scopes(find_pack(settings.bot_pack)))
    except BotError as error:
        return CheckResult("bad", "slack", str(error))
    if missing:
        return CheckResult("bad", "slack", f"SLACK_BOT_TOKEN: lacks {', '.join(missing)}; install the app again")
    return CheckResult("ok", "slack", "the token is taken and has its scopes")


async def _teams(settings: Settings, app_id: str) -> CheckResult:
    from bot.channels.teams.regions import CLOUDS  # noqa: PLC0415
    from bot.cli.teams import probe  # noqa: PLC0415 -- only who talks to Teams asks Microsoft

    if settings.teams_missing:
        return CheckResult("bad", "teams", f"{settings.teams_missing}: required with TEAMS_APP_ID")
    if missing := lacks("teams"):
        return CheckResult("bad", "teams", f"TEAMS_APP_ID: Teams {missing}")
    password = settings.teams_app_password.get_secret_value() if settings.teams_app_password else ""
    try:
        await probe(app_id, password, settings.teams_tenants[0], CLOUDS[settings.teams_cloud])
    except BotError as error:
        return CheckResult("bad", "teams", str(error))
    return CheckResult(
        "ok", "teams", f"Entra takes the credentials; people of {len(settings.teams_tenants)} tenants may ask"
    )
