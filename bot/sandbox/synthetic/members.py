"""The members, their plans' rules and coverages, and the accounts that give access to records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import msgspec

from bot.sandbox.synthetic import geography, tables
from bot.sandbox.synthetic.claim import CostSharing, SyntheticShape, usd
from bot.sandbox.synthetic.networks import NETWORKS, PAYER, PAYER_NAME
from bot.sandbox.synthetic.shapes import (
    CARIN,
    CARIN_CODES,
    HL7,
    LANGUAGE_TAG,
    PAYER_IDS,
    concept,
    identifier,
    period,
    reference,
    resource,
)
from bot.sandbox.world import Account, Resource, World


@dataclass(frozen=True, slots=True)
class Member:
    """A synthetic member of the plan.

    Attributes:
        serial: The member's fixed number; `subscriber` is the number of the family's subscriber.
        visits: The number of ordinary claims in two years.
        also: Further claims, as "service:days ago" or "service@person:days ago".
    """

    username: str
    serial: int
    given: str
    family: str
    gender: str
    age: int
    zip: str
    plan: str
    shape: SyntheticShape
    about: str
    language: str
    subscriber: int
    relationship: str
    employer: str
    visits: int
    also: tuple[str, ...]
    conditions: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name of this member's random stream."""
        return f"member-{self.serial}"

    @property
    def patient(self) -> str:
        """The id of the member's Patient resource."""
        return f"tn{700000 + self.serial * 137}"

    @property
    def coverage(self) -> str:
        """The id of the member's first Coverage resource."""
        return self.numbered_coverage(1)

    def numbered_coverage(self, number: int) -> str:
        """Return the id of the member's Coverage with this number, counted from 1."""
        return f"cov-{self.serial:03d}-{number}"

    @property
    def subscriber_id(self) -> str:
        """The number on the insurance card, equal for the whole family."""
        return f"ZXB{900000000 + self.subscriber * 31337}"

    @property
    def dependent(self) -> str:
        """The member's suffix on the family's insurance card; 01 is the subscriber."""
        return f"{self.serial - self.subscriber + 1:02d}" if self.serial >= self.subscriber else f"{self.serial:02d}"

    @property
    def name(self) -> str:
        """The member's full name."""
        return f"{self.given} {self.family}"


def patient(member: Member, today: date) -> Resource:
    """Return the Patient resource of a member."""
    place = geography.places()[member.zip]
    born = today.replace(year=today.year - member.age, month=member.serial % 12 + 1, day=member.serial * 7 % 28 + 1)
    return resource(
        "Patient",
        member.patient,
        f"{CARIN}C4BB-Patient|{member.shape}",
        f"{today.replace(day=1)}T06:00:00.000Z",
        identifier=[
            identifier(f"{PAYER_IDS}member", f"{member.subscriber_id}-{member.dependent}", f"{HL7}v2-0203", "MB"),
            identifier(f"{PAYER_IDS}person", f"U{member.serial:09d}", f"{CARIN_CODES}C4BBIdentifierType", "um"),
        ],
        active=True,
        name=[{"use": "official", "text": member.name, "family": member.family, "given": [member.given]}],
        telecom=[
            {"system": "phone", "value": f"({place.area_code}) 555-{100 + member.serial:04d}", "use": "mobile"},
            {"system": "email", "value": f"{member.username or member.key}@mail.example", "use": "home"},
        ],
        gender=member.gender,
        birthDate=str(born),
        address=[{**place.address(f"{210 + member.serial * 8} Laurel Ridge Rd"), "use": "home"}],
        communication=[{"language": concept(LANGUAGE_TAG, member.language), "preferred": True}],
    )


_COPAY_CODES = {
    "office": "gpvisit",
    "specialist": "spvisit",
    "urgent": "urgentcare",
    "emergency": "emergency",
    "inpatient": "inpthosp",
}


@cache
def members() -> tuple[Member, ...]:
    """Return every member in the table. A user name "-" there means a member without an account."""
    return tuple(_member(row) for row in tables.rows("members"))


def _member(row: dict[str, str]) -> Member:
    changes = {
        "username": "" if row["username"] == "-" else row["username"],
        "subscriber": row["subscriber"] or row["serial"],
        "also": row["also"].split(),
        "conditions": row["conditions"].split(),
    }
    return msgspec.convert({**row, **changes}, Member, strict=False)


def _sharing(member: Member) -> dict[str, str]:
    return next(row for row in tables.rows("cost_sharing") if member.plan.startswith(row["line"]))


def _copays(row: dict[str, str]) -> dict[str, int]:
    """Return a plan's copays in cents by service. For a service without a copay, deductible and coinsurance apply."""
    services = [name for name in row if name not in {"line", "deductible", "coinsurance", "out_of_pocket"}]
    return {name: int(row[name]) * 100 for name in services if row[name]}


def rules(member: Member) -> CostSharing:
    """Return the cost sharing of the member's plan, with nothing of the deductible used yet."""
    row = _sharing(member)
    return CostSharing(int(row["deductible"]) * 100, int(row["coinsurance"]), _copays(row))


def costs(member: Member) -> list[dict[str, Any]]:
    """Return the cost sharing of the member's plan as Coverage.costToBeneficiary."""
    row = _sharing(member)
    copays = _copays(row)
    percent = {"value": int(row["coinsurance"]), "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    money = {_COPAY_CODES[name]: cents for name, cents in copays.items() if name in _COPAY_CODES}
    money["deductible"] = int(row["deductible"]) * 100
    money["maxoutofpocket"] = int(row["out_of_pocket"]) * 100
    if sum(1 for other in members() if other.subscriber == member.subscriber) > 1:
        money |= {"FamInDed": money["deductible"] * 2, "FamInMax": money["maxoutofpocket"] * 2}
    return [
        {"type": concept(f"{HL7}coverage-copay-type", "copaypct"), "valueQuantity": percent},
        *(
            {"type": concept(f"{HL7}coverage-copay-type", code), "valueMoney": usd(cents)}
            for code, cents in money.items()
        ),
    ]


# The numbers of a member's further coverages.
SECOND, DENTAL, ENDED = 2, 3, 4
_KINDS = {
    "commppo": "PPO",
    "commhdhp": "PPO",
    "commpos": "POS",
    "qhp": "HMO",
    "mediadv": "MCPOL",
    "medihmo": "SUBSIDIZ",
}
_DENTAL_PLAN = {"key": "dental", "name": "BlueCross Dental", "networks": "", "product": "dent", "plan_id": "TND-4001"}


def coverages(member: Member, today: date) -> Iterator[Resource]:
    """Yield every Coverage resource of the member."""
    start = today.replace(day=1) if member.username == "noor" else today.replace(year=today.year - 2, month=1, day=1)
    yield _coverage(member, 1, plan(member.plan), today, (start, today.replace(month=12, day=31)))
    if member.username == "priya":
        year = today.year
        running = (f"{year - 1}-07-01", None)
        spouse = {**_coverage(member, SECOND, plan("ppo-p"), today, running), "order": 2}
        yield {**spouse, "relationship": concept(f"{HL7}subscriber-relationship", "spouse")}
        yield {**_coverage(member, DENTAL, _DENTAL_PLAN, today, running), "order": 3}
        ended = _coverage(member, ENDED, plan("bronze-s"), today, (f"{year - 4}-01-01", f"{year - 3}-12-31"))
        yield {**ended, "status": "cancelled"}


def plan(key: str) -> dict[str, str]:
    """Return the row with this key in the table of plans."""
    return next(row for row in tables.rows("plans") if row["key"] == key)


def _coverage(member: Member, number: int, row: dict[str, str], today: date, dates: tuple[object, object]) -> Resource:
    """Return a Coverage with its networks, and its group, plan and drug card numbers. `number` counts from 1."""
    kind = _KINDS.get(row["product"], "DENTPRG")
    group = member.employer or row["name"]
    found = (
        ("group", f"{100000 + len(group) * 311}", group),
        ("plan", row["plan_id"], row["name"]),
        ("rxbin", "999901", ""),
        ("rxpcn", "SBX", ""),
        ("rxgroup", f"SBX{row['key'].upper().replace('-', '')}", ""),
    )
    return resource(
        "Coverage",
        member.numbered_coverage(number),
        f"{CARIN}C4BB-Coverage|{member.shape}",
        f"{today.replace(day=1)}T06:00:00.000Z",
        identifier=[identifier(f"{PAYER_IDS}member", member.subscriber_id, f"{HL7}v2-0203", "MB")],
        status="active",
        type=concept(f"{HL7}v3-ActCode", kind, text=row["name"]),
        subscriber=reference(f"Patient/{member.patient}") if member.relationship == "self" else None,
        subscriberId=member.subscriber_id,
        beneficiary=reference(f"Patient/{member.patient}", member.name),
        dependent=member.dependent,
        relationship=concept(f"{HL7}subscriber-relationship", member.relationship),
        period=period(*dates),
        payor=[reference(f"Organization/{PAYER}", PAYER_NAME)],
        class_=[
            {"type": concept(f"{HL7}coverage-class", kind), "value": value, **({"name": name} if name else {})}
            for kind, value, name in found
        ],
        network=" and ".join(NETWORKS[letter] for letter in row["networks"].split()),
        costToBeneficiary=costs(member) if number == 1 else [],
    )


# The representative and, by serial number, how each represented person is related.
_REPRESENTATIVE = "lan"
_REPRESENTED = {7: "MTH", 8: "MTH", 9: "DAUC"}
# Further serial numbers whose records a member's sign-in opens.
_CHILDREN = {"carmen": (24, 25)}


def open_all(world: World, today: date) -> None:
    """Add every account to the world, and the RelatedPerson resources of the personal representative."""
    for member in members():
        if member.username == _REPRESENTATIVE:
            _represent(world, member, today)
        elif member.username:
            children = (one.patient for one in members() if one.serial in _CHILDREN.get(member.username, ()))
            world.accounts[member.username] = Account(
                member.username, member.name, (member.patient, *children), f"Patient/{member.patient}", member.about
            )


def _represent(world: World, person: Member, today: date) -> None:
    represented = [member for member in members() if member.serial in _REPRESENTED]
    for member in represented:
        world.add(_related(person, member, today))
    first = f"RelatedPerson/{_related_id(person, represented[0])}"
    patients = tuple(member.patient for member in represented)
    world.accounts[person.username] = Account(person.username, person.name, patients, first, person.about)


def _related_id(person: Member, member: Member) -> str:
    return f"rel-{person.serial:03d}-{member.serial:03d}"


def _related(person: Member, member: Member, today: date) -> Resource:
    return resource(
        "RelatedPerson",
        _related_id(person, member),
        f"{CARIN}C4BB-RelatedPerson|2.0.0",
        f"{today.replace(day=1)}T06:00:00.000Z",
        active=True,
        patient=reference(f"Patient/{member.patient}", member.name),
        relationship=[concept(f"{HL7}v3-RoleCode", _REPRESENTED[member.serial])],
        name=[{"text": person.name, "family": person.family, "given": [person.given]}],
        gender=person.gender,
    )
