"""Documents that open in a browser: a member's own behind a one-time link and a code, directory data behind a link.

A member's card also has a QR code for a provider's front desk.
"""

import asyncio
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup

from bot.documents.desk import Documents, OfferedDocument, pack, packed_already
from bot.documents.links import HealthLinks
from bot.documents.printer import Printer
from bot.message import Language, Person

Files = Iterable[tuple[str, Iterable[bytes]]]


def zipped(printed: Mapping[str, Iterable[str]], files: Files) -> bytes:
    """Return a zip file of printed texts and of further files, in this order; the same files give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, texts in printed.items():
            _add(archive, name, (text.encode() for text in texts))
        for name, pieces in files:
            _add(archive, name, pieces)
    return held.getvalue()


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
        self.drawer = documents.drawer

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
            return {"zip": packed_already(zipped(texts, others()))}

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
