"""A made directory with the oddities of real ones; the same seed gives the same.

Fields are missing everywhere, codes are of other systems, roles have ended, places lie on the wrong half of the globe,
links lead nowhere.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from bot.language.places import coordinates
from bot.sandbox.synthetic.shapes import concept, reference
from bot.sandbox.world import Resource, World

T = TypeVar("T")
PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"
PNCS = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/"
NUCC = "http://nucc.org/provider-taxonomy"
TOWNS = (
    ("Chattanooga", "TN", ("37402", "37403", "37404", "37405", "37421")),
    ("Nashville", "TN", ("37203", "37205", "37211")),
    ("Knoxville", "TN", ("37902", "37919")),
    ("Memphis", "TN", ("38103", "38117")),
    ("Rossville", "GA", ("30741",)),
)
SPECIALTIES = ("207RC0000X", "207Q00000X", "207N00000X", "2084P0800X", "1041C0700X")
NETWORKS = ("Blue Network S", "Blue Network P", "Blue Network L")
KINDS = (
    ("pharmacy", "3336C0003X", "pharm", "OUTPHARM"),
    ("hospital", "282N00000X", "hosp", "HOSP"),
    ("urgent", "261QU0200X", "urg", ""),
)
FAMILIES = ("Nguyễn", "O'Neil", "de la Cruz", "Smith-Jones", "Kim", "Müller", "Óskarsdóttir", "McDonald", "Li", "Patel")
GIVENS = ("Ana", "José", "Minh", "Þóra", "Grace", "Xi", "Bo", "Inés")
TONGUES: tuple[Any, ...] = ("es", "es-MX", "ko", "vi")


def odd_world(scale: int, today: date, seed: int = 7) -> World:
    """A directory of about 14 resources for each of `scale`."""
    world, rng = World(), random.Random(seed)  # noqa: S311 -- data, no secret
    for made in (_networks(), _places(rng, scale), _people(rng, scale), _roles(rng, scale, today)):
        for resource in made:
            world.add(resource)
    for resource in _facilities(rng, scale):
        world.add(resource)
    return world


def _networks() -> Iterator[Resource]:
    for number, name in enumerate(NETWORKS):
        kind = concept(PNCS + "OrgTypeCS", "ntwk")
        yield {"resourceType": "Organization", "id": f"net{number}", "active": True, "name": name, "type": [kind]}


def _places(rng: random.Random, scale: int) -> Iterator[Resource]:
    for number in range(scale * 2):
        city, state, zips = rng.choice(TOWNS)
        zip_code = rng.choice(zips)
        address = {"line": [f"{number} Main St"], "city": city, "state": state, "postalCode": zip_code}
        place: Resource = {"resourceType": "Location", "id": f"loc{number}", "status": "active", "address": address}
        if rng.random() < 0.2:
            address["postalCode"] = f"{zip_code}-{number:04}"[:10]
        if rng.random() < 0.1:
            address["city"] = city.upper()
        place |= _pick(rng, {"position": _position(rng, zip_code)}, {}, {"position": {}})
        place |= _pick(rng, {"name": f"Office {number}"}, {}, {"name": ""})
        place |= _pick(rng, {}, {}, {}, {}, {"status": "suspended"}, {"status": "inactive"})
        place |= _pick(rng, {}, {}, {"extension": [_openings("newpt", None)]}, {"telecom": [{"value": "4235550199"}]})
        yield place


def _position(rng: random.Random, zip_code: str) -> Resource:
    point = coordinates(zip_code)
    assert point is not None
    latitude, longitude = point
    return _pick(
        rng,
        *[{"latitude": round(latitude, 4), "longitude": round(longitude, 4)}] * 6,
        {"latitude": round(latitude, 4), "longitude": round(-longitude, 4)},
        {"latitude": round(longitude, 4), "longitude": round(latitude, 4)},
        {"latitude": 0, "longitude": 0},
    )


def _people(rng: random.Random, scale: int) -> Iterator[Resource]:
    for number in range(scale * 3):
        family, given = rng.choice(FAMILIES), rng.choice(GIVENS)
        names = (
            *({"text": f"{given} {family}, MD", "family": family, "given": [given]},) * 4,
            {"family": family, "given": [given]},
            {"text": f"{family}, {given}"},
            {"family": family + "x" * 300},
            {"prefix": ["Dr."]},
        )
        tongue = concept("urn:ietf:bcp:47", rng.choice(TONGUES))
        yield {
            "resourceType": "Practitioner",
            "id": f"prac{number}",
            **_pick(rng, {"active": True}, {"active": True}, {}, {"active": False}),
            "name": [_pick(rng, *names)],
            **_pick(rng, {"gender": "female"}, {"gender": "male"}, {}),
            **_pick(rng, {"communication": [tongue]}, {}, {"communication": [{"text": "Spanish"}]}),
            **_pick(rng, {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": f"1{number:09}"}]}, {}),
        }


def _roles(rng: random.Random, scale: int, today: date) -> Iterator[Resource]:
    ended = str(today - timedelta(days=9))
    for number in range(scale * 5):
        mine = rng.sample(range(len(NETWORKS)), rng.choice((0, 1, 1, 2)))
        code = rng.choice(SPECIALTIES)
        system = _pick(rng, *(NUCC,) * 8, "urn:oid:2.16.840.1.113883.6.101")
        extensions = [
            {"url": PN + "network-reference", "valueReference": reference(f"Organization/net{n}")} for n in mine
        ]
        extensions += [
            _openings(_pick(rng, "newpt", "newpt", "nopt", "existptonly"), n) for n in mine if rng.random() < 0.7
        ]
        extensions += _pick(rng, [], [], [], [_openings("newpt", None)])
        person = reference(f"Practitioner/prac{rng.randrange(scale * 3)}")
        where = [reference(f"Location/loc{rng.randrange(scale * 2)}") for _ in range(_pick(rng, 0, 1, 1, 1, 1, 2))]
        yield {
            "resourceType": "PractitionerRole",
            "id": f"role{number}",
            **_pick(rng, {"active": True}, {"active": True}, {"active": True}, {}, {"active": False}),
            **_pick(rng, {}, {}, {}, {"period": {"start": "2019-01-01"}}, {"period": {"end": ended}}),
            **_pick(rng, *({"practitioner": person},) * 15, {"practitioner": reference("Practitioner/gone")}, {}),
            **({"location": where} if where else {}),
            "specialty": [concept(system, code)],
            "extension": extensions,
            **_pick(rng, {"meta": {"lastUpdated": "2026-05-01T00:00:00Z"}}, {"meta": {"lastUpdated": "2020-05"}}, {}),
        }


def _facilities(rng: random.Random, scale: int) -> Iterator[Resource]:
    """Organizations that give care, each tied to a place by an affiliation, a service or the place alone."""
    for number in range(scale):
        role, code, category, place_type = rng.choice(KINDS)
        key, location = f"fac{number}", f"floc{number}"
        city, state, zips = rng.choice(TOWNS)
        mine = [reference(f"Organization/net{n}") for n in rng.sample(range(len(NETWORKS)), rng.choice((0, 1, 2)))]
        yield {
            "resourceType": "Organization",
            "id": key,
            "active": number % 9 != 8,
            "name": f"{city} {role} {number}",
            "type": [concept(PNCS + "OrgTypeCS", "fac")],
        }
        yield {
            "resourceType": "Location",
            "id": location,
            "address": {"line": [f"{number} Oak St"], "city": city, "state": state, "postalCode": rng.choice(zips)},
            "managingOrganization": reference(f"Organization/{key}"),
            **(
                {"type": [concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", place_type)]}
                if place_type
                else {}
            ),
        }
        coded = _pick(
            rng,
            {"code": [concept(PNCS + "OrganizationAffiliationRoleCS", role)]},
            {"specialty": [concept(NUCC, code)]},
            {"specialty": [concept(NUCC, code)], "code": [concept(PNCS + "OrganizationAffiliationRoleCS", role)]},
        )
        way = _pick(rng, "affiliation", "affiliation", "placeless", "service", "place")
        if way in ("affiliation", "placeless"):
            yield {
                "resourceType": "OrganizationAffiliation",
                "id": f"aff{number}",
                "active": True,
                "participatingOrganization": reference(f"Organization/{key}"),
                "network": mine,
                **coded,
                **({"location": [reference(f"Location/{location}")]} if way == "affiliation" else {}),
            }
        if way == "service":
            service = {"category": [concept(PNCS + "HealthcareServiceCategoryCS", category)]}
            yield {
                "resourceType": "HealthcareService",
                "id": f"svc{number}",
                "active": True,
                "providedBy": reference(f"Organization/{key}"),
                "location": [reference(f"Location/{location}")],
                **_pick(rng, service, {"specialty": [concept(NUCC, code)]}),
            }


def _openings(answer: str, network: int | None) -> Resource:
    parts: list[Resource] = [
        {"url": "acceptingPatients", "valueCodeableConcept": concept(PNCS + "AcceptingPatientsCS", answer)}
    ]
    if network is not None:
        parts.append({"url": "fromNetwork", "valueReference": reference(f"Organization/net{network}")})
    return {"url": PN + "newpatients", "extension": parts}


def _pick(rng: random.Random, *choices: T) -> T:
    return rng.choice(choices)


def zips_of_towns() -> Sequence[str]:
    """Every ZIP in which something may be."""
    return [zip_code for _, _, zips in TOWNS for zip_code in zips]
