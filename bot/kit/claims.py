"""Claims read newest first, no more than a question needs: visits, fills, what is new, and what still counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from bot.errors import PayerError, SignInExpired
from bot.kit.ask import Ask, days_around, service_dates, span_of
from bot.kit.wanted import READS_ALL, fitting, is_numbered, wanted_of, with_fills
from bot.payer.budget import Gap
from bot.payer.search import Search, given, token
from bot.records.claim import Claim, Number, read_claim, read_claims
from bot.records.live import Live, believed_day, fills, live, visits
from bot.records.performed import Dispensed
from bot.records.service import names_in
from bot.records.typed import is_ready

_DAYS = "service-date"
_NEWEST = (("_sort", f"-{_DAYS}"),)
_PEOPLE = (("_include", "ExplanationOfBenefit:provider"), ("_include", "ExplanationOfBenefit:care-team"))

_PHARMACY = ("type", token("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy"))

_AT_ONCE = 32_768
"""Bytes up to which a claim is read strictly on the event loop: to hand a millisecond's work to a thread costs half."""

WhyGone = Literal["cancelled", "replaced", "reversed"]


async def newest_claims(
    ask: Ask, *filters: tuple[str, str], enough: Callable[[Live], bool], page_size: int = 20, people: bool = True
) -> Live:
    """The live claims, newest service first; reading stops as soon as `enough` and the pages prove to be in order.

    Sorting is not required of a server (fhir-notes 4.1): when dates do not fall from row to row, every page is read,
    and also when the biggest, the smallest or the oldest is asked for. Without `people` the records of who gave the
    care are not included: sums need none.
    """
    read: list[Claim] = []
    every, performed = wanted_of(ask).order in READS_ALL, asks_for_care(ask)
    async for page in ask.search(searched(*filters, page_size=page_size, people=people)):
        claims, unreadable = read_claims(page.entries)
        read += claims
        ask.report.progress.came(len(read), page.total)
        if lost := unreadable + sum(len(claim.dropped) for claim in claims):
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", lost))
        if page.next_url and not every and in_order(read, ask) and enough(alive := live(read, ask.today)):
            return with_gaps(ask, alive)
        if page.next_url:
            for claim in claims:
                claim.read_whole(performed=performed)
    if not enough(alive := live(read, ask.today)) and (hidden := await undated(ask, read, *filters)):
        alive = live([*read, *hidden], ask.today)
    return with_gaps(ask, alive)


async def undated(ask: Ask, read: Sequence[Claim], *filters: tuple[str, str]) -> tuple[Claim, ...]:
    """The claims without a day of service, which a payer that filters by days does not send: of one page more.

    Not asked for where the filters have no days, or `read` holds a claim that has none or another day. A payer that
    does not know `:missing` sends claims of any day, of which those without one are kept.
    """
    days = {value[:2]: date.fromisoformat(value[2:]) for name, value in filters if name == _DAYS}
    known = all(claim.service.known and claim.service.overlaps(days.get("ge"), days.get("le")) for claim in read)
    if not days or not known or _DAYS in ask.report.applied_here:
        return ()
    look = replace(ask, budget=ask.budget.alone())
    others = [pair for pair in filters if pair[0] != _DAYS]
    try:
        async for page in look.search(
            Search("ExplanationOfBenefit", ((f"{_DAYS}:missing", "true"), *others, *_PEOPLE))
        ):
            claims, _ = read_claims(page.entries, whole=True, performed=asks_for_care(ask))
            found = tuple(claim for claim in claims if not claim.service.known)
            ask.report.searches += look.report.searches
            ask.stands_on("ExplanationOfBenefit", [claim.id for claim in found])
            return found
    except (PayerError, SignInExpired):
        return ()  # what was read by days stands
    return ()


def with_gaps(ask: Ask, alive: Live) -> Live:
    """The claims; records with a modifierExtension, which may mean something else, are a gap in the report."""
    if strange := alive.left_out["not interpreted"]:
        ask.report.gaps.append(Gap("not_interpreted", "ExplanationOfBenefit", strange))
    return alive


def asks_for_care(ask: Ask) -> bool:
    """Whether the question names a kind of care, so that every claim's lines have to be read."""
    return any("service" in slots for slots in (ask.slots, ask.several, ask.excluded))


def searched(*filters: tuple[str, str], page_size: int, people: bool) -> Search:
    """The search for claims, newest service first, with who gave the care where `people` is set."""
    people_too = _PEOPLE if people else ()
    return Search("ExplanationOfBenefit", (*filters, *_NEWEST, *people_too, ("_count", str(page_size))))


def in_order(claims: Sequence[Claim], ask: Ask) -> bool:
    """True when the days of service fall from row to row, so that an unread page holds nothing newer."""
    days = [day.first for claim in claims if (day := believed_day(claim, ask.today))]
    return len(set(days)) > 1 and all(one >= other for one, other in pairwise(days))


async def claim_numbered(ask: Ask, number: Number) -> Claim | None:
    """The member's claim with that number, also one that no longer counts; None when the payer shows none.

    A server may ignore the number, so it is checked here, and reading stops where the claim is found.
    """
    asked = token(number.system, number.value) if number.system else number.value
    async for page in given(ask.search(Search("ExplanationOfBenefit", (("identifier", asked), *_PEOPLE)))):
        claims, _ = read_claims(page.entries)
        found = next((claim for claim in claims if any(own.same(number) for own in claim.numbers)), None)
        if found:
            return found
    return None


async def shown_alone(ask: Ask, claim: Claim) -> Claim:
    """The claim as it is shown by itself: strictly read, with its resource, which is read again where it was dropped.

    What its typed model refuses is left out, and told where it held something that an answer looks at.
    """
    return await _strictly(ask, claim) if claim.resource is not None else await claim_by_id(ask, claim.id)


async def _strictly(ask: Ask, claim: Claim) -> Claim:
    at_once = is_ready("ExplanationOfBenefit") and len(claim.resource or b"") <= _AT_ONCE
    found = claim.strictly() if at_once else await asyncio.to_thread(claim.strictly)
    if (lost := len(found.dropped) - len(claim.dropped)) > 0:
        ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", lost))
    return found


async def checked(ask: Ask, alive: Live, shown: Sequence[Claim]) -> Live:
    """The claims, with those that are `shown` read as `shown_alone`; the same object where that changes nothing."""
    found = {claim.id: await shown_alone(ask, claim) for claim in shown if claim.resource or len(shown) == 1}
    if all(found[claim.id].dropped == claim.dropped for claim in shown if claim.id in found):
        return alive
    return replace(
        alive,
        claims=tuple(found.get(one.id, one) for one in alive.claims),
        reversals=tuple(found.get(one.id, one) for one in alive.reversals),
        replaced=tuple(found.get(one.id, one) for one in alive.replaced),
        cancelled=tuple(found.get(one.id, one) for one in alive.cancelled),
        taken_back=tuple(found.get(one.id, one) for one in alive.taken_back),
    )


async def claim_by_id(ask: Ask, claim_id: str) -> Claim:
    """One claim with the names of who gave the care, strictly read; also one that no longer counts.

    A search includes the people, which a plain read does not; where a server finds nothing by `_id`, it is read.
    """
    search = Search("ExplanationOfBenefit", (("_id", claim_id), *_PEOPLE))
    async for page in given(ask.search(search)):
        rows = tuple(page.entries)
        for entry in rows:
            if entry.mode == "match" and entry.id == claim_id and entry.type == search.type:
                return await _strictly(ask, read_claim(entry.raw, names_in(rows), entry.labels))
    return await _strictly(ask, read_claim(await ask.read("ExplanationOfBenefit", claim_id)))


async def newest_visits(ask: Ask, *, people: bool = False) -> tuple[tuple[Claim, ...], Live]:
    """The claims of the visits that fit, newest first, and all claims that were read.

    With `people` the records of who gave the care are included, and also when the question narrows the visits.
    """
    alive = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: bool(_visits_that_fit(so_far, ask)),
        page_size=10,
        people=people or wanted_of(ask).narrows,
    )
    return _visits_that_fit(alive, ask), alive


def _visits_that_fit(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The visits that fit; of a kind of care, or of one sort of claim, also pharmacy fills."""
    wanted = wanted_of(ask)
    fit = fitting(alive.claims, ask)
    days = visits(replace(alive, claims=fit), ask.today, pharmacy=with_fills(fit, wanted))
    return tuple(claim for day in days for claim in day.claims)


@dataclass(frozen=True, slots=True)
class Medication:
    """One drug with its fills, newest first; `dispensed` is that of the latest."""

    dispensed: Dispensed
    claims: tuple[Claim, ...]

    @property
    def newest(self) -> Claim:
        """The latest fill's claim."""
        return self.claims[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """The sensitivity labels of any of its fills."""
        return tuple(sorted({label for claim in self.claims for label in claim.labels}))


async def medications(ask: Ask, since: date) -> tuple[Medication, ...]:
    """The drugs that were filled since a day, or in the asked time, the latest first, without refused claims."""
    first, last = span_of(ask)
    first = first or since
    alive = await newest_claims(ask, _PHARMACY, *days_around(first, last), enough=lambda _: False, page_size=100)
    return _by_drug(claim for claim in fills(alive) if claim.service.overlaps(first, last) and not claim.denied)


def _by_drug(claims: Iterable[Claim]) -> tuple[Medication, ...]:
    """The fills by drug: by its words, else its code; a fill without either is one of its own."""
    drugs: dict[str, tuple[Dispensed, dict[str, Claim]]] = {}
    for claim in claims:
        for one in claim.dispensed or (Dispensed(),):
            what = (one.drug or one.code or claim.id).casefold()
            drugs.setdefault(what, (one, {}))[1].setdefault(claim.id, claim)
    return tuple(Medication(one, tuple(rows.values())) for one, rows in drugs.values())


@dataclass(frozen=True, slots=True)
class ClaimNews:
    """The ids of the claims that count, and the one with the number that was asked for, once it is on record."""

    ids: tuple[str, ...]
    named: Claim | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the named claim is on record and the plan has finished with it."""
        return self.named is not None and not self.named.is_open


async def claim_news(ask: Ask, number: str = "", since: date | None = None) -> ClaimNews:
    """All claims as they are now, for a new one may be for an old day; of a server that can, what changed `since`."""
    changed = () if since is None else (("_lastUpdated", f"ge{since}"),)
    alive = await newest_claims(ask, *changed, enough=lambda _: False, page_size=50, people=False)
    named = next((one for one in alive.claims if is_numbered(one, number)), None) if number else None
    return ClaimNews(tuple(one.id for one in (*alive.claims, *alive.reversals)), named)


async def claims_around(ask: Ask, claim: Claim, read: Live | None = None) -> Live | None:
    """The claims of its days, read until one replaces it; None for a claim without a number or a day.

    `read` are the newest claims, among which it was found: they are enough where an older one is among them.
    """
    day = claim.service.day
    if day is None or claim.number is None:
        return None

    def enough(so_far: Live) -> bool:
        older = any(one.service.day and one.service.day.last < day.first for one in so_far.claims)
        return older or so_far.after(claim) is not None

    if read is not None and not ask.report.gaps and enough(read):
        return read
    return await newest_claims(ask, *days_around(day.first, day.last), enough=enough, people=False)


def why_gone(claim: Claim, around: Live | None) -> WhyGone | None:
    """Why the claim no longer counts; None while it does, by the claims `around` it."""
    if claim.status == "cancelled":
        return "cancelled"
    if claim.replaced or (around and around.after(claim)):
        return "replaced"
    return "reversed" if around and claim.id in {one.id for one in around.taken_back} else None
