"""Statements about claims: sums with their terms, a claim's lines, caveats and states, and why a share is owed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.explanation import ClaimItem, added, line_amounts, paid_in
from bot.records.money import USUAL_CURRENCY, Amount, difference, quantity_of
from bot.records.reasons import reasons_in
from bot.records.service import NDC, described, drug_of, stated
from bot.records.shapes import Value
from bot.records.versions import same_number
from bot.records.written import NOTE_LIMIT, PartialDate, clean

_SHOWN = 12


class Term(msgspec.Struct, frozen=True):
    """An amount in a `Step`, with a name for templates. `minus`: it is subtracted. `day` is the date of service."""

    name: str
    amount: Amount
    day: PartialDate | None = None
    minus: bool = False


class Step(msgspec.Struct, frozen=True):
    """An addition: a `result` and the terms that add up to it. Only the first of many terms are listed.

    `left` is the number of terms not listed and `rest` their sum. `count` is the number of all terms; a sum of claim
    lines has only a `count`.
    """

    name: str
    result: Amount
    terms: tuple[Term, ...] = ()
    rest: Amount | None = None
    left: int = 0
    count: int = 0


def sum_of(name: str, claims: Iterable[Claim], amount: Callable[[Claim], Amount | None]) -> tuple[Step, ...]:
    """Return the sum of an amount over claims, as one step; () if no claim has the amount or currencies differ.

    A claim with a sensitive label adds its amount without its day.
    """
    told = ((claim, value) for claim in claims if (value := amount(claim)) is not None)
    terms = [
        Term("shielded", value) if claim.sensitive else Term("claim", value, claim.service.day) for claim, value in told
    ]
    result = added(term.amount for term in terms)
    if result is None:
        return ()
    shown, others = terms[:_SHOWN], terms[_SHOWN:]
    return (Step(name, result, tuple(shown), added(term.amount for term in others), len(others), len(terms)),)


_COMPOUND = "compound"


class ClaimLine(Value):
    """A line of a claim. Absent values are None; amounts are the line's own.

    Attributes:
        description: the payer's text for the service, never one from a code list.
        drug: the text for the drug of a fill, or for the ingredients of a compound.
        notes: the payer's notes that the line refers to.
        refused: True if the plan denied the line.
        at: the index among the lines of the claim.
    """

    def __init__(self, item: ClaimItem, at: int, notes: Mapping[Decimal, str], claim: Claim) -> None:
        money, _ = line_amounts(item, claim.currency or USUAL_CURRENCY)
        what, quantity, tooth = stated(item.product_or_service), quantity_of(item.quantity), stated(item.body_site)
        is_drug = any(c.system == NDC or c.code == _COMPOUND for c in what.coding)
        self.at = at
        self.description = described(item)
        self.code = next((c.code for c in what.coding if c.code and c.code != _COMPOUND), None)
        self.billed = money.get("billed")
        self.allowed = money.get("allowed")
        self.plan_paid = paid_in(money)
        self.owed = money.get("liability")
        self.copay = money.get("copay")
        self.drug = drug_of(item) if is_drug else None
        self.quantity = quantity.value if quantity else None
        self.unit = clean(item.quantity.unit or item.quantity.code) if item.quantity else None
        self.tooth = tooth.words() or next(iter(tooth.codes()), None)
        self.reasons = tuple(dict.fromkeys(reasons_in(item.adjudication)))
        self.notes = tuple(notes[number] for number in item.note_number if number in notes)
        self.refused = at in claim.refused


def read_lines(claim: Claim) -> tuple[ClaimLine, ...]:
    """Return the lines of a claim that still has its resource, in order.

    A line that only sums up the others is omitted. A line without a currency has that of the claim.
    """
    eob = claim.explanation
    notes = {note.number: text for note in eob.process_note if note.number and (text := clean(note.text, NOTE_LIMIT))}
    return tuple(ClaimLine(item, at, notes, claim) for at, item in enumerate(eob.item) if at not in claim.sum_lines)


DoubtKind = Literal[
    "sum_of_parts",
    "some_lines",
    "may_add",
    "written_off",
    "impossible",
    "gap",
    "rivals",
    "paid_rivals",
    "conflicting",
    "credit",
    "partly_denied",
    "unfinished",
    "error",
    "draft",
    "twin",
    "two_plans",
]


class Doubt(msgspec.Struct, frozen=True):
    """A caveat about a claim: the `amounts` concerned, `count` of `of` lines, or the `other` claim concerned."""

    what: DoubtKind
    amounts: tuple[Amount, ...] = ()
    count: int = 0
    of: int = 0
    names: tuple[str, ...] = ()
    other: Claim | None = None


def doubts_of(claim: Claim, claim_set: ClaimSet | None = None) -> tuple[Doubt, ...]:
    """Return the caveats about the claim; with `claim_set`, the claims around it, also those about related claims."""
    return (*_of_amounts(claim), *_of_state(claim, claim_set))


def _of_amounts(claim: Claim) -> Iterator[Doubt]:
    owed, amount = claim.owed, claim.owed.amount
    if owed.source == "parts" and not owed.may_add:
        yield Doubt("sum_of_parts")
    if owed.source == "lines" and owed.lines_given < owed.lines:
        yield Doubt("some_lines", count=owed.lines_given, of=owed.lines)
    if owed.gap and owed.parts_sum:
        yield Doubt("gap", (owed.parts_sum, owed.gap))
    if claim.conflicting:
        yield Doubt("conflicting", names=tuple(sorted(claim.conflicting)))
    groups: tuple[tuple[DoubtKind, tuple[Amount | None, ...]], ...] = (
        ("may_add", (owed.may_add,)),
        ("written_off", (owed.noncovered if owed.written_off else None,)),
        ("impossible", (owed.impossible,)),
        ("rivals", owed.rivals),
        ("paid_rivals", claim.paid.rivals),
        ("credit", (amount if amount and amount.value < 0 and not claim.is_reversal else None,)),
    )
    for what, amounts in groups:
        if given := tuple(one for one in amounts if one):
            yield Doubt(what, given)


def _of_state(claim: Claim, claim_set: ClaimSet | None) -> Iterator[Doubt]:
    if claim.is_partly_denied:
        yield Doubt("partly_denied", count=len(claim.refused), of=claim.lines - len(claim.sum_lines))
    if claim.is_open:
        yield Doubt("unfinished")
    if claim.outcome == "error":
        yield Doubt("error")
    if claim.is_draft:
        yield Doubt("draft")
    if claim_set is None:
        return
    if claim.id in claim_set.twins:
        yield Doubt("twin", other=next((c for c in claim_set.claims if c is not claim and same_number(c, claim)), None))
    if other := claim_set.coordinated.get(claim.id):
        yield Doubt("two_plans", other=other)
    elif claim.id in {one.id for one in claim_set.coordinated.values()}:
        yield Doubt("two_plans")


def owed_steps(claim: Claim) -> tuple[Step, ...]:
    """Return how the amount owed is computed from its lines or parts, and how much of it the parts do not explain."""
    owed, steps = claim.owed, []
    if owed.amount and owed.source == "lines":
        steps.append(Step("lines", owed.amount, count=owed.lines_given))
    if owed.parts_sum:
        terms = [Term(name, part) for name, part in owed.shares.items() if part]
        if owed.noncovered and added(term.amount for term in terms) != owed.parts_sum:
            terms.append(Term("not_covered", owed.noncovered))
        steps.append(Step("parts", owed.parts_sum, tuple(terms), count=len(terms)))
    if owed.amount and owed.parts_sum and owed.gap:
        pair = (Term("owed", owed.amount), Term("parts", owed.parts_sum, minus=True))
        steps.append(Step("gap", owed.gap, pair, count=len(pair)))
    return tuple(steps)


def _paid_as(claim: Claim, side: str) -> bool | None:
    known = claim.network in {"innetwork", "outofnetwork", "mixed"}
    return claim.network in {side, "mixed"} if known else None


def _owes(claim: Claim) -> bool | None:
    """Return whether the member owes something; None without an amount, and for a minimum of zero."""
    owed = claim.owed.amount
    return None if owed is None or (owed.value <= 0 and claim.owed.is_minimum) else owed.value > 0


_STATES: Mapping[str, Callable[[Claim], bool | None]] = {
    "pending": lambda claim: claim.is_open,
    "denied": lambda claim: bool(claim.denied) or claim.is_partly_denied,
    "paid": lambda claim: not claim.denied and bool(claim.plan_paid and claim.plan_paid.value > 0),
    "no_payment": lambda claim: claim.plan_paid.value <= 0 if claim.plan_paid else None,
    "out_of_network": lambda claim: _paid_as(claim, "outofnetwork"),
    "in_network": lambda claim: _paid_as(claim, "innetwork"),
    "unpaid": lambda claim: left.value > 0 if (left := left_of(claim)) else None,
    "free": lambda claim: None if (owes := _owes(claim)) is None else not owes,
    "not_free": _owes,
    "adjusted": lambda claim: bool(claim.replaces),
}
"""Whether a claim is in a state; None if the record does not show it."""


def is_in_state(claim: Claim, state: str) -> bool:
    """Return whether the claim is known to be in that state, such as "paid"; False for an unknown state."""
    return state in _STATES and _STATES[state](claim) is True


def left_of(claim: Claim) -> Amount | None:
    """Return the amount owed minus what the member paid, as reported; None if either is missing."""
    return difference(claim.owed.amount, claim.paid_by_patient)


def shows_state(claim: Claim, state: str | None) -> bool:
    """Return whether the record shows if the claim is in that state or not; True for an unknown state."""
    return state is None or state not in _STATES or _STATES[state](claim) is not None
