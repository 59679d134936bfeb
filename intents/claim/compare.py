"""Compares two periods, kinds of care, drugs or providers, by the member's share or by the number of visits."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter

from msgspec.structs import replace

from bot import kit

Span = tuple[date, date]
_IS_FILL = attrgetter("is_pharmacy")
_LONG = timedelta(days=730)  # how far back two of a kind are looked for where no time is named
_EVER = timedelta(days=3653)
_MONTHS, _YEAR = {"quarter": 3, "trimestre": 3, "month": 1, "mes": 1}, 12
_EVERYBODY = frozenset(
    {"everybody", "everyone", "else", "rest", "another", "other", "others", "demas", "otra", "otro", "todos"}
)
_STORES = frozenset({"pharmacy", "drugstore", "store", "farmacia", "tienda"})
_MORE = frozenset({"more", "most", "mas"})
"""If two of these words occur, as in "which was more often and which cost more", counts and money are compared."""
_JOINED = frozenset({"and", "or", "vs", "versus", "y", "o"})


class Comparison(kit.OfClaims, frozen=True):
    """The comparison of two sides.

    Attributes:
        now, then: The two sides; of two periods, the later one is `now`.
        difference: The amount of `now` minus that of `then`; None if the amounts cannot be compared.
        sides: The conditions of the two sides, if these are compared over one period; empty for two periods.
        single: True if only the newest claim of each side is compared.
        confirms: The answer to a yes-no question about the two sides; None if there is none.
        counted: "visit", "fill", "claim" or "doctor" if the numbers of these are compared, and not money.
        also: The same if numbers are compared in addition to money.
        one_sided: True if the question names nothing to compare with; then nothing is compared.
        ranked: More than two sides in the order of their sums.
        shares: True if the member's shares are told beside another amount.
        year: The whole of an earlier year, if only its first days are compared.
    """

    now: kit.QueryRow
    then: kit.QueryRow
    difference: kit.Amount | None
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    sides: tuple[kit.ClaimFilter, ...] = ()
    single: bool = False
    confirms: bool | None = None
    counted: str | None = None
    also: str | None = None
    one_sided: bool = False
    ranked: tuple[kit.QueryRow, ...] = ()
    year: kit.QueryRow | None = None
    shares: bool = False

    @property
    def more(self) -> int:
        """The number of times of `now` minus that of `then`."""
        return (self.now.cells[-1].number or 0) - (self.then.cells[-1].number or 0)

    @property
    def apart(self) -> kit.ShareGap | None:
        """What sets the two sides apart, as `gap_of` returns it, if each is a single claim; otherwise None."""
        first = not self.difference or self.difference.value > 0
        one, other = (self.now.claim, self.then.claim)[:: 1 if first else -1]
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
        Reroute: The question names only one side; `claim.list` answers with the claims of that side. Whether to wait
            with care is answered by the intent for future care.
    """
    if kit.asks_to_wait(ask) and kit.names_care(ask):
        raise kit.Reroute(None, reason="price")
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
            return Comparison(none, none, None, wanted=_wanted(ask), one_sided=True)
    wider = _around(ask)
    if wider[0] < start or wider[1] > end:  # what its claims name is compared over longer
        claim_set = await kit.period_claims(ask, *wider)
    sides = _sides(ask)
    summary = summarize(claim_set, ask)
    for span, wanted in sides:
        counted = claim_set.within(span, wanted).counted
        ask.report.steps += kit.sum_of("spending", counted, lambda c, by=wanted: kit.amount_in(c, by))  # type: ignore[misc] # mypy knows no default
    ask.cite("ExplanationOfBenefit", [claim.id for side in sides for claim in claim_set.within(*side).counted])
    return summary


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
    found = [claim_set.within(*side) for side in sides]
    now, then = (_side(claim_set, *side, ask) for side in sides)
    doubts = replace(
        found[0].doubts + found[1].doubts,
        undated=len({claim.id for one in found for claim in one.undated}),
        reaching=len(found[1].reaching),
    )
    two = tuple(wanted for _, wanted in sides) if sides[0][0] == sides[1][0] else ()
    counted, rows = kit.counts_asked(ask, every), [claim for one in found for claim in one.counted]
    counted = "fill" if counted == "visit" and rows and all(claim.is_pharmacy for claim in rows) else counted
    one, other = (side.cells[0].amount for side in (now, then))
    if counted:
        one, other = (kit.Amount(Decimal(side.cells[-1].number or 0)) for side in (now, then))
    apart = (now.claims and then.claims) or (sides[0][0] != sides[1][0] and (now.claims or then.claims))
    ranks = two and len(every.sides) > len(two) and not counted
    return Comparison(
        now,
        then,
        kit.difference(now.cells[0].amount, then.cells[0].amount) if apart else None,
        doubts,
        two,
        wanted=every,
        single=bool(two) and (two[0].nth is not None or bool(two[0].among)),
        confirms=kit.confirms(ask, one, other),
        counted=counted,
        also="visit" if two and not counted and sum(word in _MORE for word in kit.words_of(ask.said)) > 1 else None,
        ranked=kit.rank_sides(claim_set, sides[0][0], every) if ranks else (),
        shares=every.aspect is not None and not (counted or {"i_owed", "own_share"}.isdisjoint(ask.asked.says)),
        year=_whole_year(claim_set, sides[1], ask) if not (two or counted) else None,
    )


def _whole_year(claim_set: kit.ClaimSet, side: tuple[Span, kit.ClaimFilter], ask: kit.Ask) -> kit.QueryRow | None:
    """Return the whole earlier year, if only its first days are compared because this year is not over; else None."""
    (start, end), wanted = side
    whole = start, date(start.year, 12, 31)
    if (start.month, start.day) != (1, 1) or end == whole[1] or start.year >= ask.today.year or end.year != start.year:
        return None
    return _side(claim_set, whole, wanted, ask)


def _wanted(ask: kit.Ask) -> kit.ClaimFilter:
    """Return the conditions of the comparison; a second provider name becomes another provider to compare."""
    wanted = kit.of_unit(ask, kit.summed_filter(ask, kit.filter_of(ask)))
    other = ask.slots.get("other_name") or ask.asked.says.get("other_one")
    wanted = replace(wanted, providers=tuple(dict.fromkeys((*wanted.providers, str(other))))) if other else wanted
    return kit.with_sides(ask, replace(wanted, nth=None) if _two_times(ask) else wanted)  # "the second one" is a side


def _side(claim_set: kit.ClaimSet, span: Span, wanted: kit.ClaimFilter, ask: kit.Ask) -> kit.QueryRow:
    unit = kit.unit_asked(ask, wanted) if "average" in ask.slots else None
    counted = unit or kit.counts_asked(ask, wanted) or "visit"
    return kit.side_of(claim_set, span, wanted, counted, "mean" if unit else "sum")


def _sides(ask: kit.Ask) -> tuple[tuple[Span, kit.ClaimFilter], tuple[Span, kit.ClaimFilter]]:
    """Return the period and the conditions of the two sides: two named sides in one period, or else two periods."""
    wanted, (start, end) = _wanted(ask), (None, None) if _is_carried(ask) else kit.span_of(ask)
    if len(shown := kit.shown_before(ask)) > 1:
        ever, bare = (ask.today - _EVER, ask.today), kit.ClaimFilter(aspect=wanted.aspect)
        one, other = (replace(bare, among=frozenset({name})) for name in shown[:2])
        return (ever, one), (ever, other)
    if wanted.sides and not _two_times(ask):
        last = min(end or ask.today, ask.today)
        one_kind = wanted.services or wanted.drugs or wanted.providers or wanted.degrees or wanted.doctor_kinds
        whenever = start is None and end is None and bool(one_kind)
        span = start or (last - _LONG if whenever else date(last.year, 1, 1)), last
        one, other = wanted.sides[:2]
        if one.providers and not _EVERYBODY.isdisjoint(kit.words_of(other.provider)):
            store = not _STORES.isdisjoint(kit.words_of(ask.asked.says.get("other_one")))
            other = replace(other, providers=(), without_providers=one.providers, also=_IS_FILL if store else None)
        says = ask.asked.says
        each_time = {"alike", "copay"} <= says.keys()  # what each visit takes
        one_each = each_time or wanted.services or wanted.drugs or says.get("one", "visit") != "visit"
        sums = {"several", "fills", "sums"} & says.keys() or kit.plurals(wanted.kinds_of_care).intersection(
            kit.words_of(ask.said)
        )
        if whenever and one_each and (each_time or not sums) and not kit.counts_asked(ask, wanted):
            one, other = replace(one, nth=-1, order=None), replace(other, nth=-1, order=None)
        return (span, one), (span, other)
    now, then = _halves(ask) or _two_months(ask) or _spans(ask)
    wanted = kit.any_time(wanted)  # its own times are the two that are compared, or stand for them
    return (now, wanted), (then, wanted)


def _two_times(ask: kit.Ask) -> bool:
    """Return whether two periods are compared, two years that were read as one, or the halves of a year."""
    several = "date_range" in ask.several and not _is_carried(ask)
    return several or kit.joins_years(ask) or _halves(ask) is not None


def _is_carried(ask: kit.Ask) -> bool:
    """Return whether the two periods are those of the question before, and the message names two sides of its own."""
    times = ask.several.get("date_range")
    own = times is not None and any(part in ask.said for part in times.text.split(", "))
    return bool(times and kit.filter_of(ask).two and not own)


def _spans(ask: kit.Ask) -> tuple[Span, Span]:
    """Return the later and the earlier period to compare."""
    two = ask.several.get("date_range")
    spans = map(kit.days_of, two.values) if two else ()
    ends = ((start, end or ask.today) for start, end in spans)
    named = sorted(((start or date(end.year, 1, 1), min(end, ask.today)) for start, end in ends), reverse=True)
    if same := _by_now(ask, named or [kit.time_of(ask)]):
        return same
    if len(named) > 1:
        now, then = (_to_day(one, other) for one, other in (named[:2], named[1::-1]))
        return now, _alike(then, now, ask.today)
    start, end = kit.span_of(ask)
    last = min(end or ask.today, ask.today)
    first = start or date(last.year, 1, 1)
    if first.year < last.year and (first.month, first.day) == (1, 1):  # "2025 and 2026" is heard as one time
        return (date(last.year, 1, 1), last), (first, _year_on(last, first.year))
    before = "one_before" in ask.asked.says
    anew = _year_on(first, first.year + ask.today.year - last.year)
    if first.year <= last.year < ask.today.year and anew <= ask.today and not before:  # "compared to last spring"
        now = anew, min(_year_on(last, ask.today.year), ask.today)
        return now, (first, _year_on(now[1], last.year))
    if first.day == 1 and before and (months := _months_named(ask)):
        count = first.year * _YEAR + first.month - 1 - months
        return (first, last), (date(count // _YEAR, count % _YEAR + 1, 1), first - timedelta(days=1))
    return (first, last), (_year_on(first, first.year - 1), _year_on(last, last.year - 1))


def _by_now(ask: kit.Ask, named: Sequence[Span]) -> tuple[Span, Span] | None:
    """Return this year until today and the named year until the same day, as for "by this point last year"; or None.

    Return None if the question does not say "by this point", or if that day is not in the named period.
    """
    first, last = min(named)
    day = _year_on(ask.today, first.year)
    if "by_now" not in ask.asked.says or not (first <= day <= last and day < ask.today):
        return None
    return (date(ask.today.year, 1, 1), ask.today), (date(day.year, 1, 1), day)


def _halves(ask: kit.Ask) -> tuple[Span, Span] | None:
    """Return the second and the first half of the named year, or of this year; None if halves are not compared."""
    start, end = kit.span_of(ask)
    if not {"half", "half_one", "half_two"} <= ask.asked.says.keys():
        return None
    ask.said_unmet("date_range")
    year = (end or start or ask.today).year
    later, earlier = (date(year, 7, 1), date(year, 12, 31)), (date(year, 1, 1), date(year, 6, 30))
    return (later[0], min(later[1], ask.today)), earlier


def _two_months(ask: kit.Ask) -> tuple[Span, Span] | None:
    """Return the later and the earlier of two consecutive months that were read as one period, or None."""
    start, end = kit.span_of(ask)
    if start is None or end is None or _JOINED.isdisjoint(kit.words_of(ask.words.get("date_range"))):
        return None
    middle = end.replace(day=1)
    before = middle - timedelta(days=1)
    return ((middle, end), (start, before)) if start == before.replace(day=1) else None


def _months_named(ask: kit.Ask) -> int:
    """Return the number of months of the named period, 1 or 3; 0 for any other, which is compared with a year before.

    A month counts as one only if the question says "month", because "October and the year before" compares years.
    """
    said, (start, end) = kit.words_of(ask.words.get("date_range")), kit.span_of(ask)
    one = (
        start and end and start.replace(day=1) == end.replace(day=1) and {"month", "mes"} & set(kit.words_of(ask.said))
    )
    return next((months for word, months in _MONTHS.items() if word in said), int(bool(one)))


def _to_day(one: Span, other: Span) -> Span:
    """Return the period; a single day compared with a period from January 1 becomes its year until that day."""
    return (date(one[0].year, 1, 1), one[1]) if one[0] == one[1] and other[0] == date(other[0].year, 1, 1) else one


def _alike(then: Span, now: Span, today: date) -> Span:
    """Return the earlier period; a whole year is cut to the days that have a counterpart in this year's period."""
    year = then[0].year
    parted = today.year == now[0].year == now[1].year > year and not _is_year(now)
    return (_year_on(now[0], year), _year_on(now[1], year)) if parted and _is_year(then) else then


def _is_year(span: Span) -> bool:
    return span == (date(span[0].year, 1, 1), date(span[0].year, 12, 31))


def _year_on(day: date, year: int) -> date:
    """Return the same day of another year; February 29 becomes the 28th."""
    return kit.later(day, year - day.year, "year")
