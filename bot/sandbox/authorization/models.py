"""The data types that Authlib requires of an authorization server: client, codes, tokens, keys, requests, responses."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import Account

SCOPES = frozenset({"openid", "fhirUser", "patient/*.read", "launch/patient", "offline_access"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """The only registered app. Without `redirect_uris`, any loopback URL is accepted as its redirect URI."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] | None
    behaviour: Behaviour

    def get_client_id(self) -> str:
        """Return the client id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return None, because SMART App Launch requires the redirect_uri parameter."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the requested scopes that the server knows."""
        return " ".join(each for each in (scope or "").split() if each in SCOPES or each.startswith("patient/"))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Return whether this exact URL is registered."""
        if self.redirect_uris is None:
            return urlsplit(redirect_uri).hostname in _LOOPBACK
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether the secret is correct."""
        return client_secret == self.client_secret

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Return whether this is the configured method of client authentication, by default the secret in the body."""
        return method == self.behaviour.client_auth

    def check_response_type(self, response_type: str) -> bool:
        """Return whether the response type is `code`."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the grant type is allowed. `refresh_token` is, if the sandbox issues refresh tokens."""
        return grant_type == "authorization_code" or (grant_type == "refresh_token" and self.behaviour.refresh_tokens)


@dataclass(slots=True)
class Code:
    """An authorization code and the data of its request. `auth_time` is when the person signed in, in seconds."""

    code: str
    account: Account
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    expires_at: float
    auth_time: int

    def get_redirect_uri(self) -> str:
        """Return the redirect_uri of the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return the scopes that the person allowed."""
        return self.scope


@dataclass(slots=True)
class IssuedToken:
    """An access token, an optional refresh token, and their account."""

    access_token: str
    refresh_token: str
    account: Account
    scope: str
    expires_at: float
    code: str = ""

    @property
    def patients(self) -> tuple[str, ...]:
        """The ids of the patients whose records the token gives access to."""
        return self.account.patients

    def get_scope(self) -> str:
        """Return the granted scopes."""
        return self.scope

    def check_client(self, _client: Any) -> bool:
        """Return True, as there is only one client."""
        return True


class TokenVault:
    """The issued codes and tokens, by their secret values."""

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, IssuedToken] = {}
        self.refresh: dict[str, IssuedToken] = {}
        self.used_codes: set[str] = set()

    def active(self, access_token: str) -> IssuedToken | None:
        """Return the token if it is known and has not expired, otherwise None."""
        token = self.tokens.get(access_token)
        return token if token is not None and time.monotonic() < token.expires_at else None

    def keep(self, token: IssuedToken) -> None:
        """Store a new token."""
        self.tokens[token.access_token] = token
        if token.refresh_token:
            self.refresh[token.refresh_token] = token

    def take_code(self, code: str) -> Code | None:
        """Return a valid code and remove it; None for any other code.

        A second use of a code also revokes the tokens from the first use (RFC 6749, 4.1.2).
        """
        if code in self.used_codes:
            for token in [each for each in self.tokens.values() if each.code == code]:
                self.drop(token)
        found = self.codes.pop(code, None)
        if found is None:
            return None
        self.used_codes.add(code)
        return found if time.monotonic() < found.expires_at else None

    def drop(self, token: IssuedToken) -> None:
        """Revoke a token and its refresh token."""
        self.tokens.pop(token.access_token, None)
        self.refresh.pop(token.refresh_token, None)

    def drop_all(self) -> None:
        """Revoke all tokens."""
        self.tokens.clear()
        self.refresh.clear()


@dataclass(slots=True)
class TokenAnswer:
    """A response of Authlib before it is converted for Starlette; Authlib's issuer extension changes `location`."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""


class SandboxRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request in the form that Authlib requires, made from its parameters."""

    def __init__(self, method: str, uri: str, params: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(params)
        self.params = params
        self.auth_time = 0
        """When the person signed in, in seconds since 1970."""

    args = form = property(attrgetter("params"))
    """The parameters of the query, and those of the body."""


_FORGER = -1


@cache
def signing_key(number: int) -> RSAKey:
    """Return the RSA key with this number, created once per process because that is slow."""
    return RSAKey.generate_key(2048, {"kid": f"sandbox-{number}", "use": "sig", "alg": "RS256"}, auto_kid=False)


def public_keys(behaviour: Behaviour) -> dict[str, Any]:
    """Return the JWK Set that the server publishes; it contains only the newest key."""
    return {"keys": [signing_key(behaviour.signing_key).as_dict(private=False)]}


def id_token(claims: dict[str, Any], behaviour: Behaviour) -> str:
    """Return an id_token with these claims and the current times, signed with RS256.

    If the sandbox's behaviour says so, the id_token is invalid.
    """
    now = int(time.time()) + behaviour.skew_seconds
    claims = _spoilt({**claims, "iat": now, "exp": now + 300}, behaviour.identity_flaw)
    kid = f"sandbox-{behaviour.signing_key}"
    if behaviour.identity_flaw == "alg-none":
        return _forged("none", kid, claims, b"")
    if behaviour.identity_flaw == "hs256":
        return _forged("HS256", kid, claims, signing_key(behaviour.signing_key).as_pem(private=False))
    number = _FORGER if behaviour.identity_flaw == "bad-signature" else behaviour.signing_key
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, signing_key(number))


def _spoilt(claims: dict[str, Any], flaw: str) -> dict[str, Any]:
    now = claims["iat"]
    changes: dict[str, dict[str, Any]] = {
        "wrong-issuer": {"iss": "https://issuer.example"},
        "wrong-audience": {"aud": "another-client"},
        "wrong-nonce": {"nonce": "another-nonce"},
        "expired": {"iat": now - 7_200, "exp": now - 3_600},
        "issued-in-future": {"iat": now + 3_600, "exp": now + 7_200},
    }
    left_out = {"no-subject": "sub", "no-nonce": "nonce"}.get(flaw, "")
    return {name: value for name, value in {**claims, **changes.get(flaw, {})}.items() if name != left_out}


def _forged(alg: str, kid: str, claims: dict[str, Any], key: bytes) -> str:
    """Return an invalid token: unsigned, or signed with the public key as a shared secret."""
    parts = (json.dumps(each).encode() for each in ({"alg": alg, "kid": kid}, claims))
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(key, signed, "sha256") if key else b""
    return f"{signed.decode()}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"
