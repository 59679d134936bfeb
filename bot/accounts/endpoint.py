"""The payer's token endpoint: exchanges a code or a refresh token for tokens, and revokes tokens.

The bot authenticates as the registered client (RFC 6749 2.3, RFC 7523 2.2, SMART App Launch 2). No request is retried,
because a code and a refresh token are valid for one request (RFC 9700 4.14, T50).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import warnings
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog

from bot import errors
from bot.accounts import jose
from bot.accounts.codes import new_secret
from bot.accounts.rows import Tokens, Untold
from bot.config import ClientMethod, Settings, secret_of
from bot.payer.budget import MIB
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Call, Http, HttpAnswer
from bot.stores.base import finish

_ASSERTION_SECONDS = 240  # SMART App Launch 2.2, "Request": an assertion lives five minutes at most
_ALGORITHMS = {"RSA": "RS384", "P-384": "ES384", "P-256": "ES256", "P-521": "ES512"}
_LEAST_RSA_BITS = 2048
_WAITS = (0.0, 2.0, 10.0)  # seconds before each try to revoke tokens
_log = structlog.get_logger()


def method_of(settings: Settings, listed: Collection[str] | None) -> ClientMethod:
    """Return the configured method of client authentication, else one that the payer lists, preferably in the body.

    `listed` are the methods in the payer's published documents, None if unknown.
    """
    if settings.payer_client_auth is not None:
        return settings.payer_client_auth
    if settings.payer_client_key_file is not None:
        return "private_key_jwt"
    by_header = listed is not None and "client_secret_post" not in listed and "client_secret_basic" in listed
    return "client_secret_basic" if by_header else "client_secret_post"


def read_key(file: Path) -> jose.RSAKey | jose.ECKey:
    """Return the private key in a PEM or JWK file: RSA from 2,048 bits, or a NIST curve.

    Raises:
        ConfigError: the file has no such key.
    """
    try:
        text = file.read_text(encoding="ascii")
        value = json.loads(text) if text.lstrip().startswith("{") else text
    except (OSError, ValueError) as error:
        raise errors.ConfigError(f"PAYER_CLIENT_KEY_FILE: {file.name} cannot be read ({_why(error)})") from None
    for kind in (jose.ECKey, jose.RSAKey):
        try:
            with warnings.catch_warnings(action="ignore", category=jose.SecurityWarning):  # refused below
                key = kind.import_key(value)
        except (jose.JoseError, ValueError, TypeError, KeyError):
            continue
        weak = isinstance(key, jose.RSAKey) and key.raw_value.key_size < _LEAST_RSA_BITS
        if key.is_private and _algorithm(key) and not weak:
            return key
    raise errors.ConfigError(
        f"PAYER_CLIENT_KEY_FILE: {file.name} holds no private key that can sign "
        "(PEM or JWK; RSA of 2048 bits or more, or P-256, P-384, P-521)"
    )


def make_key(file: Path) -> None:
    """Write a new P-384 key (ES384) to a file that only its owner may read.

    Raises:
        ConfigError: the file exists or cannot be written.
    """
    pem = jose.ECKey.generate_key("P-384").as_pem(private=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except OSError as error:
        raise errors.ConfigError(f"PAYER_CLIENT_KEY_FILE: {file.name} cannot be written ({_why(error)})") from None


def public_keys(key: jose.RSAKey | jose.ECKey) -> dict[str, Any]:
    """Return the JWK Set with the public key, for registration at the payer (RFC 7517 5)."""
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": _algorithm(key)}
    kind = jose.RSAKey if isinstance(key, jose.RSAKey) else jose.ECKey
    return dict(jose.KeySet([kind.import_key(public)]).as_dict(private=False))


def _algorithm(key: jose.RSAKey | jose.ECKey) -> str:
    return _ALGORITHMS.get("RSA" if isinstance(key, jose.RSAKey) else key.curve_name, "")


def _why(error: Exception) -> str:
    return (error.strerror or "no access") if isinstance(error, OSError) else "it is neither PEM nor JSON"


_PATIENCE = 10.0  # seconds; the member's browser waits for it
_DEFAULT_LIFETIME = 900.0  # seconds, when the payer does not say (fhir-notes 3.4: assume a short one)
_LONGEST_LIFETIME = 366 * 86_400.0  # a moment past the year 9999 could not be told
_OK = 200
_ACCEPT = {"accept": "application/json"}
_TOKEN = re.compile(r"[\x21-\x7e]+")  # RFC 6749 A.12; a line break in it would begin a header
_OUR_FAULT = {"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "invalid_request"}


def endpoints_of(settings: Settings) -> Endpoints:
    """Return the endpoints that the operator configured; the others are None, to be discovered."""
    return Endpoints(
        authorize=settings.payer_authorize_url,
        token=settings.payer_token_url,
        issuer=settings.payer_issuer,
        jwks=settings.payer_jwks_url,
        revoke=settings.payer_revoke_url,
    )


class Granted(Untold, frozen=True):
    """A valid response of the token endpoint. `scope` is None if the payer returned none."""

    tokens: Tokens
    scope: str | None
    patient: str | None
    id_token: str | None


class TokenEndpoint:
    """Sends OAuth requests to the payer as this bot's client. ConfigError if the key file has no key that can sign.

    Must be closed: unused tokens are revoked in background tasks, with `pause` between the tries.
    """

    def __init__(
        self,
        settings: Settings,
        http: Http,
        discovery: Discovery,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings, self._http, self._discovery, self._clock = settings, http, discovery, clock
        self._pause, self._revoking = pause, set[asyncio.Task[None]]()
        file = settings.payer_client_key_file
        self._key = None if file is None else read_key(file)
        self.client_refused = False
        """Whether the payer's last response to the bot (not a forgeable redirect) rejected this client."""

    @property
    def client_id(self) -> str:
        """The client id that the payer assigned; SetupWrong if none is configured."""
        if not self._settings.payer_client_id:
            raise errors.SetupWrong("PAYER_CLIENT_ID is not set")
        return self._settings.payer_client_id

    async def exchange(self, code: str, verifier: str) -> Granted:
        """Exchange a code for tokens.

        Raises:
            LinkExpired: the code has expired or was used.
            SetupWrong: the payer rejects this client.
            SignInRefused, SignInSlow: there is no valid response.
        """
        return await self._tokens(
            self._asking(code, verifier), errors.LinkExpired("the payer says that the code is over")
        )

    async def probe(self) -> tuple[int, str]:
        """Send an invalid code, and return the status and error code of the response.

        Raises:
            SignInSlow, SignInRefused: there is no response.
        """
        answer = await self._post(self._settings.payer_token_url, self._asking("check", new_secret()))
        error = _json(answer).get("error")
        return answer.status_code, error if error in _OUR_FAULT | {"invalid_grant"} else ""

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Return new tokens for old ones. Without a new refresh token, the old one is kept.

        Raises:
            SignInExpired: the refresh token has expired or was revoked.
        """
        body = jose.prepare_token_request("refresh_token", refresh_token=tokens.refresh)
        granted = await self._tokens(body, errors.SignInExpired("the payer says that the refresh token is over"))
        new = granted.tokens
        return Tokens(
            new.access, new.refresh or tokens.refresh, new.expires_at, new.lifetime, new.scope or tokens.scope
        )

    def start_revoking(self, tokens: Tokens) -> None:
        """Start to revoke tokens, if the payer has a revocation endpoint (RFC 7009, T53), and return at once."""
        task = asyncio.create_task(self._revoke(tokens))
        self._revoking.add(task)
        task.add_done_callback(self._revoking.discard)

    async def close(self, patience: float = 2.0) -> None:
        """Wait briefly for running revocations, then cancel them."""
        await finish(self._revoking, patience)

    async def _revoke(self, tokens: Tokens) -> None:
        hint = "refresh_token" if tokens.refresh else "access_token"
        body, _ = jose.prepare_revoke_token_request(tokens.refresh or tokens.access, token_type_hint=hint)
        try:
            endpoint = (await self._discovery.endpoints()).revoke
            for wait in _WAITS if endpoint else ():
                await self._pause(wait)
                with suppress(errors.LinkError):
                    if (await self._post(endpoint or "", body)).status_code == _OK:
                        return
        except errors.BotError as error:
            _log.warning("token_not_given_back", error=type(error).__name__, reference=error.reference)
        else:
            if endpoint:
                _log.warning("token_not_given_back", error="refused")

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

    async def _tokens(self, body: str, spent: errors.LinkError) -> Granted:
        started = self._clock()
        answer = await self._post(self._settings.payer_token_url, body)
        said = _json(answer)
        if answer.status_code != _OK:
            error = _refusal(answer.status_code, said, spent)
            self.client_refused = self.client_refused or isinstance(error, errors.SetupWrong)
            raise error
        self.client_refused = False
        access, kind = said.get("access_token"), said.get("token_type", "Bearer")
        if not isinstance(access, str) or not isinstance(kind, str) or kind.lower() != "bearer":
            raise errors.SignInRefused("the token endpoint's answer holds no bearer token")
        if not _TOKEN.fullmatch(access) or not _TOKEN.fullmatch(_text(said.get("refresh_token")) or "-"):
            raise errors.SignInRefused("the token endpoint's answer holds a token that no header can carry")
        lifetime, scope = _seconds(said.get("expires_in")), said.get("scope")
        if isinstance(scope, list):
            scope = " ".join(str(each) for each in scope)
        scope = scope if isinstance(scope, str) else None
        tokens = Tokens(access, _text(said.get("refresh_token")), started + lifetime, lifetime, scope or "")
        return Granted(tokens, scope, _text(said.get("patient")), _text(said.get("id_token")))

    async def _post(self, url: str, body: str) -> HttpAnswer:
        method = method_of(self._settings, (await self._discovery.endpoints()).client_auth)
        _, headers, body = self._proof(method).prepare("POST", url, dict(_ACCEPT), body)
        try:
            return await self._http.send(Call(url, headers, self._http.clock() + _PATIENCE, MIB, form=body))
        except errors.PayerSlow:
            raise errors.SignInSlow("the payer's sign-in took too long") from None
        except errors.PayerError as error:
            raise errors.SignInRefused(f"the token endpoint: {type(error).__name__}") from None

    def _proof(self, method: ClientMethod) -> jose.ClientAuth:
        """Return an object that adds the client's authentication to a request, in the headers or the body."""
        if method == "private_key_jwt" and self._key is not None:
            # Authlib writes `jti` into the claims, so each request has a signer of its own.
            claims: dict[str, Any] = {"exp": int(time.time()) + _ASSERTION_SECONDS}
            header = {"typ": "JWT", "kid": self._key.thumbprint()}
            token_url, algorithm = self._settings.payer_token_url, _algorithm(self._key)
            signer = jose.PrivateKeyJWT(token_url, claims=claims, headers=header, alg=algorithm)
            return jose.ClientAuth(self.client_id, self._key, signer)
        name, secret = self.client_id, secret_of(self._settings.payer_client_secret)
        if method == "client_secret_basic":
            # RFC 6749 2.3.1 encodes both before they are joined; Authlib joins them as they are.
            name, secret = quote(name, safe=""), quote(secret, safe="")
        return jose.ClientAuth(name, secret, method)


def _json(answer: HttpAnswer) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, said: Mapping[str, Any], spent: errors.LinkError) -> errors.LinkError:
    """Return the exception for an error response (RFC 6749 5.2). Only known error codes are quoted, no descriptions."""
    error = _text(said.get("error"))
    if error == "invalid_grant":
        return spent
    if error in _OUR_FAULT or status == 401:  # noqa: PLR2004 -- the payer does not know this client
        return errors.SetupWrong(f"the token endpoint: {error if error in _OUR_FAULT else status}")
    return errors.SignInRefused(f"the token endpoint answered {status}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: object) -> float:
    """Return `expires_in` in seconds, also if the server sends text. A year at most, as no link lives longer."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else _DEFAULT_LIFETIME
    except (ValueError, OverflowError):
        return _DEFAULT_LIFETIME
    return min(max(seconds, 0.0), _LONGEST_LIFETIME) if seconds < float("inf") else _DEFAULT_LIFETIME
