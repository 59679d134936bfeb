"""What an appeal has to show by the plan's own codes and words, and by when what is due."""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pytest

from bot.kit import AppealCase, AppealClock, appeal_days, denial_kind
from bot.kit.appeals import DenialKind
from bot.records.care_kind import NO_KINDS
from bot.records.reasons import Reason

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
SENT = date(2026, 5, 18)


@dataclass
class _Claim:
    use: str = "claim"
    reasons: tuple[Reason, ...] = ()


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason("50", CARC, "Not deemed a medical necessity"), "necessity"),
        (Reason("197", CARC, None), "approval"),
        (Reason("4", CARC, None), "coding"),
        (Reason("40", CARC, None), "emergency"),
        (Reason("242", CARC, None), "network"),
        (Reason("29", CARC, None), "late"),
        (Reason("96", CARC, None), "not_covered"),
        (Reason("N706", "https://x12.org/codes/remittance-advice-remark-codes", "Records are missing"), "records"),
        (Reason("75", "http://terminology.hl7.org/CodeSystem/NCPDPRejectCode", "Needs approval first"), "approval"),
        (Reason("", None, "Filed after the time limit"), "late"),
        (Reason("B7", CARC, "See the contract"), "other"),
    ],
)
def test_the_kind_is_that_of_the_plans_own_reason(reason: Reason, kind: DenialKind) -> None:
    """By code where it is one of the list for claims, else by the payer's words."""
    assert denial_kind(cast("Any", _Claim(reasons=(reason,))), NO_KINDS) == kind


def _days(case: AppealCase, line: str | None, use: str = "claim") -> tuple[date | None, date | None, date | None]:
    found = appeal_days(case, cast("Any", _Claim(use)), AppealClock(line))
    return found.answer, found.ask_review, found.reviewed


def test_the_plan_answers_within_the_time_of_its_kind() -> None:
    """60 days for care that was given, 30 for care to come, 90 of Medicaid, 72 hours of a fast appeal."""
    case = AppealCase(claim="1").sent_on(SENT)
    assert _days(case, "commercial") == (date(2026, 7, 17), None, None)
    assert _days(case, None, "preauthorization") == (date(2026, 6, 17), None, None)
    assert _days(case, "medicare") == (date(2026, 7, 17), None, None)
    assert _days(case, "medicaid") == (date(2026, 8, 16), None, None)
    fast = AppealCase(claim="1").sent_on(SENT, fast=True)
    assert _days(fast, "commercial", "preauthorization") == (date(2026, 5, 21), None, None)
    assert _days(fast, "commercial") == (date(2026, 7, 17), None, None)  # care that was given can wait


def test_an_outside_review_is_asked_for_within_four_months() -> None:
    """The last day of a shorter month; none where the plan sends the case on itself, or a hearing comes."""
    lost = AppealCase(claim="1").sent_on(SENT).answered("upheld", date(2026, 10, 31))
    assert _days(lost, "commercial") == (None, date(2027, 2, 28), None)
    assert _days(lost, "medicare") == _days(lost, "medicaid") == (None, None, None)
    assert _days(lost.sent_on(date(2026, 11, 2), review=True), "commercial") == (None, None, date(2026, 12, 17))
    assert _days(lost.sent_on(date(2026, 11, 2), review=True), "medicaid") == (None, None, None)
    over = lost.sent_on(SENT, review=True).answered("approved", SENT, review=True)
    assert _days(over, "commercial") == (None, None, None)
