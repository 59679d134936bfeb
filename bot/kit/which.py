"""Decides which of several claims a message means: by a part of the body, a word for care, an order or a name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from bot.kit.ask import Ask, NamedCare, text_of
from bot.kit.spelling import words_of
from bot.language.context import FOCUS, THOSE
from bot.records.care_kind import Shown
from bot.records.claim import Claim

_OF_PART = frozenset(
    {"my", "our", "left", "right", "lower", "for", "on"}
    | {"mi", "mis", "tu", "su", "de", "del", "izquierda", "izquierdo", "derecha", "derecho"}
)
_CARED = frozenset(
    {"stuff", "bill", "bills", "claim", "claims", "visit", "visits", "care", "problem", "problems"}
    | {"injury", "surgery", "treatment", "treatments"}
)
_NO_PART = frozenset({"of", "hurts", "hurting"})
_ARTICLES, _ALSO = frozenset({"the", "la", "el"}), frozenset({"back"})  # "back in March" is no part of the body
_WHO = ("ist", "ists", "ista", "istas", "ologo", "ologa", "doctor", "doctors", "surgeon", "surgeons", "dr")
_SHORT = 2  # letters
_ADDING = "(?:including|counting|incluyendo|contando|incluso|incluid[oa]s?)(?: (?:my|all|the|mis|las?|los))*"
_ADDED = "(?:included|incluid[oa]s?)"
_TITLES = frozenset({"dr", "doctor", "doctora", "dra", "md", "do", "np", "el", "la", "the"})


class BodyPart(msgspec.Struct, frozen=True):
    """A part of the body, and the person's word for it.

    `body` maps every word for a part of the body, in any language, to the name of the part.
    """

    name: str
    word: str
    body: Mapping[str, str]


def part_asked(ask: Ask) -> BodyPart | None:
    """Return the part of the body that the care in question was for; None if there is none, or if the care names it.

    If the question names no kind of care, the words have to use the part as one of a body: "my knee" or "knee bills",
    but not "on the other hand".
    """
    own, words, whom = words_of(ask.words.get("service")), words_of(ask.said), words_of(ask.words.get("specialty"))
    taken = {
        word
        for slot in ("provider_name", "organization", "drug", "date_range")
        for word in words_of(ask.words.get(slot))
    } | ({*whom} if any(word.endswith(_WHO) for word in whom) else set())
    said = [
        word
        for at, word in enumerate(words)
        if word in ask.asked.body
        and word not in (*own, *taken)
        and ((own and word not in _ALSO) or _is_part(words, at))
    ]
    if not said or any(word in ask.asked.body for word in own):
        return None
    if not any(word.endswith(_WHO) for word in words):
        ask.said_unmet("specialty")  # "my knee" names no kind of doctor here, and the answer says what it found of it
    elif not own:
        return None
    return BodyPart(ask.asked.body[said[0]], said[0], ask.asked.body)


def _is_part(words: Sequence[str], at: int) -> bool:
    """Return whether the word at the index `at` is used for a part of a body, by the words next to it."""
    behind = words[at + 1] if at + 1 < len(words) else ""
    before = [word for word in words[max(0, at - 2) : at] if word not in _ARTICLES]
    beside = bool(before) and before[-1] in _OF_PART
    return (beside and behind not in _NO_PART) or behind in _CARED


def parts_named(claim: Claim, body: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the parts of the body whose words are on the claim's lines; `body` maps words to names."""
    done = claim.performed
    texts = (*done.words, *(one for line in done.lines for one in line.words))
    return frozenset(body[word] for text in texts for word in words_of(text) if word in body)


def of_care_named(claims: tuple[Claim, ...], care: NamedCare | None) -> tuple[Claim, ...]:
    """Return the claims with the word for the care on a line; all claims if none has the word, or if `care` is None."""
    return tuple(claim for claim in claims if care and lines_of_care(claim, care).lines) or claims


def lines_of_care(claim: Claim, care: NamedCare) -> Shown:
    """Return the lines of the claim with the word for the care, in the singular or the plural.

    If there are any, the claim's id is added to `care.claims`.
    """
    word, lines = _singular(care.word), claim.performed.lines
    told = tuple(at for at, line in enumerate(lines) if any(word in _singulars(text) for text in line.words))
    if told:
        care.claims.add(claim.id)
    return Shown(told, len(lines))


def _singular(word: str) -> str:
    return next(iter(words_of(word)), "").removesuffix("s")


@lru_cache(maxsize=4096)
def _singulars(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in words_of(text))


def drugs_named_in(ask: Ask, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return for each drug a tuple of its name and its synonyms: the ingredient and the brands."""
    return tuple((name, *ask.other_names(name)) for name in names)


def is_drug(claim: Claim, names: Iterable[str]) -> bool:
    """Return whether the claim is for a drug whose name contains all words of one of the names."""
    filled = " ".join(one.drug for one in claim.dispensed if one.drug).casefold()
    return any(all(word in filled for word in name.casefold().split()) for name in names)


def order_asked(ask: Ask) -> str | None:
    """Return the requested order, such as "biggest" or "oldest"; None if there is none, as for "the most recent"."""
    if ask.asked.sort and ask.asked.sort != "newest":
        return ask.asked.sort
    recent = ask.asked.newest and words_of(ask.words.get("order")) == ("most",)
    return None if recent else text_of(ask, "order")


def count_asked(ask: Ask, most: int) -> int | None:
    """Return the requested number of claims, 3 for "my 3 biggest bills"; None if there is none or it exceeds `most`."""
    return ask.asked.count if ask.asked.count and ask.asked.count <= most else None


def widens(ask: Ask, slot: str) -> bool:
    """Return whether the message only adds the value of a slot to all the rest: "everything, medicines included"."""
    own, said = " ".join(words_of(ask.words.get(slot))), " ".join(words_of(ask.said))
    return bool(own and re.search(rf"\b(?:{_ADDING}) {own}\b|\b{own} (?:{_ADDED})\b", said))


def shown_before(ask: Ask) -> tuple[str, ...]:
    """Return the ids of the claims that were shown before, if the question is about all of these."""
    return tuple(ask.arguments.get(THOSE, "").split())


def place_of(ask: Ask, days: Sequence[Sequence[Claim]]) -> int | None:
    """Return the index in `days` of the day or claim that a follow-up means; None for a new question or one about all.

    `days` are the claims in order, grouped by day of service or each in a group of its own. "The one before" counts
    from the claim shown last. The index may be beyond the end of `days`.
    """
    step, at = ask.pick, _focused(ask, days)
    if at is None and "pick" not in ask.arguments:
        return None
    return max(step if at is None and step >= 0 else (len(days) if at is None else at) + step, 0)


def the_one(ask: Ask, days: Sequence[tuple[Claim, ...]]) -> tuple[Claim, ...]:
    """Return the claims of the day of service that the question means.

    This is the first day by default, and the last one if the question goes further back. `days` are in the order of
    `place_of`. Return an empty tuple if there are no days.
    """
    return days[min(place_of(ask, days) or 0, len(days) - 1)] if days else ()


def reaches(ask: Ask, days: Sequence[Sequence[Claim]]) -> bool:
    """Return whether the day that the question means is among `days`, so that no older claims have to be read."""
    known = _focused(ask, days) is not None if FOCUS in ask.arguments else ask.pick >= 0
    return known and len(days) > (place_of(ask, days) or 0)


def _focused(ask: Ask, days: Sequence[Sequence[Claim]]) -> int | None:
    """Return the index of the day with the claim that was shown last; None if no day has that claim."""
    focus = ask.arguments.get(FOCUS)
    return next((at for at, day in enumerate(days) if any(claim.id == focus for claim in day)), None)


def named(claim: Claim, words: str, *, fills: bool = False) -> bool:
    """Return whether the words match the name of the claim's provider, biller, place or prescriber.

    The prescriber of a pharmacy claim counts only if `fills`. A word matches as a whole or as the beginning of a word.
    """
    wanted = [word for word in words_of(words) if word not in _TITLES]
    names = (claim.seen, claim.billing, claim.place, claim.prescriber if fills or not claim.is_pharmacy else None)
    texts = [words_of(text) for text in names if text]
    return bool(wanted) and any(all(_begins(word, text) for word in wanted) for text in texts)


def _begins(word: str, text: Sequence[str]) -> bool:
    """Return whether a word is a word of a name, or if it has more than two letters, the beginning of one."""
    return word in text or (len(word) > _SHORT and any(own.startswith(word) for own in text))
