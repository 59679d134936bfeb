"""Members as Patient resources of CARIN Blue Button, and their coverages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.synthetic import geography, tables
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

if TYPE_CHECKING:
    from datetime import date

    from bot.sandbox.synthetic.claim import Shape
    from bot.sandbox.world import Resource

_GIVEN_KIND = {"ppo": "PPO", "hdhp": "PPO", "duo": "POS", "silver": "HMO", "bronze": "HMO"}


@dataclass(frozen=True, slots=True)
class Member:
    """A person who is covered. `serial` numbers them for ever; family members share a `subscriber` serial."""

    username: str
    serial: int
    given: str
    family: str
    gender: str
    age: int
    zip: str
    plan: str
    shape: Shape
    about: str
    language: str = "en"
    subscriber: int = 0
    relationship: str = "self"
    employer: str = "Ridge & River Outfitters"
    visits: int = 40

    @property
    def patient(self) -> str:
        """The Patient's id."""
        return f"tn{700000 + self.serial * 137}"

    @property
    def coverage(self) -> str:
        """The id of the first coverage."""
        return f"cov-{self.serial:03d}-1"

    @property
    def subscriber_id(self) -> str:
        """The number on the card, the same for the whole family."""
        return f"ZXB{900000000 + (self.subscriber or self.serial) * 31337}"

    @property
    def name(self) -> str:
        """The name in one string."""
        return f"{self.given} {self.family}"


def patient(member: Member, today: date) -> Resource:
    """The member's Patient."""
    place = geography.places()[member.zip]
    suffix = f"{member.serial % 90 + 1:02d}"
    born = today.replace(year=today.year - member.age, month=member.serial % 12 + 1, day=member.serial * 7 % 28 + 1)
    return resource(
        "Patient",
        member.patient,
        f"{CARIN}C4BB-Patient|{member.shape}",
        f"{today.replace(day=1)}T06:00:00.000Z",
        identifier=[
            identifier(f"{PAYER_IDS}member", f"{member.subscriber_id}-{suffix}", f"{HL7}v2-0203", "MB"),
            identifier(f"{PAYER_IDS}person", f"U{member.serial:09d}", f"{CARIN_CODES}C4BBIdentifierType", "um"),
        ],
        active=True,
        name=[{"use": "official", "text": member.name, "family": member.family, "given": [member.given]}],
        telecom=[
            {"system": "phone", "value": f"({place.area_code}) 555-{100 + member.serial:04d}", "use": "mobile"},
            {"system": "email", "value": f"{member.username}@mail.example", "use": "home"},
        ],
        gender=member.gender,
        birthDate=str(born),
        address=[{**place.address(f"{210 + member.serial * 8} Laurel Ridge Rd"), "use": "home"}],
        communication=[{"language": concept(LANGUAGE_TAG, member.language), "preferred": True}],
    )


def plan(key: str) -> dict[str, str]:
    """A row of the table of plans."""
    return next(row for row in tables.rows("plans") if row["key"] == key)


def coverage(member: Member, today: date, costs: list[dict[str, Any]]) -> Resource:
    """The member's current Coverage with the networks, group, plan and drug-card numbers."""
    row = plan(member.plan)
    kind = {"mediadv": "MCPOL", "medihmo": "SUBSIDIZ"}.get(row["product"]) or _GIVEN_KIND[member.plan.split("-")[0]]
    return resource(
        "Coverage",
        member.coverage,
        f"{CARIN}C4BB-Coverage|{member.shape}",
        f"{today.replace(day=1)}T06:00:00.000Z",
        identifier=[identifier(f"{PAYER_IDS}member", member.subscriber_id, f"{HL7}v2-0203", "MB")],
        status="active",
        type=concept(f"{HL7}v3-ActCode", kind, text=row["name"]),
        subscriber=reference(f"Patient/{member.patient}") if member.relationship == "self" else None,
        subscriberId=member.subscriber_id,
        beneficiary=reference(f"Patient/{member.patient}", member.name),
        dependent=f"{member.serial % 90 + 1:02d}",
        relationship=concept(f"{HL7}subscriber-relationship", member.relationship),
        period=period(f"{today.year - 2}-01-01", f"{today.year}-12-31"),
        payor=[reference(f"Organization/{PAYER}", PAYER_NAME)],
        class_=_classes(member, row),
        network=" and ".join(NETWORKS[letter] for letter in row["networks"].split()),
        costToBeneficiary=costs,
    )


def _classes(member: Member, row: dict[str, str]) -> list[dict[str, Any]]:
    group = member.employer if row["product"].startswith("comm") else row["name"]
    found = (
        ("group", f"{100000 + len(group) * 311}", group),
        ("plan", row["plan_id"], row["name"]),
        ("rxbin", "999901", ""),
        ("rxpcn", "SBX", ""),
        ("rxgroup", f"SBX{row['key'].upper().replace('-', '')}", ""),
    )
    return [
        {
            "type": concept(f"{HL7}coverage-class", kind),
            "value": value,
            **({"name": name} if name else {}),
        }
        for kind, value, name in found
    ]
