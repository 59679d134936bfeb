"""Whether care was approved in advance: the payer's decision, its period and quantity, and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.kit import (
    Ask,
    AskedAhead,
    Authorization,
    CareKind,
    Claim,
    ClaimWish,
    Search,
    Summary,
    choose,
    given,
    kind_shown,
    read_claims,
    span_of,
    text_of,
    wanted_of,
    words_of,
)

SHOWN = 4
_NO_APPROVAL = frozenset({"15", "197", "198"})
"""Claim adjustment reason codes (CARC) for a missing approval, or one that does not include the care."""
Span = tuple[date, date]
_SEARCH = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:provider"), ("_count", "100")))
_YEAR = 4
_STATES = {"denied": {"denied"}, "pending": {"pending"}, "paid": {"approved", "partly"}}


class Authorizations(Summary, frozen=True):
    """The matching requests for approval, newest first.

    Attributes:
        question: What was asked: "holds" for how long, "left" how many are left, "need" and "needed" whether the care
            needs or needed approval, "why" the reason, "call" whether the doctor may discuss a denial with the plan;
                None
            for the decision.
        others: The newest requests, if none matches.
        shared: Whether the plan shares any requests at all.
        marked: How many requests have a sensitivity label and are not described.
        total: How many match; `first` is the number of the first one shown.
        refused: A claim that was denied because approval was missing, which shows that the care needed it.
        kinds: The kind of care of a request by its id, if its record shows only one kind.
        then: The time for which the question asks whether an approval is valid.
        asks_end: Whether the question asks for the end of an approval.
        each: The newest request for each kind of care, if several were named.
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
    kinds: Mapping[str, CareKind] = msgspec.field(default_factory=dict)
    first: int = 1
    then: Span | None = None
    asks_end: bool = False
    each: tuple[tuple[CareKind, Authorization | None], ...] = ()

    def over(self, one: Authorization) -> bool:
        """Return whether its period has ended, today or at the time in question."""
        end = one.holds.end
        return one.is_over(self.today) or bool(self.then and end and end.last < self.then[0])


async def answer(ask: Ask) -> Authorizations:
    """Return the answer from all pages, as no search parameter selects approvals.

    Raises:
        AskedAhead: Whether care needs approval is asked, and no request for it is shared.
    """
    found: list[tuple[Claim, Authorization]] = []
    unpaid: list[Claim] = []
    async for page in given(ask.search(_SEARCH)):
        raws = {entry.id: entry.raw for entry in page.matches}
        claims, _ = read_claims(page.entries)
        for claim in claims:
            if claim.use == "preauthorization" and claim.id in raws:
                found.append((claim, Authorization(raws[claim.id], claim.performed)))
                claim.read_whole(performed=True)
            elif claim.id in raws and (claim.denied or claim.is_partly_denied) and not claim.sensitive:
                unpaid.append(claim)
    summary = summarize(found, ask)
    if summary.question == "needed" and not summary.rows:
        summary = replace(summary, refused=_refused(unpaid, ask))
        ask.cite("ExplanationOfBenefit", [summary.refused.id] if summary.refused else [])
    ask.cite("ExplanationOfBenefit", [one.id for one in (*summary.rows, *summary.others)])
    if summary.question == "need" and not summary.rows:
        raise AskedAhead
    return summary


def _refused(unpaid: Sequence[Claim], ask: Ask) -> Claim | None:
    """Return the newest matching claim that the plan denied because approval was missing."""
    fit = choose(unpaid, replace(wanted_of(ask), states=())).claims
    return next((claim for claim in fit if any(reason.code in _NO_APPROVAL for reason in claim.reasons)), None)


def summarize(found: Sequence[tuple[Claim, Authorization]], ask: Ask) -> Authorizations:
    """Return the requests for the named care, provider and time, without those made in error."""
    wanted, question, then = wanted_of(ask), _question(ask), _then(ask)
    wanted = replace(wanted, start=None, end=None) if then else wanted
    by_id = {claim.id: one for claim, one in found if claim.status != "entered-in-error"}
    claims = [claim for claim, _ in found if claim.id in by_id]
    plain = [claim for claim in claims if not claim.sensitive]
    fit = choose(plain, replace(wanted, states=())).claims
    rows = _asked_of(_newest(by_id[claim.id] for claim in fit), wanted, question, then[0] if then else ask.today)
    others = _newest(by_id[claim.id] for claim in plain) if not rows else []
    first = ask.page * SHOWN if ask.page * SHOWN < len(rows) else 0
    shown = {one.id for one in (*rows[first : first + SHOWN], *others[:SHOWN])}
    kinds = {claim.id: kind for claim in plain if claim.id in shown and (kind := kind_shown(claim, wanted.kinds))}
    return Authorizations(
        wanted=wanted,
        question=question,
        rows=tuple(rows[first : first + SHOWN]),
        others=tuple(others[:SHOWN]),
        more=max(0, len(rows) - first - SHOWN),
        shared=bool(claims),
        marked=len(claims) - len(plain),
        today=ask.today,
        total=len(rows),
        kinds=kinds,
        first=first + 1,
        then=then,
        asks_end=question == "holds" and "expiring" in ask.asked.says,
        each=_each(plain, by_id, wanted) if question is None else (),
    )


def _question(ask: Ask) -> str | None:
    """Return what is asked about the requests; for a future time, whether they are valid then."""
    if question := text_of(ask, "question"):
        return question
    if ask.asked.care and "approval_decided" not in ask.asked.says:
        ask.said_unmet("date_range")  # "before a sleep study" tells what it is needed for
        return "need"
    return "holds" if "date_ahead" in ask.slots else None


def _then(ask: Ask) -> Span | None:
    """Return the time in question for the validity of an approval; a month without a year is the next one."""
    if _question(ask) != "holds":
        if "date_ahead" in ask.slots:
            ask.cannot("date_ahead")
        return None
    value = ask.slots.get("date_ahead")
    if isinstance(value, Mapping):
        return date.fromisoformat(str(value["start"])), date.fromisoformat(str(value["end"]))
    start, end = span_of(ask)
    if start is None or end is None:
        return None
    dated = any(word.isdigit() and len(word) == _YEAR for word in words_of(ask.words.get("date_range")))
    past = "was_once" in ask.asked.says
    if dated or past or end >= ask.today or (start.month, start.day) == (1, 1) == (end.month - 11, 1):
        return start, end
    return _year_on(start), _year_on(end)


def _year_on(day: date) -> date:
    """Return the same day a year later; February 29 becomes the 28th."""
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 -- February


def _each(
    plain: Sequence[Claim], by_id: Mapping[str, Authorization], wanted: ClaimWish
) -> tuple[tuple[CareKind, Authorization | None], ...]:
    """Return the newest request for each named kind of care; empty if fewer than two were named."""
    kinds = wanted.kinds_of_care
    asked = [replace(wanted, services=(kind.key,), states=()) for kind in kinds]
    found = [_newest(by_id[claim.id] for claim in choose(plain, one).claims) for one in asked]
    return (
        tuple((kind, rows[0] if rows else None) for kind, rows in zip(kinds, found, strict=True)) if kinds[1:] else ()
    )


def _asked_of(
    rows: Sequence[Authorization], wanted: ClaimWish, question: str | None, today: date
) -> Sequence[Authorization]:
    """Return the requests in question: those in a state, or the valid approvals if there are any."""
    if question == "call":
        return [one for one in rows if one.decision in {"denied", "partly"} and not one.cancelled][:1]
    if wanted.state in _STATES:
        return [one for one in rows if one.decision in _STATES[wanted.state]]
    if question not in {"holds", "left"}:
        return rows
    given_ones = [one for one in rows if one.decision in _STATES["paid"] and not one.cancelled]
    holding = [one for one in given_ones if not one.is_over(today)]
    counted = [one for one in holding if one.left is not None] if question == "left" else []
    soonest = sorted(holding, key=lambda one: one.holds.end.last if one.holds.end else date.max)
    return counted or soonest or given_ones or rows


def _newest(rows: Iterable[Authorization]) -> list[Authorization]:
    return sorted(rows, key=lambda one: one.decided.first if one.decided else date.min, reverse=True)
