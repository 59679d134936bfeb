"""A document with the claims of a period, to print or for a spreadsheet: receipts for taxes, an HSA or an FSA."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bot import kit

_MOST_MONTHS = 24
COLUMNS = ("billed", "allowed", "plan_paid", "owed", "paid_by_patient")


class Receipt(msgspec.Struct, frozen=True):
    """One claim in the document.

    Attributes:
        services: The payer's words for the care, or the names of the drugs.
        amounts: The amount of each column; None if unknown.
        doubts: The names of the caveats of the amounts, as in `doubts_of`.
    """

    claim: kit.Claim
    services: tuple[str, ...]
    amounts: tuple[tuple[str, kit.Amount | None], ...]
    doubts: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        """The currency of the amounts, "" without an amount, or several currencies joined by "/"."""
        return "/".join(dict.fromkeys(amount.currency for _, amount in self.amounts if amount))


class Papers(msgspec.Struct, frozen=True):
    """The contents of the document, and the numbers of claims that the document leaves out.

    Attributes:
        made: The day on which the document is made.
        sensitive: The number of claims with a sensitivity label in the document.
        hidden: The number of claims that are left out because of a sensitivity label.
        uncounted: The number of claims that were reversed, replaced or cancelled.
        undated: The number of claims without a day, if the document is for a period.
        strange: The number of claims with a modifier extension that changes the claim's meaning.
        gaps: The kinds of data that could not be read.
        doubts: The caveats of the totals.
        months: The member's share by month.
        way: The sums of the billed amount and of its parts: the share, the plan's payment and the discount.
        met: The yearly amounts used so far.
        kinds: The kinds of care for the payer's words, for readers of another language.
        alike: The payer's words that have the same kind of care as other words.
    """

    start: date | None
    end: date | None
    made: date
    patient: str | None
    receipts: tuple[Receipt, ...]
    totals: tuple[kit.QueryCell, ...]
    sensitive: int
    hidden: int
    uncounted: int
    undated: int
    strange: int
    gaps: tuple[str, ...]
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    months: tuple[kit.QueryRow, ...] = ()
    way: tuple[kit.QueryCell, ...] = ()
    met: Mapping[str, kit.MetSoFar] = msgspec.field(default_factory=dict)
    kinds: Mapping[str, kit.CareKind] = msgspec.field(default_factory=dict)
    alike: frozenset[str] = frozenset()


class Export(kit.WithDocument, frozen=True, kw_only=True):
    """The reply to a request for a spreadsheet of claims; there is no document without claims.

    Attributes:
        owed: The total of the amounts owed; `least`: it is only a minimum.
        two_plans: The number of claims left out of the totals, because another plan's claim for that care is counted.
        whole: True if the document has the claims of all years.
    """

    papers: Papers
    owed: kit.QueryCell
    wanted: kit.ClaimFilter
    least: bool
    two_plans: int
    whole: bool


async def answer(ask: kit.Ask) -> Export:
    """Return the document with the claims of the requested period, by default this calendar year."""
    profiles = await kit.records(ask, kit.Search("Patient"), kit.Patient, optional=True)
    start, end = _span(ask)
    found = await kit.period_claims(ask, start, end)
    summary = summarize(found, ask, profiles[0].name if profiles else None)
    ask.cite("ExplanationOfBenefit", [receipt.claim.id for receipt in summary.papers.receipts])
    year = (start is None or start <= date(ask.today.year, 1, 1)) and (end is None or end >= ask.today)
    every = year and not replace(kit.filter_of(ask), start=None, end=None).narrows  # which the yearly amounts need
    if summary.document is None or not every:
        return summary
    papers = replace(summary.papers, met=await kit.year_so_far(ask, found))
    return replace(summary, papers=papers, document=replace(summary.document, values={"papers": papers}))


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask, patient: str | None = None) -> Export:
    """Return the document with the claims that count, newest first.

    Sensitive claims are included only if the person pressed the button for them (T33).
    """
    start, end = _span(ask)
    shown = ask.arguments.get("sensitive") == "yes"
    within = claim_set.within((start, end), kit.filter_of(ask))
    of_time = {claim.id for claim in (*within.counted, *within.two_plans)}
    in_period = [claim for claim in claim_set.claims if claim.id in of_time]
    sensitive = sum(1 for claim in in_period if claim.sensitive)
    told = [claim for claim in in_period if shown or not claim.sensitive]
    receipts = tuple(_receipt(claim, claim_set) for claim in told)
    counted = [claim for claim in told if claim.id not in claim_set.coordinated]
    totals = kit.sums_of(counted, kit.ClaimFilter(), *COLUMNS, least=ask.report.is_partial)
    kinds = kit.care_words(ask, told)
    # From the billed amount to the share, of the claims that tell all.
    cells = kit.sums_of(filter(_adds_up, counted), kit.ClaimFilter(), "billed", None, "plan_paid", "discount")
    papers = Papers(
        start=start,
        end=end,
        made=ask.today,
        patient=patient,
        receipts=receipts,
        totals=totals,
        sensitive=sensitive if shown else 0,
        hidden=0 if shown else sensitive,
        uncounted=len(within.uncounted),
        undated=len(within.undated),
        strange=claim_set.left_out["not interpreted"],
        gaps=tuple(dict.fromkeys(gap.kind for gap in ask.report.gaps)),
        months=() if ask.report.is_partial else _months(counted),
        way=cells if cells[0].size and all(one.amount or not one.stated for one in cells) else (),
        doubts=replace(within.doubts_of(counted), undated=0),
        kinds=kinds,
        alike=_alike(told, kinds),
    )
    return Export(
        document=kit.Document("claims", {"papers": papers}, ("html", "csv")) if receipts else None,
        papers=papers,
        owed=totals[COLUMNS.index("owed")],
        wanted=kit.filter_of(ask),
        least=ask.report.is_partial or any(claim.owed.is_minimum for claim in told),
        two_plans=sum(1 for claim in told if claim.id in claim_set.coordinated),
        whole=start is None and end is None,
    )


def _alike(claims: Sequence[kit.Claim], kinds: Mapping[str, kit.CareKind]) -> frozenset[str]:
    """Return those of the payer's texts that share their kind of care and specialty with another of the texts."""
    groups: dict[object, set[str]] = {}
    for claim in claims:
        for text in kinds.keys() & set(claim.services):
            groups.setdefault((kinds[text].key, claim.specialties), set()).add(text)
    return frozenset(text for texts in groups.values() if len(texts) > 1 for text in texts)


def _span(ask: kit.Ask) -> tuple[date | None, date | None]:
    """Return the first and last day of the period, which ends today at the latest; (None, None) for all years."""
    start, end = kit.span_of(ask)
    if start or end:
        return start, min(end, ask.today) if end else ask.today
    return (None, None) if ask.arguments.get("all") else (date(ask.today.year, 1, 1), ask.today)


def _receipt(claim: kit.Claim, claim_set: kit.ClaimSet) -> Receipt:
    drugs = tuple(one.drug for one in claim.dispensed if one.drug)
    amounts = (claim.billed, claim.allowed, claim.plan_paid, claim.owed.amount, claim.paid_by_patient)
    doubts = tuple(one.what for one in kit.doubts_of(claim, claim_set))
    return Receipt(claim, drugs or claim.services, tuple(zip(COLUMNS, amounts, strict=True)), doubts)


def _months(claims: Sequence[kit.Claim]) -> tuple[kit.QueryRow, ...]:
    """Return the member's share by month; () for less than two months with a share or more than 24 months."""
    told = [claim for claim in claims if claim.owed.amount is not None and claim.service.day]
    days = [claim.service.day.first for claim in told if claim.service.day]
    rows = kit.chart_of("month", (min(days), max(days)), told, kit.ClaimFilter()) if days else ()
    return rows if len(rows) <= _MOST_MONTHS else ()


def _adds_up(claim: kit.Claim) -> bool:
    """Return whether the share, the payment and the discount come to the billed amount exactly."""
    why, parts = claim.why, [claim.amount(one) for one in (None, "plan_paid", "discount")]
    told = [one.value for one in parts if one]
    return bool(why and why.paid and claim.billed and claim.billed.value == sum(told)) and min(told) >= 0
