"""A payer's authorization server and Patient endpoint on a swapped wire: plain by default, hostile by its switches."""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

ORIGIN = "https://payer.example"
FHIR = f"{ORIGIN}/fhir/r4"
CLIENT_SECRET = "planted-client-secret"
FORGER = 2  # signs with a key that is nobody's

Claims = dict[str, Any]


@cache
def key_of(number: int) -> RSAKey:
    """The payer's key of that number, made when it is first used: that takes a while."""
    return RSAKey.generate_key(2048, {"kid": f"key-{number}", "use": "sig"}, auto_kid=False)


class _Wire(httpx.AsyncBaseTransport):
    """Streams what the double answers, as a real wire does."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        await request.aread()
        answer = self._answer(request)
        for _ in range(5):
            await asyncio.sleep(0)  # on a real wire others get their turn
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


@dataclass
class Grant:
    """What one code stands for."""

    member: str
    query: dict[str, str]
    signed_in: float


@dataclass
class Payer:
    """The double. `seen` holds every request; `tokens` maps each access token to its patient."""

    clock: Callable[[], float]
    seen: list[httpx.Request] = field(default_factory=list)
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    names: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {"dana": ("Dana", "Morgan"), "vera": ("Vera", "Stone"), "kid": ("Kit", "Stone")}
    )
    family: dict[str, list[str]] = field(default_factory=dict)
    births: dict[str, str] = field(default_factory=dict)
    key: int = 0
    check_pkce: bool = True
    gives_refresh: bool = False
    token_changes: dict[str, Any] = field(default_factory=dict)
    claim_changes: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[Claims], str] | None = None
    answers: dict[str, Callable[[httpx.Request], httpx.Response]] = field(default_factory=dict)
    discoverable: bool = True

    def transport(self) -> httpx.AsyncBaseTransport:
        """The wire to this payer and to nobody else."""
        return _Wire(self._answer)

    def sign_in(self, url: str, member: str, **instead: str) -> str:
        """What the payer's pages do: the callback URL with a code for this member."""
        query = dict(parse_qsl(urlsplit(url).query))
        code = secrets.token_urlsafe(12)
        self.codes[code] = Grant(member, query, self.clock())
        back = {"code": code, "state": query["state"], "iss": ORIGIN, **instead}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return sum(request.url.path == path for request in self.seen)

    def forms(self, path: str) -> list[dict[str, str]]:
        """The forms that were posted to a path."""
        return [dict(parse_qsl(request.content.decode())) for request in self.seen if request.url.path == path]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        assert f"{request.url.scheme}://{request.url.host}" == ORIGIN, "only the configured payer may be called"
        own: dict[str, Callable[[httpx.Request], httpx.Response]] = {
            "/token": self._token,
            "/jwks": lambda _: _json({"keys": [key_of(self.key).as_dict(private=False)]}),
            "/revoke": self._revoke,
            "/.well-known/openid-configuration": self._configuration,
        }
        path = request.url.path
        if path.startswith("/fhir/r4/Patient"):
            own[path] = self._patient
        own.update(self.answers)
        return own[path](request) if path in own else httpx.Response(404)

    def _configuration(self, _request: httpx.Request) -> httpx.Response:
        if not self.discoverable:
            return httpx.Response(503)
        names = {"jwks_uri": "jwks", "revocation_endpoint": "revoke", "token_endpoint": "token"}
        says = {"issuer": ORIGIN, "authorization_response_iss_parameter_supported": True}
        return _json({**says, **{name: f"{ORIGIN}/{path}" for name, path in names.items()}})

    def _revoke(self, request: httpx.Request) -> httpx.Response:
        self.revoked.append(dict(parse_qsl(request.content.decode()))["token"])
        return _json({})

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode()))
        if (form.get("client_id"), form.get("client_secret")) != ("client", CLIENT_SECRET):
            return _json({"error": "invalid_client"}, 401)
        if form["grant_type"] == "refresh_token":
            member = self.refresh.pop(form["refresh_token"], None)
            return _json({"error": "invalid_grant"}, 400) if member is None else _json(self._tokens(member))
        grant = self.codes.pop(form["code"], None)
        if grant is None or form["redirect_uri"] != grant.query["redirect_uri"] or not self._pkce(grant, form):
            return _json({"error": "invalid_grant", "error_description": "planted description"}, 400)
        said = {**self._tokens(grant.member), "id_token": self._id_token(grant), **self.token_changes}
        return _json({name: value for name, value in said.items() if value is not None})

    def _pkce(self, grant: Grant, form: Mapping[str, str]) -> bool:
        challenge = create_s256_code_challenge(form.get("code_verifier", ""))
        return not self.check_pkce or challenge == grant.query.get("code_challenge")

    def _tokens(self, member: str) -> dict[str, Any]:
        access = f"planted-access-{secrets.token_hex(4)}"
        self.tokens[access] = member
        said: dict[str, Any] = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": "patient/*.read openid fhirUser",
            "patient": member,
        }
        if self.gives_refresh:
            said["refresh_token"] = f"planted-refresh-{secrets.token_hex(4)}"
            self.refresh[said["refresh_token"]] = member
        return said

    def _id_token(self, grant: Grant) -> str:
        now = int(self.clock())
        claims: Claims = {
            "iss": ORIGIN,
            "aud": grant.query["client_id"],
            "sub": f"user-{grant.member}",
            "nonce": grant.query.get("nonce"),
            "fhirUser": f"{FHIR}/Patient/{grant.member}",
            "iat": now,
            "auth_time": int(grant.signed_in),
            "exp": now + 300,
            **self.claim_changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.sign(claims) if self.sign else self.signed(claims)

    def signed(self, claims: Claims, kid: str | None = None, key: RSAKey | None = None) -> str:
        """The claims under RS256 with the payer's present key, or as a forger would sign them."""
        return jwt.encode({"alg": "RS256", "kid": kid or f"key-{self.key}"}, claims, key or key_of(self.key))

    def public_pem(self) -> bytes:
        """The present key as everybody may have it."""
        return key_of(self.key).as_pem(private=False)

    def _patient(self, request: httpx.Request) -> httpx.Response:
        member = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if member is None:
            return httpx.Response(401)
        opens = self.family.get(member, [member])
        asked = request.url.path.removeprefix("/fhir/r4/Patient").strip("/")
        if not asked:
            entries = [{"resource": self._record(each)} for each in opens]
            return _json({"resourceType": "Bundle", "type": "searchset", "entry": entries})
        return _json(self._record(asked)) if asked in opens else httpx.Response(404)

    def _record(self, member: str) -> dict[str, Any]:
        given, family = self.names.get(member, (member, "Unknown"))
        born = {"birthDate": self.births[member]} if member in self.births else {}
        return {"resourceType": "Patient", "id": member, "name": [{"given": [given], "family": family}], **born}


def _json(content: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(content), headers={"content-type": "application/json"})
