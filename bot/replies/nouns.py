"""Counted nouns for kinds of doctors, from a person's own words: `4 cardiologists`, `1 heart doctor`, `2 pediatras`."""

import re
from collections.abc import Callable

from markupsafe import Markup

_ENDINGS = {
    "en": (
        *("ist", "ian", "doctor", "surgeon", "pcp", "practitioner", "nurse", "midwife", "provider", "shrink", "doc"),
        *("counselor", "gp", "dr", "therapist", "assistant", "worker"),
    ),
    "es": (
        *("logo", "loga", "ista", "iatra", "doctor", "doctora", "médico", "médica", "medico", "medica", "partera"),
        *("cirujano", "cirujana", "enfermera", "enfermero", "terapeuta", "consejero", "consejera", "ortopeda"),
    ),
}
_FIELDS = {
    "en": {
        "ology": "ologist",
        "iatry": "iatrist",
        "iatrics": "iatrician",
        "dentistry": "dentist",
        "optometry": "optometrist",
        "orthopedics": "orthopedist",
        "surgery": "surgeon",
        "therapy": "therapist",
        "medicine": "medicine doctor",
        "dr": "doctor",
    },
    "es": {
        "ología": "ólogo",
        "ologia": "ólogo",
        "iatría": "iatra",
        "iatria": "iatra",
        "optometría": "optometrista",
        "optometria": "optometrista",
        "ortopedia": "ortopeda",
    },
}  # how a field's name ends, and whoever works in it
_SLIP = 85  # percent of the letters
_WOMEN = {"es": ("loga", "doctora", "médica", "medica", "partera", "cirujana", "enfermera", "consejera")}
_FEMININE = {"logo": "loga", "doctor": "doctora", "médico": "médica", "medico": "médica", "cirujano": "cirujana"}
_BEHIND = {"en": ("of",), "es": ("de", "del")}  # no word from here on has a plural of its own
_MANY = {"en": (("wife", "wives"), ("y", "ies")), "es": (("z", "ces"), ("ón", "ones"))}
_CODE = re.compile(r"[0-9]{3}[0-9A-Z]{6}X", re.IGNORECASE)
_SEVERAL = 2
_WHOM = {"en": " for ", "es": " para "}


def people(text: str, number: int, *, women: bool = False, language: str, words: Callable[..., str]) -> str:
    """Return the number with the noun for a kind of doctor: `4 cardiologists` for "cardiology".

    Words that name no people are kept: "my allergies" gives `4 doctors for my allergies`. In "dentist for kids" the
    first word becomes plural, and a taxonomy code becomes part of a phrase. `women`: all are women, so that Spanish
    says "cardiólogas".
    """
    if _CODE.fullmatch(text):
        return words("{n} (provider|providers) of code {what}", n=number, what=text)
    head, whom, tail = text.partition(_WHOM.get(language, "\n"))
    if whom and head.casefold().endswith(_ENDINGS[language]):
        return people(head, number, women=women, language=language, words=words) + whom + tail
    first, rest = _noun(text, language)
    plain = _of_field(_single(first, language), language)
    if not plain.casefold().endswith(_ENDINGS.get(language, ())):
        return words("{n} (doctor|doctors) for {what}", n=number, what=text)
    if women and language == "es":
        masculine = next((ending for ending in _FEMININE if plain.casefold().endswith(ending)), None)
        plain = plain[: -len(masculine)] + _FEMININE[masculine] if masculine else plain
    noun = plain if number == 1 else _many(plain, language)
    noun = noun.replace("pcp", "PCP").replace("Pcp", "PCP").replace("PCPS", "PCPs")
    return f"{number:,} {noun + rest if language == 'es' else rest + noun}"


def people_called(text: str, *, language: str, words: Callable[..., str]) -> str:
    """Return the plural noun for a kind of doctor without a number, as after "no": `cardiologists` for "cardiology"."""
    return people(text, _SEVERAL, language=language, words=words).removeprefix(f"{_SEVERAL} ")


def is_noun(text: str | None, name: str, *, language: str) -> bool:
    """Return whether a person's words can be counted as a noun in this language, and do not misspell the kind's `name`.

    Short forms of office staff ("derm", "lcsw"), fields, words of another language and "cardiolgist" are no such noun.
    """
    words = (text or "").casefold()
    firsts = {tongue: _single(_noun(words, tongue)[0], tongue) for tongue in _ENDINGS if words}
    named = [at for at, first in firsts.items() if _of_field(first, at).casefold().endswith(_ENDINGS[at])]
    return not _is_slip(words, name.casefold()) and (language in named if language in _ENDINGS else not named)


def _is_slip(words: str, name: str) -> bool:
    from rapidfuzz.fuzz import ratio  # noqa: PLC0415 -- two MiB that no question needs which looks for nobody

    return words != name and ratio(words, name) >= _SLIP


def names_women(text: str | None, *, language: str) -> bool:
    """Return whether the noun itself is feminine, as "doctoras": the reply then needs no "que son mujeres"."""
    first, _ = _noun(text or "", language)
    return bool(first) and _single(first, language).casefold().endswith(_WOMEN.get(language, "\n"))


def _noun(words: str, language: str) -> tuple[str, str]:
    """Return the noun, and the rest with its space. The noun is the last word in English, the first word in Spanish."""
    if language == "es":
        first, space, rest = words.partition(" ")
        return first, space + rest
    rest, space, last = words.rpartition(" ")
    return last, rest + space


def _single(noun: str, language: str) -> str:
    for ending in ("es", "s") if language == "es" else ("s",):
        if noun.casefold().endswith(ending) and noun[: -len(ending)].casefold().endswith(_ENDINGS.get(language, ())):
            return noun[: -len(ending)]
    return noun


def _of_field(noun: str, language: str) -> str:
    """Return the noun for people in a field, such as "cardiologist" for "cardiology"; any other noun unchanged."""
    ends = _FIELDS.get(language, {})
    ending = next((one for one in ends if noun.casefold().endswith(one)), None)
    return noun[: -len(ending)] + ends[ending] if ending else noun


def plural(noun: str, number: int, *, language: str) -> Markup:
    """Return a singular noun in the form for a number: `centros de diálisis` for "centro de diálisis" and 2.

    A field becomes the people in it: `cardiologist` for "cardiology". Nouns of languages other than English and
    Spanish are returned unchanged.
    """
    words = _of_field(noun, language).split()
    end = next((at for at, word in enumerate(words) if word in _BEHIND.get(language, ())), len(words))
    start = 0 if language == "es" else end - 1
    if number != 1 and language in _BEHIND:
        words[start:end] = [_many(word, language) for word in words[start:end]]
    return Markup(" ").join(words)


def _many(noun: str, language: str) -> str:
    for ending, many in _MANY[language]:
        if noun.casefold().endswith(ending):
            return noun[: len(noun) - len(ending)] + many
    return noun + ("es" if language == "es" and noun[-1:].casefold() not in "aeiouáéíóú" else "s")
