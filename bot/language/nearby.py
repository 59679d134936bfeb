"""The ZIP codes around a point, in the plan's state and its neighbours, for searches such as "within 10 miles"."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from functools import lru_cache

from bot.language import places
from bot.language.places import Area, Coordinates, miles_between, points_in

_BEYOND = 0.65  # degrees, some forty miles: how far across the state's borders ZIPs are found
_MILES_PER_DEGREE = 69.0


@lru_cache(maxsize=4)
def _centres(area: Area) -> tuple[tuple[str, ...], array[float], array[float]]:
    """Return every ZIP code in the state and those of neighbouring states near its border, from south to north.

    The second and third items are the latitudes and longitudes of their centers.
    """
    inside = points_in(area.state)
    if inside:
        south, north = (end(point[0] for point, _ in inside) for end in (min, max))
        west, east = (end(point[1] for point, _ in inside) for end in (min, max))
        outside = (one for state in area.beside for one in points_in(state))
        inside += [
            (point, code)
            for point, code in outside
            if south - _BEYOND < point[0] < north + _BEYOND and west - _BEYOND < point[1] < east + _BEYOND
        ]
    inside.sort()
    lats, longs = (array("d", (point[axis] for point, _ in inside)) for axis in (0, 1))
    return tuple(code for _, code in inside), lats, longs


class Gazetteer:
    """The plan's state, its regions, and the ZIP codes near a point, for answers."""

    def __init__(self, area: Area) -> None:
        self._area = area

    @property
    def home_state(self) -> str:
        """The two-letter code of the state that the plan covers."""
        return self._area.state

    def lies_in(self, county: str, region: str) -> bool:
        """Return whether a county, in lower case, is in a region of the state."""
        return (county, region) in self._area.regions

    def read(self) -> None:
        """Load the tables now. On the first start of an installation this takes half a second."""
        _centres(self._area)
        places.state_center(self._area.state)
        places.drop_table()

    @lru_cache(maxsize=512)  # noqa: B019 -- one lives as long as its pack
    def zips_near(self, center: Coordinates, miles: float) -> tuple[str, ...]:
        """Return the ZIP codes whose center is within a distance in miles, nearest first."""
        codes, lats, longs = _centres(self._area)
        band = miles / _MILES_PER_DEGREE
        first, after = bisect_left(lats, center[0] - band), bisect_right(lats, center[0] + band)
        within = ((miles_between(center, (lats[at], longs[at])), codes[at]) for at in range(first, after))
        return tuple(zip_code for distance, zip_code in sorted(within) if distance <= miles)

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
