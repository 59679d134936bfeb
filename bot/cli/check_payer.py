"""Checks whether the payer's servers respond, whether an id_token could be verified, and which answers will work."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus
from typing import Literal

from bot.accounts.endpoint import TokenEndpoint, endpoints_of, method_of
from bot.cli.findings import CheckResult, bad, note, ok, why_silent
from bot.config import ClientMethod, Settings
from bot.errors import ConfigError, LinkError, PayerError
from bot.language.rules import IntentRules
from bot.pack import Pack
from bot.payer.discovery import Capabilities, Discovery, Endpoints
from bot.payer.http import Http

CheckState = Literal["works", "degraded", "off", "unknown"]


def state_of(rules: IntentRules, server: Capabilities) -> CheckState | None:
    """Return what the server's CapabilityStatement means for an answer; None for an intent without `reads`.

    `degraded`: the answer works, but the bot filters or sorts the results itself. `off`: the type is not declared,
    though it may still be served. `unknown`: the server has no CapabilityStatement.
    """
    reads = rules.reads
    if reads is None:
        return None
    if not server.known:
        return "unknown"
    if not server.offers(reads.type):
        return "off"
    return "works" if all(server.takes(reads.type, name) for name in reads.by) else "degraded"


def states(
    answered: Iterable[IntentRules], member: Capabilities, directory: Capabilities
) -> Iterator[tuple[CheckState, list[str]]]:
    """Yield the answers in each state, best state first, without empty states."""
    found: dict[CheckState, list[str]] = {"works": [], "degraded": [], "off": [], "unknown": []}
    for rules in sorted(answered, key=lambda one: one.intent):
        state = state_of(rules, directory if rules.needs == "directory" else member)
        if state is not None:
            found[state].append(rules.intent)
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
    """Yield the results; consequences of a server that does not respond are left out."""
    async with Http() as http:
        discovery = Discovery(http, settings.payer_fhir_url, endpoints_of(settings))
        found = await discovery.endpoints()
        member = await discovery.capabilities(settings.payer_fhir_url)
        directory = await discovery.capabilities(settings.directory_url)
        reached = [await _reached(http, "PAYER_FHIR_URL", settings.payer_fhir_url, member)]
        if settings.directory_url != settings.payer_fhir_url:
            reached.append(await _reached(http, "PAYER_DIRECTORY_URL", settings.directory_url, directory))
        known = [] if settings.missing else [await _taken(settings, http, discovery)]
        silent = any(one.state == "bad" for one in (reached[0], *known))
        for finding in (*reached, *known, *_sign_in(settings, found, discovery.faults, silent=silent)):
            yield finding
        for finding in answers(pack, member, directory):
            yield finding


def answers(pack: Pack | None, member: Capabilities, directory: Capabilities) -> Iterator[CheckResult]:
    """Yield the number of answers in each state; nothing if no server has a CapabilityStatement."""
    if not (member.known or directory.known):
        return
    for state, intents in states(pack.answered if pack else (), member, directory):
        told = f"{len(intents)} answers {_STATES[state]}"
        yield ok("answers", told) if state == "works" else note("answers", f"{told}: {_named(intents)}")


def _named(intents: list[str]) -> str:
    """Return the intents by name, or if there are many, their number by topic."""
    if len(intents) <= _MOST_NAMED:
        return ", ".join(intents)
    topics = Counter(name.partition(".")[0] for name in intents)
    return ", ".join(f"{topic}.* ({count})" for topic, count in topics.items())


async def _reached(http: Http, name: str, url: str, server: Capabilities) -> CheckResult:
    """Return whether a server responds; without a CapabilityStatement it is usable unless it fails or returns 5xx."""
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
    """Yield whether sign-in can work: by issuer and keys for id_tokens; nothing of a server that is `silent`."""
    if silent:
        return
    yield from (note("payer", _FAULTS[name]) for name in faults if name in _FAULTS)
    if "openid" in settings.payer_scope.split() and not (found.issuer and found.jwks):
        lacking = "PAYER_JWKS_URL" if found.issuer else "PAYER_ISSUER"
        yield bad("payer", f"{lacking}: not set, and the payer does not publish it; ask the payer for it")
        return
    published = "" if found.pkce is None or "S256" in found.pkce else "; it does not list PKCE with S256"
    yield ok("payer", f"sign-in at {settings.payer_authorize_url}{published}")


async def _taken(settings: Settings, http: Http, discovery: Discovery) -> CheckResult:
    """Return whether the payer knows this client, by sending an invalid code to its token endpoint."""
    try:
        status, error = await TokenEndpoint(settings, http, discovery, time.time).probe()
    except ConfigError as problem:
        return bad("payer", str(problem))
    except LinkError:
        return bad("payer", f"PAYER_TOKEN_URL: {await why_silent(settings.payer_token_url)}")
    listed = (await discovery.endpoints()).client_auth
    method = method_of(settings, listed)
    if error in {"invalid_client", "unauthorized_client"} or (status == HTTPStatus.UNAUTHORIZED and not error):
        return _refused(method, listed, error or f"HTTP {status}")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return bad("payer", f"PAYER_TOKEN_URL: {settings.payer_token_url} is no token endpoint (HTTP {status})")
    if error != "invalid_grant":
        return note("payer", f"the token endpoint does not tell whether it knows this client (HTTP {status})")
    return ok("payer", f"the client is taken; it proves itself by {_PROOFS[method]}")


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
    """Return the setting to check: the method, if the payer lists only others, or else the credential."""
    if listed and method not in listed:
        ways = ", ".join(listed)
        return bad("payer", f"PAYER_CLIENT_AUTH: the payer lists {ways}, and not {method} ({why})")
    setting = _PROVED_BY.get(method, "PAYER_CLIENT_SECRET")
    return bad("payer", f"{setting}: the payer does not take this client; compare it with its registration ({why})")
