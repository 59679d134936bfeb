"""Practitioners, their practices, and their roles in each network (Plan-Net 1.1.0)."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.sandbox.synthetic import chance
from bot.sandbox.synthetic.listings import Practice, SyntheticListing, practice_key, practices
from bot.sandbox.synthetic.networks import in_network, network_reference
from bot.sandbox.synthetic.shapes import (
    LANGUAGE_TAG,
    NPI,
    NUCC,
    PLANNET,
    PLANNET_CODES,
    concept,
    extension,
    identifier,
    nested,
    period,
    reference,
    resource,
)
from bot.sandbox.world import Resource

_FULL_WEEK = ["mon", "tue", "wed", "thu", "fri"]
# One listing in so many has ended, or has all its networks in one role.
_ENDED, _MERGED = 23, 12


def build(people: list[SyntheticListing], seed: int, today: date) -> Iterator[Resource]:
    """Yield the practices, Practitioners, Locations and PractitionerRoles of these listings."""
    rng = chance.stream(seed, "roles")
    offices = practices(people)
    for office in offices.values():
        yield from _practice(office, chance.instant(chance.before(today, rng.randrange(60)), rng), rng)
    for person in people:
        updated = "" if person.age_days is None else chance.instant(chance.before(today, person.age_days), rng)
        yield _practitioner(person, updated)
        yield from _roles(person, offices[practice_key(person)], updated, today)


def _practice(office: Practice, updated: str, rng: random.Random) -> Iterator[Resource]:
    telecom = [{"system": "phone", "value": office.phone, "use": "work"}]
    yield resource(
        "Organization",
        office.key,
        f"{PLANNET}plannet-Organization",
        updated,
        identifier=[identifier(NPI, office.npi)],
        active=True,
        type=[concept(f"{PLANNET_CODES}OrgTypeCS", "prvgrp")],
        name=office.name,
        telecom=telecom,
        address=[office.place.address(office.street)],
    )
    yield resource(
        "Location",
        office.key,
        f"{PLANNET}plannet-Location",
        updated,
        status="active",
        name=office.name,
        telecom=telecom,
        address=office.place.address(office.street),
        position=office.place.position(rng),
        managingOrganization=reference(f"Organization/{office.key}", office.name),
    )


def _practitioner(person: SyntheticListing, updated: str) -> Resource:
    licence = nested(
        f"{PLANNET}practitioner-qualification",
        [
            extension("status", "Code", "active"),
            extension("whereValid", "CodeableConcept", concept("https://www.usps.com/", "TN")),
        ],
    )
    return resource(
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


def _roles(person: SyntheticListing, office: Practice, updated: str, today: date) -> Iterator[Resource]:
    """Yield one role per network as in Plan-Net 1.1.0; some people have one role for all networks, as in 1.0.0."""
    if person.number % _MERGED == 0:
        yield _role(person, office, updated, today, person.networks)
        return
    for letter in person.networks:
        yield _role(person, office, updated, today, (letter,))


def _role(person: SyntheticListing, office: Practice, updated: str, today: date, networks: tuple[str, ...]) -> Resource:
    ended = person.number % _ENDED == _ENDED - 1
    end = chance.before(today, 30 + person.number % 200) if ended else None
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
        telecom=[{"system": "phone", "value": person.phone, "use": "work"}],
        availableTime=_hours(person),
    )


def _newpatients(person: SyntheticListing, networks: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the new-patient status by network; one listing in nine has none."""
    if person.number >= 1000 and person.number % 9 == 0:  # noqa: PLR2004 - the drawn ones start at 1000
        return
    for letter in networks:
        code = "newpt" if letter in person.accepting else ("nopt", "existptonly")[person.number % 2]
        yield nested(
            f"{PLANNET}newpatients",
            [
                extension(
                    "acceptingPatients",
                    "CodeableConcept",
                    concept(f"{PLANNET_CODES}AcceptingPatientsCS", code),
                ),
                extension("fromNetwork", "Reference", network_reference(letter)),
            ],
        )


def _hours(person: SyntheticListing) -> list[dict[str, object]]:
    days = _FULL_WEEK if person.number % 3 else _FULL_WEEK[:4]
    return [{"daysOfWeek": days, "availableStartTime": "08:00:00", "availableEndTime": "17:00:00"}]
