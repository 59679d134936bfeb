"""Stores documents until they are downloaded. A document is encrypted twice, and a person has one at a time.

The store and the bot's own keys are not enough to read a document: the inner key is derived from the link's id, of
which only the hash is stored. Over HTTP, GET changes nothing. A person's own document is returned only through our form
with the code, and each of its files only once.
"""

import hashlib
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.accounts import codes
from bot.accounts.render import Renderer, headers_of
from bot.accounts.rows import Access
from bot.errors import CodeWrong, Disconnected, DocumentOver
from bot.message import Language, Person
from bot.ops.audit import Audit
from bot.stores.sealed import SealedTable, Vault

KEPT = 3_600.0  # seconds at most, also for a sign-in that is renewed for months
_KIND = "drawer"


class SealedDrawer:
    """Stores values about one record for a short time. The person owns the rows, so that unlinking deletes them.

    `holds` returns whether the account link with which the record is read is still the person's current one.
    """

    def __init__(
        self,
        table: SealedTable,
        person: Person,
        access: Access,
        holds: Callable[[], Awaitable[bool]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._owner, self._holds, self._clock = table, person.key, holds, clock
        self._front = codes.digest(f"{access.link_id}\x1f{access.patient}")
        self._ends = None if access.renewable else access.expires_at

    async def get(self, name: str) -> bytes | None:
        """Return the value stored under a name; None if there is none."""
        return await self._table.get(_KIND, self._key(name))

    async def put(self, name: str, value: bytes) -> None:
        """Store a value under a name for at most an hour, and no longer than the sign-in is valid.

        Raises:
            Disconnected: the person unlinked meanwhile; nothing is kept.
        """
        hour = self._clock() + KEPT
        expires = hour if self._ends is None else min(hour, self._ends)
        await self._table.put(_KIND, self._key(name), value, expires=expires, owner=self._owner)
        if not await self._holds():
            await self._table.store.drop(_KIND, self._key(name))
            raise Disconnected("the link changed while the record was read")

    async def clear(self) -> None:
        """Delete all stored values of this person for all records, because one file is made at a time."""
        await self._table.store.drop_owned(self._owner, _KIND)

    def _key(self, name: str) -> str:
        return f"{self._front}.{name}"


PRIVATE_LIVES = 600.0  # seconds, as long as a sign-in's link
OPEN_LIVES = 86_400.0
OPERATOR = "operator"
"""The platform of the operator, whose code is shown in a terminal and not in a chat."""
_PAPER, _FILE, _CURRENT, _TRY = "document", "document_file", "document_current", "document_try"
_PIECE = 64 * 1024
ROW = 1024 * 1024
"""The most bytes of a file in one row of the store."""


class Paper(msgspec.Struct, frozen=True):
    """A stored document. Its key in the store is the SHA-256 of its id.

    `code` is the SHA-256 of the code, None if the document needs none. `person` is the owner, None for directory data.
    `formats` are the formats of its files. `style` and `script` are the hashes of the page's one style and one script;
    `script` is "" without one. A large file is stored in pieces: `more` is the number of pieces after the first, by
    format.
    """

    person: Person | None
    name: str
    formats: tuple[str, ...]
    language: Language
    style: str
    expires: float
    code: str | None = None
    more: dict[str, int] = {}
    script: str = ""

    def rows(self, key: str, form: str) -> list[str]:
        """Return the keys of the rows with the pieces of the file in format `form`, in order."""
        return [f"{key}.{form}", *(f"{key}.{form}.{at}" for at in range(1, self.more.get(form, 0) + 1))]

    @property
    def owner(self) -> str:
        """The key of the person who owns the document's rows; "" for directory data."""
        return self.person.key if self.person else ""


class OfferedDocument(NamedTuple):
    """The link to a document, its lifetime in minutes, and the code to type on its page if it needs one."""

    url: str
    minutes: int
    code: str | None


class Documents:
    """Stores printed documents and returns them."""

    def __init__(
        self, table: SealedTable, audit: Audit, public_url: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._store, self._audit = table, table.store, audit
        self._public_url, self._clock = public_url, clock
        self._tries = codes.Tries(self._store, audit, _TRY, PRIVATE_LIVES, clock)

    async def offer(
        self,
        name: str,
        language: Language,
        style: str,
        files: dict[str, bytes],
        person: Person | None,
        *,
        code: str | None = None,
        script: str = "",
    ) -> OfferedDocument:
        """Store compressed files by format, and return the link to the document.

        A person's own document needs a code and replaces their earlier one. Without a person, the document is open for
        a day. `code` is the code to use if one was made already.
        """
        document_id, code = codes.new_secret(), (code or codes.new_code()) if person else None
        key, owner = codes.digest(document_id), person.key if person else ""
        lives = PRIVATE_LIVES if person else OPEN_LIVES
        expires, hashed = self._clock() + lives, codes.digest(code) if code else None
        more = {form: (len(packed) - 1) // ROW for form, packed in files.items() if len(packed) > ROW}
        paper = Paper(person, name, tuple(files), language, style, expires, hashed, more, script)
        if person:
            await self._store.drop_owned(owner, _PAPER, _FILE)
            await self._store.put(_CURRENT, owner, key.encode(), expires=paper.expires, owner=owner)
        for form, packed in files.items():
            for at, row in enumerate(paper.rows(key, form)):
                piece = packed[at * ROW : (at + 1) * ROW]
                await self._put(_FILE, row, _lock(document_id).seal(piece, _label(form, at)), paper)
        await self._put(_PAPER, key, paper, paper)
        url = f"{self._public_url}/document/{document_id}"
        return OfferedDocument(url, round(lives / 60), codes.with_dash(code) if code else None)

    async def peek(self, document_id: str) -> Paper:
        """Return the document of a link, without any change to it.

        Raises:
            DocumentOver: the document has expired, was downloaded, or was replaced.
        """
        key = codes.digest(document_id)
        paper = await self._table.get(_PAPER, key, Paper)
        if paper is None or paper.expires <= self._clock():
            raise DocumentOver("the document is over, by its own seal, whatever the row's column says")
        if paper.owner and await self._store.get(_CURRENT, paper.owner) != key.encode():
            raise DocumentOver("the document was fetched, or was replaced")
        return paper

    async def read(self, document_id: str, form: str) -> AsyncIterator[bytes]:
        """Return the compressed pieces of an open document's file, which stays in the store.

        Raises:
            DocumentOver: as in `peek`, or the document needs a code.
        """
        paper = await self.peek(document_id)
        if paper.code is not None:
            raise DocumentOver("a document with a code is not read without one")
        return await self._pieces(document_id, form, paper.rows(codes.digest(document_id), form), self._table.get)

    async def fetch(self, document_id: str, form: str, typed: str) -> AsyncIterator[bytes]:
        """Check the code, remove a file from the store and return its compressed pieces.

        Of several concurrent requests, only one gets the file.

        Raises:
            DocumentOver: as in `peek`, or this file was downloaded before.
            CodeWrong: the code is wrong; has `tries_left`.
            CodeSpent: the code was wrong, and that was the last try; the document is deleted.
            StoreError: the download cannot be recorded in the audit trail, so the file is not returned (T56).
        """
        paper, key = await self.peek(document_id), codes.digest(document_id)

        async def over() -> None:
            await self._store.drop(_PAPER, key)
            for row in (row for one in paper.formats for row in paper.rows(key, one)):
                await self._store.drop(_FILE, row)

        await self._tries.check(
            key, typed, paper.code or "", expires=paper.expires, person=paper.person, over=over, about=paper.name
        )
        pieces = await self._pieces(document_id, form, paper.rows(key, form), self._table.take)
        await self._audit.record("exported", paper.person, detail=f"{paper.name}.{form}")
        left = [other for other in paper.formats if await self._store.get(_FILE, f"{key}.{other}")]
        if not left:
            await self._store.drop(_PAPER, key)
        return pieces

    async def _pieces(
        self, document_id: str, form: str, rows: Sequence[str], get: Callable[[str, str], Awaitable[bytes | None]]
    ) -> AsyncIterator[bytes]:
        """Return an iterator over the decrypted pieces of these rows, with one piece in memory at a time.

        Raises:
            DocumentOver: the first piece is missing. A later missing piece raises during the iteration.
        """
        first = _opened(document_id, form, await get(_FILE, rows[0]))

        async def pieces() -> AsyncIterator[bytes]:
            yield first
            for at, row in enumerate(rows[1:], 1):
                yield _opened(document_id, _label(form, at), await get(_FILE, row))

        return pieces()

    async def _put(self, kind: str, key: str, value: object, paper: Paper) -> None:
        await self._table.put(kind, key, value, expires=paper.expires, owner=paper.owner)


def _label(form: str, at: int) -> str:
    """Return the associated data with which a piece is encrypted, so that pieces cannot be exchanged."""
    return f"{form}.{at}" if at else form


def _opened(document_id: str, form: str, inner: bytes | None) -> bytes:
    packed = None if inner is None else _lock(document_id).unseal(inner, form)
    if packed is None:
        raise DocumentOver("this file was fetched before")
    return packed


def _lock(document_id: str) -> Vault:
    """Return the encryption whose key is derived from the link's id."""
    return Vault([hashlib.sha256(f"document {document_id}".encode()).digest()])


def packed_already(file: bytes) -> bytes:
    """Return a compressed file, such as a zip, in the form in which files are stored, without compressing it again."""
    return zlib.compress(file, 0)


def pack(pieces: Iterable[str]) -> bytes:
    """Return the pieces of a text compressed one by one, so that the text is never in memory as a whole."""
    packer, packed = zlib.compressobj(6), bytearray()
    for piece in pieces:
        packed += packer.compress(piece.encode())
    return bytes(packed + packer.flush())


async def unpack(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the decompressed bytes of a stored file in small pieces."""
    unpacker = zlib.decompressobj()
    async for packed in pieces:
        left = packed
        while left:
            yield unpacker.decompress(left, _PIECE)
            left = unpacker.unconsumed_tail
    yield unpacker.flush()


_TYPES = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "ics": "text/calendar; charset=utf-8",
    "vcf": "text/vcard; charset=utf-8",
    "zip": "application/zip",
}
_SHOWN = {**dict.fromkeys(_TYPES, "attachment"), "html": "inline"}


class Pages:
    """Serves the documents and the form before them. Errors are raised, and `PageGuard` shows them."""

    def __init__(self, documents: Documents, renderer: Renderer, public_url: str) -> None:
        self._documents, self._renderer = documents, renderer
        self._forms = codes.FormTokens(codes.Cookies(public_url, PRIVATE_LIVES), "document")

    def routes(self) -> list[Route]:
        """Return the routes GET and POST /document/{id}."""
        return [
            Route("/document/{id}", self.show, methods=["GET"]),
            Route("/document/{id}", self.hand_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show an open document, or the form that asks for the code; link previews get no details (T29)."""
        if codes.is_preview(request):
            return self._renderer.page("preview", request.headers.get("accept-language"))
        document_id = request.path_params["id"]
        paper = await self._documents.peek(document_id)
        if paper.code is None:
            asked = (request.query_params.get("as"), "html", *paper.formats)
            form = next(one for one in asked if one in paper.formats)
            return _file(paper, form, await self._documents.read(document_id, form))
        return self._form(request, document_id, paper)

    async def hand_out(self, request: Request) -> Response:
        """Return the requested file; the form again if the code is wrong or another page sent the request (T14)."""
        document_id, fields = request.path_params["id"], await codes.fields_of(request)
        paper, form = await self._documents.peek(document_id), fields.get("format", "")
        if not self._forms.is_ours(request, fields, document_id) or form not in paper.formats:
            return self._form(request, document_id, paper, again=True)
        try:
            return _file(paper, form, await self._documents.fetch(document_id, form, fields.get("code", "")))
        except CodeWrong as error:
            return self._form(request, document_id, paper, tries_left=error.facts["tries_left"])

    def _form(self, request: Request, document_id: str, paper: Paper, **said: object) -> Response:
        secret = self._forms.secret(request)
        page = self._renderer.page(
            "document",
            paper.language,
            status=HTTPStatus.FORBIDDEN if said else HTTPStatus.OK,
            form_action="'self'",
            token=codes.form_token(secret, document_id),
            formats=paper.formats,
            terminal=paper.person is not None and paper.person.platform == OPERATOR,
            tries_left=said.get("tries_left"),
            again=said.get("again", False),
        )
        self._forms.keep(page, secret)
        return page


def _file(paper: Paper, form: str, packed: AsyncIterator[bytes]) -> Response:
    """Return the response with the file, under a name that does not identify its owner."""
    shown = f'{_SHOWN[form]}; filename="{paper.name}.{form}"'
    scripts = f"'sha256-{paper.script}'" if paper.script else "'none'"
    headers = {**headers_of(paper.language, paper.style, scripts=scripts), "Content-Disposition": shown}
    return StreamingResponse(unpack(packed), media_type=_TYPES[form], headers=headers)
