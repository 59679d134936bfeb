"""Providers by specialty, place, network, openings, gender, language and name: each filter proven on every card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.kit import (
    FARTHER,
    STALE_DAYS,
    Around,
    Ask,
    Card,
    Choice,
    Filter,
    Listing,
    Loosened,
    Summary,
    around,
    cards,
    farther,
    is_called,
    is_named,
    listings,
    loosened,
    nearest,
    openings_of,
    own_networks,
    sift,
    starts_like,
    telling,
    within,
)

PAGE = 5
PRIMARY_CARE = ("207Q00000X", "207R00000X", "208D00000X", "208000000X", "363LF0000X", "363LP2300X")


@dataclass(frozen=True, slots=True)
class Found(Summary):
    """One page of providers. `total` is how many fit in all; `first` the number of the first one shown.

    `one`: only the provider whose number was asked for. `any_network`: "in network" without naming one. Then `own` are
    the networks that look like the asker's own, and `in_own` counts the providers who are listed in one of them.

    When nothing fits: `loosened` tells what the search finds without some of its wishes, `farther` how many fit
    everything within `farther_miles`, and `wider` what is there without some wishes where nobody is nearer; `near` are
    spelled like a name that nobody has there.
    """

    cards: tuple[Card, ...]
    total: int
    first: int
    page: int
    today: date
    what: str | None
    where: Around | None
    network: str | None
    accepting: bool
    gender: str | None
    language: str | None
    name: str | None
    loosened: tuple[Loosened, ...] = ()
    farther: int = 0
    farther_miles: int = FARTHER[0]
    wider: tuple[Loosened, ...] = ()
    one: bool = False
    any_network: bool = False
    own: tuple[str, ...] = ()
    in_own: int = 0
    near: tuple[Choice, ...] = ()

    @property
    def numbered(self) -> tuple[tuple[int, Card], ...]:
        """The providers with their numbers in the whole list."""
        return tuple(enumerate(self.cards, self.first))

    @property
    def more(self) -> bool:
        """True when another page follows."""
        return not self.one and self.first + len(self.cards) - 1 < self.total

    def is_stale(self, card: Card) -> bool:
        """True when a listing was not updated for more than 90 days, the rhythm that the No Surprises Act asks for."""
        age = card.age_days(self.today)
        return age is not None and age > STALE_DAYS


async def answer(ask: Ask) -> Found:
    """The providers who fit, nearest first."""
    name = _text(ask, "provider_name")
    where = None if name and "location" not in ask.slots else await around(ask)
    codes = _codes(ask, name)
    found = await listings(ask, codes=codes, where=where, name=name, filters=filters(ask, where))
    result = summarize(found, ask, where, name)
    ask.cite("PractitionerRole", [role for card in result.cards for role in card.role_ids])
    for type_ in ("Practitioner", "Location", "Organization"):  # a server without includes was asked for them by id
        ask.cite(type_, ())
    if result.total:
        return await _with_own(result, found, ask, where)
    for wide in farther(where) if where else ():
        found = await listings(ask, codes=codes, where=wide, name=name, filters=filters(ask, wide))
        there = summarize(found, ask, wide, name)
        result = replace(result, farther=there.total, farther_miles=int(wide.miles))
        if result.loosened or there.total or there.loosened:
            result = result if result.loosened else replace(result, wider=there.loosened)
            break
    if name and not any(_is_called(row, name) for row in found):
        return replace(result, near=await nearest(ask, name, people=True))
    return result


async def _with_own(result: Found, found: Sequence[Listing], ask: Ask, where: Around | None) -> Found:
    """What "in network" leaves open is told to a member in their own chat: which network looks like theirs."""
    own = await own_networks(ask) if result.any_network and not result.page and not result.one else ()
    if not own:
        return result
    near = [row for row in found if where is None or within(ask, row, where)]
    mine = [card for card in cards(ask, sift(near, filters(ask, where)), where) if set(card.networks) & set(own)]
    return replace(result, own=own, in_own=len(mine))


def summarize(found: Sequence[Listing], ask: Ask, where: Around | None, name: str | None) -> Found:
    """The page that was asked for, of the listings that pass every filter."""
    near = [row for row in found if where is None or within(ask, row, where)]
    wishes = filters(ask, where)
    kept = sift(near, wishes)
    providers = cards(ask, kept, where)
    one, codes = "pick" in ask.arguments, _codes(ask, name)
    first = (ask.pick if ask.pick >= 0 else max(len(providers) + ask.pick, 0)) if one else ask.page * PAGE
    network = _text(ask, "network")
    return Found(
        cards=providers[first : first + (1 if one else PAGE)],
        total=len(providers),
        first=first + 1,
        page=ask.page,
        today=ask.today,
        what=ask.words.get("specialty") if codes or not name else None,
        where=where,
        network=network,
        accepting=bool(ask.slots.get("accepting_new")),
        gender=_text(ask, "gender"),
        language=_text(ask, "language"),
        name=name,
        loosened=() if kept else loosened(near, wishes),
        one=one,
        any_network=network is not None and not telling(network),
    )


def filters(ask: Ask, where: Around | None) -> list[Filter]:
    """Every filter of the question, to be checked here whatever the server did with it."""
    network, gender, language = _text(ask, "network"), _text(ask, "gender"), _text(ask, "language")
    chosen: list[Filter] = []
    codes = _codes(ask, _text(ask, "provider_name"))
    if codes:
        chosen.append(("specialty", lambda listing: bool(listing.specialty_codes & set(codes))))
    name = _text(ask, "provider_name")
    if name:
        chosen.append(("provider_name", lambda listing: _is_called(listing, name)))
    if where is not None:
        chosen.append(("radius", lambda listing: within(ask, listing, where)))
    if network and network != "out-of-network":
        chosen.append(("network", lambda listing: _in_network(listing, network)))
    if ask.slots.get("accepting_new"):
        chosen.append(("accepting_new", lambda listing: _is_open(listing, network)))
    if gender:
        chosen.append(
            ("gender", lambda listing: listing.practitioner is not None and listing.practitioner.gender == gender)
        )
    if language:
        chosen.append(("language", lambda listing: _speaks(listing, language)))
    return chosen


def _is_called(listing: Listing, name: str) -> bool:
    return is_named(listing.name, name) or starts_like(listing.name, name)


def _in_network(listing: Listing, network: str) -> bool:
    """Proven by a network reference; "in-network" without a name is any network of this payer."""
    if not telling(network):
        return bool(listing.networks)
    return any(is_called(one, network) for one in listing.networks)


def _is_open(listing: Listing, network: str | None) -> bool:
    """New patients are taken, in the named network when one was named."""
    if network and telling(network):
        return any(is_called(one, network) and listing.accepting(one.key) == "newpt" for one in listing.networks)
    return bool(openings_of(listing))


def _speaks(listing: Listing, language: str) -> bool:
    person = listing.practitioner
    return person is not None and any(one.casefold().split("-")[0] == language.casefold() for one in person.languages)


def _codes(ask: Ask, name: str | None) -> tuple[str, ...]:
    """The NUCC codes; without a specialty and a name, "a doctor" is primary care. Before a name, "Dr." is a title."""
    value = ask.slots.get("specialty")
    if name and ask.words.get("specialty", "").casefold().strip(". ") in _TITLES:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(code) for code in value)
    return () if name else PRIMARY_CARE


_TITLES = frozenset({"dr", "dra", "doctor", "doctora", "physician", "medico", "médico", "médica"})


def _text(ask: Ask, slot: str) -> str | None:
    value = ask.slots.get(slot)
    return str(value) if value else None
