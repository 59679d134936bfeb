"""The ZIPs around a point, in the plan's state and the states beside it: what "within 10 miles" means to a search."""

from __future__ import annotations

from functools import lru_cache

from bot.language import places
from bot.language.places import Area, Coordinates, miles_between, zips_in

_BEYOND = 0.65  # degrees, some forty miles: how far across the state's borders ZIPs are found
_MILES_PER_DEGREE = 69.0


@lru_cache(maxsize=4)
def _centres(area: Area) -> tuple[tuple[str, Coordinates], ...]:
    """Every active ZIP in and around the state with its centre, read once."""
    inside = _points(area.state)
    if not inside:
        return ()
    south, north = (end(point[0] for _, point in inside) for end in (min, max))
    west, east = (end(point[1] for _, point in inside) for end in (min, max))
    outside = (one for state in area.beside for one in _points(state))
    return inside + tuple(
        (code, point)
        for code, point in outside
        if south - _BEYOND < point[0] < north + _BEYOND and west - _BEYOND < point[1] < east + _BEYOND
    )


def _points(state: str) -> tuple[tuple[str, Coordinates], ...]:
    return tuple((row.code, row.point) for row in zips_in(state, active=True) if row.point)


def load(area: Area) -> None:
    """Read what a search around a place needs, so that no question has to wait for it."""
    _centres(area)
    places.state_center(area.state)


@lru_cache(maxsize=512)
def zips_near(area: Area, center: Coordinates, miles: float) -> tuple[str, ...]:
    """The ZIPs of the area whose centre lies within `miles` of a point, the nearest first; none far outside it."""
    band = miles / _MILES_PER_DEGREE
    within = (
        (miles_between(center, point), zip_code)
        for zip_code, point in _centres(area)
        if abs(point[0] - center[0]) <= band
    )
    return tuple(zip_code for distance, zip_code in sorted(within) if distance <= miles)


class Gazetteer:
    """All that is known of places, as an answer asks it."""

    def __init__(self, area: Area) -> None:
        self._area = area

    @property
    def home_state(self) -> str:
        """The state that the plan covers, by its two letters."""
        return self._area.state

    def read(self) -> None:
        """Read the tables now, half a second, where the first question has no time for it."""
        load(self._area)

    def zips_near(self, center: Coordinates, miles: float) -> tuple[str, ...]:
        """The ZIPs whose centre lies within a distance, the nearest first."""
        return zips_near(self._area, center, miles)

    coordinates = staticmethod(places.coordinates)
    city_center = staticmethod(places.city_center)
    county_center = staticmethod(places.county_center)
    state_center = staticmethod(places.state_center)
    city_of = staticmethod(places.city_of)
    county_of = staticmethod(places.county_of)
    zips_of = staticmethod(places.zips_of)
    zips_of_county = staticmethod(places.zips_of_county)
    zone_of = staticmethod(places.zone_of)
    miles_between = staticmethod(places.miles_between)
