"""Whether a message names somebody whose record is not the speaker's: "bob's claims", "what does Karen Miller take"."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from bot.language.names import CREDENTIALS, TITLES
from bot.language.text import Utterance, keys_in

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
_PRACTISES = frozenset({
    "privileges", "privilegios", "operate", "operates", "opera", "admits", "admitting", "affiliated", "affiliation",
    "affiliations", "afiliado", "afiliada", "practices", "practica", "certified", "school", "graduate", "graduated",
    "fellowship", "residency", "certificado", "certificada", "malpractice", "sued",
})  # fmt: skip
# "What insurance does Grace Okafor take" is asked of a doctor.
_TAKES = frozenset({"take", "takes", "accept", "accepts", "acepta", "toma", "recibe"})
_TAKEN = frozenset({"insurance", "insurances", "plans", "networks", "seguro", "seguros", "planes", "redes"})
_OF_A_PRACTICE = frozenset({
    "network", "phone", "fax", "address", "office", "patient", "accepting", "practice", "doctor", "provider", "hours",
    "red", "telefono", "consultorio", "pacientes", "doctora", "bluecare",
})  # fmt: skip
_RECORDS = frozenset({
    "claim", "bill", "lab", "result", "prescription", "med", "medication", "medicine", "card", "copay", "deductible",
    "coverage", "plan", "visit", "vaccine", "shot", "insurance", "refill", "test", "procedure", "record", "benefit",
    "surgery", "mri", "xray", "reclamo", "reclamacione", "factura", "cuenta", "receta", "medicina",
    "tarjeta", "deducible", "cobertura", "visita", "vacuna", "examene", "resultado", "id", "charge", "checkup",
})  # fmt: skip
_MEETINGS = frozenset({"appointment", "cita"})  # of a person, or those that a doctor has
_WHOSE = frozenset({"for", "of", "on", "about", "para", "de"})
_DOES = frozenset({"did", "does", "has", "is", "was"})
_HAS = frozenset(
    {"have", "met", "meet", "owe", "need", "get", "got", "reach", "reached", "covered", "on", "still", "had"}
)
_WHAT_OF = frozenset({
    ("what", "about"), ("how", "about"), ("and",), ("and", "for"), ("for",), ("y",), ("y", "para"), ("que", "tal"),
    ("y", "de"), ("para",), ("what", "of"), ("same", "for"), ("and", "what", "about"),
})  # fmt: skip
_ENGLISH = frozenset({"about", "for", "has", "does", "did", "is"})
_NEAR = 3
_SHORTEST_NUMBER = 3


def names_somebody(said: Utterance, given: Collection[str], family: Collection[str]) -> bool:
    """True for a given name that is asked about, a possessive of one, "Mrs. Jones", or a member's number.

    A name behind a doctor's title, and the name of who writes ("this is Dana"), do not count. Nor do names beside a
    degree, "NPI" or a saint, which are those of doctors and hospitals.
    """
    takes = not _TAKES.isdisjoint(said.words) and not _TAKEN.isdisjoint(said.words)
    if takes or not (_OF_CARE | _PRACTISES).isdisjoint(said.words) or said.words[-1:] == ("practice",):
        return False
    if _LEADS.isdisjoint(said.words) and not any(key in given for key in said.keys):
        return False
    return any(_named_at(said, place, given, family) for place in range(len(said.words)))


def person_named(
    said: Utterance, given: Collection[str], family: Collection[str], common: Collection[str]
) -> tuple[int, int] | None:
    """The words of the person whose record is asked for by name: "Mia's claims", "the bill for Mia", "and Mia?".

    None where the name is a doctor's, or the question is about somebody's practice. A name that is also a `common`
    word ("mía") needs a capital, an apostrophe, or an English word before it.
    """
    words = said.words
    if (
        not _OF_CARE.isdisjoint(words)
        or not _OF_A_PRACTICE.isdisjoint(words)
        or not _OF_A_PRACTICE.isdisjoint(said.keys)
    ):
        return None
    for place, key in enumerate(said.keys):
        before = words[place - 1] if place else ""
        if key not in given or before in TITLES or _of_the_speaker(words, place):
            continue
        if key in common and not ("'" in words[place] or before in _ENGLISH or _is_capital(said, place)):
            continue
        named = place + 1 < len(words) and said.keys[place + 1] in family
        after = place + 1 + named
        if _owns(said, place, after) or (before in _WHOSE and not _RECORDS.isdisjoint(said.keys)):
            return place, after
        if not named and key not in family and after == len(words) and words[:place] in _WHAT_OF:
            return place, after
    return None


def with_people(
    said: Utterance, people: Sequence[tuple[str, str]], names: Collection[str], common: Collection[str]
) -> Utterance:
    """The message with the places where it names one of `people`, each a given and a family name.

    `names` are those of anybody: "Mai Tran" is not the Mai who is called Nguyen. A name that is also a `common` word
    ("Will") needs an apostrophe, or a capital inside the message.
    """
    if not people or not _OF_CARE.isdisjoint(said.words):
        return said
    found = (span for given, family in people for span in _places(said, keys_in(given), keys_in(family)))
    return replace(said, people=tuple(span for span in found if _is_meant(said, *span, names, common)))


def _places(said: Utterance, given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for place in range(len(said.keys) if given else 0):
        after = place + len(given)
        if said.keys[place:after] == given:
            yield place, after + len(family) * bool(family and said.keys[after : after + len(family)] == family)


def _is_meant(said: Utterance, place: int, after: int, names: Collection[str], common: Collection[str]) -> bool:
    before = said.words[place - 1] if place else ""
    if before in TITLES or _of_the_speaker(said.words, place):
        return False
    if said.keys[place] in common and not ("'" in said.words[after - 1] or _is_capital(said, place)):
        return False
    if _possessive(said, after - 1) or after == len(said.keys) or said.keys[after] not in names:
        return True
    return said.keys[after] in common and not _is_capital(said, after)  # "a Sofía le faltan": nobody is called Le here


def _is_capital(said: Utterance, place: int) -> bool:
    return place > 0 and said.said(place, place + 1)[:1].isupper()


def _owns(said: Utterance, place: int, after: int) -> bool:
    """Whether a record of the one who is named here is spoken of, or what they have done about their plan."""
    if _possessive(said, after - 1):
        return not (_RECORDS | _MEETINGS).isdisjoint(said.keys[after : after + _NEAR])
    does = place > 0 and said.words[place - 1] in _DOES and after < len(said.words) and said.words[after] in _HAS
    return does and not _RECORDS.isdisjoint(said.keys)


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
