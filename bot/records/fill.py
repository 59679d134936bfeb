"""What a pharmacy claim says was filled: the drug by the payer's words, its code, and for how many days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.money import believable
from bot.records.quantity import QuantityShape
from bot.records.shapes import Concept, Shape

_NDC = "http://hl7.org/fhir/sid/ndc"


class _Ingredient(Shape, frozen=True):
    product_or_service: Concept | None = None


class _Line(Shape, frozen=True):
    product_or_service: Concept | None = None
    quantity: QuantityShape | None = None
    detail: tuple[_Ingredient, ...] = ()


class _Info(Shape, frozen=True):
    category: Concept | None = None
    value_quantity: QuantityShape | None = None


class _FillShape(Shape, frozen=True):
    id: str = ""
    item: tuple[_Line, ...] = ()
    supporting_info: tuple[_Info, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill: `name` in the payer's words, several for a compound; `ndc` and `days` where they are told."""

    id: str
    name: str | None
    ndc: str | None
    quantity: Decimal | None
    days: Decimal | None

    @property
    def what(self) -> str:
        """The same drug has the same words, else the same code; a fill without either stands for itself."""
        return (self.name or self.ndc or self.id).casefold()


def read_fill(raw: bytes | msgspec.Raw) -> Fill:
    """The fill in one pharmacy ExplanationOfBenefit (fhir.md 4.4, 4.6).

    Raises:
        Unreadable: damaged JSON.
    """
    shape, _ = decode(raw, _FillShape)
    line = shape.item[0] if shape.item else _Line()
    ingredients = _words(part.product_or_service for part in line.detail)
    ndc = line.product_or_service.codes(_NDC) if line.product_or_service else ()
    supplies = (info for info in shape.supporting_info if info.category and "dayssupply" in info.category.codes())
    return Fill(
        id=shape.id,
        name=", ".join(ingredients) or next(iter(_words([line.product_or_service])), None),
        ndc=next(iter(ndc), None),
        quantity=_number(line.quantity),
        days=next((days for info in supplies if (days := _number(info.value_quantity))), None),
    )


def fill_or_none(raw: bytes | msgspec.Raw) -> Fill | None:
    """The fill, None when it cannot be read."""
    try:
        return read_fill(raw)
    except Unreadable:
        return None


def _words(concepts: Iterable[Concept | None]) -> list[str]:
    return [words for concept in concepts if concept and (words := concept.words())]


def _number(shape: QuantityShape | None) -> Decimal | None:
    return believable(shape.value) if shape else None
