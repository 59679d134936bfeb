"""Which of a group has the most or the least: of the doctors, places, drugs, kinds of care, months, years or visits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.kit.ask import Ask, text_of
from bot.kit.wanted import ClaimWish, amount_in
from bot.records.adjudication import added
from bot.records.claim import Claim
from bot.records.money import Amount

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Share:
    """One of a group: how many claims told the amount, and their sum. Of visits, `claim` is the visit."""

    name: str
    claims: int
    amount: Amount
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Most:
    """The shares of a `group` in the order that was asked for, `least` first or the most; `of` counts them all."""

    group: str
    least: bool
    of: int
    shares: tuple[Share, ...]

    @property
    def first(self) -> Share:
        """The one that is asked for."""
        return self.shares[0]

    @property
    def alike(self) -> bool:
        """Whether another one has as much."""
        return len(self.shares) > 1 and self.shares[1].amount.value == self.first.amount.value


def group_asked(ask: Ask) -> str | None:
    """The group of which one is asked for; the providers where only the most or the least is named."""
    ranked = text_of(ask, "order") in {"biggest", "smallest"}
    return (text_of(ask, "group") or "provider") if ranked else None


def most_of(ask: Ask, claims: Iterable[Claim], wanted: ClaimWish) -> Most | None:
    """The group that was asked for by what its claims come to; None where none was, or nothing in it has an amount."""
    group = group_asked(ask)
    told = [claim for claim in claims if amount_in(claim, wanted) is not None and not claim.sensitive]
    ranked = _ranked(group, told, wanted) if group else None
    return _ranked("provider", told, wanted) if group == "doctor" and ranked is None else ranked


def _ranked(group: str, told: Iterable[Claim], wanted: ClaimWish) -> Most | None:
    """The group in order; None where it has nothing, or nothing but zeros of which one would be the most."""
    least, is_of = wanted.order == "smallest", _IS.get(group, _any)
    shares = shares_by([claim for claim in told if is_of(claim)], _KEYS.get(group, _whom), wanted)
    shares = tuple(sorted((one for one in shares if one.name), key=lambda one: _size(one, least=least)))
    if not shares or (shares[0].amount.value <= 0 and not least):
        return None
    return Most(group, least, len(shares), shares[:SHOWN])


def shares_by(claims: Iterable[Claim], key: Callable[[Claim], str], wanted: ClaimWish) -> tuple[Share, ...]:
    """The sums by a key, the biggest first; a key whose claims are in several currencies has none."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    made = [_share(name, rows, wanted) for name, rows in groups.items()]
    return tuple(sorted((one for one in made if one), key=lambda share: (-share.amount.value, share.name)))


def month_of(claim: Claim) -> str:
    """The month of the care, `2026-05`; the year alone where the claim tells no month, "" without a day."""
    day = claim.service.day
    return f"{day.year:04}-{day.month:02}" if day and day.month else str(day.year) if day else ""


def _share(name: str, rows: list[Claim], wanted: ClaimWish) -> Share | None:
    given = [amount for claim in rows if (amount := amount_in(claim, wanted)) is not None]
    total = added(given) if len({amount.currency for amount in given}) == 1 else None
    return Share(name, len(rows), total, rows[0]) if total else None


def _size(share: Share, *, least: bool) -> tuple[Decimal, str]:
    value = share.amount.value
    return value if least else -value, share.name


def _any(_claim: Claim) -> bool:
    return True


def _whom(claim: Claim) -> str:
    return claim.seen or claim.billing or claim.place or ""


def _where(claim: Claim) -> str:
    return claim.place or claim.billing or claim.seen or ""


def _drug(claim: Claim) -> str:
    return next((one.drug for one in claim.dispensed if one.drug), "")


def _year(claim: Claim) -> str:
    return str(claim.service.day.year) if claim.service.day else ""


_FACILITY = frozenset({"inpatient", "outpatient", "institutional"})
_IS: Mapping[str, Callable[[Claim], bool]] = {
    "doctor": lambda claim: claim.kind == "professional",
    "hospital": lambda claim: claim.kind in _FACILITY,
    "place": lambda claim: not claim.is_pharmacy,
    "pharmacy": lambda claim: claim.is_pharmacy,
    "drug": lambda claim: claim.is_pharmacy,
    "visit": lambda claim: not claim.is_pharmacy,
}
_KEYS: Mapping[str, Callable[[Claim], str]] = {
    "hospital": _where,
    "place": _where,
    "pharmacy": lambda claim: claim.billing or claim.place or claim.seen or "",
    "drug": _drug,
    "kind": lambda claim: claim.kind or "",
    "month": month_of,
    "year": _year,
    "visit": lambda claim: claim.id,
    "claim": lambda claim: claim.id,
}
