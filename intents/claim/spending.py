"""The cost of care in a period: the member's share by month, kind and provider, and what the sums leave out."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from bot import kit

_EACH, _GROUPS = 10, ("kind", "provider")
_MOST = 10  # claims
_PAID = "paid_by_patient"
_YEAR = 12
_MONTH, _DAYS = 31, 365


class Spending(kit.OfClaims, frozen=True):
    """The sum of the amount owed, or of the amount `aspect`, over the claims of a period.

    Attributes:
        claims: The number of all claims.
        total: The sum; `plan_paid`, `paid`, `share`: the sums of what the plan paid, of what is reported as paid by the
            member, and of the member's shares, over the same claims.
        chart: The sums by month, or by year over a longer time; `groups`: the numbers of claim types and of providers.
        uncounted: The number of claims that are in no sum, because they were reversed, replaced or cancelled.
        undecided, mixed: The numbers of claims that state no kind of care, and that include other care too.
        doubts: The caveats of the sum.
        so_far: True if the period is this calendar year until today.
        question: "who_paid_more" compares the member's share with what the plan paid, "pace" asks for a projection.
        portion, part_of_all: The percentage of the charge, and of the sum of the `whole` conditions.
        threshold: The limit with which the sum is compared.
        each: The claims to show one by one.
        crossing: When the sum came to an amount, if the question asks that.
        paid_unstated: True if the paid amount was requested but is unknown, so that the sum is the member's share.
    """

    start: date
    end: date
    claims: int
    total: kit.QueryCell
    plan_paid: kit.QueryCell
    paid: kit.QueryCell
    share: kit.QueryCell
    chart: tuple[kit.QueryRow, ...]
    groups: tuple[int, ...]
    uncounted: int
    undecided: int = 0
    mixed: int = 0
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    so_far: bool = False
    question: str | None = None
    portion: kit.Portion | None = None
    part_of_all: kit.Portion | None = None
    whole: kit.ClaimFilter | None = None
    threshold: kit.Threshold | None = None
    each: tuple[kit.Claim, ...] = ()
    paid_unstated: bool = False
    crossing: kit.Crossing | None = None

    @property
    def pace(self) -> kit.Amount | None:
        """The sum projected to a whole year, in whole dollars; None unless `so_far`, and None in January."""
        total, days = self.total.amount, (self.end - self.start).days + 1
        if total is None or not self.so_far or days <= _MONTH:
            return None
        return kit.Amount((total.value * _DAYS / days).quantize(Decimal(1)), total.currency)


async def answer(ask: kit.Ask) -> Spending:
    """Return the sums over the requested period, by default this calendar year.

    Raises:
        Reroute: `claim.why` answers for the parts of a claim's share, `claim.compare` for two periods, claims or kinds.
    """
    if kit.sets_asked(ask) or kit.composed_asked(ask):
        raise kit.Reroute("claim.query", **ask.arguments)
    if (parts := kit.asks_parts(ask)) or kit.compares_times(ask) or kit.compares_shown(ask):
        raise kit.Reroute("claim.why" if parts else "claim.compare", **ask.arguments)
    if intent := _intent_instead(ask):
        raise kit.Reroute(intent, **ask.arguments)
    ask, claim_set, found, summary = await _summed(kit.by_side(kit.as_fills(ask)))
    compares = kit.compares_named(ask)
    if compares or kit.query_asked(ask):
        raise kit.Reroute("claim.compare" if compares else "claim.query", **ask.arguments)
    one_kind = {"provider_name", "drug", "service"} & ask.slots.keys() or ask.care or summary.wanted.part
    whole = {"adds", "in_total", "how_many"} & ask.asked.says.keys() and one_kind
    if (whole or (not summary.claims and summary.wanted.narrows)) and kit.span_of(ask) == (None, None):
        span = {"start": (ask.today - kit.LONG).isoformat(), "end": ask.today.isoformat()}
        ask, claim_set, found, summary = await _summed(replace(ask, slots={**ask.slots, "date_range": span}))
    words = kit.words_of(ask.words.get("amount_kind"))
    pocket = summary.total.unstated and not {"pocket", "bolsillo"}.isdisjoint(words)
    if summary.claims and summary.wanted.aspect == _PAID and (pocket or not summary.total.sums):
        ask = ask.without("amount_kind")
        found = claim_set.within(_time(ask), _wanted(ask))
        summary = replace(summarize(claim_set, ask, found), paid_unstated=True)
    counted, wanted = found.counted, summary.wanted
    lacks = not summary.claims and kit.any_time(wanted).narrows
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, wanted))
    return await kit.or_nearest(ask, claim_set, summary, counted, lacks=lacks)


def _intent_instead(ask: kit.Ask) -> str | None:
    """Return the intent that answers for the claims of certain amounts, or for a number of visits; None for a sum."""
    wanted, says = kit.filter_of(ask), ask.asked.says
    if kit.query_asked(ask) or kit.threshold_asked(ask) or kit.crossed_asked(ask) or ask.arguments or ask.asked.each:
        return None
    if ask.asked.form == "which" and (wanted.limits or wanted.exact) and wanted.claim_type != "pharmacy":
        return "claim.list"
    if "newest" in says and (kit.count_asked(ask, _MOST) or 1) > 1 and not kit.span_of(ask)[0]:
        return "claim.visits" if kit.text_of(ask, "unit") == "visit" else "claim.list"  # "my last two visits"
    if "how_many" not in says or ask.asked.form:
        return None
    if wanted.limits or wanted.exact:  # "how many visits cost me over $200"
        return "claim.visits" if kit.text_of(ask, "unit") == "visit" else "claim.list"
    return "claim.visits" if "money" not in says and wanted.services else None


async def _summed(ask: kit.Ask) -> tuple[kit.Ask, kit.ClaimSet, kit.Within, Spending]:
    """Return the question with the names and the period that the claims give, all claims, those that fit, the sums."""
    if "than_bearer" in ask.asked.says:
        ask = replace(ask, slots={**ask.slots, "question": "who_paid_more"})
    (start, end), (first, last) = (
        _time(ask),
        kit.time_of(kit.of_whole(ask)) if "date_whole" in ask.slots else _time(ask),
    )
    claim_set = await kit.period_claims(ask, min(start, first), max(end, last))
    ask = kit.since_first(kit.by_name(ask, claim_set.every), claim_set)
    wanted = kit.filter_of(ask)
    if "each" in ask.arguments and not kit.with_fills(kit.choose(claim_set.added, wanted).claims, wanted):
        ask.claim_filter = replace(wanted, also=lambda claim: not claim.is_pharmacy)
    found = claim_set.within(_time(ask), _wanted(ask))
    return ask, claim_set, found, summarize(claim_set, ask, found)


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask, found: kit.Within | None = None) -> Spending:
    """Return the sums of the claims `found` in the period; sensitive claims are summed but not described."""
    (start, end), wanted = _time(ask), _wanted(ask)
    found = found or claim_set.within((start, end), wanted)
    counted, is_partial = found.counted, ask.report.is_partial
    sums = kit.sums_of(counted, wanted, wanted.aspect, "plan_paid", _PAID, None, least=is_partial)
    one = len(sums[0].sums) == 1
    limit = kit.crossed_asked(ask)
    by = "month" if kit.month_number(end) - kit.month_number(start) < _YEAR else "year"
    apiece = wanted.services and not {"each", "in_both"}.isdisjoint(ask.asked.says)
    apiece = apiece and "average" not in ask.slots  # "what did you pay for each"
    shown = bool(apiece or ask.asked.each or "each" in ask.arguments)
    summary = Spending(
        start=start,
        end=end,
        claims=len(counted),
        total=sums[0],
        plan_paid=sums[1],
        paid=sums[2],
        share=sums[3],
        chart=kit.chart_of(by, (start, end), counted, wanted),
        groups=tuple(
            len({claim.kind if by == "kind" else claim.seen or claim.billing for claim in counted}) for by in _GROUPS
        ),
        uncounted=len(found.uncounted),
        wanted=wanted,
        undecided=kit.choose(claim_set.added, wanted).undecided,
        mixed=sum(1 for claim in counted if kit.holds_more(claim, wanted)),
        doubts=found.doubts,
        each=tuple(claim for claim in counted if not claim.sensitive)[:_EACH] if shown else (),
        question=kit.text_of(ask, "question") if one else None,
        crossing=kit.crossing_of(counted, limit, wanted) if limit and not is_partial else None,
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
    )
    return _with_threshold(summary, claim_set, ask, counted)


def _with_threshold(summary: Spending, claim_set: kit.ClaimSet, ask: kit.Ask, counted: Sequence[kit.Claim]) -> Spending:
    """Return the summary with the whole of which the sum is a part, and with the limit to which it is compared."""
    threshold, wanted = kit.threshold_asked(ask), summary.wanted
    least = summary.total.is_minimum or summary.total.unstated > 0
    percent = "percent" in ask.slots and not ask.report.is_partial
    whole, time = kit.of_whole(ask), (summary.start, summary.end)
    named = kit.filter_of(whole)
    apart = "date_whole" in ask.slots
    part = percent and (apart or kit.any_time(wanted).narrows) and wanted.aspect is None
    every = claim_set.within(kit.time_of(whole) if apart else time, named).counted if part else ()
    return replace(
        summary,
        threshold=threshold.compared(summary.total.amount, least=least) if threshold else None,
        portion=kit.portion_of(counted, wanted, kit.whole_named(ask))
        if percent and not (apart or kit.any_time(named).narrows)
        else None,
        part_of_all=kit.part_of_all(counted, every, wanted) if part else None,
        whole=named,
    )


def _time(ask: kit.Ask) -> tuple[date, date]:
    """Return the first and last day of the sum: the requested period, or else this year or the period of a ranking.

    A projection ("pace") is always for this year.
    """
    if kit.text_of(ask, "question") == "pace":
        return date(ask.today.year, 1, 1), ask.today
    since, back = kit.times_asked(ask, kit.LONG if ask.asked.each and kit.filter_of(ask).narrows else None)
    return (since, ask.today) if since else kit.time_of(ask, back)


def _wanted(ask: kit.Ask) -> kit.ClaimFilter:
    """Return the conditions with the kind of amount to sum: None, which is the amount owed, for "out of pocket"."""
    whole, says = kit.whole_named(ask), ask.asked.says
    both = kit.text_of(ask, "question") == "who_paid_more" or whole == "price"  # the share and what the plan paid
    aspect = None if both else kit.amount_asked(ask)
    if whole == "bill" and aspect in {None, "billed"}:
        aspect = "plan_paid" if "by_plan" in says else None
    wanted = replace(kit.summed_filter(ask, kit.filter_of(ask)), aspect=aspect)
    return kit.with_sides(ask, kit.of_unit(ask, wanted))
