"""The provider directory: practitioners, their practices, and their roles in each network (Plan-Net 1.1.0)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from bot.sandbox.synthetic import chance, geography, tables
from bot.sandbox.synthetic.geography import BuildingSite, SyntheticPlace
from bot.sandbox.synthetic.networks import NETWORKS, in_network, network_reference
from bot.sandbox.synthetic.shapes import (
    LANGUAGE_TAG,
    NPI,
    NUCC,
    PLANNET,
    PLANNET_CODES,
    coded,
    concept,
    extension,
    identifier,
    nested,
    period,
    reference,
    resource,
    telecom,
)
from bot.sandbox.world import Resource

_PRACTICE_NAMES = ("Family Health", "Medical Group", "Clinic", "Specialists", "Health Partners", "Associates")
# One listing in so many has no date.
_UNDATED = 17


@dataclass(frozen=True, slots=True)
class SyntheticListing:
    """The directory data of one practitioner at one practice."""

    key: str
    given: str
    family: str
    degree: str
    gender: str
    specialty: dict[str, str]
    place: SyntheticPlace
    street: str
    phone: str
    networks: tuple[str, ...]
    accepting: tuple[str, ...]
    languages: tuple[str, ...]
    age_days: int | None
    number: int

    @property
    def name(self) -> str:
        """The practitioner's name with the degree, as displayed."""
        return f"{self.given} {self.family}, {self.degree}"


def listings(seed: int) -> Iterator[SyntheticListing]:
    """Yield the practitioners of the demonstration, then random ones in all ZIP codes."""
    yield from (_featured(row, number) for number, row in enumerate(tables.rows("featured")))
    rng = chance.stream(seed, "directory")
    number = 1000
    for place in geography.places().values():
        for _ in range(max(2, round(place.weight * 0.62))):
            yield _drawn(place, number, rng)
            number += 1


def practices(people: list[SyntheticListing]) -> dict[str, BuildingSite]:
    """Return the practices of these listings by key; the phone number is from the first listing of each."""
    found: dict[str, BuildingSite] = {}
    for person in people:
        key = practice_key(person)
        if key not in found:
            word = _PRACTICE_NAMES[person.number % len(_PRACTICE_NAMES)]
            found[key] = BuildingSite(
                key=key,
                name=f"{person.place.city} {word} at {person.street.split(' ', 1)[1]}",
                npi=chance.npi(50_000_000 + len(found)),
                place=person.place,
                street=person.street,
                phone=person.phone,
            )
    return found


def practice_key(person: SyntheticListing) -> str:
    """Return the id of the Organization and Location of a practitioner's practice."""
    return f"practice-{person.place.zip}-{person.street.split()[0]}"


def _featured(row: dict[str, str], number: int) -> SyntheticListing:
    listed = {name: row[name].split() for name in ("networks", "accepting", "languages")}
    changes = {
        **listed,
        "specialty": {row["code"]: row for row in tables.rows("specialties")}[row["specialty"]],
        "place": geography.places()[row["zip"]],
        "phone": f"({row['phone'][:3]}) {row['phone'][4:]}",
        "number": number,
    }
    return msgspec.convert({**row, **changes}, SyntheticListing, strict=False)


def _drawn(place: SyntheticPlace, number: int, rng: random.Random) -> SyntheticListing:
    specialties = tables.rows("specialties")
    gender = rng.choice(("female", "male"))
    family, _, language = rng.choice(tables.names("family")).partition("|")
    specialty = rng.choices(specialties, [int(row["weight"]) for row in specialties])[0]
    networks = tuple(letter for letter in NETWORKS if rng.random() < 0.5) or ("P",)  # noqa: PLR2004 - even odds
    return SyntheticListing(
        key=str(number),
        given=rng.choice(tables.names(f"given_{gender}")),
        family=family,
        degree=rng.choice(specialty["degrees"].split()),
        gender=gender,
        specialty=specialty,
        place=place,
        street=_office(place, rng),
        phone=geography.phone(place.area_code, rng),
        networks=networks,
        accepting=tuple(letter for letter in networks if rng.random() < 0.6),  # noqa: PLR2004 - three in five
        languages=("en", language) if language and rng.random() < 0.7 else ("en",),  # noqa: PLR2004 - most
        age_days=None if number % _UNDATED == 0 else int(rng.triangular(0, 400, 45)),
        number=number,
    )


def _office(place: SyntheticPlace, rng: random.Random) -> str:
    """Return the street address of one of a few offices in a ZIP code, so that practitioners share practices."""
    office = rng.randrange(max(1, place.weight // 3))
    names = tables.names("streets")
    return f"{100 + office * 37 + int(place.zip) % 50} {names[(int(place.zip) + office) % len(names)]}"


_FULL_WEEK = ["mon", "tue", "wed", "thu", "fri"]
# One listing in so many has ended, or has all its networks in one role.
_ENDED, _MERGED = 23, 12


def build(people: list[SyntheticListing], seed: int, today: date) -> Iterator[Resource]:
    """Yield the practices, Practitioners, Locations and PractitionerRoles of these listings."""
    rng = chance.stream(seed, "roles")
    offices = practices(people)
    for office in offices.values():
        updated = chance.instant(chance.before(today, rng.randrange(60)), rng)
        yield office.organization(updated, "prvgrp")
        yield office.location(updated, rng)
    for person in people:
        updated = "" if person.age_days is None else chance.instant(chance.before(today, person.age_days), rng)
        licence = nested(
            f"{PLANNET}practitioner-qualification",
            [extension("status", "Code", "active"), coded("whereValid", "https://www.usps.com/", "TN")],
        )
        yield resource(
            "Practitioner",
            f"pr-{person.key}",
            f"{PLANNET}plannet-Practitioner",
            updated,
            identifier=[identifier(NPI, chance.npi(10_000_000 + person.number))],
            active=True,
            name=[{"text": person.name, "family": person.family, "given": [person.given], "suffix": [person.degree]}],
            gender=person.gender,
            qualification=[{"extension": [licence], "code": {"text": person.degree}}],
            communication=[concept(LANGUAGE_TAG, tag) for tag in person.languages],
        )
        # A role for each network as in Plan-Net 1.1.0; some practitioners have one role for all, as in 1.0.0.
        each = tuple((letter,) for letter in person.networks)
        for networks in each if person.number % _MERGED else (person.networks,):
            yield _role(person, offices[practice_key(person)], updated, today, networks)


def _role(
    person: SyntheticListing, office: BuildingSite, updated: str, today: date, networks: tuple[str, ...]
) -> Resource:
    ended = person.number % _ENDED == _ENDED - 1
    end = chance.before(today, 30 + person.number % 200) if ended else None
    days = _FULL_WEEK if person.number % 3 else _FULL_WEEK[:4]
    return resource(
        "PractitionerRole",
        f"role-{person.key}-{''.join(networks).lower()}",
        f"{PLANNET}plannet-PractitionerRole",
        updated,
        extension=[*(in_network(letter) for letter in networks), *_newpatients(person, networks)],
        active=not ended,
        period=period(f"{today.year - 4}-01-01", end),
        practitioner=reference(f"Practitioner/pr-{person.key}", person.name),
        organization=reference(f"Organization/{office.key}", office.name),
        code=[concept(f"{PLANNET_CODES}ProviderRoleCS", person.specialty["role"])],
        specialty=[concept(NUCC, person.specialty["code"], person.specialty["word"])],
        location=[reference(f"Location/{office.key}", office.name)],
        telecom=telecom(person.phone),
        availableTime=[{"daysOfWeek": days, "availableStartTime": "08:00:00", "availableEndTime": "17:00:00"}],
    )


def _newpatients(person: SyntheticListing, networks: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield whether the practitioner accepts new patients, by network; one listing in nine does not say."""
    if person.number >= 1000 and person.number % 9 == 0:  # noqa: PLR2004 - the drawn ones start at 1000
        return
    for letter in networks:
        code = "newpt" if letter in person.accepting else ("nopt", "existptonly")[person.number % 2]
        yield nested(
            f"{PLANNET}newpatients",
            [
                coded("acceptingPatients", f"{PLANNET_CODES}AcceptingPatientsCS", code),
                extension("fromNetwork", "Reference", network_reference(letter)),
            ],
        )
