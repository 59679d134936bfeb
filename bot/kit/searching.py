"""The one search of the directory for providers or places of care; every filter is checked on every card (T44)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from bot.kit.around import NeedsPlace, SearchArea, around, farther, names_area, with_town
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
from bot.kit.facts import ONE_OF_A_LIST, facts_beside, facts_in, name_among, name_said, words_unknown
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
        self, wishes: Conditions | None = None, *, what: str | None = None, placed: bool | None = None
    ) -> Found:
        """Return the page of the matching results, nearest first, or of what fewer conditions or more miles would find.

        Without `wishes`, the conditions are those of the question. `what` is the kind of provider as the person says.

        Raises:
            NeedsPlace: If the search is `placed` (needs a place), by default without a name, and no place is named.
        """
        ask = self.ask
        if wishes is None:
            asked = await without_own(ask, await asked_networks(ask))
            codes, self.care = given_by(ask) if self.places is None else ((), "")
            if codes:
                ask.named["specialty"] = ",".join(codes)
            wishes = conditions(ask, codes or kind_codes(ask) if self.places is None else (), asked)
            what = self.care or kind_said(ask, wishes) if self.places is None else None
            if wishes.accepting and "accepting_new" not in ask.slots:
                ask.said_unmet("wish")
            if self.places is None and asks_kind(ask, wishes) and not (asked.unclear and asked.listed):
                return Found(asks_kind=True)
        if placed is None:
            near = names_area(ask.slots.get("location")) or ask.several.get("location")
            named = wishes.name or wishes.organization or ask.slots.get("npi")  # searched without an area
            placed = bool(near or not named or self.places is not None)
        self.what = what
        unclear = wishes.networks.unclear if wishes.networks.listed else None
        if unclear:
            ask.said_unmet("network")
            if unclear.may_be:
                return self.page((), None, wishes, unclear=unclear)
            wishes = replace(wishes, networks=wishes.networks.known)
        where = await self._around() if placed else None
        wishes, found = await self.read(wishes, where)
        wishes, found = await self._named(wishes, where, found)
        no_name = await self._no_name(wishes, found)
        if no_name:
            self.ask = with_town(ask, no_name) or ask
            no_name, where = (no_name, where) if self.ask is ask else (None, None)
            where = where or await around(self.ask)
            wishes, found = await self.read(replace(wishes, name=None), where)
        if wishes.networks.unclear:
            return self.page((), where, wishes, unclear=wishes.networks.unclear)
        return replace(await self._found(wishes, where, found), unclear=unclear, no_name=no_name)

    async def _found(self, wishes: Conditions, where: SearchArea | None, found: tuple[Listing, ...]) -> Found:
        """Return the page of the matching listings, or of alternatives; its sources are those of its cards."""
        ask = self.ask
        wishes = self._without_barred(wishes, found)
        self._of_one(wishes, where, found)
        result = self.summarize(found, where, wishes)
        for name in result.unmet:
            ask.said_unmet(name)
        if not result.total and "rank_near" in ask.asked.says:
            found, result = await self.beyond(result, found)
        own = await self.own(wishes) if result.total else AskedNetworks()
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

        return replace(result, facts=facts, sides=await sides_of(ask, where, wishes, count))

    async def read(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions, completed by what was read, and the listings that the search finds.

        If no provider has the name but an organization does, the listings are those of the organization's staff. If the
        directory has no list of networks, the networks in question are looked up among those of the listings.
        """
        ask = self.ask
        if self.places is not None:
            found = await places_of_care(ask, self.places, where)
        elif ask.slots.get("npi"):
            return wishes, tuple(row for rows in (await who(ask)).found for row in rows)
        else:
            wishes, found = await self._providers(wishes, where)
        lost = wishes.networks.named and not wishes.networks.listed
        return replace(wishes, networks=among(ask, found)) if lost else wishes, found

    async def _providers(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions and the listings of providers by kind and area, or of those at an organization."""
        ask = self.ask

        async def there(wishes: Conditions) -> tuple[Conditions, tuple[Listing, ...]]:
            return wishes, await staff(ask, wishes.houses, wishes.codes, wishes.filters(ask, where))

        if wishes.organization or wishes.houses:
            known = wishes.houses or await houses(ask, wishes.organization or "")
            wishes, found = await there(replace(wishes, houses=known))
        else:
            found = await listings(
                ask,
                codes=wishes.codes,
                where=where,
                name=wishes.name,
                filters=wishes.filters(ask, where),
                networks=() if wishes.networks.barred else wishes.networks.ids,
            )
        name = None if is_titled(ask) or any(is_called(row, wishes.name or "") for row in found) else wishes.name
        known = await houses(ask, name) if name else frozenset()
        return await there(replace(wishes, name=None, organization=name, houses=known)) if known else (wishes, found)

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return one card per provider, or per place of care, nearest first."""
        return (cards if self.places is None else store_cards)(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> tuple[Listing, ...]:
        """Return the listings that match every condition, and those of matching places in other networks."""
        kept = sift(found, wishes.filters(self.ask, where, found))
        if self.places is None:
            return kept
        fitting = {row.store for row in kept if row.locations or not where}
        return tuple(row for row in sift(found, Conditions().filters(self.ask, where)) if row.store in fitting)

    def page(
        self, kept: Sequence[Listing], where: SearchArea | None, wishes: Conditions, *, after: int = 0, **more: Any
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
            wishes=wishes,
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

    async def _named(
        self, wishes: Conditions, where: SearchArea | None, found: tuple[Listing, ...]
    ) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions with a name that is in the message but in no slot, and the listings.

        The name is that of a listing, or else unknown words or words after "a Dr.", if the directory has this name.
        """
        ask = self.ask
        if wishes.name or wishes.organization or not ask.said or not self.kinded:
            return wishes, found
        name, wish = name_among(ask, found), words_of(words_unknown(ask))
        if not name and (wish or is_title(ask.words.get("specialty", ""))):
            name = name_said(ask).title()
            if not name or ask.asked.barred or not await self._called(name):
                return wishes, found
            wishes, found = await self.read(replace(wishes, name=name), where)
        if wish and {*wish} <= {*words_of(name)}:
            ask.said_unmet("wish")
        return replace(wishes, name=wishes.name or name or None), found

    def _of_one(self, wishes: Conditions, where: SearchArea | None, found: Sequence[Listing]) -> None:
        """Raise `Reroute` if the question asks about one named provider, or about the few with that name."""
        ask = self.ask
        emergency = ask.slots.get("facility_type") == "emergency_room"  # its list begins with the number to call
        asks = not emergency and (wishes.open_at or facts_in(ask.said) & ONE_OF_A_LIST)
        house = None if "specialty" in ask.slots or ask.asked.form == "who" else wishes.organization
        if ask.said and (wishes.name or house) and asks and "NEAR" not in ask.concepts:
            own = [pair for pair in wishes.filters(ask, where, found) if pair[0] in OF_KIND]
            houses = [f"{key.type}/{key.id}" for key in sorted(wishes.houses) if key.type == "Organization"]
            meant = dict.fromkeys(houses if house else (row.reference for row in sift(found, own)))
            if 0 < len(meant) <= _FEW:
                raise Reroute(self.detail, **{AMONG: " ".join(meant)})

    def _without_barred(self, wishes: Conditions, found: Sequence[Listing]) -> Conditions:
        """Return the conditions, with the names, streets and towns of listings that the message excludes."""
        out = barred_in(self.ask, found)
        for slot in ("wish", "facility_type", "location") if out else ():
            self.ask.said_unmet(slot)
        called = tuple(one for one in out if any(is_named(row.name, one) for row in found))
        names = wishes.not_names or tuple(one.title() for one in called)
        return replace(wishes, not_names=names, barred=tuple(one for one in out if one not in called))

    async def beyond(self, result: Found, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], Found]:
        """Return the listings and the page of those farther away, after the near ones; unchanged if there are none."""
        for wide in farther(result.where) if result.where else ():
            wishes, there = await self.read(result.wishes, wide)
            page = self.page(self.kept(there, wide, wishes), wide, wishes, after=result.total, unmet=result.unmet)
            if page.cards:
                return there, page
        return found, result

    async def _no_name(self, wishes: Conditions, found: Sequence[Listing]) -> str | None:
        """Return the word that was read as a provider's name if the directory has no similar name; otherwise None.

        None also if the question names no kind of provider, as the name is then all that the question is about.
        """
        name = wishes.name if self.kinded else None
        if not name or any(is_called(row, name) for row in found):
            return None
        return None if await nearest(self.ask, name, people=False) else name

    async def own(self, wishes: Conditions) -> AskedNetworks:
        """Return the person's own networks; empty if they do not matter or are unknown.

        They do not matter if the question names a network or a provider. Providers in these networks are listed first;
        a button shows the others.
        """
        asked = wishes.networks
        named = wishes.name or wishes.organization or self.ask.slots.get("npi")
        barred = asked.named or asked.outside or ((named or self.places == ("emergency_room",)) and not asked.anyone)
        return AskedNetworks(wanted=() if barred else await own_wanted(self.ask))

    def with_own(self, result: Found, found: Sequence[Listing], own: AskedNetworks) -> Found:
        """Return the page of results in the person's own networks, or with the argument `others`, of those outside.

        If no result is inside, return the page of all results. For places, `nearer` is the nearest one, if it is
        outside.
        """
        where, wishes, others = result.where, result.wishes, "others" in self.ask.arguments
        inside = self.kept(found, where, replace(wishes, networks=own))
        known = {self.key_of(row) for row in inside}
        outside = [row for row in self.kept(found, where, wishes) if self.key_of(row) not in known]
        if not inside:
            return replace(result, own=own.names, none_own=True)
        wishes = replace(wishes, networks=AskedNetworks())  # the own ones are named in the place of "in network"
        page = self.page(outside if others else inside, where, wishes, unmet=result.unmet, unsaid=result.unsaid)
        page = replace(page, own=own.names, others=others, elsewhere=0 if others else len(self.groups(outside)))
        if self.places is None or others or page.first > 1 or not page.cards or page.cards[0].miles is None:
            return page
        near = self.cards(self.kept(found, where, wishes), where)[0]
        return replace(page, nearer=near if (near.miles or 0) < page.cards[0].miles else None)

    def key_of(self, row: Listing) -> object:
        """Return the key by which a listing is counted: its provider, or its place if places are counted."""
        return row.key if self.places is None else row.store

    async def _instead(self, result: Found, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], Found]:
        """Return the listings and page for a search without results, with similar names if nobody has the name.

        Raises:
            Reroute: The provider is listed, but not as active.
        """
        name, house = result.wishes.name, result.wishes.organization
        if self.places is None and house and not (result.wishes.houses or found):
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
            _, around_it = await self.read(result.wishes, wide)
            there = self.summarize(around_it, wide, result.wishes)
            result = replace(result, farther=there.total, farther_miles=int(wide.miles))
            if result.loosened:
                break
            where, found = wide, around_it
            if there.total or there.loosened:
                result = replace(result, wider=there.loosened, wishes=there.wishes, unmet=there.unmet)
                break
        left = next((one.wishes for one in (*result.loosened, *result.wider)), ())
        filters = [pair for pair in result.wishes.filters(self.ask, where, found) if pair[0] not in left]
        others = () if "provider_name" in left else sift(found, filters)  # no strangers for a name
        own = await self.own(result.wishes) if others else AskedNetworks()
        inside = {self.key_of(row) for row in sift(others, Conditions(networks=own).filters(self.ask, None))}
        instead = self.cards([row for row in others if not own.wanted or self.key_of(row) in inside] or others, where)
        ranks = nearly_open(self.ask, result.wishes.open_at, instead) if left == ("open_at",) else None
        result = replace(result, instead=instead[:_INSTEAD], own=own.names, none_own=bool(own.wanted and not inside))
        return found, replace(result, ranked=ranks)

    def summarize(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> Found:
        """Return the requested page of the listings that match; a condition on which no listing has data is ignored."""
        near = [pair for pair in wishes.filters(self.ask, where) if pair[0] in OF_KIND]
        unmet = wishes.unknown(self.ask, sift(found, near)) if wishes.knowable(self.ask) else ()
        unmet = (*unmet, "network") if wishes.networks.outside and not wishes.networks.barred else unmet
        wishes = wishes.without(unmet)
        page = self.page(self.kept(found, where, wishes), where, wishes)
        return replace(
            page,
            loosened=()
            if page.total
            else loosened(found, wishes.filters(self.ask, where, found), stores=self.places is not None),
            unmet=unmet,
            unsaid=wishes.unsaid(self.ask, where, found),
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
