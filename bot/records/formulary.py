"""Drug lists (formularies) and their drugs, US Drug Formulary STU1.1.

A drug list is a List for each plan, and a drug is a MedicationKnowledge for each drug and plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from bot.records import shapes
from bot.records.explanation import amount_of
from bot.records.money import Amount, believable
from bot.records.written import clean, parse_date, web_address

_ORDER = (
    "zero-cost-share-preventative",
    "preferred-generic",
    "generic",
    "non-preferred-generic",
    "preferred-brand",
    "brand",
    "non-preferred-brand",
    "specialty",
    "medical-service",
)

_STRENGTH = re.compile(r"\s\d")
_DOSE_BEFORE = re.compile(r"^(?:[\d.]+\s*(?:MG|MCG|ML|HR|UNT|ACTUAT|G)\b,?\s*|Dose\s+)+", re.IGNORECASE)
_BRAND = re.compile(r"\[([^\]]+)\]")
_DRUG_NAME = 200


class Tier(msgspec.Struct, frozen=True):
    """A tier of a formulary by its codings (system and code). `words` are the payer's words for the tier."""

    codings: tuple[tuple[str | None, str], ...]
    words: str | None

    @property
    def code(self) -> str:
        """The first code of the tier; "" without a code."""
        return self.codings[0][1] if self.codings else ""

    @property
    def rank(self) -> int:
        """The position in the usual order of cost by the formulary guide. Tiers defined by a payer itself come last."""
        places = [_ORDER.index(code) for _, code in self.codings if code in _ORDER]
        return places[0] if places else len(_ORDER)

    def matches(self, other: Tier) -> bool:
        """Return whether the tiers have a code in common whose systems are equal, or one of the systems is missing."""
        return any(
            mine[1] == theirs[1] and (None in {mine[0], theirs[0]} or mine[0] == theirs[0])
            for mine in self.codings
            for theirs in other.codings
        )


def tier_of(concept: shapes.Concept | None) -> Tier | None:
    """Return the tier; None without a code and without words."""
    if concept is None:
        return None
    codings = tuple((coding.system, coding.code) for coding in concept.coding if coding.code)
    words = concept.words()
    return Tier(codings, words) if codings or words else None


class PharmacyCost(msgspec.Struct, frozen=True):
    """What a tier costs at one kind of pharmacy according to the plan. The member's own deductible is not considered.

    `copay` and `percent` are None if the option says that they do not apply. The options are codes of the formulary
    guide: charge, no-charge, no-charge-after-deductible, after-deductible, before-deductible.
    """

    pharmacy: str
    copay: Amount | None
    copay_option: str | None
    percent: Decimal | None
    percent_option: str | None

    @property
    def free(self) -> bool:
        """Whether nothing is charged according to the options."""
        options = {self.copay_option, self.percent_option} - {None, "not-applicable"}
        return bool(options) and all(option.startswith("no-charge") for option in options if option)

    @property
    def after_deductible(self) -> bool:
        """Whether the copay or the percentage applies only after the deductible."""
        return any("after-deductible" in (option or "") for option in (self.copay_option, self.percent_option))

    @property
    def fixed(self) -> Amount | None:
        """The copay if it is the whole cost and no deductible comes first; None otherwise."""
        return None if self.percent or self.after_deductible else self.copay


class TierCosts(msgspec.Struct, frozen=True):
    """A tier of a drug list with its costs by kind of pharmacy. `mail` is None if mail order is not stated."""

    tier: Tier
    mail: bool | None
    costs: tuple[PharmacyCost, ...]

    def at(self, pharmacy: str) -> PharmacyCost | None:
        """Return the cost at a kind of pharmacy, given by the guide's code; None if unknown."""
        return next((one for one in self.costs if one.pharmacy == pharmacy), None)


class _ListShape(shapes.RecordShape, frozen=True):
    extension: tuple[shapes.Extension, ...] = ()
    identifier: tuple[shapes.Identifier, ...] = ()
    status: str | None = None
    title: str | None = None
    code: shapes.Concept | None = None
    date: str | None = None


class _DrugShape(shapes.RecordShape, frozen=True):
    extension: tuple[shapes.Extension, ...] = ()
    code: shapes.Concept | None = None


class DrugList(shapes.Record):
    """A drug list of one or more plans; `is_formulary` is False for another kind of List.

    `plan_ids` are the ids of its plans, by which drugs refer to the list. Web addresses are kept only if they are
    https.
    """

    TYPE = "List"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _ListShape, labels)
        tiers = [
            _tier_costs(one) for one in shapes.extensions_named(shape.extension, "usdf-DrugTierDefinition-extension")
        ]
        networks = shapes.extensions_named(shape.extension, "usdf-Network-extension")
        self.plan_ids = tuple(value for i in shape.identifier if (value := clean(i.value)))
        self.title = clean(shape.title)
        self.status = shape.status
        self.date = parse_date(shape.date)
        self.tiers = tuple(tier for tier in tiers if tier)
        self.networks = tuple(words for one in networks if (words := clean(one.value_string)))
        pages = (shapes.first_named(shape.extension, f"usdf-{name}URL-extension") for name in ("Summary", "Formulary"))
        self.summary_url, self.formulary_url = (web_address(one.value_url or one.value_string) for one in pages)
        self.is_formulary = bool(tiers) or (shape.code is not None and "DRUGPOL" in shape.code.codes())

    def costs(self, drug: Drug) -> TierCosts | None:
        """Return the costs of the drug's tier; None if the list does not define the tier."""
        if drug.tier is None:
            return None
        return next((costs for costs in self.tiers if costs.tier.matches(drug.tier)), None)


class Drug(shapes.Record):
    """A drug on a drug list.

    A restriction such as `step_therapy` is None if not stated, which does not mean "no" (fhir-notes 8).
    """

    TYPE = "MedicationKnowledge"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _DrugShape, labels)
        flags = (shapes.first_named(shape.extension, f"usdf-{name}-extension").value_boolean for name in _FLAGS)
        others = shapes.extensions_named(shape.extension, "usdf-DrugAlternatives-extension")
        # The search parameter DrugName uses the display of the first coding that has one.
        displays = (clean(coding.display, _DRUG_NAME) for coding in shape.code.coding) if shape.code else ()
        self.name = next((d for d in displays if d), clean(shape.code.text, _DRUG_NAME) if shape.code else None)
        self.codes = shape.code.codes() if shape.code else ()
        self.plan_id = clean(shapes.first_named(shape.extension, "usdf-PlanID-extension").value_string)
        self.tier = tier_of(shapes.first_named(shape.extension, "usdf-DrugTierID-extension").value_codeable_concept)
        self.prior_authorization, self.step_therapy, self.quantity_limit, self.mail = flags
        self.alternatives = tuple(
            (shapes.key_of(one), clean(one.display, _DRUG_NAME)) for e in others if (one := e.value_reference)
        )

    @property
    def ingredient(self) -> str:
        """The ingredient in the RxNorm name, between a leading dose and the strength; several are joined with " / "."""
        parts = (_STRENGTH.split(_DOSE_BEFORE.sub("", part), maxsplit=1)[0] for part in (self.name or "").split(" / "))
        return " / ".join(part.strip().casefold() for part in parts)

    @property
    def brand(self) -> str | None:
        """The brand in brackets in the RxNorm name; None if there is none."""
        found = _BRAND.search(self.name or "")
        return found[1].strip() if found else None

    def is_called(self, words: str) -> bool:
        """Return whether the drug's name contains every word of `words`."""
        name = (self.name or "").casefold()
        return all(word in name for word in words.casefold().split())


_FLAGS = ("PriorAuthorization", "StepTherapyLimit", "QuantityLimit", "MailOrder")


def _tier_costs(extra: shapes.Extension) -> TierCosts | None:
    tier = tier_of(shapes.first_named(extra.extension, "drugTierID").value_codeable_concept)
    if tier is None:
        return None
    costs = (_cost(sharing) for sharing in shapes.extensions_named(extra.extension, "costSharing"))
    mail = shapes.first_named(extra.extension, "mailOrder").value_boolean
    return TierCosts(tier, mail, tuple(cost for cost in costs if cost))


def _cost(extra: shapes.Extension) -> PharmacyCost | None:
    pharmacy = _code(extra.extension, "pharmacyType")
    if pharmacy is None:
        return None
    copay_option, percent_option = _code(extra.extension, "copayOption"), _code(extra.extension, "coinsuranceOption")
    copay = amount_of(shapes.first_named(extra.extension, "copayAmount").value_money)
    rate = believable(shapes.first_named(extra.extension, "coinsuranceRate").value_decimal)
    return PharmacyCost(
        pharmacy,
        None if copay_option == "not-applicable" else copay,
        copay_option,
        None if rate is None or percent_option == "not-applicable" else rate * 100,
        percent_option,
    )


def _code(extensions: Iterable[shapes.Extension], name: str) -> str | None:
    value = shapes.first_named(extensions, name).value_codeable_concept
    return next(iter(value.codes()), None) if value else None
