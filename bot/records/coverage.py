"""A coverage: which plan, since when, under which numbers, and what it says of cost sharing (C4BB, C4DIC)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from bot.records.cost_share import CostShape, CostShare, cost_share
from bot.records.dates import Period, period
from bot.records.decode import Unreadable, decode
from bot.records.extensions import Extra, every, first
from bot.records.product_line import ProductLine, product_line
from bot.records.references import Key, key_of
from bot.records.sensitivity import labels_of
from bot.records.shapes import Concept, Identifier, PeriodShape, Reference, Shape
from bot.records.text import NOTE_LIMIT, clean

_DENTAL, _VISION, _DRUGS = (
    frozenset({"DENTAL", "DENTPRG", "DENTPOL"}),
    frozenset({"VISPOL"}),
    frozenset({"DRUGPOL"}),
)
_DENTAL_WORDS = re.compile(r"\bdental\b", re.IGNORECASE)
_VISION_WORDS = re.compile(r"\b(?:vision|optical|eye)\b", re.IGNORECASE)
_DRUG_WORDS = re.compile(r"\b(?:rx|drug|prescription|pharmacy|part d|pdp)\b", re.IGNORECASE)
_MEDICAL_WORDS = re.compile(r"\b(?:medical|health|hospital|ppo|hmo|pos)\b", re.IGNORECASE)


class _ClassShape(Shape, frozen=True):
    type: Concept | None = None
    value: str | None = None
    name: str | None = None


class _CoverageShape(Shape, frozen=True):
    resource_type: str = ""
    id: str = ""
    extension: tuple[Extra, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    type: Concept | None = None
    subscriber: Reference | None = None
    subscriber_id: str | None = None
    beneficiary: Reference | None = None
    dependent: str | None = None
    relationship: Concept | None = None
    period: PeriodShape | None = None
    payor: tuple[Reference, ...] = ()
    class_: tuple[_ClassShape, ...] = msgspec.field(default=(), name="class")
    order: int | None = None
    network: str | None = None
    cost_to_beneficiary: tuple[CostShape, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A number of the payer's with the name that goes with it; either may be missing."""

    value: str | None
    name: str | None

    @property
    def words(self) -> str | None:
        """The name, else the number."""
        return self.name or self.value


@dataclass(frozen=True, slots=True)
class Coverage:
    """One coverage. What the payer did not say is None or empty.

    `kind` is the first of the `codes` of its type (PPO, DENTPRG …) and `kind_words` the payer's words for it. `classes`
    are by type: group, plan, subplan, rxbin, rxpcn, rxgroup, rxid, network, division. `on_card` are the people that a
    digital card names (C4DIC), which the payer may or may not fill.
    """

    id: str
    status: str | None
    kind: str | None
    kind_words: str | None
    period: Period
    member_id: str | None
    subscriber_id: str | None
    dependent: str | None
    beneficiary: str | None
    subscriber: str | None
    relationship: str | None
    payer: str | None
    payer_key: Key | None
    classes: Mapping[str, Named]
    network: str | None
    order: int | None
    costs: tuple[CostShare, ...]
    on_card: tuple[str, ...]
    card_notes: tuple[str, ...]
    labels: tuple[str, ...]
    dropped: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def plan(self) -> Named | None:
        """The plan."""
        return self.classes.get("plan") or self.classes.get("subplan")

    @property
    def group(self) -> Named | None:
        """The group, mostly the employer's account."""
        return self.classes.get("group")

    @property
    def name(self) -> str | None:
        """What to call it: the plan's name, else the payer's words for its kind, else the group's name."""
        named = self.classes.get("plan") or self.classes.get("subplan")
        group = self.group.name if self.group else None
        return (named.name if named else None) or self.kind_words or group or (named.value if named else None)

    @property
    def networks(self) -> str | None:
        """The network or networks, as the payer writes them."""
        by_class = self.classes.get("network")
        return self.network or (by_class.words if by_class else None)

    @property
    def line(self) -> ProductLine | None:
        """The product line: medicare, medicaid or commercial; None where the record leaves it open."""
        plan, group = self.plan, self.group
        classes = [text for named in (plan, group) if named for text in (named.name, named.value)]
        return product_line(self.codes, (self.kind_words, self.payer, *classes), group=group is not None)

    @property
    def scope(self) -> str:
        """What it is for: `dental`, `vision` or `drugs`, by type or name; `medical` for any other."""
        types = {code.upper() for code in self.codes}
        words = " ".join(word for word in (self.kind_words, self.plan and self.plan.name) if word)
        broad = bool(_MEDICAL_WORDS.search(words)) or bool(types & {"PPO", "HMO", "POS", "EHCPOL", "MCPOL", "HIP"})
        for scope, codes, pattern in (
            ("dental", _DENTAL, _DENTAL_WORDS),
            ("vision", _VISION, _VISION_WORDS),
            ("drugs", _DRUGS, _DRUG_WORDS),
        ):
            if types & codes or (not broad and pattern.search(words)):
                return scope
        return "medical"

    @property
    def is_dental(self) -> bool:
        """True when it is for teeth."""
        return self.scope == "dental"

    def held(self, day: date) -> bool:
        """Whether it covered the member on that day, as its period says."""
        return self.status not in {"cancelled", "entered-in-error"} and self.period.includes(day)

    def state(self, today: date) -> str:
        """`current`, `ended`, `future`; `unclear` for a draft. A missing end means open (fhir-notes 5)."""
        start, end = self.period.start, self.period.end
        if self.status == "cancelled" or (end is not None and end.last < today):
            return "ended"
        if start is not None and start.first > today:
            return "future"
        return "current" if self.status in {None, "active"} else "unclear"


def read_coverage(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> Coverage:
    """The coverage in one Coverage resource.

    Raises:
        Unreadable: damaged, or of another type. The text never holds a value of the record.
    """
    shape, dropped = decode(raw, _CoverageShape)
    if shape.resource_type != "Coverage":
        raise Unreadable("not a Coverage")
    payer = shape.payor[0] if shape.payor else None
    return Coverage(
        id=shape.id,
        status=shape.status,
        kind=next(iter(shape.type.codes()), None) if shape.type else None,
        kind_words=shape.type.words() if shape.type else None,
        period=period(shape.period.start, shape.period.end) if shape.period else Period(),
        member_id=_member_id(shape.identifier),
        subscriber_id=clean(shape.subscriber_id),
        dependent=clean(shape.dependent),
        beneficiary=clean(shape.beneficiary.display) if shape.beneficiary else None,
        subscriber=clean(shape.subscriber.display) if shape.subscriber else None,
        relationship=next(iter(shape.relationship.codes()), None) if shape.relationship else None,
        payer=clean(payer.display) if payer else None,
        payer_key=key_of(payer),
        classes=_classes(shape.class_),
        network=clean(shape.network),
        order=shape.order,
        costs=tuple(share for cost in shape.cost_to_beneficiary if (share := cost_share(cost))),
        on_card=_on_card(shape.extension),
        card_notes=_notes(shape.extension),
        labels=tuple(sorted({*labels, *labels_of(raw)})),
        dropped=dropped,
        codes=shape.type.codes() if shape.type else (),
    )


def _member_id(identifiers: Iterable[Identifier]) -> str | None:
    return next((value for i in identifiers if i.is_kind("MB") and (value := clean(i.value))), None)


def _classes(shapes: Iterable[_ClassShape]) -> dict[str, Named]:
    """The first of each type; one without a type cannot be told."""
    found: dict[str, Named] = {}
    for shape in shapes:
        for code in shape.type.codes() if shape.type else ():
            named = Named(clean(shape.value), clean(shape.name))
            if named.words:
                found.setdefault(code.lower(), named)
    return found


def _on_card(extensions: Iterable[Extra]) -> tuple[str, ...]:
    names = (first(e.extension, "name").value_human_name for e in every(extensions, _BENEFICIARIES))
    return tuple(words for name in names if name and (words := name.words()))


def _notes(extensions: Iterable[Extra]) -> tuple[str, ...]:
    texts = (e.value_annotation.text for e in every(extensions, _CARD_NOTE) if e.value_annotation)
    return tuple(words for text in texts if (words := clean(text, NOTE_LIMIT)))


_BENEFICIARIES = "C4DIC-PlanBeneficiaries-extension"
_CARD_NOTE = "C4DIC-AdditionalCardInformation-extension"
