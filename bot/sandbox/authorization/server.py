"""Authlib's authorization server, told what this payer does: its grants, PKCE, id_token, revocation and issuer."""

# Authlib ships no types, so its classes are Any to mypy: hence the `misc` ignores on the subclasses below.
from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.grants import OpenIDCode

from bot.sandbox.authorization.keys import id_token
from bot.sandbox.authorization.models import Client, Code, Token, Vault
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import Account

# At DEBUG Authlib writes issued tokens to its log.
logging.getLogger("authlib").setLevel(logging.INFO)


@dataclass(slots=True)
class Answer:
    """An HTTP answer before it is Starlette's; Authlib's issuer extension changes `location`."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""


class SandboxRequest(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it, from its parameters alone."""

    def __init__(self, method: str, uri: str, params: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(params)
        self.params = params

    @property
    def args(self) -> dict[str, str]:
        """The query's parameters."""
        return self.params

    @property
    def form(self) -> dict[str, str]:
        """The body's parameters."""
        return self.params


class SandboxAuthorization(AuthorizationServer):  # type: ignore[misc]
    """The payer's authorization server."""

    def __init__(self, client: Client, behaviour: Behaviour, issuer: str) -> None:
        super().__init__()
        self.client = client
        self.behaviour = behaviour
        self.issuer = issuer
        self.vault = Vault()
        self.register_token_generator("default", self.make_token)
        self.register_grant(CodeGrant, [Pkce(required=False), IdToken()])
        self.register_grant(RefreshGrant, [IdToken()])
        self.register_endpoint(Revocation)
        self.register_extension(Issuer())

    def query_client(self, client_id: str) -> Client | None:
        """The one client there is."""
        return self.client if client_id == self.client.client_id else None

    def authenticate_client(self, request: SandboxRequest, methods: list[str], endpoint: str = "token") -> Client:
        """The client that sent its right secret in the body.

        Raises:
            InvalidClientError: with 401, as RFC 6749 section 5.2 allows and this kind of server answers.
        """
        try:
            client: Client = super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.status_code = 401
            raise
        return client

    def make_token(self, *, user: Account, scope: str, include_refresh_token: bool, **_others: Any) -> dict[str, Any]:
        """The token answer, with SMART's `patient` when there is exactly one to name."""
        behaviour = self.behaviour
        granted = [each for each in scope.split() if each not in behaviour.drop_scopes]
        answer: dict[str, Any] = {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "scope": " ".join(granted),
        }
        if not behaviour.omit_expires_in:
            answer["expires_in"] = behaviour.token_seconds
        if behaviour.refresh_tokens and include_refresh_token:
            answer["refresh_token"] = secrets.token_urlsafe(32)
        patient = behaviour.token_patient or (user.patients[0] if len(user.patients) == 1 else "")
        if patient and not behaviour.omit_patient:
            answer["patient"] = patient
        return answer

    def save_token(self, token: dict[str, Any], request: SandboxRequest) -> None:
        """Keep a token that was just made."""
        kept = Token(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token", ""),
            account=request.user,
            scope=token["scope"],
            expires_at=time.monotonic() + self.behaviour.token_seconds,
            code=request.authorization_code.code if request.authorization_code else "",
        )
        self.vault.keep(kept)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: SandboxRequest) -> SandboxRequest:
        """Requests arrive in Authlib's shape already."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        """The answer, its Location apart."""
        named = dict(headers)
        return Answer(status, body, named, named.pop("Location", ""))


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization code grant over the vault."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

    def save_authorization_code(self, code: str, request: SandboxRequest) -> None:
        """Keep a code with what it was asked for."""
        data = request.payload.data
        behaviour: Behaviour = self.server.behaviour
        self.server.vault.codes[code] = Code(
            code=code,
            account=request.user,
            redirect_uri=data["redirect_uri"],
            scope=request.scope,
            nonce=data.get("nonce", ""),
            code_challenge=data.get("code_challenge", ""),
            code_challenge_method=data.get("code_challenge_method", "S256"),
            expires_at=time.monotonic() + behaviour.code_seconds,
        )

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        """The code, taken out so that no second request can find it."""
        found: Code | None = self.server.vault.take_code(code)
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It went when it was looked up."""

    def authenticate_user(self, authorization_code: Code) -> Account:
        """Who signed in for this code."""
        return authorization_code.account


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Refresh with rotation: each refresh token works once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        """The token a refresh token came with."""
        found: Token | None = self.server.vault.refresh.get(refresh_token)
        return found

    def authenticate_user(self, refresh_token: Token) -> Account:
        """Whom the token speaks for."""
        return refresh_token.account

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """End the old pair."""
        self.server.vault.drop(refresh_token)


class Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE by S256 only, and not at all when the sandbox plays a server that never heard of it."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Check the challenge of an authorization request."""
        if not grant.server.behaviour.ignore_pkce:
            super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: CodeGrant, result: Any) -> None:
        """Check the verifier of a token request."""
        if not grant.server.behaviour.ignore_pkce:
            super().validate_code_verifier(grant, result)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """The id_token with SMART's fhirUser."""

    def exists_nonce(self, _nonce: str, _request: SandboxRequest) -> bool:
        """Replayed nonces are the client's to notice: a payer may well not look."""
        return False

    def process_token(self, grant: Any, response: tuple[int, dict[str, Any], Any]) -> None:
        """Add the id_token when openid was granted."""
        _, token, _ = response
        server: SandboxAuthorization = grant.server
        request = grant.request
        if "openid" not in token["scope"].split() or server.behaviour.identity_flaw == "missing":
            return
        claims: dict[str, Any] = {
            "iss": server.issuer,
            "aud": request.client.client_id,
            "sub": request.user.username,
        }
        if request.authorization_code:
            claims |= self.get_authorization_code_claims(request.authorization_code)
        if "fhirUser" in token["scope"].split() and not server.behaviour.omit_fhir_user:
            claims["fhirUser"] = f"{server.issuer}/fhir/r4/{request.user.fhir_user}"
        token["id_token"] = id_token(claims, server.behaviour)


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """Revocation by RFC 7009."""

    CLIENT_AUTH_METHODS = ("client_secret_post",)

    def query_token(self, token_string: str, _hint: str | None) -> Token | None:
        """An access or refresh token."""
        vault: Vault = self.server.vault
        return vault.tokens.get(token_string) or vault.refresh.get(token_string)

    def revoke_token(self, token: Token, _request: SandboxRequest) -> None:
        """End the token and what came with it."""
        self.server.vault.drop(token)


class Issuer(IssuerParameter):  # type: ignore[misc]
    """`iss` in the callback (RFC 9207)."""

    def add_issuer_parameter(self, authorization_server: SandboxAuthorization, response: Answer) -> None:
        """Add it, unless the sandbox plays a server that does not."""
        if not authorization_server.behaviour.omit_issuer:
            self.issuer = authorization_server.behaviour.callback_issuer or authorization_server.issuer
            super().add_issuer_parameter(authorization_server, response)

    def get_issuer(self) -> str:
        """The issuer to name."""
        return self.issuer
