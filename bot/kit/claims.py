"""Reading claims newest first, and no more of them than the question needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.search import Search
from bot.records.claim import Claim, read_claims
from bot.records.live import Live, believed_day, live

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
    search = Search(
        "ExplanationOfBenefit", (*filters, *_NEWEST, *(_PEOPLE if people else ()), ("_count", str(page_size)))
    )
    async for page in ask.search(search):
        claims, unreadable = read_claims(page.entries)
        read += claims
        if unreadable:
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", unreadable))
        alive = live(read, ask.today)
        if page.next_url and _in_order(read, ask) and enough(alive):
            return alive
    return live(read, ask.today)


def _in_order(claims: Sequence[Claim], ask: Ask) -> bool:
    """True when the days of service fall, so that an unread page can hold nothing newer."""
    days = [day.first for claim in claims if (day := believed_day(claim, ask.today))]
    return len(set(days)) > 1 and all(one >= other for one, other in pairwise(days))


def named(claim: Claim, words: str) -> bool:
    """True when the person's words for a provider fit who was seen, who billed, or where it was."""
    wanted = [word for word in words.casefold().replace(".", " ").split() if word not in _TITLES]
    texts = [text.casefold() for text in (claim.seen, claim.billing, claim.place, claim.prescriber) if text]
    return bool(wanted) and any(all(word in text for word in wanted) for text in texts)


_TITLES = frozenset({"dr", "doctor", "doctora", "dra", "md", "do", "np"})
