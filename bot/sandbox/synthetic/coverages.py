"""A member's coverages: the current plan, and for some a second plan, a dental plan and an ended one."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.sandbox.synthetic import members, tables
from bot.sandbox.synthetic.networks import NETWORKS, PAYER, PAYER_NAME
from bot.sandbox.synthetic.people import Member
from bot.sandbox.synthetic.shapes import CARIN, HL7, PAYER_IDS, concept, identifier, period, reference, resource
from bot.sandbox.world import Resource

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
    """Yield every Coverage of the member."""
    start = today.replace(day=1) if member.username == "noor" else today.replace(year=today.year - 2, month=1, day=1)
    yield _coverage(member, 1, plan(member.plan), today, (start, today.replace(month=12, day=31)))
    if member.username == "priya":
        yield from _further(member, today)


def _further(member: Member, today: date) -> Iterator[Resource]:
    year = today.year
    running = (f"{year - 1}-07-01", None)
    spouse = {**_coverage(member, SECOND, plan("ppo-p"), today, running), "order": 2}
    yield {**spouse, "relationship": concept(f"{HL7}subscriber-relationship", "spouse")}
    yield {**_coverage(member, DENTAL, _DENTAL_PLAN, today, running), "order": 3}
    ended = _coverage(member, ENDED, plan("bronze-s"), today, (f"{year - 4}-01-01", f"{year - 3}-12-31"))
    yield {**ended, "status": "cancelled"}


def plan(key: str) -> dict[str, str]:
    """Return a row of the table of plans."""
    return next(row for row in tables.rows("plans") if row["key"] == key)


def _coverage(member: Member, number: int, row: dict[str, str], today: date, dates: tuple[object, object]) -> Resource:
    """Return a Coverage with the networks, and the group, plan and drug card numbers."""
    kind = _KINDS.get(row["product"], "DENTPRG")
    return resource(
        "Coverage",
        member.numbered_coverage(number),
        f"{CARIN}C4BB-Coverage|{member.shape}",
        f"{today.replace(day=1)}T06:00:00.000Z",
        identifier=[identifier(f"{PAYER_IDS}member", member.subscriber_id, f"{HL7}v2-0203", "MB")],
        status="active",
        type=concept(f"{HL7}v3-ActCode", kind, text=row["name"]),
        subscriber=_subscriber(member),
        subscriberId=member.subscriber_id,
        beneficiary=reference(f"Patient/{member.patient}", member.name),
        dependent=member.dependent,
        relationship=concept(f"{HL7}subscriber-relationship", member.relationship),
        period=period(*dates),
        payor=[reference(f"Organization/{PAYER}", PAYER_NAME)],
        class_=_classes(member, row),
        network=" and ".join(NETWORKS[letter] for letter in row["networks"].split()),
        costToBeneficiary=members.costs(member) if number == 1 else [],
    )


def _subscriber(member: Member) -> dict[str, Any] | None:
    """Return a reference to the subscriber if it is the member; other people's records are not referenced."""
    return reference(f"Patient/{member.patient}") if member.relationship == "self" else None


def _classes(member: Member, row: dict[str, str]) -> list[dict[str, Any]]:
    group = member.employer or row["name"]
    found = (
        ("group", f"{100000 + len(group) * 311}", group),
        ("plan", row["plan_id"], row["name"]),
        ("rxbin", "999901", ""),
        ("rxpcn", "SBX", ""),
        ("rxgroup", f"SBX{row['key'].upper().replace('-', '')}", ""),
    )
    return [
        {"type": concept(f"{HL7}coverage-class", kind), "value": value, **({"name": name} if name else {})}
        for kind, value, name in found
    ]
