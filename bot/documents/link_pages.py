"""SMART Health Links over HTTP: the manifest for a viewer that sends the passcode, and the file, always encrypted."""

from http import HTTPStatus

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.accounts.forms import body_of
from bot.accounts.render import PRIVATE
from bot.documents.links import CONTENT_TYPE, HealthLink, HealthLinks
from bot.errors import CodeSpent, CodeWrong, DocumentOver, StoreError

_RECIPIENT = 500  # characters
# Viewers are pages of other sites, and what they get is ciphertext: the specification asks for CORS.
_ANY_SITE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type",
}
_HEADERS = {**PRIVATE, **_ANY_SITE}
_log = structlog.get_logger()


class _Asked(msgspec.Struct, frozen=True, rename="camel"):
    """A manifest request. `recipient` is the name of the viewer's user; it is required and not stored."""

    recipient: str
    passcode: str = ""
    embedded_length_max: int | None = None


class HealthLinkPages:
    """Serves manifests and files."""

    def __init__(self, links: HealthLinks) -> None:
        self._links = links

    def routes(self) -> list[Route]:
        """Return the routes POST /shl/{id}, GET /shl/{id}/{file}, and OPTIONS of both."""
        return [
            Route("/shl/{id}", self.manifest, methods=["POST"]),
            Route("/shl/{id}/{file}", self.file, methods=["GET"]),
            Route("/shl/{rest:path}", self.may_ask, methods=["OPTIONS"]),
        ]

    async def manifest(self, request: Request) -> Response:
        """Respond with the link's file for its passcode; 401 with the tries left, 404 if the link has expired."""
        link_id, asked = request.path_params["id"], await _asked(request)
        if asked is None:
            return JSONResponse({"error": "A recipient is needed."}, HTTPStatus.BAD_REQUEST, _HEADERS)
        try:
            link = await self._links.open(link_id, asked.passcode)
        except CodeWrong as error:
            left = error.facts["tries_left"]
            return JSONResponse({"remainingAttempts": left}, HTTPStatus.UNAUTHORIZED, _HEADERS)
        except (DocumentOver, CodeSpent, StoreError) as error:
            return _refused(error)
        described = {"contentType": CONTENT_TYPE, **self._where(link_id, link, asked)}
        return JSONResponse({"files": [described]}, headers=_HEADERS)

    async def file(self, request: Request) -> Response:
        """Respond with the JWE alone."""
        try:
            encrypted = await self._links.file(request.path_params["id"], request.path_params["file"])
        except (DocumentOver, StoreError) as error:
            return _refused(error)
        return PlainTextResponse(encrypted, headers=_HEADERS, media_type="application/jose")

    async def may_ask(self, _request: Request) -> Response:
        """Respond to a CORS preflight request, which allows a viewer's page to send the passcode."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_HEADERS)

    def _where(self, link_id: str, link: HealthLink, asked: _Asked) -> dict[str, str]:
        """Return the file for the manifest, or its address if it is longer than the viewer accepts."""
        longest = asked.embedded_length_max
        if longest is None or len(link.encrypted) <= longest:
            return {"embedded": link.encrypted}
        return {"location": f"{self._links.address(link_id)}/{link.file}"}


async def _asked(request: Request) -> _Asked | None:
    """Return the request's body; None if it is too long, is no manifest request, or has no recipient."""
    try:
        asked = msgspec.json.decode(await body_of(request) or b"", type=_Asked)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return asked if 0 < len(asked.recipient.strip()) <= _RECIPIENT else None


def _refused(error: DocumentOver | CodeSpent | StoreError) -> Response:
    """Respond with 404 for an expired link or 503 for an unusable store; log a line without the link."""
    _log.info("health_link_not_given", error=type(error).__name__, reference=error.reference, reason=str(error))
    if isinstance(error, StoreError):
        return JSONResponse({"error": "Try again in a moment."}, HTTPStatus.SERVICE_UNAVAILABLE, _HEADERS)
    said = "This link is over. The member can make a new one in their chat."
    return JSONResponse({"error": said}, HTTPStatus.NOT_FOUND, _HEADERS)
