"""Cards: everything that the directory says about one provider, combined from its listings, place by place.

Listings are of one person if they refer to the same resource, or share both NPI and name. An NPI alone is not enough:
directories give a whole chain the same NPI, or mistype an NPI. Cards are ranked by distance or hours, and among
providers with the same name the one on the member's own claims is chosen, in a private chat only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Literal

import msgspec

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.opening import DAY, OpenAt, open_at, spans
from bot.kit.sites import Site, sites, spot_of
from bot.kit.spelling import is_alike, is_named, words_of
from bot.records.details import WEEK, is_npi
from bot.records.listing import Listing
from bot.records.shapes import Key, Value, grouped
from bot.records.written import PartialDate

Group = tuple[Listing, ...]
_AFTER = frozenset(
    {"md", "do", "np", "pa", "rn", "phd", "dds", "dmd", "od", "dpm", "lcsw", "jr", "sr", "ii", "iii", "dr"}
)


def by_provider(found: Iterable[Listing]) -> tuple[Group, ...]:
    """Return the listings grouped by provider; the providers keep the order of the listings."""
    joined: list[list[Listing]] = []
    numbered: dict[str, list[list[Listing]]] = {}
    for rows in grouped(found, lambda row: row.key).values():
        npi = rows[0].npi if rows[0].is_person else None
        known = numbered.setdefault(npi, []) if npi and is_npi(npi) else []
        same = next((one for one in known if are_alike(one[0].name, rows[0].name)), None)
        if same is not None:
            same += rows
            continue
        joined.append(rows)
        known.append(rows)
    return tuple(map(tuple, joined))


def by_store(found: Iterable[Listing]) -> tuple[Group, ...]:
    """Return the listings grouped by provider and place, because a chain has many stores."""
    return tuple(map(tuple, grouped(found, lambda row: row.store).values()))


def are_alike(one: str | None, other: str | None) -> bool:
    """Return whether two names may be the same person's: every word of the shorter name is in the longer one.

    A word also matches as an initial or misspelled. Degrees and titles are ignored.
    """
    shorter, longer = sorted((_name_words(one), _name_words(other)), key=len)
    return bool(shorter) and all(any(_is_word(word, own) for own in longer) for word in shorter)


def _name_words(name: str | None) -> list[str]:
    return [word for word in words_of(name) if word not in _AFTER]


def _is_word(word: str, other: str) -> bool:
    if len(word) == 1 or len(other) == 1:
        return word[0] == other[0]
    return is_alike(word, other) > 0


class Card(Value):
    """One provider, or with `store` one place of a chain, combined from its listings.

    `reference` is the key as `Type/id`, for a button, and `miles` the distance to the nearest place, None if unknown.
    Properties such as `networks` and `phone` describe the nearest place only.
    """

    def __init__(self, ask: Ask, rows: Sequence[Listing], where: SearchArea | None, *, store: bool = False) -> None:
        first = rows[0]
        person = next((row.practitioner for row in rows if row.practitioner), None)
        services = () if first.is_person else [one for row in rows for one in row.services]
        spoken = dict.fromkeys(language for one in services for language in one.languages)
        place = first.locations[0].name if store and first.locations else None
        both = place and first.name and not set(words_of(place)) >= set(words_of(first.name))
        self.name = f"{first.name}, {place}" if both else place or first.name
        self.key, self.reference = first.key, first.reference
        self.npi = next((row.npi for row in rows if row.npi), None)
        self.credentials = person.credentials if person else ()
        self.gender = person.gender if person else None
        self.languages = person.languages if person else tuple(spoken)
        near = (spot_of(ask, row.locations[0], where).miles for row in rows if row.locations)
        self.miles = min((miles for miles in near if miles is not None), default=None)
        self._read_sites = partial(sites, ask, rows, where, alone=not store)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The places, nearest first; read on first use, as only some cards are shown."""
        return self._read_sites()

    @property
    def site(self) -> Site:
        """The nearest place."""
        return self.sites[0]

    @property
    def others(self) -> tuple[Site, ...]:
        """All places except the nearest one."""
        return self.sites[1:]

    @property
    def family(self) -> str | None:
        """The family name of a person: the last word of the name before the degrees; None without a name."""
        words = (self.name or "").partition(",")[0].split()
        return words[-1] if words else None

    @property
    def given(self) -> str:
        """The part of the name before the family name."""
        return " ".join((self.name or "").partition(",")[0].split()[:-1])

    @property
    def titles(self) -> tuple[str, ...]:
        """The credentials that are not already part of the name."""
        spoken = set((self.name or "").replace(",", " ").casefold().split())
        return tuple(one for one in self.credentials if one.casefold() not in spoken)

    @property
    def phone(self) -> str | None:
        """The phone number of the nearest place; None if there is none."""
        return self.site.phone

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks that are proven for the nearest place."""
        return self.site.networks

    @property
    def every_network(self) -> tuple[str, ...]:
        """The networks of all places."""
        return tuple(sorted({name for site in self.sites for name in site.networks}))

    @property
    def records(self) -> tuple[Key, ...]:
        """The keys of the resources from which the card is made."""
        return tuple(dict.fromkeys(key for site in self.sites for key in site.records))


def cards(ask: Ask, found: Iterable[Listing], where: SearchArea | None) -> tuple[Card, ...]:
    """Return one card per provider, nearest first and then by name."""
    return _sorted([Card(ask, rows, where) for rows in by_provider(found)])


def store_cards(ask: Ask, found: Iterable[Listing], where: SearchArea | None) -> tuple[Card, ...]:
    """Return one card per place of a provider with several places, and one per other provider, nearest first.

    Equally near cards are sorted by name.
    """
    every = tuple(found)
    places = {(row.key, place.id) for row in every for place in row.locations}
    counts = Counter(key for key, _ in places)
    several = {rows[0].key for rows in by_provider(every) if counts[rows[0].key] > 1}
    return _sorted([Card(ask, rows, where, store=rows[0].key in several) for rows in by_store(every)])


def _sorted(made: list[Card]) -> tuple[Card, ...]:
    return tuple(
        sorted(made, key=lambda card: (card.miles is None, card.miles or 0.0, words_of(card.name or "~"), card.key))
    )


RankedBy = Literal["near", "late", "early"]
_RANKS: Mapping[str, RankedBy] = {"rank_near": "near", "rank_late": "late", "rank_early": "early"}
_SHOWN, _SEVERAL = 4, 2


class RankedOne(msgspec.Struct, frozen=True):
    """One provider of a ranking: the distance in `miles`, or the `clock` time (HH:MM) of opening or closing."""

    name: str
    miles: float | None = None
    clock: str | None = None

    @property
    def value(self) -> object:
        """The value to show: the clock time, or the distance in whole miles."""
        return self.clock if self.miles is None else round(self.miles)


class Ranked(msgspec.Struct, frozen=True):
    """Providers ranked by distance (at most four) or by hours on a weekday `day` such as "mon".

    `whole` is False if some providers have no known hours.
    """

    how: RankedBy
    entries: tuple[RankedOne, ...]
    day: str | None = None
    whole: bool = True

    @property
    def first(self) -> tuple[RankedOne, ...]:
        """The first provider, with all others that have the same value by whole miles or clock time."""
        return tuple(one for one in self.entries if one.value == self.entries[0].value)


class Sides(msgspec.Struct, frozen=True):
    """How many results each of several networks or places has, in the order of the question.

    Each is a name, the number of results, and the number of those that take new patients.
    `both` is how many are in all of these networks, None for places. `ranks`: the question asks which has the most.
    """

    each: tuple[tuple[str, int, int], ...]
    both: int | None = None
    ranks: bool = False

    @property
    def first(self) -> tuple[str, int, int] | None:
        """The network or place with the most results, if the question asks for it; None if several have as many."""
        most = max(total for _, total, _ in self.each)
        found = [one for one in self.each if one[1] == most]
        return found[0] if self.ranks and len(found) == 1 else None


def ranked(ask: Ask, cards: Sequence[Card]) -> Ranked | None:
    """Return the ranking for which the question asks, such as the nearest; None if it asks for none.

    None also for fewer than two cards, for a page after the first, or if no card has the value. If there is a ranking,
    the reply does not report the slot for an order, such as "earliest", as unmet.
    """
    says = ask.asked.says
    how = next((how for name, how in _RANKS.items() if name in says), None)
    if how is None or ask.page or len(cards) < _SEVERAL or "which_of" not in says:
        return None
    ask.said_unmet("order")
    if how == "near":
        near = [RankedOne(card.name, miles=card.miles) for card in cards if card.name and card.miles is not None]
        return Ranked(how, tuple(near[:_SHOWN])) if near else None
    return by_hours(how, cards, _day(ask, open_at(ask)))


def nearly_open(ask: Ask, wish: OpenAt | None, cards: Sequence[Card]) -> Ranked | None:
    """Return the cards ranked by how late or early they are open, for a condition that none of them satisfies.

    None if the condition has no such time of day, or if no hours are known.
    """
    return by_hours(wish.edge, cards, _day(ask, wish)) if wish and wish.edge else None


def _day(ask: Ask, wish: OpenAt | None) -> str:
    return wish.days[0] if wish and wish.days else WEEK[ask.today.weekday()]


def by_hours(how: Literal["late", "early"], cards: Sequence[Card], day: str) -> Ranked | None:
    """Return the cards ranked by the latest closing or earliest opening time on the day; None if no hours are known."""
    named = [(card, card.name) for card in cards if card.name]
    late = how == "late"
    opened = [(there, name) for card, name in named if (there := spans(card.site.hours, day))]
    timed = [(max(end for _, end in there) if late else min(there)[0], name) for there, name in opened]
    timed.sort(key=lambda one: one[0], reverse=late)
    clocks = [(minute if minute <= DAY else minute - DAY, name) for minute, name in timed]
    entries = tuple(RankedOne(name, clock=f"{minute // 60:02}:{minute % 60:02}") for minute, name in clocks)
    return Ranked(how, entries, day, whole=len(entries) == len(cards)) if entries else None


Groups = tuple[Group, ...]


class OwnDoctor(msgspec.Struct, frozen=True):
    """The provider that was chosen because the member's own claims name no other provider with that name.

    Attributes:
        name: The provider's name in the directory.
        called: The name as the person wrote it.
        day: The day of service of the newest claim that names the provider; None if the claim has no day.
        others: The number of other providers with the name.
        spelled: True if the provider was chosen instead as the only one whose name is spelled nearly so.
    """

    name: str
    called: str
    day: PartialDate | None
    others: int
    spelled: bool = False


async def of_own_claims(ask: Ask, groups: Groups, every: Groups, called: str) -> tuple[Groups, str]:
    """Return the one provider that the member's claims name, and the name.

    Return `groups` and `called` unchanged if the claims name none or several of the providers. `groups` are the
    providers with active listings, `every` are all providers with the name. If the claims name a provider without
    active listings, the returned groups are empty. A choice is recorded in `ask.own_doctors`. The button for all
    providers has the argument `every`, which prevents a choice.
    """
    gone = [one for one in every if not any(row.active(ask.today) for row in one)]
    asked = (*groups, *gone)
    claims = await ask.own_claims() if len(asked) > 1 and "every" not in ask.arguments else ()
    names = [(rows, name) for rows in asked if (name := bare_name(rows[0].name))]
    seen = ((rows, next((one for one in claims if is_named(one.seen, name)), None)) for rows, name in names)
    mine = [(rows, claim) for rows, claim in seen if claim]
    if len(mine) != 1:
        return groups, called
    [(rows, claim)] = mine
    ask.own_doctors.append(OwnDoctor(rows[0].name or called, called, claim.service.day, len(asked) - 1))
    return ((), bare_name(rows[0].name)) if rows in gone else ((rows,), called)


def bare_name(name: str | None) -> str:
    """Return the name before the first comma, without degrees; "" for None."""
    return (name or "").partition(",")[0]
