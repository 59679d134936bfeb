"""A prior authorization (PDex): an ExplanationOfBenefit with `use` "preauthorization", and the decision it contains."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import chain
from typing import Literal

from bot.records.claim import Claim
from bot.records.decode import decode
from bot.records.explanation import Adjudication, ClaimItem, Explanation
from bot.records.money import believable
from bot.records.reasons import is_category
from bot.records.shapes import Extension, PeriodShape, Value, display_of, period_of
from bot.records.written import NOTE_LIMIT, Period, clean

Decision = Literal["approved", "partly", "denied", "pending", "cancelled", "ask", "none"]
_ACTIONS: Mapping[str, Decision] = {
    "A1": "approved",
    "A2": "partly",
    "A3": "denied",
    "A4": "pending",
    "A6": "partly",
    "C": "cancelled",
    "CT": "ask",
    "NA": "none",
}
"""The review actions of X12 306, with our names."""
_CALLS = re.compile(r"\bpeer[ -]to[ -]peer\b|\b(?:can|may)\b.{0,40}\b(?:call|speak|talk|discuss)\b", re.IGNORECASE)


class _Decided(Adjudication, frozen=True):
    value: Decimal | None = None
    extension: tuple[Extension, ...] = ()


class _Line(ClaimItem, frozen=True):
    adjudication: tuple[_Decided, ...] = ()
    extension: tuple[Extension, ...] = ()


class _Shape(Explanation, frozen=True):
    disposition: str | None = None
    pre_auth_ref: tuple[str, ...] = ()
    pre_auth_ref_period: tuple[PeriodShape, ...] = ()
    item: tuple[_Line, ...] = ()
    adjudication: tuple[_Decided, ...] = ()
    total: tuple[_Decided, ...] = ()


class Authorization(Value):
    """A prior-authorization request and its decision, from a claim that still has its resource.

    Attributes:
        decision: the decision; None if the record has none.
        words: the payer's text for the decision.
        services: the payer's texts for the services, at most three.
        numbers: the authorization numbers.
        holds: the period for which the approval is valid.
        asked, allowed, used: the number of units requested, approved and used; each None if not recorded.

    Raises:
        Unreadable: the record is damaged. The message never contains a value of the record.
    """

    def __init__(self, claim: Claim) -> None:
        shape, _ = decode(claim.resource or b"{}", _Shape)
        spans = map(period_of, shape.pre_auth_ref_period)
        words = (text for line in claim.performed.lines for text in line.words)
        services = (line.product_or_service.words() for line in shape.item if line.product_or_service)
        self.id = claim.id
        self.decision = _decision(shape)
        self.words = clean(shape.disposition, NOTE_LIMIT)
        self.services = tuple(dict.fromkeys(text for text in (*services, *words) if text))[:_MOST_SERVICES]
        self.numbers = shape.pre_auth_ref
        self.decided = claim.created
        self.holds = next((one for one in spans if one.known), Period())
        self.asked = _one(line.quantity.value for line in shape.item if line.quantity)
        self.allowed = _one(_named(line.adjudication, {"allowedunits"}) for line in shape.item)
        self.used = _used(shape)
        self.reasons = claim.reasons
        self.notes = claim.notes
        self.provider = display_of(shape.provider)
        self.cancelled = claim.status in {"cancelled", "entered-in-error"}

    @property
    def units(self) -> Decimal | None:
        """The number of approved units; the requested number if the approved one is not recorded."""
        return self.asked if self.allowed is None else self.allowed

    @property
    def left(self) -> Decimal | None:
        """The number of approved units not used yet, at least 0; None if either number is not recorded."""
        if self.units is None or self.used is None:
            return None
        return max(self.units - self.used, Decimal(0))

    @property
    def may_call(self) -> bool:
        """Whether a note of the payer says that the doctor's office may call about the decision."""
        return any(_CALLS.search(note) for note in self.notes)


_MOST_SERVICES = 3
_CONSUMED = frozenset({"utilized", "consumedunits"})


def _decision(shape: _Shape) -> Decision | None:
    """Return the decision according to the X12 review actions; None if there is none.

    If several actions differ, the decision is "partly" if one of them approves, otherwise "pending". An open request
    without an action is "pending".
    """
    amounts = (*shape.adjudication, *(one for line in shape.item for one in line.adjudication))
    extensions = [*chain.from_iterable(one.extension for one in amounts)]
    extensions += chain.from_iterable(line.extension for line in shape.item)
    found = {_ACTIONS[code] for extension in extensions for code in _codes(extension) if code in _ACTIONS}
    if len(found) == 1:
        return found.pop()
    if found:
        return "partly" if "approved" in found or "partly" in found else "pending"
    return "pending" if shape.outcome in {"queued", "partial"} else None


def _codes(extension: Extension) -> Iterable[str]:
    if extension.value_codeable_concept:
        yield from extension.value_codeable_concept.codes()
    if extension.value_code:
        yield extension.value_code
    for inner in extension.extension:
        yield from _codes(inner)


def _used(shape: _Shape) -> Decimal | None:
    """Return the units used, from `consumedunits` of the lines or "utilized" of a total (PDex 2.1), or None."""
    lines = _one(_named(line.adjudication, _CONSUMED) for line in shape.item)
    if lines is not None:
        return lines
    quantities = (
        inner.value_quantity for one in shape.total if is_category(one.category, _CONSUMED) for inner in one.extension
    )
    return _one(quantity.value for quantity in quantities if quantity)


def _one(numbers: Iterable[Decimal | None]) -> Decimal | None:
    """Return the number if all given numbers are equal; None if the numbers differ or there is none."""
    found = {value for number in numbers if (value := believable(number)) is not None}
    return found.pop() if len(found) == 1 else None


def _named(amounts: Iterable[_Decided], codes: Iterable[str]) -> Decimal | None:
    wanted = frozenset(codes)
    return next((one.value for one in amounts if one.value is not None and is_category(one.category, wanted)), None)
