"""The linking pages over HTTP (contract.md, Linking pages). GET changes nothing; redirects after a POST are 303.

No address is taken from a request: redirects go to the payer's configured page or to our own /linked (T08, T16).
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import errors
from bot.accounts.access import Accesses
from bot.accounts.codes import Cookies, FormTokens, digest, fields_of, form_token, is_preview, with_dash
from bot.accounts.render import PRIVATE, TEAMS_CHAT, Renderer, is_popup, known_as, private
from bot.accounts.rows import LIVES, SPENT_KIND, LinkOutcome, Pending, SignIn
from bot.accounts.signin import SignIns
from bot.config import Settings
from bot.message import Person
from bot.ops.entrance import Sent, SharedLimit, TooSlow
from bot.payer.http import origin_of

_log = structlog.get_logger()


_STATUS: dict[type[errors.BotError], HTTPStatus] = {
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.LinkExpired: HTTPStatus.GONE,
    errors.DocumentOver: HTTPStatus.GONE,
    errors.CodeSpent: HTTPStatus.GONE,
    errors.SignInRefused: HTTPStatus.BAD_GATEWAY,
    errors.SignInUntrusted: HTTPStatus.BAD_GATEWAY,
    errors.SignInOld: HTTPStatus.BAD_GATEWAY,
    errors.SignInSlow: HTTPStatus.GATEWAY_TIMEOUT,
    errors.SetupWrong: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LinkError: HTTPStatus.BAD_REQUEST,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BotError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class PageGuard:
    """ASGI middleware of a page: limits the requests per IP address and minute (T52), and shows errors.

    Routes with the same `limit` count together. The address is the one determined by the entrance. An exception
    results in the page of its problem, with a reference that the log has too.
    """

    def __init__(self, app: ASGIApp, *, renderer: Renderer, limit: SharedLimit) -> None:
        self._app, self._renderer, self._limit = app, renderer, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or respond with a page that says what failed or when to come back."""
        sent = Sent(send)
        try:
            await self._count((scope.get("client") or ("",))[0])
            await self._app(scope, receive, sent)
        except Exception as failure:
            if sent.began or isinstance(failure, TooSlow):
                raise
            error = _noted(failure)
            page = self._renderer.problem(Request(scope), error.problem, _status_of(error), error.reference)
            if "seconds" in error.facts:
                page.headers["Retry-After"] = str(error.facts["seconds"])
            await page(scope, receive, send)

    async def _count(self, address: str) -> None:
        if seconds := await self._limit.wait_of(address):
            raise errors.TooManyRequests("one address asks for too many pages", seconds=seconds)


def _status_of(error: errors.BotError) -> HTTPStatus:
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def _noted(failure: Exception) -> errors.BotError:
    """Log the reference that the page shows, and the reason. Neither contains a secret or a member's data."""
    error = errors.as_bot_error(failure)
    _log.warning("page_refused", error=type(error).__name__, reference=error.reference, reason=str(error))
    return error


_BROWSER, _FORM, _AGAIN = "link", "link-form", "again"

Failed = Callable[[Person, errors.LinkError], Awaitable[None]]


class LinkPages:
    """Serves the linking pages. `failed` is called when a sign-in fails after the payer's redirect.

    Other errors are raised, and `PageGuard` shows them.
    """

    def __init__(self, accounts: Accesses, sign_ins: SignIns, renderer: Renderer, failed: Failed) -> None:
        self._settings, self._rows, self._sign_ins = accounts.settings, accounts.rows, sign_ins
        self._renderer, self._failed = renderer, failed
        self._cookies = Cookies(self._settings.bot_public_url, 3 * LIVES)
        self._forms = FormTokens(self._cookies, _FORM)

    def routes(self) -> list[Route]:
        """Return the routes GET and POST /link/{id}, GET /oauth/callback, GET /linked."""
        return [
            Route("/link/{id}", self.confirm, methods=["GET"]),
            Route("/link/{id}", self.depart, methods=["POST"]),
            Route("/oauth/callback", self.come_back, methods=["GET"]),
            Route("/linked", self.linked, methods=["GET"]),
        ]

    async def confirm(self, request: Request) -> Response:
        """Show who is being linked and what that means, with a form to confirm. Link previews get no details (T29)."""
        if is_preview(request):
            return self._page(request, "preview")
        link_id = request.path_params["id"]
        person = await self._sign_ins.person_of(link_id)
        if (waiting := await self._waiting(request, person, link_id)) is not None:
            return waiting
        secret = self._forms.secret(request)
        token = form_token(secret, link_id)
        popup = is_popup(request.query_params, person)
        # Chromium applies these sources to every redirect behind the form: the payer's page may go on to any host.
        targets = f"'self' https: {origin_of(self._settings.payer_authorize_url)}"
        page = self._page(
            request, "confirm", form_action=targets, popup=popup, in_teams=popup, person=person, token=token
        )
        self._forms.keep(page, secret)
        return page

    async def _waiting(self, request: Request, person: Person, link_id: str) -> Response | None:
        """Redirect to the page with the code if this browser has signed in with this link and the code is not typed.

        Return None otherwise.
        """
        browser = request.cookies.get(self._cookies.name(_BROWSER))
        outcome = await self._rows.get(LinkOutcome, digest(browser)) if browser else None
        pending = await self._rows.get(Pending, person.key) if outcome and outcome.code else None
        if outcome is None or pending is None or pending.code != digest(outcome.code):
            return None
        if pending.request != digest(link_id):
            return None
        address = f"{self._settings.bot_public_url}/linked?{_AGAIN}"
        return RedirectResponse(address, HTTPStatus.SEE_OTHER, private(popup=outcome.popup))

    async def depart(self, request: Request) -> Response:
        """Redirect from our form to the payer's page, with a cookie that identifies the browser when it returns.

        A person who declines in the form gets a page saying that nothing was connected, and the link is deleted.
        """
        link_id, fields = request.path_params["id"], await fields_of(request)
        if not self._forms.is_ours(request, fields, link_id):
            raise errors.WrongBrowser("the form was not made for this browser")
        if "no" in fields:
            person = await self._sign_ins.refuse(link_id)
            back = chat_address(person, self._settings.teams_app_id)
            return self._renderer.problem(request, "sign_in_cancelled", HTTPStatus.OK, person=person, back=back)
        language = self._renderer.preferred(request.headers.get("accept-language"))
        url, browser, popup = await self._sign_ins.depart(link_id, request.query_params, language)
        away = RedirectResponse(url, HTTPStatus.SEE_OTHER, private(popup=popup))
        self._cookies.put(away, _BROWSER, browser, same_site="lax")
        return away

    async def come_back(self, request: Request) -> Response:
        """Finish the sign-in after the payer's redirect, then redirect to a page whose URL has no code or state."""
        browser = request.cookies.get(self._cookies.name(_BROWSER))
        query = dict(request.query_params)
        sign_in = await self._sign_ins.claim(query, browser)
        try:
            await self._sign_ins.finish(sign_in, query)
        except errors.BotError as error:
            await self._tell(sign_in, error)
        headers = private(popup=sign_in.popup)
        return RedirectResponse(f"{self._settings.bot_public_url}/linked", HTTPStatus.SEE_OTHER, headers)

    async def linked(self, request: Request) -> Response:
        """Show the code to type in the chat, or that it was used, or what went wrong."""
        browser = request.cookies.get(self._cookies.name(_BROWSER))
        outcome = await self._rows.get(LinkOutcome, digest(browser)) if browser else None
        state = await self._state(outcome) if outcome else "over"
        if outcome is None or (state == "over" and not outcome.problem):
            raise errors.LinkExpired("nothing to show in this browser")
        popup, person = outcome.popup, outcome.person
        back = "" if popup else chat_address(person, self._settings.teams_app_id)
        if name := outcome.problem:
            status, told = HTTPStatus(outcome.status), outcome.reference
            return self._renderer.problem(request, name, status, told, popup=popup, person=person, back=back)
        if state != "waits":
            return self._page(request, "used", person=person, back=back)
        known = known_as(person) if popup else ""
        return self._page(
            request,
            "code",
            popup=popup,
            scripts="popup" if popup else "code",
            person=person,
            records=[name for name in outcome.records if name],
            code=with_dash(outcome.code),
            known_as=known,
            back=back,
            again=_AGAIN in request.query_params,
        )

    async def _state(self, outcome: LinkOutcome) -> Literal["waits", "used", "over"]:
        """Return whether the code still has to be typed ("waits"), was used, or is no longer valid ("over")."""
        person, code = outcome.person, digest(outcome.code)
        if await self._rows.store.get(SPENT_KIND, code) == person.key.encode():
            return "used"
        pending = await self._rows.get(Pending, person.key)
        return "waits" if pending is not None and pending.code == code else "over"

    async def _tell(self, sign_in: SignIn, error: errors.BotError) -> None:
        """Store the error for the browser's next page, and report it in the chat, once."""
        _noted(error)
        status, popup = _status_of(error), sign_in.popup
        outcome = LinkOutcome(
            sign_in.person, problem=error.problem, reference=error.reference, status=status, popup=popup
        )
        expires = self._rows.now() + LIVES
        await self._rows.put(sign_in.browser, outcome, expires=expires, owner=sign_in.person)
        if isinstance(error, errors.LinkError):
            await self._failed(sign_in.person, error)

    def _page(self, request: Request, name: str, **values: object) -> Response:
        return self._renderer.page(name, request.headers.get("accept-language"), **values)  # type: ignore[arg-type]


def chat_address(person: Person, teams_app: str | None) -> str:
    """Return the link that opens a person's chat: for Slack the workspace, for Teams the chat with the bot; else "".

    https://docs.slack.dev/interactivity/deep-linking and
    https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams
    """
    if person.platform == "slack" and person.team.isalnum():
        return f"slack://open?team={person.team}"
    if person.platform == "teams" and teams_app:
        return f"{TEAMS_CHAT}{teams_app}"
    return ""


class AboutPages:
    """`/`, `/privacy` and `/terms`: redirects to the operator's own pages if configured, otherwise the pack's pages."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self._renderer = renderer
        self._elsewhere = {"privacy": settings.bot_privacy_url, "terms": settings.bot_terms_url}

    def routes(self) -> list[Route]:
        """Return a GET route for each page."""
        return [
            Route("/", self.show, methods=["GET"], name="home"),
            Route("/privacy", self.show, methods=["GET"], name="privacy"),
            Route("/terms", self.show, methods=["GET"], name="terms"),
        ]

    async def missing(self, request: Request, error: Exception) -> Response:
        """Respond to an unknown address or method: with a page, or with a line of text if no HTML is accepted."""
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        return self._told(request, "no_page", HTTPStatus(status))

    async def failed(self, request: Request, _: Exception) -> Response:
        """Respond with a page to an unexpected exception, whose reason is logged elsewhere."""
        return self._told(request, "failed", HTTPStatus.INTERNAL_SERVER_ERROR)

    def _told(self, request: Request, problem: str, status: HTTPStatus) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(status.phrase, status, PRIVATE)
        return self._renderer.problem(request, problem, status)

    async def show(self, request: Request) -> Response:
        """Show the page for the path, or redirect to the operator's page."""
        name = request.url.path.strip("/") or "home"
        if address := self._elsewhere.get(name):
            return RedirectResponse(address, HTTPStatus.SEE_OTHER, PRIVATE)
        return self._renderer.page(name, request.headers.get("accept-language"))
