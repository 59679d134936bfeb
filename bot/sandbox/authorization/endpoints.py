"""The HTTP endpoints of the authorization server: sign-in and consent pages, and the endpoints for the app."""

import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from cachetools import LRUCache
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sandbox.authorization.models import SandboxRequest, TokenAnswer, public_keys
from bot.sandbox.authorization.server import SandboxAuthorization, TokenIssuer
from bot.sandbox.fhir.table import display_name
from bot.sandbox.world import Account, World

SPANISH = {
    "Sandbox payer": "Plan de prueba",
    "synthetic members": "miembros inventados",
    "Sign in": "Iniciar sesión",
    "Nobody here is real, and there are no passwords. Choose who to sign in as.": (
        "Nadie aquí es real y no hay contraseñas. Elija con quién iniciar sesión."
    ),
    "Nobody is called “{name}”. Choose one below, or check the spelling.": (
        "Nadie se llama “{name}”. Elija a alguien de la lista o revise cómo está escrito."
    ),
    "Member": "Miembro",
    "Somebody else? Type the user name": "¿Otra persona? Escriba el nombre de usuario",
    "Or type the user name": "O escriba el nombre de usuario",
    "Share your records with this app?": "¿Compartir sus datos con esta aplicación?",
    "Signed in as": "Sesión iniciada como",
    "The app asks to read:": "La aplicación pide leer:",
    "claims and what they cost": "reclamaciones y lo que costaron",
    "coverage and plan details": "cobertura y detalles del plan",
    "conditions, results, procedures and care plans": "diagnósticos, resultados, procedimientos y planes de atención",
    "covered drugs": "medicinas cubiertas",
    "These are the records of:": "Son los datos de:",
    "The app asks only who you are.": "La aplicación solo pregunta quién es usted.",
    "It cannot change anything.": "No puede cambiar nada.",
    "Allow": "Permitir",
    "Cancel": "Cancelar",
    "Something is not right": "Algo no está bien",
    "This sign-in page has expired. Go back to the app and start again.": (
        "Esta página de inicio de sesión venció. Vuelva a la aplicación y empiece de nuevo."
    ),
    "This page has expired. Go back to the app and start again.": (
        "Esta página venció. Vuelva a la aplicación y empiece de nuevo."
    ),
}


def language_of(wanted: str) -> str:
    """Return "en" or "es", whichever comes first in a list as in `ui_locales` or Accept-Language; "en" by default."""
    tags = wanted.replace(",", " ").replace(";", " ").lower().split()
    return next((tag[:2] for tag in tags if tag.split("-")[0] in {"en", "es"}), "en")


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages"), autoescape=True, undefined=StrictUndefined
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No form-action here: Chromium applies it to the redirect back to the app too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}
LISTED = 60
"""How many accounts the sign-in page lists; the name of any other account must be typed."""


def sign_in_page(ticket: str, world: World, language: str, unknown: str = "") -> Response:
    """Return the sign-in page; `unknown` is a user name that was not found."""
    accounts = [account for name, account in world.accounts.items() if name == account.username]
    listed, more = accounts[:LISTED], len(accounts) > LISTED
    status = 400 if unknown else 200
    return _page("sign_in.html", status, language, ticket=ticket, accounts=listed, more=more, unknown=unknown)


def failed_page(words: str, language: str = "en") -> Response:
    """Return the error page for a request that cannot continue."""
    return _page("failed.html", 400, language, words=words)


def _page(name: str, status: int, language: str, **values: Any) -> Response:
    def said(text: str) -> str:
        return SPANISH.get(text, text) if language == "es" else text

    html = _PAGES.get_template(name).render(language=language, _=said, **values)
    return HTMLResponse(html, status, {**_HEADERS, "Content-Language": language})


AUTHORIZE = "/as/authorization.oauth2"
TOKEN = "/as/token.oauth2"  # noqa: S105 - a path, not a secret
REVOKE = "/as/revoke_token.oauth2"
JWKS = "/pf/JWKS"
SIGN_IN = "/as/sign-in"
CONSENT = "/as/consent"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
SESSIONS_KEPT = 4_096


_COOKIE = "sandbox-session"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account that signed in with this browser, and when, in seconds since 1970."""

    account: Account
    at: float


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's sign-in in progress: the authorization request, and who signed in."""

    params: dict[str, str]
    signed_in: SignedIn | None = None


class AuthorizationEndpoints:
    """The endpoints of the authorization server."""

    def __init__(
        self,
        server: SandboxAuthorization,
        world: World,
        fhir_url: str,
        prepare: Callable[[Iterable[str]], Awaitable[None]],
    ) -> None:
        self.server = server
        self._prepare = prepare
        self.world = world
        self._fhir_url = fhir_url
        self._sessions: LRUCache[str, Session] = LRUCache(SESSIONS_KEPT)
        self._signed_in: LRUCache[str, SignedIn] = LRUCache(SESSIONS_KEPT)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(AUTHORIZE, self.authorize),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route(CONSENT, self.consent, methods=["POST"]),
            Route(TOKEN, self.token, methods=["POST"]),
            Route(REVOKE, self.revoke, methods=["POST"]),
            Route(JWKS, self.keys),
            Route("/.well-known/openid-configuration", self.openid_configuration),
        ]

    async def authorize(self, request: Request) -> Response:
        """Return the sign-in page.

        An error is sent to the app if the redirect_uri is valid, otherwise shown to the person.
        """
        params = dict(request.query_params)
        oauth = self._request("GET", AUTHORIZE, params, request)
        try:
            self.server.get_consent_grant(oauth)
        except OAuth2Error as error:
            return self._failed(oauth, error)
        aud = params.get("aud")
        if self.server.behaviour.require_aud if aud is None else aud.rstrip("/") != self._fhir_url:
            refused = InvalidRequestError("aud is not this FHIR server.", redirect_uri=params["redirect_uri"])
            return self._failed(oauth, refused)
        known = self._signed_in.get(request.cookies.get(_COOKIE, ""))
        if known is not None and not self._asks_anew(params, known):
            return self._consent_page(Session(params, known), known.account, request)
        session = Session(params)
        return sign_in_page(self._open(session), self.world, _language(request, session))

    async def sign_in(self, request: Request) -> Response:
        """Return the consent page for the entered user name, or the sign-in page again if it is unknown."""
        async with request.form() as form:
            session = self._sessions.pop(str(form.get("ticket", "")), None)
            typed = [str(each).strip() for each in form.getlist("username")]
        if session is None:
            return failed_page("This sign-in page has expired. Go back to the app and start again.", _language(request))
        name = next((each for each in reversed(typed) if each), "")
        account = self.world.accounts.get(name) or self.world.accounts.get(name.lower())
        if account is None:
            return sign_in_page(self._open(session), self.world, _language(request, session), unknown=name)
        signed_in = SignedIn(account, time.time() - self.server.behaviour.session_age)
        page = self._consent_page(Session(session.params, signed_in), account, request)
        cookie = secrets.token_urlsafe(24)
        self._signed_in[cookie] = signed_in
        page.set_cookie(_COOKIE, cookie, httponly=True, samesite="lax", path="/as")
        return page

    async def consent(self, request: Request) -> Response:
        """Redirect to the app with a code, or with access_denied."""
        async with request.form() as form:
            session = self._sessions.pop(str(form.get("ticket", "")), None)
            allowed = form.get("decision") == "allow"
        if session is None or session.signed_in is None:
            return failed_page("This page has expired. Go back to the app and start again.", _language(request))
        oauth = self._request("GET", AUTHORIZE, session.params, request)
        grant = self.server.get_consent_grant(oauth)
        oauth.auth_time = int(session.signed_in.at) + self.server.behaviour.skew_seconds
        user = session.signed_in.account if allowed else None
        if user is not None:
            # A long record is made while the person still looks at this page, not during their first question.
            await self._prepare(user.patients)
        return _respond(self.server.create_authorization_response(oauth, grant_user=user, grant=grant))

    async def token(self, request: Request) -> Response:
        """Answer a request to the token endpoint."""
        return _respond(self.server.create_token_response(await self._posted(request, TOKEN)))

    async def revoke(self, request: Request) -> Response:
        """Answer a request to the revocation endpoint (RFC 7009)."""
        return _respond(self.server.create_endpoint_response("revocation", await self._posted(request, REVOKE)))

    async def keys(self, _request: Request) -> Response:
        """Return the JWK Set."""
        return JSONResponse(public_keys(self.server.behaviour))

    async def openid_configuration(self, _request: Request) -> Response:
        """Return the OpenID Connect discovery document."""
        return JSONResponse(
            {
                **self.document(),
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "prompt_values_supported": ["login"],
                "claims_supported": ["sub", "auth_time", "fhirUser"],
                "authorization_response_iss_parameter_supported": not self.server.behaviour.omit_issuer,
            }
        )

    def document(self) -> dict[str, Any]:
        """Return the metadata that the discovery documents of OpenID Connect and of SMART have in common."""
        issuer = self.server.issuer
        return {
            "issuer": issuer,
            "jwks_uri": issuer + JWKS,
            "authorization_endpoint": issuer + AUTHORIZE,
            "token_endpoint": issuer + TOKEN,
            "revocation_endpoint": issuer + REVOKE,
            "token_endpoint_auth_methods_supported": [self.server.behaviour.client_auth],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "fhirUser", "patient/*.read"],
        }

    def _asks_anew(self, params: dict[str, str], known: SignedIn) -> bool:
        """Return whether the app requires a new sign-in although a session is open (OIDC Core 3.1.2.1)."""
        if self.server.behaviour.ignore_prompt:
            return False
        oldest = params.get("max_age", "")
        over = oldest.isdecimal() and time.time() - known.at >= int(oldest)
        return over or "login" in params.get("prompt", "").split()

    def _consent_page(self, session: Session, account: Account, request: Request) -> Response:
        """Return the consent page: who signed in, whose records the app may read, and for which scopes."""
        known = self.world.resources.get("Patient", {})
        patients = [display_name(known.get(patient, {})) or patient for patient in account.patients]
        reads = any(each.startswith("patient/") for each in session.params.get("scope", "").split())
        shown = {"ticket": self._open(session), "account": account, "patients": patients, "reads": reads}
        return _page("consent.html", 200, _language(request, session), **shown)

    def _failed(self, oauth: SandboxRequest, error: OAuth2Error) -> Response:
        if not error.redirect_uri:
            return failed_page(f"The app's request cannot be answered: {error.error}.")
        error.state = oauth.payload.state
        answer = self.server.handle_error_response(oauth, error)
        TokenIssuer().add_issuer_parameter(self.server, answer)
        return _respond(answer)

    def _open(self, session: Session) -> str:
        ticket = secrets.token_urlsafe(24)
        self._sessions[ticket] = session
        return ticket

    def _request(self, method: str, path: str, params: dict[str, str], request: Request) -> SandboxRequest:
        headers = {name.title(): value for name, value in request.headers.items()}
        return SandboxRequest(method, self.server.issuer + path, params, headers)

    async def _posted(self, request: Request, path: str) -> SandboxRequest:
        async with request.form() as form:
            params = {name: str(value) for name, value in form.items()}
        return self._request("POST", path, params, request)


def _language(request: Request, session: Session | None = None) -> str:
    """Return the language that the app requested (`ui_locales`, OIDC Core 3.1.2.1), or else that of the browser."""
    asked = session.params.get("ui_locales") if session else None
    return language_of(asked or request.headers.get("accept-language", ""))


def _respond(answer: TokenAnswer) -> Response:
    if answer.location:
        return RedirectResponse(answer.location, status_code=302, headers=_NO_STORE)
    body: Any = dict(answer.body)
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}
    return JSONResponse(body, answer.status, kept | _NO_STORE)
