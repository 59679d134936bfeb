"""Compares typed names of people, organizations, states and streets with the names in a directory or record."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

# Letters that are none with an accent.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
_WORD, _INSIDE = re.compile(r"[^\W_]+"), re.compile("['\u2019`.]")
_TITLES = frozenset({"dr", "dra", "doctor", "doctora", "md", "do", "np", "phd"})
# What a house may be written with or without: its legal form, and an article or an "and".
_FORMS = frozenset({"pc", "pa", "llc", "pllc", "inc", "llp", "lp", "corp", "ltd", "the", "el", "la", "and", "y"})
_SAME = {"saint": "st", "ctr": "center", "centre": "center", "hosp": "hospital", "mount": "mt", "fort": "ft"}
_LINKS, _FEW = frozenset({"of", "de"}), 3  # words of a person's name
_SHORTEST_START = 3
Run = TypeVar("Run", bound=tuple[Any, ...])
_ALIKE = 0.75  # of 1: one letter in four wrong, missing, too many, or swapped with the next
_BESIDE_ONE = 0.7  # of a word beside one that is written as said: "Hamza Beesly"

_STATE_NAMES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,FL Florida,"
    "GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,"
    "MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,"
    "NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,"
    "OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,"
    "UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming"
)
STATES: Mapping[str, str] = {entry[:2]: entry[3:] for entry in _STATE_NAMES.split(",")}


def words_of(text: str | None) -> tuple[str, ...]:
    """Return the words of a text in lower case without accents: "O'Neil, José-María" gives oneil, jose, maria."""
    if not text:
        return ()
    bare = text.casefold()
    if not bare.isascii():
        letters = unicodedata.normalize("NFKD", bare.translate(_LETTERS))
        bare = "".join([one for one in letters if not unicodedata.combining(one)])
    return tuple(_WORD.findall(_INSIDE.sub("", bare)))


def is_named(written: str | None, said: str) -> bool:
    """Return whether the written name contains every word of `said` in any order, or all of these written as one word.

    The words "of" and "de" may be missing in a name of more than three words. Legal forms, "Saint" and leading zeros of
    numbers may be written differently.
    """
    own, wanted = _own(written), _wanted(said)
    telling = set(wanted) - _LINKS if len(wanted) > _FEW else set(wanted)
    return bool(wanted) and (telling <= set(own) or _run_together(own, "".join(wanted)))


def starts_like(written: str | None, said: str) -> bool:
    """Return whether every word of `said` is the beginning of a word in the written name.

    At least one word needs three letters. A single letter matches a word of the name but not a degree.
    """
    own, wanted = _own(written), _wanted(said)
    names = _own((written or "").partition(",")[0])
    return any(len(word) >= _SHORTEST_START for word in wanted) and all(
        any(one.startswith(word) for one in (own if len(word) > 1 else names)) for word in wanted
    )


def likeness(written: str | None, said: str) -> float:
    """Return the similarity of two names from 0 to 1, the mean over the words of `said`.

    Each word is compared with the most similar word of the written name. If a word has no similar word, return 0.
    """
    own, wanted = _own(written), _wanted(said)
    if wanted and _run_together(own, "".join(wanted)):
        return 1.0
    least = _BESIDE_ONE if len(wanted) > 1 and not set(own).isdisjoint(wanted) else _ALIKE
    best: list[float] = [max((is_alike(word, one, least) for one in own), default=0.0) for word in wanted]
    return sum(best) / len(best) if best and all(best) else 0.0


def is_alike(word: str, other: str, least: float = _ALIKE) -> float:
    """Return the similarity in spelling of two words, from 0 to 1; 0 if it is below `least`."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415 -- two MiB that no well-spelled question needs

    return OSA.normalized_similarity(word, other, score_cutoff=least)


def spelled_like(word: str, names: Iterable[str], most: int) -> tuple[str, ...]:
    """Return up to `most` names that are spelled like the word, ignoring case, most similar first."""
    from rapidfuzz import process  # noqa: PLC0415 -- two MiB that no well-spelled question needs
    from rapidfuzz.distance import OSA  # noqa: PLC0415 -- as above

    by = {name.casefold(): name for name in names}
    scorer = OSA.normalized_similarity
    found = process.extract(word.casefold(), list(by), scorer=scorer, score_cutoff=_ALIKE, limit=most)
    return tuple(by[name] for name, *_ in found)


@lru_cache(maxsize=4096)
def _own(written: str | None) -> tuple[str, ...]:
    words = words_of(written)
    return tuple((word.lstrip("0") or word) if word.isdecimal() else _SAME.get(word, word) for word in words)


@lru_cache(maxsize=256)
def _wanted(said: str) -> tuple[str, ...]:
    words = _own(said)
    return tuple(word for word in words if word not in _TITLES | _FORMS) or words


def _run_together(own: tuple[str, ...], joined: str) -> bool:
    places = range(len(own))
    return any("".join(own[start : end + 1]) == joined for start in places for end in places[start:])


def name_of_state(letters: str) -> str | None:
    """Return the full name of a state, None if the letters are unknown."""
    return STATES.get(letters.upper())


def is_state(written: str | None, letters: str) -> bool:
    """Return whether the written state, as letters or a name, is the state with these letters."""
    return (written or "").strip().casefold() in {letters.casefold(), (name_of_state(letters) or letters).casefold()}


_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("avenue", "ave", "av", "avenida"), "avenue"),
    **dict.fromkeys(("street", "st"), "street"),
    **dict.fromkeys(("road", "rd"), "road"),
    **dict.fromkeys(("boulevard", "blvd", "bulevar"), "boulevard"),
    **dict.fromkeys(("highway", "hwy", "carretera"), "highway"),
    **dict.fromkeys(("parkway", "pkwy"), "parkway"),
    **dict.fromkeys(("lane", "ln"), "lane"),
    **dict.fromkeys(("drive", "dr"), "drive"),
    **dict.fromkeys(("court", "ct"), "court"),
    **dict.fromkeys(("square", "sq"), "square"),
    **dict.fromkeys(("circle", "cir"), "circle"),
    "pike": "pike",
    "calle": "",
}


def lies_on(lines: Iterable[str], street: str) -> bool:
    """Return whether a line of an address names the street.

    If `street` has a kind, such as "road", the line must have the same kind after the name; "calle" matches any kind.
    """
    said = words_of(street)
    name = tuple(word for word in said if word not in _KINDS)
    kind = next((_KINDS[word] for word in said if word in _KINDS), "")
    ends = ((words, at + len(name)) for words in map(words_of, lines) for at in stands_at(name, words))
    return any(not kind or _KINDS.get("".join(words[end : end + 1])) == kind for words, end in ends)


def is_address(name: str) -> bool:
    """Return whether a name is that of a street: "979 E 3rd St", "Poplar Avenue"."""
    words = words_of(name)
    return len(words) > 1 and words[-1] in _KINDS


def stands_at(form: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return the indexes in `words` at which the words of `form` occur in sequence; [] for an empty form."""
    own, size = tuple(form), len(form)
    return [at for at, word in enumerate(words) if own and word == own[0] and tuple(words[at : at + size]) == own]


def outermost(spans: Iterable[Run]) -> list[Run]:
    """Return the spans that are not inside a longer span; the first two items of each are its start and end."""
    every = list(spans)
    return [
        one for one in every if not any(a <= one[0] and one[1] <= b and b - a > one[1] - one[0] for a, b, *_ in every)
    ]
