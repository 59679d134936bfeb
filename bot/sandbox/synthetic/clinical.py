"""Generates conditions, lab results, vital signs, procedures and care plans in US Core 3.1.1 profiles."""

import random
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any

from bot.sandbox.synthetic import chance, tables
from bot.sandbox.synthetic.cases import by_basis, on_resource
from bot.sandbox.synthetic.members import Member
from bot.sandbox.synthetic.shapes import HL7, US_CORE, concept, reference, resource
from bot.sandbox.world import Resource

_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_UCUM = "http://unitsofmeasure.org"
# How old the results of a trend are, in days; the newest is last.
_TREND = (690, 510, 330, 150, 35)
_ADULT = 18


class SyntheticChart:
    """Generates one member's clinical record."""

    def __init__(self, member: Member, rng: random.Random, today: date) -> None:
        self._member, self._rng, self._today = member, rng, today
        self._subject = reference(f"Patient/{member.patient}", member.name)
        self._count = 0

    def write(self) -> Iterator[Resource]:
        """Yield every clinical resource of the member."""
        for row in self._about("conditions", "key"):
            onset = f"{self._today.year - int(row['years'])}"
            codes = concept(_SNOMED, row["snomed"], text=row["text"])
            codes["coding"].append({"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": row["icd"]})
            shape = self._make(
                "Condition",
                "us-core-condition",
                chance.before(self._today, 90),
                clinicalStatus=concept(f"{HL7}condition-clinical", "active"),
                verificationStatus=concept(f"{HL7}condition-ver-status", "confirmed"),
                category=[concept(f"{HL7}condition-category", "problem-list-item")],
                code=codes,
                onsetDateTime=onset,
                recordedDate=str(chance.before(self._today, 90)),
            )
            yield on_resource(shape) if row["key"] == "substance" else shape
            yield self._care_plan(row)
        for row in self._about("labs", "condition"):
            first, last = float(row["first"]), float(row["last"])
            for place, age in enumerate(_TREND):
                value = first + (last - first) * place / (len(_TREND) - 1)
                value *= self._rng.uniform(0.98, 1.02)
                day = chance.before(self._today, age)
                bounds = ("low", "high")
                low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
                code = "L" if low is not None and value < low else "H" if high is not None and value > high else "N"
                yield self._observation(
                    "us-core-observation-lab",
                    "laboratory",
                    concept(_LOINC, row["loinc"], text=row["text"]),
                    day,
                    effectiveDateTime=f"{day}T08:40:00-05:00",
                    valueQuantity=_quantity(value, row),
                    referenceRange=[{name: _quantity(float(row[name]), row) for name in bounds if row[name]}],
                    interpretation=[concept(f"{HL7}v3-ObservationInterpretation", code)],
                )
        for row in self._about("procedures", "condition"):
            done = chance.before(self._today, int(row["days"]))
            yield self._make(
                "Procedure",
                "us-core-procedure",
                done,
                status="completed",
                code=concept(row["system"], row["code"], text=row["text"]),
                performedDateTime=str(done),
            )
        yield from self._vitals()
        if self._member.age >= _ADULT:
            yield self._smoking()

    def _about(self, table: str, column: str) -> Iterator[dict[str, str]]:
        wanted = {*self._member.conditions, "any"}
        if self._member.age < _ADULT:
            wanted.discard("any")
        return (row for row in tables.rows(table) if row[column] in wanted)

    def _make(self, kind: str, profile: str, day: date, **elements: object) -> Resource:
        updated = chance.instant(day, self._rng)
        self._count += 1
        key = f"{kind.lower()}-{self._member.serial:03d}-{self._count:03d}"
        return resource(kind, key, f"{US_CORE}{profile}", updated, subject=self._subject, **elements)

    def _care_plan(self, row: dict[str, str]) -> Resource:
        steps = "".join(f"<li>{escape(step.strip())}</li>" for step in row["plan"].split(";"))
        div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(row["text"])}</p><ul>{steps}</ul></div>'
        shape = self._make(
            "CarePlan",
            "us-core-careplan",
            chance.before(self._today, 60),
            text={"status": "additional", "div": div},
            status="active",
            intent="plan",
            category=[concept("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")],
            title=f"Care plan: {row['text'].lower()}",
            period={"start": str(chance.before(self._today, 60))},
        )
        return by_basis(shape) if row["key"] == "substance" else shape

    def _observation(self, profile: str, category: str, code: dict[str, Any], day: date, **value: object) -> Resource:
        return self._make(
            "Observation",
            profile,
            day,
            status="final",
            category=[concept(f"{HL7}observation-category", category)],
            code=code,
            **value,
        )

    def _vitals(self) -> Iterator[Resource]:
        pressed = "hypertension" in self._member.conditions
        for place, age in enumerate(_TREND):
            day = chance.before(self._today, age)
            top = (148 - 4 * place if pressed else 118) + self._rng.randrange(-4, 5)
            bottom = (92 - 2 * place if pressed else 76) + self._rng.randrange(-3, 4)
            parts = (("8480-6", "Upper number", top), ("8462-4", "Lower number", bottom))
            component = [
                {
                    "code": concept(_LOINC, code, text=text),
                    "valueQuantity": {"value": value, "unit": "mmHg", "system": _UCUM, "code": "mm[Hg]"},
                }
                for code, text, value in parts
            ]
            yield self._observation(
                "us-core-blood-pressure",
                "vital-signs",
                concept(_LOINC, "85354-9", text="Blood pressure"),
                day,
                effectiveDateTime=str(day),
                component=component,
            )
            weight = 18 + 3.2 * self._member.age if self._member.age < _ADULT else 64 + self._member.serial % 9 * 4
            for code, text, unit, value in (
                ("8867-4", "Heart rate", "/min", self._rng.randrange(62, 90)),
                ("29463-7", "Body weight", "kg", round(weight + self._rng.uniform(-1.5, 1.5), 1)),
                ("8310-5", "Body temperature", "Cel", round(self._rng.uniform(36.3, 37.2), 1)),
            ):
                yield self._observation(
                    "us-core-vital-signs",
                    "vital-signs",
                    concept(_LOINC, code, text=text),
                    day,
                    effectiveDateTime=str(day),
                    valueQuantity={"value": value, "unit": unit, "system": _UCUM, "code": unit},
                )

    def _smoking(self) -> Resource:
        code, text = (("266919005", "Never smoked"), ("8517006", "Used to smoke"), ("449868002", "Smokes daily"))[
            self._member.serial % 3
        ]
        day = chance.before(self._today, 200)
        return self._observation(
            "us-core-smokingstatus",
            "social-history",
            concept(_LOINC, "72166-2", text="Smoking"),
            day,
            issued=f"{day}T09:00:00.000-05:00",
            valueCodeableConcept=concept(_SNOMED, code, text=text),
        )


def _quantity(value: float, row: dict[str, str]) -> dict[str, Any]:
    rounded = round(value, int(row["digits"])) if int(row["digits"]) else round(value)
    return {"value": rounded, "unit": row["unit"], "system": _UCUM, "code": row["code"]}
