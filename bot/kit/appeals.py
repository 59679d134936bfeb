"""An appeal from the denial on: what kind of denial it is, which case is meant, and by when what is due.

The periods are those of the rules at their day (checked 2026-11-28); the plan's own letter decides, and answers say so.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from bot.errors import PayerLacks
from bot.kit.ask import Ask, span_of, text_of
from bot.kit.cases import AppealCase
from bot.kit.claims import claim_by_id, newest_claims, shown_alone
from bot.kit.coverages import member_coverages
from bot.kit.near_claims import Nearest, near_claims
from bot.kit.offers import CaseChange, WithCase
from bot.kit.wanted import ClaimWish, fitting, is_numbered, part_of, wanted_of
from bot.payer.search import Search, given
from bot.records.authorization import Authorization, read_authorization
from bot.records.care_kind import CareKinds, shown_as
from bot.records.claim import Claim, read_claims
from bot.records.coverage import Coverage
from bot.records.decode import Unreadable
from bot.records.live import Live
from bot.records.reasons import Reason

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


SHOWN = 5
_REQUESTS = Search("ExplanationOfBenefit", (("_count", "100"),))
_DATED = re.compile(r"\b\d{1,4}[-/.]\d{1,2}\b|\b20\d\d\b")
FAST = timedelta(hours=72)
"""29 CFR 2560.503-1(i)(2)(i) and 45 CFR 147.136(b)(2); 42 CFR 422.590(e); 42 CFR 438.408(b)(3)."""
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
"""Claim adjustment reason codes (X12) by what an appeal has to show."""
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
"""Words of the payer's own text that say the same, for codes of other lists and for none; the first kind counts."""
_ANSWERS = {"commercial": (30, 60), "medicare": (30, 60), "medicaid": (90, 90)}
"""Days in which the plan answers: for care that is still to come, and for a claim of care that was given.

29 CFR 2560.503-1(i)(2)(ii) and (iii), which 45 CFR 147.136(b)(2) and (3) take over (a plan with two levels of appeal
has half the time for each); 42 CFR 422.590(a) and (b); 42 CFR 431.244(f)(1).
"""
_REVIEW_MONTHS = 4
"""45 CFR 147.136(d)(2)(i): the shortest time to ask for an outside review; a state may give more."""
_REVIEWED = timedelta(days=45)
"""45 CFR 147.136(d)(2)(iii)(B)(7): from the request's arrival at the reviewers."""


def denial_kind(claim: Claim, reasons: Sequence[Reason], kinds: CareKinds) -> DenialKind:
    """What an appeal of the claim has to show, by the payer's own codes, else its words.

    An out-of-network claim for a visit to an emergency room is one of an emergency (45 CFR 149.110).
    """
    found = _by_code(reasons) or _by_words(reasons) or "other"
    of_emergency = found == "network" and kinds.named("er") and shown_as(claim, "er", kinds)
    return "emergency" if of_emergency else found


def _by_code(reasons: Iterable[Reason]) -> DenialKind | None:
    coded = {one.code for one in reasons if one.system and "claim-adjustment-reason-codes" in one.system}
    return next((kind for kind, codes in _CODES.items() if coded & codes), None)


def _by_words(reasons: Iterable[Reason]) -> DenialKind | None:
    said = " ".join(one.text.casefold() for one in reasons if one.text)
    return next((kind for kind, words in _WORDS.items() if any(word in said for word in words)), None)


@dataclass(frozen=True, slots=True)
class AppealDays:
    """By when what is due for a case, each None where it is not known or not due.

    `answer` is when the plan has to have answered, within `days` of what was sent (72 hours where `fast`). `ask_review`
    is the last day to ask for an outside review, `reviewed` about when the reviewers decide.
    """

    answer: date | None = None
    days: int | None = None
    fast: bool = False
    ask_review: date | None = None
    reviewed: date | None = None

    @property
    def next(self) -> date | None:
        """The day that is waited for now."""
        return self.reviewed or self.ask_review or self.answer


def appeal_days(case: AppealCase, claim: Claim, clock: AppealClock) -> AppealDays:
    """What is due when, counted from the days that the person told.

    Medicare Advantage sends a case that it refuses again to the reviewers itself (42 CFR 422.590(g)), and Medicaid's
    hearing is the last step there: neither has a day to ask for an outside review.
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
        return AppealDays(ask_review=_months_on(case.decided, _REVIEW_MONTHS))
    if stage == "review" and case.review:
        return AppealDays(reviewed=case.review + _REVIEWED)
    return AppealDays()


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, the last one of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class CaseFound:
    """The claim whose case is meant, and its case, an empty one where none is kept yet.

    `claim` None: none fits, or one of `choices` has to be chosen first. `wanted` and `nearest` tell of a question that
    no denied claim fits. `opened`: it was chosen by button, so it may be described whatever mark it carries.
    """

    claim: Claim | None = None
    case: AppealCase | None = None
    choices: tuple[Claim, ...] = ()
    wanted: ClaimWish = field(default_factory=ClaimWish)
    nearest: Nearest | None = None
    opened: bool = False


async def case_found(ask: Ask, *of_step: str, fits: Callable[[AppealCase], bool] = lambda _: True) -> CaseFound:
    """The case of the pressed button, of the words, or the only one that fits; several are to be chosen from.

    `of_step` are slots that tell of the step itself (its day, who answered the telephone) and of no claim. Where no
    case fits, the person chooses among those that are kept and the other denied claims.
    """
    kept, pressed = {one.claim: one for one in await ask.cases()}, not ask.said
    ask = without(ask, "state_of_claim", *of_step)
    if chosen := ask.arguments.get("id"):
        claim = await claim_by_id(ask, chosen)
        if pressed or chosen in kept or claim.denied or claim.is_partly_denied or claim.use == "preauthorization":
            return _found(claim, kept, opened=pressed)
    wanted = wanted_of(ask)
    own = () if wanted.narrows else await _readable(ask, kept)
    fit = [one for one in own if fits(kept[one.id])]
    if fit:
        return _found(fit[0], kept) if len(fit) == 1 else CaseFound(choices=tuple(fit[:SHOWN]), wanted=wanted)
    alive = await newest_claims(ask, enough=lambda so_far: len(denied_claims(so_far, ask)) > SHOWN)
    found = [one for one in denied_claims(alive, ask) if wanted.narrows or one.id not in kept]
    if len(found) + len(own) == 1:
        return _found(own[0] if own else await shown_alone(ask, found[0]), kept)
    if not found and not own:  # a request for approval that was refused can be appealed, too
        found = [claim async for claim, one in approvals_asked(ask) if one.decision in {"denied", "partly"}]
        if len(found) == 1:
            return _found(await claim_by_id(ask, found[0].id), kept)
    if found or own:
        return CaseFound(choices=(*own, *found)[:SHOWN], wanted=wanted)
    return CaseFound(wanted=wanted, nearest=await near_claims(ask, alive) if wanted.narrows else None)


async def _readable(ask: Ask, kept: Iterable[str]) -> tuple[Claim, ...]:
    """The claims with a case; one that is gone from the record, or cannot be read, is left out."""
    found = []
    for one in kept:
        with suppress(PayerLacks, Unreadable):
            found.append(await claim_by_id(ask, one))
    return tuple(found)


async def approvals_asked(ask: Ask) -> AsyncIterator[tuple[Claim, Authorization]]:
    """The requests for approval that fit and were not cancelled, as they come: no search parameter asks for them."""
    async for page in given(ask.search(_REQUESTS)):
        raws = {entry.id: entry.raw for entry in page.matches}
        for claim in fitting(read_claims(page.entries)[0], ask):
            if claim.use == "preauthorization" and claim.id in raws:
                one = read_authorization(raws[claim.id])
                if not one.cancelled:
                    yield claim, one


def _found(claim: Claim, kept: Mapping[str, AppealCase], *, opened: bool = False) -> CaseFound:
    return CaseFound(claim, kept.get(claim.id) or AppealCase(claim=claim.id), opened=opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAppeal(WithCase):
    """An answer about the appeal of the claim that was `found`: how long it can be appealed, and what is `due` when."""

    found: CaseFound
    today: date
    clock: AppealClock = field(default_factory=AppealClock)
    due: AppealDays = field(default_factory=AppealDays)

    @property
    def claim(self) -> Claim | None:
        """The claim that is appealed."""
        return self.found.claim

    @property
    def opened(self) -> bool:
        """Whether it was chosen by button."""
        return self.found.opened


@dataclass(frozen=True, slots=True)
class ToldDay:
    """The `day` of a step, today where the words name none (`said` is false).

    `doubt`: nothing is to be kept yet, for the day is still to come ("ahead"), or no single day ("which"), or before
    another one that is known ("order").
    """

    day: date
    said: bool = False
    doubt: Literal["", "ahead", "which", "order"] = ""


def told_day(ask: Ask) -> ToldDay:
    """The day of the button or of the words."""
    if pressed := ask.arguments.get("day"):
        return ToldDay(date.fromisoformat(pressed), said=True)
    start, end = span_of(ask)
    if start and start == end:
        return ToldDay(start, said=True, doubt="ahead" if start > ask.today else "")
    if "date_ahead" in ask.words:
        return ToldDay(ask.today, doubt="ahead")
    said = ask.said.replace(ask.words.get("call_number", ""), "")
    return ToldDay(ask.today, doubt="which" if "date_range" in ask.words or _DATED.search(said) else "")


async def stepped(ask: Ask, found: CaseFound, made: Callable[[AppealCase], AppealCase]) -> Stepped:
    """What a step makes of the case that was found."""
    claim, case = found.claim, found.case
    if claim is None or case is None:
        raise TypeError("a step needs the claim whose case it is")
    clock, after = appeal_clock(claim, (await member_coverages(ask)).every), made(case)
    due = appeal_days(after, claim, clock)
    in_order = after == case or after.in_order(claim.created.exact if claim.created else None)
    return Stepped(clock, due, CaseChange(claim.id, made, due.next, steps=True), in_order=in_order)


@dataclass(frozen=True, slots=True)
class Stepped:
    """The clock of a claim, what is due after a step, and the change to keep; `in_order`: its day fits the others."""

    clock: AppealClock
    due: AppealDays
    change: CaseChange
    in_order: bool


def without(ask: Ask, *slots: str) -> Ask:
    """The question without these slots and without its words, where both tell of a step and not of a claim."""
    return replace(ask, slots={name: value for name, value in ask.slots.items() if name not in slots}, said="")
