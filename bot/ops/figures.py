"""Monthly usage figures for the operator; anything done by fewer than five people is left out.

Counts are rounded down to a multiple of five, so that a left-out count cannot be derived from a total.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

import msgspec

from bot.message import Person
from bot.ops.metrics import LEAST, SECONDS, Counted, Meter
from bot.stores.base import Store
from bot.stores.sealed import SealedTable

RatingOutcome = Literal["right", "wrong", "amount", "person", "question", "words"]
"""A thumb up or down; then what was wrong: the amount, the person or place, the question, the words."""
OUTCOMES: tuple[RatingOutcome, ...] = get_args(RatingOutcome)
_COUNT, _ONCE = "rating", "rated"
_KEPT = 400 * 86_400.0  # seconds: a whole year can be held against the year before
_BUTTON = 86_400.0  # seconds for which a button can be pressed


class Rated(NamedTuple):
    """How often an intent's rule got an outcome in a month ("2026-11"); `rule` is "" for a button or a follow-up."""

    month: str
    intent: str
    rule: str
    outcome: str
    times: int


class Ratings:
    """Counts ratings of answers in the store that all processes share. `now` returns the local time, for the month."""

    def __init__(self, store: Store, meter: Meter, now: Callable[[], datetime]) -> None:
        self._store, self._meter, self._now = store, meter, now

    async def count(self, intent: str, rule: str, outcome: RatingOutcome, person: Person) -> None:
        """Count one rating of an answer. The person is not stored with it.

        Raises:
            StoreError: the rating was not counted.
        """
        self._meter.rated(intent, rule, outcome, person)
        key = "\x1f".join((f"{self._now():%Y-%m}", intent, rule, outcome))
        expires = time.time() + _KEPT
        await self._store.revise(_COUNT, key, lambda before: b"%d" % (int(before or 0) + 1), expires=expires)

    async def is_first(self, person: Person, button: str) -> bool:
        """Return whether this is the person's first press of this button, and record the press."""
        expires = time.time() + _BUTTON
        return await self._store.add(_ONCE, f"{button}\x1f{person.key}", expires=expires, owner=person.key)


async def ratings(store: Store) -> Sequence[Rated]:
    """Return all counts of ratings, newest month first, then by intent, rule and outcome."""
    found: list[Rated] = []
    async for row in store.every(_COUNT):
        month, intent, rule, outcome = row.key.split("\x1f")
        found.append(Rated(month, intent, rule, outcome, int(row.value)))
    order: dict[str, int] = {outcome: place for place, outcome in enumerate(OUTCOMES)}
    found.sort(key=lambda one: (one.intent, one.rule, order.get(one.outcome, len(order))))
    return sorted(found, key=lambda one: one.month, reverse=True)


DAYS = 90
MOST = 500
_KIND, _A_DAY, _HOUR = "sentence", 86_400.0, 3_600.0


class GivenSentence(msgspec.Struct, frozen=True):
    """A sentence that a person gave to the operator: its text as the writer saw it, language, and month ("2026-11")."""

    text: str
    language: str
    month: str


class Sentences:
    """Stores the sentences that people give to the operator. `now` returns the local time, for the month."""

    def __init__(self, table: SealedTable, now: Callable[[], datetime]) -> None:
        self._table, self._now = table, now

    async def keep(self, text: str, language: str) -> bool:
        """Store a sentence until ninety days after the first of the month. Return False if too many are stored.

        Raises:
            StoreError: the sentence was not stored.
        """
        if await self._table.store.size(_KIND) >= MOST:
            return False
        now = self._now()
        passed = (now - now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        expires = round((time.time() - passed) / _HOUR) * _HOUR + DAYS * _A_DAY
        given = GivenSentence(text, language, f"{now:%Y-%m}")
        await self._table.put(_KIND, secrets.token_urlsafe(12), given, expires=expires)
        return True


async def given_sentences(table: SealedTable) -> AsyncIterator[GivenSentence]:
    """Yield all sentences that can be decrypted, oldest first."""
    async for _, given in table.listed(_KIND, GivenSentence):
        if given is not None:
            yield given


async def drop_sentences(table: SealedTable) -> int:
    """Delete all sentences. Return how many there were."""
    keys = [row.key async for row, _ in table.listed(_KIND)]
    for key in keys:
        await table.store.drop(_KIND, key)
    return len(keys)


_MOST = 25  # rows of a table


class FigureRow(msgspec.Struct, frozen=True):
    """One row of a table: its name, a number for each column, and its total in percent of the largest row's."""

    name: str
    numbers: tuple[int, ...]
    percent: int = 0

    @property
    def total(self) -> int:
        """The sum of all columns."""
        return sum(self.numbers)


class Figures(msgspec.Struct, frozen=True):
    """The figures of one month.

    Tables of intents and of unread messages have a column for each of `languages`, ratings one for each outcome.

    `half` and `most` are the seconds within which 50 % and 95 % of the answers came, and `payer_half` and `payer_most`
    those of the payer's responses; None if there are too few. `left_out` is True if counts of few people were left out.
    """

    month: str
    languages: tuple[str, ...]
    intents: tuple[FigureRow, ...]
    unread: tuple[FigureRow, ...]
    faults: tuple[FigureRow, ...]
    ratings: tuple[FigureRow, ...]
    days: tuple[FigureRow, ...]
    payer: tuple[FigureRow, ...]
    half: float | None
    most: float | None
    payer_half: float | None
    payer_most: float | None
    left_out: bool

    @property
    def questions(self) -> int:
        """The number of questions in the table of intents."""
        return sum(row.total for row in self.intents)


def figures_of(rows: Iterable[Counted], month: str) -> Figures:
    """Return the figures of a month. Those of the payer are included only if there are figures about people."""
    of_month = [row for row in rows if row.month == month]
    told = [row for row in of_month if row.enough]
    busy = any(row.kind == "day" for row in told)
    payer = [row._replace(enough=True) for row in of_month if row.kind in {"payer", "waited"} and busy]
    languages = tuple(sorted({row.name[1] for row in told if row.kind in {"answered", "unread"} and len(row.name) > 1}))
    answers, waits = _times(told, "seconds"), _times(payer, "waited")
    return Figures(
        month=month,
        languages=languages,
        intents=_table(told, "answered", languages),
        unread=_table(told, "unread", languages),
        faults=_table(told, "fault"),
        ratings=_table(told, "rated", OUTCOMES),
        days=_table(told, "day"),
        payer=_table(payer, "payer"),
        half=quantile(answers, 0.5),
        most=quantile(answers, 0.95),
        payer_half=quantile(waits, 0.5),
        payer_most=quantile(waits, 0.95),
        left_out=any(not row.enough for row in of_month if row.kind not in {"payer", "waited"}),
    )


def quantile(buckets: Sequence[tuple[float, int]], share: float) -> float | None:
    """Return the time within which this share of the counts falls, interpolated; None without counts.

    `buckets` are pairs of an upper bound and a count, in order of the bounds.
    """
    total = sum(times for _, times in buckets)
    before, low = 0, 0.0
    for bound, times in buckets:
        if times and before + times >= share * total:
            return low + (bound - low) * (share * total - before) / times
        before, low = before + times, bound
    return None


def _times(rows: Sequence[Counted], kind: str) -> list[tuple[float, int]]:
    """Return the (upper bound, count) of each bucket. Counts above the last bound are given twice that bound."""
    found = {row.name[0]: row.times for row in rows if row.kind == kind and row.name}
    bounds = [(bound, found.get(f"{bound:g}", 0)) for bound in SECONDS]
    return [*bounds, (2.0 * SECONDS[-1], found.get("", 0))]


def _table(rows: Sequence[Counted], kind: str, columns: Sequence[str] = ()) -> tuple[FigureRow, ...]:
    """Return a row for each name of this kind, with a cell for each of `columns`.

    Rows of days are in the order of the days, all others largest first, at most 25.
    """
    cells: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.kind == kind and row.name:
            column = row.name[1] if columns and len(row.name) > 1 else ""
            cells.setdefault(row.name[0], {})[column] = row.times // LEAST * LEAST
    made = [FigureRow(name, tuple(of.get(one, 0) for one in columns or ("",))) for name, of in cells.items()]
    top = max((row.total for row in made), default=0)
    scaled = [FigureRow(row.name, row.numbers, round(100 * row.total / top) if top else 0) for row in made]
    if kind == "day":
        return tuple(sorted(scaled, key=lambda row: row.name))
    return tuple(sorted(scaled, key=lambda row: (-row.total, row.name))[:_MOST])
