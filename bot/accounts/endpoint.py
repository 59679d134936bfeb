"""The payer's token endpoint: exchanges a code or a refresh token for tokens, and revokes tokens.

No request is retried, because a code and a refresh token are valid for one request (RFC 9700 4.14, T50).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot.accounts import jose
from bot.accounts.client_auth import ClientProof, method_of
from bot.accounts.codes import new_secret
from bot.accounts.rows import Tokens
from bot.config import Settings
from bot.errors import (
    LinkError,
    LinkExpired,
    PayerError,
    PayerSlow,
    SetupWrong,
    SignInExpired,
    SignInRefused,
    SignInSlow,
)
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Http, HttpAnswer

_PATIENCE = 10.0  # seconds; the member's browser waits for it
_DEFAULT_LIFETIME = 900.0  # seconds, when the payer does not say (fhir-notes 3.4: assume a short one)
_LONGEST_LIFETIME = 366 * 86_400.0  # a moment past the year 9999 could not be told
_OK = 200
_ACCEPT = {"accept": "application/json"}
_TOKEN = re.compile(r"[\x21-\x7e]+")  # RFC 6749 A.12; a line break in it would begin a header
_OUR_FAULT = {"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "invalid_request"}


def endpoints_of(settings: Settings) -> Endpoints:
    """Return the endpoints that the operator configured; the others are discovered."""
    return Endpoints(
        authorize=settings.payer_authorize_url,
        token=settings.payer_token_url,
        issuer=settings.payer_issuer,
        jwks=settings.payer_jwks_url,
        revoke=settings.payer_revoke_url,
    )


class Granted(msgspec.Struct, frozen=True):
    """A valid response of the token endpoint. `scope` is None if the payer returned none."""

    tokens: Tokens
    scope: str | None
    patient: str | None
    id_token: str | None

    def __repr__(self) -> str:
        return "Granted(…)"


class TokenEndpoint:
    """Sends OAuth requests to the payer as this bot's client."""

    def __init__(self, settings: Settings, http: Http, discovery: Discovery, clock: Callable[[], float]) -> None:
        self._settings, self._http, self._discovery, self._clock = settings, http, discovery, clock
        self._proof = ClientProof(settings)
        self.client_refused = False
        """Whether the payer's last response to the bot (not a forgeable redirect) rejected this client."""

    @property
    def client_id(self) -> str:
        """The client id that the payer assigned; SetupWrong if none is configured."""
        if not self._settings.payer_client_id:
            raise SetupWrong("PAYER_CLIENT_ID is not set")
        return self._settings.payer_client_id

    async def exchange(self, code: str, verifier: str) -> Granted:
        """Exchange a code for tokens; LinkExpired if it is over, SetupWrong for this client, else SignInRefused."""
        return await self._tokens(self._asking(code, verifier), LinkExpired("the payer says that the code is over"))

    async def probe(self) -> tuple[int, str]:
        """Return the status and error code for an invalid code; SignInSlow, SignInRefused without a response."""
        answer = await self._post(self._settings.payer_token_url, self._asking("check", new_secret()))
        error = _json(answer).get("error")
        return answer.status_code, error if error in _OUR_FAULT | {"invalid_grant"} else ""

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Return new tokens for old ones, with the old refresh token if there is no new; SignInExpired if over."""
        body = jose.prepare_token_request("refresh_token", refresh_token=tokens.refresh)
        granted = await self._tokens(body, SignInExpired("the payer says that the refresh token is over"))
        new = granted.tokens
        return Tokens(
            new.access, new.refresh or tokens.refresh, new.expires_at, new.lifetime, new.scope or tokens.scope
        )

    async def revoke(self, tokens: Tokens, endpoint: str) -> bool:
        """Revoke tokens at the payer (RFC 7009). Return whether the payer accepted the request."""
        hint = "refresh_token" if tokens.refresh else "access_token"
        body, _ = jose.prepare_revoke_token_request(tokens.refresh or tokens.access, token_type_hint=hint)
        try:
            return (await self._post(endpoint, body)).status_code == _OK
        except LinkError:
            return False

    def _asking(self, code: str, verifier: str) -> str:
        return str(
            jose.prepare_token_request(
                "authorization_code",
                redirect_uri=self._settings.callback_url,
                code=code,
                code_verifier=verifier,
                scope=self._settings.payer_scope,
            )
        )

    async def _tokens(self, body: str, spent: LinkError) -> Granted:
        started = self._clock()
        answer = await self._post(self._settings.payer_token_url, body)
        said = _json(answer)
        if answer.status_code != _OK:
            error = _refusal(answer.status_code, said, spent)
            self.client_refused = self.client_refused or isinstance(error, SetupWrong)
            raise error
        self.client_refused = False
        return _granted(said, started)

    async def _post(self, url: str, body: str) -> HttpAnswer:
        method = method_of(self._settings, (await self._discovery.endpoints()).client_auth)
        headers, body = self._proof.prepare(method, self.client_id, url, _ACCEPT, body)
        try:
            return await self._http.post_form(url, body, headers, self._http.clock() + _PATIENCE)
        except PayerSlow:
            raise SignInSlow("the payer's sign-in took too long") from None
        except PayerError as error:
            raise SignInRefused(f"the token endpoint: {type(error).__name__}") from None


def _json(answer: HttpAnswer) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, said: Mapping[str, Any], spent: LinkError) -> LinkError:
    """Return the exception for an error response (RFC 6749 5.2). Only known error codes are quoted, no descriptions."""
    error = _text(said.get("error"))
    if error == "invalid_grant":
        return spent
    if error in _OUR_FAULT or status == 401:  # noqa: PLR2004 -- the payer does not know this client
        return SetupWrong(f"the token endpoint: {error if error in _OUR_FAULT else status}")
    return SignInRefused(f"the token endpoint answered {status}")


def _granted(said: Mapping[str, Any], started: float) -> Granted:
    access, kind = said.get("access_token"), said.get("token_type", "Bearer")
    if not isinstance(access, str) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise SignInRefused("the token endpoint's answer holds no bearer token")
    if not _TOKEN.fullmatch(access) or not _TOKEN.fullmatch(_text(said.get("refresh_token")) or "-"):
        raise SignInRefused("the token endpoint's answer holds a token that no header can carry")
    lifetime, scope = _seconds(said.get("expires_in")), said.get("scope")
    if isinstance(scope, list):
        scope = " ".join(str(each) for each in scope)
    scope = scope if isinstance(scope, str) else None
    tokens = Tokens(access, _text(said.get("refresh_token")), started + lifetime, lifetime, scope or "")
    return Granted(tokens, scope, _text(said.get("patient")), _text(said.get("id_token")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: object) -> float:
    """Return `expires_in` in seconds, also if a server sends it as text; a year at most, as no link lives longer."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else _DEFAULT_LIFETIME
    except (ValueError, OverflowError):
        return _DEFAULT_LIFETIME
    return min(max(seconds, 0.0), _LONGEST_LIFETIME) if seconds < float("inf") else _DEFAULT_LIFETIME
