"""Which records are versions of one claim: only by proof. Two that merely share a number are both shown, and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

from bot.records.claim import Claim

_LONG_AGO = date.min
_NEVER = datetime.min.replace(tzinfo=UTC)


def newest_versions(claims: Iterable[Claim]) -> tuple[list[Claim], int]:
    """Each record once, in its newest version (F42), and how many were older or repeated another one exactly.

    Proof is the record's id, or the same number, kind, use and days with the same amounts, people and reasons.
    """
    by_id: dict[str, Claim] = {}
    seen = 0
    for place, claim in enumerate(claims):
        seen += 1
        key = claim.id or f"?{place}"
        by_id[key] = _newer(by_id.get(key), claim)
    # What a claim says is read only where another has its name: reading it took a third of an answer's CPU.
    names = {key: _name(claim) for key, claim in by_id.items() if claim.numbers}
    named = Counter(names.values())
    newest: dict[tuple[object, ...], Claim] = {}
    for key, claim in by_id.items():
        again = key in names and named[names[key]] > 1
        same = (_content(claim) if again else None) or (key,)
        newest[same] = _newer(newest.get(same), claim)
    return list(newest.values()), seen - len(newest)


def twins(claims: Iterable[Claim]) -> frozenset[str]:
    """The ids of claims that count and share number, kind and days with another one that counts."""
    groups: dict[tuple[object, ...], list[Claim]] = {}
    for claim in claims:
        if claim.numbers and claim.service.known and not claim.is_reversal:
            groups.setdefault(_name(claim), []).append(claim)
    return frozenset(claim.id for rows in groups.values() if len(rows) > 1 for claim in rows)


def version_of(claim: Claim) -> tuple[datetime, date]:
    """By what versions are told apart: when the record was changed, then when the claim was decided."""
    return (claim.last_updated or _NEVER, claim.created.first if claim.created else _LONG_AGO)


def _newer(old: Claim | None, new: Claim) -> Claim:
    return old if old is not None and version_of(old) > version_of(new) else new


def _name(claim: Claim) -> tuple[object, ...]:
    return (claim.numbers[0], claim.kind, claim.use, claim.service)


def _content(claim: Claim) -> tuple[object, ...] | None:
    """All that the claim says but its id and its dates of change; None without a number or a day to go by."""
    if not claim.numbers or not claim.service.known:
        return None
    amounts = (claim.billed, claim.allowed, claim.plan_paid, claim.owed, claim.paid_by_patient, claim.discount)
    people = (claim.patient, claim.seen, claim.billing, claim.place, claim.coverage)
    state = (claim.status, claim.outcome, claim.replaces, claim.replaced_by, claim.reasons, claim.lines)
    return (*_name(claim), amounts, people, state, claim.dispensed)
