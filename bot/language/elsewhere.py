"""Places that are in no list of the pack: "Norwich CT", "near Gotham". They are named, not known."""

from collections.abc import Collection, Sequence

from bot.language.matcher import Area
from bot.language.tags import Tag
from bot.language.text import Utterance

_LONGEST = 3


def state_at(said: Utterance, place: int, words: Area, *, loose: bool = True) -> tuple[str, int] | None:
    """The two-letter code of the state that is named at `place` and the place after it, None for other words.

    A code that is a word counts in capitals only; more of them are words where it is not `loose` what stands before.
    """
    states, doubtful = words.phrases("state"), words.loose if loose else words.code_word
    for after in (place + 2, place + 1):
        code = states.get(tuple(said.words[place:after])) if after <= len(said.words) else None
        if code and (said.words[place] not in doubtful or said.said(place, after).isupper()):
            return str(code), after
    return None


def city_elsewhere(
    said: Utterance, free: Sequence[bool], known: Collection[str], words: Area, *, awaited: bool = False
) -> Tag | None:
    """A city that no list has: the words between "in" and a state, else strange words after "near".

    `awaited`: the bot asked for a place, so that strange words after "in", or alone, name one.
    """
    if awaited and (alone := _strange(said, 0, free, known)) and alone.after == len(said.words):
        return alone
    leads = words.any("round", "within") if awaited else words.round
    for place, word in enumerate(said.words[:-1]):
        if word in words.led:
            tag = (
                _before_state(said, place + 1, free, known, words)
                or _state_alone(said, place + 1, words)
                or (_strange(said, place + 1, free, known) if word in leads else None)
            )
            if tag:
                return tag
    return None


def _before_state(said: Utterance, first: int, free: Sequence[bool], known: Collection[str], words: Area) -> Tag | None:
    for at in range(first, min(first + _LONGEST + 1, len(said.words))):
        state = state_at(said, at, words) if at > first else None
        if state and any(said.keys[place] not in known for place in range(first, at)):
            return _tag(said, first, at, state[0], state[1])
        if not free[at] or not said.words[at].isalpha() or said.words[at] in words.beside("names").no_name:
            return None
    return None


def _state_alone(said: Utterance, place: int, words: Area) -> Tag | None:
    state = state_at(said, place, words)
    return Tag("location", {"state": state[0]}, place, state[1]) if state else None


def _strange(said: Utterance, first: int, free: Sequence[bool], known: Collection[str]) -> Tag | None:
    """Words that nobody knows, where only a place can stand."""
    after = first
    while after < len(said.words) and after - first < _LONGEST and free[after] and _is_strange(said, after, known):
        after += 1
    return _tag(said, first, after, None, after) if after > first else None


def _is_strange(said: Utterance, place: int, known: Collection[str]) -> bool:
    word = said.words[place]
    return word.isalpha() and len(word) > _LONGEST and said.keys[place] not in known


def _tag(said: Utterance, first: int, until: int, state: str | None, after: int) -> Tag:
    return Tag("location", {"city": said.said(first, until).strip(" ,").title(), "state": state}, first, after)
