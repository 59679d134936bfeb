"""Which claims the plan did not pay, and until when a decision can be appealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.kit.ask import Ask, text_of
from bot.kit.wanted import ClaimWish, fitting, is_numbered, part_of, wanted_of
from bot.records.claim import Claim
from bot.records.coverage import Coverage
from bot.records.live import Live

_DAYS = {"medicare": 65, "medicaid": 60, "commercial": 180}


@dataclass(frozen=True, slots=True)
class AppealClock:
    """How long a decision can be appealed.

    `line_of_business` is that of the claim's own coverage. `days`: 180 commercial (45 CFR 147.136), 60 TennCare, 65
    Medicare Advantage; None when the line is not certain. `until` is the last day, counted from the decision, which is
    about when the notice was sent; None when either is not known.
    """

    line_of_business: str | None = None
    days: int | None = None
    until: date | None = None


def appeal_clock(claim: Claim, coverages: Sequence[Coverage]) -> AppealClock:
    """The time to appeal a claim's decision, by the product line of the coverage that it names."""
    line = next((one.line for one in coverages if one.id == claim.coverage), None)
    days = _DAYS.get(line or "")
    decided = claim.created.exact if claim.created else None
    return AppealClock(line, days, decided + timedelta(days=days) if decided and days else None)


def denied_claims(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The claims that fit and that the plan did not pay, whole or in part.

    For a kind of care, a line of that kind has to be refused.
    """
    if number := text_of(ask, "claim_id"):
        return tuple(claim for claim in alive.claims if is_numbered(claim, number))
    wanted = wanted_of(in_any_state(ask))
    return tuple(claim for claim in fitting(alive.claims, in_any_state(ask)) if _is_denied(claim, wanted))


def in_any_state(ask: Ask) -> Ask:
    """The question without a state of claims, as denied ones are looked for."""
    return replace(ask, slots={name: value for name, value in ask.slots.items() if name != "state_of_claim"})


def _is_denied(claim: Claim, wanted: ClaimWish) -> bool:
    if claim.denied:
        return True
    if not claim.refused:
        return claim.payment_status == "partiallypaid" and bool(claim.reasons)
    shown, _ = part_of(claim, wanted)
    return shown is None or not shown.lines or not set(shown.lines).isdisjoint(claim.refused)
