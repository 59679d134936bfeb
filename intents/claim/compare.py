"""Compares two periods, kinds of care, drugs or providers, by the member's share or by the number of visits."""

import re
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter

from msgspec.structs import replace

from bot import kit

Span = tuple[date, date]
Side = tuple[Span, kit.ClaimFilter]
_IS_FILL = attrgetter("is_pharmacy")
_EVER, _A_DAY = timedelta(days=3653), timedelta(days=1)
_MONTHS, _YEAR = {"quarter": 3, "trimestre": 3, "month": 1, "mes": 1}, 12
_EVERYBODY = frozenset(
    {"everybody", "everyone", "else", "rest", "another", "other", "others", "demas", "otra", "otro", "todos"}
)
_STORES = frozenset({"pharmacy", "drugstore", "store", "farmacia", "tienda"})
_THAN_THAT = re.compile(r"\b(?:than that|que (?:es[oa]|aquello))\b")
_MORE = frozenset({"more", "most", "mas"})
"""If two of these words occur, as in "which was more often and which cost more", counts and money are compared."""


class Comparison(kit.OfClaims, frozen=True):
    """The comparison of two sides.

    Attributes:
        now, then: The two sides; of two periods, the later one is `now`. Their first value is what is compared.
        difference: The first value of `now` minus that of `then`, a number as an amount; None if these cannot be
            compared.
        sides: The conditions of the two sides, if these are compared over one period; empty for two periods.
        single: True if only the newest claim of each side is compared.
        confirms: The answer to a yes-no question about the two sides; None if there is none.
        counted: "visit", "fill", "claim" or "doctor" if the numbers of these are compared, and not money.
        also: True if the numbers of visits are compared in addition to money.
        less: True if the question asks for the side with less.
        one_sided: True if the question names nothing to compare with; then nothing is compared.
        shares: True if the member's shares are shown next to another amount.
        year: The whole of an earlier year, if only its first days are compared.
    """

    now: kit.QueryRow
    then: kit.QueryRow
    difference: kit.Amount | None = None
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    sides: tuple[kit.ClaimFilter, ...] = ()
    single: bool = False
    confirms: bool | None = None
    counted: str | None = None
    also: bool = False
    less: bool = False
    one_sided: bool = False
    year: kit.QueryRow | None = None
    shares: bool = False

    @property
    def more(self) -> int:
        """The number of times of `now` minus that of `then`."""
        return (self.now.cells[-1].number or 0) - (self.then.cells[-1].number or 0)

    @property
    def share_gap(self) -> kit.ShareGap | None:
        """The difference of the shares of two single claims, as `gap_of` returns it; None for other sides."""
        one, other = (self.now.claim, self.then.claim)[:: 1 if not self.difference or self.difference.value > 0 else -1]
        single = self.single or (len(self.now.claims), len(self.then.claims)) == (1, 1)
        return kit.gap_of(one, other) if single and one and other and not (self.counted or self.wanted.aspect) else None

    @property
    def missing(self) -> tuple[kit.ClaimFilter, ...]:
        """The conditions of the sides without claims."""
        rows = zip(self.sides, (self.now, self.then), strict=False)
        return tuple(wanted for wanted, side in rows if not side.claims)


async def answer(ask: kit.Ask) -> Comparison:
    """Compare the two named periods, kinds or providers, or else this year with the same days of last year.

    Raises:
        Reroute: The question names only one side; `claim.list` answers with the claims of that side. More than two
            sides are ranked by `claim.query`. Whether to wait with care is answered by the intent for future care.
    """
    if (waits := kit.asks_to_wait(ask) and kit.names_care(ask)) or (intent := _intent_for_one(ask)):
        raise kit.Reroute(None, reason="price") if waits else kit.Reroute(intent, **ask.arguments)
    ask = await kit.with_one_before(ask)
    start, end = _around(ask)
    claim_set = await kit.period_claims(ask, start, end)
    ask = kit.by_name(ask, claim_set.every)
    empty = not all(claim_set.within(*side).counted for side in _sides(ask))  # "dental or eye care", read together
    if (
        (empty or not kit.filter_of(ask).sides)
        and not kit.shown_before(ask)
        and (two := kit.sides_said(ask, claim_set.every))
    ):
        ask.claim_filter = replace(kit.filter_of(ask), two=two)
        ask.said_unmet("words")
    if (one_sided := _is_one_sided(ask)) or _names_one_time(ask):
        other = "MATCH" in ask.concepts and "several" not in ask.asked.says  # "compare it to the MRI"
        if not other and (alike := await kit.two_alike(ask)):
            return await answer(alike)
        if one_sided and _wanted(ask).narrows and not other:
            raise kit.Reroute("claim.spending" if ask.asked.form == "which" else "claim.list")
        if one_sided:
            none = kit.QueryRow("", "side", (start, end), ())
            return Comparison(none, none, wanted=_wanted(ask), one_sided=True)
    wider = _around(ask)
    if wider[0] < start or wider[1] > end:  # what its claims name is compared over longer
        claim_set = await kit.period_claims(ask, *wider)
    sides, every = _sides(ask), _wanted(ask)
    if sides[0][0] == sides[1][0] and len(every.sides) > len(sides) and not kit.counts_asked(ask, every):
        raise kit.Reroute("claim.query", by="side")
    summary = summarize(claim_set, ask)
    for row in (summary.now, summary.then):
        by = row.wanted or every
        ask.report.steps += kit.sum_of("spending", row.claims, lambda c, by=by: kit.amount_in(c, by))  # type: ignore[misc] # mypy knows no default
    ask.cite("ExplanationOfBenefit", [claim.id for row in (summary.now, summary.then) for claim in row.claims])
    return summary


def _intent_for_one(ask: kit.Ask) -> str | None:
    """Return the intent for the limits of a single sum or count: "have I spent more than $1,000", "more than once"."""
    if _two_times(ask) or _wanted(ask).sides or kit.shown_before(ask):
        return None
    if "than_last_year" not in ask.asked.says and kit.often_asked(ask):
        return "claim.visits"
    if kit.sizes_one(ask):
        return "claim.last_visit_cost"
    return "claim.spending" if kit.threshold_asked(ask) else None


def _is_one_sided(ask: kit.Ask) -> bool:
    """Return whether the message names nothing to compare: neither two sides, nor a period to compare with another.

    A question "who" or "which" about a single period also lacks its two sides.
    """
    if not ask.said or "question" in ask.slots or _two_times(ask) or _wanted(ask).sides or kit.shown_before(ask):
        return False
    timed = "date_range" in ask.slots or "than_last_year" in ask.asked.says
    return not timed or ask.asked.form in {"who", "which"}


def _names_one_time(ask: kit.Ask) -> bool:
    """Return whether care is set against that of a single period: "does metformin cost the same as in March"."""
    care, says = kit.any_time(_wanted(ask)), ask.asked.says
    named = care.services or care.drugs or care.providers or care.doctor_kinds
    barred = ask.several or care.sides or kit.counts_asked(ask, care) or "one_before" in says or kit.shown_before(ask)
    return bool(named and not barred) and kit.lies_in_past(ask)


def _around(ask: kit.Ask) -> Span:
    """Return the shortest period that contains the periods of both sides."""
    spans = [span for span, _ in _sides(ask)]
    return min(start for start, _ in spans), max(end for _, end in spans)


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> Comparison:
    """Return the comparison of the sums of the claims that began in each side's period."""
    sides, every = _sides(ask), _wanted(ask)
    unit = kit.unit_asked(ask, every) if "average" in ask.slots else None
    counted = kit.counts_asked(ask, every)
    found = [claim_set.within(*side) for side in sides]
    if counted == "visit" and (rows := [c for one in found for c in one.counted]) and all(c.is_pharmacy for c in rows):
        counted = "fill"
    query = kit.ClaimQuery(
        measures=(counted or every.aspect, "plan_paid", None, counted or unit or "visit"),
        folds=("mean" if unit else "sum",),
        unit=unit or "claim",
    )
    now, then = (kit.Computing.side(query, wanted, span, claim_set) for span, wanted in sides)
    two = tuple(wanted for _, wanted in sides) if sides[0][0] == sides[1][0] else ()
    one, other = (
        kit.Amount(Decimal(cell.number)) if cell.number is not None else cell.amount
        for cell in (now.cells[0], then.cells[0])
    )
    told = (now.claims and then.claims) or (not two and (now.claims or then.claims)) or counted
    says, chooses = ask.asked.says, not {"que", "cual", "quien", "which", "who"}.isdisjoint(kit.words_of(ask.said)[:2])
    subject = (other, one) if not two and kit.is_of_earlier(ask) else (one, other)
    confirms = None if chooses or _has_unknown_that(ask) else kit.confirms(ask, *subject)
    return Comparison(
        now,
        then,
        kit.difference(one, other) if told else None,
        replace(
            found[0].doubts + found[1].doubts,
            undated=len({claim.id for one in found for claim in one.undated}),
            reaching=len(found[1].reaching),
        ),
        two,
        wanted=every,
        single=bool(two) and (two[0].nth is not None or bool(two[0].among)),
        confirms=confirms,
        counted=counted,
        also=bool(two) and not counted and sum(word in _MORE for word in kit.words_of(ask.said)) > 1,
        less="cheaper" in says and "dearer" not in says and confirms is not False,
        shares=every.aspect is not None and not (counted or {"i_owed", "own_share"}.isdisjoint(says)),
        year=_whole_year(claim_set, sides[1], query) if not (two or counted) and sides[0][0][1] == ask.today else None,
    )


def _has_unknown_that(ask: kit.Ask) -> bool:
    """Return whether "more than that" refers to nothing known: the previous question had no period and no claim."""
    return bool(_THAN_THAT.search(" ".join(kit.words_of(ask.said)))) and not (_two_times(ask) or kit.shown_before(ask))


def _whole_year(claim_set: kit.ClaimSet, side: Side, query: kit.ClaimQuery) -> kit.QueryRow | None:
    """Return the whole earlier year, if only its first days are compared because this year is not over; else None."""
    (start, end), wanted = side
    whole = start, date(start.year, 12, 31)
    part = start == date(end.year, 1, 1) and end < whole[1]
    return kit.Computing.side(query, wanted, whole, claim_set) if part else None


def _wanted(ask: kit.Ask) -> kit.ClaimFilter:
    """Return the conditions of the comparison; a second provider name becomes another provider to compare."""
    wanted = kit.of_unit(ask, kit.summed_filter(ask, kit.filter_of(ask)))
    other = ask.slots.get("other_name") or ask.asked.says.get("other_one")
    wanted = replace(wanted, providers=tuple(dict.fromkeys((*wanted.providers, str(other))))) if other else wanted
    return kit.with_sides(ask, replace(wanted, nth=None) if _two_times(ask) else wanted)  # "the second one" is a side


def _sides(ask: kit.Ask) -> tuple[Side, Side]:
    """Return the period and the conditions of the two sides: two named sides in one period, or else two periods."""
    wanted, (start, end) = _wanted(ask), (None, None) if _is_carried(ask) else kit.span_of(ask)
    if len(shown := kit.shown_before(ask)) > 1:
        ever, bare = (ask.today - _EVER, ask.today), kit.ClaimFilter(aspect=wanted.aspect)
        one, other = (replace(bare, among=frozenset({name})) for name in shown[:2])
        return (ever, one), (ever, other)
    if not wanted.sides or _two_times(ask):
        now, then = _spans(ask)
        wanted = kit.any_time(wanted)  # its own times are the two that are compared, or stand for them
        return (now, wanted), (then, wanted)
    last = min(end or ask.today, ask.today)
    one_kind = wanted.services or wanted.drugs or wanted.providers or wanted.degrees or wanted.doctor_kinds
    whenever = start is None and end is None and bool(one_kind)
    span = start or (last - kit.LONG if whenever else date(last.year, 1, 1)), last
    one, other = wanted.sides[:2]
    if one.providers and not _EVERYBODY.isdisjoint(kit.words_of(other.provider)):
        store = not _STORES.isdisjoint(kit.words_of(ask.asked.says.get("other_one")))
        out = kit.ClaimFilter(providers=one.providers)
        other = replace(other, providers=(), without=out, also=_IS_FILL if store else None)
    says = ask.asked.says
    each_time = {"alike", "copay"} <= says.keys()  # what each visit takes
    one_each = each_time or wanted.services or wanted.drugs or says.get("one", "visit") != "visit"
    sums = {"several", "fills", "sums"} & says.keys() or kit.plurals(wanted.kinds_of_care).intersection(
        kit.words_of(ask.said)
    )
    if whenever and one_each and (each_time or not sums) and not kit.counts_asked(ask, wanted):
        one, other = replace(one, nth=-1, order=None), replace(other, nth=-1, order=None)
    return (span, one), (span, other)


def _two_times(ask: kit.Ask) -> bool:
    """Return whether two periods are compared, two years that were read as one, or the halves of a year."""
    return len(_times(ask)) > 1 and not _is_carried(ask)


def _times(ask: kit.Ask) -> tuple[Span, ...]:
    """Return the periods that are named apart, or of one that is too long to be held against the year before, two.

    "January to March with last year" is one period and the same months of that year.
    These are its first and last calendar year ("2025 to 2026", "since 2024"), or its first and last twelve months, or
    both of two months.
    """
    named, (start, end) = kit.times_named(ask), kit.span_of(ask)
    years = [one for one in named if one == (date(one[0].year, 1, 1), date(one[0].year, 12, 31))]
    months = [one for one in named if one not in years]
    if len(years) == 1 and len(months) > 1:
        whole = months[0][0], months[-1][1]
        return _years_on(whole, years[0][0].year - whole[0].year), whole
    if len(named) > 1 or not (start and end) or kit.filter_of(ask).sides:
        return named
    end = min(end, ask.today)
    last, (anew, back) = end.replace(day=1), (kit.later(start, 1, "year"), kit.later(end, -1, "year"))
    if (start.month, start.day) == (1, 1) and start.year < end.year:
        return (start, date(start.year, 12, 31)), (last.replace(month=1), end)
    if anew <= end:
        return (start, anew - _A_DAY), (back + _A_DAY, end)
    return ((start, last - _A_DAY), (last, end)) if start == (last - _A_DAY).replace(day=1) else named


def _is_carried(ask: kit.Ask) -> bool:
    """Return whether the two periods are those of the question before, and the message names two sides of its own."""
    times = ask.several.get("date_range")
    own = times is not None and any(part in ask.said for part in times.text.split(", "))
    return bool(times and kit.filter_of(ask).two and not own)


def _spans(ask: kit.Ask) -> tuple[Span, Span]:
    """Return the later and the earlier period to compare.

    Of one named period the other is the same days of the year before or of this year, or the months just before. Of a
    whole earlier year only the days are compared that have a counterpart in the days so far of this year.
    """
    says, today, this_year = ask.asked.says, ask.today, date(ask.today.year, 1, 1)
    named = _times(ask)
    if len(named) > 1:
        then, now = named[-2:]
    else:
        first, last = now = kit.time_of(ask)
        months = _months_named(ask) if first.day == 1 and "one_before" in says else 0
        then = _years_on(now, -1)
        if months:
            count = first.year * _YEAR + first.month - 1 - months
            then = date(count // _YEAR, count % _YEAR + 1, 1), first - _A_DAY
        elif last.year < today.year and "one_before" not in says and "by_now" not in says:  # "compared to last spring"
            anew, until = _years_on(now, today.year - last.year)
            now, then = ((anew, min(until, today)), now) if first.year == last.year and anew <= today else (now, then)
    if "by_now" in says and then[0].year < today.year:
        now, then = (this_year, today), (date(then[0].year, 1, 1), then[1])
    parted = now[1] == today and now[0] >= this_year and then[1] > _years_on(now, then[0].year - now[0].year)[1]
    whole = then[0].day == 1 and then[0] <= _years_on(now, then[0].year - now[0].year)[0]
    return now, _years_on(now, then[0].year - now[0].year) if parted and whole else then


def _months_named(ask: kit.Ask) -> int:
    """Return the number of months of the named period, 1 or 3; 0 for any other, which is compared with a year before.

    A month counts as one only if the question says "month", because "October and the year before" compares years.
    """
    said, (start, end) = kit.words_of(ask.words.get("date_range")), kit.span_of(ask)
    month = start and end and start.replace(day=1) == end.replace(day=1)
    one = int(bool(month and {"month", "mes"} & set(kit.words_of(ask.said))))
    return next((months for word, months in _MONTHS.items() if word in said), one)


def _years_on(span: Span, years: int) -> Span:
    """Return the same days some years later; February 29 becomes the 28th."""
    return kit.later(span[0], years, "year"), kit.later(span[1], years, "year")
