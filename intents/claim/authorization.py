"""Was it approved before the care: the payer's own decision, for which time and how much, and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.kit import (
    Ask,
    Authorization,
    Claim,
    ClaimWish,
    Search,
    Summary,
    choose,
    given,
    read_authorization,
    read_claims,
    wanted_of,
)

SHOWN = 4
_SEARCH = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:provider"), ("_count", "100")))
_STATES = {"denied": {"denied"}, "pending": {"pending"}, "paid": {"approved", "partly"}}


@dataclass(frozen=True, slots=True)
class Authorizations(Summary):
    """The requests that fit, the newest first. `shared` says whether the plan shares any at all.

    `others` are the newest ones where none fits; `marked` carry a privacy mark and are not described.
    """

    wanted: ClaimWish
    rows: tuple[Authorization, ...]
    others: tuple[Authorization, ...]
    more: int
    shared: bool
    marked: int
    today: date


async def answer(ask: Ask) -> Authorizations:
    """Every page is read: no search parameter asks for approvals alone."""
    found: list[tuple[Claim, Authorization]] = []
    async for page in given(ask.search(_SEARCH)):
        raws = {entry.id: entry.raw for entry in page.matches}
        claims, _ = read_claims(page.entries)
        for claim in claims:
            if claim.use == "preauthorization" and claim.id in raws:
                found.append((claim, read_authorization(raws[claim.id], claim.performed)))
                claim.read_whole(performed=True)
    summary = summarize(found, ask)
    ask.cite("ExplanationOfBenefit", [one.id for one in (*summary.rows, *summary.others)])
    return summary


def summarize(found: Sequence[tuple[Claim, Authorization]], ask: Ask) -> Authorizations:
    """Those of the care, provider and time that were named; what was made in error is none."""
    wanted, by_id = wanted_of(ask), {claim.id: one for claim, one in found if claim.status != "entered-in-error"}
    claims = [claim for claim, _ in found if claim.id in by_id]
    plain = [claim for claim in claims if not claim.sensitive]
    fit = choose(plain, replace(wanted, state=None)).claims
    rows = _newest(by_id[claim.id] for claim in fit)
    if wanted.state in _STATES:
        rows = [one for one in rows if one.decision in _STATES[wanted.state]]
    others = _newest(by_id[claim.id] for claim in plain) if not rows else []
    more, marked = max(0, len(rows) - SHOWN), len(claims) - len(plain)
    return Authorizations(wanted, tuple(rows[:SHOWN]), tuple(others[:SHOWN]), more, bool(claims), marked, ask.today)


def _newest(rows: Iterable[Authorization]) -> list[Authorization]:
    return sorted(rows, key=lambda one: one.decided.first if one.decided else date.min, reverse=True)
