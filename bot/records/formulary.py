"""Drug lists and their drugs, US Drug Formulary STU1.1.

A List for each plan, a MedicationKnowledge for a drug and plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from bot.records.adjudication import amount_of
from bot.records.dates import PartialDate, parse_date
from bot.records.decode import Unreadable, decode
from bot.records.money import Amount, believable
from bot.records.sensitivity import labels_of
from bot.records.shapes import Concept, Extra, Identifier, Key, Shape, extensions_named, first_named, key_of
from bot.records.text import clean, web_address

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


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier by its codings (system and code); `words` are the payer's."""

    codings: tuple[tuple[str | None, str], ...]
    words: str | None

    @property
    def code(self) -> str:
        """The first code."""
        return self.codings[0][1] if self.codings else ""

    @property
    def rank(self) -> int:
        """The position in the guide's usual order of cost; payers' own tiers come last."""
        places = [_ORDER.index(code) for _, code in self.codings if code in _ORDER]
        return places[0] if places else len(_ORDER)

    def same(self, other: Tier) -> bool:
        """Return whether a code is equal and the systems do not differ."""
        return any(
            mine[1] == theirs[1] and (None in {mine[0], theirs[0]} or mine[0] == theirs[0])
            for mine in self.codings
            for theirs in other.codings
        )


def tier_of(concept: Concept | None) -> Tier | None:
    """Return the tier; None without a code and without words."""
    if concept is None:
        return None
    codings = tuple((coding.system, coding.code) for coding in concept.coding if coding.code)
    words = concept.words()
    return Tier(codings, words) if codings or words else None


@dataclass(frozen=True, slots=True)
class PharmacyCost:
    """The cost of a tier at one kind of pharmacy, by the plan, without regard to a member's own deductible.

    `copay` and `percent` are None if the option says that they do not apply. The options are the guide's codes: charge,
    no-charge, no-charge-after-deductible, after-deductible, before-deductible.
    """

    pharmacy: str
    copay: Amount | None
    copay_option: str | None
    percent: Decimal | None
    percent_option: str | None

    @property
    def free(self) -> bool:
        """Whether the list says that nothing is charged."""
        options = {self.copay_option, self.percent_option} - {None, "not-applicable"}
        return bool(options) and all(option.startswith("no-charge") for option in options if option)

    @property
    def after_deductible(self) -> bool:
        """Whether a part of it applies only after the deductible."""
        return any("after-deductible" in (option or "") for option in (self.copay_option, self.percent_option))


@dataclass(frozen=True, slots=True)
class TierCosts:
    """A tier of a list with its costs by kind of pharmacy. `mail` is None if the list does not say."""

    tier: Tier
    mail: bool | None
    costs: tuple[PharmacyCost, ...]


@dataclass(frozen=True, slots=True)
class DrugList:
    """A formulary. `plan_ids` are the plan ids of its drugs; addresses are https ones only."""

    id: str
    plan_ids: tuple[str, ...]
    title: str | None
    status: str | None
    date: PartialDate | None
    tiers: tuple[TierCosts, ...]
    networks: tuple[str, ...]
    summary_url: str | None
    formulary_url: str | None
    is_formulary: bool
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    def costs(self, drug: Drug) -> TierCosts | None:
        """Return the costs of the drug's tier; None if the list does not define it."""
        if drug.tier is None:
            return None
        return next((costs for costs in self.tiers if costs.tier.same(drug.tier)), None)


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug on a list. A limit that is None is not stated, which is not "no" (fhir-notes 8)."""

    id: str
    name: str | None
    codes: tuple[str, ...]
    plan_id: str | None
    tier: Tier | None
    prior_authorization: bool | None
    step_therapy: bool | None
    quantity_limit: bool | None
    mail: bool | None
    alternatives: tuple[tuple[Key | None, str | None], ...]
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def ingredient(self) -> str:
        """The ingredient in the RxNorm name, between a leading dose and the strength; several joined by a slash."""
        parts = (_STRENGTH.split(_DOSE_BEFORE.sub("", part), maxsplit=1)[0] for part in (self.name or "").split(" / "))
        return " / ".join(part.strip().casefold() for part in parts)

    @property
    def brand(self) -> str | None:
        """The brand in brackets in the RxNorm name."""
        found = _BRAND.search(self.name or "")
        return found[1].strip() if found else None

    def is_called(self, words: str) -> bool:
        """Return whether the drug's name contains every word of `words`."""
        name = (self.name or "").casefold()
        return all(word in name for word in words.casefold().split())


class _ListShape(Shape, frozen=True):
    resource_type: str = ""
    id: str = ""
    extension: tuple[Extra, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    title: str | None = None
    code: Concept | None = None
    date: str | None = None


class _DrugShape(Shape, frozen=True):
    resource_type: str = ""
    id: str = ""
    extension: tuple[Extra, ...] = ()
    code: Concept | None = None


def read_drug_list(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> DrugList:
    """Return the formulary in a List; `is_formulary` is False for another kind of List.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = decode(raw, _ListShape)
    if shape.resource_type != "List":
        raise Unreadable("not a List")
    tiers = tuple(
        _tier_costs(extra) for extra in extensions_named(shape.extension, "usdf-DrugTierDefinition-extension")
    )
    return DrugList(
        id=shape.id,
        plan_ids=tuple(value for i in shape.identifier if (value := clean(i.value))),
        title=clean(shape.title),
        status=shape.status,
        date=parse_date(shape.date),
        tiers=tuple(tier for tier in tiers if tier),
        networks=tuple(
            w for e in extensions_named(shape.extension, "usdf-Network-extension") if (w := clean(e.value_string))
        ),
        summary_url=_url(shape.extension, "usdf-SummaryURL-extension"),
        formulary_url=_url(shape.extension, "usdf-FormularyURL-extension"),
        is_formulary=bool(tiers) or (shape.code is not None and "DRUGPOL" in shape.code.codes()),
        labels=tuple(sorted({*labels, *labels_of(raw)})),
        dropped=dropped,
    )


def read_drug(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> Drug:
    """Return the drug in a MedicationKnowledge.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = decode(raw, _DrugShape)
    if shape.resource_type != "MedicationKnowledge":
        raise Unreadable("not a MedicationKnowledge")
    flags = (first_named(shape.extension, f"usdf-{name}-extension").value_boolean for name in _FLAGS)
    prior, step, quantity, mail = flags
    others = extensions_named(shape.extension, "usdf-DrugAlternatives-extension")
    return Drug(
        id=shape.id,
        name=_name(shape.code),
        codes=shape.code.codes() if shape.code else (),
        plan_id=clean(first_named(shape.extension, "usdf-PlanID-extension").value_string),
        tier=tier_of(first_named(shape.extension, "usdf-DrugTierID-extension").value_codeable_concept),
        prior_authorization=prior,
        step_therapy=step,
        quantity_limit=quantity,
        mail=mail,
        alternatives=tuple((key_of(r), clean(r.display, _DRUG_NAME)) for e in others if (r := e.value_reference)),
        labels=tuple(sorted({*labels, *labels_of(raw)})),
        dropped=dropped,
    )


_FLAGS = ("PriorAuthorization", "StepTherapyLimit", "QuantityLimit", "MailOrder")


def _name(code: Concept | None) -> str | None:
    """Return the coding's display, which `DrugName` searches, else the text."""
    displays = (clean(coding.display, _DRUG_NAME) for coding in code.coding) if code else ()
    return next((d for d in displays if d), clean(code.text, _DRUG_NAME) if code else None)


def _tier_costs(extra: Extra) -> TierCosts | None:
    tier = tier_of(first_named(extra.extension, "drugTierID").value_codeable_concept)
    if tier is None:
        return None
    costs = (_cost(sharing) for sharing in extensions_named(extra.extension, "costSharing"))
    mail = first_named(extra.extension, "mailOrder").value_boolean
    return TierCosts(tier, mail, tuple(cost for cost in costs if cost))


def _cost(extra: Extra) -> PharmacyCost | None:
    pharmacy = _code(extra.extension, "pharmacyType")
    if pharmacy is None:
        return None
    copay_option, percent_option = _code(extra.extension, "copayOption"), _code(extra.extension, "coinsuranceOption")
    copay = amount_of(first_named(extra.extension, "copayAmount").value_money)
    rate = believable(first_named(extra.extension, "coinsuranceRate").value_decimal)
    return PharmacyCost(
        pharmacy,
        None if copay_option == "not-applicable" else copay,
        copay_option,
        None if rate is None or percent_option == "not-applicable" else rate * 100,
        percent_option,
    )


def _code(extensions: Iterable[Extra], name: str) -> str | None:
    value = first_named(extensions, name).value_codeable_concept
    return next(iter(value.codes()), None) if value else None


def _url(extensions: Iterable[Extra], name: str) -> str | None:
    extra = first_named(extensions, name)
    return web_address(extra.value_url or extra.value_string)
