"""What has to be said beside a claim's amounts, decided in one place for every answer that shows the claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.records.claim import Claim
from bot.records.live import Live
from bot.records.money import Amount

DoubtKind = Literal[
    "sum_of_parts",
    "some_lines",
    "may_add",
    "written_off",
    "impossible",
    "gap",
    "rivals",
    "paid_rivals",
    "unlike",
    "credit",
    "partly_denied",
    "unfinished",
    "error",
    "draft",
    "twin",
    "two_plans",
]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to say: `amounts` that it is about, a `count` of lines, or `other`, the claim that it points at."""

    what: DoubtKind
    amounts: tuple[Amount, ...] = ()
    count: int = 0
    of: int = 0
    names: tuple[str, ...] = ()
    other: Claim | None = None


def doubts_of(claim: Claim, alive: Live | None = None) -> tuple[Doubt, ...]:
    """What is to be said of the claim; with `alive`, the claims around it, also what it shares with another one."""
    return (*_of_amounts(claim), *_of_state(claim), *(_of_company(claim, alive) if alive else ()))


def _of_amounts(claim: Claim) -> Iterator[Doubt]:
    owed, amount = claim.owed, claim.owed.amount
    if owed.source == "parts" and not owed.may_add:
        yield Doubt("sum_of_parts")
    if owed.source == "lines" and owed.lines_told < owed.lines:
        yield Doubt("some_lines", count=owed.lines_told, of=owed.lines)
    if owed.gap and owed.parts_sum:
        yield Doubt("gap", (owed.parts_sum, owed.gap))
    if claim.unlike:
        yield Doubt("unlike", names=tuple(sorted(claim.unlike)))
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


def _of_state(claim: Claim) -> Iterator[Doubt]:
    if claim.is_partly_denied:
        yield Doubt("partly_denied", count=len(claim.refused), of=claim.lines - len(claim.sum_lines))
    if claim.is_open:
        yield Doubt("unfinished")
    if claim.outcome == "error":
        yield Doubt("error")
    if claim.is_draft:
        yield Doubt("draft")


def _of_company(claim: Claim, alive: Live) -> Iterator[Doubt]:
    if claim.id in alive.twins:
        yield Doubt("twin", other=next((c for c in alive.claims if c is not claim and _same_number(c, claim)), None))
    if other := alive.coordinated.get(claim.id):
        yield Doubt("two_plans", other=other)
    elif claim.id in {one.id for one in alive.coordinated.values()}:
        yield Doubt("two_plans")


def _same_number(one: Claim, other: Claim) -> bool:
    return bool(one.numbers and other.numbers) and one.numbers[0].same(other.numbers[0])
