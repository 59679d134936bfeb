"""Whether a message names somebody whose record is not the speaker's: "bob's claims", "what does Karen Miller take"."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from bot.language.matcher import Area
from bot.language.text import Utterance, keys_in

_NEAR = 3
_SHORTEST_NUMBER = 3


def names_somebody(said: Utterance, given: Collection[str], family: Collection[str], words: Area) -> bool:
    """True for a given name that is asked about, a possessive of one, "Mrs. Jones", or a member's number.

    A name behind a doctor's title, and the name of who writes ("this is Dana"), do not count. Nor do names beside a
    degree, "NPI" or a saint, which are those of doctors and hospitals.
    """
    takes = not words.takes.isdisjoint(said.words) and not words.taken.isdisjoint(said.words)
    if (
        takes
        or not words.any("of_care", "practises").isdisjoint(said.words)
        or said.words[-1:] in words.phrases("practice")
    ):
        return False
    if words.any("courtesy", "numbered").isdisjoint(said.words) and not any(key in given for key in said.keys):
        return False
    return any(_named_at(said, place, given, family, words) for place in range(len(said.words)))


def person_named(
    said: Utterance, given: Collection[str], family: Collection[str], common: Collection[str], lists: Area
) -> tuple[int, int] | None:
    """The words of the person whose record is asked for by name: "Mia's claims", "the bill for Mia", "and Mia?".

    None where the name is a doctor's, or the question is about somebody's practice. A name that is also a `common`
    word ("mía") needs a capital, an apostrophe, or an English word before it.
    """
    words = said.words
    practice, records = lists.of_a_practice, lists.keys("record")
    if not (lists.of_care.isdisjoint(words) and practice.isdisjoint(words) and practice.isdisjoint(said.keys)):
        return None
    titles = lists.beside("names").any("short_title", "long_title")
    for place, key in enumerate(said.keys):
        before = words[place - 1] if place else ""
        if key not in given or before in titles or _of_the_speaker(words, place, lists):
            continue
        if key in common and not ("'" in words[place] or before in lists.sure or _is_capital(said, place)):
            continue
        named = place + 1 < len(words) and said.keys[place + 1] in family
        after = place + 1 + named
        if _owns(said, place, after, lists) or (before in lists.whose and not records.isdisjoint(said.keys)):
            return place, after
        if not named and key not in family and after == len(words) and words[:place] in lists.phrases("what_of"):
            return place, after
    return None


def with_people(
    said: Utterance, people: Sequence[tuple[str, str]], names: Collection[str], common: Collection[str], words: Area
) -> Utterance:
    """The message with the places where it names one of `people`, each a given and a family name.

    `names` are those of anybody: "Mai Tran" is not the Mai who is called Nguyen. A name that is also a `common` word
    ("Will") needs an apostrophe, or a capital inside the message.
    """
    if not people or not words.of_care.isdisjoint(said.words):
        return said
    found = (span for given, family in people for span in _places(said, keys_in(given), keys_in(family)))
    return replace(said, people=tuple(span for span in found if _is_meant(said, *span, (names, common), words)))


def _places(said: Utterance, given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for place in range(len(said.keys) if given else 0):
        after = place + len(given)
        if said.keys[place:after] == given:
            yield place, after + len(family) * bool(family and said.keys[after : after + len(family)] == family)


def _is_meant(
    said: Utterance, place: int, after: int, known: tuple[Collection[str], Collection[str]], words: Area
) -> bool:
    names, common = known
    before = said.words[place - 1] if place else ""
    if before in words.beside("names").any("short_title", "long_title") or _of_the_speaker(said.words, place, words):
        return False
    if said.keys[place] in common and not ("'" in said.words[after - 1] or _is_capital(said, place)):
        return False
    if _possessive(said, after - 1) or after == len(said.keys) or said.keys[after] not in names:
        return True
    return said.keys[after] in common and not _is_capital(said, after)  # "a Sofía le faltan": nobody is called Le here


def _is_capital(said: Utterance, place: int) -> bool:
    return place > 0 and said.said(place, place + 1)[:1].isupper()


def _owns(said: Utterance, place: int, after: int, words: Area) -> bool:
    """Whether a record of the one who is named here is spoken of, or what they have done about their plan."""
    if _possessive(said, after - 1):
        return not words.keys("record", "meeting").isdisjoint(said.keys[after : after + _NEAR])
    does = (
        place > 0 and said.words[place - 1] in words.does and after < len(said.words) and said.words[after] in words.has
    )
    return does and not words.keys("record").isdisjoint(said.keys)


def _named_at(said: Utterance, place: int, given: Collection[str], family: Collection[str], lists: Area) -> bool:
    words, before = said.words, said.words[place - 1] if place else ""
    if words[place] in lists.courtesy:
        return place + 1 < len(words) and said.keys[place + 1] in family
    if _numbered(words, place, lists):
        return True
    titles = lists.beside("names").any("short_title", "long_title")
    if said.keys[place] not in given or before in titles or _of_the_speaker(words, place, lists):
        return False
    after = place + 1 if place + 1 < len(words) and said.keys[place + 1] in family else place
    return before in lists.asked_of or _possessive(said, place) or _possessive(said, after)


def _numbered(words: tuple[str, ...], place: int, lists: Area) -> bool:
    """A number behind "member" or "member id"."""
    led = words[place - 2 : place] if place > 1 and words[place - 1] in lists.number_word else words[place - 1 : place]
    return bool(led) and led[0] in lists.numbered and words[place].isdigit() and len(words[place]) >= _SHORTEST_NUMBER


def _possessive(said: Utterance, place: int) -> bool:
    word = said.words[place]
    return word.endswith(("'s", "s'")) or (word.endswith("s") and word != said.keys[place])


def _of_the_speaker(words: tuple[str, ...], place: int, lists: Area) -> bool:
    return bool(lists.speaker.intersection(words[max(0, place - 2) : place]))
