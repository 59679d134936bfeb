"""Verification of the id_token: who signed in, signed by the payer, for this sign-in (OIDC Core 3.1.3.7, T09, T10)."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.accounts import jose
from bot.accounts.codes import same
from bot.errors import PayerError, SignInOld, SignInRefused, SignInUntrusted
from bot.payer.budget import MIB
from bot.payer.http import Http

_OK = 200
_FAMILIES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
_LEEWAY = 60
_FRESH = 3600.0
_REFETCH = 60.0
_PATIENCE = 4.0  # seconds; the member's browser waits for it
_ACCEPT = {"accept": "application/json"}


class SigningKeys:
    """The payer's public keys, cached for an hour. They are reloaded, at most once a minute, if a key is unknown."""

    def __init__(self, http: Http, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._lock = asyncio.Lock()
        self._url = ""
        self._keys: list[jose.RSAKey | jose.ECKey] = []
        self._fetched = self._refetched = float("-inf")

    async def candidates(self, url: str, kid: str | None, algorithm: str) -> list[jose.RSAKey | jose.ECKey]:
        """Return the keys that may have signed a token: those with this key id, or all of the family if `kid` is None.

        Raises:
            SignInRefused: the keys cannot be fetched (F09).
        """
        async with self._lock:
            if url != self._url or self._clock() - self._fetched > _FRESH:
                await self._load(url)
            found = self._matching(kid, algorithm)
            if not found and self._clock() - self._refetched >= _REFETCH:
                self._refetched = self._clock()
                await self._load(url)
                found = self._matching(kid, algorithm)
            return found

    async def _load(self, url: str) -> None:
        try:
            answer = await self._http.get(url, _ACCEPT, self._http.clock() + _PATIENCE, MIB)
            keys = _usable(json.loads(answer.content)["keys"])
        except PayerError as error:
            raise SignInRefused(f"the JWKS: {type(error).__name__}") from None
        except (ValueError, TypeError, KeyError, RecursionError):
            raise SignInRefused(f"the JWKS could not be read, status {answer.status_code}") from None
        if not keys:
            raise SignInRefused("the JWKS holds no key that can be used")
        self._keys, self._url, self._fetched = keys, url, self._clock()

    def _matching(self, kid: str | None, algorithm: str) -> list[jose.RSAKey | jose.ECKey]:
        family = jose.RSAKey if _FAMILIES[algorithm] == "RSA" else jose.ECKey
        return [
            key
            for key in self._keys
            if isinstance(key, family) and key.get("use", "sig") == "sig" and (kid is None or key.get("kid") == kid)
        ]


def _usable(keys: object) -> list[jose.RSAKey | jose.ECKey]:
    """Return the keys of a JWK Set that can be used. Broken, weak and unknown keys are ignored (RFC 7517 5)."""
    if not isinstance(keys, list):
        raise TypeError("the keys of a JWK Set are a list")
    kinds: dict[object, type[jose.RSAKey | jose.ECKey]] = {"RSA": jose.RSAKey, "EC": jose.ECKey}
    found: list[jose.RSAKey | jose.ECKey] = []
    unusable = (jose.JoseError, jose.SecurityWarning, ValueError, TypeError, KeyError)
    with warnings.catch_warnings(action="error", category=jose.SecurityWarning):
        for given in keys:
            with suppress(*unusable):
                found.append(kinds[given["kty"]].import_key(given))
    return found


class IdTokens:
    """Verifies id_tokens."""

    def __init__(self, keys: SigningKeys, clock: Callable[[], float]) -> None:
        self._keys, self._clock = keys, clock

    async def verify(
        self, token: str, *, issuer: str, jwks: str, client_id: str, nonce: str, signed_in_after: float | None = None
    ) -> dict[str, Any]:
        """Verify an id_token and return its claims.

        `signed_in_after`: if set, a token with an earlier `auth_time` is rejected (Unix seconds; OIDC Core 2).

        Raises:
            SignInUntrusted: signature, key, issuer, audience, nonce or times are invalid; the message says which.
            SignInOld: `auth_time` is before `signed_in_after`.
            SignInRefused: the payer's keys cannot be fetched.
        """
        try:
            header = jose.jws.extract_compact(token.encode()).headers()
        except (jose.JoseError, ValueError) as error:
            raise SignInUntrusted(f"id_token: {type(error).__name__}") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in _FAMILIES:
            raise SignInUntrusted("id_token: the algorithm is not allowed")
        keys = await self._keys.candidates(jwks, kid if isinstance(kid, str) else None, algorithm)
        claims = _signed_claims(token, keys, algorithm)
        self._check(claims, issuer=issuer, client_id=client_id, nonce=nonce)
        if signed_in_after is not None and "auth_time" in claims:
            _check_fresh(claims["auth_time"], signed_in_after, self._clock())
        return claims

    def _check(self, claims: dict[str, Any], *, issuer: str, client_id: str, nonce: str) -> None:
        rules = jose.jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            rules.validate(claims)
        except (jose.JoseError, TypeError) as error:
            raise SignInUntrusted(f"id_token: {getattr(error, 'claim', None)} {type(error).__name__}") from None
        if not isinstance(claims["sub"], str):  # joserfc looks at this from 1.8 on
            raise SignInUntrusted("id_token: sub is no text")
        if not same(str(claims.get("nonce", "")), nonce):
            raise SignInUntrusted("id_token: the nonce does not fit")
        if claims.get("azp", client_id) != client_id:
            raise SignInUntrusted("id_token: azp is another client")


def _check_fresh(auth_time: object, earliest: float, now: float) -> None:
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float) or not 0 <= auth_time <= now + _LEEWAY:
        raise SignInUntrusted("id_token: auth_time is no time, or one that is yet to come")
    if auth_time < earliest - _LEEWAY:
        raise SignInOld("id_token: auth_time is before this sign-in began")


def _signed_claims(token: str, keys: list[jose.RSAKey | jose.ECKey], algorithm: str) -> dict[str, Any]:
    why = "id_token: the key is unknown"
    for key in keys:
        try:
            return jose.jwt.decode(token, key, algorithms=[algorithm]).claims
        except (jose.JoseError, ValueError, RecursionError) as error:
            why = f"id_token: {type(error).__name__}"
    raise SignInUntrusted(why)


async def with_userinfo(http: Http, url: str | None, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the id_token's claims together with those from UserInfo. The id_token's claims take precedence.

    UserInfo is used only if it has the `sub` of the id_token (OIDC Core 5.3.2). It is optional: if it fails or is not
    JSON, the id_token's claims are returned unchanged.
    """
    if url is None or "sub" not in claims:
        return claims
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    try:
        answer = await http.get(url, headers, http.clock() + _PATIENCE)
        said = json.loads(answer.content) if answer.status_code == _OK else None
    except (PayerError, ValueError, RecursionError):
        return claims
    return {**said, **claims} if isinstance(said, dict) and said.get("sub") == claims["sub"] else claims
