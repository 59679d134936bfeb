"""One page of what a search of the directory finds: providers, or places of care."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, Literal

from msgspec.structs import replace

from bot.kit.around import FARTHER, SearchArea
from bot.kit.ask import Ask, text_of
from bot.kit.cards import Card, Ranked, Sides, ranked
from bot.kit.conditions import Conditions, Kinds, Loosened
from bot.kit.facts import ProviderFact
from bot.kit.network_names import Wanted
from bot.kit.offers import Document, WithDocument
from bot.kit.organizations import Choice
from bot.kit.plans import AskedNetworks, networks
from bot.kit.spelling import words_of

_PAGE, _NAMED, _TWO = 5, 3, 2
_FILE = re.compile(
    r"\b(csv|spreadsheet|excel|xlsx?|hoja de c[aá]lculo)\b"
    r"|\b(npis?|fax(es)?|e-?mails?)\b.*\b(all|each|every|both|todos|todas|cada|ambos)\b",
    re.IGNORECASE,
)  # a card has no more than the phone: the rest of "fax for all of them" is in the file

ListAsks = Literal["number", "table", "client", "which"]


class Found(WithDocument, frozen=True, kw_only=True):
    """One page of results of a directory search.

    Attributes:
        cards: The results on the page; `total` counts all results, `first` is the position of the first one on the
            page.
        criteria: The conditions of the search.
        places: The kinds of places of care that were searched, () for any kind; None for a search for providers.
        what: The requested kind of provider in the person's words; None for primary care, a name and places.
        kinds: Several requested kinds of provider, each with its codes and the person's word.
        care: The kind of care for which the question asks in place of a kind of provider; "" for none.
        loosened: If nothing matches, how many results a search without some of the conditions has.
        farther: If nothing matches, how many results there are within `farther_miles`.
        wider: The same as `loosened` at the larger distance.
        instead: If nothing matches, the nearest results of the first search in `loosened` or `wider`.
        one: Whether the page has only the one result whose position was asked for.
        own: The networks that look like the person's own, if the question names no other: only providers in them are
            listed.
        elsewhere: How many providers outside the networks `own` match.
        others: Whether the page lists the providers outside the networks `own`.
        none_own: Whether providers of all networks are listed because none that matches is in the networks `own`.
        nearer: The nearest place outside the networks `own`, if that place is nearer than all places inside.
        unclear: A network's name that matches no network or several; if several, nothing was searched.
        no_name: A word that was read as a name and ignored, because no name in the directory is similar.
        near: Similarly spelled names, if no provider or organization has the name; `no_house`: no organization has it.
        none_of_all: Whether the question asks for a provider of all `kinds`, and there is none.
        facts: For each card, the facts that were asked for and that a card does not show.
        unmet: The conditions on which no listing has data.
        unsaid: By condition, how many providers match except that they have no data on this condition.
        every_network: The networks of all results, for a question "in network" if the person's own network is unknown.
        ranked: The ranking for which the question asks, such as the nearest.
        sides: The number of results in each network or place, if the question counts or compares several.
        asks: What the question asks for: how many there are ("number"), a table, who or which it is ("which"), or
            something for a member or patient whom the person serves ("client").
        asks_kind: Whether the question asks for a specialist without a specialty, so that nothing was searched.
    """

    cards: tuple[Card, ...] = ()
    total: int = 0
    first: int = 1
    page: int = 0
    where: SearchArea | None = None
    criteria: Conditions = Conditions()
    places: tuple[str, ...] | None = None
    what: str | None = None
    kinds: Kinds = ()
    care: str = ""
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
    nearer: Card | None = None
    unclear: Wanted | None = None
    no_name: str | None = None
    near: tuple[Choice, ...] = ()
    no_house: bool = False
    none_of_all: bool = False
    facts: tuple[tuple[ProviderFact, ...], ...] = ()
    unmet: tuple[str, ...] = ()
    unsaid: tuple[tuple[str, int], ...] = ()
    every_network: tuple[str, ...] = ()
    ranked: Ranked | None = None
    sides: Sides | None = None
    asks: frozenset[ListAsks] = frozenset()
    asks_kind: bool = False

    @property
    def kind(self) -> str | None:
        """The single kind of place; None for several kinds, for any kind, and for providers."""
        return self.places[0] if self.places and len(self.places) == 1 else None

    @property
    def last(self) -> int:
        """The position of the last result on the page."""
        return self.first + len(self.cards) - 1

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return not self.one and self.last < self.total

    @property
    def which(self) -> bool:
        """Whether the names come first, because the question asks for them and there are few."""
        few = 0 < self.total == len(self.cards) <= _NAMED
        return "which" in self.asks and few and all(card.name for card in self.cards)

    @property
    def women(self) -> bool:
        """Whether all results are women, because the question asks for women or every card says so."""
        every = len(self.cards) == self.total and all(card.gender == "female" for card in self.cards)
        return self.criteria.gender == "female" or (every and bool(self.cards))

    @property
    def all_open(self) -> bool:
        """Whether the page has all results, more than one, and each accepts new patients in all its networks."""
        sites = [card.site for card in self.cards]
        plainly = all(one.openings and {*filter(None, one.openings)} in ({*()}, {*one.networks}) for one in sites)
        return len(sites) == self.total > 1 and plainly


def page_of(ask: Ask, every: Sequence[Card], *, after: int = 0, **more: Any) -> Found:
    """Return the requested page of all cards, with a file of them if the question asks for a file.

    `more` are further fields of the page. `after` is the number of cards to skip.
    """
    one = "pick" in ask.arguments
    first = (ask.pick if ask.pick >= 0 else max(len(every) + ask.pick, 0)) if one else after or ask.page * _PAGE
    wants_file = bool(every) and ("file" in ask.arguments or _FILE.search(ask.said) is not None)
    read = ask.moment().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    asks: Mapping[ListAsks, bool] = {
        "number": "number" in ask.asked.says,
        "client": "client" in ask.asked.says,
        "table": text_of(ask, "layout") == "table",
        "which": not {"which", "who", "whos", "cual", "cuales", "quien", "quienes"}.isdisjoint(words_of(ask.said)),
    }
    return Found(
        document=Document("list", {"cards": every, "read": read}, ("csv",)) if wants_file else None,
        cards=tuple(every[first : first + (1 if one else _PAGE)]),
        total=len(every),
        first=first + 1,
        page=ask.page,
        one=one,
        asks=frozenset(name for name, is_so in asks.items() if is_so),
        ranked=ranked(ask, every),
        **more,
    )


async def sides_of(
    ask: Ask, where: SearchArea | None, criteria: Conditions, count: Callable[[SearchArea | None, Conditions], int]
) -> Sides | None:
    """Return the number of results in each of several networks, or else places, that the question compares.

    If it asks which network has the most, these are all networks. None if the question compares none. `count` returns
    the number of results with these conditions in an area.
    """
    asked, says = criteria.networks, ask.asked.says
    compares = "apart" in ask.arguments or not says.keys().isdisjoint(("counts_apart", "by_network"))
    if not compares or ask.page:
        return None
    if "by_network" in says and not asked.named:
        asked = AskedNetworks(tuple(Wanted(one.name or "", (one,)) for one in await networks(ask)))
    each = [(one.names[0], where, replace(asked, wanted=(one,))) for one in asked.wanted if one.names]
    of_networks = len(each) > 1
    if where and not of_networks:
        each = [(one.name, one, asked) for one in where.every]
    apart = [(name, area, replace(criteria, networks=own)) for name, area, own in each]
    told = tuple((name, count(area, own), count(area, replace(own, accepting=True))) for name, area, own in apart)
    both = (
        count(where, replace(criteria, networks=replace(asked, how="and")))
        if of_networks and len(told) == _TWO
        else None
    )
    return Sides(told, both, "ranks_apart" in says) if len(told) > 1 else None
