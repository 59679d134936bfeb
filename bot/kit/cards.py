"""Providers as cards: everything that the directory says of one, folded over their listings and places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.kit.around import Around
from bot.kit.ask import Ask
from bot.kit.networks import names_of, openings_of
from bot.kit.spelling import words_of
from bot.records.listing import Listing
from bot.records.provider import Location, Specialty
from bot.records.references import Key

STALE_DAYS = 90
_ASTRAY = 60  # miles: a position that far from its own ZIP is a slip, such as a lost minus sign; the ZIP is believed


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a provider: `miles` from where the person looks; `exact` when the directory gave a position."""

    location: Location
    miles: float | None
    exact: bool

    @property
    def address(self) -> str:
        """Street, city, state and ZIP, as far as they were given."""
        place = self.location
        town = " ".join(part for part in (place.state, place.zip5) if part)
        return ", ".join(part for part in (*place.lines[:2], place.city, town) if part)


@dataclass(frozen=True, slots=True)
class Card:
    """One provider with all that the directory says, folded over their roles; the nearest place first.

    `networks` are proven by a network reference on an active role; `openings` are those of them in which new patients
    are taken ("" for an answer without a network). `updated` is the oldest of the listings that were used.
    """

    name: str | None
    key: Key
    npi: str | None
    credentials: tuple[str, ...]
    specialties: tuple[Specialty, ...]
    gender: str | None
    languages: tuple[str, ...]
    phone: str | None
    spots: tuple[Spot, ...]
    networks: tuple[str, ...]
    openings: tuple[str, ...]
    openings_known: bool
    updated: datetime | None
    role_ids: tuple[str, ...]
    records: tuple[Key, ...]

    @property
    def reference(self) -> str:
        """Whose card it is, as a button says it."""
        return f"{self.key.type}/{self.key.id}"

    @property
    def titles(self) -> tuple[str, ...]:
        """The credentials that the name doesn't hold already."""
        spoken = set((self.name or "").replace(",", " ").casefold().split())
        return tuple(one for one in self.credentials if one.casefold() not in spoken)

    @property
    def spot(self) -> Spot | None:
        """The nearest place."""
        return self.spots[0] if self.spots else None

    @property
    def miles(self) -> float | None:
        """How far the nearest place is."""
        return self.spots[0].miles if self.spots else None

    def age_days(self, today: date) -> int | None:
        """Days since the listing was updated; None when the directory does not say."""
        return (today - self.updated.date()).days if self.updated else None


def cards(ask: Ask, found: Iterable[Listing], where: Around | None) -> tuple[Card, ...]:
    """The providers, each once, nearest first and then by name."""
    made = [_card(ask, rows, where) for rows in by_provider(found)]
    return tuple(
        sorted(made, key=lambda card: (card.miles is None, card.miles or 0.0, words_of(card.name or "~"), card.key))
    )


def by_provider(found: Iterable[Listing]) -> tuple[tuple[Listing, ...], ...]:
    """The listings of each provider together, in their order; one NPI is one provider, whatever the ids."""
    groups: dict[str | Key, list[Listing]] = {}
    for listing in found:
        groups.setdefault(listing.npi or listing.key, []).append(listing)
    return tuple(tuple(rows) for rows in groups.values())


def _card(ask: Ask, rows: Sequence[Listing], where: Around | None) -> Card:
    first = rows[0]
    person = next((row.practitioner for row in rows if row.practitioner), None)
    dates = [row.last_updated for row in rows if row.last_updated]
    open_in = {name for row in rows for name in openings_of(row)}
    return Card(
        name=first.name,
        key=first.key,
        npi=first.npi,
        credentials=person.credentials if person else (),
        specialties=_specialties(rows),
        gender=person.gender if person else None,
        languages=person.languages if person else (),
        phone=next((row.phone for row in rows if row.phone), None),
        spots=spots(ask, rows, where),
        networks=names_of(rows),
        openings=tuple(sorted(open_in)),
        openings_known=any(row.openings or any(place.openings for place in row.locations) for row in rows),
        updated=min(dates) if len(dates) == len(rows) else None,
        role_ids=tuple(row.role_id for row in rows),
        records=tuple(Key(row.role.type, row.role_id) for row in rows),
    )


def spots(ask: Ask, rows: Sequence[Listing], where: Around | None) -> tuple[Spot, ...]:
    """The places of these listings, the nearest first."""
    places = {place.id: place for row in rows for place in row.locations}
    found = [_spot(ask, place, where) for place in places.values()]
    return tuple(sorted(found, key=lambda spot: (spot.miles is None, spot.miles or 0.0, spot.location.id)))


def _spot(ask: Ask, place: Location, where: Around | None) -> Spot:
    point, exact = place.position, place.position is not None
    middle = _middle(ask, place)
    if point is None or (middle and ask.places.miles_between(point, middle) > _ASTRAY):
        point, exact = middle, False
    miles = ask.places.miles_between(where.center, point) if where and point else None
    return Spot(place, miles, exact)


def _middle(ask: Ask, place: Location) -> tuple[float, float] | None:
    """The middle of its ZIP, else of its city."""
    by_zip = ask.places.coordinates(place.zip5) if place.zip5 else None
    return by_zip or (ask.places.city_center(place.city, place.state) if place.city and place.state else None)


def _specialties(rows: Iterable[Listing]) -> tuple[Specialty, ...]:
    """The specialties that have words, each once."""
    every = {one.words: one for row in reversed(list(rows)) for one in reversed(row.specialties) if one.words}
    return tuple(reversed(every.values()))
