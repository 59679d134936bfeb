"""A claim: an ExplanationOfBenefit of any supported guide as plain, immutable values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from operator import attrgetter, itemgetter, methodcaller
from typing import NoReturn, Self, TypeVar

import msgspec

from bot.records.amounts import money_of, owed_of, paid_by_patient, paid_of, price_cut, why_of
from bot.records.bundle import Entry
from bot.records.decode import Unreadable, decode, without_faults
from bot.records.explanation import Explanation, Related
from bot.records.money import Amount
from bot.records.reasons import contract_of, is_denied, network_status, payment_status, reasons_of, refused_lines
from bot.records.service import (
    Names,
    ServiceIs,
    diagnosed_in,
    dispensed_in,
    kind_of,
    names_in,
    performed_in,
    place_name,
    prescriber,
    provider_name,
    service_of,
    services_in,
    specialties,
    titles_in,
)
from bot.records.shapes import Lazy, RawJson, Reference, key_of, labels_of
from bot.records.written import Period, clean, parse_date, parse_instant

T = TypeVar("T")
_EOB = "ExplanationOfBenefit"
_NEGATIVE = re.compile(rb'value"\s*:\s*-')


class ClaimNumber(msgspec.Struct, frozen=True, gc=False):
    """A claim number, and the identifier system of its issuer if given."""

    value: str
    system: str | None = None

    def matches(self, other: ClaimNumber) -> bool:
        """Return whether the values are equal, and the systems are equal or one of them is missing."""
        return self.value == other.value and (None in {self.system, other.system} or self.system == other.system)


def _numbers(eob: Explanation) -> tuple[ClaimNumber, ...]:
    """Return the claim numbers, the payer's unique number first; in the resource's order if no number has a type."""
    several = len(eob.identifier) > 1
    ranked = sorted(eob.identifier, key=lambda one: not one.is_kind("uc")) if several else eob.identifier
    return tuple(ClaimNumber(i.value, i.system) for i in ranked if i.value)


def _id_of(reference: Reference | None) -> str | None:
    key = key_of(reference)
    return key.id if key else None


def _coverage(eob: Explanation) -> str | None:
    """Return the id of the focal coverage, or of the first one if none is marked as focal; None without a coverage."""
    focal = [i for i in eob.insurance if i.focal] or list(eob.insurance)[:1]
    return _id_of(focal[0].coverage) if focal else None


def _carriers(eob: Explanation) -> tuple[str, ...]:
    """Return the names of the other payers, which C4BB writes as the display of non-focal coverages."""
    rest = (one.coverage for one in eob.insurance if one.focal is False and one.coverage)
    return tuple(name for one in rest if not _id_of(one) and (name := clean(one.display)))


def _related(relationship: str, related: Iterable[Related]) -> tuple[ClaimNumber, ...]:
    """Return the numbers of the related claims that have this relationship, such as "prior".

    `related.reference` is a FHIR Identifier, not a Reference.
    """
    found = [one.reference for one in related if one.relationship and relationship in one.relationship.codes()]
    return tuple([ClaimNumber(one.value, one.system) for one in found if one and one.value])


def _is_reversal(eob: Explanation, raw: RawJson) -> bool:
    """Return whether the claim takes back amounts of another claim.

    That is so if the billed amount is negative, or, without a billed amount, if an amount is negative and none is
    positive. A negative cost share beside a positive charge is a credit and no reversal.
    """
    if not _NEGATIVE.search(raw):  # no sum of its amounts can be negative
        return False
    money = money_of(eob)
    billed = money.get("billed")
    if billed is not None and billed.value:
        return billed.value < 0
    others = (money.get("allowed"), paid_of(money).amount, owed_of(money).amount)
    values = [amount.value for amount in others if amount is not None]
    return any(value < 0 for value in values) and all(value <= 0 for value in values)


def _same(part: T) -> T:
    return part


def _amount(name: str) -> Lazy[Amount | None]:
    """Return the descriptor of the amount with that plain name."""
    return Lazy(methodcaller("get", name), "_money")


class Claim:
    """A claim. Absent values are None; an amount is zero only if the payer reported zero.

    Attributes are computed on first use, because only one or two claims of a page are shown. Attributes with an
    underscore belong to the resource and are deleted by `read_whole`.

    Attributes:
        service_is: "processed" if only the adjudication date of a pharmacy claim is known.
        numbers: the claim numbers, the payer's own first.
        replaces: the numbers of the earlier versions of the claim; `replaced_by` those of the later versions.
        replaced: True if a later version exists.
        why: the reason for the member's share; None if the amounts prove none.
        denied: None if the payer did not report it.
        network: whether the claim was paid as in-network, which does not show whether the provider is in the network
            today; `contract`: whether the provider was under contract when the care was given.
        services: the payer's texts for the services.
        diagnosed: the payer's texts for the diagnoses, which are the reasons of the care.
        titles: the payer's texts for the services of the lines.
        dispensed: the drugs of a pharmacy fill.
        dropped: the locations of elements that could not be read.
        uninterpreted: True if the resource has a modifierExtension, which may change its meaning.

    Raises:
        Unreadable: the resource is damaged or of another type. The message never contains a value of the record.
    """

    id: str
    use: str | None
    status: str | None
    outcome: str | None
    dropped: tuple[str, ...]
    uninterpreted: bool
    _raw: RawJson
    _eob: Explanation
    _given: Names
    _labels: tuple[str, ...]
    _refused: tuple[str, ...] | None

    def __init__(
        self, raw: RawJson, names: Names, labels: tuple[str, ...], refused: tuple[str, ...] | None = None
    ) -> None:
        """Read the resource. `refused` are the locations rejected by its typed model; None if it was not validated."""
        eob, dropped = decode(raw, Explanation)
        if eob.resource_type != _EOB:
            raise Unreadable("not an ExplanationOfBenefit")
        vars(self).update(
            _raw=raw,
            _eob=eob,
            _given=names,
            _labels=labels,
            _refused=refused,
            id=eob.id,
            use=eob.use,
            status=eob.status,
            outcome=eob.outcome,
            dropped=(*(refused or ()), *dropped),
            uninterpreted=bool(eob.modifier_extension),
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a claim is what the payer said")

    _names = Lazy(Names.of_claim, "_given", "_eob")
    _money = Lazy(money_of, "_eob")
    _served = Lazy(service_of, "_eob", "kind")
    numbers = Lazy(_numbers, "_eob")
    kind = Lazy(kind_of, "_eob")
    service: Lazy[Period] = Lazy(itemgetter(0), "_served")
    service_is: Lazy[ServiceIs] = Lazy(itemgetter(1), "_served")
    created = Lazy(parse_date, "_eob.created")
    last_updated = Lazy(lambda meta: parse_instant(meta.last_updated) if meta else None, "_eob.meta")
    patient = Lazy(_id_of, "_eob.patient")
    seen = Lazy(provider_name, "_eob", "_names")
    specialties = Lazy(specialties, "_eob")
    billing = Lazy(Names.of, "_names", "_eob.provider")
    place = Lazy(place_name, "_eob", "_names")
    town = Lazy(Names.town_in, "_names", "_eob")
    prescriber = Lazy(prescriber, "_eob", "_names")
    currency: Lazy[str | None] = Lazy(_same, "_money.currency")
    billed = _amount("billed")
    allowed = _amount("allowed")
    paid = Lazy(paid_of, "_money")
    plan_paid: Lazy[Amount | None] = Lazy(_same, "paid.amount")
    conflicting: Lazy[frozenset[str]] = Lazy(_same, "_money.conflicting")
    discount = _amount("discount")
    prior_payer_paid = _amount("prior_payer")
    owed = Lazy(lambda money, kind: owed_of(money, fill=kind == "pharmacy"), "_money", "kind")
    why = Lazy(why_of, "owed", "billed", "allowed", "plan_paid")
    paid_by_patient = Lazy(paid_by_patient, "_money")
    payment_status = Lazy(payment_status, "_eob")
    paid_on = Lazy(lambda eob: parse_date(eob.payment.date) if eob.payment else None, "_eob")
    denied = Lazy(is_denied, "_eob", "_money")
    refused = Lazy(refused_lines, "_eob", "_money")
    network = Lazy(network_status, "_eob")
    contract = Lazy(contract_of, "_eob")
    reasons = Lazy(reasons_of, "_eob")
    notes: Lazy[tuple[str, ...]] = Lazy(_same, "_eob.notes")
    replaces = Lazy(partial(_related, "prior"), "_eob.related")
    replaced_by = Lazy(partial(_related, "replacedby"), "_eob.related")
    replaced = Lazy(
        lambda all_: any(one.relationship and "replacedby" in one.relationship.codes() for one in all_), "_eob.related"
    )
    coverage = Lazy(_coverage, "_eob")
    coverages = Lazy(lambda eob: tuple(id_ for one in eob.insurance if (id_ := _id_of(one.coverage))), "_eob")
    carriers = Lazy(_carriers, "_eob")
    insurer = Lazy(Names.of, "_names", "_eob.insurer")
    diagnosed = Lazy(diagnosed_in, "_eob")
    performed = Lazy(performed_in, "_eob", "_money.of_lines")
    titles = Lazy(titles_in, "_eob")
    labels = Lazy(lambda given, raw: tuple(sorted({*given, *labels_of(raw)})), "_labels", "_raw")
    lines = Lazy(len, "_eob.item")
    sum_lines: Lazy[tuple[int, ...]] = Lazy(_same, "_money.sum_lines")
    services = Lazy(services_in, "_eob", "kind")
    dispensed = Lazy(dispensed_in, "_eob", "kind")
    is_reversal = Lazy(_is_reversal, "_eob", "_raw")
    """Whether its amounts take back another claim's; a negative amount is never owed."""

    def read_whole(self) -> Self:
        """Compute all attributes and drop the resource, so that many claims can be kept in memory."""
        known = vars(self)
        if "_eob" in known:
            for name in _FACTS:
                getattr(self, name)
            for name in [one for one in known if one.startswith("_")]:
                del known[name]
        return self

    @property
    def lag(self) -> int | None:
        """The number of days from the care to the plan's payment, or else to its decision; None if unknown."""
        decided, day = self.paid_on or self.created, self.service.day
        return (decided.first - day.first).days if decided and day else None

    def strictly(self) -> Claim:
        """Return the claim without the elements that its typed model rejects; unchanged if the resource was dropped.

        Takes a millisecond or more: call it in a thread, for claims that are shown in detail.
        """
        if self.resource is None or self._refused is not None:
            return self
        raw, refused = without_faults(self._raw, _EOB, Explanation)
        if refused or raw != self.resource:
            return Claim(raw, self._given, self._labels, refused)
        vars(self)["_refused"] = refused
        return self

    @property
    def resource(self) -> bytes | None:
        """The ExplanationOfBenefit as received; None after `read_whole`."""
        return bytes(self._raw) if "_raw" in vars(self) else None

    @property
    def explanation(self) -> Explanation:
        """The elements of the resource; an empty Explanation after `read_whole`."""
        return self._eob if "_eob" in vars(self) else Explanation()

    @property
    def number(self) -> str | None:
        """The payer's claim number; None if there is none."""
        return self.numbers[0].value if self.numbers else None

    @property
    def decided(self) -> date:
        """The date when the payer created the claim record; `date.min` if it is unknown."""
        return self.created.first if self.created else date.min

    @property
    def sensitive(self) -> bool:
        """Whether the claim has a sensitive security label (42 CFR Part 2 and similar)."""
        return bool(self.labels)

    @property
    def is_partly_denied(self) -> bool:
        """Whether the plan paid one part of the claim and denied another, by its payment status or its lines."""
        return not self.denied and (bool(self.refused) or self.payment_status == "partiallypaid")

    @property
    def is_open(self) -> bool:
        """Whether the plan is still processing the claim, so that it may change."""
        return self.outcome in {"queued", "partial"}

    @property
    def is_pharmacy(self) -> bool:
        """Whether the claim is a pharmacy fill, which does not count as a visit."""
        return self.kind == "pharmacy"

    @property
    def is_stay(self) -> bool:
        """Whether the claim is for inpatient or institutional care.

        Such care may last for days and be billed much later.
        """
        return self.kind in {"inpatient", "institutional"}

    @property
    def is_draft(self) -> bool:
        """Whether the claim is a draft.

        Drafts are shown with a caveat, because one payer marks all claims as drafts.
        """
        return self.status == "draft"

    def follows(self, other: Claim) -> bool:
        """Return whether this claim replaces the other one, according to the claim numbers in either of them."""
        named = any(own.matches(number) for own in other.numbers for number in self.replaces)
        return self.id != other.id and (named or any(own.matches(n) for own in self.numbers for n in other.replaced_by))

    def amount(self, aspect: str | None) -> Amount | None:
        """Return the amount named by `aspect`, such as "copay"; the amount owed for None; None for an unknown name."""
        of = _AMOUNTS.get(aspect)
        return of(self) if of else None


_AMOUNTS: Mapping[str | None, Callable[[Claim], Amount | None]] = {
    **dict.fromkeys((None, "owed", "out_of_pocket_max"), attrgetter("owed.amount")),
    **{name: attrgetter(name) for name in ("billed", "allowed", "plan_paid", "paid_by_patient")},
    **{name: attrgetter(f"owed.{name}") for name in ("deductible", "copay", "coinsurance")},
    "not_covered": attrgetter("owed.noncovered"),
    "discount": lambda claim: claim.discount or price_cut(claim.billed, claim.allowed),
}


def read_claim(
    raw: RawJson, names: Names | None = None, labels: tuple[str, ...] = (), *, strict: bool = False
) -> Claim:
    """Return the claim in an ExplanationOfBenefit; `strict` and errors as for `Claim.strictly` and `Claim`.

    `names` are the names of resources on the same page, `labels` the security labels of the Bundle.
    """
    raw, refused = without_faults(raw, _EOB, Explanation) if strict else (raw, None)
    return Claim(raw, names or Names({}), labels, refused)  # of its own: names are kept as they are found


def read_claims(
    entries: Iterable[Entry], *, whole: bool = False, strict: bool = False
) -> tuple[tuple[Claim, ...], int]:
    """Return the claims among the matches of a page, in order, and the number of claims that could not be read.

    Names are taken from the included resources. `whole` computes all attributes at once, so that the page is not kept
    in memory. `strict` as in `Claim.strictly`.
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
            claims.append(claim.read_whole() if whole else claim)
        except Unreadable:
            unreadable += 1
    return tuple(claims), unreadable


_FACTS = tuple(name for name, fact in vars(Claim).items() if isinstance(fact, Lazy) and not name.startswith("_"))
