"""The age of the person whom a question is about: "my 5 year old", "for my toddler", "mi hijo de 5 años"."""

from __future__ import annotations

import re

from bot.language.tags import Tag
from bot.language.text import Utterance

_ENGLISH = re.compile(
    r"\b(?P<own>my|our|a|an) (?P<age>\d{1,3})[ -]?(?P<unit>year|yr|month|week|day)s?[ -]olds?\b", re.IGNORECASE
)
_SPANISH = re.compile(
    r"\b(?P<own>mi|nuestr[oa]|un|una) \w+ de (?P<age>\d{1,3}) (?P<unit>a[nñ]o|mes|semana|d[ií]a)(?:e?s)?\b",
    re.IGNORECASE,
)
_OWN = frozenset({"my", "our"})
_YEARS = frozenset({"year", "yr", "ano", "año"})
_GROUPS = ((13, "child"), (18, "teen"), (65, "adult"))
_GROWN = 18
_FOR = frozenset({("for", "my"), ("for", "our"), ("para", "mi"), ("para", "mis"), ("para", "nuestro")})
# A son, a daughter and parents may be of any age.
_WORDS = {
    **dict.fromkeys(("kid", "child", "children", "baby", "babie", "infant", "toddler", "newborn"), "child"),
    **dict.fromkeys(("bebe", "nino", "nina", "pequeno", "pequena"), "child"),
    **dict.fromkeys(("teen", "teenager", "adolescent", "adolescente"), "teen"),
}


def age_tags(said: Utterance) -> list[Tag]:
    """The group of an age that is told, as `age_group`; and for "my 5 year old" the relative, as `person`.

    A child is under 13, a teen under 18, an adult under 65; older is a senior. Other relatives are named by their own
    words ("my toddler", "mi hijo").
    """
    found = _ENGLISH.search(said.text) or _SPANISH.search(said.text)
    if found is None:
        return _by_word(said)
    places = [at for at, (first, _) in enumerate(said.spans) if found.start() <= first < found.end()]
    first, after = places[0], places[-1] + 1
    years = int(found["age"]) if found["unit"].lower() in _YEARS else 0
    tags = [Tag("age_group", next((group for under, group in _GROUPS if years < under), "senior"), first, after)]
    if found["own"].lower() in _OWN:
        tags.append(Tag("person", {"kin": "child" if years < _GROWN else "dependent"}, first, after))
    return tags


def _by_word(said: Utterance) -> list[Tag]:
    """The group of "for my toddler"; whose record is asked for is told by the relative's words alone."""
    for place in range(2, len(said.keys)):
        if said.keys[place] in _WORDS and said.words[place - 2 : place] in _FOR:
            return [Tag("age_group", _WORDS[said.keys[place]], place - 1, place + 1)]
    return []
