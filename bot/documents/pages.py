"""Documents over HTTP. GET changes nothing; a person's own are returned only through our form with the code."""

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.accounts.forms import Cookies, FormTokens, fields_of, form_token, is_preview
from bot.accounts.render import Renderer, headers_of
from bot.documents.desk import OPERATOR, PRIVATE_LIVES, Documents, Paper, unpack
from bot.errors import BotError, CodeSpent, CodeWrong, DocumentOver, StoreError

_TYPES = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "ics": "text/calendar; charset=utf-8",
    "vcf": "text/vcard; charset=utf-8",
    "zip": "application/zip",
}
_SHOWN = {**dict.fromkeys(_TYPES, "attachment"), "html": "inline"}
_PROBLEMS: Mapping[type[BotError], tuple[str, HTTPStatus]] = {
    DocumentOver: ("document_over", HTTPStatus.GONE),
    CodeSpent: ("document_spent", HTTPStatus.GONE),
}
_log = structlog.get_logger()


class Pages:
    """Serves the documents, the form before them, and error pages."""

    def __init__(self, documents: Documents, renderer: Renderer, public_url: str) -> None:
        self._documents, self._renderer = documents, renderer
        self._forms = FormTokens(Cookies(public_url, PRIVATE_LIVES), "document")

    def routes(self) -> list[Route]:
        """Return the routes GET and POST /document/{id}."""
        return [
            Route("/document/{id}", self.show, methods=["GET"]),
            Route("/document/{id}", self.hand_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show an open document, or the form that asks for the code; link previews get no details (T29)."""
        if is_preview(request):
            return self._renderer.page("preview", request.headers.get("accept-language"))
        document_id = request.path_params["id"]
        try:
            paper = await self._documents.peek(document_id)
            if paper.code is None:
                asked = (request.query_params.get("as"), "html", *paper.formats)
                form = next(one for one in asked if one in paper.formats)
                return _file(paper, form, await self._documents.read(document_id, form))
        except (DocumentOver, StoreError) as error:
            return self._problem(request, error)
        return self._form(request, document_id, paper)

    async def hand_out(self, request: Request) -> Response:
        """Return the requested file; the form again if the code is wrong or another page sent the request (T14)."""
        document_id, fields = request.path_params["id"], await fields_of(request)
        try:
            paper = await self._documents.peek(document_id)
            form = fields.get("format", "")
            if not self._forms.is_ours(request, fields, document_id) or form not in paper.formats:
                return self._form(request, document_id, paper, again=True)
            return _file(paper, form, await self._documents.fetch(document_id, form, fields.get("code", "")))
        except CodeWrong as error:
            return self._form(request, document_id, paper, tries_left=error.facts["tries_left"])
        except (DocumentOver, CodeSpent, StoreError) as error:
            return self._problem(request, error)

    def _form(self, request: Request, document_id: str, paper: Paper, **said: object) -> Response:
        secret = self._forms.secret(request)
        page = self._renderer.page(
            "document",
            paper.language,
            status=HTTPStatus.FORBIDDEN if said else HTTPStatus.OK,
            form_action="'self'",
            token=form_token(secret, document_id),
            formats=paper.formats,
            terminal=paper.person is not None and paper.person.platform == OPERATOR,
            tries_left=said.get("tries_left"),
            again=said.get("again", False),
        )
        self._forms.keep(page, secret)
        return page

    def _problem(self, request: Request, error: BotError) -> Response:
        """Return an error page, and log its reference; neither contains the link or the document's content."""
        _log.info("document_not_given", error=type(error).__name__, reference=error.reference, reason=str(error))
        name, status = _PROBLEMS.get(type(error), ("store_busy", HTTPStatus.SERVICE_UNAVAILABLE))
        accepts = request.headers.get("accept-language")
        return self._renderer.page("problem", accepts, status=status, problem=name, reference=error.reference)


def _file(paper: Paper, form: str, packed: AsyncIterator[bytes]) -> Response:
    """Return the response with the file, under a name that does not identify its owner."""
    shown = f'{_SHOWN[form]}; filename="{paper.name}.{form}"'
    scripts = f"'sha256-{paper.script}'" if paper.script else "'none'"
    headers = {**headers_of(paper.language, paper.style, scripts=scripts), "Content-Disposition": shown}
    return StreamingResponse(unpack(packed), media_type=_TYPES[form], headers=headers)
