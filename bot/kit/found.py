"""One page of directory search results, people or places, and the search that finds them.

Every filter is checked on every card (T44).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial
from itertools import takewhile
from typing import Generic, TypeVar

from msgspec.structs import replace

from bot.kit.around import FARTHER, NeedsPlace, SearchArea, around, farther
from bot.kit.ask import Ask, Reroute
from bot.kit.cards import Card, Ranked, cards, nearly_open, ranked, store_cards
from bot.kit.conditions import OF_KIND, Conditions, Loosened, conditions, is_called, loosened, sift
from bot.kit.facilities import KINDS, places_of_care
from bot.kit.facts import ProviderFact, facts_beside
from bot.kit.network_names import Wanted, names_of
from bot.kit.offers import Document, WithDocument
from bot.kit.organizations import nearest, telling_words
from bot.kit.plans import AskedNetworks, among, asked_networks, own_wanted, without_own
from bot.kit.spelling import stands_at, words_of
from bot.kit.who import who, who_shown
from bot.language.context import AMONG
from bot.records.listing import Listing

PAGE = 5
_INSTEAD = 3
_FEW = 3  # places of one name, each of which is told
_LEAST_LETTERS = 3  # of a word that calls a place
_CALLED = 2  # words of a place's name that call it


class Found(WithDocument, frozen=True, kw_only=True):
    """One page of results of a directory search.

    Attributes:
        cards: The results on the page; `total` counts all results, `first` is the position of the first one on the
            page.
        wishes: The conditions of the search.
        loosened: If nothing matches, how many results a search without some of the conditions has.
        farther: If nothing matches, how many results there are within `farther_miles`.
        wider: The same as `loosened` at the larger distance.
        instead: If nothing matches, the nearest results of the first search in `loosened` or `wider`.
        one: Whether the page has only the one result whose position was asked for.
        own: The networks that look like the person's own, if the question names no other: only providers in them are
            listed.
        elsewhere: How many providers outside the networks `own` match.
        others: Whether the page lists the providers outside the networks `own`.
        none_own: Whether everybody is listed because nobody who matches is in the networks `own`.
        unclear: A network's name that matches no network or several; if several, nothing was searched.
        no_name: A word that was taken for a name, but is like no name in the directory, and was ignored.
        facts: For each card, the facts that were asked for and that a card does not show.
        unmet: The conditions on which no listing has data.
        unsaid: By condition, how many providers match except that they have no data on this condition.
        every_network: The networks of all results, for a question "in network" if the person's own network is unknown.
        ranked: The ranking for which the question asks, such as the nearest.
    """

    cards: tuple[Card, ...]
    total: int
    first: int
    page: int
    where: SearchArea | None
    wishes: Conditions
    loosened: tuple[Loosened, ...] = ()
    farther: int = 0
    farther_miles: int = FARTHER[0]
    wider: tuple[Loosened, ...] = ()
    instead: tuple[Card, ...] = ()
    one: bool = False
    own: tuple[str, ...] = ()
    elsewhere: int = 0
    others: bool = False
    none_own: bool = False
    unclear: Wanted | None = None
    no_name: str | None = None
    facts: tuple[tuple[ProviderFact, ...], ...] = ()
    unmet: tuple[str, ...] = ()
    unsaid: tuple[tuple[str, int], ...] = ()
    every_network: tuple[str, ...] = ()
    ranked: Ranked | None = None

    @property
    def last(self) -> int:
        """The position of the last result on the page."""
        return self.first + len(self.cards) - 1

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return not self.one and self.last < self.total


class FoundPlaces(Found, frozen=True, kw_only=True):
    """One page of places of care of one of the `kinds`, or of any kind.

    `nearer` is the nearest place outside the person's own networks, if that place is nearer than all places inside.
    """

    kinds: tuple[str, ...]
    nearer: Card | None = None

    @property
    def kind(self) -> str | None:
        """The single kind; None for several kinds and for any kind."""
        return self.kinds[0] if len(self.kinds) == 1 else None


F = TypeVar("F", bound=Found)
_FILE = re.compile(
    r"\b(csv|spreadsheet|excel|xlsx?|hoja de c[aá]lculo)\b"
    r"|\b(npis?|fax(es)?|e-?mails?)\b.*\b(all|each|every|both|todos|todas|cada|ambos)\b",
    re.IGNORECASE,
)  # a card has no more than the phone: the rest of "fax for all of them" is in the file


class ProviderSearch(ABC, Generic[F]):
    """A search of the directory for people or places, near an area or anywhere, by every condition of a question.

    Subclasses define how the listings are read, which of them are kept, and how the results are shown.
    """

    made: Callable[..., F]
    cited: tuple[str, ...]
    stores = False  # whether places are counted, and not providers

    def __init__(self, ask: Ask, *, kinded: bool) -> None:
        """Store the question; `kinded` is True if the question names a kind of provider or place."""
        self.ask, self.kinded = ask, kinded

    @abstractmethod
    async def read(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions, completed by what was read (such as networks), and the listings in the area."""

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return the cards of these listings, nearest first."""
        return cards(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> tuple[Listing, ...]:
        """Return the listings that match every condition."""
        return sift(found, wishes.filters(self.ask, where, found))

    def page(self, kept: Sequence[Listing], where: SearchArea | None, wishes: Conditions, **more: object) -> F:
        """Return the requested page of the listings `kept`, with a file of all cards if the question asks for a file.

        `more` are further fields of the page.
        """
        ask, every = self.ask, self.cards(kept, where)
        one = "pick" in ask.arguments
        first = (ask.pick if ask.pick >= 0 else max(len(every) + ask.pick, 0)) if one else ask.page * PAGE
        wants_file = bool(every) and ("file" in ask.arguments or _FILE.search(ask.said) is not None)
        read = ask.moment().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.made(
            document=Document("list", {"cards": every, "read": read}, ("csv",)) if wants_file else None,
            cards=tuple(every[first : first + (1 if one else PAGE)]),
            total=len(every),
            first=first + 1,
            page=ask.page,
            one=one,
            ranked=ranked(ask, every),
            where=where,
            wishes=wishes,
            every_network=names_of(kept),
            **more,
        )

    async def answer(self, wishes: Conditions, *, placed: bool = True) -> F:
        """Return the page of the matching providers, nearest first.

        If none matches, the page tells what a larger distance or fewer conditions would find.

        Raises:
            NeedsPlace: If the search is `placed` (needs a place) and the question names no place.
        """
        ask = self.ask
        unclear = wishes.networks.unclear if wishes.networks.listed else None
        if unclear:
            ask.said_unmet("network")
            if unclear.may_be:
                return self.page((), None, wishes, unclear=unclear)
            wishes = replace(wishes, networks=wishes.networks.known)
        where = await around(await _near_shown(ask)) if placed else None
        wishes, found = await self.read(wishes, where)
        no_name = await self._no_name(wishes, found)
        if no_name:
            where = where or await around(ask)
            wishes, found = await self.read(replace(wishes, name=None), where)
        if wishes.networks.unclear:
            return self.page((), where, wishes, unclear=wishes.networks.unclear)
        result = self.summarize(found, where, wishes)
        for name in result.unmet:
            ask.said_unmet(name)
        own = await self.own(wishes) if result.total else AskedNetworks()
        if not result.total:
            found, result = await self.wider(result, found)
        for type_ in self.cited:
            shown = (*result.cards, *result.instead)
            ask.cite(type_, [key.id for card in shown for key in card.records if key.type == type_])
        result = self.with_own(result, found, own) if own.wanted else result
        return replace(result, unclear=unclear, no_name=no_name, facts=facts_beside(ask, result.cards, found))

    async def _no_name(self, wishes: Conditions, found: Sequence[Listing]) -> str | None:
        """Return what was taken for a provider's name, if the directory has no name like it; otherwise None.

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
        barred = asked.named or asked.outside or (named and not asked.anyone)
        return AskedNetworks(wanted=() if barred else await own_wanted(self.ask))

    def with_own(self, result: F, found: Sequence[Listing], own: AskedNetworks) -> F:
        """Return the page of providers in the person's own networks, or with the argument `others`, of those outside.

        If no provider is inside, return the page of all of them.
        """
        where, wishes, others = result.where, result.wishes, "others" in self.ask.arguments
        inside = self.kept(found, where, replace(wishes, networks=own))
        known = {self.key_of(row) for row in inside}
        outside = [row for row in self.kept(found, where, wishes) if self.key_of(row) not in known]
        if not inside:
            return replace(result, own=own.names, none_own=True)
        elsewhere = 0 if others else len(self.cards(outside, where))
        wishes = replace(wishes, networks=AskedNetworks())  # the own ones are named in the place of "in network"
        page = self.page(outside if others else inside, where, wishes, unmet=result.unmet, unsaid=result.unsaid)
        return replace(page, own=own.names, others=others, elsewhere=elsewhere)

    def key_of(self, row: Listing) -> object:
        """Return the key by which a listing is counted: its provider, or its place if places are counted."""
        return row.store if self.stores else row.key

    async def wider(self, result: F, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], F]:
        """Return the listings of the last search, and the page with what a larger distance or fewer conditions find."""
        where = result.where
        for wide in farther(result.where) if result.where else ():
            _, found = await self.read(result.wishes, wide)
            there = self.summarize(found, wide, result.wishes)
            result = replace(result, farther=there.total, farther_miles=int(wide.miles))
            if result.loosened:
                break
            where = wide
            if there.total or there.loosened:
                result = replace(result, wider=there.loosened)
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

    def summarize(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> F:
        """Return the requested page of the listings that match; a condition on which no listing has data is ignored."""
        near = sift(found, [pair for pair in wishes.filters(self.ask, where) if pair[0] in OF_KIND])
        unmet = wishes.unknown(self.ask, near)
        unmet = (*unmet, "network") if wishes.networks.outside and not wishes.networks.barred else unmet
        wishes = wishes.without(unmet)
        page = self.page(self.kept(found, where, wishes), where, wishes)
        return replace(
            page,
            loosened=() if page.total else loosened(found, wishes.filters(self.ask, where, found), stores=self.stores),
            unmet=unmet,
            unsaid=wishes.unsaid(self.ask, where, found),
        )


class Places(ProviderSearch[FoundPlaces]):
    """The search for places of care of one of the `kinds`, or of any kind."""

    cited = ("OrganizationAffiliation", "HealthcareService", "Location", "Organization")
    stores = True

    def __init__(self, ask: Ask, kinds: tuple[str, ...], of_one: str | None = None) -> None:
        super().__init__(ask, kinded=bool(kinds))
        self.kinds, self.of_one = kinds, of_one
        self.made = partial(FoundPlaces, kinds=kinds)

    async def read(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions and the listings of places of the kinds in the area.

        If the directory has no list of networks, the networks in question are looked up among those of the listings.

        Raises:
            Reroute: The question is whether a place that it names is open; the intent `of_one` answers it.
        """
        found = await places_of_care(self.ask, self.kinds, where)
        lost = wishes.networks.named and not wishes.networks.listed
        if not (wishes.name or wishes.organization):
            said = words_of(self.ask.said)  # "blue heron" of "is Blue Heron Pharmacy open"
            called = dict.fromkeys(" ".join(telling_words(row.name or "")[:_CALLED]) for row in found)
            named = [one for one in called if " " in one and stands_at(words_of(one), said)]
            out = tuple(one for one in called if self._is_barred(one))
            named = [one for one in named if one not in out]
            wishes = replace(wishes, name=next(iter(named), None), not_names=wishes.not_names or out)
        if self.of_one and wishes.name and wishes.open_at and "NEAR" not in self.ask.concepts:
            meant = [row for row in found if is_called(row, wishes.name)]
            if 0 < len({row.store for row in meant}) <= _FEW:
                raise Reroute(self.of_one, **{AMONG: " ".join(dict.fromkeys(row.reference for row in meant))})
        return replace(wishes, networks=among(self.ask, found)) if lost else wishes, found

    def _is_barred(self, called: str) -> bool:
        """Return whether the message excludes places that are called so: "besides Harvest Moon", "not Limestone"."""
        words = words_of(called)
        own = words if all(map(self.ask.everyday, words[:1])) else words[:1]
        return bool(own) and any(tuple(rest.split()[: len(own)]) == own for rest in self.ask.asked.barred)

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return one card per place."""
        return store_cards(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> tuple[Listing, ...]:
        """Return all listings, also those in other networks, of each place that matches every condition."""
        fitting = {row.store for row in super().kept(found, where, wishes) if row.locations or not where}
        return tuple(row for row in sift(found, Conditions().filters(self.ask, where)) if row.store in fitting)

    async def own(self, wishes: Conditions) -> AskedNetworks:
        """Return the person's own networks; empty for emergency rooms, because no network matters in an emergency."""
        emergency = self.kinds == ("emergency_room",) and not wishes.networks.anyone
        return AskedNetworks() if emergency else await super().own(wishes)

    def with_own(self, result: FoundPlaces, found: Sequence[Listing], own: AskedNetworks) -> FoundPlaces:
        """Return the page of places in the person's own networks.

        `nearer` is set to the nearest place of all if that place is outside these networks.
        """
        page = super().with_own(result, found, own)
        if page.none_own or page.others or page.first > 1 or not page.cards or page.cards[0].miles is None:
            return page
        nearest = self.cards(self.kept(found, page.where, page.wishes), page.where)[0]
        return replace(page, nearer=nearest if (nearest.miles or 0) < page.cards[0].miles else None)


async def find_places(ask: Ask, *kinds: str, of_one: str | None = None, anywhere: bool = False) -> FoundPlaces:
    """Return the matching places of one of the kinds (or of any kind), nearest first.

    Emergency rooms are not limited to a network. With `anywhere`, no place is needed, and places without visitors, such
    as mail-order pharmacies, are included. The intent `of_one` answers whether a place that the question names is open.

    Raises:
        NeedsPlace: If the question names no place and `anywhere` is False.
    """
    wishes = conditions(ask, (), await without_own(ask, await asked_networks(ask)))
    try:
        return await Places(ask, kinds, of_one).answer(wishes, placed=not anywhere)
    except NeedsPlace:
        if of_one and (houses := await _houses_said(ask)):
            raise Reroute(of_one, **{AMONG: " ".join(houses)}) from None
        raise


async def _houses_said(ask: Ask) -> list[str]:
    """Return the references of the places whose name begins the message, before their kind: "tall oak urgent care"."""
    said, kinds = words_of(ask.said), {word for kind in KINDS for word in kind.split("_")}
    own = tuple(takewhile(lambda word: word not in kinds and len(word) >= _LEAST_LETTERS, said))
    if len(own) < _CALLED or len(own) == len(said):
        return []
    found = await who(replace(ask, slots={"provider_name": ask.said}, words={}, arguments={}))
    return [rows[0].reference for rows in found.found if words_of(rows[0].name)[: len(own)] == own]


async def _near_shown(ask: Ask) -> Ask:
    """Return the question, if it names no place, with the place of the provider shown before."""
    if ask.several.get("location") or ask.slots.get("location", "me") != "me":
        return ask
    place = next((one for row in await who_shown(ask) for one in row.locations), None)
    if place is None:
        return ask
    where = {"zip": place.zip5} if place.zip5 else {"city": place.city, "state": place.state}
    return replace(ask, slots={**ask.slots, "location": where})
