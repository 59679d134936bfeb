"""The one search of the directory for providers or places of care; every filter is checked on every card (T44)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from bot.kit.around import NeedsPlace, SearchArea, around, farther, names_area, with_state, with_town
from bot.kit.ask import Ask, Reroute
from bot.kit.cards import Card, by_provider, by_store, cards, nearly_open, store_cards
from bot.kit.conditions import (
    OF_KIND,
    Conditions,
    Kinds,
    asks_kind,
    barred_in,
    conditions,
    is_called,
    is_title,
    is_titled,
    kind_codes,
    kind_said,
    kinds_of,
    loosened,
    sift,
)
from bot.kit.directory import listings
from bot.kit.facilities import places_of_care
from bot.kit.facts import ONE_OF_A_LIST, facts_beside, facts_in, name_among, name_said, tells_caller, words_unknown
from bot.kit.found import Found, page_of, sides_of
from bot.kit.givers import given_by
from bot.kit.network_names import names_of
from bot.kit.organizations import houses, nearest, staff
from bot.kit.plans import AskedNetworks, among, asked_networks, own_wanted, without_own
from bot.kit.spelling import is_named, words_of
from bot.kit.who import SOURCES, who, who_shown
from bot.language.context import AMONG
from bot.records.listing import Listing

_INSTEAD, _FEW = 3, 3  # of one name, each of which is told
_BOTH = frozenset({"both", "ambas", "ambos"})
_Read = tuple[Conditions, tuple[Listing, ...]]  # the conditions, completed by what was read, and the listings found


class DirectorySearch:
    """A search for providers or places of care, near an area or anywhere, by every condition of a question."""

    def __init__(
        self, ask: Ask, detail: str, *, places: Sequence[str] | None = None, kinds: Kinds | None = None
    ) -> None:
        """Store the question, and the intent `detail` that shows one result.

        `places` are the kinds of places to find, () for any; None for providers. `kinds` are kinds of providers that
        the question does not name itself.
        """
        self.ask, self.detail, self.places = ask, detail, None if places is None else tuple(places)
        self.kinds = () if places is not None else kinds_of(ask) if kinds is None else kinds
        self.what: str | None = None
        self.care = ""
        self.groups = by_provider if places is None else by_store
        self.kinded = bool(places) if places is not None else bool("specialty" in ask.slots and kind_codes(ask))

    async def answer(
        self, criteria: Conditions | None = None, *, what: str | None = None, placed: bool | None = None
    ) -> Found:
        """Return the page of the matching results, nearest first, or of what fewer conditions or more miles would find.

        Without `criteria`, the conditions are those of the question. `what` is the kind of provider as the person says.

        Raises:
            NeedsPlace: If the search is `placed` (needs a place), by default without a name, and no place is named.
        """
        ask = self.ask = with_state(self.ask)
        if criteria is None:
            asked = await without_own(ask, await asked_networks(ask))
            codes, self.care = given_by(ask) if self.places is None else ((), "")
            if codes:
                ask.named["specialty"] = ",".join(codes)
            criteria = conditions(ask, codes or kind_codes(ask) if self.places is None else (), asked)
            what = self.care or kind_said(ask, criteria) if self.places is None else None
            if (criteria.accepting and "accepting_new" not in ask.slots) or tells_caller(ask):
                ask.said_unmet("wish")
            if self.places is None and asks_kind(ask, criteria) and not (asked.unclear and asked.listed):
                return Found(asks_kind=True)
        if placed is None:
            near = names_area(ask.slots.get("location")) or ask.several.get("location")
            named = criteria.name or criteria.organization or ask.slots.get("npi")  # searched without an area
            placed = bool(near or not named or self.places is not None)
        self.what = what
        unclear = criteria.networks.unclear if criteria.networks.listed else None
        if unclear:
            ask.said_unmet("network")
            if unclear.may_be:
                return self.page((), None, criteria, unclear=unclear)
            criteria = replace(criteria, networks=criteria.networks.known)
        where = await self._around() if placed else None
        criteria, found = await self.read(criteria, where)
        criteria, found = await self._named(criteria, where, found)
        no_name = await self._no_name(criteria, found)
        if no_name:
            self.ask = with_town(ask, no_name) or ask
            no_name, where = (no_name, where) if self.ask is ask else (None, None)
            where = where or await around(self.ask)
            criteria, found = await self.read(replace(criteria, name=None), where)
        if criteria.networks.unclear:
            return self.page((), where, criteria, unclear=criteria.networks.unclear)
        return replace(await self._found(criteria, where, found), unclear=unclear, no_name=no_name)

    async def _found(self, criteria: Conditions, where: SearchArea | None, found: tuple[Listing, ...]) -> Found:
        """Return the page of the matching listings, or of alternatives; its sources are those of its cards."""
        ask = self.ask
        criteria = self._without_barred(criteria, found)
        self._of_one(criteria, where, found)
        result = self.summarize(found, where, criteria)
        for name in result.unmet:
            ask.said_unmet(name)
        if not result.total and "rank_near" in ask.asked.says:
            found, result = await self.beyond(result, found)
        own = await self.own(criteria) if result.total else AskedNetworks()
        if not result.total:
            found, result = await self._instead(result, found)
        elif not result.cards and not own.wanted and "one_farther" in ask.asked.says:
            found, result = await self.beyond(result, found)
        records = [key for card in (*result.cards, *result.instead) for key in card.records]
        for type_ in SOURCES:
            ask.cite(type_, [key.id for key in records if key.type == type_])
        result = self.with_own(result, found, own) if own.wanted else result
        facts = facts_beside(ask, result.cards, found)

        def count(area: SearchArea | None, wanted: Conditions) -> int:
            return len(self.groups(self.kept(found, area, wanted)))

        return replace(result, facts=facts, sides=await sides_of(ask, where, criteria, count))

    async def read(self, criteria: Conditions, where: SearchArea | None) -> _Read:
        """Return the conditions, completed by what was read, and the listings that the search finds.

        If no provider has the name but an organization does, the listings are those of the organization's staff. If the
        directory has no list of networks, the networks in question are looked up among those of the listings.
        """
        ask = self.ask
        if self.places is not None:
            found = await places_of_care(ask, self.places, where)
        elif ask.slots.get("npi"):
            return criteria, tuple(row for rows in (await who(ask)).found for row in rows)
        else:
            criteria, found = await self._providers(criteria, where)
        lost = criteria.networks.named and not criteria.networks.listed
        return replace(criteria, networks=among(ask, found)) if lost else criteria, found

    async def _providers(self, criteria: Conditions, where: SearchArea | None) -> _Read:
        """Return the conditions and the listings of providers by kind and area, or of those at an organization."""
        ask = self.ask

        async def there(criteria: Conditions) -> _Read:
            return criteria, await staff(ask, criteria.houses, criteria.codes, criteria.filters(ask, where))

        if criteria.organization or criteria.houses:
            known = criteria.houses or await houses(ask, criteria.organization or "")
            criteria, found = await there(replace(criteria, houses=known))
        else:
            found = await listings(
                ask,
                codes=criteria.codes,
                where=where,
                name=criteria.name,
                filters=criteria.filters(ask, where),
                networks=() if criteria.networks.barred else criteria.networks.ids,
            )
        name = None if is_titled(ask) or any(is_called(row, criteria.name or "") for row in found) else criteria.name
        known = await houses(ask, name) if name else frozenset()
        named = replace(criteria, name=None, organization=name, houses=known)
        return await there(named) if known else (criteria, found)

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return one card per provider, or per place of care, nearest first."""
        return (cards if self.places is None else store_cards)(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, criteria: Conditions) -> tuple[Listing, ...]:
        """Return the listings that match every condition, and those of matching places in other networks."""
        kept = sift(found, criteria.filters(self.ask, where, found))
        if self.places is None:
            return kept
        fitting = {row.store for row in kept if row.locations or not where}
        return tuple(row for row in sift(found, Conditions().filters(self.ask, where)) if row.store in fitting)

    def page(
        self, kept: Sequence[Listing], where: SearchArea | None, criteria: Conditions, *, after: int = 0, **more: Any
    ) -> Found:
        """Return the requested page of the listings `kept`; `more` are further fields of it.

        `after` is the number of cards to skip.
        """
        kept, none_of_all = self._of_every_kind(kept)
        return page_of(
            self.ask,
            self.cards(kept, where),
            after=after,
            places=self.places,
            what=self.what,
            care=self.care,
            kinds=self.kinds,
            none_of_all=none_of_all,
            where=where,
            criteria=criteria,
            every_network=names_of(kept),
            **more,
        )

    def _of_every_kind(self, kept: Sequence[Listing]) -> tuple[Sequence[Listing], bool]:
        """Return the listings of providers of all requested kinds ("does both"); if none, all listings and True."""
        together = not _BOTH.isdisjoint(words_of(self.ask.said)) and "location" not in self.ask.several
        kinds = [set(codes) for codes, _ in kinds_of(self.ask)] if together and self.places is None else []
        groups = by_provider(kept) if kinds else ()
        whole = [rows for rows in groups if all(any(row.specialty_codes & one for row in rows) for one in kinds)]
        both = [row for rows in whole for row in rows]
        return both or kept, bool(groups and not both)

    async def _around(self) -> SearchArea:
        """Return the area of the search.

        Raises:
            NeedsPlace: The question names neither a place nor a provider.
            Reroute: It names no place, but a provider.
        """
        try:
            return await around(await _near_shown(self.ask))
        except NeedsPlace:
            asks = "wish" in self.ask.beside or facts_in(self.ask.said) & ONE_OF_A_LIST
            if asks and (name := name_said(self.ask)) and (named := await self._called(name)):
                raise Reroute(self.detail, **{AMONG: named}) from None
            raise

    async def _called(self, name: str) -> str:
        """Return the references of the providers with a name that fit the rest of the message, separated by spaces."""
        found = await who(replace(self.ask, slots={**self.ask.slots, "provider_name": name}, arguments={}))
        return " ".join(rows[0].reference for rows in (*found.found, found.gone) if rows)

    async def _named(self, criteria: Conditions, where: SearchArea | None, found: tuple[Listing, ...]) -> _Read:
        """Return the conditions with a name that is in the message but in no slot, and the listings.

        The name is that of a listing, or else unknown words or words after "a Dr.", if the directory has this name.
        """
        ask = self.ask
        if criteria.name or criteria.organization or not ask.said or not self.kinded:
            return criteria, found
        name, wish = name_among(ask, found), words_of(words_unknown(ask))
        if not name and (wish or is_title(ask.words.get("specialty", ""))):
            name = name_said(ask).title()
            if not name or ask.asked.barred or not await self._called(name):
                return criteria, found
            criteria, found = await self.read(replace(criteria, name=name), where)
        if wish and {*wish} <= {*words_of(name)}:
            ask.said_unmet("wish")
        return replace(criteria, name=criteria.name or name or None), found

    def _of_one(self, criteria: Conditions, where: SearchArea | None, found: Sequence[Listing]) -> None:
        """Raise `Reroute` if the question asks about one named provider, or about the few with that name."""
        ask = self.ask
        emergency = ask.slots.get("facility_type") == "emergency_room"  # its list begins with the number to call
        asks = not emergency and (criteria.open_at or facts_in(ask.said) & ONE_OF_A_LIST)
        house = None if "specialty" in ask.slots or ask.asked.form == "who" else criteria.organization
        if ask.said and (criteria.name or house) and asks and "NEAR" not in ask.concepts:
            own = [pair for pair in criteria.filters(ask, where, found) if pair[0] in OF_KIND]
            houses = [f"{key.type}/{key.id}" for key in sorted(criteria.houses) if key.type == "Organization"]
            meant = dict.fromkeys(houses if house else (row.reference for row in sift(found, own)))
            if 0 < len(meant) <= _FEW:
                raise Reroute(self.detail, **{AMONG: " ".join(meant)})

    def _without_barred(self, criteria: Conditions, found: Sequence[Listing]) -> Conditions:
        """Return the conditions, with the names, streets and towns of listings that the message excludes."""
        out = barred_in(self.ask, found)
        for slot in ("wish", "facility_type", "location") if out else ():
            self.ask.said_unmet(slot)
        called = tuple(one for one in out if any(is_named(row.name, one) for row in found))
        names = criteria.not_names or tuple(one.title() for one in called)
        return replace(criteria, not_names=names, barred=tuple(one for one in out if one not in called))

    async def beyond(self, result: Found, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], Found]:
        """Return the listings and the page of those farther away, after the near ones; unchanged if there are none."""
        for wide in farther(result.where) if result.where else ():
            criteria, there = await self.read(result.criteria, wide)
            page = self.page(self.kept(there, wide, criteria), wide, criteria, after=result.total, unmet=result.unmet)
            if page.cards:
                return there, page
        return found, result

    async def _no_name(self, criteria: Conditions, found: Sequence[Listing]) -> str | None:
        """Return the word that was read as a provider's name if the directory has no similar name; otherwise None.

        None also if the question names no kind of provider, as the name is then all that the question is about.
        """
        name = criteria.name if self.kinded else None
        if not name or any(is_called(row, name) for row in found):
            return None
        return None if await nearest(self.ask, name, people=False) else name

    async def own(self, criteria: Conditions) -> AskedNetworks:
        """Return the person's own networks; empty if they do not matter or are unknown.

        They do not matter if the question names a network or a provider. Providers in these networks are listed first;
        a button shows the others.
        """
        asked = criteria.networks
        named = criteria.name or criteria.organization or self.ask.slots.get("npi")
        barred = asked.named or asked.outside or ((named or self.places == ("emergency_room",)) and not asked.anyone)
        return AskedNetworks(wanted=() if barred else await own_wanted(self.ask))

    def with_own(self, result: Found, found: Sequence[Listing], own: AskedNetworks) -> Found:
        """Return the page of results in the person's own networks, or with the argument `others`, of those outside.

        If no result is inside, return the page of all results. For places, `nearer` is the nearest one, if it is
        outside.
        """
        where, criteria, others = result.where, result.criteria, "others" in self.ask.arguments
        inside = self.kept(found, where, replace(criteria, networks=own))
        known = {self.key_of(row) for row in inside}
        outside = [row for row in self.kept(found, where, criteria) if self.key_of(row) not in known]
        if not inside:
            return replace(result, own=own.names, none_own=True)
        criteria = replace(criteria, networks=AskedNetworks())  # the own ones are named in the place of "in network"
        page = self.page(outside if others else inside, where, criteria, unmet=result.unmet, unsaid=result.unsaid)
        page = replace(page, own=own.names, others=others, elsewhere=0 if others else len(self.groups(outside)))
        if self.places is None or others or page.first > 1 or not page.cards or page.cards[0].miles is None:
            return page
        near = self.cards(self.kept(found, where, criteria), where)[0]
        return replace(page, nearer=near if (near.miles or 0) < page.cards[0].miles else None)

    def key_of(self, row: Listing) -> object:
        """Return the key by which a listing is counted: its provider, or its place if places are counted."""
        return row.key if self.places is None else row.store

    async def _instead(self, result: Found, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], Found]:
        """Return the listings and page for a search without results, with similar names if nobody has the name.

        Raises:
            Reroute: The provider is listed, but not as active.
        """
        name, house = result.criteria.name, result.criteria.organization
        if self.places is None and house and not (result.criteria.houses or found):
            return found, replace(result, no_house=True, near=await nearest(self.ask, house, people=False))
        found, result = await self.wider(result, found)
        if self.places is None and name and not any(is_called(row, name) for row in found):
            near = await nearest(self.ask, name, people=True)
            if len(near) == 1 and is_named(near[0].name, name):
                raise Reroute(self.detail)
            result = replace(result, near=near)
        return found, result

    async def wider(self, result: Found, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], Found]:
        """Return the listings of the last search, and the page with what a larger distance or fewer conditions find."""
        where = result.where
        for wide in farther(result.where) if result.where else ():
            _, around_it = await self.read(result.criteria, wide)
            there = self.summarize(around_it, wide, result.criteria)
            result = replace(result, farther=there.total, farther_miles=int(wide.miles))
            if result.loosened:
                break
            where, found = wide, around_it
            if there.total or there.loosened:
                result = replace(result, wider=there.loosened, criteria=there.criteria, unmet=there.unmet)
                break
        left = next((one.dropped for one in (*result.loosened, *result.wider)), ())
        filters = [pair for pair in result.criteria.filters(self.ask, where, found) if pair[0] not in left]
        others = () if "provider_name" in left else sift(found, filters)  # no strangers for a name
        own = await self.own(result.criteria) if others else AskedNetworks()
        inside = {self.key_of(row) for row in sift(others, Conditions(networks=own).filters(self.ask, None))}
        instead = self.cards([row for row in others if not own.wanted or self.key_of(row) in inside] or others, where)
        ranks = nearly_open(self.ask, result.criteria.open_at, instead) if left == ("open_at",) else None
        result = replace(result, instead=instead[:_INSTEAD], own=own.names, none_own=bool(own.wanted and not inside))
        return found, replace(result, ranked=ranks)

    def summarize(self, found: Sequence[Listing], where: SearchArea | None, criteria: Conditions) -> Found:
        """Return the requested page of the listings that match; a condition on which no listing has data is ignored."""
        near = [pair for pair in criteria.filters(self.ask, where) if pair[0] in OF_KIND]
        unmet = criteria.unknown(self.ask, sift(found, near)) if criteria.knowable(self.ask) else ()
        unmet = (*unmet, "network") if criteria.networks.outside and not criteria.networks.barred else unmet
        criteria = criteria.without(unmet)
        page = self.page(self.kept(found, where, criteria), where, criteria)
        return replace(
            page,
            loosened=()
            if page.total
            else loosened(found, criteria.filters(self.ask, where, found), stores=self.places is not None),
            unmet=unmet,
            unsaid=criteria.unsaid(self.ask, where, found),
        )


async def _near_shown(ask: Ask) -> Ask:
    """Return the question, if it names no place, with the place of the provider shown before."""
    if ask.several.get("location") or ask.slots.get("location", "me") != "me":
        return ask
    place = next((one for row in await who_shown(ask) for one in row.locations), None)
    if place is None:
        return ask
    where = {"zip": place.zip5} if place.zip5 else {"city": place.city, "state": place.state}
    return replace(ask, slots={**ask.slots, "location": where})
