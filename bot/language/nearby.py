"""The ZIPs around a point, in Tennessee and the states beside it: what "within 10 miles" means to a search."""

from __future__ import annotations

from functools import lru_cache

import zipcodes

from bot.language.places import Coordinates, miles_between

_STATES = ("TN", "GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC")
_MILES_PER_DEGREE = 69.0


@lru_cache(maxsize=1)
def _centres() -> tuple[tuple[str, Coordinates], ...]:
    """Every active ZIP of these states with its centre, read once."""
    rows = (row for state in _STATES for row in zipcodes.filter_by(state=state, active=True))
    return tuple((row["zip_code"], (float(row["lat"]), float(row["long"]))) for row in rows if row["lat"])


@lru_cache(maxsize=512)
def zips_near(center: Coordinates, miles: float) -> tuple[str, ...]:
    """The ZIPs whose centre lies within `miles` of a point, the nearest first."""
    band = miles / _MILES_PER_DEGREE
    within = (
        (miles_between(center, point), zip_code) for zip_code, point in _centres() if abs(point[0] - center[0]) <= band
    )
    return tuple(zip_code for distance, zip_code in sorted(within) if distance <= miles)
