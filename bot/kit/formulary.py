"""Drug lists and their drugs by name (T44), and the member's own drugs by purpose: "my blood pressure pill"."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, Paged
from bot.kit.claims import medications
from bot.kit.coverages import Coverages, member_coverages
from bot.kit.reading import records
from bot.kit.spelling import spelled_like
from bot.language.classed import DrugUse
from bot.language.reading import Slot
from bot.payer.search import Search, any_of, escape, token
from bot.records.formulary import Drug, DrugList

_POLICY = ("code", token("http://terminology.hl7.org/CodeSystem/v3-ActCode", "DRUGPOL"))
_NEAR = 3
_STEM = 3


class DrugLists(msgspec.Struct, frozen=True):
    """The payer's drug lists; `own` are the lists of the member's current plans, in the order of the plans."""

    every: tuple[DrugList, ...]
    own: tuple[DrugList, ...]
    coverages: Coverages

    def chosen(self, list_id: str | None) -> DrugList | None:
        """Return the list that a button selected, or the first of the member's own, or the only one; otherwise None."""
        named = next((one for one in self.every if one.id == list_id), None)
        if named or self.own:
            return named or self.own[0]
        return self.every[0] if len(self.every) == 1 else None


class OfDrug(Paged, frozen=True):
    """An answer about a `drug` from the payer's drug `lists`; `chosen` is the list that is used."""

    drug: str | None = None
    lists: DrugLists | None = None
    chosen: DrugList | None = None

    @property
    def own(self) -> bool:
        """Whether the chosen list is that of the member's own plan."""
        return self.lists is not None and self.chosen in self.lists.own


async def drug_lists(ask: Ask) -> DrugLists:
    """Return the payer's current drug lists; a list belongs to a plan if it has the plan's number (fhir-notes 8)."""
    coverages = await member_coverages(ask)
    read = await records(ask, Search("List", (_POLICY,)), DrugList, optional=True, spare=("code",))
    usable = tuple(one for one in read if one.is_formulary and one.status in {None, "current"})
    numbers = [number for coverage in coverages.current if (number := coverage.plan and coverage.plan.value)]
    own = {one.id: one for number in numbers for one in usable if number in one.plan_ids}
    return DrugLists(usable, tuple(own.values()), coverages)


async def drugs_named(ask: Ask, chosen: DrugList, names: Iterable[str]) -> tuple[Drug, ...]:
    """Return the drugs of the list whose names contain one of `names`, each once.

    Drugs with a "/" in the name (combinations) come last; the drugs are then sorted by ingredient.
    """
    found: dict[str, Drug] = {}
    for name in dict.fromkeys(names):
        for drug in await _search_drugs(ask, chosen, name):
            if drug.is_called(name):
                found.setdefault(drug.id, drug)
    return tuple(sorted(found.values(), key=lambda drug: ("/" in (drug.name or ""), drug.ingredient)))


async def drugs_by_id(ask: Ask, ids: Sequence[str]) -> tuple[Drug, ...]:
    """Return the payer's drugs with these ids."""
    if not ids:
        return ()
    search = Search("MedicationKnowledge", (("_id", any_of(ids)),))
    return tuple(drug for drug in await records(ask, search, Drug, optional=True, shown=True) if drug.id in set(ids))


async def nearest_names(ask: Ask, chosen: DrugList, word: str) -> tuple[str, ...]:
    """Return at most three ingredients or brands of the list that are spelled like the word."""
    alike = await _search_drugs(ask, chosen, word.split(maxsplit=1)[0][:_STEM]) if word.split() else ()
    return spelled_like(word, (name for drug in alike for name in (drug.ingredient, drug.brand) if name), _NEAR)


async def _search_drugs(ask: Ask, chosen: DrugList, name: str) -> tuple[Drug, ...]:
    """Return the drugs of the list whose names contain every word of `name`.

    The search parameters are in CamelCase, as in STU1 of the formulary guide.
    """
    words = [("DrugName:contains", escape(word)) for word in name.split()]
    plans = [("DrugPlan", any_of(chosen.plan_ids))] if chosen.plan_ids else []
    found = await records(ask, Search("MedicationKnowledge", (*words, *plans)), Drug, shown=True, spare=("DrugPlan",))
    return tuple(drug for drug in found if drug.plan_id is None or drug.plan_id in chosen.plan_ids)


_YEAR = timedelta(days=365)


async def of_use(ask: Ask) -> Ask:
    """Return the question with the member's own drugs in place of a purpose, such as blood pressure.

    The drugs are those filled in the last year that serve the purpose. Drugs for an excluded purpose become excluded
    drugs. The question is unchanged if it names no purpose, or if no filled drug serves the purpose.
    """
    uses = () if "drug" in ask.slots or "drug" in ask.several else ask.asked.uses
    read = (
        await medications(replace(ask, slots={}, excluded={}, several={}, said=""), ask.today - _YEAR) if uses else ()
    )
    drugs = (one.dispensed.drug for one in read if one.dispensed.drug and not one.labels)
    own = tuple(dict.fromkeys(re.split(r"\s+\d", one, maxsplit=1)[0] for one in drugs))  # without strength and form
    wanted, out = (_slot(ask, own, [one for one in uses if one.excluded is barred]) for barred in (False, True))
    if out:
        ask = replace(ask, excluded={**ask.excluded, "drug": replace(out, excluded=True)})
    if wanted is None:
        return ask
    several = {"drug": wanted} if len(wanted.values) > 1 else {}
    slots = ask.slots if several else {**ask.slots, "drug": wanted.value}
    return replace(ask, slots=slots, several={**ask.several, **several}, words={**ask.words, "drug": wanted.text})


def _slot(ask: Ask, own: Sequence[str], uses: Sequence[DrugUse]) -> Slot | None:
    """Return the slot of those of the drugs of which a word or its synonym is an ingredient for one of the uses."""
    drugs = {drug for one in uses for drug in one.drugs}
    words = {name: filter(None, re.split(r"[\s/-]+", name.casefold())) for name in own}
    names = tuple(name for name in own if any(drugs & {word, *ask.other_names(word)} for word in words[name]))
    return Slot(" / ".join(one.said for one in uses), names[0], values=names) if names else None
