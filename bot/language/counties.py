"""Counties that share one "county": "Hamilton or Bradley county", "los condados de Hamilton y Bradley"."""

from collections.abc import Callable, Sequence

from bot.language.matcher import Area
from bot.language.phrases import Meaning
from bot.language.places import NamedPlace
from bot.language.tags import Tag
from bot.language.text import Utterance

_MOST_WORDS = 2


def counties_beside(
    said: Utterance, tags: Sequence[Tag], meanings_of: Callable[[str], Sequence[Meaning]], words: Area
) -> list[Tag]:
    """The counties that are joined to a county which is named in full, by "and", "or" or a comma."""
    found: list[Tag] = []
    for tag in tags:
        if tag.kind != "location" or not isinstance(tag.value, dict) or "county" not in tag.value:
            continue
        at, after = tag.first, tag.after
        while at and (before := _county_before(said, at, meanings_of, words)):
            found.append(before)
            at = before.first
        while any(word in said.folded for word in words.county_word) and (
            behind := _county_behind(said, after, meanings_of, words)
        ):
            found.append(behind)
            after = behind.after
    return [tag for tag in found if not any(one.first <= tag.first < one.after for one in tags if one.kind != "place")]


def _county_behind(
    said: Utterance, at: int, meanings_of: Callable[[str], Sequence[Meaning]], words: Area
) -> Tag | None:
    """The Bradley of "condado de Hamilton o Bradley"."""
    first = at + (said.words[at : at + 1] != () and said.words[at] in words.join)
    if first == at and (at >= len(said.words) or "," not in said.between(at)):
        return None
    for after in range(min(len(said.words), first + _MOST_WORDS), first, -1):
        if county := _county(" ".join(said.words[first:after]), meanings_of):
            return Tag("location", county, first, after)
    return None


def _county(name: str, meanings_of: Callable[[str], Sequence[Meaning]]) -> dict[str, str] | None:
    places = (one.value for one in meanings_of(f"{name} county") if isinstance(one.value, NamedPlace))
    place = next((place for place in places if place.county), None)
    return {"county": place.city, "state": place.state} if place else None


def _county_before(
    said: Utterance, at: int, meanings_of: Callable[[str], Sequence[Meaning]], words: Area
) -> Tag | None:
    joined = said.words[at - 1] in words.join
    after = at - 1 if joined else at
    if not joined and "," not in said.between(at):
        return None
    for first in range(max(0, after - _MOST_WORDS), after):
        if county := _county(" ".join(said.words[first:after]), meanings_of):
            return Tag("location", county, first, after)
    return None
