"""Who a member goes to: the people and places of the directory nearest to home, as parties of a claim."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.sandbox.synthetic import chance, geography
from bot.sandbox.synthetic.claim import Party
from bot.sandbox.synthetic.directory import practice_key

if TYPE_CHECKING:
    import random

    from bot.sandbox.synthetic.directory import Listing
    from bot.sandbox.synthetic.facilities import Facility
    from bot.sandbox.synthetic.geography import Place


class Providers:
    """The directory, indexed by specialty and by kind of facility."""

    def __init__(self, people: list[Listing], places_of_care: list[Facility]) -> None:
        self._people: dict[str, list[Listing]] = defaultdict(list)
        self._places: dict[str, list[Facility]] = defaultdict(list)
        self._keys = {person.key: person for person in people}
        for person in people:
            self._people[person.specialty["code"]].append(person)
        for facility in places_of_care:
            self._places[facility.kind["kind"]].append(facility)

    def named(self, key: str) -> Party:
        """The person with that key in the table of named people."""
        return _person(self._keys[key])

    def parties(self, specialty: str, home: str, rng: random.Random) -> tuple[Party, Party, str]:
        """Who bills, who is seen, and the seen one's NUCC code, for a specialty or a kind of facility."""
        place = geography.places()[home]
        if specialty in self._places:
            facility = rng.choice(sorted(self._places[specialty], key=lambda one: _far(one.place, place))[:2])
            doctor = self._near("207R00000X", place, rng)
            bills = Party(facility.address, facility.name, facility.npi)
            return bills, _person(doctor), doctor.specialty["code"]
        person = self._near(specialty, place, rng)
        return _person(person), _person(person), specialty

    def practice(self, key: str) -> str:
        """The address of the Organization where a named person works."""
        return f"Organization/{practice_key(self._keys[key])}"

    def _near(self, specialty: str, place: Place, rng: random.Random) -> Listing:
        return rng.choice(sorted(self._people[specialty], key=lambda one: _far(one.place, place))[:3])


def _person(person: Listing) -> Party:
    return Party(f"Practitioner/pr-{person.key}", person.name, chance.npi(10_000_000 + person.number))


def _far(one: Place, other: Place) -> float:
    """A rank of distance, in no unit."""
    return (one.latitude - other.latitude) ** 2 + (0.82 * (one.longitude - other.longitude)) ** 2
