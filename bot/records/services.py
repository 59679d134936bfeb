"""What a claim was for, in the payer's own words: the texts of its lines, from a reading of nothing else."""

from __future__ import annotations

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.shapes import Concept, Shape


class _Line(Shape, frozen=True):
    product_or_service: Concept | None = None
    revenue: Concept | None = None


class _Lines(Shape, frozen=True):
    item: tuple[_Line, ...] = ()


def services_in(raw: bytes | msgspec.Raw) -> tuple[str, ...]:
    """The texts of an ExplanationOfBenefit's lines in its order, each once; codes without a text say nothing.

    No code list is consulted: CPT, NUBC and CDT texts are licensed (fhir-notes 4.3).
    """
    try:
        lines, _ = decode(raw, _Lines)
    except Unreadable:
        return ()
    texts = (_words(line.product_or_service) or _words(line.revenue) for line in lines.item)
    return tuple(dict.fromkeys(words for words in texts if words))


def _words(what: Concept | None) -> str | None:
    return what.words() if what else None
