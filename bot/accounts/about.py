"""The pages about the bot itself: what it is, privacy and terms. They hold nothing of anybody."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.accounts.render import PRIVATE, Renderer
from bot.config import Settings


class AboutPages:
    """`/`, `/privacy` and `/terms`: the operator's own where they are set, else those of the pack."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self._renderer = renderer
        self._elsewhere = {"privacy": settings.bot_privacy_url, "terms": settings.bot_terms_url}

    def routes(self) -> list[Route]:
        """GET of each."""
        return [
            Route("/", self.show, methods=["GET"], name="home"),
            Route("/privacy", self.show, methods=["GET"], name="privacy"),
            Route("/terms", self.show, methods=["GET"], name="terms"),
        ]

    async def show(self, request: Request) -> Response:
        """The page of the path, or the way to the operator's."""
        name = request.url.path.strip("/") or "home"
        if address := self._elsewhere.get(name):
            return RedirectResponse(address, HTTPStatus.SEE_OTHER, PRIVATE)
        return self._renderer.page(name, request.headers.get("accept-language"))
