"""One decided claim, independent of the version of the guide."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.sandbox.synthetic.money import Charge

SyntheticKind = Literal["professional", "inpatient", "outpatient", "pharmacy", "oral"]
# The published versions of CARIN Blue Button whose shapes differ.
SyntheticShape = Literal["1.1.0", "2.0.0"]


@dataclass(frozen=True, slots=True)
class Party:
    """A provider on a claim: a reference, the displayed name, and the NPI."""

    address: str
    name: str
    npi: str


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a line was denied: a reason code, the payer's short text, and a longer note to the member."""

    system: str
    code: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SyntheticLine:
    """One service or drug with its amounts."""

    system: str
    code: str
    text: str
    charge: Charge
    revenue: str = ""
    quantity: int = 1
    denial: Denial | None = None


@dataclass(frozen=True, slots=True)
class SyntheticClaim:
    """All data for an ExplanationOfBenefit; `number` is the payer's claim number."""

    number: str
    patient: str
    coverage: str
    kind: SyntheticKind
    shape: SyntheticShape
    day: date
    last_day: date
    decided: date
    lines: tuple[SyntheticLine, ...]
    provider: Party
    seen: Party
    diagnosis: tuple[str, str]
    specialty: str = ""
    place: str = "11"
    in_network: bool = True
    status: str = "active"
    outcome: str = "complete"
    use: str = "claim"
    replaces: str = ""
    replaced_by: str = ""
    days_supply: int = 0

    @property
    def key(self) -> str:
        """The id of the resource."""
        return f"eob-{self.number.lower()}"
