"""Extensions with the value types that coverages and drug lists use, found by the last part of their address.

The last part is enough: older servers spell the path before it otherwise (fhir-notes 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from bot.records.shapes import Concept, HumanName, MoneyShape, Reference, Shape


class Annotation(Shape, frozen=True):
    """A note in words."""

    text: str | None = None


class Extra(Shape, frozen=True):
    """One extension; complex ones hold others."""

    url: str = ""
    extension: tuple[Extra, ...] = ()
    value_string: str | None = None
    value_url: str | None = None
    value_boolean: bool | None = None
    value_decimal: Decimal | None = None
    value_money: MoneyShape | None = None
    value_codeable_concept: Concept | None = None
    value_reference: Reference | None = None
    value_human_name: HumanName | None = None
    value_annotation: Annotation | None = None


def every(extensions: Iterable[Extra], name: str) -> Iterator[Extra]:
    """Those whose address ends with the name."""
    return (extra for extra in extensions if extra.url.rsplit("/", 1)[-1] == name)


def first(extensions: Iterable[Extra], name: str) -> Extra:
    """The first whose address ends with the name, else one without a value."""
    return next(every(extensions, name), Extra())
