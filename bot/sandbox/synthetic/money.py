"""The cost of a claim line and its division between payers, in whole cents."""

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Charge:
    """The amounts of one line in cents.

    The plan's price is the billed amount minus the discount and what is not covered. The plan pays its price minus the
    member's shares and what another plan paid (CARIN Blue Button, general guidance on adjudication amounts).
    `paid_by_patient` is None if the payer does not report it.
    """

    submitted: int
    discount: int = 0
    noncovered: int = 0
    deductible: int = 0
    copay: int = 0
    coinsurance: int = 0
    prior_payer: int = 0
    paid_by_patient: int | None = None

    @property
    def eligible(self) -> int:
        """The plan's price."""
        return self.submitted - self.discount - self.noncovered

    @property
    def benefit(self) -> int:
        """What the plan pays."""
        return self.eligible - self.deductible - self.copay - self.coinsurance - self.prior_payer

    @property
    def liability(self) -> int:
        """The member's part."""
        return self.deductible + self.copay + self.coinsurance + self.noncovered


def total(charges: Iterable[Charge]) -> Charge:
    """Return the sum; the amount paid by the patient is known if at least one line has it."""
    every = list(charges)
    paid = [charge.paid_by_patient for charge in every if charge.paid_by_patient is not None]
    sums = {
        part.name: sum(getattr(charge, part.name) for charge in every)
        for part in fields(Charge)
        if part.name != "paid_by_patient"
    }
    return Charge(**sums, paid_by_patient=sum(paid) if paid else None)


def reverse(charge: Charge) -> Charge:
    """Return the charge with negated amounts."""
    signed = {part.name: -getattr(charge, part.name) for part in fields(Charge) if part.name != "paid_by_patient"}
    paid = charge.paid_by_patient
    return Charge(**signed, paid_by_patient=None if paid is None else -paid)


@dataclass(slots=True)
class CostSharing:
    """A plan's cost sharing for a member, cents and percent; `adjudicate` reduces the deductible's `remaining`."""

    deductible: int
    coinsurance: int
    copays: dict[str, int]
    discount: int = 38
    remaining: int = 0
    year: int = 0

    def adjudicate(self, submitted: int, service: str, year: int, *, pays_at_visit: bool) -> Charge:
        """Return a covered line's amounts: with a copay no deductible applies, and a copay of 0 makes it free."""
        if year != self.year:
            self.year, self.remaining = year, self.deductible
        discount = submitted * self.discount // 100
        allowed = submitted - discount
        if service in self.copays:
            copay = min(self.copays[service], allowed)
            paid = copay if pays_at_visit else None
            return Charge(submitted, discount, copay=copay, paid_by_patient=paid)
        deductible = min(self.remaining, allowed)
        self.remaining -= deductible
        share = (allowed - deductible) * self.coinsurance // 100
        return Charge(submitted, discount, deductible=deductible, coinsurance=share)
