"""The providers of a member: the nearest people and places in the directory, as parties of a claim."""

import random
from collections import defaultdict

from bot.sandbox.synthetic import chance, geography
from bot.sandbox.synthetic.claim import Party
from bot.sandbox.synthetic.facilities import Facility
from bot.sandbox.synthetic.geography import SyntheticPlace
from bot.sandbox.synthetic.listings import SyntheticListing, practice_key, practices

# Who orders tests and attends in a facility: internal medicine.
_ATTENDING = "207R00000X"


class Providers:
    """The directory, indexed by specialty and by kind of facility."""

    def __init__(self, people: list[SyntheticListing], places_of_care: list[Facility]) -> None:
        self._people: dict[str, list[SyntheticListing]] = defaultdict(list)
        self._places: dict[str, list[Facility]] = defaultdict(list)
        self._named = {person.key: person for person in people}
        self._practices = practices(people)
        self._near_people: dict[tuple[str, str], list[SyntheticListing]] = {}
        self._near_places: dict[tuple[str, str], list[Facility]] = {}
        for person in people:
            self._people[person.specialty["code"]].append(person)
        for facility in places_of_care:
            self._places[facility.kind["kind"]].append(facility)

    def named(self, key: str) -> Party:
        """Return the person with that key in the table of named people."""
        return _person(self._named[key])

    def parties(self, specialty: str, home: str, rng: random.Random) -> tuple[Party, Party, str]:
        """Return who bills, who is seen, and the NUCC code of the latter, for a specialty or a kind of facility."""
        if specialty in self._places:
            facility = rng.choice(self._nearest_places(specialty, home))
            doctor = rng.choice(self._nearest_people(_ATTENDING, home))
            return Party(facility.address, facility.name, facility.npi), _person(doctor), _ATTENDING
        person = rng.choice(self._nearest_people(specialty, home))
        return self._biller(person), _person(person), specialty

    def _biller(self, person: SyntheticListing) -> Party:
        """Return who bills: for every second person, the practice."""
        if person.number % 2 == 0:
            return _person(person)
        office = self._practices[practice_key(person)]
        return Party(f"Organization/{office.key}", office.name, office.npi)

    def _nearest_people(self, specialty: str, home: str) -> list[SyntheticListing]:
        if (specialty, home) not in self._near_people:
            place = geography.places()[home]
            ranked = sorted(self._people[specialty], key=lambda one: _far(one.place, place))
            self._near_people[specialty, home] = ranked[:3]
        return self._near_people[specialty, home]

    def _nearest_places(self, kind: str, home: str) -> list[Facility]:
        if (kind, home) not in self._near_places:
            place = geography.places()[home]
            ranked = sorted(self._places[kind], key=lambda one: _far(one.place, place))
            self._near_places[kind, home] = ranked[:2]
        return self._near_places[kind, home]


def _person(person: SyntheticListing) -> Party:
    return Party(f"Practitioner/pr-{person.key}", person.name, chance.npi(10_000_000 + person.number))


def _far(one: SyntheticPlace, other: SyntheticPlace) -> float:
    """Return a number that increases with the distance, without a unit."""
    return (one.latitude - other.latitude) ** 2 + (0.82 * (one.longitude - other.longitude)) ** 2
