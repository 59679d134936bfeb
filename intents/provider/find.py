"""Providers by specialty, place, network and other conditions, each of which is proven or reported as unknown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from bot.kit import (
    Around,
    Ask,
    AskedNetworks,
    Choice,
    Conditions,
    Found,
    Listing,
    around,
    asked_networks,
    asks_for_client,
    asks_kind,
    beyond,
    cards,
    conditions,
    houses,
    is_called_so,
    is_titled,
    kind_codes,
    kind_said,
    kinds_of,
    listings,
    loosened,
    names_of,
    nearest,
    networks_among,
    own_of,
    page_of,
    sift,
    staff,
    text_of,
    unmet_of,
    who,
    without_own,
    words_of,
)

_WHICH, _NAMED = frozenset({"which", "who", "whos", "cual", "cuales", "quien", "quienes"}), 3


class FoundPeople(Found, frozen=True, kw_only=True):
    """One page of providers of the kind `what`, in the person's words; None for primary care and for a name.

    Attributes:
        kinds: Several kinds that were asked for, each as its codes and its word.
        asks_kind: Whether a specialist without a specialty was asked for, so that nothing was searched.
        near: Names with a similar spelling, if nobody has the name.
        no_house: Whether nothing has the name of the organization that was asked for.
        which: Whether the question is who it is, so that names come first.
        for_client: Whether the words are about a member or patient whom the person serves.
        table: Whether a table was asked for.
    """

    what: str | None
    kinds: tuple[tuple[tuple[str, ...], str], ...] = ()
    asks_kind: bool = False
    near: tuple[Choice, ...] = ()
    no_house: bool = False
    which: bool = False
    for_client: bool = False
    table: bool = False

    @property
    def women(self) -> bool:
        """Whether all results are women: only women were asked for, or each card says so."""
        every = len(self.cards) == self.total and all(card.gender == "female" for card in self.cards)
        return self.wishes.gender == "female" or (every and bool(self.cards))

    @property
    def all_open(self) -> bool:
        """Whether these are all results, several, and each takes new patients in all its networks."""
        sites = [card.site for card in self.cards]
        plainly = all(one.openings and {*filter(None, one.openings)} in ({*()}, {*one.networks}) for one in sites)
        return len(sites) == self.total > 1 and plainly


async def answer(ask: Ask) -> FoundPeople:
    """Return the matching providers, nearest first."""
    networks = await without_own(ask, await asked_networks(ask))
    wishes = conditions(ask, kind_codes(ask), networks)
    if networks.unclear and networks.listed:
        ask.said_unmet("network")
        return replace(_page((), ask, None, wishes), unclear=networks.unclear)
    if asks_kind(ask, wishes):
        return replace(_page((), ask, None, wishes), asks_kind=True)
    where = await around(ask) if _is_placed(ask, wishes) else None
    wishes, found = await _read(ask, wishes, where)
    if wishes.networks.unclear:
        return replace(_page((), ask, where, wishes), unclear=wishes.networks.unclear)
    result = summarize(found, ask, where, wishes)
    for name in result.unmet:
        ask.said_unmet(name)
    ask.cite("PractitionerRole", [key.id for card in result.cards for key in card.records])
    for type_ in ("Practitioner", "Location", "Organization"):  # a server without includes was asked for them by id
        ask.cite(type_, ())
    if wishes.organization and not (wishes.houses or found):
        return replace(result, no_house=True, near=await nearest(ask, wishes.organization, people=False))
    if result.total:
        page = await _with_own(result, found, ask, where)
        which = page.total == len(page.cards) <= _NAMED and all(card.name for card in page.cards)
        return replace(page, which=which and not _WHICH.isdisjoint(words_of(ask.said)))
    return await _beyond(result, found, ask, where)


async def _read(ask: Ask, wishes: Conditions, where: Around | None) -> tuple[Conditions, tuple[Listing, ...]]:
    """Return the matches by the conditions known in advance; networks not listed are looked up in the results."""
    if ask.slots.get("npi"):
        return wishes, tuple(row for rows in (await who(ask)).found for row in rows)
    if wishes.organization:
        wishes = replace(wishes, houses=await houses(ask, wishes.organization))
        found = await staff(ask, wishes.houses, wishes.codes, wishes.filters(ask, where))
    else:
        found = await listings(
            ask,
            codes=wishes.codes,
            where=where,
            name=wishes.name,
            filters=wishes.filters(ask, where),
            networks=() if wishes.networks.barred else wishes.networks.ids,
        )
    if wishes.name and not is_titled(ask) and not any(is_called_so(row, wishes.name) for row in found):
        wishes, found = await _of_house(ask, wishes, where, found)
    if wishes.networks.named and not wishes.networks.listed:
        wishes = replace(wishes, networks=networks_among(ask, found))
    return wishes, found


async def _of_house(
    ask: Ask, wishes: Conditions, where: Around | None, found: tuple[Listing, ...]
) -> tuple[Conditions, tuple[Listing, ...]]:
    """Return who works there, if nobody has the name and an organization does."""
    known = await houses(ask, wishes.name or "")
    if not known:
        return wishes, found
    wishes = replace(wishes, name=None, organization=wishes.name, houses=known)
    return wishes, await staff(ask, known, wishes.codes, wishes.filters(ask, where))


async def _beyond(result: FoundPeople, found: Sequence[Listing], ask: Ask, where: Around | None) -> FoundPeople:
    """Return what there is farther away, with fewer conditions, or with a similar name, if nothing matches."""

    async def there(wide: Around) -> tuple[Sequence[Listing], FoundPeople]:
        _, rows = await _read(ask, result.wishes, wide)
        return rows, summarize(rows, ask, wide, result.wishes)

    farthest, result = await beyond(result, where, there)
    found = farthest or found
    name = result.wishes.name
    if name and not any(is_called_so(row, name) for row in found):
        return replace(result, near=await nearest(ask, name, people=True))
    return result


async def _with_own(result: FoundPeople, found: Sequence[Listing], ask: Ask, where: Around | None) -> FoundPeople:
    """Return the providers in the member's own network, in their own chat, or with `others` those outside it."""
    mine = await own_of(ask, result.wishes)
    if not mine.wanted:
        return result
    kept = _kept(found, ask, where, result.wishes)
    inside = _kept(found, ask, where, replace(result.wishes, networks=mine))
    keys = {row.key for row in inside}
    outside = tuple(row for row in kept if row.key not in keys)
    if not inside:
        return replace(result, own=mine.names, none_own=True)
    others = "others" in ask.arguments
    wishes = replace(result.wishes, networks=AskedNetworks())
    page = _page(outside if others else inside, ask, where, wishes)
    page = replace(page, unmet=result.unmet, unsaid=result.unsaid, own=mine.names, others=others)
    return replace(page, elsewhere=0 if others else len(cards(ask, outside, where)))


def summarize(found: Sequence[Listing], ask: Ask, where: Around | None, wishes: Conditions) -> FoundPeople:
    """Return the page of the listings that match every condition the directory can answer."""
    base = replace(wishes, networks=AskedNetworks(), accepting=False, gender=None, not_gender=None, languages=())
    near = sift(found, base.without(_TOLD_LAST).filters(ask, where))
    unmet = unmet_of(ask, wishes, near)
    wishes = wishes.without(unmet)
    page = _page(_kept(found, ask, where, wishes), ask, where, wishes)
    return replace(
        page,
        loosened=() if page.total else loosened(found, wishes.filters(ask, where, found)),
        unmet=unmet,
        unsaid=wishes.unsaid(ask, where, found),
    )


_TOLD_LAST = ("telehealth", "wheelchair", "open_at", "age_group")


def _kept(found: Sequence[Listing], ask: Ask, where: Around | None, wishes: Conditions) -> tuple[Listing, ...]:
    return sift(found, wishes.filters(ask, where, found))


def _page(kept: Sequence[Listing], ask: Ask, where: Around | None, wishes: Conditions) -> FoundPeople:
    said, table = kind_said(ask, wishes), text_of(ask, "layout") == "table"
    made = partial(FoundPeople, what=said, kinds=kinds_of(ask), every_network=names_of(kept), table=table)
    made = partial(made, for_client=asks_for_client(ask))
    return page_of(ask, cards(ask, kept, where), made, where=where, wishes=wishes)


def _is_placed(ask: Ask, wishes: Conditions) -> bool:
    """Return whether the search needs an area; a name, number or organization is searched everywhere."""
    if "location" in ask.slots or ask.several.get("location"):
        return True
    return not (wishes.name or wishes.organization or ask.slots.get("npi"))
