"""Which of several providers is nearest, closes latest or opens earliest."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from bot.kit.ask import Ask
from bot.kit.cards import Card
from bot.kit.opening import DAY, OpenAt, open_at, spans
from bot.records.details import WEEK

RankedBy = Literal["near", "late", "early"]
_RANKS: Mapping[str, RankedBy] = {"rank_near": "near", "rank_late": "late", "rank_early": "early"}
_SHOWN, _SEVERAL = 4, 2


class RankedOne(msgspec.Struct, frozen=True):
    """One provider of a ranking: the distance in `miles`, or the `clock` time (HH:MM) of opening or closing."""

    name: str
    miles: float | None = None
    clock: str | None = None

    @property
    def told(self) -> object:
        """The value to show: the clock time, or the distance in whole miles."""
        return self.clock if self.miles is None else round(self.miles)


class Ranked(msgspec.Struct, frozen=True):
    """Providers ranked by distance (at most four) or by hours on a weekday `day` such as "mon".

    `whole` is False if some providers have no known hours.
    """

    how: RankedBy
    entries: tuple[RankedOne, ...]
    day: str | None = None
    whole: bool = True

    @property
    def first(self) -> tuple[RankedOne, ...]:
        """The first provider, with all others that have the same value by whole miles or clock time."""
        return tuple(one for one in self.entries if one.told == self.entries[0].told)

    @property
    def then(self) -> tuple[RankedOne, ...]:
        """The providers after those in `first`."""
        return self.entries[len(self.first) :]


def ranked(ask: Ask, cards: Sequence[Card]) -> Ranked | None:
    """Return the ranking for which the question asks, such as the nearest; None if it asks for none.

    None also for fewer than two cards, for a page after the first, or if no card has the value. If there is a ranking,
    the reply does not report the slot for an order, such as "earliest", as unmet.
    """
    says = ask.asked.says
    how = next((how for name, how in _RANKS.items() if name in says), None)
    if how is None or ask.page or len(cards) < _SEVERAL or "which_of" not in says:
        return None
    ask.said_unmet("order")
    if how == "near":
        near = [RankedOne(card.name, miles=card.miles) for card in cards if card.name and card.miles is not None]
        return Ranked(how, tuple(near[:_SHOWN])) if near else None
    return by_hours(how, cards, _day(ask, open_at(ask)))


def nearly_open(ask: Ask, wish: OpenAt | None, cards: Sequence[Card]) -> Ranked | None:
    """Return the cards ranked by how late or early they are open, for a condition that none of them satisfies.

    None if the condition has no such time of day, or if no hours are known.
    """
    return by_hours(wish.edge, cards, _day(ask, wish)) if wish and wish.edge else None


def _day(ask: Ask, wish: OpenAt | None) -> str:
    return wish.days[0] if wish and wish.days else WEEK[ask.today.weekday()]


def by_hours(how: Literal["late", "early"], cards: Sequence[Card], day: str) -> Ranked | None:
    """Return the cards ranked by the latest closing or earliest opening time on the day; None if no hours are known."""
    named = [(card, card.name) for card in cards if card.name]
    edge: Callable[[Sequence[tuple[int, int]]], int] = _closes if how == "late" else _opens
    timed = [(edge(there), name) for card, name in named if (there := spans(card.site.hours, day))]
    timed.sort(key=lambda one: one[0], reverse=how == "late")
    entries = tuple(RankedOne(name, clock=_clock(minute)) for minute, name in timed)
    return Ranked(how, entries, day, whole=len(entries) == len(cards)) if entries else None


def _closes(there: Sequence[tuple[int, int]]) -> int:
    return max(end for _, end in there)


def _opens(there: Sequence[tuple[int, int]]) -> int:
    return min(start for start, _ in there)


def _clock(minute: int) -> str:
    minute = minute if minute <= DAY else minute - DAY
    return f"{minute // 60:02}:{minute % 60:02}"
