"""Authlib's authorization server with this payer's grants and extensions: code, refresh, PKCE, id_token, revocation."""

import logging
import secrets
import time
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from bot.sandbox.authorization.models import (
    Code,
    IssuedToken,
    RegisteredClient,
    SandboxRequest,
    TokenAnswer,
    TokenVault,
    id_token,
)
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import Account

# Authlib ships no types, so its classes are Any to mypy: hence the `misc` ignores. A grant's `server` is the
# SandboxAuthorization that it was registered with.


CLIENT_METHODS = ("client_secret_post", "client_secret_basic", "private_key_jwt", "none")


class KeyAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """`private_key_jwt`: an assertion signed with the app's registered key, valid for one request (RFC 7523)."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, behaviour: Behaviour, token_url: str) -> None:
        super().__init__()
        self._behaviour, self._audience = behaviour, token_url
        self._used: set[str] = set()

    def get_audiences(self) -> list[str]:
        """Return the token endpoint, the audience of the assertion."""
        return [self._audience]

    def validate_jti(self, _claims: dict[str, Any], jti: str) -> bool:
        """Return whether this is the first assertion with this id."""
        fresh = jti not in self._used
        self._used.add(jti)
        return fresh

    def resolve_client_public_key(self, _client: RegisteredClient) -> KeySet:
        """Return the app's registered keys."""
        if not self._behaviour.client_keys:
            raise InvalidClientError(description="The client has registered no key.")
        keys: KeySetSerialization = {"keys": self._behaviour.client_keys["keys"]}
        return KeySet.import_key_set(keys)

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        """Return the claims of an assertion signed with one of the keys and an algorithm that SMART allows."""
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=["RS384", "ES384"])
        except (JoseError, ValueError):
            raise InvalidClientError(description="The assertion is not signed by a registered key.") from None
        self.verify_claims(token.claims)
        return token.claims


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization code grant."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_METHODS

    def save_authorization_code(self, code: str, request: SandboxRequest) -> None:
        """Store a code with the data of its request."""
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
            auth_time=request.auth_time,
        )

    def query_authorization_code(self, code: str, _client: RegisteredClient) -> Code | None:
        """Return a code and remove it, so that it can be used only once; None for an unknown code."""
        found: Code | None = self.server.vault.take_code(code)
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Do nothing, because the code was removed when it was looked up."""

    def authenticate_user(self, authorization_code: Code) -> Account:
        """Return the account that signed in for this code."""
        return authorization_code.account


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """The refresh token grant with rotation: each refresh token works once."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> IssuedToken | None:
        """Return the access token that a refresh token was issued with; None for an unknown refresh token."""
        found: IssuedToken | None = self.server.vault.refresh.get(refresh_token)
        return found

    def authenticate_user(self, refresh_token: IssuedToken) -> Account:
        """Return the account of the token."""
        return refresh_token.account

    def revoke_old_credential(self, refresh_token: IssuedToken) -> None:
        """Revoke the used refresh token and its access token."""
        self.server.vault.drop(refresh_token)


class Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256 only; disabled if the sandbox simulates a server without PKCE."""

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
        """Return False: the sandbox does not detect replayed nonces, which is the client's task."""
        return False

    def process_token(self, grant: Any, response: tuple[int, dict[str, Any], Any]) -> None:
        """Add the id_token if the scope openid was granted."""
        _, token, _ = response
        server = grant.server
        request = grant.request
        if "openid" not in token["scope"].split() or server.behaviour.identity_flaw == "missing":
            return
        claims: dict[str, Any] = {"iss": server.issuer, "aud": request.client.client_id, "sub": request.user.username}
        if code := request.authorization_code:
            claims |= {"nonce": code.nonce} if code.nonce else {}
            claims |= {} if server.behaviour.omit_auth_time else {"auth_time": code.auth_time}
        if "fhirUser" in token["scope"].split() and not server.behaviour.omit_fhir_user:
            claims["fhirUser"] = f"{server.issuer}/fhir/r4/{request.user.fhir_user}"
        token["id_token"] = id_token(claims, server.behaviour)


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """Token revocation by RFC 7009."""

    CLIENT_AUTH_METHODS = CLIENT_METHODS

    def query_token(self, token_string: str, _hint: str | None) -> IssuedToken | None:
        """Return the token with this access token or refresh token as its text; None if there is none."""
        vault: TokenVault = self.server.vault
        return vault.tokens.get(token_string) or vault.refresh.get(token_string)

    def revoke_token(self, token: IssuedToken, _request: SandboxRequest) -> None:
        """Revoke a token, and the tokens that were issued with it."""
        self.server.vault.drop(token)


class TokenIssuer(IssuerParameter):  # type: ignore[misc]
    """Adds the parameter `iss` to the redirect to the app (RFC 9207)."""

    def __init__(self) -> None:
        self.issuer = ""

    def add_issuer_parameter(self, authorization_server: Any, response: TokenAnswer) -> None:
        """Add the parameter, unless the sandbox simulates a server that does not."""
        if not authorization_server.behaviour.omit_issuer:
            self.issuer = str(authorization_server.behaviour.callback_issuer or authorization_server.issuer)
            super().add_issuer_parameter(authorization_server, response)

    def get_issuer(self) -> str:
        """Return the issuer."""
        return self.issuer


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
        """Return the registered client if this is its id, otherwise None."""
        return self.client if client_id == self.client.client_id else None

    def authenticate_client(
        self, request: SandboxRequest, methods: list[str], endpoint: str = "token"
    ) -> RegisteredClient:
        """Return the client if it authenticates by the configured method.

        Raises:
            InvalidClientError: it does not; the status is 401 (RFC 6749, 5.2).
        """
        try:
            client: RegisteredClient = super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.status_code = 401
            raise
        return client

    def make_token(self, *, user: Account, scope: str, include_refresh_token: bool, **_others: Any) -> dict[str, Any]:
        """Return the token response. It has SMART's `patient` if the account gives access to exactly one Patient."""
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
        """Do nothing, because the sandbox uses none of Authlib's signals."""

    def create_oauth2_request(self, request: SandboxRequest) -> SandboxRequest:
        """Return the request unchanged; it already has the type that Authlib expects."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> TokenAnswer:
        """Return Authlib's response, with its Location header as a separate field."""
        named = dict(headers)
        return TokenAnswer(status, body, named, named.pop("Location", ""))
