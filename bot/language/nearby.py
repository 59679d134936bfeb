"""The ZIPs around a point, in Tennessee and the states beside it: what "within 10 miles" means to a search."""

from __future__ import annotations

from functools import lru_cache

from bot.language import places
from bot.language.places import Coordinates, miles_between, zips_in

# Tennessee lies between 34.98 and 36.68 degrees north and 81.65 and 90.31 west; some forty miles more on each side.
_SOUTH, _NORTH, _WEST, _EAST = 34.4, 37.3, -91.0, -81.0
_STATES = ("TN", "GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC")
_MILES_PER_DEGREE = 69.0


@lru_cache(maxsize=1)
def _centres() -> tuple[tuple[str, Coordinates], ...]:
    """Every active ZIP in and around Tennessee with its centre, read once."""
    rows = (row for state in _STATES for row in zips_in(state, active=True))
    points = ((row.code, row.point) for row in rows if row.point)
    return tuple(one for one in points if _SOUTH < one[1][0] < _NORTH and _WEST < one[1][1] < _EAST)


def load() -> None:
    """Read what a search around a place needs, so that no question has to wait for it."""
    _centres()
    places.city_center("Nashville", "TN")


@lru_cache(maxsize=512)
def zips_near(center: Coordinates, miles: float) -> tuple[str, ...]:
    """The ZIPs of the area whose centre lies within `miles` of a point, the nearest first; none far outside it."""
    band = miles / _MILES_PER_DEGREE
    within = (
        (miles_between(center, point), zip_code) for zip_code, point in _centres() if abs(point[0] - center[0]) <= band
    )
    return tuple(zip_code for distance, zip_code in sorted(within) if distance <= miles)


class Gazetteer:
    """All that is known of places, as an answer asks it."""

    @staticmethod
    def read() -> None:
        """Read the tables now, half a second, where the first question has no time for it."""
        _centres()

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
    zips_near = staticmethod(zips_near)
