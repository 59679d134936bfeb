"""Places that are in no list of the pack: "Norwich CT", "near Gotham". They are named, not known."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from bot.language.names import NOT_NAMES
from bot.language.tags import Tag
from bot.language.text import Utterance

_LISTED = (
    "AL alabama, AK alaska, AZ arizona, AR arkansas, CA california, CO colorado, CT connecticut, DC, DE delaware,"
    "FL florida, GA georgia, HI hawaii, ID idaho, IL illinois, IN indiana, IA iowa, KS kansas, KY kentucky,"
    "LA louisiana, ME maine, MD maryland, MA massachusetts, MI michigan, MN minnesota, MS mississippi, MO missouri,"
    "MT montana, NC north carolina, ND north dakota, NE nebraska, NH new hampshire, NJ new jersey, NM new mexico,"
    "NV nevada, NY new york, OH ohio, OK oklahoma, OR oregon, PA pennsylvania, RI rhode island, SC south carolina,"
    "SD south dakota, TN tennessee, TX texas, UT utah, VA virginia, VT vermont, WA washington, WI wisconsin,"
    "WV west virginia, WY wyoming"
)
_PARTS = tuple(entry.split() for entry in _LISTED.split(","))
STATES: Mapping[tuple[str, ...], str] = MappingProxyType(
    {tuple(name): code for code, *name in _PARTS if name}
    | {(code.casefold(),): code for code, *_ in _PARTS}
    | {("tenn",): "TN"}
)
# Codes that are words of English or Spanish: these count in capitals only.
WORDS = frozenset({"in", "or", "me", "hi", "ok", "oh", "la", "de", "ma", "pa", "id", "co", "mi"})
# And these, unless a city of the pack's lists stands before them.
LOOSE = WORDS | {"al", "va", "ct", "ar", "mo", "md", "ms"}
_LED_BY = frozenset({"in", "near", "around", "by", "from", "to", "at", "en", "outside"})
_ROUND = frozenset({"near", "around", "outside"})
_LONGEST = 3


def state_at(said: Utterance, place: int, *, words: Collection[str] = WORDS) -> tuple[str, int] | None:
    """The two-letter code of the state that is named at `place` and the place after it, None for other words."""
    for after in (place + 2, place + 1):
        code = STATES.get(tuple(said.words[place:after])) if after <= len(said.words) else None
        if code and (said.words[place] not in words or said.said(place, after).isupper()):
            return code, after
    return None


def city_elsewhere(
    said: Utterance, free: Sequence[bool], known: Collection[str], *, awaited: bool = False
) -> Tag | None:
    """A city that no list has: the words between "in" and a state, else strange words after "near".

    `awaited`: the bot asked for a place, so that strange words after "in", or alone, name one.
    """
    if awaited and (alone := _strange(said, 0, free, known)) and alone.after == len(said.words):
        return alone
    leads = _ROUND | {"in", "en"} if awaited else _ROUND
    for place, word in enumerate(said.words[:-1]):
        if word in _LED_BY:
            tag = (
                _before_state(said, place + 1, free, known)
                or _state_alone(said, place + 1)
                or (_strange(said, place + 1, free, known) if word in leads else None)
            )
            if tag:
                return tag
    return None


def _before_state(said: Utterance, first: int, free: Sequence[bool], known: Collection[str]) -> Tag | None:
    for at in range(first, min(first + _LONGEST + 1, len(said.words))):
        state = state_at(said, at, words=LOOSE) if at > first else None
        if state and any(said.keys[place] not in known for place in range(first, at)):
            return _tag(said, first, at, state[0], state[1])
        if not free[at] or not said.words[at].isalpha() or said.words[at] in NOT_NAMES:
            return None
    return None


def _state_alone(said: Utterance, place: int) -> Tag | None:
    state = state_at(said, place, words=LOOSE)
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
