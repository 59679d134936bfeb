"""Composed questions about claims: each measure of each group, aggregated, ranked or compared as asked."""

from datetime import date

from msgspec.structs import replace

from bot import kit

_SHOWN = 10


class Table(kit.OfClaims, frozen=True):
    """The values that a question asks for.

    Attributes:
        query: What is computed.
        rows: The rows with their values; `total`: the same of all claims together.
        most: The rows in the requested order, if the question ranks them, counts them or names their conditions.
        claims: The claims; `shielded`: the number of those with a sensitivity label, which no row of a group names.
        listed: The claims of the newest visits, or those that have a value of the rows.
        twice: True if some claims are in two rows.
        named: True if the question names a time, or looks back as far as any sum.
    """

    start: date
    end: date
    query: kit.ClaimQuery
    rows: tuple[kit.QueryRow, ...]
    total: tuple[kit.QueryCell, ...]
    claims: tuple[kit.Claim, ...]
    most: kit.RankedRows | None = None
    shielded: int = 0
    listed: tuple[kit.Claim, ...] = ()
    twice: bool = False
    named: bool = True
    doubts: kit.SumDoubts = kit.NO_DOUBTS


async def answer(ask: kit.Ask) -> Table:
    """Return the values that the question asks for.

    Raises:
        Reroute: `claim.spending` answers a question that composes nothing.
    """
    if "throwing" in ask.asked.says:  # "the ER throws the average off"
        ask = ask.without("service", "claim_type")
    ask = kit.by_side(kit.as_fills(ask))
    query = kit.query_asked(ask)
    claim_set = await kit.period_claims(ask, *kit.query_time(ask, query or kit.ClaimQuery(members=True)))
    ask = kit.by_name(ask, claim_set.every)
    if kit.holds_together(ask) and not kit.filter_of(ask).sides:  # "both an MRI claim and a lab claim"
        ask.claim_filter = replace(kit.filter_of(ask), two=kit.sides_said(ask, claim_set.every), services=())
    if (query := kit.query_asked(ask) or query) is None:
        raise kit.Reroute("claim.spending")
    ask = kit.since_first(ask, claim_set)
    summary = summarize(claim_set, ask, query)
    ask.report.steps += kit.sum_of("spending", summary.claims, lambda claim: kit.amount_in(claim, summary.wanted))
    lacks = not summary.claims and kit.any_time(kit.filter_of(ask)).narrows
    return await kit.or_nearest(ask, claim_set, summary, summary.claims, lacks=lacks)


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask, query: kit.ClaimQuery) -> Table:
    """Return the rows of the query, and the same values of all claims together."""
    span, wanted = kit.query_time(ask, query), kit.query_filter(ask, query)
    found = claim_set.within(span, wanted)
    computing = kit.Computing(query, wanted, span, found.counted, least=ask.report.is_partial)
    most = computing.ranked() if query.ranks else None
    query = most.query if most else query
    rows = most.rows if most else computing.rows()
    shown = [cell.claim for row in rows for cell in row.cells if cell.claim]
    shown = [claim for row in rows for claim in row.claims] if query.newest else shown
    for word in ("unit",) if query.required else () if most else ("order", "care", "rank", "group"):
        ask.said_unmet(word)
    if one := list(most.first.claims) if most and most.ties == 1 else shown if len(shown) == 1 else []:
        ask.singles_out(claim.id for claim in one)
    every = [claim.id for row in rows for claim in row.claims]
    named = kit.span_of(ask) != (None, None) or not query.members
    days = [claim.service.day.first for claim in found.counted if claim.service.day]
    return Table(
        span[0] if named else min(days, default=span[0]),
        span[1],
        query,
        rows,
        computing.total(),
        found.counted,
        most,
        sum(1 for claim in found.counted if claim.sensitive),
        tuple(dict.fromkeys(shown))[:_SHOWN],
        twice=query.by == "side" and len(set(every)) < len(every),
        named=named,
        doubts=found.doubts,
        wanted=wanted,
    )
