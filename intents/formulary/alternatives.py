"""The alternatives to a drug in the plan's drug list, and other products with the same ingredient."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit

PAGE = 5
MONTH = "1-month-in-retail"


class Priced(msgspec.Struct, frozen=True):
    """The drug or an alternative: its name, and its entry and the costs of its tier in the list; None if unknown.

    `same` is True if an alternative has the same ingredient as the drug.
    """

    name: str
    drug: kit.Drug | None
    costs: kit.TierCosts | None
    same: bool = False

    @property
    def month(self) -> kit.PharmacyCost | None:
        """The cost of a month at a network pharmacy; None if unknown."""
        return self.costs.at(MONTH) if self.costs else None

    @property
    def dollars(self) -> kit.Amount | None:
        """The cost of the month if it is a fixed amount to which no deductible applies; None otherwise."""
        return self.month.fixed if self.month else None


class Alternatives(kit.OfDrug, frozen=True):
    """The alternatives to a drug in the list.

    Attributes:
        listed: True if the drug itself is in the list.
        others: The alternatives, lower tiers first; `left`: the number of further ones.
        itself: The drug with its own cost.
        generic_of: What the list has if the question asks for a generic: the drug "itself", or "none".
    """

    listed: bool = False
    others: tuple[Priced, ...] = ()
    left: int = 0
    itself: Priced | None = None
    generic_of: Literal["itself", "none"] | None = None

    @property
    def cheaper(self) -> Priced | None:
        """The first alternative whose month costs less than the drug's; None if there is none or costs are unknown."""
        own = self.itself.dollars if self.itself else None
        return next((one for one in self.others if own and one.dollars and _is_less(one.dollars, own)), None)

    @property
    def generic(self) -> Priced | None:
        """The alternative with the same ingredient, if the list has the drug only under the ingredient's name."""
        told = self.itself is not None and self.itself.drug is None
        return next((one for one in self.others if told and one.same), None)

    @property
    def none_cheaper(self) -> bool:
        """Whether every alternative has a known cost and none is cheaper than the drug; False if any is unknown."""
        own = self.itself.dollars if self.itself else None
        if own is None or self.left:
            return False
        return all(one.dollars and not _is_less(one.dollars, own) for one in self.others)


async def answer(ask: kit.Ask) -> Alternatives:
    """Return the alternatives in the member's list.

    Raises:
        Reroute: `formulary.drug_coverage` answers what each of several drugs costs.
    """
    own = await kit.of_use(ask)
    ask = own if "drug" in own.slots else ask  # of several for the same use none is meant
    if "drug" in ask.several:
        raise kit.Reroute("formulary.drug_coverage", **ask.arguments)
    drug = str(ask.slots.get("drug") or "").strip() or None
    lists = await kit.drug_lists(ask)
    chosen = lists.chosen(ask.arguments.get("list"))
    if drug is None or chosen is None:
        return Alternatives(drug, lists, chosen)
    known = await kit.drugs_named(ask, chosen, [drug, *ask.other_names(drug)])
    called = [one for one in known if one.is_called(drug)]
    asked = called or list(known)  # a brand that stands there as its ingredient alone: its generic is one of the others
    keys = {key.id for one in asked for key, _ in one.alternatives if key}
    pointed = await kit.drugs_by_id(ask, sorted(keys - {one.id for one in asked}))
    found = summarize(Alternatives(drug, lists, chosen), asked, known, pointed, named=bool(called))
    ask.report.cite("List", [chosen.id])
    ask.report.cite("MedicationKnowledge", [one.id for one in (*asked, *pointed)])
    itself = Priced(drug, called[0] if called else None, chosen.costs(called[0]) if called else None)
    ingredients = {one.ingredient for one in asked}
    drugs = (itself.drug, *(one.drug for one in found.others))
    same = [one for one in drugs if one and not one.brand and one.ingredient in ingredients]
    kind = "itself" if itself.drug in same else None if same else "none"
    return replace(found, itself=itself, generic_of=kind if "generic" in ask.asked.says else None)


def _is_less(one: kit.Amount, other: kit.Amount) -> bool:
    return one.currency == other.currency and one.value < other.value


def summarize(
    base: Alternatives,
    asked: Sequence[kit.Drug],
    known: Sequence[kit.Drug],
    pointed: Sequence[kit.Drug],
    *,
    named: bool,
) -> Alternatives:
    """Return the listed alternatives to a drug and other products with the same ingredient, each once, by tier.

    Args:
        base: The drug and the list.
        asked: The drug's entries in the list.
        known: All entries under the drug's name or a synonym.
        pointed: The alternatives to which the entries refer.
        named: Whether the list has the drug under the name in the message.
    """
    chosen, mine = base.chosen, {one.id for one in asked} if named else set()
    ingredients = {one.ingredient for one in asked}
    makes = [one for one in known if one.id not in mine and one.ingredient in ingredients]
    rows: dict[tuple[str, str | None], list[kit.Drug]] = {}
    for one in (*makes, *pointed):
        if chosen is None or one.plan_id is None or one.plan_id in chosen.plan_ids:
            rows.setdefault((one.ingredient, one.brand), []).append(one)
    others = []
    for first, *_ in rows.values():
        name, costs = first.ingredient, chosen.costs(first) if chosen else None
        name = f"{first.brand} ({name})" if first.brand else name
        others.append(Priced(name, first, costs, same=first.ingredient in ingredients))
    pairs = {words: key for one in asked for key, words in one.alternatives if words}
    known_ids = {*mine, *(one.id for one in pointed)}  # of those not read only the words are known
    others += [Priced(words, None, None) for words, key in pairs.items() if key is None or key.id not in known_ids]
    others.sort(key=lambda other: (other.drug.tier.rank if other.drug and other.drug.tier else 99, other.name))
    return replace(base, listed=bool(asked), others=tuple(others[:PAGE]), left=max(0, len(others) - PAGE))
