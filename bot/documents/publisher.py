"""From an answer's document to a link: printed in its formats off the event loop, then kept at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot.documents.desk import Documents, OfferedDocument, pack
from bot.documents.printer import Printer
from bot.message import Language, Person

# File names say nothing of a member.
_NAMES = {"claims": "health-claims", "receipt": "network-receipt", "checked": "network-list"}


class Publisher:
    """Prints documents and offers them."""

    def __init__(self, printer: Printer, documents: Documents) -> None:
        self._printer, self._documents = printer, documents

    async def offer(
        self,
        template: str,
        formats: Sequence[str],
        values: Mapping[str, object],
        language: Language,
        person: Person | None,
    ) -> OfferedDocument:
        """Where a document waits: for its person alone, or for anybody when there is none."""

        def printed() -> dict[str, bytes]:
            return {form: pack(self._printer.pieces(template, form, values, language)) for form in formats}

        files = await asyncio.to_thread(printed)
        name = _NAMES.get(template, template)
        return await self._documents.offer(name, language, self._printer.style, files, person)
