"""A claim: an ExplanationOfBenefit as plain frozen values, whichever guide it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Generic, NoReturn, Self, TypeVar

import msgspec

from bot.records.amounts import Money, has_negative, money_of, owed_of, paid_by_patient, paid_of
from bot.records.bundle import Entry
from bot.records.dates import Period, parse_date, parse_instant
from bot.records.decode import Unreadable, decode, without_faults
from bot.records.explanation import Explanation
from bot.records.money import Amount
from bot.records.reasons import is_denied, network_status, payment_status, reasons_of, refused_lines
from bot.records.service import (
    ClaimKind,
    ServiceIs,
    dispensed_in,
    kind_of,
    names_in,
    performed_in,
    place,
    prescriber,
    seen,
    service_of,
    services_in,
    specialties,
    with_contained,
)
from bot.records.shapes import Names, Reference, key_of, labels_of, name_of
from bot.records.text import NOTE_LIMIT, clean

T = TypeVar("T")
_EOB = "ExplanationOfBenefit"


class Number(msgspec.Struct, frozen=True, gc=False):
    """A claim number with the system that issued it, if given."""

    value: str
    system: str | None = None

    def same(self, other: Number) -> bool:
        """Return whether the values are equal and the systems do not differ."""
        return self.value == other.value and (None in {self.system, other.system} or self.system == other.system)


class _Record:
    """The decoded resource of a claim; if `strict`, without the elements that its typed model rejects."""

    def __init__(
        self,
        raw: bytes | msgspec.Raw,
        names: Names,
        labels: tuple[str, ...],
        refused: tuple[str, ...] | None = None,
    ) -> None:
        self.eob, dropped = decode(raw, Explanation)
        self.dropped = (*(refused or ()), *dropped)
        self.raw, self.labels, self.strict, self.given = raw, labels, refused is not None, names

    @cached_property
    def names(self) -> Names:
        """The names of included and contained resources."""
        return with_contained(self.eob, self.given)

    @cached_property
    def kind(self) -> ClaimKind | None:
        """The kind of claim."""
        return kind_of(self.eob)

    @cached_property
    def money(self) -> Money:
        """All of its amounts."""
        return money_of(self.eob)

    @cached_property
    def service(self) -> tuple[Period, ServiceIs]:
        """The period of service, and whether only the processing date is known."""
        return service_of(self.eob, self.kind)


def _numbers(eob: Explanation) -> tuple[Number, ...]:
    """Return the claim numbers, the payer's unique one first; if no type is given, that is the first."""
    several = len(eob.identifier) > 1
    ranked = sorted(eob.identifier, key=lambda one: not one.is_kind("uc")) if several else eob.identifier
    return tuple(Number(i.value, i.system) for i in ranked if i.value)


def _id_of(reference: Reference | None) -> str | None:
    key = key_of(reference)
    return key.id if key else None


def _coverage(eob: Explanation) -> str | None:
    """Return the focal coverage's id, or the first one's if none is marked; None without a coverage."""
    focal = [i for i in eob.insurance if i.focal] or list(eob.insurance)[:1]
    return _id_of(focal[0].coverage) if focal else None


def _carriers(eob: Explanation) -> tuple[str, ...]:
    """Return the other payers' names: C4BB writes them as the display of coverages that are not focal."""
    rest = (one.coverage for one in eob.insurance if one.focal is False and one.coverage)
    return tuple(name for one in rest if not _id_of(one) and (name := clean(one.display)))


class _Fact(Generic[T]):
    """A fact of a claim, read from its resource on first use."""

    def __init__(self, read: Callable[[_Record], T]) -> None:
        self._read, self._name = read, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, claim: Claim, owner: type | None = None) -> T:
        value: T = self._read(vars(claim)["_record"])
        vars(claim)[self._name] = value  # from here on it is found there, before this is asked
        return value


def _of(read: Callable[..., T], *names: str) -> _Fact[T]:
    """Return the fact that `read` finds in the parts of a record with these names."""
    parts = attrgetter(*names)
    return _Fact((lambda record: read(parts(record))) if len(names) == 1 else lambda record: read(*parts(record)))


class Claim:
    """A claim. Absent values are None: nothing is zero unless the payer said zero.

    Each fact is read on first use, because of a page of claims only one or two are shown.

    Attributes:
        service_is: "processed" if only the adjudication date of a pharmacy claim is known.
        numbers: claim numbers, the payer's own first.
        replaces: the numbers of earlier versions; `replaced_by` those of later ones.
        replaced: True if a later version exists.
        denied: None if the payer did not say.
        network: how it was paid, not whether the provider is in the network today.
        services: the payer's texts for what was done.
        dispensed: the drugs of a fill.
        dropped: the locations of elements that could not be read.
        uninterpreted: True if it has a modifierExtension, which may change its meaning.
    """

    id: str
    use: str | None
    status: str | None
    outcome: str | None
    dropped: tuple[str, ...]
    uninterpreted: bool

    def __init__(self, record: _Record) -> None:
        eob = record.eob
        vars(self).update(
            _record=record,
            id=eob.id,
            use=eob.use,
            status=eob.status,
            outcome=eob.outcome,
            dropped=record.dropped,
            uninterpreted=bool(eob.modifier_extension),
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a claim is what the payer said")

    numbers = _of(_numbers, "eob")
    kind = _Fact(lambda of: of.kind)
    service = _Fact(lambda of: of.service[0])
    service_is = _Fact(lambda of: of.service[1])
    created = _of(parse_date, "eob.created")
    last_updated = _Fact(lambda of: parse_instant(of.eob.meta.last_updated) if of.eob.meta else None)
    patient = _of(_id_of, "eob.patient")
    seen = _of(seen, "eob", "names")
    specialties = _of(specialties, "eob")
    billing = _of(name_of, "eob.provider", "names")
    place = _of(place, "eob", "names")
    prescriber = _of(prescriber, "eob", "names")
    currency = _Fact(lambda of: of.money.currency)
    billed = _Fact(lambda of: of.money.get("billed"))
    allowed = _Fact(lambda of: of.money.get("allowed"))
    paid = _of(paid_of, "money")
    plan_paid = _Fact(lambda of: paid_of(of.money).amount)
    conflicting = _Fact(lambda of: of.money.conflicting)
    discount = _Fact(lambda of: of.money.get("discount"))
    prior_payer_paid = _Fact(lambda of: of.money.get("prior_payer"))
    owed = _Fact(lambda of: owed_of(of.money, fill=of.kind == "pharmacy"))
    paid_by_patient = _of(paid_by_patient, "money")
    payment_status = _of(payment_status, "eob")
    paid_on = _Fact(lambda of: parse_date(of.eob.payment.date) if of.eob.payment else None)
    denied = _of(is_denied, "eob", "money")
    refused = _of(refused_lines, "eob", "money")
    network = _of(network_status, "eob")
    reasons = _of(reasons_of, "eob")
    notes = _Fact(lambda of: tuple(n for n in (clean(note.text, NOTE_LIMIT) for note in of.eob.process_note) if n))
    replaces = _Fact(lambda of: _related(of.eob, "prior"))
    replaced_by = _Fact(lambda of: _related(of.eob, "replacedby"))
    replaced = _Fact(
        lambda of: any(one.relationship and "replacedby" in one.relationship.codes() for one in of.eob.related)
    )
    coverage = _of(_coverage, "eob")
    coverages = _Fact(lambda of: tuple(id_ for one in of.eob.insurance if (id_ := _id_of(one.coverage))))
    carriers = _of(_carriers, "eob")
    insurer = _of(name_of, "eob.insurer", "names")
    performed = _of(performed_in, "eob", "raw", "money.of_lines")
    labels = _Fact(lambda of: tuple(sorted({*of.labels, *labels_of(of.raw)})))
    lines = _of(len, "eob.item")
    sum_lines = _Fact(lambda of: of.money.sum_lines)
    services = _Fact(lambda of: services_in(of.eob) if of.kind != "pharmacy" else ())
    dispensed = _Fact(lambda of: dispensed_in(of.eob) if of.kind == "pharmacy" else ())
    is_reversal = _Fact(lambda of: has_negative(of.eob) and _is_reversal(of))
    """Whether its amounts take back another claim's; a negative amount is never owed."""

    def read_whole(self, *, performed: bool = False) -> Self:
        """Read every fact and drop the resource, so that many claims can be kept in memory.

        What was done is read only with `performed`; otherwise it is dropped with the resource.
        """
        if "_record" in vars(self):
            for name in _FACTS:
                if performed or name != "performed":
                    getattr(self, name)
            del vars(self)["_record"]
        return self

    def strictly(self) -> Claim:
        """Return the claim without the elements that its typed model rejects; unchanged if its resource was dropped.

        Takes a millisecond or more: call it in a thread, for claims that are shown in detail.
        """
        record: _Record | None = vars(self).get("_record")
        if record is None or record.strict:
            return self
        raw, refused = without_faults(record.raw, _EOB, Explanation)
        record.strict = not refused and raw == bytes(record.raw)
        return self if record.strict else Claim(_Record(raw, record.given, record.labels, refused))

    @property
    def resource(self) -> bytes | None:
        """The ExplanationOfBenefit as received; None once every fact was read."""
        record: _Record | None = vars(self).get("_record")
        return bytes(record.raw) if record is not None else None

    @property
    def explanation(self) -> Explanation:
        """The resource's elements; none once every fact was read."""
        record: _Record | None = vars(self).get("_record")
        return record.eob if record is not None else Explanation()

    @property
    def number(self) -> str | None:
        """The payer's claim number."""
        return self.numbers[0].value if self.numbers else None

    @property
    def decided(self) -> date:
        """The day on which the plan decided; long ago if it is unknown."""
        return self.created.first if self.created else date.min

    @property
    def sensitive(self) -> bool:
        """Whether it has a sensitive security label (42 CFR Part 2 and similar)."""
        return bool(self.labels)

    @property
    def is_partly_denied(self) -> bool:
        """Whether the plan paid some of it and refused some, according to its status or its lines."""
        return not self.denied and (bool(self.refused) or self.payment_status == "partiallypaid")

    @property
    def is_open(self) -> bool:
        """Whether the plan has not finished it, so that it may change."""
        return self.outcome in {"queued", "partial"}

    @property
    def is_pharmacy(self) -> bool:
        """Whether it is a pharmacy fill, which is no visit."""
        return self.kind == "pharmacy"

    @property
    def is_stay(self) -> bool:
        """Whether it is inpatient or institutional care, which may last for days and be billed long after it began."""
        return self.kind in {"inpatient", "institutional"}

    @property
    def is_draft(self) -> bool:
        """Whether it is a draft: it is shown with a caveat, because one payer marks all of its claims so."""
        return self.status == "draft"

    def follows(self, other: Claim) -> bool:
        """Return whether this claim replaces the other one, according to either of them, by number."""
        named = any(own.same(number) for own in other.numbers for number in self.replaces)
        return self.id != other.id and (named or any(own.same(n) for own in self.numbers for n in other.replaced_by))

    def amount(self, aspect: str | None) -> Amount | None:
        """Return the amount for the pack's name of it; what is owed for None; None for an unknown name."""
        known = {
            **dict.fromkeys((None, "owed", "out_of_pocket_max"), self.owed.amount),
            "billed": self.billed,
            "allowed": self.allowed,
            "plan_paid": self.plan_paid,
            "deductible": self.owed.deductible,
            "copay": self.owed.copay,
            "coinsurance": self.owed.coinsurance,
            "not_covered": self.owed.noncovered,
            "paid_by_patient": self.paid_by_patient,
            "discount": self.discount or less(self.billed, self.allowed),
        }
        return known.get(aspect)


def read_claim(
    raw: bytes | msgspec.Raw, names: Names | None = None, labels: tuple[str, ...] = (), *, strict: bool = False
) -> Claim:
    """Return the claim in an ExplanationOfBenefit; `strict` as in `Claim.strictly`.

    `names` are those of the resources that came with it (`people.names_in`), `labels` those of the Bundle.

    Raises:
        Unreadable: damaged, or of another type. The message never contains a value of the record.
    """
    raw, refused = without_faults(raw, _EOB, Explanation) if strict else (raw, None)
    record = _Record(raw, {} if names is None else names, labels, refused)
    if record.eob.resource_type != _EOB:
        raise Unreadable("not an ExplanationOfBenefit")
    return Claim(record)


def read_claims(
    entries: Iterable[Entry], *, whole: bool = False, performed: bool = False, strict: bool = False
) -> tuple[tuple[Claim, ...], int]:
    """Return the claims among a page's matches, in order, and how many could not be read.

    The names of included resources are used. `whole` reads every fact at once, so that no page is kept in memory; with
    `performed` also what was done. `strict` as in `Claim.strictly`.
    """
    rows = tuple(entries)
    names = names_in(rows)
    claims: list[Claim] = []
    unreadable = 0
    for entry in rows:
        if entry.mode != "match":
            continue
        try:
            claim = read_claim(entry.raw, names, entry.labels, strict=strict)
            claims.append(claim.read_whole(performed=performed) if whole else claim)
        except Unreadable:
            unreadable += 1
    return tuple(claims), unreadable


def _related(eob: Explanation, relationship: str) -> tuple[Number, ...]:
    """The numbers of related claims; `related.reference` is an Identifier, not a Reference."""
    found = [one.reference for one in eob.related if one.relationship and relationship in one.relationship.codes()]
    return tuple([Number(one.value, one.system) for one in found if one and one.value])


def _is_reversal(of: _Record) -> bool:
    """Return whether the billed amount is negative; without one, whether no amount is positive and one is negative.

    A small negative share besides a positive charge is a credit, which is shown with its sign.
    """
    billed = of.money.get("billed")
    if billed is not None and billed.value:
        return billed.value < 0
    others = (of.money.get("allowed"), paid_of(of.money).amount, owed_of(of.money).amount)
    values = [amount.value for amount in others if amount is not None]
    return any(value < 0 for value in values) and all(value <= 0 for value in values)


def less(billed: Amount | None, allowed: Amount | None) -> Amount | None:
    """Return the charge minus the plan's price; None if one of them is unknown."""
    if billed is None or allowed is None or billed.currency != allowed.currency or billed.value < allowed.value:
        return None
    return billed - allowed


_FACTS = tuple(name for name, fact in vars(Claim).items() if isinstance(fact, _Fact))
