"""Reading claims newest first, and no more of them than the question needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from bot.kit.ask import Ask
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

    Sorting is not required of a server (fhir.md 4.1): when the dates do not fall from row to row, every page is read.
    Without `people` the records of who gave the care do not come along: sums need none.
    """
    read: list[Claim] = []
    async for page in ask.search(searched(*filters, page_size=page_size, people=people)):
        claims, unreadable = read_claims(page.entries)
        read += claims
        ask.report.progress.came(len(read), page.total)
        if lost := unreadable + sum(len(claim.dropped) for claim in claims):
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", lost))
        if page.next_url and in_order(read, ask) and enough(alive := live(read, ask.today)):
            return alive
        if page.next_url:
            for claim in claims:
                claim.read_whole()
    return live(read, ask.today)


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


def named(claim: Claim, words: str) -> bool:
    """True when the person's words for a provider fit who was seen, who billed, or where it was."""
    wanted = [word for word in words.casefold().replace(".", " ").split() if word not in _TITLES]
    texts = [text.casefold() for text in (claim.seen, claim.billing, claim.place, claim.prescriber) if text]
    return bool(wanted) and any(all(word in text for word in wanted) for text in texts)


_TITLES = frozenset({"dr", "doctor", "doctora", "dra", "md", "do", "np"})


def span_of(ask: Ask) -> tuple[date | None, date | None]:
    """The days that were asked for, both inclusive; None where a side is open."""
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping):
        return None, None
    start, end = value.get("start"), value.get("end")
    return (date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)


def service_dates(ask: Ask) -> tuple[tuple[str, str], ...]:
    """The span as search parameters; FHIR compares by day, both ends inclusive."""
    start, end = span_of(ask)
    return tuple(("service-date", f"{prefix}{day}") for prefix, day in (("ge", start), ("le", end)) if day)


def text_of(ask: Ask, slot: str) -> str | None:
    """A slot's value as text, None when it was not given."""
    value = ask.slots.get(slot)
    return str(value) if value else None


def of_other_person(ask: Ask) -> bool:
    """True when the question is about somebody else's record, which is not to be seen here.

    The slot is `{"kin": "son"}`, `{"name": "Mia"}`, or "self" for the person who asks.
    """
    return ask.slots.get("person", "self") != "self"


_KINDS: Mapping[str, tuple[str, ...]] = {"institutional": ("inpatient", "outpatient", "institutional")}


def fitting(claims: Sequence[Claim], ask: Ask) -> tuple[Claim, ...]:
    """The claims that fit the span, the kind, the provider and the number asked for, each checked here."""
    start, end = span_of(ask)
    kind, provider, number = text_of(ask, "claim_type"), text_of(ask, "provider_name"), text_of(ask, "claim_id")
    return tuple(
        claim
        for claim in claims
        if (not (start or end) or claim.service.overlaps(start, end))
        and (kind is None or (claim.kind or "") in _KINDS.get(kind, (kind,)))
        and (provider is None or named(claim, provider))
        and (number is None or is_numbered(claim, number))
    )


def is_numbered(claim: Claim, number: str) -> bool:
    """True when the claim has that number, however it is spaced or hyphenated."""
    return any(_bare(own.value) == _bare(number) for own in claim.numbers)


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())
