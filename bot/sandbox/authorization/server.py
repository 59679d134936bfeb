"""Authlib's authorization server with this payer's client, tokens and grants."""

import logging
import secrets
import time
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError

from bot.sandbox.authorization.grants import (
    CodeGrant,
    IdToken,
    KeyAssertion,
    Pkce,
    RefreshGrant,
    Revocation,
    TokenIssuer,
)
from bot.sandbox.authorization.models import IssuedToken, RegisteredClient, TokenVault
from bot.sandbox.authorization.shapes import SandboxRequest, TokenAnswer
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import Account

# At DEBUG Authlib writes issued tokens to its log.
logging.getLogger("authlib").setLevel(logging.INFO)


class SandboxAuthorization(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """The payer's authorization server."""

    def __init__(self, client: RegisteredClient, behaviour: Behaviour, issuer: str, token_url: str) -> None:
        super().__init__()
        self.client = client
        self.behaviour = behaviour
        self.issuer = issuer
        self.vault = TokenVault()
        self.register_client_auth_method("private_key_jwt", KeyAssertion(behaviour, token_url))
        self.register_token_generator("default", self.make_token)
        self.register_grant(CodeGrant, [Pkce(required=False), IdToken()])
        self.register_grant(RefreshGrant, [IdToken()])
        self.register_endpoint(Revocation)
        self.register_extension(TokenIssuer())

    def query_client(self, client_id: str) -> RegisteredClient | None:
        """Return the single client if the id is its id."""
        return self.client if client_id == self.client.client_id else None

    def authenticate_client(
        self, request: SandboxRequest, methods: list[str], endpoint: str = "token"
    ) -> RegisteredClient:
        """Return the client if it authenticates as configured; else InvalidClientError, 401 (RFC 6749, 5.2)."""
        try:
            client: RegisteredClient = super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.status_code = 401
            raise
        return client

    def make_token(self, *, user: Account, scope: str, include_refresh_token: bool, **_others: Any) -> dict[str, Any]:
        """Return the token response, with SMART's `patient` if there is exactly one."""
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
        """Store a new token."""
        kept = IssuedToken(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token", ""),
            account=request.user,
            scope=token["scope"],
            expires_at=time.monotonic() + self.behaviour.token_seconds,
            code=request.authorization_code.code if request.authorization_code else "",
        )
        self.vault.keep(kept)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing, as no signals are used."""

    def create_oauth2_request(self, request: SandboxRequest) -> SandboxRequest:
        """Return the request unchanged; it already has the type that Authlib expects."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> TokenAnswer:
        """Return the response with its Location header as a separate field."""
        named = dict(headers)
        return TokenAnswer(status, body, named, named.pop("Location", ""))
