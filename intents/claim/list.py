"""The member's claims, newest first or in another order, five a page, each with a button."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot import kit

PAGE, PAGE_OF_TABLE = 5, 10
_PARTS = frozenset({"deductible", "copay", "coinsurance", "not_covered"})
"""The parts of the member's share that a claim need not have."""
_SAID = frozenset(
    {"twin", "two_plans", "partly_denied", "draft", "unfinished", "error", "impossible", "conflicting", "rivals", "gap"}
)


class ClaimList(kit.Paged, frozen=True):
    """One page of claims.

    Attributes:
        read: The number of all matching claims that were read.
        visits: True if the question asks for visits; `fills`: prescription fills were left out for that reason.
        chosen: The matching claims, with the numbers of claims that could not be decided.
        uncounted: The number of matching claims that were reversed, replaced or cancelled.
        doubts: The caveats of each claim by the claim's id.
        undecided: The number of claims that match otherwise but lack the data for a condition or the state.
        together: The sum of the claims of a period, if all claims are shown and have the amount.
        one: True if the question asks for the most or least expensive claim, which is then the first.
        number: The number of matching claims, if all were read; `of`: the number in the whole, if a part is counted.
        so: Whether all claims of the whole match, if the question asks whether this is always so.
        table: True if the question asks for a table.
    """

    wanted: kit.ClaimFilter
    claims: tuple[kit.Claim, ...]
    read: int
    chosen: kit.Chosen
    uncounted: int
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    nearest: kit.Nearest | None = None
    undecided: int = 0
    visits: bool = False
    fills: bool = False
    together: kit.Amount | None = None
    one: bool = False
    table: bool = False
    number: int | None = None
    of: int | None = None
    so: bool | None = None


async def answer(ask: kit.Ask) -> ClaimList:
    """Return the requested page of the claims that match all conditions of the question."""
    kit.hand_over_asked(ask, twice="claim.bill_check")
    if intent := _intent_instead(ask):
        raise kit.Reroute(intent, **ask.arguments)
    ask = kit.by_side(ask)
    most, wanted = (ask.page + 1) * _page(ask), _wanted(ask)
    whole = kit.whole_of(ask, wanted)
    claim_set = await kit.newest_claims(
        ask,
        *(kit.days_around(whole.start, whole.end) if whole else kit.service_dates(ask)),
        enough=lambda so_far: not _counts(ask, wanted) and len(so_far.within(kit.span_of(ask), wanted).listed) > most,
    )
    if (named := kit.by_name(ask, claim_set.every)) is not ask:
        return await answer(named)
    summary = summarize(claim_set, ask)
    place = ask.pick - (summary.first - 1 if ask.pick >= 0 else 0)
    if "pick" in ask.arguments and (picked := summary.claims[place:][:1]):  # of a table, which has no buttons
        raise kit.Reroute("claim.detail", id=picked[0].id)
    if summary.one:
        ask.singles_out([summary.claims[0].id])
    lacks = not summary.read and summary.wanted.narrows
    return await kit.or_nearest(ask, claim_set, summary, summary.claims, lacks=lacks)


def _intent_instead(ask: kit.Ask) -> str | None:
    """Return the intent that answers in place of a list: for a group, for the time between two days, or for fills."""
    if kit.sizes_last(ask) or kit.sizes_one(ask):
        return "claim.last_visit_cost"
    if kit.threshold_asked(ask):
        return "claim.spending"
    if kit.sizes_group(ask) or kit.sets_asked(ask):
        return "claim.query"
    if "gap" in ask.asked.says and ask.asked.first_and_last:
        return "claim.visits"
    return "claim.pharmacy" if "FILL" in ask.concepts and any(use.excluded for use in ask.asked.uses) else None


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> ClaimList:
    """Return the requested page of the claims that match every condition, whether or not the server applied them."""
    wanted, first, visits = _wanted(ask), ask.page * _page(ask), _of_visits(ask)
    found, chosen = claim_set.within(kit.span_of(ask), wanted), kit.choose(claim_set.listed, wanted)
    whole, stateless = kit.whole_of(ask, wanted), kit.choose(claim_set.claims, replace(wanted, states=())).claims
    of = len(claim_set.within((whole.start, whole.end), whole).listed) if whole and not ask.report.is_partial else None
    of = None if of == 1 and "always" in ask.asked.says else of  # one claim is no rule
    page = found.listed[first : first + _page(ask)]
    whole_list = len(found.listed) <= first + _page(ask)
    more = not (whole_list or kit.count_asked(ask, PAGE_OF_TABLE))
    return ClaimList(
        wanted=replace(kit.filter_of(ask), limits=wanted.limits),
        claims=page,
        first=first + 1,
        more=more,
        read=len(found.listed),
        page=ask.page,
        number=len(found.listed) if (_counts(ask, wanted) or whole_list) and not ask.report.is_partial else None,
        of=of,
        so=len(found.listed) == of if of is not None and "always" in ask.asked.says else None,
        chosen=chosen,
        uncounted=len(kit.choose((*claim_set.replaced, *claim_set.cancelled, *claim_set.taken_back), wanted).claims),
        undecided=chosen.undecided + sum(1 for c in stateless if not kit.shows_state(c, wanted.state)),
        visits=visits,
        fills=visits
        and any(claim.is_pharmacy for claim in claim_set.within(kit.span_of(ask), kit.filter_of(ask)).listed),
        table=_of_table(ask),
        together=_together(found, wanted, ask) if page == found.listed else None,
        one=kit.asks_one(ask)
        and not first
        and bool(page)
        and not page[0].sensitive
        and page[0].amount(wanted.aspect) is not None,
        doubts={c.id: tuple(one for one in kit.doubts_of(c, claim_set) if one.what in _SAID) for c in page},
    )


def _counts(ask: kit.Ask, wanted: kit.ClaimFilter) -> bool:
    """Return whether all matching claims have to be read, to count them or because the question is about a period."""
    return (
        bool(wanted.care)
        or not {"how_many", "always"}.isdisjoint(ask.asked.says)
        or bool(wanted.start and not kit.count_asked(ask, PAGE_OF_TABLE))
    )


def _of_table(ask: kit.Ask) -> bool:
    return kit.text_of(ask, "layout") == "table"


def _page(ask: kit.Ask) -> int:
    """Return the number of claims on a page."""
    return kit.count_asked(ask, PAGE_OF_TABLE) or (PAGE_OF_TABLE if _of_table(ask) else PAGE)


def _together(found: kit.Within, wanted: kit.ClaimFilter, ask: kit.Ask) -> kit.Amount | None:
    """Return the sum over the listed claims of a period.

    Return None without a period, for a single claim, if an amount is missing or only a minimum, or if the list and the
    sum have different claims.
    """
    (cell,) = kit.sums_of(found.counted, wanted, least=ask.report.is_partial)
    whole = (wanted.start or wanted.end) and set(found.counted) == set(found.listed) and cell.stated > 1
    return cell.amount if whole and not (cell.is_minimum or cell.unstated) else None


def _of_visits(ask: kit.Ask) -> bool:
    """Return whether the question asks for visits and names no claim type, care or provider that may mean a fill."""
    wanted = kit.filter_of(ask)
    return kit.text_of(ask, "question") == "visits" and not (wanted.claim_types or wanted.services or wanted.providers)


def _wanted(ask: kit.Ask) -> kit.ClaimFilter:
    """Return the conditions of the list.

    A list of visits excludes pharmacy claims. A requested part of the share, such as a copay, has to be above zero.
    """
    wanted = kit.filter_of(ask)
    if wanted.aspect in _PARTS and not (wanted.limits or wanted.exact):
        wanted = replace(wanted, limits=kit.AmountLimits(over=Decimal(0)))
    return wanted.less("pharmacy") if _of_visits(ask) else wanted
