"""Places that no phrase of the pack contains: "Norwich CT", "near Gotham", "Hamilton or Bradley county"."""

from collections.abc import Callable, Container, Sequence

from bot.language.matcher import WordArea
from bot.language.phrases import Meaning
from bot.language.places import NamedPlace
from bot.language.text import Tag, Utterance, of_kind

_MOST_WORDS = 2


MeaningsOf = Callable[[str], Sequence[Meaning]]


def counties_beside(said: Utterance, tags: Sequence[Tag], meanings_of: MeaningsOf, words: WordArea) -> list[Tag]:
    """Return the tags of counties joined by "and", "or" or a comma to a county that has a tag.

    For example the Hamilton of "Hamilton or Bradley county", or the Bradley of "condado de Hamilton o Bradley".
    """
    found: list[Tag] = []
    counties = (tag for tag in of_kind(tags, "location") if isinstance(tag.value, dict) and "county" in tag.value)
    named = any(word in said.folded for word in words.county_word)
    for tag in counties:
        for step in (-1, 1) if named else (-1,):
            one = tag
            while beside := _county_beside(said, one, step, meanings_of, words):
                found.append(one := beside)
    return [tag for tag in found if all(tag.first not in one.places for one in tags)]


def _county_beside(said: Utterance, one: Tag, step: int, meanings_of: MeaningsOf, words: WordArea) -> Tag | None:
    """Return the tag of a county joined by "and", "or" or a comma before (`step` -1) or after a county; or None."""
    at = one.after if step > 0 else one.first
    joining = at if step > 0 else at - 1
    if not 0 < at < len(said.words):
        return None
    edge = at + step * (said.words[joining] in words.join)
    if edge == at and "," not in said.between(at):
        return None
    ends = (edge + step * size for size in range(_MOST_WORDS, 0, -1))
    spans = (sorted((edge, end)) for end in ends if 0 <= end <= len(said.words))
    return next((county for first, after in spans if (county := _county(said, first, after, meanings_of))), None)


def _county(said: Utterance, first: int, after: int, meanings_of: MeaningsOf) -> Tag | None:
    meanings = meanings_of(f"{' '.join(said.words[first:after])} county")
    places = (one.value for one in meanings if isinstance(one.value, NamedPlace) and one.value.county)
    return next((Tag("location", {"county": one.city, "state": one.state}, first, after) for one in places), None)


_LONGEST = 3
_HOUSE, _DRIVE = 5, "dr"  # digits of a house number
_COURT = "ct"  # also Connecticut


def street_in(said: Utterance, words: WordArea) -> Tag | None:
    """Return the tag of the street on which a place is, as the person wrote it; None if there is none.

    It follows a word such as "on" ("on Poplar Avenue"), or begins with a house number ("979 E 3rd St"). After "at", and
    with "Dr" for "Drive", the word before the kind of street has a capital letter.
    """
    for place, word in enumerate(said.words):
        numbered = word.isdecimal() and len(word) <= _HOUSE
        first = place + (not numbered)
        if not (numbered or word in words.any("stands", "at")):
            continue
        first += not numbered and said.words[first : first + 1] != () and said.words[first] in words.the
        ends = range(first + 1 + numbered, min(first + 1 + numbered + _LONGEST, len(said.words)))
        plain = word in words.stands or numbered
        end = next((at + 1 for at in ends if _ends_street(said, at, words, plain=plain)), None)
        if end is not None and words.no_street.isdisjoint(said.words[first:end]):
            return Tag("street", said.said(first, end), place, end)
    return None


def _ends_street(said: Utterance, index: int, words: WordArea, *, plain: bool) -> bool:
    """Return whether the word at `index` is a kind of street after its name."""
    short, state = said.words[index] == _DRIVE, said.words[index] == _COURT
    return (plain and not short and said.words[index] in words.street) or (
        not state and (short or said.words[index] in words.street) and said.said(index - 1, index)[:1].isupper()
    )


def state_at(said: Utterance, index: int, words: WordArea, *, loose: bool = True) -> tuple[str, int] | None:
    """Return the two-letter code of the state at `index` and the index after it; None for other words.

    A code that is also a word counts only in capitals. Unless `loose`, this holds for more codes.
    """
    states, doubtful = words.phrases("state"), words.loose if loose else words.code_word
    for after in (index + 2, index + 1):
        code = states.get(tuple(said.words[index:after])) if after <= len(said.words) else None
        if code and (said.words[index] not in doubtful or said.said(index, after).isupper()):
            return str(code), after
    return None


def city_elsewhere(
    said: Utterance, free: Sequence[bool], known: Container[str], words: WordArea, *, awaited: bool = False
) -> Tag | None:
    """Return the tag of a city that is on no list, or of a state after a word such as "in"; None if there is none.

    A city is the words between such a word and a state, or unknown words after "near". `awaited`: the bot asked for a
    place, so unknown words after "in", or alone, are a city as well.
    """
    if awaited and (alone := _strange(said, 0, free, known)) and alone.after == len(said.words):
        return alone
    leads = words.any("round", "within") if awaited else words.round
    for place, word in enumerate(said.words[:-1]):
        if word in words.led and "," not in said.between(place + 1):
            state = state_at(said, place + 1, words)
            tag = (
                _before_state(said, place + 1, free, known, words)
                or (Tag("location", {"state": state[0]}, place + 1, state[1]) if state else None)
                or (_strange(said, place + 1, free, known) if word in leads else None)
            )
            if tag:
                return tag
    return None


def _before_state(
    said: Utterance, first: int, free: Sequence[bool], known: Container[str], words: WordArea
) -> Tag | None:
    for at in range(first, min(first + _LONGEST + 1, len(said.words))):
        state = state_at(said, at, words) if at > first else None
        if state and any(said.keys[place] not in known for place in range(first, at)):
            return _tag(said, first, at, state[0], state[1])
        if not free[at] or not said.words[at].isalpha() or said.words[at] in words.beside("names").no_name:
            return None
    return None


def _strange(said: Utterance, first: int, free: Sequence[bool], known: Container[str]) -> Tag | None:
    """Return the tag of unknown words that begin at `first`, read as a city; None if the word there is known."""
    after = first
    while after < len(said.words) and after - first < _LONGEST and free[after] and _is_strange(said, after, known):
        after += 1
    return _tag(said, first, after, None, after) if after > first else None


def _is_strange(said: Utterance, index: int, known: Container[str]) -> bool:
    word = said.words[index]
    return word.isalpha() and len(word) > _LONGEST and said.keys[index] not in known


def _tag(said: Utterance, first: int, until: int, state: str | None, after: int) -> Tag:
    return Tag("location", {"city": said.said(first, until).strip(" ,").title(), "state": state}, first, after)
