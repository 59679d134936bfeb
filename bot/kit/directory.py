"""Searching the open directory around a place, and checking every filter again on what comes back (T44)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.kit.ask import Ask, NeedsPlace
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, any_of, escape, token
from bot.records.listing import Directory, Listing, Network
from bot.records.provider import Location

NUCC = "http://nucc.org/provider-taxonomy"
STALE_DAYS = 90
_MOST_ZIPS = 60
_MOST_BROUGHT, _BATCH = 200, 50
_INCLUDES = tuple(("_include", f"PractitionerRole:{name}") for name in ("practitioner", "location", "network"))
_COMMON_WORDS = frozenset({"a", "bcbst", "blue", "bluecross", "in", "in-network", "la", "network", "of", "red", "the"})


@dataclass(frozen=True, slots=True)
class Around:
    """Where to look: a point, how the person would call it, and how far, in miles. `home` when it is the member's."""

    center: tuple[float, float]
    name: str
    state: str
    miles: float
    home: bool = False


async def around(ask: Ask, *, default_miles: float = 10) -> Around:
    """The place that was asked for.

    Raises:
        NeedsPlace: none was named, or the named one is unknown.
    """
    miles, place = ask.slots.get("radius"), ask.slots.get("location")
    wide = min(float(str(miles)), 100.0) if miles else default_miles
    if place == "me":
        home = await ask.home()
        if home is None or home.zip5 is None:
            raise NeedsPlace
        return _known(ask.places.coordinates(home.zip5), home.zip5, home.state or "TN", wide, home=True)
    if not isinstance(place, Mapping):
        raise NeedsPlace
    if zip_code := place.get("zip"):
        city = ask.places.city_of(str(zip_code))
        return _known(ask.places.coordinates(str(zip_code)), str(zip_code), city[1] if city else "TN", wide)
    state = str(place.get("state") or "TN")
    if county := place.get("county"):
        return _known(ask.places.county_center(str(county), state), f"{county} County", state, max(wide, 20))
    city_name = str(place.get("city") or "")
    return _known(ask.places.city_center(city_name, state), city_name, state, wide)


def _known(center: tuple[float, float] | None, name: str, state: str, miles: float, *, home: bool = False) -> Around:
    if center is None:
        raise NeedsPlace
    return Around(center, name, state, max(miles, 1.0), home)


async def listings(
    ask: Ask, *, codes: Sequence[str] = (), where: Around | None = None, name: str | None = None
) -> tuple[Listing, ...]:
    """The directory's roles by specialty, place and name, with who and where they are, active ones only.

    Around a point the search names the ZIPs; when there are too many of them, the state.
    """
    params: list[tuple[str, str]] = [("specialty", any_of([token(NUCC, code) for code in codes]))] if codes else []
    if where is not None:
        params.append(_area(ask, where))
    if name:
        # Servers compare a name part by part: the family name finds the rows, the whole name is checked on them.
        params.append(("practitioner.name", escape(name.split()[-1])))
    directory = Directory()
    async for page in ask.search(Search("PractitionerRole", (*params, *_INCLUDES))):
        directory.add(page.entries)
    await _bring(ask, directory)
    if directory.unreadable:
        ask.report.gaps.append(Gap("unreadable", "PractitionerRole", directory.unreadable))
    return tuple(listing for listing in directory.listings() if listing.active(ask.today))


async def _bring(ask: Ask, directory: Directory) -> None:
    """Who and where the roles are, asked for by id at a server that does not include them; filters need it."""
    for type_, ids in directory.missing().items():
        for start in range(0, min(len(ids), _MOST_BROUGHT), _BATCH):
            wanted = Search(type_, (("_id", any_of(ids[start : start + _BATCH])),))
            async for page in given(ask.search(wanted)):
                directory.add(page.entries)


def _area(ask: Ask, where: Around) -> tuple[str, str]:
    zips = ask.places.zips_near(where.center, where.miles)
    if 0 < len(zips) <= _MOST_ZIPS:
        return ("location.address-postalcode", any_of(zips))
    return ("location.address-state", escape(where.state))


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a provider: `miles` from where the person looks; `exact` when the directory gave a position."""

    location: Location
    miles: float | None
    exact: bool

    @property
    def address(self) -> str:
        """Street, city, state and ZIP, as far as they were given."""
        place = self.location
        town = " ".join(part for part in (place.state, place.zip5) if part)
        return ", ".join(part for part in (*place.lines[:2], place.city, town) if part)


@dataclass(frozen=True, slots=True)
class Card:
    """One provider with all that the directory says, folded over their roles; the nearest place first.

    `networks` are proven by a network reference on an active role; `openings` are those of them in which new patients
    are taken ("" for an answer without a network). `updated` is the oldest of the listings that were used.
    """

    name: str | None
    key: str
    credentials: tuple[str, ...]
    specialties: tuple[str, ...]
    gender: str | None
    languages: tuple[str, ...]
    phone: str | None
    spots: tuple[Spot, ...]
    networks: tuple[str, ...]
    openings: tuple[str, ...]
    openings_known: bool
    updated: datetime | None
    role_ids: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The credentials that the name doesn't hold already."""
        spoken = set((self.name or "").replace(",", " ").casefold().split())
        return tuple(one for one in self.credentials if one.casefold() not in spoken)

    @property
    def spot(self) -> Spot | None:
        """The nearest place."""
        return self.spots[0] if self.spots else None

    @property
    def miles(self) -> float | None:
        """How far the nearest place is."""
        return self.spots[0].miles if self.spots else None

    def age_days(self, today: date) -> int | None:
        """Days since the listing was updated; None when the directory does not say."""
        return (today - self.updated.date()).days if self.updated else None


def cards(ask: Ask, found: Iterable[Listing], where: Around | None) -> tuple[Card, ...]:
    """The providers, each once, nearest first and then by name."""
    groups: dict[str, list[Listing]] = {}
    for listing in found:
        groups.setdefault(_who(listing), []).append(listing)
    made = [_card(ask, key, rows, where) for key, rows in groups.items()]
    return tuple(sorted(made, key=lambda card: (card.miles is None, card.miles or 0.0, card.name or "~", card.key)))


def _who(listing: Listing) -> str:
    return str(listing.practitioner_key.id) if listing.practitioner_key else f"role {listing.role_id}"


def _card(ask: Ask, key: str, rows: Sequence[Listing], where: Around | None) -> Card:
    first = rows[0]
    person = next((row.practitioner for row in rows if row.practitioner), None)
    dates = [row.last_updated for row in rows if row.last_updated]
    open_in = {name for row in rows for name in openings_of(row)}
    return Card(
        name=first.name,
        key=key,
        credentials=person.credentials if person else (),
        specialties=_distinct(specialty.words for row in rows for specialty in row.specialties),
        gender=person.gender if person else None,
        languages=person.languages if person else (),
        phone=first.phone,
        spots=_spots(ask, rows, where),
        networks=tuple(sorted(_distinct(network.name for row in rows for network in row.networks))),
        openings=tuple(sorted(open_in)),
        openings_known=any(row.openings or any(place.openings for place in row.locations) for row in rows),
        updated=min(dates) if len(dates) == len(rows) else None,
        role_ids=tuple(row.role_id for row in rows),
    )


def _spots(ask: Ask, rows: Sequence[Listing], where: Around | None) -> tuple[Spot, ...]:
    places = {place.id: place for row in rows for place in row.locations}
    spots = [_spot(ask, place, where) for place in places.values()]
    return tuple(sorted(spots, key=lambda spot: (spot.miles is None, spot.miles or 0.0, spot.location.id)))


def _spot(ask: Ask, place: Location, where: Around | None) -> Spot:
    point = place.position or (ask.places.coordinates(place.zip5) if place.zip5 else None)
    miles = ask.places.miles_between(where.center, point) if where and point else None
    return Spot(place, miles, place.position is not None)


def openings_of(listing: Listing) -> tuple[str, ...]:
    """The names of the listing's networks in which it takes new patients; "" when it says so without a network."""
    if not listing.networks:
        return ("",) if listing.accepting() == "newpt" else ()
    return tuple(network.name or "" for network in listing.networks if listing.accepting(network.key) == "newpt")


def is_called(network: Network, words: str) -> bool:
    """True when a network's name holds all the telling words of what the person called it."""
    wanted = telling(words)
    return bool(network.name) and bool(wanted) and wanted <= set(str(network.name).casefold().split())


def telling(words: str) -> set[str]:
    """The words that tell one network from another; none for "in-network"."""
    return set(words.casefold().replace("-", " ").split()) - _COMMON_WORDS - {"in"}


def within(ask: Ask, listing: Listing, where: Around) -> bool:
    """True when one of its places lies within the distance."""
    return any(spot.miles is not None and spot.miles <= where.miles + _SLACK for spot in _spots(ask, [listing], where))


_SLACK = 0.5  # a ZIP's centre is only about where its people are
Filter = tuple[str, Callable[[Listing], bool]]


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def sift(found: Sequence[Listing], filters: Sequence[Filter]) -> tuple[tuple[Listing, ...], str | None, int]:
    """What passes every filter. When nothing does: the filter that took the last ones, and how many pass without it."""
    left = list(found)
    for name, passes in filters:
        kept = [listing for listing in left if passes(listing)]
        if left and not kept:
            others = [check for other, check in filters if other != name]
            without = [listing for listing in found if all(check(listing) for check in others)]
            return (), name, len({_who(listing) for listing in without})
        left = kept
    return tuple(left), None, 0
