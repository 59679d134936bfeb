"""Data that people, places and services of the directory share: hours, absences, phones, languages, numbers, areas.

A National Provider Identifier has ten digits, the last one a check digit (45 CFR 162.406; ISO 7812's Luhn formula).
Plan-Net's areas have a shape and no address (fhir-notes 9.2).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from bot.records.dates import Period
from bot.records.decode import decoder_of
from bot.records.directory import (
    NEW_PATIENTS,
    NPI_SYSTEMS,
    TAX_NUMBERS,
    TimeOff,
    TimeShape,
)
from bot.records.shapes import (
    Attachment,
    Concept,
    Extension,
    Identifier,
    Key,
    Telecom,
    key_of,
    period_of,
)
from bot.records.text import clean

Accepting = Literal["newpt", "nopt", "existptonly", "existptfam"]
_ACCEPTING: tuple[Accepting, ...] = ("newpt", "nopt", "existptonly", "existptfam")
_TIN_DIGITS = 9
_ALWAYS = Period()


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PREFIX = "80840"  # health applications, United States: the check digit is of the number with it
_NPI_DIGITS = 10

# By the English or own name, and by ISO 639-2's codes (both kinds where it has two).
_LANGUAGES = (
    "am amharic amh; ar arabic ara; ase american-sign-language asl sgn sign-language; bn bengali ben; "
    "de german deutsch deu ger; en english eng; es spanish español espanol castilian spa; "
    "fa farsi persian fas per; fr french français francais fra fre; gu gujarati guj; hi hindi hin; "
    "ht haitian-creole haitian creole hat; it italian ita; ja japanese jpn; ko korean kor; ku kurdish kur; "
    "lo lao laotian; my burmese mya bur; ne nepali nep; pa punjabi panjabi pan; pl polish pol; "
    "pt portuguese por; ru russian rus; so somali som; sw swahili swa; ta tamil tam; te telugu tel; "
    "tl tagalog filipino tgl fil; uk ukrainian ukr; ur urdu urd; vi vietnamese vie; "
    "zh chinese mandarin cantonese zho chi cmn yue"
)
_LANGUAGE_CODES = {name: code for code, *names in map(str.split, _LANGUAGES.split(";")) for name in names}

BOUNDARY = "http://hl7.org/fhir/StructureDefinition/location-boundary-geojson"
Ring = tuple[tuple[float, float], ...]
GeoPoint = tuple[float, float]


class Hours(msgspec.Struct, frozen=True):
    """Days of the week (mon to sun) with the same times; `start` and `end` are HH:MM, None if not given."""

    days: tuple[str, ...]
    all_day: bool
    start: str | None
    end: str | None


def read_hours(shapes: Iterable[TimeShape]) -> tuple[Hours, ...]:
    """Return the hours that have both days and times."""
    return tuple(hours for shape in shapes if (hours := _hours(shape)))


def on_day(every: Iterable[Hours], day: date) -> tuple[Hours, ...]:
    """Return the hours of one day, earliest first; () if there are none for that day."""
    name = WEEK[day.weekday()]
    return tuple(sorted((hours for hours in every if name in hours.days), key=lambda hours: hours.start or ""))


def _hours(shape: TimeShape) -> Hours | None:
    days = tuple(day for day in WEEK if day in shape.days_of_week)
    start, end = (
        _clock(shape.available_start_time or shape.opening_time),
        _clock(shape.available_end_time or shape.closing_time),
    )
    if not days or not (shape.all_day or start or end):
        return None
    return Hours(days, bool(shape.all_day), start, end)


def _clock(text: str | None) -> str | None:
    """Return HH:MM of a FHIR time; None for a malformed one."""
    hour, _, rest = (text or "").partition(":")
    minute = rest[:2]
    hour = "00" if (hour, minute) == ("24", "00") else hour  # the end of a day, as many write it
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 -- a clock
        return None
    return f"{int(hour):02}:{minute}"


class Closure(msgspec.Struct, frozen=True):
    """A time of absence or closure with the payer's words; without a known time, only words about the hours."""

    during: Period
    words: str | None

    def holds(self, day: date) -> bool:
        """Return whether the day is in it."""
        return self.during.known and self.during.includes(day)

    def is_over(self, day: date) -> bool:
        """Return whether it ended before that day."""
        return self.during.end is not None and self.during.end.last < day


def read_closures(times: Iterable[TimeOff], exceptions: str | None) -> tuple[Closure, ...]:
    """Return the absences, and last the words about exceptions; those with neither a time nor words are left out."""
    found = [Closure(period_of(one.during), clean(one.description)) for one in times]
    found.append(Closure(Period(), clean(exceptions)))
    return tuple(dict.fromkeys(one for one in found if one.during.known or one.words))


def is_npi(text: str | None) -> bool:
    """Return True for ten digits with a correct check digit, except ten equal digits, which are a placeholder."""
    if not text or len(text) != _NPI_DIGITS or not (text.isascii() and text.isdigit()) or len(set(text)) == 1:
        return False
    if text[0] not in "12":
        return False
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(_PREFIX + text))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


def language_code(concept: Concept) -> str | None:
    """Return the BCP 47 code of the language; the payer's words if it is unknown."""
    code, words = next((code for code in concept.codes() if code), None), concept.words()
    if code and code.casefold() not in _LANGUAGE_CODES:
        return code
    said = code or words
    return _LANGUAGE_CODES.get((said or "").casefold().replace(" ", "-").split(";")[0], said)


class _GeoShape(msgspec.Struct, frozen=True):
    type: str = ""
    coordinates: msgspec.Raw = msgspec.Raw()
    geometry: _GeoShape | None = None
    features: tuple[_GeoShape, ...] = ()
    geometries: tuple[_GeoShape, ...] = ()


def read_boundary(extensions: Sequence[Extension]) -> tuple[Ring, ...]:
    """Return the outer rings of the boundary as (longitude, latitude); () if it is absent, only linked, or damaged."""
    found = next((e.value_attachment for e in extensions if e.url == BOUNDARY and e.value_attachment), None)
    return _decoded_rings(found) if found and found.data else ()


def holds(rings: Sequence[Ring], point: GeoPoint) -> bool:
    """Return whether the point (latitude, longitude) is in one of the rings, by the even-odd rule."""
    return any(_inside(ring, point) for ring in rings)


def _decoded_rings(attachment: Attachment) -> tuple[Ring, ...]:
    try:
        shape = decoder_of(_GeoShape).decode(base64.b64decode(attachment.data or ""))
        return _rings(shape)
    except (binascii.Error, msgspec.DecodeError, RecursionError, ValueError):
        return ()


def _rings(shape: _GeoShape) -> tuple[Ring, ...]:
    if shape.type == "Polygon":
        return msgspec.json.decode(shape.coordinates, type=tuple[Ring, ...])[:1]
    if shape.type == "MultiPolygon":
        polygons = msgspec.json.decode(shape.coordinates, type=tuple[tuple[Ring, ...], ...])
        return tuple(polygon[0] for polygon in polygons if polygon)
    parts = (*((shape.geometry,) if shape.geometry else ()), *shape.features, *shape.geometries)
    return tuple(ring for part in parts for ring in _rings(part))


def _inside(ring: Ring, point: GeoPoint) -> bool:
    latitude, longitude = point
    crossings = 0
    for (west, south), (east, north) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        if (south > latitude) != (north > latitude):
            crossings += longitude < (east - west) * (latitude - south) / (north - south) + west
    return crossings % 2 == 1


_NUMBERED = frozenset({"phone", "fax", "pager", "sms", None})
_FEWEST_DIGITS = 7
_NORTH_AMERICAN = re.compile(r"(?:\+?1)?[\s.(-]*(\d{3})[\s.)-]*(\d{3})[\s.-]*(\d{4})")


class Phone(msgspec.Struct, frozen=True):
    """A telecom that is valid during `period`; `system` is phone, fax, email, url and such."""

    system: str | None
    value: str
    use: str | None = None
    period: Period = _ALWAYS

    def holds(self, today: date) -> bool:
        """Return whether it is current on that day."""
        return self.use != "old" and self.period.includes(today)


class Specialty(msgspec.Struct, frozen=True):
    """A specialty: its codes (NUCC first) and the payer's words."""

    codes: tuple[str, ...]
    words: str | None


class Openings(msgspec.Struct, frozen=True):
    """Whether new patients are accepted, in one network or, if `network` is None, in general."""

    network: Key | None
    answer: Accepting


def read_openings(extensions: tuple[Extension, ...]) -> tuple[Openings, ...]:
    """Return the newpatients extensions: the answer and its network."""
    found: list[Openings] = []
    for extension in extensions:
        if extension.url != NEW_PATIENTS:
            continue
        parts = {part.url: part for part in extension.extension}
        said = parts["acceptingPatients"].value_codeable_concept if "acceptingPatients" in parts else None
        answer = next((a for a in _ACCEPTING if said and a in said.codes()), None)
        network = parts["fromNetwork"].value_reference if "fromNetwork" in parts else None
        if answer:
            found.append(Openings(key_of(network), answer))
    return tuple(found)


def read_phones(telecoms: tuple[Telecom, ...]) -> tuple[Phone, ...]:
    """Return the telecoms by the payer's rank; those without a system are kept (fhir-notes 9.2).

    Placeholders for a number ("N/A", 999-999-9999) are left out.
    """
    ranked = sorted(telecoms, key=lambda telecom: telecom.rank or 99)
    read = ((t, _number(t.value) if _is_number(t) else clean(t.value)) for t in ranked)
    return tuple(Phone(t.system, value, t.use, period_of(t.period)) for t, value in read if value)


def _is_number(telecom: Telecom) -> bool:
    """Return whether it is a phone or fax number by its system; without one, if it is no e-mail address or URL."""
    return telecom.system in _NUMBERED and not (telecom.system is None and re.search("@|://", telecom.value or ""))


def _number(written: str | None) -> str | None:
    """Return a number in North American format; another one unchanged; None for a placeholder."""
    text = (clean(written) or "").removeprefix("tel:")
    digits = [sign for sign in text if sign.isdigit()]
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return None
    found = _NORTH_AMERICAN.fullmatch(text)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else text


def read_npi(identifiers: Iterable[Identifier]) -> str | None:
    """The first National Provider Identifier with a right check digit, else the first one given; no old one."""
    written = [one.value for one in identifiers if one.system in NPI_SYSTEMS and one.value and one.use != "old"]
    return next(filter(is_npi, written), next(iter(written), None))


def read_tins(identifiers: Iterable[Identifier]) -> tuple[str, ...]:
    """Return the tax numbers (EIN) as nine digits: by their system, or by a type that says so."""
    written = [one.value for one in identifiers if one.value and (one.system in TAX_NUMBERS or _is_tax(one))]
    digits = ("".join(sign for sign in value if sign.isdigit()) for value in written)
    return tuple(dict.fromkeys(value for value in digits if len(value) == _TIN_DIGITS))


def _is_tax(one: Identifier) -> bool:
    return one.type is not None and not {"TAX", "EN"}.isdisjoint(one.type.codes())
