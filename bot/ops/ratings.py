"""Ratings of answers, counted by month, intent, rule and outcome. No text and no person is stored (T57)."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from bot.message import Person
from bot.ops.metrics import Meter
from bot.stores.base import Store

RatingOutcome = Literal["right", "wrong", "amount", "person", "question", "words"]
"""A thumb up or down; then what was wrong: the amount, the person or place, the question, the words."""
OUTCOMES: tuple[RatingOutcome, ...] = get_args(RatingOutcome)
_COUNT, _ONCE = "rating", "rated"
_KEPT = 400 * 86_400.0  # seconds: a whole year can be held against the year before
_BUTTON = 86_400.0  # seconds for which a button can be pressed
_TRIES = 20


class Rated(NamedTuple):
    """How often an intent's rule got an outcome in a month ("2026-11"); `rule` is "" for a button or a follow-up."""

    month: str
    intent: str
    rule: str
    outcome: str
    times: int


class Ratings:
    """The counters, in the store that all processes share. `now` returns the local time, for the month."""

    def __init__(
        self, store: Store, meter: Meter, now: Callable[[], datetime], clock: Callable[[], float] = time.time
    ) -> None:
        self._store, self._meter, self._now, self._clock = store, meter, now, clock

    async def count(self, intent: str, rule: str, outcome: RatingOutcome, person: Person) -> None:
        """Add one to a counter; the person is not stored; StoreError if the rating was not counted."""
        self._meter.rated(intent, rule, outcome, person)
        key = "\x1f".join((f"{self._now():%Y-%m}", intent, rule, outcome))
        for _ in range(_TRIES):  # of two that count at once, the second reads anew
            before = await self._store.get(_COUNT, key)
            if before is None:
                if await self._store.add(_COUNT, key, b"1", expires=self._clock() + _KEPT):
                    return
            elif await self._store.swap(_COUNT, key, before, b"%d" % (int(before) + 1)):
                return

    async def is_first(self, person: Person, button: str) -> bool:
        """Return whether this is the person's first press of this button; further presses are not counted."""
        expires = self._clock() + _BUTTON
        return await self._store.add(_ONCE, f"{button}\x1f{person.key}", expires=expires, owner=person.key)


async def ratings(store: Store) -> Sequence[Rated]:
    """Return all counts, newest month first, then by intent, rule and outcome."""
    found: list[Rated] = []
    page = await store.listed(_COUNT)
    while page:
        for row in page:
            month, intent, rule, outcome = row.key.split("\x1f")
            found.append(Rated(month, intent, rule, outcome, int(row.value)))
        page = await store.listed(_COUNT, after=page[-1].number)
    order: dict[str, int] = {outcome: place for place, outcome in enumerate(OUTCOMES)}
    found.sort(key=lambda one: (one.intent, one.rule, order.get(one.outcome, len(order))))
    return sorted(found, key=lambda one: one.month, reverse=True)
