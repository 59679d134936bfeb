"""What an answer gives to be read in a browser: a template with its values, and how the kernel offers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.kit.ask import Summary


@dataclass(frozen=True, slots=True)
class Document:
    """A page to open, print or download: `templates/documents/<template>` in each of the formats, with these values.

    `shared` is the JSON of a FHIR resource that the page hands over: its template gets a QR code (`qr`) of a SMART
    Health Link to it. Only a member's own page has one, and its code is the link's passcode.
    """

    template: str
    values: Mapping[str, object]
    formats: tuple[str, ...] = ("html",)
    shared: bytes | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """How the person gets it: behind the link `document`, with the code when it is theirs alone, for so long."""

    minutes: int
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithDocument(Summary):
    """An answer with a document. The answer sets `document`; the kernel keeps it and sets `offer` for the template."""

    document: Document | None = None
    offer: Offer | None = None
