"""A page of places of care: found by kind, place, network and name, every filter proven on every card (T44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.kit.around import FARTHER, Around, around, farther
from bot.kit.ask import Ask, Summary
from bot.kit.cards import STALE_DAYS, Card, cards
from bot.kit.directory import within
from bot.kit.facilities import places_of_care
from bot.kit.networks import is_called, telling
from bot.kit.spelling import is_named, starts_like, words_of
from bot.kit.wishes import Filter, Loosened, loosened, sift
from bot.records.hours import Hours, on_day
from bot.records.listing import Listing

PAGE = 5
_HOURS = frozenset({"open", "hour", "hours", "late", "overnight", "sunday", "saturday"})
_HOURS |= {"abierta", "abierto", "horas", "domingo", "sabado"}


@dataclass(frozen=True, slots=True)
class Found(Summary):
    """One page of places. `total` is how many fit in all; `first` the number of the first one shown.

    When nothing fits: `loosened` tells what the search finds without some of its wishes, `farther` how many fit
    everything within `farther_miles`, and `wider` what is there without some wishes where nothing is nearer.
    `any_network`: "in network" without a name. `hours_asked`: the words were about opening hours, which filter nothing.
    """

    cards: tuple[Card, ...]
    total: int
    first: int
    page: int
    today: date
    kind: str | None
    where: Around
    network: str | None
    any_network: bool
    name: str | None
    loosened: tuple[Loosened, ...] = ()
    farther: int = 0
    farther_miles: int = FARTHER[0]
    wider: tuple[Loosened, ...] = ()
    hours_asked: bool = False

    @property
    def numbered(self) -> tuple[tuple[int, Card], ...]:
        """The places with their numbers in the whole list."""
        return tuple(enumerate(self.cards, self.first))

    @property
    def more(self) -> bool:
        """True when another page follows."""
        return self.first + len(self.cards) - 1 < self.total

    def is_stale(self, card: Card) -> bool:
        """True when a listing was not updated for more than 90 days."""
        age = card.age_days(self.today)
        return age is not None and age > STALE_DAYS

    def hours(self, card: Card) -> tuple[Hours, ...]:
        """When the nearest place is open on the day that was asked."""
        return on_day(card.spot.location.hours, self.today) if card.spot else ()


async def find_places(ask: Ask, kind: str | None) -> Found:
    """The places of the kind (None: of any) that fit, nearest first.

    Raises:
        NeedsPlace: no place was named.
    """
    where = await around(ask)
    result = page_of(await places_of_care(ask, kind, where), ask, kind, where)
    for type_ in ("OrganizationAffiliation", "HealthcareService", "Location", "Organization"):
        ask.cite(type_, [key.id for card in result.cards for key in card.records if key.type == type_])
    for wide in () if result.total else farther(where):
        there = page_of(await places_of_care(ask, kind, wide), ask, kind, wide)
        result = replace(result, farther=there.total, farther_miles=int(wide.miles))
        if result.loosened or there.total or there.loosened:
            return result if result.loosened else replace(result, wider=there.loosened)
    return result


def page_of(found: Sequence[Listing], ask: Ask, kind: str | None, where: Around) -> Found:
    """The page that was asked for, of the places that pass every filter."""
    network = str(ask.slots.get("network") or "") or None
    name = str(ask.slots.get("provider_name") or "") or None
    near = [row for row in found if within(ask, row, where)]
    kept = sift(near, _filters(network, name))
    # Every listing of a place that fits belongs on its card, whatever network it is of.
    fitting = {row.key for row in kept}
    providers = cards(ask, [row for row in near if row.key in fitting], where)
    first = ask.page * PAGE
    return Found(
        cards=providers[first : first + PAGE],
        total=len(providers),
        first=first + 1,
        page=ask.page,
        today=ask.today,
        kind=kind,
        where=where,
        network=network if network != "out-of-network" else None,
        any_network=network is not None and not telling(network),
        name=name,
        loosened=() if kept else loosened(near, _filters(network, name)),
        hours_asked=not _HOURS.isdisjoint(words_of(ask.said)),
    )


def _filters(network: str | None, name: str | None) -> list[Filter]:
    chosen: list[Filter] = []
    if name:
        chosen.append(("provider_name", lambda row: is_named(row.name, name) or starts_like(row.name, name)))
    if network and network != "out-of-network":
        chosen.append(("network", lambda row: _in_network(row, network)))
    return chosen


def _in_network(row: Listing, network: str) -> bool:
    """Proven by a network reference; "in network" without a name is any network of this payer."""
    return any(not telling(network) or is_called(one, network) for one in row.networks)
