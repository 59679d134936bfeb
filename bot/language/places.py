"""Places for searches: ZIP codes, cities and counties of the plan's state, and cities in neighbouring states.

Coordinates are from the `zipcodes` package (GeoNames, CC BY 4.0). The package reads its whole table, in half a second
and 40 MiB. So the needed parts are cached by state (`bot.compiled`), and a state is loaded when it is first needed.
"""

import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from heapq import nsmallest
from itertools import repeat
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import NamedTuple

import msgspec

from bot import compiled
from bot.language.rules import read_words
from bot.language.text import keys_in

Coordinates = tuple[float, float]
_EARTH_MILES = 3958.8
_ZIP_DIGITS = 5
_BEGINNING = 3
_NEIGHBOURS = 8


class _PlaceFile(msgspec.Struct, forbid_unknown_fields=True):
    state: str
    careful: str
    border: dict[str, str]
    towns: str
    away: dict[str, str]
    also: dict[str, str]
    example: str
    regions: dict[str, str] = {}


PLACE = "place"
"""The kind of meaning of phrases that name places."""


class NamedPlace(NamedTuple):
    """A named place. `careful`: the name is also a word or a surname, so it counts only with "in" or a state."""

    city: str
    state: str
    county: bool
    careful: bool


class Area(NamedTuple):
    """The two-letter codes of the state that the plan covers and of its neighbouring states.

    `example` is a place in the state, which the demo uses. `regions` pairs each county, in lower case, with the name of
    a part of the state.
    """

    state: str
    beside: tuple[str, ...]
    example: str = ""
    regions: tuple[tuple[str, str], ...] = ()


class PlaceNames(msgspec.Struct, frozen=True):
    """The phrases of places, and the area that searches cover."""

    places: tuple[tuple[str, NamedPlace], ...]
    area: Area


_COUNTY_WAYS = ("{} county", "{} co", "{} counties", "condado de {}", "condados de {}", "condado {}")


def _named(names: str) -> Iterator[str]:
    return filter(None, map(str.strip, names.split(",")))


def _new(city: str, known: set[tuple[str, ...]]) -> bool:
    """Return whether `known` has no place with these words yet, and add the place to `known`."""
    keys, before = keys_in(city), len(known)
    known.add(keys)
    return len(known) > before


def load_place_names(folder: Path) -> PlaceNames:
    """Return the cities and counties of the pack's state, and the other places of `_words/places.yaml`.

    Raises:
        PackError: "file: key: what".
    """
    raw = read_words(folder, "places.yaml", _PlaceFile)
    careful = frozenset(_named(raw.careful))
    rows = _in_state(raw.state).values()
    own = [*sorted({row.city for row in rows}), *_named(raw.towns)]
    homes = {keys_in(name) for name in (*own, *_named(",".join(raw.also.values())))}
    home = [(city, NamedPlace(city, raw.state, False, city in careful)) for city in own]
    for county in sorted({row.county.removesuffix(" County") for row in rows} - {""}):
        said = (way.format(county) for way in _COUNTY_WAYS)
        home += zip(said, repeat(NamedPlace(county, raw.state, True, False)))
    for states, far in ((raw.border, False), (raw.away, True)):
        new = ((city, state) for state, cities in states.items() for city in _named(cities) if _new(city, homes))
        home += [(city, NamedPlace(city, state, False, far or city in careful)) for city, state in new]
    for city, others in raw.also.items():
        home += [(other, NamedPlace(city, raw.state, False, other in careful)) for other in _named(others)]
    regions = ((county.casefold(), region) for region, counties in raw.regions.items() for county in _named(counties))
    return PlaceNames(tuple(home), Area(raw.state, tuple(raw.border), raw.example, tuple(regions)))


def place_phrases(names: PlaceNames) -> Iterator[tuple[str, NamedPlace]]:
    """Yield every phrase for a place, with "Saint", "Mount" and "Fort" also abbreviated, and "Mc" joined."""
    for name, place in names.places:
        yield name, place
        for long, short in (("Mount ", "Mt "), ("Saint ", "St "), ("Fort ", "Ft ")):
            if name.startswith(long):
                yield short + name.removeprefix(long), place
        if name.startswith("Mc "):
            yield "Mc" + name.removeprefix("Mc "), place


class Zip(NamedTuple):
    """One ZIP code. `also` are further names of its city, `point` is its center in degrees, None if unknown.

    `zone` is the IANA name of its time zone. `active`: the ZIP code is in use.
    """

    code: str
    city: str
    county: str
    state: str
    also: tuple[str, ...]
    point: Coordinates | None
    zone: str
    active: bool


class _Table(msgspec.Struct, frozen=True, array_like=True):
    """All ZIP codes of the country by state, compressed, and the states for each three-digit prefix."""

    states: dict[str, bytes]
    begins: dict[str, list[str]]


@cache
def _table() -> _Table:
    import zipcodes  # noqa: PLC0415 -- its version tells whether what was kept is of it; its table is not read yet

    key = compiled.key_of(Path(__file__), of=zipcodes.__version__)
    return compiled.kept("zips", key, _Table, _made)


@cache
def _begins() -> Mapping[str, list[str]]:
    return _table().begins


def drop_table() -> None:
    """Release the table, which is large, but keep its index: few questions name a place of another state."""
    _begins()
    _table.cache_clear()


def _made() -> _Table:
    import zipcodes  # noqa: PLC0415 -- as above

    states, begins = dict[str, list[Zip]](), dict[str, set[str]]()
    for raw in zipcodes.list_all():
        lat, long = float(raw["lat"] or 0), float(raw["long"] or 0)
        point, also = (lat, long) if lat and long else None, tuple(raw["acceptable_cities"])
        row = Zip(
            raw["zip_code"], raw["city"], raw["county"], raw["state"], also, point, raw["timezone"], raw["active"]
        )
        states.setdefault(row.state, []).append(row)
        begins.setdefault(row.code[:_BEGINNING], set()).add(row.state)
    return _Table(
        {state: zlib.compress(msgspec.msgpack.encode([*_zoned(rows)])) for state, rows in states.items()},
        {digits: sorted(found) for digits, found in begins.items()},
    )


def _zoned(rows: Sequence[Zip]) -> Iterator[Zip]:
    """Yield the ZIP codes of a state; one whose time zone differs from all others in its county may get theirs.

    That is an error of the package if most of the nearest ZIP codes also have the county's zone; otherwise the county
    may be divided there.
    """
    counties = dict[str, Counter[str]]()
    for row in rows:
        counties.setdefault(row.county, Counter())[row.zone] += 1
    for row in rows:
        zones = counties[row.county]
        [(zone, times)] = zones.most_common(1)
        if row.zone != zone and times == zones.total() - 1 and (here := row.point):
            far = ((miles_between(here, one.point), one.zone == zone) for one in rows if one.point and one is not row)
            alike = sum(same for _, same in nsmallest(_NEIGHBOURS, far))
            yield row._replace(zone=zone) if 2 * alike > _NEIGHBOURS else row
        else:
            yield row


def points_in(state: str) -> list[tuple[Coordinates, str]]:
    """Return the ZIP codes in use of a state, given as two letters, with their centers; [] for an unknown state."""
    return [(row.point, row.code) for row in _rows(state) if row.active and row.point]


def _rows(state: str) -> list[Zip]:
    packed = _table().states.get(state)
    return msgspec.msgpack.decode(zlib.decompress(packed), type=list[Zip]) if packed else []


@lru_cache(maxsize=16)
def _in_state(state: str) -> Mapping[str, Zip]:
    """Return the ZIP codes of a state by their digits."""
    return {row.code: row._replace(zone=sys.intern(row.zone), state=state) for row in _rows(state)}


def _row(zip_code: str) -> Zip | None:
    if len(zip_code) != _ZIP_DIGITS or not (zip_code.isascii() and zip_code.isdigit()):
        return None
    states = _begins().get(zip_code[:_BEGINNING], ())
    return next((row for state in states if (row := _in_state(state).get(zip_code))), None)


def coordinates(zip_code: str) -> Coordinates | None:
    """Return latitude and longitude of a ZIP code's center in degrees; None if it does not exist in the United States.

    The package has 0, 0 for some ZIP codes of post office boxes. Their center is that of their city, or else of their
    county.
    """
    row = _row(zip_code[:_ZIP_DIGITS])
    if row is None:
        return None
    return row.point or city_center(row.city, row.state) or county_center(row.county, row.state)


def city_of(zip_code: str) -> tuple[str, str] | None:
    """Return city and two-letter state of a ZIP code; None if unknown."""
    row = _row(zip_code[:_ZIP_DIGITS])
    return (row.city, row.state) if row else None


def county_of(zip_code: str) -> tuple[str, str] | None:
    """Return county, without the word "County", and two-letter state of a ZIP code; None if unknown."""
    row = _row(zip_code[:_ZIP_DIGITS])
    return (row.county.removesuffix(" County"), row.state) if row else None


def zone_of(zip_code: str) -> str | None:
    """Return the IANA name of a ZIP code's time zone; None if unknown. A state may have two time zones."""
    row = _row(zip_code[:_ZIP_DIGITS])
    return row.zone if row else None


@lru_cache(maxsize=1024)
def zips_of(city: str, state: str) -> tuple[str, ...]:
    """Return the ZIP codes of a city in order, or if it has none, those with the city among their further names.

    Case does not matter. The result is () for an unknown city.
    """
    return _codes(_of_city(city, state))


def _of_city(city: str, state: str) -> Sequence[Zip]:
    wanted, rows = city.casefold(), _in_state(state.upper()).values()
    own = [row for row in rows if row.city.casefold() == wanted]
    return own or [row for row in rows if wanted in map(str.casefold, row.also)]


@lru_cache(maxsize=256)
def zips_of_county(county: str, state: str) -> tuple[str, ...]:
    """Return the ZIP codes whose center is in a county; () for an unknown one. The word "County" may be omitted."""
    return _codes(_of_county(county, state))


def _of_county(county: str, state: str) -> Sequence[Zip]:
    wanted = county.casefold().removesuffix(" county") + " county"
    return [row for row in _in_state(state.upper()).values() if row.county.casefold() == wanted]


def _codes(rows: Iterable[Zip]) -> tuple[str, ...]:
    return tuple(sorted(row.code for row in rows))


@lru_cache(maxsize=1024)
def city_center(city: str, state: str) -> Coordinates | None:
    """Return the mean of a city's ZIP code centers, in degrees; None if the city is unknown."""
    return _middle(_of_city(city, state))


@lru_cache(maxsize=256)
def county_center(county: str, state: str) -> Coordinates | None:
    """Return the mean of a county's ZIP code centers, in degrees; None if the county is unknown."""
    return _middle(_of_county(county, state))


@lru_cache(maxsize=64)
def state_center(state: str) -> Coordinates | None:
    """Return the mean of a state's ZIP code centers, in degrees; None if there is no such state."""
    return _middle(_in_state(state.upper()).values())


def _middle(rows: Iterable[Zip]) -> Coordinates | None:
    points = [row.point for row in rows if row.point]
    if not points:
        return None
    return sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points)


@lru_cache(maxsize=4096)
def miles_between(one: Coordinates, other: Coordinates) -> float:
    """Return the great-circle distance in miles (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_MILES * asin(min(1.0, sqrt(chord)))
