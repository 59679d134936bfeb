"""Two years of ordinary care for one member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.synthetic import chance, tables
from bot.sandbox.synthetic.claim import Claim, Line

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import date

    from bot.sandbox.synthetic.money import CostSharing
    from bot.sandbox.synthetic.people import Member
    from bot.sandbox.synthetic.providers import Providers

SYSTEMS = {
    "cpt": "http://www.ama-assn.org/go/cpt",
    "cdt": "http://www.ada.org/cdt",
    "hcpcs": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "ndc": "http://hl7.org/fhir/sid/ndc",
}
_PHARMACY_SHARE = 0.35


class Notebook:
    """Writes a member's claims: numbers them, asks the plan's rules for the money, and chooses who gave the care."""

    def __init__(self, member: Member, rules: CostSharing, providers: Providers, rng: random.Random) -> None:
        self.member, self.rules, self.providers, self.rng = member, rules, providers, rng
        self._count = 0

    def number(self, day: date) -> str:
        """The next claim number: year, day of the year, member, count."""
        self._count += 1
        return f"{day:%y%j}{self.member.serial:03d}{self._count:05d}"

    def decided(self, day: date, today: date) -> date:
        """When the payer decided: some days after the care, and never in the future."""
        return min(today, chance.before(day, -self.rng.randrange(4, 24)))

    def service(self, key: str, day: date, today: date) -> Claim:
        """A claim for a service of the table, with a second line now and then."""
        row = _service(key)
        bills, seen, specialty = self.providers.parties(row["specialty"], self.member.zip, self.rng)
        stay = self.rng.randrange(2, 6) if row["kind"] == "inpatient" else 0
        return Claim(
            number=self.number(day),
            patient=f"Patient/{self.member.patient}",
            coverage=f"Coverage/{self.member.coverage}",
            kind=row["kind"],  # type: ignore[arg-type]  # the table's column holds the kinds
            shape=self.member.shape,
            day=day,
            last_day=chance.before(day, -stay),
            decided=self.decided(chance.before(day, -stay), today),
            lines=(self.line(row, day),),
            provider=bills,
            seen=seen,
            specialty=specialty,
            diagnosis=(row["icd"], row["icd_text"]),
            place=row["place"],
        )

    def line(self, row: dict[str, str], day: date) -> Line:
        """One line of a service at a drawn price."""
        billed = self.rng.randrange(int(row["least"]) * 100, int(row["most"]) * 100)
        charge = self.rules.adjudicate(
            billed,
            row["service"],
            day.year,
            pays_at_visit=self.rng.random() < 0.5,  # noqa: PLR2004 - even odds
        )
        return Line(SYSTEMS[row["system"]], row["code"], row["text"], charge, row["revenue"])

    def fill(self, key: str, day: date, today: date) -> Claim:
        """A claim for a drug of the table, filled at a pharmacy."""
        row = next(row for row in tables.rows("pharmacy") if row["key"] == key)
        pharmacy, _, _ = self.providers.parties("pharmacy", self.member.zip, self.rng)
        _, prescriber, specialty = self.providers.parties("207Q00000X", self.member.zip, self.rng)
        billed = self.rng.randrange(int(row["least"]) * 100, int(row["most"]) * 100)
        charge = self.rules.adjudicate(billed, row["tier"], day.year, pays_at_visit=True)
        return Claim(
            number=self.number(day),
            patient=f"Patient/{self.member.patient}",
            coverage=f"Coverage/{self.member.coverage}",
            kind="pharmacy",
            shape=self.member.shape,
            day=day,
            last_day=day,
            decided=min(today, chance.before(day, -1)),
            lines=(Line(SYSTEMS["ndc"], row["ndc"], row["text"], charge, quantity=30),),
            provider=pharmacy,
            seen=prescriber,
            specialty=specialty,
            diagnosis=(row["icd"], row["icd_text"]),
            days_supply=30,
        )

    def ordinary(self, today: date, *, newest: int, count: int, days: int = 730) -> Iterator[Claim]:
        """So many claims between `days` ago and `newest` days ago, oldest first."""
        ages = sorted((self.rng.randrange(newest, days) for _ in range(count)), reverse=True)
        for age in ages:
            day = chance.before(today, age)
            if self.rng.random() < _PHARMACY_SHARE:
                yield self.fill(self.rng.choice(_drugs()), day, today)
            else:
                yield self.service(self.rng.choice(_common()), day, today)


def _service(key: str) -> dict[str, str]:
    return next(row for row in tables.rows("services") if row["key"] == key)


def _common() -> list[str]:
    rare = {"inpatient"}
    return [
        row["key"]
        for row in tables.rows("services")
        if row["kind"] not in rare and row["key"] not in {"dialysis", "day_surgery"}
    ]


def _drugs() -> list[str]:
    return [row["key"] for row in tables.rows("pharmacy") if row["tier"] != "specialty"]
