"""The number of visits, their days and their purpose: the matching days of care, and the nights in hospital."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from msgspec.structs import replace

from bot import kit

SHOWN = 5
_SAME = frozenset({"alike", "had_times"})
_COUNTED = frozenset({"earliest", "how_many", "often"})
_SEEING = frozenset({"had", "looked", "to_me"})
_OTHERWISE = frozenset({"rank", "order", "number_of", "date_range", "average"})


class DaysOfCare(kit.OfClaims, frozen=True):
    """The matching days of care, newest first.

    Attributes:
        count: The number of all matching days, of which `days` are the first few; `claims`: the claims of all of them.
        undated: The number of matching claims without a day.
        stays, nights: The numbers of hospital stays and of their nights; `nights` is None if unknown.
        alone: True if a single day is the answer; `whether`: the question is whether there was any.
        so: The answer to a yes-no question about the number of days or the length of the `gap`.
        part: If the question counts a part: the number of days in the part and in the whole, whether both are the same
            as "always" asks, and the conditions of the part.
        gap: Two days, if the question asks how much time is between them.
        beside: The number of days before and after an event, and its day, if the question counts both.
        of_drugs: Each medicine whose fills are so far apart, if the question is about any of them; else None.
        cost: The sum of the member's shares, if the question also asks for money.
        beyond: The number of all days, if the question asks for a day before the first one.
        placed: Claims with the day on which their year's deductible was met, if the question is which came first.
        undecided: The number of claims that match otherwise but lack the data for a condition.
        record: The clinical record of such care, if it is newer than the claims.
    """

    days: tuple[kit.Visits, ...]
    count: int
    claims: tuple[kit.Claim, ...] = ()
    undated: int = 0
    stays: int = 0
    nights: int | None = None
    since: kit.PartialDate | None = None
    alone: bool = False
    whether: bool = False
    so: bool | None = None
    part: tuple[int, int, bool | None, kit.ClaimFilter] | None = None
    gap: tuple[date, date] | None = None
    beside: tuple[int, int, date] | None = None
    of_drugs: tuple[tuple[str, tuple[date, date]], ...] | None = None
    cost: kit.QueryCell | None = None
    beyond: int = 0
    placed: tuple[tuple[kit.Claim, date | None], ...] = ()
    undecided: int = 0
    record: kit.Procedure | None = None

    @property
    def last(self) -> kit.PartialDate | None:
        """The latest of the days; None if there is none."""
        return max((one.day for one in self.days if one.day), key=lambda day: day.last, default=None)

    @property
    def rows(self) -> list[tuple[kit.PartialDate | None, kit.Claim | None, int]]:
        """A row for each claim: the day, the claim, and in the day's first row the number of its labelled claims."""
        days = [(one.day, [c for c in one.claims if not c.sensitive], len(one.claims)) for one in self.days]
        rows = ((day, some, n - len(some)) for day, some, n in days)
        return [(day, one, 0 if at else n) for day, some, n in rows for at, one in enumerate(some or (None,))]

    @property
    def seen(self) -> str | None:
        """The full name of the requested provider, if all matching claims have the same provider; else None."""
        names = {claim.seen for day in self.days for claim in day.claims if not claim.sensitive}
        name, asked = (names.pop() if len(names) == 1 else None), self.wanted.provider
        return name if name and asked and asked.casefold() in name.casefold() and self.count == len(self.days) else None


async def answer(ask: kit.Ask) -> DaysOfCare:
    """Return the days of care that the question describes, among all claims if it names no period."""
    if kit.sizes_last(ask):
        raise kit.Reroute("claim.last_visit_cost", **ask.arguments)
    if "in_person" in ask.asked.says:  # and not by prescriptions
        ask = ask.without("claim_type", "unit", "number_of")
    wanted = kit.of_unit(ask, kit.filter_of(ask))
    found = await kit.period_claims(ask, wanted.start, wanted.end)
    ask = kit.since_first(kit.by_name(ask, found.every), found)
    summary = summarize(found, ask)
    if summary.count and (question := _of_the_last(ask)):
        raise kit.Reroute("claim.detail", **{**ask.arguments, "question": question})
    if kit.query_asked(ask) and not (summary.alone or summary.gap or summary.beside or summary.part or summary.so):
        raise kit.Reroute("claim.query", **ask.arguments)
    summary = replace(summary, placed=await kit.placed_by_deductible(ask, summary.claims))
    if (summary.alone or not summary.count) and ask.asked.form == "date" and not (wanted.order or wanted.nth):
        done = await kit.newest_procedure(ask, wanted.services, (wanted.start, wanted.end))
        later = done and (summary.last is None or kit.Period(done.day).sort_key > summary.last.last)
        summary = replace(summary, record=done if later else None)
    lacks = not (summary.count or summary.beyond or summary.record) and wanted.narrows
    return await kit.or_nearest(ask, found, summary, summary.claims, lacks=lacks)


def _of_the_last(ask: kit.Ask) -> str | None:
    """Return "who" or "where" if the question is with whom or where the last care was; None for all other questions."""
    says = ask.asked.says.keys()
    one = "newest" in says and _COUNTED.isdisjoint(says) and (ask.asked.count or 1) == 1
    if not one or not _OTHERWISE.isdisjoint(ask.slots) or kit.text_of(ask, "provider_name"):
        return None
    if not kit.filter_of(ask).narrows and _SEEING.isdisjoint(says):  # "who drew my blood" is not about any visit
        return None
    if "address_of" in says:
        return "where"
    return "who" if ask.asked.form == "who" or kit.text_of(ask, "group") == "doctor" else None


def summarize(found: kit.ClaimSet, ask: kit.Ask) -> DaysOfCare:
    """Return the days of the claims that count; several claims on one day are one day."""
    wanted = kit.of_unit(ask, kit.filter_of(ask))
    chosen, often = kit.choose(found.claims, wanted), kit.often_asked(ask)
    alike = ask.asked.says.keys() >= _SAME
    kept = replace(found, claims=_alike(chosen.claims, often) if often and alike else chosen.claims)
    every_claim = (wanted.fills and ask.asked.gap is not None) or wanted.shared is not None
    groups = kit.visits(kept, ask.today, pharmacy=every_claim or kit.with_fills(kept.claims, kit.any_time(wanted)))
    every = [group for group in groups if group.day][:: -1 if wanted.order == "oldest" else 1]
    one = "pick" in ask.arguments or ask.asked.form in {"date", "who"}  # "how many before that" counts them
    at = kit.place_of(ask, [group.claims for group in every]) if one else None
    few = kit.count_asked(ask, SHOWN) if {"earliest", "newest"} & ask.asked.says.keys() else None
    dated = every[:few] if at is None else every[at : at + 1]
    stays = [claim for claim in kept.claims if claim.kind == "inpatient"]
    known = [claim.service.day for claim in found.claims if claim.service.day]
    gap = _gap(ask, [group.day for group in dated if group.day])
    enough = (bool(dated) if alike else often.hold(Decimal(len(dated)))) if often else None
    claims, beside = tuple(claim for group in dated for claim in group.claims), None
    if kit.asks_both_sides(ask) and len(ask.anchors) == 1 and not ask.report.is_partial:
        known_days, (first, last) = [group.day for group in dated if group.day], ask.anchors[0]
        beside = sum(d.last < first for d in known_days), sum(d.first > last for d in known_days), first
    of_money = "money" in ask.asked.says or ask.asked.form == "amount"
    return DaysOfCare(
        wanted=wanted,
        days=tuple(dated[:SHOWN]),
        count=len(dated),
        claims=claims,
        so=_lasts(ask, gap) if gap else enough if ask.asked.helps else None,
        part=None if beside else _part(ask, found, wanted),
        beside=beside,
        undated=len(groups) - len(every) + len(found.within((wanted.start, wanted.end), wanted).undated),
        stays=len({claim.service for claim in stays}),
        nights=_nights(stays),
        since=min(known, key=lambda day: day.first, default=None),
        alone=(at is not None or wanted.nth is not None or _is_alone(ask, len(dated)))
        and not (often or wanted.by_size or ask.asked.only_one_of or kit.sizes_group(ask)),
        beyond=len(every) if at is not None and not dated else 0,
        whether=ask.asked.begins,
        undecided=chosen.undecided if wanted.traits else 0,
        kinds=kit.care_words(ask, (claim for group in dated[:SHOWN] for claim in group.claims)),
        cost=kit.sums_of(claims, wanted, None, least=ask.report.is_partial)[0] if of_money else None,
        gap=gap,
        of_drugs=_of_drugs(ask, wanted, claims),
    )


def _alike(claims: Sequence[kit.Claim], often: kit.AmountLimits) -> tuple[kit.Claim, ...]:
    """Return the claims of each kind of care that occurred that often: "the same test twice"."""
    days = {claim.services[:1]: set[kit.Period]() for claim in claims}
    for claim in claims:
        days[claim.services[:1]].add(claim.service)
    return tuple(claim for claim in claims if often.hold(Decimal(len(days[claim.services[:1]]))))


def _part(
    ask: kit.Ask, found: kit.ClaimSet, wanted: kit.ClaimFilter
) -> tuple[int, int, bool | None, kit.ClaimFilter] | None:
    """Return the `part` of `DaysOfCare`; None if the question counts no part of a whole, or if data is missing."""
    whole, fit = kit.whole_of(ask, wanted), replace(wanted, nth=None)
    if whole is None or ask.report.is_partial:
        return None
    days = (kit.choose(found.claims, one).claims for one in (fit, kit.of_unit(ask, whole)))
    some, every = (len(kit.visits(replace(found, claims=rows), ask.today)) for rows in days)
    return some, every, (some == every if "always" in ask.asked.says else None), fit


def _is_alone(ask: kit.Ask, days: int) -> bool:
    """Return whether a single day is the answer: the last visit's, or the only one if the question does not count."""
    form = ask.asked.form
    return _COUNTED.isdisjoint(ask.asked.says) and (
        (form == "date" and not (ask.asked.count or 0) > 1) or (days == 1 and bool(ask.said) and form != "amount")
    )


def _gap(ask: kit.Ask, days: Sequence[kit.PartialDate]) -> tuple[date, date] | None:
    """Return the two days if the question asks how much time is between two days; otherwise None.

    These are two consecutive days of care for the longest, shortest or last gap. Otherwise they are the days of the two
    events in the question (`ask.anchors`), or of one event and the nearest day of care or today. Without an event they
    are the first and the last day, or the last day in one period and the first in the next.
    """
    if which := ask.asked.gap:
        two = [(one.last, other.first) for one, other in pairwise(sorted(days, key=lambda day: day.first))]
        if (
            which == "longest" and ask.asked.spell and days
        ):  # "have I gone six months without" is about the time until now, too
            two.append((max(day.last for day in days), ask.today))
        order = {"longest": -1, "shortest": 1}.get(which, 0)
        return min(reversed(two), key=lambda pair: order * (pair[1] - pair[0]), default=None)
    if "gap" not in ask.asked.says or not (
        ask.anchors or ((ask.asked.first_and_last or kit.shown_before(ask)) and len(days) > 1)
    ):
        return None
    if not ask.anchors:
        return _between_ends(ask, sorted(days, key=lambda day: day.first))
    one, other = ask.anchors[0], ask.anchors[-1]
    if len(ask.anchors) == 1:
        behind, before = ([day.first for day in days if day.first > one[1]], [d.first for d in days if d.last < one[0]])
        other = (min(behind),) * 2 if behind else (max(before),) * 2 if before else (ask.today,) * 2
    first, last = sorted((one, other))
    return first[1], last[0]


def _of_drugs(
    ask: kit.Ask, wanted: kit.ClaimFilter, claims: Sequence[kit.Claim]
) -> tuple[tuple[str, tuple[date, date]], ...] | None:
    """Return each medicine with the longest time between its fills or until today, if that is as long as asked.

    Return None if the question is not about any medicine, or names no length.
    """
    if ask.asked.spell is None or wanted.claim_type != "pharmacy" or wanted.drugs:
        return None
    days: dict[str, list[kit.PartialDate]] = {}
    for claim in claims:
        for one in () if claim.sensitive else claim.dispensed:
            days.setdefault(one.drug or "", []).extend([claim.service.day] if claim.service.day else [])
    found = [(drug, gap) for drug, rows in days.items() if drug and (gap := _gap(ask, rows)) and _lasts(ask, gap)]
    return tuple(sorted(found, key=lambda row: row[1][0] - row[1][1]))


def _between_ends(ask: kit.Ask, days: Sequence[kit.PartialDate]) -> tuple[date, date]:
    begins = max((start for start, _ in kit.filter_of(ask).times if start), default=None)
    late = [day for day in days if begins and day.first >= begins]
    if ask.asked.first_and_last == "last" and 0 < len(late) < len(days):
        return days[-len(late) - 1].last, late[0].first
    return days[0].last, days[-1].first


def _lasts(ask: kit.Ask, gap: tuple[date, date]) -> bool | None:
    """Return whether the time between two days is within the requested limits; None if the question states none."""
    if ask.asked.spell is None:
        return None
    (limits, unit), (first, last) = ask.asked.spell, gap
    least = limits.over is not None
    full = kit.later(first, int((limits.over if least else limits.under) or 0), unit)
    return (last >= full if limits.over_too else last > full) if least else last < full


def _nights(stays: list[kit.Claim]) -> int | None:
    """Return the number of different nights of the stays; None without a stay, or if a stay has no exact days."""
    nights: set[date] = set()
    for claim in stays:
        first, last = claim.service.start, claim.service.end
        if first is None or last is None or first.exact is None or last.exact is None:
            return None
        nights.update(first.exact + timedelta(days=at) for at in range((last.exact - first.exact).days))
    return len(nights) if stays else None
