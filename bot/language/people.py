"""Whether a message names somebody whose record is not the speaker's: "bob's claims", "what does Karen Miller take"."""

from collections.abc import Collection

from bot.language.names import CREDENTIALS, TITLES
from bot.language.text import Utterance

_COURTESY = frozenset({"mr", "mrs", "ms", "sr", "sra", "senor", "senora"})
_ASKED_OF = frozenset({
    "does", "did", "has", "is", "was", "are", "can", "for", "of", "on", "about", "de", "para", "debe", "toma", "tiene",
    "tomo", "debia", "member", "patient", "user", "miembro", "paciente", "named",
})  # fmt: skip
_NUMBERED = frozenset({"member", "patient", "subscriber", "miembro", "paciente"})
_NUMBER_WORDS = frozenset({"id", "number", "no", "numero"})
_SPEAKER = frozenset({"am", "im", "soy", "llamo", "name", "nombre", "this"})
_LEADS = _COURTESY | _NUMBERED
_OF_CARE = frozenset({"npi", "st", "saint", "san", "santa", *CREDENTIALS})
_SHORTEST_NUMBER = 3


def names_somebody(said: Utterance, given: Collection[str], family: Collection[str]) -> bool:
    """True for a given name that is asked about, a possessive of one, "Mrs. Jones", or a member's number.

    A name behind a doctor's title, and the name of who writes ("this is Dana"), do not count. Nor do names beside a
    degree, "NPI" or a saint, which are those of doctors and hospitals.
    """
    if not _OF_CARE.isdisjoint(said.words):
        return False
    if _LEADS.isdisjoint(said.words) and not any(key in given for key in said.keys):
        return False
    return any(_named_at(said, place, given, family) for place in range(len(said.words)))


def _named_at(said: Utterance, place: int, given: Collection[str], family: Collection[str]) -> bool:
    words, before = said.words, said.words[place - 1] if place else ""
    if words[place] in _COURTESY:
        return place + 1 < len(words) and said.keys[place + 1] in family
    if _numbered(words, place):
        return True
    if said.keys[place] not in given or before in TITLES or _of_the_speaker(words, place):
        return False
    after = place + 1 if place + 1 < len(words) and said.keys[place + 1] in family else place
    return before in _ASKED_OF or _possessive(said, place) or _possessive(said, after)


def _numbered(words: tuple[str, ...], place: int) -> bool:
    """A number behind "member" or "member id"."""
    led = words[place - 2 : place] if place > 1 and words[place - 1] in _NUMBER_WORDS else words[place - 1 : place]
    return bool(led) and led[0] in _NUMBERED and words[place].isdigit() and len(words[place]) >= _SHORTEST_NUMBER


def _possessive(said: Utterance, place: int) -> bool:
    word = said.words[place]
    return word.endswith(("'s", "s'")) or (word.endswith("s") and word != said.keys[place])


def _of_the_speaker(words: tuple[str, ...], place: int) -> bool:
    return bool(_SPEAKER.intersection(words[max(0, place - 2) : place]))
