"""Composed questions about claims: each measure of each group, folded as asked."""

from datetime import date

from bot import kit

_SHOWN = 10


class Table(kit.OfClaims, frozen=True):
    """The values that a question asks for.

    Attributes:
        query: What is computed.
        rows: The rows with their values; `total`: the same of all claims together.
        claims: The number of claims; `shielded`: of those with a sensitivity label, which no row of a group names.
        listed: The claims of the newest visits, or those that have a value of the rows.
        kinds: The kinds of care for the payer's words.
    """

    start: date
    end: date
    query: kit.ClaimQuery
    rows: tuple[kit.QueryRow, ...]
    total: tuple[kit.QueryCell, ...]
    claims: int
    shielded: int = 0
    listed: tuple[kit.Claim, ...] = ()
    doubts: kit.SumDoubts = kit.NO_DOUBTS


async def answer(ask: kit.Ask) -> Table:
    """Return the values that the question asks for.

    Raises:
        Reroute: `claim.spending` answers a question that composes nothing.
    """
    if "throwing" in ask.asked.says:  # "the ER throws the average off"
        ask = ask.without("service", "claim_type")
    query = kit.query_asked(ask)
    if query is None:
        raise kit.Reroute("claim.spending")
    claim_set = await kit.period_claims(ask, *kit.query_time(ask, query))
    ask = kit.since_first(kit.by_name(kit.by_side(ask), claim_set.every), claim_set)
    summary = summarize(claim_set, ask, query)
    counted = [claim for row in summary.rows for claim in row.claims]
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, summary.wanted))
    return await kit.or_nearest(ask, claim_set, summary, counted, lacks=not counted and summary.wanted.narrows)


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask, query: kit.ClaimQuery) -> Table:
    """Return the rows of the query, and the same values of all claims together."""
    span, wanted = kit.query_time(ask, query), kit.query_filter(ask, query)
    found = claim_set.within(span, wanted)
    computing = kit.Computing(query, wanted, span, found.counted, least=ask.report.is_partial)
    rows = computing.rows()
    shown = [cell.claim for row in rows for cell in row.cells if cell.claim]
    shown = [claim for row in rows for claim in row.claims] if query.newest else shown
    for word in ("order", "care", "rank", "group"):
        ask.said_unmet(word)
    ask.singles_out([one.id for one in shown] if len(shown) == 1 else ())
    return Table(
        *span,
        query,
        rows,
        computing.total(),
        sum(len(row.claims) for row in rows),
        sum(1 for claim in found.counted if claim.sensitive),
        tuple(dict.fromkeys(shown))[:_SHOWN],
        found.doubts,
        wanted=wanted,
    )
