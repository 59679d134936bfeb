"""One location of a provider with the directory's data for that location only.

Networks are proven for each location; missing data never proves that a location is outside a network.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.network_names import names_of, openings_of
from bot.kit.opening import local_time, opens_next, standing
from bot.kit.spelling import is_state, words_of
from bot.language.nearby import Gazetteer
from bot.records.details import GeoPoint, Phone, on_day
from bot.records.listing import Listing, by_rank, hours_of
from bot.records.provider import Location
from bot.records.shapes import Key, Value, grouped

_SLACK = 0.5  # a ZIP's centre is only about where its people are

_ASTRAY = 60  # miles: a position that far from both its ZIP and its city is a slip, such as a lost minus sign
_STALE_DAYS, _MONTH = 90, 30  # the No Surprises Act has listings verified every 90 days
_PHONES: frozenset[str | None] = frozenset({"phone", None})
_ORDER = ("newpt", "existptfam", "existptonly", "nopt")

Proven = Literal["listed", "partly", "elsewhere", "other", "silent", "any"]


class Spot(msgspec.Struct, frozen=True):
    """One location of a provider.

    Attributes:
        miles: The distance from the area in question; None without an area or a known position.
        exact: True if the distance is from the location's own position, not from the centre of its ZIP code or city.
    """

    location: Location
    miles: float | None
    exact: bool

    @property
    def address(self) -> str:
        """Street, city, state and ZIP code, as far as given."""
        place = self.location
        town = " ".join(part for part in (place.state, place.zip5) if part)
        return ", ".join(part for part in (*place.lines[:2], place.city, town) if part)


class SiteOpenings(msgspec.Struct, frozen=True):
    """The directory's code for new patients in a network: newpt, nopt, existptonly, existptfam; None if not given."""

    network: str
    answer: str | None


class Site(Value):
    """The combined listings of one location.

    Attributes:
        spot: The location; None for listings without a location.
        phones: The location's own phone numbers.
        common: Phone numbers of several locations together, such as those of a chain.
        today: The opening hours on the day of the question.
        networks: The names of the networks to which a listing of this location refers.
        unnamed: True if one of these networks has no name.
        openings: The networks in which new patients are accepted; "" if the directory names no network.
        openings_known: True if a listing states anything about new patients.
        answers: The code for new patients in each network.
        access: The codes for accessibility.
        virtual: True if a service is given by telephone or video; `ways` are the codes of how.
        closures: Absences that have not ended.
        closed: True if the provider is absent on the day of the question.
        standing: "open", "later" or "over" at the time of the question, in local time; None if unknown.
        opens: When it opens next, if it is not open at the time of the question: in how many days, the weekday, HH:MM.
        updated: The oldest update of the listings; None if a listing has none.
        records: The keys of the listings' roles.
    """

    def __init__(self, ask: Ask, rows: Sequence[Listing], where: SearchArea | None, *, alone: bool) -> None:
        *here, common = by_rank(rows, lambda source: (one for one in source.phones if one.holds(ask.today)))
        telecoms = [one for rank in here for one in rank]
        own = [one for row in rows for one in row.own_telecoms(ask.today)] if alone else []
        places = [place for row in rows for place in row.locations]
        services = [service for row in rows for service in row.services]
        self.spot = spot_of(ask, places[0], where) if places else None
        self.common = _numbers(common, _PHONES)
        self.phones = _numbers(telecoms, _PHONES) or _numbers(() if self.common else own, _PHONES)
        self.faxes, self.emails, self.webs = (_numbers((*telecoms, *common), {one}) for one in ("fax", "email", "url"))
        self.hours = hours_of(rows)
        self.today = on_day(self.hours, ask.today)
        named = [one for row in rows for one in row.specialties if one.words]
        self.specialties = tuple({one.words: one for one in reversed(named)}.values())[::-1]
        self.networks = names_of(rows)
        self.unnamed = any(not network.name for row in rows for network in row.networks)
        self.openings = tuple(sorted({name for row in rows for name in openings_of(row)}))
        self.openings_known = any(source.openings for row in rows for sources in row.sources for source in sources)
        self.answers = tuple(_answers(rows))
        self.access = tuple(dict.fromkeys(code for place in places for code in place.access))
        self.virtual = any(service.virtual for service in services)
        self.ways = tuple(dict.fromkeys(way for service in services for way in service.ways))
        latest = ask.today + timedelta(days=1)  # the server may be ahead of here
        updates = (row.last_updated for row in rows)
        self.updated = oldest(one if one and one.date() <= latest else None for one in updates)
        self.records = tuple(dict.fromkeys(Key(row.role.type, row.role_id) for row in rows))
        coming = (one for row in rows for one in row.closures if not one.during.is_over(ask.today))
        self.closures = tuple(dict.fromkeys(coming))
        self.closed = all(row.is_shut(ask.today) for row in rows)
        moment = local_time(ask, places[0] if places else None)
        self.standing = standing(self.hours, moment) if ask.now and not self.closed else None
        asks_next = ask.now and not self.closed and self.standing != "open"
        self.opens = opens_next(self.hours, moment) if asks_next else None
        self.ages = tuple(dict.fromkeys(ages for row in rows for ages in row.ages))

    @property
    def phone(self) -> str | None:
        """The location's own phone number, or else the provider's; None if there is neither."""
        return next(iter((*self.phones, *self.common)), None)

    @property
    def miles(self) -> float | None:
        """The distance from the area in question in miles; None if unknown."""
        return self.spot.miles if self.spot else None

    @property
    def address(self) -> str:
        """The address, or else the name of the location; "" if there is neither."""
        return (self.spot.address or self.spot.location.name or "") if self.spot else ""

    def age_days(self, today: date) -> int | None:
        """Return the number of days since the oldest update of the listings; None if it is unknown."""
        return (today - self.updated.date()).days if self.updated else None

    def is_stale(self, today: date) -> bool:
        """Return whether the oldest update of the listings is more than 90 days ago; False if it is unknown."""
        return (self.age_days(today) or 0) > _STALE_DAYS

    def months(self, today: date) -> int:
        """Return the whole months of 30 days since the oldest update of the listings; 0 if it is unknown."""
        return (self.age_days(today) or 0) // _MONTH

    @property
    def shut(self) -> str | None:
        """The least strict code that refuses new patients; None if a network accepts them or nothing is stated."""
        said = [one.answer for one in self.answers if one.answer]
        return min(said, key=_ORDER.index) if said and not self.openings else None


def sites(ask: Ask, rows: Iterable[Listing], where: SearchArea | None, *, alone: bool = True) -> tuple[Site, ...]:
    """Return the locations of one provider's listings, nearest first; listings without a location come last.

    A location without a phone number gets the provider's own number only if the provider has a single location. `alone`
    is False if the provider has other locations that are not among these listings.
    """
    groups = grouped(rows, lambda row: row.place_id)
    made = [Site(ask, group, where, alone=alone and len(groups) == 1) for _, group in sorted(groups.items())]
    return tuple(sorted(made, key=lambda site: (site.spot is None, site.miles is None, site.miles or 0.0)))


def spot_of(ask: Ask, place: Location, where: SearchArea | None) -> Spot:
    """Return the location with its distance from the area `where`."""
    point, exact = _point_of(ask.places, place)
    areas = where.every if where else ()
    if point is None or not areas or any(one.statewide for one in areas):
        return Spot(place, None, exact)
    return Spot(place, min(ask.places.miles_between(one.center, point) for one in areas), exact)


def area_of(ask: Ask, rows: Iterable[Listing]) -> SearchArea | None:
    """Return the area around the first place of these listings, under the provider's name; None without a position."""
    for row in rows:
        for place in row.locations:
            if point := _point_of(ask.places, place)[0]:
                return SearchArea(point, (row.name or "").partition(",")[0], place.state or ask.places.home_state, 0)
    return None


@lru_cache(maxsize=4096)
def _point_of(places: Gazetteer, place: Location) -> tuple[GeoPoint | None, bool]:
    """Return the coordinates of a location, and whether these are the location's own position.

    A position more than 60 miles from both the ZIP code and the city is taken as an error and ignored. Instead, the
    centre of the ZIP code is returned, or that of the city if the ZIP code is unknown or too far from the city. The
    coordinates are None if none is known.
    """
    point, by_zip = place.position, places.coordinates(place.zip5) if place.zip5 else None
    by_city = places.city_center(place.city, place.state) if place.city and place.state else None
    middles = [middle for middle in (by_zip, by_city) if middle]
    if point and (not middles or any(places.miles_between(point, middle) <= _ASTRAY for middle in middles)):
        return point, True
    astray = by_zip and by_city and places.miles_between(by_zip, by_city) > _ASTRAY
    return (by_city if astray or by_zip is None else by_zip), False


def _numbers(telecoms: Iterable[Phone], systems: Collection[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.value for one in telecoms if one.system in systems))


def oldest(updates: Iterable[datetime | None]) -> datetime | None:
    """Return the oldest of these updates; None if one is unknown or there is none."""
    known = list(updates)
    return None if None in known else min((one for one in known if one), default=None)


def _answers(rows: Sequence[Listing]) -> Iterator[SiteOpenings]:
    """Yield the code for new patients in each named network; if listings differ, the code closest to acceptance."""
    told = [(network.name, row.accepting(network.key)) for row in rows for network in row.networks]
    for name in names_of(rows):
        answers = (answer for network, answer in told if network == name and answer)
        yield SiteOpenings(name, min(answers, key=_ORDER.index, default=None))


def within(ask: Ask, listing: Listing, where: SearchArea) -> bool:
    """Return whether one of the listing's locations is in one of the areas."""
    return any(lies_in(ask, place, one) for place in listing.locations for one in where.every)


def lies_in(ask: Ask, place: Location, where: SearchArea) -> bool:
    """Return whether the location is in the area: a county or state by its name, other areas by distance."""
    if where.statewide:
        by_zip = ask.places.city_of(place.zip5) if place.zip5 else None
        there = not where.region or ask.places.lies_in(" ".join(_county(ask, place)), where.region)
        return there and is_state(place.state or (by_zip[1] if by_zip else None), where.state)
    if where.county:
        return _county(ask, place) == words_of(where.county)
    point, _ = _point_of(ask.places, place)
    return point is not None and ask.places.miles_between(where.center, point) <= where.miles + _SLACK


def _county(ask: Ask, place: Location) -> tuple[str, ...]:
    """Return the folded words of the location's county; an empty tuple if unknown.

    The county is that of the directory, else of the ZIP code, else of the city if the city lies in a single county.
    """
    if place.county:
        return tuple(word for word in words_of(place.county) if word != "county")
    if place.zip5 and (found := ask.places.county_of(place.zip5)):
        return words_of(found[0])
    zips = ask.places.zips_of(place.city, place.state) if place.city and place.state else ()
    counties = {found[0] for zip_code in zips if (found := ask.places.county_of(zip_code))}
    return words_of(next(iter(counties))) if len(counties) == 1 else ()


class ProvenPlace(msgspec.Struct, frozen=True):
    """One location of a provider, and the names of the wanted networks in which the location is listed."""

    site: Site
    wanted: tuple[str, ...]


class Proof(msgspec.Struct, frozen=True):
    """What the listings of one provider prove about the `wanted` networks.

    Attributes:
        verdict: "listed" if every location in question is in a wanted network, "partly" if some are, "elsewhere" if
            only other locations are, "other" if the listings name only other networks, "silent" if the listings name no
            network, "any" if no network is wanted.
        places: The locations in question.
        others: The other locations of the provider.
        networks: The names of all networks of the provider.
        updated: The oldest update of the listings of the locations in question; None if a listing has none.
    """

    verdict: Proven
    wanted: tuple[str, ...]
    places: tuple[ProvenPlace, ...]
    others: tuple[ProvenPlace, ...]
    networks: tuple[str, ...]
    updated: datetime | None

    @property
    def proven(self) -> tuple[ProvenPlace, ...]:
        """The locations in question that are listed in a wanted network."""
        return tuple(place for place in self.places if place.wanted)


def proof_of(
    ask: Ask, rows: Sequence[Listing], wanted: tuple[str, ...], where: SearchArea | None = None, *, every: bool = False
) -> Proof:
    """Return what the listings of one provider prove about the `wanted` networks.

    The locations in question are those in the area `where`, or all if it is None. With `every`, a location counts only
    if it is listed in all of the networks.
    """
    here = [row for row in rows if where is None or within(ask, row, where)]
    apart = [row for row in rows if row not in here]

    def proven_at(site: Site) -> tuple[str, ...]:
        held = tuple(name for name in wanted if name in site.networks)
        return () if every and held != wanted else held

    places, others = (
        tuple(ProvenPlace(site, proven_at(site)) for site in sites(ask, some, where)) for some in (here, apart)
    )
    networks, proven = names_of(rows), [bool(place.wanted) for place in places]
    verdict: Proven = "elsewhere" if any(place.wanted for place in others) else "other"
    if not networks:
        verdict = "silent"
    elif not wanted:
        verdict = "any"
    elif any(proven):
        verdict = "listed" if all(proven) else "partly"
    return Proof(verdict, wanted, places, others, networks, oldest(place.site.updated for place in places))
