"""Whether an address lies on a street: by its name and what kind of street it is, however that is shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.kit.spelling import words_of

_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("avenue", "ave", "av", "avenida"), "avenue"),
    **dict.fromkeys(("street", "st"), "street"),
    **dict.fromkeys(("road", "rd"), "road"),
    **dict.fromkeys(("boulevard", "blvd", "bulevar"), "boulevard"),
    **dict.fromkeys(("highway", "hwy", "carretera"), "highway"),
    **dict.fromkeys(("parkway", "pkwy"), "parkway"),
    **dict.fromkeys(("lane", "ln"), "lane"),
    **dict.fromkeys(("drive", "dr"), "drive"),
    "pike": "pike",
    "calle": "",
}


def lies_on(lines: Iterable[str], street: str) -> bool:
    """True where a line names the street; one of another kind is another street, `calle` is any kind."""
    said = words_of(street)
    name = tuple(word for word in said if word not in _KINDS)
    kind = next((_KINDS[word] for word in said if word in _KINDS), "")
    return bool(name) and any(_names(words_of(line), name, kind) for line in lines)


def _names(words: tuple[str, ...], name: tuple[str, ...], kind: str) -> bool:
    ends = (at + len(name) for at in range(len(words)) if words[at : at + len(name)] == name)
    return any(not kind or _KINDS.get("".join(words[end : end + 1])) == kind for end in ends)
