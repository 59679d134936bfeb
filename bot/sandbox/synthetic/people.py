"""Members, and their Patient resources for CARIN Blue Button."""

from dataclasses import dataclass
from datetime import date

from bot.sandbox.synthetic import geography
from bot.sandbox.synthetic.claim import SyntheticShape
from bot.sandbox.synthetic.shapes import (
    CARIN,
    CARIN_CODES,
    HL7,
    LANGUAGE_TAG,
    PAYER_IDS,
    concept,
    identifier,
    resource,
)
from bot.sandbox.world import Resource


@dataclass(frozen=True, slots=True)
class Member:
    """A member.

    Attributes:
        serial: A fixed number; `subscriber` is the number of the family's subscriber.
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
        """The name of this person's random stream."""
        return f"member-{self.serial}"

    @property
    def patient(self) -> str:
        """The id of the Patient."""
        return f"tn{700000 + self.serial * 137}"

    @property
    def coverage(self) -> str:
        """The id of the first coverage."""
        return self.numbered_coverage(1)

    def numbered_coverage(self, number: int) -> str:
        """Return the id of a coverage, counted from 1."""
        return f"cov-{self.serial:03d}-{number}"

    @property
    def subscriber_id(self) -> str:
        """The number on the card, equal for the whole family."""
        return f"ZXB{900000000 + self.subscriber * 31337}"

    @property
    def dependent(self) -> str:
        """The person's suffix on the family's card; 01 is the subscriber."""
        return f"{self.serial - self.subscriber + 1:02d}" if self.serial >= self.subscriber else f"{self.serial:02d}"

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given} {self.family}"


def patient(member: Member, today: date) -> Resource:
    """Return the member's Patient."""
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
