"""What of the previous answer the words of a message refer to: its subject, or which of the records that it showed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from bot.language.hearing import Heard
from bot.language.left import asked_of
from bot.language.matcher import WordArea

EVERY = 100  # records


def points_back(heard: Heard) -> bool:
    """Return whether words refer to the previous answer's subject: "is it covered", "ya la pagó", not "la visita"."""
    words, listed = heard.said.words, heard.area("context")
    around = zip(("", *words), words, (*words[1:], ""), strict=False)
    return any(
        (word in listed.points and after not in listed.leads_on)
        or (word in listed.clitic and before in listed.before_clitic)
        for before, word, after in around
    )


def of_shown(heard: Heard, *, after: bool) -> dict[str, Any]:
    """Return the fields of a reading that say what of the records shown is meant; only `points` if not `after` any."""
    if not after:
        return {"points": points_back(heard)}
    words, listed = heard.said.words, heard.area("context")
    those = EVERY * (not listed.those.isdisjoint(words) or says(words, listed, "of_those"))
    those = those if listed.both.isdisjoint(words) else 2
    near = (words[at + 1 : at + 4] for at, word in enumerate(words) if word in listed.picks)
    picks = any(not listed.picked.isdisjoint(behind) for behind in near) or says(words, listed, "picks_of")
    first = not listed.compares.isdisjoint(words) and says(words, listed, "step_first")
    back = says(words, listed, "step_back") and not says(words, listed, "before_last")
    steps = 2 * says(words, listed, "step_on") or int(back) or -int(first)
    return {
        "points": points_back(heard),
        "barred": asked_of(heard, {}).barred,
        "those": those,
        "picks": picks,
        "others": not listed.others.isdisjoint(words) or says(words, listed, "not_shown"),
        "which": not listed.which.isdisjoint(heard.lexed.words[:2]),
        "steps": steps,
    }


def says(words: Sequence[str], listed: WordArea, name: str) -> bool:
    """Return whether the words contain a phrase of two or three words from the list called `name`."""
    return not {*pairwise(words), *zip(words, words[1:], words[2:], strict=False)}.isdisjoint(listed.phrases(name))
