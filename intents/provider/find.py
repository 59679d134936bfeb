"""Providers by specialty, place, network and other conditions, each of which is proven or reported as unknown."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from bot import kit

_WHICH, _NAMED = frozenset({"which", "who", "whos", "cual", "cuales", "quien", "quienes"}), 3
_BOTH = frozenset({"both", "ambas", "ambos"})

Kinds = tuple[tuple[tuple[str, ...], str], ...]


class FoundPeople(kit.Found, frozen=True, kw_only=True):
    """One page of the matching providers.

    Attributes:
        what: The requested kind of provider in the person's words; None for primary care and for a name.
        kinds: Several requested kinds, each with its codes and the person's word.
        asks_kind: True if the question asks for a specialist without a specialty, so that nothing was searched.
        near: Similarly spelled names, if no provider has the name.
        no_house: True if no organization has the requested name.
        asks_which: True if the question is who it is, so that names come first.
        for_client: True if the words are about a member or patient whom the person serves.
        table: True if the question asks for a table.
        none_of_all: True if the question asks for one who is of all `kinds`, and nobody is.
    """

    what: str | None
    kinds: Kinds = ()
    asks_kind: bool = False
    near: tuple[kit.Choice, ...] = ()
    no_house: bool = False
    asks_which: bool = False
    for_client: bool = False
    table: bool = False
    none_of_all: bool = False

    @property
    def which(self) -> bool:
        """Whether the names come first, because the question asks for them and there are few."""
        few = self.total == len(self.cards) <= _NAMED
        return self.asks_which and few and self.total > 0 and all(card.name for card in self.cards)

    @property
    def women(self) -> bool:
        """Whether all results are women, because the question asks for women or every card says so."""
        every = len(self.cards) == self.total and all(card.gender == "female" for card in self.cards)
        return self.wishes.gender == "female" or (every and bool(self.cards))

    @property
    def all_open(self) -> bool:
        """Whether the page has all results, more than one, and each accepts new patients in all its networks."""
        sites = [card.site for card in self.cards]
        plainly = all(one.openings and {*filter(None, one.openings)} in ({*()}, {*one.networks}) for one in sites)
        return len(sites) == self.total > 1 and plainly


async def answer(ask: kit.Ask) -> FoundPeople:
    """Return the matching providers, nearest first."""
    if "like" in ask.arguments and (shown := await kit.who_shown(ask)):
        return await _like(ask, shown)
    networks = await kit.without_own(ask, await kit.asked_networks(ask))
    wishes = kit.conditions(ask, kit.kind_codes(ask), networks)
    people = People(ask, kit.kind_said(ask, wishes))
    if kit.asks_kind(ask, wishes) and not (networks.unclear and networks.listed):
        return people.page((), None, wishes, asks_kind=True)
    placed = kit.names_area(ask.slots.get("location")) or ask.several.get("location")
    anywhere = wishes.name or wishes.organization or ask.slots.get("npi")  # searched without an area
    return await people.answer(wishes, placed=bool(placed or not anywhere))


async def _like(ask: kit.Ask, shown: Sequence[kit.Listing]) -> FoundPeople:
    """Return other providers near the one shown before, or all other providers in its office.

    They are of the kind that the question names; near, else of the same kind.
    """
    says = ask.hears(ask.arguments["like_words"], {}).says
    lines = (line for row in shown for place in row.locations for line in place.lines if "same_street" in says)
    street = next(lines, "").lstrip("0123456789 ") or None
    office = "same_office" in says and not street
    networks = await kit.without_own(ask, await kit.asked_networks(ask))
    if "same_network" in says:
        theirs = tuple(kit.Wanted(one.name or "", (one,)) for row in shown for one in row.networks)
        networks = replace(networks, wanted=theirs, anyone=False)
    ask.said_unmet("wish")  # "else in that building"
    named = "specialty" in ask.slots and not kit.is_title(ask.words.get("specialty", ""))
    own = dict.fromkeys(code for row in shown for one in row.specialties for code in one.codes)
    codes = kit.kind_codes(ask) if named else () if office or street else tuple(own)
    out = tuple(
        row.name.partition(",")[0] for row in shown[:1] if row.name and not (named and own.keys().isdisjoint(codes))
    )
    wishes = replace(kit.conditions(ask, codes, networks), name=None, not_names=out, street=street)
    what = kit.kind_said(ask, wishes) if named else None
    if not office:
        word = next((one.words for row in shown for one in row.specialties if one.words), "")
        return await People(ask, what, kinds=None if named or street else ((codes, word),)).answer(wishes)
    name = shown[0].organization_name or next((", ".join(place.lines) for place in shown[0].locations), None)
    wishes = replace(wishes, organization=name, houses=kit.places_of(shown))
    return await People(ask, what).answer(wishes, placed=False)


class People(kit.ProviderSearch[FoundPeople]):
    """Searches practitioners of a kind; by NPI or name also organizations."""

    cited = ("PractitionerRole", "Practitioner", "Location", "Organization")  # all but roles are asked for by id

    def __init__(self, ask: kit.Ask, what: str | None, *, kinds: Kinds | None = None) -> None:
        super().__init__(ask, kinded=bool("specialty" in ask.slots and kit.kind_codes(ask)), detail="provider.detail")
        table, for_client = kit.text_of(ask, "layout") == "table", "client" in ask.asked.says
        which = not _WHICH.isdisjoint(kit.words_of(ask.said))
        made = partial(FoundPeople, what=what, kinds=kinds or kit.kinds_of(ask), table=table)
        self.made = partial(made, for_client=for_client, asks_which=which)
        together = not _BOTH.isdisjoint(kit.words_of(ask.said)) and "location" not in ask.several
        self.every_kind = kit.kinds_of(ask) if together else ()

    def page(
        self, kept: Sequence[kit.Listing], where: kit.SearchArea | None, wishes: kit.Conditions, **more: Any
    ) -> FoundPeople:
        """Return the page, of those listed under every kind for "does both"; of all, if nobody is, which it says."""
        kinds = [set(codes) for codes, _ in self.every_kind]
        groups = kit.by_provider(kept) if kinds else ()
        whole = [rows for rows in groups if all(any(row.specialty_codes & one for row in rows) for one in kinds)]
        both = [row for rows in whole for row in rows]
        return super().page(both or kept, where, wishes, none_of_all=bool(groups and not both), **more)

    async def read(
        self, wishes: kit.Conditions, where: kit.SearchArea | None
    ) -> tuple[kit.Conditions, tuple[kit.Listing, ...]]:
        """Return the conditions and the listings that the search finds.

        If no provider has the name but an organization does, the listings are those of the organization's staff.
        """
        ask = self.ask
        if ask.slots.get("npi"):
            return wishes, tuple(row for rows in (await kit.who(ask)).found for row in rows)
        if wishes.organization or wishes.houses:
            wishes = replace(wishes, houses=wishes.houses or await kit.houses(ask, wishes.organization or ""))
            found = await self._staff(wishes, where)
        else:
            found = await kit.listings(
                ask,
                codes=wishes.codes,
                where=where,
                name=wishes.name,
                filters=wishes.filters(ask, where),
                networks=() if wishes.networks.barred else wishes.networks.ids,
            )
        if wishes.name and not kit.is_titled(ask) and not any(kit.is_called_so(row, wishes.name) for row in found):
            known = await kit.houses(ask, wishes.name)
            if known:
                wishes = replace(wishes, name=None, organization=wishes.name, houses=known)
                found = await self._staff(wishes, where)
        if wishes.networks.named and not wishes.networks.listed:
            wishes = replace(wishes, networks=kit.networks_among(ask, found))
        return wishes, found

    async def _staff(self, wishes: kit.Conditions, where: kit.SearchArea | None) -> tuple[kit.Listing, ...]:
        return await kit.staff(self.ask, wishes.houses, wishes.codes, wishes.filters(self.ask, where))

    async def wider(
        self, result: FoundPeople, found: tuple[kit.Listing, ...]
    ) -> tuple[tuple[kit.Listing, ...], FoundPeople]:
        """Return the listings and the result, with similar names if no provider or organization has the name."""
        name, house = result.wishes.name, result.wishes.organization
        if house and not (result.wishes.houses or found):
            return found, replace(result, no_house=True, near=await kit.nearest(self.ask, house, people=False))
        found, result = await super().wider(result, found)
        if name and not any(kit.is_called_so(row, name) for row in found):
            near = await kit.nearest(self.ask, name, people=True)
            if len(near) == 1 and kit.is_named(near[0].name, name):
                raise kit.Reroute("provider.detail")  # listed, but not as active
            result = replace(result, near=near)
        return found, result
