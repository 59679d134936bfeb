"""The FHIR R4 data types that the slim reading knows, as msgspec structs. Every element is optional: payers omit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from bot.records.text import clean

NOTHING = msgspec.Raw()
"""An absent element that would have stayed unread."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """The base: unknown elements are skipped, names are FHIR's camelCase on the wire."""


class Coding(Shape, frozen=True):
    """One code of one system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Shape, frozen=True):
    """A CodeableConcept: the same idea in several systems, or only in words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None

    def codes(self, system: str | None = None) -> tuple[str, ...]:
        """The codes, of one system or of all, in the payer's order."""
        if len(self.coding) == 1:  # nearly always: a claim has dozens of them
            (only,) = self.coding
            return (only.code,) if only.code and (system is None or only.system == system) else ()
        return tuple(c.code for c in self.coding if c.code and (system is None or c.system == system))

    def words_of_its_own(self) -> str | None:
        """The text, without any coding's display."""
        return clean(self.text)

    def words(self) -> str | None:
        """The payer's own words, else the first display; never a bare code."""
        return clean(self.text) or next((d for d in (clean(c.display) for c in self.coding) if d), None)


class Identifier(Shape, frozen=True):
    """A number that somebody gave, with its kind."""

    system: str | None = None
    value: str | None = None
    type: Concept | None = None

    def is_kind(self, code: str) -> bool:
        """True when the type says this kind, such as `uc` or `MB`."""
        return self.type is not None and code in self.type.codes()


class Reference(Shape, frozen=True):
    """A pointer to another resource, or only words about it."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class MoneyShape(Shape, frozen=True):
    """Money as FHIR writes it."""

    value: Decimal | None = None
    currency: str | None = None


class PeriodShape(Shape, frozen=True):
    """A time span as FHIR writes it."""

    start: str | None = None
    end: str | None = None


class HumanName(Shape, frozen=True):
    """A person's name in parts, in one text, or both."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()

    def words(self) -> str | None:
        """The name as it is spoken: the text, else given and family with the suffix behind a comma."""
        text = clean(self.text)
        if text:
            return text
        spoken = " ".join([*self.given, self.family or ""]).strip()
        if not spoken:
            return None
        return clean(", ".join([spoken, *self.suffix]))


class Telecom(Shape, frozen=True):
    """A phone number, an e-mail or another way to reach somebody."""

    system: str | None = None
    value: str | None = None
    use: str | None = None
    rank: int | None = None
    period: PeriodShape | None = None


class Address(Shape, frozen=True):
    """A postal address."""

    use: str | None = None
    line: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    text: str | None = None

    @property
    def zip5(self) -> str | None:
        """The first five digits of a US ZIP code."""
        digits = (self.postal_code or "").strip()[:5]
        return digits if len(digits) == 5 and digits.isdecimal() else None  # noqa: PLR2004 -- a ZIP has five digits


class Attachment(Shape, frozen=True):
    """Data in place, in Base64; what is only linked is never fetched (T40)."""

    content_type: str | None = None
    data: str | None = None


class YearsShape(Shape, frozen=True):
    """One end of a range of ages."""

    value: Decimal | None = None
    unit: str | None = None
    code: str | None = None

    @property
    def years(self) -> int | None:
        """Whole years; 0 for weeks and months, which are the first of a life."""
        if not isinstance(self.value, Decimal) or not self.value.is_finite():
            return None
        unit = (self.code or self.unit or "a").casefold()
        return int(self.value) if unit[:1] in {"a", "y"} else 0


class RangeShape(Shape, frozen=True):
    """From `low` to `high`, each possibly not given."""

    low: YearsShape | None = None
    high: YearsShape | None = None


class Extension(Shape, frozen=True):
    """An extension with the value types that this bot reads."""

    url: str | None = None
    extension: tuple[Extension, ...] = ()
    value_string: str | None = None
    value_code: str | None = None
    value_reference: Reference | None = None
    value_codeable_concept: Concept | None = None
    value_attachment: Attachment | None = None
    value_range: RangeShape | None = None


class Meta(Shape, frozen=True):
    """What the server says about a resource."""

    version_id: str | None = None
    last_updated: str | None = None
    profile: tuple[str, ...] = ()


def best_name(names: Iterable[HumanName]) -> str | None:
    """The official or usual name when one is marked, else the first that has words; old names last."""
    order = {"official": 0, "usual": 1, None: 2}
    ranked = sorted(names, key=lambda name: 9 if name.use in {"old", "maiden"} else order.get(name.use, 3))
    return next((words for words in (name.words() for name in ranked) if words), None)
