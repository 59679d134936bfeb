"""Other drugs that the plan's list itself names beside one: its alternatives, and the same ingredient otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import Ask, Drug, DrugList, DrugLists, Summary, TierCosts, drug_lists, drugs_by_id, drugs_named

PAGE = 5


@dataclass(frozen=True, slots=True)
class Other:
    """One alternative by name. `same` when it holds the same ingredient; `strengths` are how many rows it stands for.

    `tier` and `costs` are None where the list names it without a row of its own.
    """

    name: str
    same: bool
    strengths: int
    drug: Drug | None
    costs: TierCosts | None


@dataclass(frozen=True, slots=True)
class Alternatives(Summary):
    """What the list offers beside a drug, the lower tiers first. `listed` says whether the drug itself is on it."""

    drug: str | None = None
    lists: DrugLists | None = None
    chosen: DrugList | None = None
    choices: tuple[DrugList, ...] = ()
    listed: bool = False
    others: tuple[Other, ...] = ()
    left: int = 0

    @property
    def own(self) -> bool:
        """True when the chosen list is the member's own plan's."""
        return self.lists is not None and self.chosen in self.lists.own


async def answer(ask: Ask) -> Alternatives:
    """The alternatives on the member's list."""
    drug = str(ask.slots.get("drug") or "").strip() or None
    lists = await drug_lists(ask)
    chosen = lists.chosen(ask.arguments.get("list"))
    if drug is None or chosen is None:
        return Alternatives(drug, lists, chosen, choices=lists.every)
    known = await drugs_named(ask, chosen, [drug, *ask.other_names(drug)])
    asked = [one for one in known if one.is_called(drug)] or list(known)
    keys = {key.id for one in asked for key, _ in one.alternatives if key}
    pointed = await drugs_by_id(ask, sorted(keys - {one.id for one in asked}))
    found = summarize(Alternatives(drug, lists, chosen), asked, known, pointed)
    ask.report.cite("List", [chosen.id])
    ask.report.cite("MedicationKnowledge", [one.id for one in (*asked, *pointed)])
    return found


def summarize(
    base: Alternatives, asked: Sequence[Drug], known: Sequence[Drug], pointed: Sequence[Drug]
) -> Alternatives:
    """The asked drug's listed alternatives and the other makes of its ingredient, each once, by tier."""
    chosen = base.chosen
    mine = {one.id for one in asked}
    ingredients = {one.ingredient for one in asked}
    makes = [one for one in known if one.id not in mine and one.ingredient in ingredients]
    rows: dict[tuple[str, str | None], list[Drug]] = {}
    for one in (*makes, *pointed):
        if chosen is None or one.plan_id is None or one.plan_id in chosen.plan_ids:
            rows.setdefault((one.ingredient, one.brand), []).append(one)
    others = [_other(alike, ingredients, chosen) for alike in rows.values()]
    others += _unread(asked, {one.id for one in pointed}, mine)
    others.sort(key=lambda other: (other.drug.tier.rank if other.drug and other.drug.tier else 99, other.name))
    return Alternatives(
        base.drug,
        base.lists,
        chosen,
        listed=bool(asked),
        others=tuple(others[:PAGE]),
        left=max(0, len(others) - PAGE),
    )


def _other(alike: Sequence[Drug], ingredients: set[str], chosen: DrugList | None) -> Other:
    first = alike[0]
    name = f"{first.ingredient} [{first.brand}]" if first.brand else first.ingredient
    return Other(name, first.ingredient in ingredients, len(alike), first, chosen.costs(first) if chosen else None)


def _unread(asked: Sequence[Drug], read: set[str], mine: set[str]) -> list[Other]:
    """Alternatives that the list only names: a reference that cannot be read keeps its words."""
    pairs = {words: key for one in asked for key, words in one.alternatives if words}
    return [
        Other(words, same=False, strengths=1, drug=None, costs=None)
        for words, key in pairs.items()
        if key is None or key.id not in read | mine
    ]
