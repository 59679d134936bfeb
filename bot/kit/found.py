"""One page of directory search results, and the search for people or places that finds them.

Every filter is checked on every card (T44).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Generic, TypeVar

from msgspec.structs import replace

from bot.kit.around import FARTHER, NeedsPlace, SearchArea, around, farther
from bot.kit.ask import Ask, Reroute
from bot.kit.cards import Card, Ranked, Sides, cards, nearly_open, ranked
from bot.kit.conditions import OF_KIND, Conditions, Loosened, barred_in, is_called, is_title, loosened, sift
from bot.kit.facts import ONE_OF_A_LIST, ProviderFact, facts_beside, facts_in, name_among, name_said, words_unknown
from bot.kit.network_names import Wanted, names_of
from bot.kit.offers import Document, WithDocument
from bot.kit.organizations import nearest
from bot.kit.plans import AskedNetworks, networks, own_wanted
from bot.kit.spelling import is_named, words_of
from bot.kit.who import who, who_shown
from bot.language.context import AMONG
from bot.records.listing import Listing

PAGE = 5
_INSTEAD, _FEW = 3, 3  # of one name, each of which is told


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
        sides: The number of results in each network or place, if the question counts or compares several.
        counts: Whether the question asks how many there are.
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
    sides: Sides | None = None
    counts: bool = False

    @property
    def last(self) -> int:
        """The position of the last result on the page."""
        return self.first + len(self.cards) - 1

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return not self.one and self.last < self.total


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

    def __init__(self, ask: Ask, *, kinded: bool, detail: str) -> None:
        """Store the question, whether it names a kind of provider or place, and the intent that tells of one."""
        self.ask, self.kinded, self.detail = ask, kinded, detail

    @abstractmethod
    async def read(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions, completed by what was read (such as networks), and the listings in the area."""

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return the cards of these listings, nearest first."""
        return cards(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> tuple[Listing, ...]:
        """Return the listings that match every condition."""
        return sift(found, wishes.filters(self.ask, where, found))

    def page(
        self, kept: Sequence[Listing], where: SearchArea | None, wishes: Conditions, *, after: int = 0, **more: object
    ) -> F:
        """Return the requested page of the listings `kept`, with a file of all cards if the question asks for a file.

        `more` are further fields of the page. With `after`, the page begins behind so many cards.
        """
        ask, every = self.ask, self.cards(kept, where)
        one = "pick" in ask.arguments
        first = (ask.pick if ask.pick >= 0 else max(len(every) + ask.pick, 0)) if one else after or ask.page * PAGE
        wants_file = bool(every) and ("file" in ask.arguments or _FILE.search(ask.said) is not None)
        read = ask.moment().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.made(
            document=Document("list", {"cards": every, "read": read}, ("csv",)) if wants_file else None,
            cards=tuple(every[first : first + (1 if one else PAGE)]),
            total=len(every),
            first=first + 1,
            page=ask.page,
            one=one,
            counts="number" in ask.asked.says,
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
        where = await self._around() if placed else None
        wishes, found = await self.read(wishes, where)
        wishes, found = await self._named(wishes, where, found)
        no_name = await self._no_name(wishes, found)
        if no_name:
            where = where or await around(ask)
            wishes, found = await self.read(replace(wishes, name=None), where)
        if wishes.networks.unclear:
            return self.page((), where, wishes, unclear=wishes.networks.unclear)
        wishes = self._without_barred(wishes, found)
        self._of_one(wishes, where, found)
        result = self.summarize(found, where, wishes)
        for name in result.unmet:
            ask.said_unmet(name)
        own = await self.own(wishes) if result.total else AskedNetworks()
        if not result.total:
            found, result = await self.wider(result, found)
        elif not result.cards and not own.wanted and "one_farther" in ask.asked.says:
            found, result = await self.beyond(result, found)
        for type_ in self.cited:
            shown = (*result.cards, *result.instead)
            ask.cite(type_, [key.id for card in shown for key in card.records if key.type == type_])
        result = self.with_own(result, found, own) if own.wanted else result
        facts, sides = facts_beside(ask, result.cards, found), await self.sides(found, where, wishes)
        return replace(result, unclear=unclear, no_name=no_name, facts=facts, sides=sides)

    async def _around(self) -> SearchArea:
        """Return the area of the search.

        Raises:
            NeedsPlace: The question names no place and nobody.
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
        """Return the references of the providers of a name that fit the rest of the message, separated by spaces."""
        found = await who(replace(self.ask, slots={**self.ask.slots, "provider_name": name}, arguments={}))
        return " ".join(rows[0].reference for rows in (*found.found, found.gone) if rows)

    async def _named(
        self, wishes: Conditions, where: SearchArea | None, found: tuple[Listing, ...]
    ) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions with the name that stands in the message and in no slot, and the listings.

        It is that of a listing, or else words that nothing explains or behind "a Dr.", if the directory has the name.
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
        """Raise `Reroute` if the question is what is listed of a provider that it names, or of few of one name."""
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
        """Return the conditions with what the message excludes by a name, street or town of the listings."""
        out = barred_in(self.ask, found)
        for slot in ("wish", "facility_type", "location") if out else ():
            self.ask.said_unmet(slot)
        called = tuple(one for one in out if any(is_named(row.name, one) for row in found))
        names = wishes.not_names or tuple(one.title() for one in called)
        return replace(wishes, not_names=names, barred=tuple(one for one in out if one not in called))

    async def beyond(self, result: F, found: tuple[Listing, ...]) -> tuple[tuple[Listing, ...], F]:
        """Return the listings and the page of those farther away, if all near ones were shown before."""
        for wide in farther(result.where) if result.where else ():
            wishes, there = await self.read(result.wishes, wide)
            page = self.page(self.kept(there, wide, wishes), wide, wishes, after=result.total)
            if page.cards:
                return there, page
        return found, result

    async def sides(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> Sides | None:
        """Return the number of results in each network, or else in each place, of several that the question compares.

        If it asks which network has the most, these are all networks. None if the question compares none.
        """
        asked, says = wishes.networks, self.ask.asked.says
        compares = "apart" in self.ask.arguments or not says.keys().isdisjoint(("counts_apart", "by_network"))
        if not compares or self.ask.page:
            return None
        if "by_network" in says and not asked.named:
            asked = AskedNetworks(tuple(Wanted(one.name or "", (one,)) for one in await networks(self.ask)))
        apart = [(one.names[0], where, replace(asked, wanted=(one,))) for one in asked.wanted if one.names]
        of_networks = len(apart) > 1
        if where and not of_networks:
            apart = [(one.name, one, asked) for one in where.every]

        def count(area: SearchArea | None, own: AskedNetworks, *, open_: bool = False) -> int:
            wanted = replace(wishes, networks=own, accepting=open_ or wishes.accepting)
            return len(self.cards(self.kept(found, area, wanted), area))

        told = tuple((name, count(area, own), count(area, own, open_=True)) for name, area, own in apart)
        both = count(where, replace(asked, how="and")) if of_networks and len(told) == len(("one", "other")) else None
        return Sides(told, both, "ranks_apart" in says) if len(told) > 1 else None

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


async def _near_shown(ask: Ask) -> Ask:
    """Return the question, if it names no place, with the place of the provider shown before."""
    if ask.several.get("location") or ask.slots.get("location", "me") != "me":
        return ask
    place = next((one for row in await who_shown(ask) for one in row.locations), None)
    if place is None:
        return ask
    where = {"zip": place.zip5} if place.zip5 else {"city": place.city, "state": place.state}
    return replace(ask, slots={**ask.slots, "location": where})
