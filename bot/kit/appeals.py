"""Appeals of denied claims: the kind of denial, the case in question, and the deadlines.

The periods are those of the regulations as of 2026-11-28. The plan's own letter takes precedence, and answers say so.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from bot.errors import PayerLacks
from bot.kit.amounts import part_of
from bot.kit.ask import Ask, text_of
from bot.kit.claim_filter import ClaimFilter, is_numbered
from bot.kit.claims import cite_claims, claim_by_id, newest_claims, shown_alone
from bot.kit.coverages import member_coverages
from bot.kit.near_claims import Nearest, near_claims
from bot.kit.offers import AppealCase, CaseChange, WithCase
from bot.kit.said import filter_of, fitting
from bot.kit.spans import span_of
from bot.language.calendar import later
from bot.payer.search import Search, given
from bot.records.authorization import Authorization
from bot.records.care_kind import CareKinds, shown_as
from bot.records.claim import Claim, read_claims
from bot.records.claim_set import ClaimSet
from bot.records.coverage import Coverage
from bot.records.decode import Unreadable

_DAYS = {"medicare": 65, "medicaid": 60, "commercial": 180}


class AppealClock(msgspec.Struct, frozen=True):
    """How long a decision can be appealed.

    Attributes:
        line_of_business: The product line of the claim's own coverage.
        days: The period in days: 180 for commercial plans (45 CFR 147.136), 60 for TennCare, 65 for Medicare Advantage;
            None if unknown.
        until: The last day, counted from the day of the decision (about when the notice was sent); None if unknown.
    """

    line_of_business: str | None = None
    days: int | None = None
    until: date | None = None


def appeal_clock(claim: Claim, coverages: Sequence[Coverage]) -> AppealClock:
    """Return how long the claim can be appealed, by the product line of the coverage that the claim names."""
    line = next((one.line for one in coverages if one.id == claim.coverage), None)
    days = _DAYS.get(line or "")
    decided = claim.created.exact if claim.created else None
    return AppealClock(line, days, decided + timedelta(days=days) if decided and days else None)


def denied_claims(claim_set: ClaimSet, ask: Ask) -> tuple[Claim, ...]:
    """Return the matching claims that the plan denied, wholly or in part.

    If a kind of care was named, a line of that kind must be denied. If a claim number was named, return the claim with
    that number, denied or not.
    """
    if number := text_of(ask, "claim_id"):
        return tuple(claim for claim in claim_set.claims if is_numbered(claim, number))
    wanted = filter_of(anyway := ask.without("state_of_claim"))
    return tuple(claim for claim in fitting(claim_set.claims, anyway) if _is_denied(claim, wanted))


def _is_denied(claim: Claim, wanted: ClaimFilter) -> bool:
    if claim.denied:
        return True
    if not claim.refused:
        return claim.payment_status == "partiallypaid" and bool(claim.reasons)
    shown, _ = part_of(claim, wanted)
    return shown is None or not shown.lines or not set(shown.lines).isdisjoint(claim.refused)


SHOWN = 5
_REQUESTS = Search("ExplanationOfBenefit", (("_count", "100"),))
_DATED = re.compile(r"\b\d{1,4}[-/.]\d{1,2}\b|\b20\d\d\b")
FAST = timedelta(hours=72)
"""The time for a fast appeal: 29 CFR 2560.503-1(i)(2)(i), 45 CFR 147.136(b)(2), 42 CFR 422.590(e), 438.408(b)(3)."""
DenialKind = Literal[
    "necessity", "approval", "coding", "emergency", "network", "late", "not_covered", "records", "other"
]
_CODES: Mapping[DenialKind, frozenset[str]] = {
    "necessity": frozenset({"50", "54", "55", "56", "58", "150", "151", "152", "167"}),
    "approval": frozenset({"15", "39", "95", "197", "198", "243", "288"}),
    "emergency": frozenset({"40"}),
    "network": frozenset({"242"}),
    "late": frozenset({"29"}),
    "records": frozenset({"163", "226", "227", "252"}),
    "coding": frozenset(
        {"4", "5", "6", "7", "8", "9", "10", "11", "16", "18", "31", "97", "110", "125", "129", "140", "146", "181"}
    ),
    "not_covered": frozenset({"26", "27", "35", "49", "96", "119", "149", "170", "204", "256"}),
}
"""The claim adjustment reason codes (X12) of each kind of denial."""
_WORDS: Mapping[DenialKind, tuple[str, ...]] = {
    "emergency": ("not an emergency", "non-emergency", "not emergent"),
    "approval": ("approval", "authorization", "authorisation", "precert", "referral"),
    "necessity": ("medically necessary", "medical necessity", "experimental", "investigational"),
    "network": ("out of network", "out-of-network", "not in network", "non-participating", "nonparticipating"),
    "late": ("too late", "timely", "filing limit", "time limit"),
    "records": ("records", "documentation", "additional information"),
    "not_covered": ("not cover", "not a benefit", "excluded", "exclusion", "benefit limit", "maximum"),
    "coding": ("coding", "modifier", "diagnosis", "procedure code", "duplicate"),
}
"""Words in the payer's text for each kind of denial, used if no code matches; the first kind that matches counts."""
_ANSWERS = {"commercial": (30, 60), "medicare": (30, 60), "medicaid": (90, 90)}
"""How many days the plan has to answer: for care not yet given, and for a claim for care that was given.

29 CFR 2560.503-1(i)(2)(ii) and (iii), adopted by 45 CFR 147.136(b)(2) and (3); a plan with two levels of appeal has
half of the time for each. 42 CFR 422.590(a) and (b). 42 CFR 431.244(f)(1).
"""
_REVIEW_MONTHS = 4
"""The shortest period for an external review request, by 45 CFR 147.136(d)(2)(i); a state may allow more."""
_REVIEWED = timedelta(days=45)
"""The time until an external review is decided, from the arrival of the request: 45 CFR 147.136(d)(2)(iii)(B)(7)."""


def denial_kind(claim: Claim, kinds: CareKinds) -> DenialKind:
    """Return the kind of denial by the payer's reason codes, or else by words in its reasons; else "other".

    An out-of-network claim for an emergency room visit has the kind "emergency" (45 CFR 149.110).
    """
    coded = {one.code for one in claim.reasons if one.system and "claim-adjustment-reason-codes" in one.system}
    said = " ".join(one.text.casefold() for one in claim.reasons if one.text)
    ways: tuple[DenialKind, ...] = (
        *(kind for kind, codes in _CODES.items() if coded & codes),
        *(kind for kind, words in _WORDS.items() if any(word in said for word in words)),
    )
    found = ways[0] if ways else "other"
    return "emergency" if found == "network" and kinds.named("er") and shown_as(claim, "er", kinds) else found


class AppealDays(msgspec.Struct, frozen=True):
    """The deadlines of a case; each is None if unknown or not applicable.

    Attributes:
        answer: The last day for the plan's answer: `days` after the day on which the appeal was sent, or 72 hours if
            `fast`.
        ask_review: The last day for an external review request.
        reviewed: About when the external reviewers decide.
    """

    answer: date | None = None
    days: int | None = None
    fast: bool = False
    ask_review: date | None = None
    reviewed: date | None = None

    @property
    def next(self) -> date | None:
        """The next deadline of the case; None if there is none."""
        return self.reviewed or self.ask_review or self.answer


def appeal_days(case: AppealCase, claim: Claim, clock: AppealClock) -> AppealDays:
    """Return the deadlines of a case, counted from the days that the person reported.

    There is no deadline for an external review request under Medicare Advantage, which forwards a case to the reviewers
    itself (42 CFR 422.590(g)), nor under Medicaid, where the hearing is the last step.
    """
    line = clock.line_of_business or "commercial"
    days = _ANSWERS[line if line in _ANSWERS else "commercial"][claim.use != "preauthorization"]
    stage = case.stage
    if stage == "sent" and case.sent:
        fast = case.fast and claim.use == "preauthorization"  # care that was given can wait
        return AppealDays(answer=case.sent + (FAST if fast else timedelta(days=days)), days=days, fast=fast)
    if line in {"medicare", "medicaid"}:
        return AppealDays()
    if stage == "lost" and case.decided:
        return AppealDays(ask_review=later(case.decided, _REVIEW_MONTHS, "month"))
    if stage == "review" and case.review:
        return AppealDays(reviewed=case.review + _REVIEWED)
    return AppealDays()


class CaseFound(msgspec.Struct, frozen=True):
    """The claim in question and its appeal; the case is empty if none is stored yet.

    Attributes:
        claim: None if no claim matches, or if the person has to choose one of `choices`.
        wanted: The conditions of the question; `nearest` has close matches if no denied claim matches.
        opened: Whether a button selected the claim, so that the claim may be described despite a sensitivity label.
        paid: Whether claims match that were not denied.
    """

    claim: Claim | None = None
    case: AppealCase | None = None
    choices: tuple[Claim, ...] = ()
    wanted: ClaimFilter = msgspec.field(default_factory=ClaimFilter)
    nearest: Nearest | None = None
    opened: bool = False
    paid: bool = False


async def case_found(ask: Ask, *of_step: str, fits: Callable[[AppealCase], bool] = lambda _: True) -> CaseFound:
    """Return the appeal in question: of the claim that a button or the message selects, or the only one that matches.

    If several match, the result lists them as `choices`. `of_step` are slots that describe the step itself (its day,
    who answered the phone) and not the claim. `fits` selects among the stored cases: if no case passes, the person
    chooses from all stored cases and denied claims. The claims are cited.
    """
    found = await _case(ask, of_step, fits)
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    return found


async def _case(ask: Ask, of_step: Sequence[str], fits: Callable[[AppealCase], bool]) -> CaseFound:
    kept, pressed = {one.claim: one for one in await ask.cases()}, not ask.said
    ask = replace(ask.without("state_of_claim", *of_step), said="")  # which tells of the step, and of no claim
    if chosen := ask.arguments.get("id"):
        claim = await claim_by_id(ask, chosen)
        if pressed or chosen in kept or claim.denied or claim.is_partly_denied or claim.use == "preauthorization":
            return _found(claim, kept, opened=pressed)
    wanted = filter_of(ask)
    own: list[Claim] = []
    for one in () if wanted.narrows else kept:
        with suppress(PayerLacks, Unreadable):
            own.append(await claim_by_id(ask, one))
    fit = [one for one in own if fits(kept[one.id])]
    if fit:
        return _found(fit[0], kept) if len(fit) == 1 else CaseFound(choices=tuple(fit[:SHOWN]), wanted=wanted)
    claim_set = await newest_claims(ask, enough=lambda so_far: len(denied_claims(so_far, ask)) > SHOWN)
    found = [one for one in denied_claims(claim_set, ask) if wanted.narrows or one.id not in kept]
    if len(found) + len(own) == 1:
        return _found(own[0] if own else await shown_alone(ask, found[0]), kept)
    if not found and not own:  # a request for approval that was refused can be appealed, too
        found = [claim async for claim, one in approvals_asked(ask) if one.decision in {"denied", "partly"}]
        if len(found) == 1:
            return _found(await claim_by_id(ask, found[0].id), kept)
    if found or own:
        return CaseFound(choices=(*own, *found)[:SHOWN], wanted=wanted)
    paid = wanted.narrows and bool(fitting(claim_set.claims, ask))
    nearest = await near_claims(ask, claim_set) if wanted.narrows and not paid else None
    return CaseFound(wanted=wanted, nearest=nearest, paid=paid)


async def approvals_asked(ask: Ask) -> AsyncIterator[tuple[Claim, Authorization]]:
    """Yield the matching requests for approval that were not cancelled, each with its claim.

    All pages are read, because no search parameter selects such requests.
    """
    async for page in given(ask.search(_REQUESTS)):
        for claim in fitting(read_claims(page.entries)[0], ask):
            if claim.use == "preauthorization" and not (one := Authorization(claim)).cancelled:
                yield claim, one


def _found(claim: Claim, kept: Mapping[str, AppealCase], *, opened: bool = False) -> CaseFound:
    return CaseFound(claim, kept.get(claim.id) or AppealCase(claim=claim.id), opened=opened)


class OfAppeal(WithCase, frozen=True, kw_only=True):
    """An answer about an appeal: the case `found`, how long the claim can be appealed, and the deadlines `due`."""

    found: CaseFound
    clock: AppealClock = msgspec.field(default_factory=AppealClock)
    due: AppealDays = msgspec.field(default_factory=AppealDays)

    @property
    def claim(self) -> Claim | None:
        """The claim that is appealed."""
        return self.found.claim

    @property
    def opened(self) -> bool:
        """Whether a button selected the claim."""
        return self.found.opened


class StatedDay(msgspec.Struct, frozen=True):
    """The day of a step of an appeal, for example of a call; today, with `said` False, if the message names no day.

    `doubt` is set if nothing may be stored yet: "ahead" for a future day, "which" if the message does not name a single
    day, and "order" if the day is before another known day of the case.
    """

    day: date
    said: bool = False
    doubt: Literal["", "ahead", "which", "order"] = ""


def stated_day(ask: Ask) -> StatedDay:
    """Return the day of a step from the button or the message; today if neither gives a day."""
    if pressed := ask.arguments.get("day"):
        return StatedDay(date.fromisoformat(pressed), said=True)
    start, end = span_of(ask)
    if start and start == end:
        return StatedDay(start, said=True, doubt="ahead" if start > ask.today else "")
    if "date_ahead" in ask.words:
        return StatedDay(ask.today, doubt="ahead")
    said = ask.said.replace(ask.words.get("call_number", ""), "")
    return StatedDay(ask.today, doubt="which" if "date_range" in ask.words or _DATED.search(said) else "")


OneOfAppeal = TypeVar("OneOfAppeal", bound=OfAppeal)


async def stepped(
    ask: Ask, plain: OneOfAppeal, made: Callable[[AppealCase], AppealCase], **more: object
) -> OneOfAppeal:
    """Return the answer after a step of its case: how long the claim can be appealed, what is due, and the change.

    `made` returns the case after the step. If the days of the case are then out of order, the answer states only that.
    """
    claim, case = plain.found.claim, plain.found.case
    if claim is None or case is None:
        return plain
    clock, after = appeal_clock(claim, (await member_coverages(ask)).every), made(case)
    stated = getattr(plain, "stated", None)
    if stated and after != case and not after.in_order(claim.created.exact if claim.created else None):
        return replace(plain, stated=replace(stated, doubt="order"))
    due = appeal_days(after, claim, clock)
    return replace(plain, clock=clock, due=due, change=CaseChange(claim.id, made, due.next, steps=True), **more)
