"""Finds the member's own drugs that a message describes by their purpose, as in "my blood pressure pill"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.claims import medications
from bot.language.classed import DrugUse
from bot.language.reading import Slot

_YEAR = timedelta(days=365)


def drugs_of_use(ask: Ask) -> frozenset[str]:
    """Return the ingredients for the purposes that the message requests; empty if it names a drug or no purpose."""
    return frozenset[str]().union(*(one.drugs for one in _uses(ask) if not one.excluded))


def _uses(ask: Ask) -> tuple[DrugUse, ...]:
    return () if "drug" in ask.slots or "drug" in ask.several else ask.asked.uses


async def of_use(ask: Ask) -> Ask:
    """Return the question with the member's own drugs in place of a purpose, such as blood pressure.

    The drugs are those filled in the last year that serve the purpose. Drugs for an excluded purpose become excluded
    drugs. The question is unchanged if it names no purpose, or if no filled drug serves the purpose.
    """
    uses = _uses(ask)
    read = await medications(replace(ask, slots={}), ask.today - _YEAR) if uses else ()
    own = tuple(dict.fromkeys(_name(one.dispensed.drug) for one in read if one.dispensed.drug and not one.labels))
    wanted, out = (_slot(ask, own, [one for one in uses if one.excluded is barred]) for barred in (False, True))
    if out:
        ask = replace(ask, excluded={**ask.excluded, "drug": replace(out, excluded=True)})
    if wanted is None:
        return ask
    several = {"drug": wanted} if len(wanted.values) > 1 else {}
    slots = ask.slots if several else {**ask.slots, "drug": wanted.value}
    return replace(ask, slots=slots, several={**ask.several, **several}, words={**ask.words, "drug": wanted.text})


def _slot(ask: Ask, own: Sequence[str], uses: Sequence[DrugUse]) -> Slot | None:
    names = tuple(name for name in own if any(is_for(ask, name, one.drugs) for one in uses))
    return Slot(" / ".join(one.said for one in uses), names[0], values=names) if names else None


def is_for(ask: Ask, name: str, drugs: frozenset[str]) -> bool:
    """Return whether a drug is one of these ingredients, judged by each word of the name and the word's synonyms."""
    words = [word for word in re.split(r"[\s/-]+", name.casefold()) if word]
    return not drugs.isdisjoint(other for word in words for other in (word, *ask.other_names(word)))


def _name(written: str) -> str:
    """Return the name of a dispensed drug without strength and form: "Ozempic" for "Ozempic 1 mg pen"."""
    return re.split(r"\s+\d", written, maxsplit=1)[0]
