"""The linking pages over HTTP (contract.md, Linking pages). GET changes nothing; every redirect after a POST is a 303.

No address is taken from a request: redirects go to the payer's configured page or to our own /linked (T08, T16).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.accounts.codes import digest, new_secret, same, shown
from bot.accounts.render import PRIVATE, Renderer
from bot.accounts.rows import Outcome, Rows, SignIn
from bot.accounts.signin import LIVES, SignIns
from bot.config import Settings
from bot.errors import (
    BotError,
    LinkError,
    LinkExpired,
    SetupWrong,
    SignInRefused,
    SignInSlow,
    SignInUntrusted,
    StoreError,
    WrongBrowser,
)
from bot.message import Person
from bot.payer.base import origin_of

# Programs that fetch links to show a preview or to look for malware. A person's browser must never match.
_PREVIEW = re.compile(
    r"slackbot|slack-imgproxy|skypeuripreview|teamslinkpreview|externalhit|twitterbot|linkedinbot|discordbot|telegrambot"
    r"|whatsapp|googlebot|bingbot|bingpreview|applebot|embedly|iframely|safelinks|crawler|spider",
    re.IGNORECASE,
)
_SECRET = re.compile(r"[A-Za-z0-9_\-]{43}")
_FORM_BYTES = 4096
_STATUS: dict[type[BotError], HTTPStatus] = {
    LinkExpired: HTTPStatus.GONE,
    SignInRefused: HTTPStatus.BAD_GATEWAY,
    SignInUntrusted: HTTPStatus.BAD_GATEWAY,
    SignInSlow: HTTPStatus.GATEWAY_TIMEOUT,
    SetupWrong: HTTPStatus.SERVICE_UNAVAILABLE,
}
_log = structlog.get_logger()

Failed = Callable[[Person, LinkError], Awaitable[None]]


class Pages:
    """Serves the pages. `failed` hears of a sign-in that came back and did not work."""

    def __init__(self, settings: Settings, rows: Rows, sign_ins: SignIns, renderer: Renderer, failed: Failed) -> None:
        self._settings, self._rows, self._sign_ins = settings, rows, sign_ins
        self._renderer, self._failed = renderer, failed
        # Plain http is allowed on loopback only; there the prefix and Secure would lose the cookie in some browsers.
        self._secure = settings.bot_public_url.startswith("https:")
        self._browser_cookie = "__Host-link" if self._secure else "link"
        self._form_cookie = "__Host-link-form" if self._secure else "link-form"

    def routes(self) -> list[Route]:
        """GET and POST /link/{id}, GET /oauth/callback, GET /linked."""
        return [
            Route("/link/{id}", self.confirm, methods=["GET"]),
            Route("/link/{id}", self.depart, methods=["POST"]),
            Route("/oauth/callback", self.come_back, methods=["GET"]),
            Route("/linked", self.linked, methods=["GET"]),
        ]

    async def confirm(self, request: Request) -> Response:
        """Who is being linked and what that means, with the one form. Link previews learn nothing (T29)."""
        if _PREVIEW.search(request.headers.get("user-agent", "")):
            return self._page(request, "preview")
        link_id = request.path_params["id"]
        try:
            person = await self._sign_ins.asked(link_id)
        except (LinkError, StoreError) as error:
            return self._problem(request, error)
        given = request.cookies.get(self._form_cookie, "")
        form = given if _SECRET.fullmatch(given) else new_secret()
        token = _form_token(form, link_id)
        page = self._page(request, "confirm", form_action=self._targets(), person=person, token=token)
        self._set_cookie(page, self._form_cookie, form, same_site="strict")
        return page

    async def depart(self, request: Request) -> Response:
        """From our form to the payer's page, in a browser that we will know again."""
        link_id = request.path_params["id"]
        try:
            form = request.cookies.get(self._form_cookie, "")
            if not form or not same(await _token_in(request), _form_token(form, link_id)):
                raise WrongBrowser("the form was not made for this browser")
            departure = await self._sign_ins.depart(link_id)
        except (LinkError, StoreError) as error:
            return self._problem(request, error)
        away = RedirectResponse(departure.url, HTTPStatus.SEE_OTHER, PRIVATE)
        self._set_cookie(away, self._browser_cookie, departure.browser, same_site="lax")
        return away

    async def come_back(self, request: Request) -> Response:
        """The payer's redirect: finish the sign-in, then on to a page whose address holds neither code nor state."""
        browser = request.cookies.get(self._browser_cookie)
        query = dict(request.query_params)
        try:
            sign_in = await self._sign_ins.claim(query, browser)
        except (LinkError, StoreError) as error:
            return self._problem(request, error)
        try:
            await self._sign_ins.finish(sign_in, query)
        except BotError as error:
            await self._tell(sign_in, error)
        return RedirectResponse(f"{self._settings.bot_public_url}/linked", HTTPStatus.SEE_OTHER, PRIVATE)

    async def linked(self, request: Request) -> Response:
        """The code to type in the chat, or what went wrong."""
        browser = request.cookies.get(self._browser_cookie)
        try:
            outcome = await self._rows.get(Outcome, digest(browser)) if browser else None
        except StoreError as error:
            return self._problem(request, error)
        if outcome is None:
            return self._problem(request, LinkExpired("nothing to show in this browser"))
        if outcome.problem:
            return self._told(request, outcome.problem, outcome.reference, HTTPStatus(outcome.status))
        return self._page(request, "code", person=outcome.person, code=shown(outcome.code))

    async def _tell(self, sign_in: SignIn, error: BotError) -> None:
        """Keep what went wrong for the browser's next page, and let the chat know, once."""
        _note(error)
        outcome = Outcome(sign_in.person, problem=_words_of(error), reference=error.reference, status=_status_of(error))
        expires = self._rows.now() + LIVES
        await self._rows.put(sign_in.browser, outcome, expires=expires, owner=sign_in.person)
        if isinstance(error, LinkError):
            await self._failed(sign_in.person, error)

    def _problem(self, request: Request, error: BotError) -> Response:
        _note(error)
        return self._told(request, _words_of(error), error.reference, _status_of(error))

    def _told(self, request: Request, problem: str, reference: str, status: HTTPStatus) -> Response:
        return self._page(request, "problem", status=status, problem=problem, reference=reference)

    def _page(self, request: Request, name: str, **values: object) -> Response:
        return self._renderer.page(name, request.headers.get("accept-language"), **values)  # type: ignore[arg-type]

    def _set_cookie(self, response: Response, name: str, value: str, *, same_site: str) -> None:
        response.set_cookie(
            name,
            value,
            max_age=round(3 * LIVES),
            secure=self._secure,
            httponly=True,
            samesite=same_site,  # type: ignore[arg-type]
        )

    def _targets(self) -> str:
        """Where the form may lead: any https address, and the configured one.

        Chromium holds every redirect after a form to this list, and the payer's page may send the browser on to a
        sign-in host that nobody here knows.
        """
        return f"'self' https: {origin_of(self._settings.payer_authorize_url)}"


def _form_token(form: str, link_id: str) -> str:
    """A token for one form in one browser (T14): only who holds the cookie can make it."""
    return digest(f"form {form} {link_id}")


async def _token_in(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _FORM_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]


def _words_of(error: BotError) -> str:
    return error.template.rpartition("/")[2]


def _status_of(error: BotError) -> HTTPStatus:
    if isinstance(error, StoreError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)


def _note(error: BotError) -> None:
    """For operators: the reference that the page shows, and why. Neither holds a secret or a member's data."""
    _log.warning("sign_in_failed", error=type(error).__name__, reference=error.reference, reason=str(error))
