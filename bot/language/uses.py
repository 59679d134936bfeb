"""What medicines are for that a message names by it: "my blood pressure pill", "besides that one cholesterol pill"."""

from collections.abc import Iterator

import msgspec

from bot.language.matcher import Grammar, Matcher

_NEAR = 3  # words of what leaves a medicine out


class DrugUse(msgspec.Struct, frozen=True):
    """What a medicine is for, in the words of a message, and the ingredients that are; `excluded`: it is left out."""

    said: str
    drugs: frozenset[str]
    excluded: bool = False


def uses_in(matcher: Matcher, grammar: Grammar) -> Iterator[tuple[DrugUse, range]]:
    """Yield what medicines are for, and the places of its words; it is left out behind a word such as "except"."""
    words, polarity = tuple(matcher.words), grammar.area("polarity")
    cues, glue = polarity.phrases("cue"), polarity.any("definite", "glue")
    for hit in matcher.find("uses.medicine_for"):
        first = hit.first
        while first and words[first - 1] in glue and (words[first - 1],) not in cues:
            first -= 1
        start = next((at for at in range(max(0, first - _NEAR), first) if words[at:first] in cues), None)
        said, drugs = " ".join(words[hit.first : hit.after]), grammar.words(f"uses.{hit.value}")
        yield DrugUse(said, drugs, excluded=start is not None), range(hit.first if start is None else start, hit.after)
