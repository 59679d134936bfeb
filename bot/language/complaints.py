"""Complaints that name a kind of doctor: "my daughter has eczema, who can look at her near Hixson"."""

from collections.abc import Sequence

from bot.language.lexicon import COMPLAINT
from bot.language.phrases import PhraseFound
from bot.language.tags import Tag

# What is asked about instead of somebody who treats it.
_OTHER_KINDS = frozenset({"specialty", "drug", "facility_type", "provider_name", "organization", "claim_id", "npi"})
_OTHER_CONCEPTS = frozenset({
    "CLAIM", "BILL", "OWE", "COST", "PAID", "DENY", "SPEND", "CARD", "PHARMACY", "LAB", "MEDICATION", "STATUS", "COVER",
    "COPAY", "DEDUCTIBLE", "MORE", "FACILITY",
})  # fmt: skip
_SEEKING = frozenset({"FIND", "SOMEBODY"})


def treated(tags: Sequence[Tag], found: Sequence[PhraseFound]) -> list[Tag]:
    """The specialty that treats the first complaint of a message in which somebody is looked for, if any.

    A place says so, or "a doctor" that is wanted; a complaint beside anything else that can be asked about is only
    told.
    """
    kinds = {tag.kind for tag in tags}
    concepts = {meaning.value for match in found for meaning in match.meanings if meaning.kind == "concept"}
    if not kinds.isdisjoint(_OTHER_KINDS) or not concepts.isdisjoint(_OTHER_CONCEPTS):
        return []
    if "location" not in kinds and ("any_doctor" not in kinds or concepts.isdisjoint(_SEEKING)):
        return []
    complaints = [
        Tag("specialty", meaning.value, match.first, match.after)
        for match in found
        for meaning in match.meanings
        if meaning.kind == COMPLAINT
    ]
    complaints.sort(key=lambda tag: (tag.first, -tag.after))
    return complaints[:1]
