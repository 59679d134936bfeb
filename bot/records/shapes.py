"""The FHIR R4 data types that `decode` reads, as msgspec structs, and the base classes of the record values.

Every element is optional, as payers omit some. A record value is read from a resource, and immutable.

Extensions are identified by the last part of their URL, as older servers have other paths before it (fhir-notes 8).
References are relative, absolute, versioned, contained, a urn, or words only (F34, fhir-notes 10).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.written import Period, clean, period

NOTHING = msgspec.Raw()
"""The default of an element that is kept as raw JSON: absent."""

_ID = r"[A-Za-z0-9\-.]{1,64}"
_NO_END = "9999"
_LONGEST_ADDRESS = 160
_POINTS = re.compile(rf"(?:(?!#|urn:)[^?]*?/)??([A-Z][A-Za-z]+)/({_ID})(?:/_history/{_ID})?(?:\?.*)?", re.DOTALL)


V = TypeVar("V")


class Lazy(Generic[V]):
    """A descriptor that computes an attribute of an immutable object from others on first use, and keeps it there."""

    def __init__(self, read: Callable[..., V], *parts: str) -> None:
        self._read, self._parts, self._one, self._name = read, attrgetter(*parts), len(parts) == 1, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, holder: Any, owner: type | None = None) -> V:
        found = self._parts(holder)
        value = self._read(found) if self._one else self._read(*found)
        holder.__dict__[self._name] = value  # from here on it is found there, before this is asked
        return value


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """The base class of FHIR structs. Unknown elements are skipped; names are camelCase in JSON."""


class RecordShape(Shape, frozen=True):
    """The elements that every resource has."""

    resource_type: str = ""
    id: str = ""


class Coding(Shape, frozen=True):
    """A code of a code system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Shape, frozen=True):
    """A CodeableConcept: one meaning as codes of several code systems, as text, or both."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None

    def codes(self, system: str | None = None) -> tuple[str, ...]:
        """Return the codes of one code system, or of all if `system` is None, in the payer's order."""
        if len(self.coding) == 1:  # nearly always: a claim has dozens of them
            (only,) = self.coding
            return (only.code,) if only.code and (system is None or only.system == system) else ()
        return tuple(c.code for c in self.coding if c.code and (system is None or c.system == system))

    def words(self) -> str | None:
        """Return the payer's text, else the first display; None if there is only a code."""
        return clean(self.text) or next((d for d in (clean(c.display) for c in self.coding) if d), None)


class Identifier(Shape, frozen=True):
    """An identifier with its system, use and type."""

    system: str | None = None
    use: str | None = None
    value: str | None = None
    type: Concept | None = None

    def is_kind(self, code: str) -> bool:
        """Return whether the type of the identifier has this code, such as `uc` or `MB`."""
        return self.type is not None and code in self.type.codes()


class Reference(Shape, frozen=True):
    """A reference to another resource, by address, identifier or words only."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class MoneyShape(Shape, frozen=True):
    """The FHIR type Money."""

    value: Decimal | None = None
    currency: str | None = None


class PeriodShape(Shape, frozen=True):
    """The FHIR type Period."""

    start: str | None = None
    end: str | None = None


class HumanName(Shape, frozen=True):
    """A person's name in parts, in one text, or both."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    period: PeriodShape | None = None

    @property
    def is_past(self) -> bool:
        """Whether the name is marked as an earlier name or has an end date.

        An end in the year 9999 means that there is none.
        """
        end = (self.period.end if self.period is not None else None) or _NO_END
        return self.use in {"old", "maiden"} or not end.startswith(_NO_END)

    def words(self) -> str | None:
        """Return the name as one text: given name, family name, comma, suffix; None if the name is empty."""
        text = clean(self.text)
        if text:
            return text
        spoken = " ".join([*self.given, self.family or ""]).strip()
        if not spoken:
            return None
        return clean(", ".join([spoken, *self.suffix]))


class Telecom(Shape, frozen=True):
    """A phone number, an e-mail address or another telecom."""

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
    period: PeriodShape | None = None

    @property
    def zip5(self) -> str | None:
        """The first five digits of a US ZIP code; None if malformed."""
        digits = (self.postal_code or "").strip()[:5]
        return digits if len(digits) == 5 and digits.isdecimal() else None  # noqa: PLR2004 -- a ZIP has five digits

    def on_one_line(self, zip_code: str | None) -> str | None:
        """Return street, city, state and `zip_code` on one line; without these the payer's text, or None."""
        last = " ".join(part for part in (self.state, zip_code) if part)
        parts = (clean(part) for part in (*self.line, self.city, last))
        return ", ".join(part for part in parts if part) or clean(self.text, _LONGEST_ADDRESS)


class Attachment(Shape, frozen=True):
    """Embedded data in Base64. Linked data is never fetched (T40)."""

    data: str | None = None


class QuantityShape(Shape, frozen=True):
    """The FHIR type Quantity."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None


class RangeShape(Shape, frozen=True):
    """The FHIR type Range."""

    low: QuantityShape | None = None
    high: QuantityShape | None = None


class Annotation(Shape, frozen=True):
    """A note as text."""

    text: str | None = None


class Extension(Shape, frozen=True):
    """An extension with the value types that this bot reads. Complex extensions contain further extensions."""

    url: str = ""
    extension: tuple[Extension, ...] = ()
    value_string: str | None = None
    value_code: str | None = None
    value_url: str | None = None
    value_boolean: bool | None = None
    value_decimal: Decimal | None = None
    value_money: MoneyShape | None = None
    value_reference: Reference | None = None
    value_codeable_concept: Concept | None = None
    value_attachment: Attachment | None = None
    value_quantity: QuantityShape | None = None
    value_range: RangeShape | None = None
    value_human_name: HumanName | None = None
    value_annotation: Annotation | None = None


class Meta(Shape, frozen=True):
    """The server's metadata of a resource."""

    last_updated: str | None = None
    profile: tuple[str, ...] = ()


def best_name(names: Iterable[HumanName]) -> str | None:
    """Return the official name, else the usual one, else the first with words, or None. Past names come last."""
    order = {"official": 0, "usual": 1, None: 2}
    ranked = sorted(names, key=lambda name: 9 if name.is_past else order.get(name.use, 3))
    return next((words for words in (name.words() for name in ranked) if words), None)


def extensions_named(extensions: Iterable[Extension], name: str) -> Iterator[Extension]:
    """Yield the extensions whose URL ends with the name."""
    return (extra for extra in extensions if extra.url.rsplit("/", 1)[-1] == name)


def first_named(extensions: Iterable[Extension], name: str) -> Extension:
    """Return the first extension whose URL ends with the name; if there is none, an empty Extension."""
    return next(extensions_named(extensions, name), Extension())


class Key(NamedTuple):
    """The type and id of a referenced resource. `type` is "" for a contained resource (`#id`) and a urn."""

    type: str
    id: str


def key_of(reference: Reference | str | None) -> Key | None:
    """Return type and id of the referenced resource, without version; None for an identifier or words only."""
    text = reference.reference if isinstance(reference, Reference) else reference
    if not text:
        return None
    if found := _POINTS.fullmatch(text):
        return Key(found[1], found[2])
    return Key("", text.removeprefix("#")) if text.startswith(("#", "urn:")) else None


def display_of(reference: Reference | None) -> str | None:
    """Return the display of the reference, that is the payer's words for its target; None if there is none."""
    return clean(reference.display) if reference else None


def keys_of(references: Iterable[Reference]) -> tuple[Key, ...]:
    """Return the keys of those references that have one."""
    return tuple(key for reference in references if (key := key_of(reference)))


ReferencePair = tuple[Reference, Key | None]
"""A reference with its key."""


def pairs_of(references: Iterable[Reference]) -> tuple[ReferencePair, ...]:
    """Return the references with their keys."""
    return tuple([(reference, key_of(reference)) for reference in references])


def period_of(shape: PeriodShape | None) -> Period:
    """Return the period; without a start and an end if `shape` is None."""
    return period(shape.start, shape.end) if shape else Period()


SENSITIVE_CODES = frozenset(
    {"42CFRPart2", "ETH", "SUD", "ETHUD", "OPIOIDUD", "PSY", "MH", "BH", "PSYTHPN", "HIV", "STD", "SDV", "SEX"}
    | {"SUBSTAB", "ALC", "DRGIS", "GDIS", "SCA", "SICKLE", "ABUSE", "VIO", "SEXAS", "SPI", "TBOO"}
    | {"NORDSCLCD", "NORDSLCD", "NODSCLCD", "NOAUTH", "REDACTED", "MASKED", "R", "V"}
)
"""v3-Confidentiality R and V, v3-ActCode's laws, sensitivities and refrain policies, v3-ObservationValue's maskings."""

_UNSEEN = ("R",)
_MAY_LABEL = re.compile(rb'sec(?:urity"|-label)')  # half the time of looking for each of the two


def labels_of(raw: bytes | memoryview | msgspec.Raw) -> tuple[str, ...]:
    """Return the sensitive security labels anywhere in the resource, with its contained resources and elements, sorted.

    Returns ("R",), which means restricted, if the resource has labels but cannot be parsed.
    """
    body = bytes(raw)
    if not _MAY_LABEL.search(body):
        return ()  # most records carry none, and looking costs a whole parse
    found = set[str]()

    def noted(value: dict[str, Any]) -> dict[str, Any]:
        found.update(_labels(value))
        return value

    try:
        json.loads(body, object_hook=noted)
    except (ValueError, RecursionError):
        return _UNSEEN
    return tuple(sorted(found & SENSITIVE_CODES))


def _labels(value: dict[str, Any]) -> Iterator[str]:
    """Yield the codes of the security labels of an object itself, without those of its elements."""
    if isinstance(meta := value.get("meta"), dict):
        yield from _codes(meta.get("security"))
    if "sec-label" in str(value.get("url", "")):
        yield from _codes(value.get("valueCoding"))
        yield from _codes(value.get("valueCodeableConcept"))
        yield from _codes([{"code": value.get("valueCode")}])


def _codes(value: Any) -> Iterator[str]:
    """Yield the codes of a Coding, of a list of Codings, or of a CodeableConcept."""
    for coding in value if isinstance(value, list) else [value]:
        if isinstance(coding, dict):
            yield str(coding.get("code"))
            if "coding" in coding:
                yield from _codes(coding["coding"])


R = TypeVar("R", bound=RecordShape)
K = TypeVar("K")
T = TypeVar("T")
RawJson = bytes | msgspec.Raw


class Value:
    """The base class of values read from a resource by `__init__`. What the payer does not report is None or empty."""

    if not TYPE_CHECKING:  # the attributes are those that `__init__` sets, each once

        def __setattr__(self, name: str, value: object) -> None:
            if name in self.__dict__:
                raise AttributeError("what the payer said is not changed")
            self.__dict__[name] = value


class Record(Value):
    """A record of the member, read from a resource of the type `TYPE`.

    `labels` are the sensitive security labels of the resource or its Bundle; a labelled record is hidden until the
    member asks for it. `dropped` are the locations of elements that could not be read.

    Raises:
        Unreadable: the resource is damaged or of another type. The message never contains a value of the record.
    """

    TYPE: ClassVar[str]
    id: str
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    def _read(self, raw: RawJson, shape: type[R], labels: tuple[str, ...]) -> R:
        """Set the attributes that every record has, and return the elements of the resource."""
        found, dropped = decode(raw, shape)
        if found.resource_type != self.TYPE:
            raise Unreadable(f"not a {self.TYPE}")
        self.id, self.labels, self.dropped = found.id, tuple(sorted({*labels, *labels_of(raw)})), dropped
        return found


def grouped(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the rows grouped by their key, in order."""
    groups: dict[K, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
