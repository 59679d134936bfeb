"""Whether care was approved in advance: the payer's decision, its period and quantity, and its reason."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from bot import kit

SHOWN = 4
_RULES = "coverage.workings"
_NEED = re.compile(
    r"\b(?:need|needs|needed|have to|has to|gotta|got to|must|require[ds]?|who|supposed|should|do i|does (?:it|the|my)"
    r"|necesit\w+|hace falta|tengo que|hay que|qui[eé]n|requiere)\b",
    re.IGNORECASE,
)
_NO_APPROVAL = frozenset({"15", "197", "198"})
"""Claim adjustment reason codes (CARC) for a missing approval, or one that does not include the care."""
Span = tuple[date, date]
_SEARCH = kit.Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:provider"), ("_count", "100")))
_YEAR = 4
_STATES = {"denied": {"denied"}, "pending": {"pending"}, "paid": {"approved", "partly"}}


class Authorizations(kit.OfClaims, frozen=True):
    """The matching requests for approval, newest first.

    Attributes:
        question: What the question asks for. "holds": how long the approval is valid; "left": how many units are left;
            "need", "needed": whether the care needs or needed approval; "why": the reason; "call": whether the doctor
            may discuss a denial with the plan; None: the decision.
        rows: The requests to show; `more`: the number of further ones.
        others: The newest requests, if none matches.
        shared: True if the plan shares any requests for approval.
        marked: The number of requests with a sensitivity label, which are not described.
        total: The number of matching requests; `first`: the number of the first request shown.
        refused: A claim that was denied because approval was missing, which shows that the care needed approval.
        then: The period for which the question asks whether an approval is valid.
        asks_end: True if the question asks for the end of an approval.
        referral: True if the question is about a referral, which is no request for approval.
        each: The newest request for each kind of care, if the question names several.
    """

    question: str | None
    rows: tuple[kit.Authorization, ...]
    others: tuple[kit.Authorization, ...]
    more: int
    shared: bool
    marked: int
    total: int = 0
    refused: kit.Claim | None = None
    first: int = 1
    then: Span | None = None
    asks_end: bool = False
    referral: bool = False
    each: tuple[tuple[kit.CareKind, kit.Authorization | None], ...] = ()

    def over(self, one: kit.Authorization) -> bool:
        """Return whether the approval's period has ended, today or before the period `then`."""
        return one.holds.is_over(self.today) or bool(self.then and one.holds.is_over(self.then[0]))


async def answer(ask: kit.Ask) -> Authorizations:
    """Return the requests for approval among all claims, because no search parameter selects such requests.

    Raises:
        Reroute: The plan shares no request for approval of the care; the intent for future care says if one is needed.
            `coverage.workings` answers how long a plan takes to decide.
    """
    kit.hand_over_waiting(ask, _RULES)
    found: list[tuple[kit.Claim, kit.Authorization]] = []
    unpaid: list[kit.Claim] = []
    async for page in kit.given(ask.search(_SEARCH)):
        for claim in kit.read_claims(page.entries)[0]:
            if claim.use == "preauthorization":
                found.append((claim, kit.Authorization(claim)))
                claim.read_whole()
            elif (claim.denied or claim.is_partly_denied) and not claim.sensitive:
                unpaid.append(claim)
    summary = summarize(found, ask)
    if summary.question == "needed" and not summary.rows:
        fit = kit.choose(unpaid, replace(kit.filter_of(ask), states=())).claims
        refused = next((claim for claim in fit if any(one.code in _NO_APPROVAL for one in claim.reasons)), None)
        summary = replace(summary, refused=refused)
        ask.cite("ExplanationOfBenefit", [refused.id] if refused else [])
    ask.cite("ExplanationOfBenefit", [one.id for one in (*summary.rows, *summary.others)])
    named = kit.names_care(ask)
    if summary.question == "need" and not summary.rows and (named or not summary.referral):
        raise kit.Reroute(None, reason="referral" if summary.referral else "approval")
    if summary.question is None and not (summary.shared or summary.referral) and _asks_need(ask):
        raise kit.Reroute(None, reason="approval") if named else kit.Reroute(_RULES, workings="approval_needed")
    return summary


def _asks_need(ask: kit.Ask) -> bool:
    """Return whether the question is if approval has to be requested, or by whom, and not what was decided."""
    return _NEED.search(ask.said) is not None and {"was", "yet"}.isdisjoint(ask.asked.says)


def summarize(found: Sequence[tuple[kit.Claim, kit.Authorization]], ask: kit.Ask) -> Authorizations:
    """Return the requests for the named care, provider and period, without requests entered in error."""
    wanted, question, then = kit.filter_of(ask), _question(ask), _then(ask)
    wanted = replace(wanted, start=None, end=None) if then else wanted
    if isinstance(drug := ask.beside.get("drug"), str):
        wanted = replace(wanted, drugs=((drug, *ask.other_names(drug)),))
        ask.said_unmet("drug")
    by_id = {claim.id: one for claim, one in found if claim.status != "entered-in-error"}
    claims = [claim for claim, _ in found if claim.id in by_id]
    plain = [claim for claim in claims if not claim.sensitive]
    fit = kit.choose(plain, replace(wanted, states=())).claims
    rows = _asked_of(_newest(by_id[claim.id] for claim in fit), wanted, question, then[0] if then else ask.today)
    others = _newest(by_id[claim.id] for claim in plain) if not rows else []
    first = ask.page * SHOWN if ask.page * SHOWN < len(rows) else 0
    page, others = tuple(rows[first : first + SHOWN]), others[:SHOWN]
    shown = {one.id for one in (*page, *others)}
    kinds = {claim.id: kind for claim in plain if claim.id in shown and (kind := kit.kind_shown(claim, wanted.kinds))}
    return Authorizations(
        wanted=wanted,
        question=question,
        rows=page,
        others=tuple(others),
        more=max(0, len(rows) - first - SHOWN),
        shared=bool(claims),
        marked=len(claims) - len(plain),
        total=len(rows),
        kinds=kinds,
        first=first + 1,
        then=then,
        asks_end=question == "holds" and "expiring" in ask.asked.says,
        referral=not rows and "referral" in ask.asked.says,
        each=_each(plain, by_id, wanted) if question is None else (),
    )


def _question(ask: kit.Ask) -> str | None:
    """Return what the question asks about the requests, as in `Authorizations.question`.

    For a future date this is "holds", and for care without a word for a decision it is "need".
    """
    if question := kit.text_of(ask, "question") or ("holds" if kit.asks_how_long_approved(ask) else None):
        return question
    named = ask.asked.care or ("approval" in ask.asked.says and "service" in ask.slots)
    if named and "approval_decided" not in ask.asked.says:
        ask.said_unmet("date_range")  # "before a sleep study" tells what it is needed for
        return "need"
    return "holds" if "date_ahead" in ask.slots else None


def _then(ask: kit.Ask) -> Span | None:
    """Return the period for which the question asks whether an approval is valid; None if it does not ask that.

    A past month without a year means the same month of the next year.
    """
    if _question(ask) != "holds":
        if "date_ahead" in ask.slots:
            ask.cannot("date_ahead")
        return None
    ahead = ask.slots.get("date_ahead")
    start, end = kit.days_of(ahead) if ahead else kit.span_of(ask)
    if start is None or end is None:
        return None
    dated = any(word.isdigit() and len(word) == _YEAR for word in kit.words_of(ask.words.get("date_range")))
    past = "was_once" in ask.asked.says
    whole_year = (start.month, start.day) == (1, 1) == (end.month - 11, 1)
    if ahead or dated or past or end >= ask.today or whole_year:
        return start, end
    return kit.later(start, 1, "year"), kit.later(end, 1, "year")


def _each(
    plain: Sequence[kit.Claim], by_id: Mapping[str, kit.Authorization], wanted: kit.ClaimFilter
) -> tuple[tuple[kit.CareKind, kit.Authorization | None], ...]:
    """Return each named kind of care with its newest request or None; () if the question names fewer than two kinds."""
    kinds = wanted.kinds_of_care if wanted.kinds_of_care[1:] else ()
    asked = ((kind, replace(wanted, services=(kind.key,), states=())) for kind in kinds)
    found = ((kind, _newest(by_id[claim.id] for claim in kit.choose(plain, one).claims)) for kind, one in asked)
    return tuple((kind, next(iter(rows), None)) for kind, rows in found)


def _asked_of(
    rows: Sequence[kit.Authorization], wanted: kit.ClaimFilter, question: str | None, today: date
) -> Sequence[kit.Authorization]:
    """Return the requests that the question means.

    For "call" this is the newest denied request. For a named state it is the requests in that state. For "holds" and
    "left" it is the valid approvals, or else all approvals, or else all requests.
    """
    if question == "call":
        return [one for one in rows if one.decision in {"denied", "partly"} and not one.cancelled][:1]
    if wanted.state in _STATES:
        return [one for one in rows if one.decision in _STATES[wanted.state]]
    if question not in {"holds", "left"}:
        return rows
    given_ones = [one for one in rows if one.decision in _STATES["paid"] and not one.cancelled]
    holding = [one for one in given_ones if not one.holds.is_over(today)]
    counted = [one for one in holding if one.left is not None] if question == "left" else []
    soonest = sorted(holding, key=lambda one: one.holds.end.last if one.holds.end else date.max)
    return counted or soonest or given_ones or rows


def _newest(rows: Iterable[kit.Authorization]) -> list[kit.Authorization]:
    return sorted(rows, key=lambda one: one.decided.first if one.decided else date.min, reverse=True)
