"""Which claim a reversal takes back: the one that it names, else its exact opposite (fhir-notes 4.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from bot.records.claim import Claim
from bot.records.money import Amount


def matched(reversals: Iterable[Claim], claims: Sequence[Claim], gone: Sequence[Claim]) -> dict[str, tuple[Claim, ...]]:
    """What each reversal takes back, by the reversal's id: a claim that it names, or one with exactly its amounts.

    `gone` are claims that count no longer: those are matched by number alone. A reversal without a match is not in it.
    """
    found: dict[str, tuple[Claim, ...]] = {}
    used: set[str] = set()
    for reversal in reversals:
        named = [one for one in (*claims, *gone) if not one.is_reversal and reversal.follows(one)]
        named = named or [one for one in gone if not one.is_reversal and _same_number(reversal, one)]
        fitting = [one for one in claims if not named and _fits(reversal, one) and one.id not in used]
        rows = named or [one for one in fitting if _same_number(reversal, one)] or fitting[:1]
        if rows:
            found[reversal.id] = tuple(rows)
            used.update(one.id for one in rows)
    return found


def _fits(reversal: Claim, claim: Claim) -> bool:
    """True for exactly the opposite amounts of an older claim: of its number, or of the same day, kind and people."""
    if claim.is_reversal or not _opposite(reversal, claim) or not _later(reversal, claim):
        return False
    if _same_number(reversal, claim):
        return True
    same_day = reversal.service.known and reversal.service.day == claim.service.day
    people = ((reversal.seen, claim.seen), (reversal.billing, claim.billing), (reversal.patient, claim.patient))
    agree = all(None in pair or pair[0] == pair[1] for pair in people)
    return same_day and agree and reversal.kind == claim.kind and reversal.billed is not None


def _same_number(one: Claim, other: Claim) -> bool:
    return bool(one.numbers and other.numbers) and one.numbers[0].same(other.numbers[0])


def _opposite(reversal: Claim, claim: Claim) -> bool:
    amounts = [(one.billed, one.owed.amount, one.plan_paid) for one in (reversal, claim)]
    pairs: list[tuple[Amount, Amount]] = [
        (back, given) for back, given in zip(*amounts, strict=True) if back is not None and given is not None
    ]
    return bool(pairs) and all(back == -given for back, given in pairs) and any(back.value for back, _ in pairs)


def _later(reversal: Claim, claim: Claim) -> bool:
    if None in {reversal.created, claim.created}:
        return True
    return _decided(reversal) >= _decided(claim)


def _decided(claim: Claim) -> date:
    return claim.created.first if claim.created else date.min
