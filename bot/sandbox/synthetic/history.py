"""Generates one member's ordinary claims, with random prices, the plan's cost sharing, and providers near home."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeVar

from bot.sandbox.synthetic import chance, geography, tables
from bot.sandbox.synthetic.claim import CostSharing, Party, SyntheticClaim, SyntheticKind, SyntheticLine
from bot.sandbox.synthetic.directory import SyntheticListing, practice_key, practices
from bot.sandbox.synthetic.facilities import Facility
from bot.sandbox.synthetic.members import Member

_Placed = TypeVar("_Placed", SyntheticListing, Facility)
# Who orders tests and attends in a facility: internal medicine.
_ATTENDING = "207R00000X"


class Providers:
    """The directory, indexed by specialty and by kind of facility."""

    def __init__(self, people: list[SyntheticListing], places_of_care: list[Facility]) -> None:
        self._people: dict[str, list[SyntheticListing]] = defaultdict(list)
        self._places: dict[str, list[Facility]] = defaultdict(list)
        self._named = {person.key: person for person in people}
        self._practices = practices(people)
        self._near: dict[tuple[str, str], list[Any]] = {}
        for person in people:
            self._people[person.specialty["code"]].append(person)
        for facility in places_of_care:
            self._places[facility.kind["kind"]].append(facility)

    def named(self, key: str) -> Party:
        """Return the provider with this key in the table of named people."""
        return _person(self._named[key])

    def parties(self, specialty: str, home: str, rng: random.Random) -> tuple[Party, Party, str]:
        """Return who bills a claim, who sees the member, and the NUCC code of the latter.

        They are near `home`, and have this specialty or kind of facility.
        """
        if specialty in self._places:
            facility = rng.choice(self._nearest(self._places, specialty, home, 2))
            doctor = rng.choice(self._nearest(self._people, _ATTENDING, home, 3))
            return Party(facility.address, facility.name, facility.npi), _person(doctor), _ATTENDING
        person = rng.choice(self._nearest(self._people, specialty, home, 3))
        return self._biller(person), _person(person), specialty

    def _biller(self, person: SyntheticListing) -> Party:
        """Return who bills for a practitioner: for every second one, the practice."""
        if person.number % 2 == 0:
            return _person(person)
        office = self._practices[practice_key(person)]
        return Party(f"Organization/{office.key}", office.name, office.npi)

    def _nearest(self, of: dict[str, list[_Placed]], kind: str, home: str, most: int) -> list[_Placed]:
        """Return the `most` providers of a kind that are nearest to the ZIP code `home`."""
        if (kind, home) not in self._near:
            place = geography.places()[home]
            self._near[kind, home] = sorted(
                of[kind],
                key=lambda one: (
                    (one.place.latitude - place.latitude) ** 2 + (0.82 * (one.place.longitude - place.longitude)) ** 2
                ),
            )[:most]
        return self._near[kind, home]


def _person(person: SyntheticListing) -> Party:
    return Party(f"Practitioner/pr-{person.key}", person.name, chance.npi(10_000_000 + person.number))


SYSTEMS = {
    "cpt": "http://www.ama-assn.org/go/cpt",
    "cdt": "http://www.ada.org/cdt",
    "hcpcs": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "ndc": "http://hl7.org/fhir/sid/ndc",
    "none": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
}
_KINDS: dict[str, SyntheticKind] = {
    "professional": "professional",
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "oral": "oral",
}
_PHARMACY_SHARE = 0.35
_HALF = 0.5


class Notebook:
    """Generates the claims of one member: numbers them, applies the plan's rules, and chooses providers."""

    def __init__(
        self, member: Member, rules: CostSharing, providers: Providers, rng: random.Random, today: date
    ) -> None:
        self.member, self.providers, self.today = member, providers, today
        self._rules, self._rng = rules, rng
        self._count = 0

    def number(self, day: date) -> str:
        """Return the next claim number: year, day of the year, member, counter."""
        self._count += 1
        return f"{day:%y%j}{self.member.serial:03d}{self._count:05d}"

    def service(self, key: str, days_ago: int) -> SyntheticClaim:
        """Return a claim for a service in the table of services, `days_ago` days before today.

        In `key`, "service@person" names the practitioner who saw the member.
        """
        name, _, person = key.partition("@")
        row = _services()[name]
        bills, seen, specialty = self.providers.parties(row["specialty"], self.member.zip, self._rng)
        if person:
            bills = seen = self.providers.named(person)
        stay = self._rng.randrange(2, 6) if row["kind"] == "inpatient" else 0
        day = chance.before(self.today, days_ago)
        return SyntheticClaim(
            number=self.number(day),
            patient=f"Patient/{self.member.patient}",
            coverage=f"Coverage/{self.member.coverage}",
            kind=_KINDS[row["kind"]],
            # The older guide has no profile for teeth.
            shape="2.0.0" if row["kind"] == "oral" else self.member.shape,
            day=day,
            last_day=chance.before(day, -stay),
            decided=min(self.today, chance.before(day, -stay - self._rng.randrange(4, 24))),
            lines=self._lines(row, day),
            provider=bills,
            seen=seen,
            specialty=specialty,
            diagnosis=(row["icd"], row["icd_text"]),
            place=row["place"],
        )

    def fill(self, key: str, days_ago: int) -> SyntheticClaim:
        """Return a claim for a drug in the table of drugs, filled at a pharmacy `days_ago` days before today."""
        row = _drugs()[key]
        pharmacy, _, _ = self.providers.parties("pharmacy", self.member.zip, self._rng)
        _, prescriber, specialty = self.providers.parties("207Q00000X", self.member.zip, self._rng)
        day = chance.before(self.today, days_ago)
        charge = self._rules.adjudicate(self._price(row), row["tier"], day.year, pays_at_visit=True)
        return SyntheticClaim(
            number=self.number(day),
            patient=f"Patient/{self.member.patient}",
            coverage=f"Coverage/{self.member.coverage}",
            kind="pharmacy",
            shape=self.member.shape,
            day=day,
            last_day=day,
            decided=min(self.today, chance.before(day, -1)),
            lines=(SyntheticLine(SYSTEMS["ndc"], row["ndc"], row["text"], charge, quantity=30),),
            provider=pharmacy,
            seen=prescriber,
            specialty=specialty,
            diagnosis=(row["icd"], row["icd_text"]),
            days_supply=30,
        )

    def ordinary(self, *, newest: int, count: int, days: int = 730) -> Iterator[SyntheticClaim]:
        """Yield `count` random claims from between `days` and `newest` days ago, oldest first."""
        ages = sorted((self._rng.randrange(newest, days) for _ in range(count)), reverse=True)
        for age in ages:
            if self._rng.random() < _PHARMACY_SHARE:
                yield self.fill(self._rng.choice(_common_drugs()), age)
            else:
                yield self.service(self._rng.choice(_common_services(self.member.gender)), age)

    def _lines(self, row: dict[str, str], day: date) -> tuple[SyntheticLine, ...]:
        first = self._line(row, day)
        if row["key"] not in {"office", "office_long", "heart_visit", "urgent", "emergency"}:
            return (first,)
        if self._rng.random() < _HALF:
            return (first,)
        extra = _services()[self._rng.choice(("ecg", "blood_panel", "a1c"))]
        return (first, replace(self._line(extra, day), revenue=row["revenue"]))

    def _line(self, row: dict[str, str], day: date) -> SyntheticLine:
        at_visit = self._rng.random() < _HALF
        charge = self._rules.adjudicate(self._price(row), row["service"], day.year, pays_at_visit=at_visit)
        code = "not-applicable" if row["system"] == "none" else row["code"]
        return SyntheticLine(SYSTEMS[row["system"]], code, row["text"], charge, row["revenue"])

    def _price(self, row: dict[str, str]) -> int:
        """Return a random billed amount in cents, as a row of a table allows it."""
        return self._rng.randrange(int(row["least"]) * 100, int(row["most"]) * 100)


@cache
def _services() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in tables.rows("services")}


@cache
def _drugs() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in tables.rows("pharmacy")}


@cache
def _common_services(gender: str) -> list[str]:
    return [row["key"] for row in tables.rows("services") if row["usual"] in {"all", gender}]


@cache
def _common_drugs() -> list[str]:
    return [row["key"] for row in tables.rows("pharmacy") if row["tier"] != "specialty"]
