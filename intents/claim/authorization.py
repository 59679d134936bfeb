"""Was it approved before the care: the payer's own decision, for which time and how much, and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.kit import (
    Ask,
    Authorization,
    CareKind,
    Claim,
    ClaimWish,
    Search,
    Summary,
    choose,
    given,
    kind_shown,
    read_authorization,
    read_claims,
    read_lines,
    text_of,
    wanted_of,
)

SHOWN = 4
_NO_APPROVAL = frozenset({"15", "197", "198"})
"""Reasons of the code list for claims (CARC): an approval is missing, or doesn't cover what was done."""
_SEARCH = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:provider"), ("_count", "100")))
_STATES = {"denied": {"denied"}, "pending": {"pending"}, "paid": {"approved", "partly"}}


@dataclass(frozen=True, slots=True)
class Authorizations(Summary):
    """The requests that fit, the newest first. `shared` says whether the plan shares any at all.

    `question` is what was asked of them: "holds" for how long, "left" how many are left, "need" and "needed" whether
    the care needs or needed approval, "why" the reason; None: what was decided. `total` counts all that fit. `others`
    are the newest ones where none fits; `marked` carry a privacy mark and are not described. `kinds` names the care of
    a request by its id, where its record shows just one kind. `refused` is a claim that the plan didn't pay for lack
    of an approval: the care needed one.
    """

    wanted: ClaimWish
    question: str | None
    rows: tuple[Authorization, ...]
    others: tuple[Authorization, ...]
    more: int
    shared: bool
    marked: int
    today: date
    total: int = 0
    refused: Claim | None = None
    kinds: Mapping[str, CareKind] = field(default_factory=dict)


async def answer(ask: Ask) -> Authorizations:
    """Every page is read: no search parameter asks for approvals alone."""
    found: list[tuple[Claim, Authorization]] = []
    unpaid: list[tuple[Claim, bytes]] = []
    async for page in given(ask.search(_SEARCH)):
        raws = {entry.id: entry.raw for entry in page.matches}
        claims, _ = read_claims(page.entries)
        for claim in claims:
            if claim.use == "preauthorization" and claim.id in raws:
                found.append((claim, read_authorization(raws[claim.id], claim.performed)))
                claim.read_whole(performed=True)
            elif claim.id in raws and (claim.denied or claim.is_partly_denied) and not claim.sensitive:
                unpaid.append((claim, bytes(raws[claim.id])))
    summary = summarize(found, ask)
    if summary.question == "needed" and not summary.rows:
        summary = replace(summary, refused=await _refused(unpaid, ask))
        ask.cite("ExplanationOfBenefit", [summary.refused.id] if summary.refused else [])
    ask.cite("ExplanationOfBenefit", [one.id for one in (*summary.rows, *summary.others)])
    return summary


async def _refused(unpaid: Sequence[tuple[Claim, bytes]], ask: Ask) -> Claim | None:
    """The newest claim that fits and that the plan refused because an approval was not there."""
    raws = {claim.id: raw for claim, raw in unpaid}
    for claim in choose([claim for claim, _ in unpaid], replace(wanted_of(ask), state=None)).claims:
        lines = read_lines(await ask.typed(raws[claim.id], "ExplanationOfBenefit"), claim)
        reasons = (*claim.reasons, *(reason for line in lines for reason in line.reasons))
        if any(reason.code in _NO_APPROVAL for reason in reasons):
            return claim
    return None


def summarize(found: Sequence[tuple[Claim, Authorization]], ask: Ask) -> Authorizations:
    """Those of the care, provider and time that were named; what was made in error is none."""
    wanted, question = wanted_of(ask), text_of(ask, "question")
    by_id = {claim.id: one for claim, one in found if claim.status != "entered-in-error"}
    claims = [claim for claim, _ in found if claim.id in by_id]
    plain = [claim for claim in claims if not claim.sensitive]
    fit = choose(plain, replace(wanted, state=None)).claims
    rows = _asked_of(_newest(by_id[claim.id] for claim in fit), wanted, question, ask.today)
    others = _newest(by_id[claim.id] for claim in plain) if not rows else []
    shown = {one.id for one in (*rows[:SHOWN], *others[:SHOWN])}
    kinds = {claim.id: kind for claim in plain if claim.id in shown and (kind := kind_shown(claim, wanted.kinds))}
    return Authorizations(
        wanted=wanted,
        question=question,
        rows=tuple(rows[:SHOWN]),
        others=tuple(others[:SHOWN]),
        more=max(0, len(rows) - SHOWN),
        shared=bool(claims),
        marked=len(claims) - len(plain),
        today=ask.today,
        total=len(rows),
        kinds=kinds,
    )


def _asked_of(
    rows: Sequence[Authorization], wanted: ClaimWish, question: str | None, today: date
) -> Sequence[Authorization]:
    """The requests that the question is about: those in a state, or approvals that hold, if any of them does."""
    if wanted.state in _STATES:
        return [one for one in rows if one.decision in _STATES[wanted.state]]
    if question not in {"holds", "left"}:
        return rows
    given_ones = [one for one in rows if one.decision in _STATES["paid"] and not one.cancelled]
    holding = [one for one in given_ones if not one.is_over(today)]
    counted = [one for one in holding if one.left is not None] if question == "left" else []
    return counted or holding or given_ones or rows


def _newest(rows: Iterable[Authorization]) -> list[Authorization]:
    return sorted(rows, key=lambda one: one.decided.first if one.decided else date.min, reverse=True)
