"""Counties that share one "county": "Hamilton or Bradley county", "los condados de Hamilton y Bradley"."""

from collections.abc import Callable, Sequence

from bot.language.phrases import Meaning
from bot.language.places import Place
from bot.language.tags import Tag
from bot.language.text import Utterance

_JOINS = frozenset({"and", "or", "y", "o", "e", "u"})
_MOST_WORDS = 2


def counties_beside(said: Utterance, tags: Sequence[Tag], meanings_of: Callable[[str], Sequence[Meaning]]) -> list[Tag]:
    """The counties that are joined to a county which is named in full, by "and", "or" or a comma."""
    found: list[Tag] = []
    for tag in tags:
        at = tag.first if tag.kind == "location" and isinstance(tag.value, dict) and "county" in tag.value else 0
        while at and (before := _county_before(said, at, meanings_of)):
            found.append(before)
            at = before.first
    return [tag for tag in found if not any(one.first <= tag.first < one.after for one in tags if one.kind != "place")]


def _county_before(said: Utterance, at: int, meanings_of: Callable[[str], Sequence[Meaning]]) -> Tag | None:
    joined = said.words[at - 1] in _JOINS
    after = at - 1 if joined else at
    if not joined and "," not in said.between(at):
        return None
    for first in range(max(0, after - _MOST_WORDS), after):
        name = " ".join(said.words[first:after])
        places = (one.value for one in meanings_of(f"{name} county") if isinstance(one.value, Place))
        if county := next((place for place in places if place.county), None):
            return Tag("location", {"county": county.city, "state": county.state}, first, after)
    return None
