"""Searching the open directory around a place, and checking every filter again on what comes back (T44)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.kit.around import Around
from bot.kit.ask import Ask
from bot.kit.cards import spots
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, any_of, escape, token
from bot.records.listing import Directory, Listing

NUCC = "http://nucc.org/provider-taxonomy"
_MOST_ZIPS = 200
_MOST_BROUGHT, _BATCH = 500, 50
_INCLUDES = ("practitioner", "location", "network")


async def listings(
    ask: Ask, *, codes: Sequence[str] = (), where: Around | None = None, name: str | None = None
) -> tuple[Listing, ...]:
    """The directory's roles by specialty, place and name, with who and where they are, active ones only.

    Around a point the search names the ZIPs; when there are too many of them, the state.
    """
    params: list[tuple[str, str]] = [("specialty", any_of([token(NUCC, code) for code in codes]))] if codes else []
    if where is not None:
        params.append(area(ask, where))
    if name:
        # Servers compare a name part by part: the family name finds the rows, the whole name is checked on them.
        params.append(("practitioner.name", escape(name.split()[-1])))
    directory = Directory()
    await read_rows(ask, directory, Search("PractitionerRole", tuple(params)), _INCLUDES)
    await bring(ask, directory)
    return tuple(listing for listing in directory.listings() if listing.active(ask.today))


async def read_rows(ask: Ask, directory: Directory, search: Search, includes: Sequence[str] = ()) -> None:
    """Put the rows of a search, and what it includes, into the directory; what cannot be read is reported."""
    before = directory.unreadable
    wanted = search.where(*(("_include", f"{search.type}:{name}") for name in includes))
    async for page in ask.search(wanted):
        directory.add(page.entries)
    if directory.unreadable > before:
        ask.report.gaps.append(Gap("unreadable", search.type, directory.unreadable - before))


async def bring(ask: Ask, directory: Directory) -> None:
    """Who and where the roles are, asked for by id at a server that does not include them; filters need it."""
    for type_, ids in directory.missing().items():
        for start in range(0, min(len(ids), _MOST_BROUGHT), _BATCH):
            wanted = Search(type_, (("_id", any_of(ids[start : start + _BATCH])),))
            async for page in given(ask.search(wanted)):
                directory.add(page.entries)


def area(ask: Ask, where: Around) -> tuple[str, str]:
    """The search parameter for the place: its ZIPs, or the state when there are too many of them."""
    zips = ask.places.zips_near(where.center, where.miles)
    if 0 < len(zips) <= _MOST_ZIPS:
        return ("location.address-postalcode", any_of(zips))
    return ("location.address-state", escape(where.state))


def within(ask: Ask, listing: Listing, where: Around) -> bool:
    """True when one of its places lies within the distance."""
    return any(spot.miles is not None and spot.miles <= where.miles + _SLACK for spot in spots(ask, [listing], where))


_SLACK = 0.5  # a ZIP's centre is only about where its people are
Filter = tuple[str, Callable[[Listing], bool]]


def sift(found: Sequence[Listing], filters: Sequence[Filter]) -> tuple[tuple[Listing, ...], str | None, int]:
    """What passes every filter. When nothing does: the filter that took the last ones, and how many pass without it."""
    left = list(found)
    for name, passes in filters:
        kept = [listing for listing in left if passes(listing)]
        if left and not kept:
            others = [check for other, check in filters if other != name]
            without = [listing for listing in found if all(check(listing) for check in others)]
            return (), name, len({listing.key for listing in without})
        left = kept
    return tuple(left), None, 0
