"""Whether the member has coverage of a kind: dental, vision, drugs, a public program, or in another period."""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from bot import kit

SCOPES = ("dental", "vision", "drugs")
_LEFT = frozenset({"how_many", "what_is_left"})
"""What a question names that asks how many of something are left, such as visits."""


class Included(kit.Summary, frozen=True):
    """The plans `found` for the subject (`about`), and the other current ones.

    Attributes:
        about: The subject of the question, such as "dental"; "" for any other care.
        shares: The plans' cost shares for the subject.
        lines: The product lines of the current plans, such as "medicare"; None for a plan without a certain one.
        start, end: The first and the last day of the requested period.
        gaps: True if the plans found do not cover all days of the period.
        named: The public program in the question: "medicare" or "medicaid".
        first_asked: True if the question is which plan pays first; `leads`: that plan by the coverages' order.
        paid: What the dental plan paid since `start`; `claims`: how many claims; `unstated`: those without amount.
    """

    about: str
    found: tuple[kit.Coverage, ...]
    others: tuple[kit.Coverage, ...]
    shares: tuple[kit.CostShare, ...] = ()
    lines: tuple[str | None, ...] = ()
    start: date | None = None
    end: date | None = None
    gaps: bool = False
    paid: kit.Amount | None = None
    claims: int = 0
    unstated: int = 0
    first_asked: bool = False
    leads: kit.Coverage | None = None
    named: str | None = None

    @property
    def is_of_it(self) -> bool | None:
        """Whether one of the plans belongs to the named program; None if unknown."""
        if self.named in self.lines:
            return True
        return False if self.named and self.lines and None not in self.lines else None


async def answer(ask: kit.Ask) -> Included:
    """Return the plans for the subject of the question; for a dental maximum also what the dental plan paid.

    Raises:
        Reroute: `coverage.workings` answers which plan pays first if there is only one, `coverage.cost_share` answers
            for a yearly amount, the intent for future care for certain care, and `coverage.summary` if none is named.
    """
    if handed := ask.arguments.get("reason"):
        ask = replace(ask, slots={**ask.slots, "reason": handed})
    coverages, reason = await kit.member_coverages(ask, shown=True), kit.text_of(ask, "reason")
    if reason is None and ask.asked.says.keys() >= _LEFT:
        ask, reason = replace(ask, slots={**ask.slots, "reason": "limit"}), "limit"
    if reason == "order" and len(coverages.current) == 1 and "pays_first" in ask.asked.says:
        raise kit.Reroute("coverage.workings", workings="two_plans")
    if reason is None and kit.share_asked(ask) in kit.COUNTED:
        raise kit.Reroute("coverage.cost_share")
    if reason in {None, "limit"} and kit.names_care(ask):
        own = "free" if "costless" in ask.asked.says else "price" if kit.pays_self(ask) else None
        raise kit.Reroute(None, reason=own or "covered")
    if reason is None:
        raise kit.Reroute("coverage.summary")
    if reason != "dental_max":
        return summarize(coverages, ask)
    start, end = _plan_time(coverages, ask)
    claim_set = await kit.period_claims(ask, start, end, people=False)
    ids = {one.id for one in coverages.every if one.scope == "dental"}
    dental = kit.ClaimFilter(also=lambda claim: claim.kind == "oral" or claim.coverage in ids)
    rows = claim_set.within((start, end), dental).counted
    ask.cite("ExplanationOfBenefit", [claim.id for claim in rows])
    ask.report.steps += kit.sum_of("plan_paid", rows, lambda claim: claim.plan_paid)
    found = tuple(one for one in coverages.current if one.scope == "dental")
    others = tuple(one for one in coverages.current if one not in found)
    paid = [claim.plan_paid for claim in rows]
    base = Included(reason, found, others, start=start, end=end)
    return replace(base, paid=kit.added(paid), claims=len(rows), unstated=paid.count(None))


def _plan_time(coverages: kit.Coverages, ask: kit.Ask) -> tuple[date, date]:
    """Return the named period, or else the dental plan's year so far."""
    start, end = kit.span_of(ask)
    if start:
        return start, end or ask.today
    year = kit.plan_year_of((one for one in coverages.current if one.scope == "dental"), ask.today)
    return (year.first if year else date(ask.today.year, 1, 1)), ask.today


def summarize(coverages: kit.Coverages, ask: kit.Ask) -> Included:
    """Return the member's plans for the subject of the question, and the other plans."""
    about, current = kit.text_of(ask, "reason") or "", coverages.current
    if about == "then":
        return _then(coverages, ask)
    if about in SCOPES:
        found = tuple(one for one in current if one.scope == about)
        costs = [share for _, own in kit.of_scope([(one, one.costs) for one in current], about) for share in own]
        return Included(about, found, tuple(one for one in current if one not in found), tuple(costs))
    says, lines = ask.asked.says, tuple(one.line for one in current)
    named = "medicare" if "of_medicare" in says else "medicaid" if "of_medicaid" in says else None
    first = "pays_first" in says
    return Included(
        about, current, (), lines=lines, named=named, first_asked=first, leads=_first_payer(current) if first else None
    )


def _first_payer(current: Sequence[kit.Coverage]) -> kit.Coverage | None:
    """Return the plan with order 1, or else the only plan without an order; None if that is not a single plan."""
    ones = [one for one in current if one.order == 1] or [one for one in current if not one.order]
    return ones[0] if len(ones) == 1 and len(current) > 1 else None


def _then(coverages: kit.Coverages, ask: kit.Ask) -> Included:
    """Return the plans that overlap the requested period; `gaps` if no plan covers the first and the last day."""
    start, end = kit.span_of(ask)
    first, last = start or date.min, end or ask.today
    known = [one for one in coverages.every if one.status not in {"cancelled", "entered-in-error"} and one.period.known]
    begun = (one for one in known if one.period.start is None or one.period.start.first <= last)
    found = tuple(one for one in begun if not one.period.is_over(first))
    whole = any(one.is_valid_on(first) and one.is_valid_on(last) for one in found)
    return Included("then", found, coverages.current, start=start, end=end, gaps=bool(found) and not whole)
