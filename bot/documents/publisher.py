"""Documents that open in a browser: a member's own behind a one-time link and a code, directory data behind a link.

A member's card also has a QR code for a provider's front desk, with a SMART Health Link: a FHIR resource, encrypted
behind a passcode; the key is only in the QR code. A viewer that sends the passcode gets the manifest over HTTP, and the
file, always encrypted. The rules are those of HL7's SMART Health Links specification
(hl7.org/fhir/uv/smart-health-cards-and-links).

A document is rendered in a worker thread. A zip file has the printed page and the spreadsheet besides files of its own.
A process makes one zip at a time, because a zip and its parts take about 30 MiB of memory.
"""

import asyncio
import base64
import io
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

import msgspec
import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.accounts import jose
from bot.accounts.codes import FORM_BYTES, Tries, digest, new_code, new_secret, same
from bot.accounts.render import PRIVATE
from bot.documents.desk import Documents, OfferedDocument, pack, packed_already
from bot.documents.printer import Printer
from bot.errors import CodeSpent, CodeWrong, DocumentOver, StoreError
from bot.message import Language, Person
from bot.ops.audit import Audit
from bot.ops.entrance import read_request
from bot.stores.sealed import SealedTable

CONTENT_TYPE = "application/fhir+json"
LIVES = 600.0  # seconds, as long as the page that shows the QR
_LINK, _ASKED, _OPENED = "health_link", "health_link_asked", "health_link_opened"
_KEY_BITS, _ABOUT = 256, "health-link"


class HealthLink(msgspec.Struct, frozen=True):
    """A stored link. Its key in the store is the SHA-256 of its id; `code` is the SHA-256 of the passcode.

    `encrypted` is the resource as a compact JWE, whose key is not stored. `file` is the last part of the URL at which a
    viewer gets the JWE alone. Only a viewer with the passcode learns that URL.
    """

    person: Person
    code: str
    file: str
    encrypted: str
    expires: float


class NewLink(NamedTuple):
    """A new link for its QR code, `shlink:/…` including the key, and the passcode that the chat shows."""

    shlink: str
    code: str


class HealthLinks:
    """Makes links, one valid link for each person, and opens them with the passcode."""

    def __init__(
        self, table: SealedTable, audit: Audit, public_url: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._store, self._audit = table, table.store, audit
        self._public_url, self._clock = public_url, clock
        self._tries = Tries(self._store, audit, _ASKED, LIVES, clock)

    async def offer(self, resource: bytes, person: Person) -> NewLink:
        """Encrypt and store a FHIR resource. Return its link and passcode; the key is in the link and is not stored.

        The person's earlier link becomes invalid.
        """
        link_id, code, key = new_secret(), new_code(), jose.OctKey.generate_key(_KEY_BITS)
        header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": CONTENT_TYPE}
        expires = self._clock() + LIVES
        link = HealthLink(person, digest(code), new_secret(), jose.jwe.encrypt_compact(header, resource, key), expires)
        await self._store.drop_owned(person.key, _LINK, _OPENED)
        await self._table.put(_LINK, digest(link_id), link, expires=expires, owner=person.key)
        shown = {"url": self.address(link_id), "key": str(key.as_dict()["k"]), "exp": int(expires)}
        payload = msgspec.json.encode({**shown, "flag": "P", "v": 1})  # P: a passcode is needed
        return NewLink("shlink:/" + base64.urlsafe_b64encode(payload).rstrip(b"=").decode(), code)

    def address(self, link_id: str) -> str:
        """Return the manifest's URL."""
        return f"{self._public_url}/shl/{link_id}"

    async def open(self, link_id: str, typed: str) -> HealthLink:
        """Return the stored link if the passcode is correct, any number of times until the link expires.

        Raises:
            DocumentOver: the link has expired, was replaced by a newer one, or the account was disconnected.
            CodeWrong: the passcode is wrong; has `tries_left`.
            CodeSpent: the passcode was wrong, and that was the last try; the link is deleted.
            StoreError: the opening cannot be recorded in the audit trail, so the link is not returned (T56).
        """
        link, key = await self._peek(link_id), digest(link_id)
        opened = int(await self._store.get(_OPENED, key) or b"0")
        over, person = partial(self._store.drop, _LINK, key), link.person
        await self._tries.check(
            key, typed, link.code, expires=link.expires, person=person, over=over, about=_ABOUT, right=opened
        )
        await self._store.put(_OPENED, key, str(opened + 1).encode(), expires=link.expires, owner=person.key)
        await self._audit.record("exported", person, detail=_ABOUT)
        return link

    async def file(self, link_id: str, name: str) -> str:
        """Return the JWE of a link; `name` is the `file` of the opened link.

        Raises:
            DocumentOver: the link has expired or was replaced, or has another `file`.
        """
        link = await self._peek(link_id)
        if not same(name, link.file):
            raise DocumentOver("no file of this link has that address")
        return link.encrypted

    async def _peek(self, link_id: str) -> HealthLink:
        link = await self._table.get(_LINK, digest(link_id), HealthLink)
        if link is None or link.expires <= self._clock():
            raise DocumentOver("the health link is over")
        return link


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
        """Respond with the manifest if the passcode is correct.

        Otherwise respond with 400 without a recipient, 401 and the tries left for a wrong passcode, 404 for an expired
        link, or 503 if the store cannot be used.
        """
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
        """Respond with the JWE alone; 404 for an expired link or another file name, 503 if the store cannot be used."""
        try:
            encrypted = await self._links.file(request.path_params["id"], request.path_params["file"])
        except (DocumentOver, StoreError) as error:
            return _refused(error)
        return PlainTextResponse(encrypted, headers=_HEADERS, media_type="application/jose")

    async def may_ask(self, _request: Request) -> Response:
        """Respond to a CORS preflight request, which allows a viewer's page to send the passcode."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_HEADERS)

    def _where(self, link_id: str, link: HealthLink, asked: _Asked) -> dict[str, str]:
        """Return the file for the manifest, or its URL if the file is longer than the viewer accepts."""
        longest = asked.embedded_length_max
        if longest is None or len(link.encrypted) <= longest:
            return {"embedded": link.encrypted}
        return {"location": f"{self._links.address(link_id)}/{link.file}"}


async def _asked(request: Request) -> _Asked | None:
    """Return the request's body; None if it is too long, is no manifest request, or has no recipient."""
    try:
        asked = msgspec.json.decode(await read_request(request, FORM_BYTES) or b"", type=_Asked)
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


Files = Iterable[tuple[str, Iterable[bytes]]]


def _add(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16  # health information: whoever unpacks it reads it alone
    with archive.open(info, "w") as file:
        for piece in pieces:
            file.write(piece)


# File names say nothing of a member.
_NAMES = {
    "claims": "health-claims",
    "results": "health-results",
    "receipt": "network-receipt",
    "checked": "network-list",
    "list": "provider-list",
    "contact": "provider",
    "card": "health-card",
    "deadline": "health-plan-deadline",
    "record": "health-record",
}
_INSIDE = {"html": "record.html", "csv": "claims.csv"}
"""The names of the printed files in a zip file."""


class Publisher:
    """Prints and stores documents."""

    def __init__(self, printer: Printer, documents: Documents, links: HealthLinks) -> None:
        self._printer, self._documents, self._links = printer, documents, links
        self._zips = asyncio.Semaphore(1)

    async def offer(
        self,
        template: str,
        formats: Sequence[str],
        values: Mapping[str, object],
        language: Language,
        person: Person | None,
        *,
        shared: bytes | None = None,
        files: Callable[[], Files] | None = None,
    ) -> OfferedDocument:
        """Print and store a document. Return its link: for its person alone, or open if there is no person.

        `shared` is a FHIR resource to hand over by a QR code in the page; the QR code has the same passcode as the
        page. `files` are put into one zip with the printed page and spreadsheet.
        """
        code = None
        if shared is not None and person is not None:
            link = await self._links.offer(shared, person)
            values, code = {**values, "qr": qr_svg(link.shlink)}, link.code

        def printed() -> dict[str, bytes]:
            return {form: pack(self._printer.pieces(template, form, values, language)) for form in formats}

        def archive(others: Callable[[], Files]) -> dict[str, bytes]:
            texts = {name: self._printer.pieces(template, form, values, language) for form, name in _INSIDE.items()}
            held = io.BytesIO()
            with zipfile.ZipFile(held, "w") as packed:
                for name, pieces in texts.items():
                    _add(packed, name, (text.encode() for text in pieces))
                for name, content in others():
                    _add(packed, name, content)
            return {"zip": packed_already(held.getvalue())}

        if files is None:
            made = await asyncio.to_thread(printed)
        else:
            async with self._zips:
                made = await asyncio.to_thread(archive, files)
        name = _NAMES.get(template, template)
        style, script = self._printer.style, self._printer.script
        return await self._documents.offer(name, language, style, made, person, code=code, script=script)


def qr_svg(text: str) -> Markup:
    """Return the QR code as SVG, dark on white in every colour scheme, as scanners need it; the page sets its size."""
    import segno  # noqa: PLC0415 -- one export needs it, and no start

    drawn = segno.make(text, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 -- drawn from modules here; the text itself is not in it
