"""Was it approved before the care: the payer's own decision, for which time and how much, and its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.kit import (
    Ahead,
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
    member_coverages,
    read_authorization,
    read_claims,
    rules_ahead,
    span_of,
    text_of,
    wanted_of,
    words_of,
)

SHOWN = 4
_NO_APPROVAL = frozenset({"15", "197", "198"})
"""Reasons of the code list for claims (CARC): an approval is missing, or doesn't cover what was done."""
Span = tuple[date, date]
_SEARCH = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:provider"), ("_count", "100")))
_YEAR = 4
_PAST = frozenset({"was", "were", "era", "estaba", "estuvo", "valia"})
_ENDS = frozenset({"run", "runs", "expire", "expires", "end", "ends", "vence", "vencen", "acaba", "termina", "caduca"})
_STATES = {"denied": {"denied"}, "pending": {"pending"}, "paid": {"approved", "partly"}}


@dataclass(frozen=True, slots=True)
class Authorizations(Summary):
    """The requests that fit, the newest first. `shared` says whether the plan shares any at all.

    `question` is what was asked of them: "holds" for how long, "left" how many are left, "need" and "needed" whether
    the care needs or needed approval, "why" the reason, "call" whether the office may talk with the plan about a
    refusal; None: what was decided. `total` counts all that fit, and `first` is the number of the first one shown.
    `others` are the newest ones where none fits; `marked` carry a privacy mark and are not described. `kinds` names the
    care of a request by its id, where its record shows just one kind. `then` is the time for which it was asked whether
    an approval holds, and `asks_end` that its end was asked for. `each` has the newest request of each kind of care,
    where several were named. `refused` is a claim that the plan didn't pay for lack of an approval: the care needed
    one. `ahead` are the benefit table's rules for care to come.
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
    first: int = 1
    then: Span | None = None
    asks_end: bool = False
    each: tuple[tuple[CareKind, Authorization | None], ...] = ()
    ahead: tuple[Ahead, ...] = ()

    def over(self, one: Authorization) -> bool:
        """Whether its time has passed, today or at the time that was asked about."""
        end = one.holds.end
        return one.is_over(self.today) or bool(self.then and end and end.last < self.then[0])


async def answer(ask: Ask) -> Authorizations:
    """By the benefit table, where it tells. Else every page is read: no search parameter asks for approvals alone."""
    if rules := await _by_table(ask):
        return replace(summarize((), ask), ahead=rules)
    found: list[tuple[Claim, Authorization]] = []
    unpaid: list[Claim] = []
    async for page in given(ask.search(_SEARCH)):
        raws = {entry.id: entry.raw for entry in page.matches}
        claims, _ = read_claims(page.entries)
        for claim in claims:
            if claim.use == "preauthorization" and claim.id in raws:
                found.append((claim, read_authorization(raws[claim.id], claim.performed)))
                claim.read_whole(performed=True)
            elif claim.id in raws and (claim.denied or claim.is_partly_denied) and not claim.sensitive:
                unpaid.append(claim)
    summary = summarize(found, ask)
    if summary.question == "needed" and not summary.rows:
        summary = replace(summary, refused=_refused(unpaid, ask))
        ask.cite("ExplanationOfBenefit", [summary.refused.id] if summary.refused else [])
    ask.cite("ExplanationOfBenefit", [one.id for one in (*summary.rows, *summary.others)])
    return summary


async def _by_table(ask: Ask) -> tuple[Ahead, ...]:
    """The rules that tell whether care to come needs approval."""
    if _question(ask) != "need" or not ask.benefits.rows:
        return ()
    rules = rules_ahead(ask, await member_coverages(ask), None)
    return tuple(one for one in rules if one.benefit.approval is not None or not one.benefit.covered)


def _refused(unpaid: Sequence[Claim], ask: Ask) -> Claim | None:
    """The newest claim that fits and that the plan refused because an approval was not there."""
    fit = choose(unpaid, replace(wanted_of(ask), state=None)).claims
    return next((claim for claim in fit if any(reason.code in _NO_APPROVAL for reason in claim.reasons)), None)


def summarize(found: Sequence[tuple[Claim, Authorization]], ask: Ask) -> Authorizations:
    """Those of the care, provider and time that were named; what was made in error is none."""
    wanted, question, then = wanted_of(ask), _question(ask), _then(ask)
    wanted = replace(wanted, start=None, end=None) if then else wanted
    by_id = {claim.id: one for claim, one in found if claim.status != "entered-in-error"}
    claims = [claim for claim, _ in found if claim.id in by_id]
    plain = [claim for claim in claims if not claim.sensitive]
    fit = choose(plain, replace(wanted, state=None)).claims
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
        asks_end=question == "holds" and bool(_ENDS & set(words_of(ask.said))),
        each=_each(plain, by_id, wanted) if question is None else (),
    )


def _question(ask: Ask) -> str | None:
    """What is asked of the requests; of a time ahead it is whether they hold then."""
    return text_of(ask, "question") or ("holds" if "date_ahead" in ask.slots else None)


def _then(ask: Ask) -> Span | None:
    """The time for which it was asked whether an approval holds; a month without its year is the next one."""
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
    said = set(words_of(ask.said))
    dated = any(word.isdigit() and len(word) == _YEAR for word in words_of(ask.words.get("date_range")))
    if dated or said & _PAST or end >= ask.today or (start.month, start.day) == (1, 1) == (end.month - 11, 1):
        return start, end
    return _year_on(start), _year_on(end)


def _year_on(day: date) -> date:
    """The same day a year later; February 29 becomes the 28th."""
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 -- February


def _each(
    plain: Sequence[Claim], by_id: Mapping[str, Authorization], wanted: ClaimWish
) -> tuple[tuple[CareKind, Authorization | None], ...]:
    """The newest request of each kind of care that was named; none where fewer than two were."""
    kinds = wanted.kinds_of_care
    asked = [replace(wanted, service=kind.key, services=(kind.key,), state=None) for kind in kinds]
    found = [_newest(by_id[claim.id] for claim in choose(plain, one).claims) for one in asked]
    return (
        tuple((kind, rows[0] if rows else None) for kind, rows in zip(kinds, found, strict=True)) if kinds[1:] else ()
    )


def _asked_of(
    rows: Sequence[Authorization], wanted: ClaimWish, question: str | None, today: date
) -> Sequence[Authorization]:
    """The requests that the question is about: those in a state, or approvals that hold, if any of them does."""
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
