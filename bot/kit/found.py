"""A page of places of care: found by kind, place, network, name and hours, every filter proven on every card (T44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.kit.around import FARTHER, Around, around, farther
from bot.kit.ask import Ask, Summary
from bot.kit.asked_networks import AskedNetworks, among, asked_networks, without_own
from bot.kit.cards import STALE_DAYS, Card, store_cards
from bot.kit.conditions import Conditions, conditions
from bot.kit.facilities import places_of_care
from bot.kit.network_names import Wanted, wanted
from bot.kit.networks import names_of
from bot.kit.own_network import own_networks
from bot.kit.plans import networks as networks_listed
from bot.kit.spelling import words_of
from bot.kit.wishes import Loosened, loosened, sift
from bot.records.hours import Hours, on_day
from bot.records.listing import Listing

PAGE = 5
_HOURS = frozenset({"open", "hour", "hours", "late", "overnight", "sunday", "saturday"})
_HOURS |= {"abierta", "abierto", "horas", "domingo", "sabado"}


@dataclass(frozen=True, slots=True)
class Found(Summary):
    """One page of places. `total` is how many fit in all; `first` the number of the first one shown.

    `unclear` is a network's name that leads to none or to several: then nothing was searched. `unmet` are the wishes
    that this directory tells of no place, `unsaid` how many fit but for a wish of which they say nothing. `partial`:
    not all could be read. `hours_asked`: the words are about opening hours, and no wish was read in them.
    `every_network` are all networks of the places that fit: for who says "in network" and has none of their own here.
    `own` are the networks that look like the asker's own, where "in network" was said and only they count.

    When nothing fits: `loosened` tells what the search finds without some of its wishes, `farther` how many fit
    everything within `farther_miles`, and `wider` what is there without some wishes where nothing is nearer.
    """

    cards: tuple[Card, ...]
    total: int
    first: int
    page: int
    today: date
    kind: str | None
    where: Around | None
    wishes: Conditions
    loosened: tuple[Loosened, ...] = ()
    farther: int = 0
    farther_miles: int = FARTHER[0]
    wider: tuple[Loosened, ...] = ()
    unclear: Wanted | None = None
    unmet: tuple[str, ...] = ()
    unsaid: tuple[tuple[str, int], ...] = ()
    partial: bool = False
    hours_asked: bool = False
    every_network: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def more(self) -> bool:
        """True when another page follows."""
        return self.first + len(self.cards) - 1 < self.total

    def is_stale(self, card: Card) -> bool:
        """True when a listing was not updated for more than 90 days."""
        age = card.age_days(self.today)
        return age is not None and age > STALE_DAYS

    def months(self, card: Card) -> int:
        """How many whole months old the listing is."""
        return (card.age_days(self.today) or 0) // 30

    def hours(self, card: Card) -> tuple[Hours, ...]:
        """When the place is open on the day that was asked."""
        return on_day(card.site.hours, self.today)


async def find_places(ask: Ask, kind: str | None) -> Found:
    """The places of the kind (None: of any) that fit, nearest first.

    Raises:
        NeedsPlace: no place was named.
    """
    networks = await without_own(ask, await asked_networks(ask))
    own = await own_networks(ask) if networks.anyone else ()
    if own:
        listed = await networks_listed(ask)
        networks = AskedNetworks(wanted=tuple(wanted("", (name,), listed) for name in own))
    wishes = conditions(ask, (), networks)
    if networks.unclear and networks.listed:
        ask.said_unmet("network")
        return replace(_page((), ask, kind, None, wishes), unclear=networks.unclear)
    where = await around(ask)
    found = await places_of_care(ask, kind, where)
    if networks.named and not networks.listed:
        wishes = replace(wishes, networks=among(ask, found))
    if wishes.networks.unclear:
        return replace(_page((), ask, kind, where, wishes), unclear=wishes.networks.unclear)
    result = replace(page_of(found, ask, kind, where, wishes), own=own)
    for name in result.unmet:
        ask.said_unmet(name)
    for type_ in ("OrganizationAffiliation", "HealthcareService", "Location", "Organization"):
        ask.cite(type_, [key.id for card in result.cards for key in card.records if key.type == type_])
    for wide in () if result.total else farther(where):
        there = page_of(await places_of_care(ask, kind, wide), ask, kind, wide, wishes)
        result = replace(result, farther=there.total, farther_miles=int(wide.miles), partial=there.partial)
        if result.loosened or there.total or there.loosened:
            return result if result.loosened else replace(result, wider=there.loosened)
    return result


def page_of(found: Sequence[Listing], ask: Ask, kind: str | None, where: Around, wishes: Conditions) -> Found:
    """The page that was asked for, of the places that pass every wish that the directory tells anything of."""
    near = sift(found, Conditions().filters(ask, where))
    unmet = wishes.unknown(ask, near)
    if wishes.networks.outside and not wishes.networks.barred:
        unmet = (*unmet, "network")
    wishes = wishes.without(unmet)
    kept = sift(found, wishes.filters(ask, where, found))
    # Every listing of a place that fits belongs on its card, whatever network it is of.
    fitting = {(row.key, row.locations[0].id) for row in kept if row.locations}
    shown = [row for row in near if row.locations and (row.key, row.locations[0].id) in fitting]
    page = _page(shown, ask, kind, where, wishes)
    return replace(
        page,
        loosened=() if page.total else loosened(found, wishes.filters(ask, where, found), stores=True),
        unmet=unmet,
        unsaid=wishes.unsaid(ask, where, found),
    )


def _page(shown: Sequence[Listing], ask: Ask, kind: str | None, where: Around | None, wishes: Conditions) -> Found:
    every = store_cards(ask, shown, where)
    first = ask.page * PAGE
    return Found(
        cards=every[first : first + PAGE],
        total=len(every),
        first=first + 1,
        page=ask.page,
        today=ask.today,
        kind=kind,
        where=where,
        wishes=wishes,
        partial=not ask.report.complete,
        hours_asked=wishes.open_at is None and not _HOURS.isdisjoint(words_of(ask.said)),
        every_network=names_of(shown),
    )
