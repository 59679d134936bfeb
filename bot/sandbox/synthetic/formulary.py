"""Three drug lists in US Drug Formulary STU1.1 profiles: a List per plan, a MedicationKnowledge per drug and plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.sandbox.synthetic import tables
from bot.sandbox.synthetic.shapes import (
    FORMULARY,
    FORMULARY_CODES,
    HL7,
    coded,
    concept,
    extension,
    nested,
    reference,
    resource,
)
from bot.sandbox.world import Resource

_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
# Above every number that RxNorm has given out: a made-up code cannot be mistaken for a real drug.
_MADE_UP = 9_100_000
_LIMITS = (("P", "PriorAuthorization"), ("S", "StepTherapyLimit"), ("Q", "QuantityLimit"))
_GENERIC_TIERS = ("preferred-generic", "generic", "non-preferred-generic")


@dataclass(frozen=True, slots=True)
class SyntheticDrug:
    """One strength and form of a drug: its RxNorm name and code, tier, limits, and use."""

    number: int
    name: str
    code: str
    tier: str
    limits: str
    group: str
    brand: str


def build(today: date) -> Iterator[Resource]:
    """Yield the drug lists and a resource for each drug on them."""
    updated = f"{today.replace(day=1)}T06:00:00.000Z"
    every = list(drugs())
    for row in tables.rows("drug_lists"):
        urls = (("SummaryURL", "summary"), ("FormularyURL", "drugs"), ("MarketingURL", "plan"))
        plan_ids = [row["plan_id"], *row["also"].split()]
        yield resource(
            "List",
            f"formulary-{row['key']}",
            f"{FORMULARY}usdf-CoveragePlan",
            updated,
            extension=[
                *(_tier(tier, row["key"]) for tier in tables.rows("drug_tiers")),
                extension(f"{FORMULARY}usdf-Network-extension", "String", "Retail and mail pharmacies"),
                *(
                    extension(f"{FORMULARY}usdf-{name}-extension", "Url", f"https://payer.example/{page}/{row['key']}")
                    for name, page in urls
                ),
                extension(f"{FORMULARY}usdf-EmailPlanContact-extension", "Url", "mailto:drugs@payer.example"),
                extension(f"{FORMULARY}usdf-PlanIDType-extension", "String", "OTHER-PLAN-ID"),
            ],
            identifier=[{"value": plan_id} for plan_id in plan_ids],
            status="current",
            mode="snapshot",
            title=row["title"],
            code=concept(f"{HL7}v3-ActCode", "DRUGPOL"),
            date=updated[:10],
        )
        listed = [drug for drug in every if drug.number % int(row["skips"])]
        cheaper = {drug.group: drug for drug in reversed(listed) if drug.tier in _GENERIC_TIERS}
        for drug in listed:
            yield _drug(drug, row, cheaper.get(drug.group), updated)


def drugs() -> Iterator[SyntheticDrug]:
    """Yield each strength of each drug in the table, numbered from 1."""
    number = 0
    for row in tables.rows("drugs"):
        strengths = row["strengths"].split("|")
        codes = row["codes"].split("|") if row["codes"] else [""] * len(strengths)
        brand = f" [{row['brand']}]" if row["brand"] else ""
        for strength, code in zip(strengths, codes, strict=True):
            number += 1
            yield SyntheticDrug(
                number=number,
                name=f"{row['ingredient']} {strength} {row['form']}{brand}",
                code=code or str(_MADE_UP + number),
                tier=row["tier"],
                limits=row["limits"],
                group=row["group"],
                brand=row["brand"],
            )


def _tier(tier: dict[str, str], key: str) -> dict[str, Any]:
    """Return the cost of a tier at each kind of pharmacy. Three months by mail cost two and a half times one month."""
    share = tier[key]
    pharmacies = [("1-month-in-retail", 1.0), ("1-month-out-retail", 1.5)]
    if tier["mail"] == "yes":
        pharmacies.append(("3-month-in-mail", 2.5))
    return nested(
        f"{FORMULARY}usdf-DrugTierDefinition-extension",
        [
            coded("drugTierID", f"{FORMULARY_CODES}usdf-DrugTierCS", tier["tier"], tier["name"]),
            extension("mailOrder", "Boolean", tier["mail"] == "yes"),
            *(_cost(kind, share, times) for kind, times in pharmacies),
        ],
    )


def _cost(kind: str, share: str, times: float) -> dict[str, Any]:
    percent = share.endswith("%")
    copay = 0 if percent else float(share) * times
    rate = float(share.removesuffix("%")) / 100 if percent else 0
    free = not percent and not copay
    rate_option = "after-deductible" if percent else "not-applicable"
    copay_option = "not-applicable" if percent else "no-charge" if free else "before-deductible"
    return nested(
        "costSharing",
        [
            coded("pharmacyType", f"{FORMULARY_CODES}usdf-PharmacyTypeCS", kind),
            extension("copayAmount", "Money", {"value": copay, "currency": "USD"}),
            coded("copayOption", f"{FORMULARY_CODES}usdf-CopayOptionCS", copay_option),
            extension("coinsuranceRate", "Decimal", rate),
            coded("coinsuranceOption", f"{FORMULARY_CODES}usdf-CoinsuranceOptionCS", rate_option),
        ],
    )


def _drug(drug: SyntheticDrug, row: dict[str, str], cheaper: SyntheticDrug | None, updated: str) -> Resource:
    tier = row["preferred_brand"] if drug.tier == "preferred-brand" else drug.tier
    extensions = [
        coded(f"{FORMULARY}usdf-DrugTierID-extension", f"{FORMULARY_CODES}usdf-DrugTierCS", tier),
        *_limits(drug),
        extension(f"{FORMULARY}usdf-PlanID-extension", "String", row["plan_id"]),
    ]
    if cheaper and cheaper is not drug and drug.tier not in _GENERIC_TIERS:
        other = reference(f"MedicationKnowledge/{_key(cheaper, row)}", cheaper.name)
        extensions.append(extension(f"{FORMULARY}usdf-DrugAlternatives-extension", "Reference", other))
    return resource(
        "MedicationKnowledge",
        _key(drug, row),
        f"{FORMULARY}usdf-FormularyDrug",
        updated,
        extension=extensions,
        code=concept(_RXNORM, drug.code, drug.name),
        status="active",
    )


def _key(drug: SyntheticDrug, row: dict[str, str]) -> str:
    return f"drug-{row['key']}-{drug.code}"


def _limits(drug: SyntheticDrug) -> Iterator[dict[str, Any]]:
    """Yield for each limit whether it applies to the drug.

    For one drug in seven, limits that do not apply are omitted.
    """
    for letter, name in _LIMITS:
        if letter in drug.limits or drug.number % 7:
            yield extension(f"{FORMULARY}usdf-{name}-extension", "Boolean", value=letter in drug.limits)
