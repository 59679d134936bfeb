"""Whether this machine's clock and the payer's tell the same time, by the Date that every answer carries (T51)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

FAR = 5 * 60.0  # seconds: from here on signatures, id_tokens and expiries go wrong


class Clocks:
    """The last Date of each origin beside our own time. `now` tells Unix seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._heard: dict[str, tuple[str, float]] = {}

    def heard(self, origin: str, headers: Mapping[str, str]) -> None:
        """Note an answer's Date. One that a cache kept tells of the past and is passed over."""
        if (date := headers.get("date")) and "age" not in headers:
            self._heard[origin] = date, self._now()

    @property
    def apart(self) -> bool:
        """True while an origin's clock is more than five minutes from ours."""
        return any(_seconds_apart(date, ours) > FAR for date, ours in self._heard.values())


def _seconds_apart(date: str, ours: float) -> float:
    """How far a Date is from our time; 0 for one that cannot be read."""
    try:
        return abs(parsedate_to_datetime(date).timestamp() - ours)
    except (TypeError, ValueError, OverflowError):
        return 0.0
