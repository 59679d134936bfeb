"""A claim: one ExplanationOfBenefit as plain frozen values, whichever guide's shape it came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from bot.records.amounts import PAID_PARTS, Money, added, amount_of, money_of
from bot.records.bundle import Entry
from bot.records.dates import PartialDate, Period, parse_date
from bot.records.decode import Unreadable, decode
from bot.records.dispensed import Dispensed, dispensed_in
from bot.records.explanation import Explanation
from bot.records.kinds import Kind, kind_of
from bot.records.money import USUAL_CURRENCY, Amount
from bot.records.owed import Owed, owed_of
from bot.records.people import names_in, place, prescriber, seen, with_contained
from bot.records.reasons import Reason, network_status, reasons_of
from bot.records.references import Names, key_of, name_of
from bot.records.sensitivity import labels_of
from bot.records.service import ServiceIs, service_of
from bot.records.text import NOTE_LIMIT, clean
from bot.records.times import parse_instant

PaymentStatus = Literal["paid", "denied", "partiallypaid"]
_STATUSES: Mapping[str, PaymentStatus] = {
    "paid": "paid",
    "denied": "denied",
    "partiallypaid": "partiallypaid",
    "partially-paid": "partiallypaid",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A claim number with the system that gave it; a system may be missing."""

    value: str
    system: str | None = None

    def same(self, other: Number) -> bool:
        """True when the values agree and the systems do not contradict."""
        return self.value == other.value and (None in {self.system, other.system} or self.system == other.system)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. Absent values are None: nothing is zero unless the payer said zero.

    `service_is` is "processed" when only the adjudication date of a pharmacy claim is known.
    `numbers` starts with the payer's claim number. `replaces` holds the numbers of earlier versions, `replaced_by`
    those of later ones, and `replaced` says that a later one exists. `denied` is None when the payer did not say.
    `network` is how it was paid, which is not whether the provider is in the network today. `dispensed` are the drugs
    of a fill. `dropped` names elements that could not be read.
    `uninterpreted` is set by a modifierExtension: the record may mean something else than it says.
    """

    id: str
    numbers: tuple[Number, ...]
    kind: Kind | None
    use: str | None
    status: str | None
    outcome: str | None
    service: Period
    service_is: ServiceIs
    created: PartialDate | None
    last_updated: datetime | None
    patient: str | None
    seen: str | None
    billing: str | None
    place: str | None
    prescriber: str | None
    currency: str | None
    billed: Amount | None
    allowed: Amount | None
    plan_paid: Amount | None
    discount: Amount | None
    prior_payer_paid: Amount | None
    owed: Owed
    paid_by_patient: Amount | None
    payment_status: PaymentStatus | None
    paid_on: PartialDate | None
    denied: bool | None
    network: str | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    replaces: tuple[Number, ...]
    replaced_by: tuple[Number, ...]
    replaced: bool
    coverage: str | None
    labels: tuple[str, ...]
    dropped: tuple[str, ...]
    uninterpreted: bool
    lines: int
    dispensed: tuple[Dispensed, ...] = ()

    @property
    def number(self) -> str | None:
        """The payer's claim number."""
        return self.numbers[0].value if self.numbers else None

    @property
    def sensitive(self) -> bool:
        """True when a security label asks for the shield (42 CFR Part 2 and kin)."""
        return bool(self.labels)

    @property
    def is_pharmacy(self) -> bool:
        """True for a fill, which is no visit."""
        return self.kind == "pharmacy"

    @property
    def is_draft(self) -> bool:
        """True when the payer calls it a draft: kept with a caveat, since one payer marks all of its claims so."""
        return self.status == "draft"

    @property
    def is_reversal(self) -> bool:
        """True when its amounts take back another claim's; what is negative is never owed.

        Of a claim that tells neither what was billed nor what is owed, the other amounts say it.
        """
        told = [amount for amount in (self.billed, self.owed.amount) if amount is not None]
        return any(amount.value < 0 for amount in told or (self.allowed, self.plan_paid) if amount is not None)

    def follows(self, other: Claim) -> bool:
        """True when this claim replaces the other one, as either of them says by number."""
        named = any(own.same(number) for own in other.numbers for number in self.replaces)
        return self.id != other.id and (named or any(own.same(n) for own in self.numbers for n in other.replaced_by))

    def amount(self, aspect: str | None) -> Amount | None:
        """The amount that a question is about, by the pack's word for it; what is owed for any other word."""
        known = {
            "billed": self.billed,
            "allowed": self.allowed,
            "plan_paid": self.plan_paid,
            "deductible": self.owed.deductible,
            "copay": self.owed.copay,
            "coinsurance": self.owed.coinsurance,
            "not_covered": self.owed.noncovered,
            "paid_by_patient": self.paid_by_patient,
        }
        return known.get(aspect or "", self.owed.amount)


def read_claim(raw: bytes | msgspec.Raw, names: Names | None = None, labels: tuple[str, ...] = ()) -> Claim:
    """The claim in one ExplanationOfBenefit.

    `names` are those of the resources that came with it (`people.names_in`), `labels` those of the Bundle around it.

    Raises:
        Unreadable: damaged, or of another type. The text never holds a value of the record.
    """
    eob, dropped = decode(raw, Explanation)
    if eob.resource_type != "ExplanationOfBenefit":
        raise Unreadable("not an ExplanationOfBenefit")
    names = with_contained(eob, names or {})
    kind = kind_of(eob)
    service, service_is = service_of(eob, kind)
    money = money_of(eob)
    reasons = reasons_of(eob)
    patient, coverage = key_of(eob.patient), _coverage(eob)
    status = _payment_status(eob)
    return Claim(
        id=eob.id,
        numbers=_numbers(eob),
        kind=kind,
        use=eob.use,
        status=eob.status,
        outcome=eob.outcome,
        service=service,
        service_is=service_is,
        created=parse_date(eob.created),
        last_updated=parse_instant(eob.meta.last_updated) if eob.meta else None,
        patient=patient.id if patient else None,
        seen=seen(eob, names),
        billing=name_of(eob.provider, names),
        place=place(eob, names),
        prescriber=prescriber(eob, names),
        currency=money.currency,
        billed=money.get("billed"),
        allowed=money.get("allowed"),
        plan_paid=_plan_paid(eob, money),
        discount=money.get("discount"),
        prior_payer_paid=money.get("prior_payer"),
        owed=owed_of(money),
        paid_by_patient=money.get("paid_by_patient") or added(money.get(name) for name in PAID_PARTS),
        payment_status=status,
        paid_on=parse_date(eob.payment.date) if eob.payment else None,
        denied=_denied(status, money, reasons),
        network=network_status(eob),
        reasons=reasons,
        notes=tuple(n for n in (clean(note.text, NOTE_LIMIT) for note in eob.process_note) if n),
        replaces=_related(eob, "prior"),
        replaced_by=_related(eob, "replacedby"),
        replaced=any(r.relationship and "replacedby" in r.relationship.codes() for r in eob.related),
        coverage=coverage,
        labels=tuple(sorted({*labels, *labels_of(raw)})),
        dropped=dropped,
        uninterpreted=bool(eob.modifier_extension),
        lines=len(eob.item),
        dispensed=dispensed_in(eob) if kind == "pharmacy" else (),
    )


def read_claims(entries: Iterable[Entry], names: Names | None = None) -> tuple[tuple[Claim, ...], int]:
    """The claims among a page's matches in their order, and how many could not be read.

    The names of the resources that came along are used; `names` adds those of earlier pages.
    """
    rows = tuple(entries)
    known = {**(names or {}), **names_in(rows)}
    claims: list[Claim] = []
    unreadable = 0
    for entry in rows:
        if entry.mode != "match":
            continue
        try:
            claims.append(read_claim(entry.raw, known, entry.labels))
        except Unreadable:
            unreadable += 1
    return tuple(claims), unreadable


def _numbers(eob: Explanation) -> tuple[Number, ...]:
    """The payer's unique claim number first; a payer that does not type it gives it first."""
    ranked = sorted(eob.identifier, key=lambda identifier: not identifier.is_kind("uc"))
    return tuple(Number(i.value, i.system) for i in ranked if i.value)


def _related(eob: Explanation, relationship: str) -> tuple[Number, ...]:
    """The numbers of related claims; `related.reference` is an Identifier, not a Reference."""
    found = (r.reference for r in eob.related if r.relationship and relationship in r.relationship.codes())
    return tuple(Number(i.value, i.system) for i in found if i and i.value)


def _coverage(eob: Explanation) -> str | None:
    """The focal coverage's id; the only one counts as focal when none is marked."""
    focal = [i for i in eob.insurance if i.focal] or list(eob.insurance)[:1]
    key = key_of(focal[0].coverage) if focal else None
    return key.id if key else None


def _plan_paid(eob: Explanation, money: Money) -> Amount | None:
    """What went to the provider and the patient, else the benefit, else the payment."""
    paid = added([money.get("paid_to_provider"), money.get("paid_to_patient")])
    payment = amount_of(eob.payment.amount, money.currency or USUAL_CURRENCY) if eob.payment else None
    return paid or money.get("benefit") or payment


def _payment_status(eob: Explanation) -> PaymentStatus | None:
    codes = eob.payment.type.codes() if eob.payment and eob.payment.type else ()
    return next((_STATUSES[code.lower()] for code in codes if code.lower() in _STATUSES), None)


def _denied(status: PaymentStatus | None, money: Money, reasons: tuple[Reason, ...]) -> bool | None:
    """The payer's word, else a refusal that the numbers prove: a reason, and all that was billed is not covered."""
    if status:
        return status == "denied"
    billed, noncovered = money.get("billed"), money.get("noncovered")
    if reasons and billed and noncovered and billed.currency == noncovered.currency:
        return True if 0 < billed.value <= noncovered.value else None
    return None
