"""Reading claims newest first, and no more of them than the question needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from bot.kit.ask import Ask
from bot.kit.asked import text_of
from bot.kit.wanted import READS_ALL
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, token
from bot.records.claim import Claim, Number, read_claim, read_claims
from bot.records.live import Live, believed_day, live
from bot.records.people import names_in

_NEWEST = (("_sort", "-service-date"),)
_PEOPLE = (("_include", "ExplanationOfBenefit:provider"), ("_include", "ExplanationOfBenefit:care-team"))


async def newest_claims(
    ask: Ask, *filters: tuple[str, str], enough: Callable[[Live], bool], page_size: int = 20, people: bool = True
) -> Live:
    """The live claims, newest service first; reading stops as soon as `enough` and the pages prove to be in order.

    Sorting is not required of a server (fhir-notes 4.1): when dates do not fall from row to row, every page is read,
    and so it is when the biggest, the smallest or the oldest is asked for. Without `people` the records of who gave the
    care do not come along: sums need none.
    """
    read: list[Claim] = []
    every, performed = text_of(ask, "order") in READS_ALL, asks_for_care(ask)
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
    return with_gaps(ask, live(read, ask.today))


def with_gaps(ask: Ask, alive: Live) -> Live:
    """The claims, with a gap in the report for records that a modifier makes mean something else than they say."""
    if strange := alive.left_out["not interpreted"]:
        ask.report.gaps.append(Gap("not_interpreted", "ExplanationOfBenefit", strange))
    return alive


def asks_for_care(ask: Ask) -> bool:
    """Whether the question names a kind of care, so that what was done has to be read of every claim."""
    return any("service" in slots for slots in (ask.slots, ask.several, ask.excluded))


def searched(*filters: tuple[str, str], page_size: int, people: bool) -> Search:
    """The search for claims, newest service first, with who gave the care unless nobody asks."""
    people_too = _PEOPLE if people else ()
    return Search("ExplanationOfBenefit", (*filters, *_NEWEST, *people_too, ("_count", str(page_size))))


def in_order(claims: Sequence[Claim], ask: Ask) -> bool:
    """True when the days of service fall, so that an unread page can hold nothing newer."""
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


async def with_resource(ask: Ask, claim: Claim) -> tuple[Claim, bytes]:
    """A claim that was read with its people, and its resource: searched for again only when that was let go."""
    resource = claim.resource
    return (claim, resource) if resource is not None else await claim_by_id(ask, claim.id)


async def claim_by_id(ask: Ask, claim_id: str) -> tuple[Claim, bytes]:
    """One claim with the names of who gave the care, and its resource; also one that no longer counts.

    A search brings the people along, which a plain read does not; a server that finds nothing by `_id` is read plainly.
    """
    search = Search("ExplanationOfBenefit", (("_id", claim_id), *_PEOPLE))
    async for page in given(ask.search(search)):
        rows = tuple(page.entries)
        for entry in rows:
            if entry.mode == "match" and entry.id == claim_id and entry.type == search.type:
                return read_claim(entry.raw, names_in(rows), entry.labels), bytes(entry.raw)
    raw = await ask.read("ExplanationOfBenefit", claim_id)
    return read_claim(raw), raw
