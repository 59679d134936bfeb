"""What practitioners, locations and services of a directory have in common: hours, phones, languages, numbers, ages.

National Provider Identifiers end in a check digit (45 CFR 162.406). For the areas of Plan-Net see fhir-notes 9.2.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

import msgspec

from bot.records import directory, shapes
from bot.records.decode import decoder_of
from bot.records.written import Period, clean

Accepting = Literal["newpt", "nopt", "existptonly", "existptfam"]
_ACCEPTING: tuple[Accepting, ...] = ("newpt", "nopt", "existptonly", "existptfam")
_TIN_DIGITS = 9
_ALWAYS = Period()


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DOUBLED = str.maketrans("0123456789", "0246813579")  # a digit to the digits of its double, added up
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
    """Opening hours of one or more days of the week (mon to sun). `start` and `end` are HH:MM, None if not given."""

    days: tuple[str, ...]
    all_day: bool
    start: str | None
    end: str | None


def read_hours(given: Iterable[directory.TimeShape]) -> tuple[Hours, ...]:
    """Return the hours; entries without days or without times are omitted."""
    read = (
        Hours(
            days=tuple(day for day in WEEK if day in one.days_of_week),
            all_day=bool(one.all_day),
            start=_clock(one.available_start_time or one.opening_time),
            end=_clock(one.available_end_time or one.closing_time),
        )
        for one in given
    )
    return tuple(one for one in read if one.days and (one.all_day or one.start or one.end))


def on_day(every: Iterable[Hours], day: date) -> tuple[Hours, ...]:
    """Return the hours of one day, earliest first; () if there are none for that day."""
    name = WEEK[day.weekday()]
    return tuple(sorted((hours for hours in every if name in hours.days), key=lambda hours: hours.start or ""))


def _clock(text: str | None) -> str | None:
    """Return a FHIR time as HH:MM; None if it is missing or malformed."""
    hour, _, rest = (text or "").partition(":")
    minute = rest[:2]
    hour = "00" if (hour, minute) == ("24", "00") else hour  # the end of a day, as many write it
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 -- a clock
        return None
    return f"{int(hour):02}:{minute}"


class Closure(msgspec.Struct, frozen=True):
    """A period of absence or closure with the payer's words. Without a period, only words about the hours."""

    during: Period
    words: str | None

    def holds(self, day: date) -> bool:
        """Return whether the day is in the period; False without a period."""
        return self.during.known and self.during.includes(day)


def read_closures(times: Iterable[directory.TimeOff], exceptions: str | None) -> tuple[Closure, ...]:
    """Return the absences, followed by the text about exceptions.

    Absences with neither a period nor words are omitted.
    """
    found = [Closure(shapes.period_of(one.during), clean(one.description)) for one in times]
    found.append(Closure(Period(), clean(exceptions)))
    return tuple(dict.fromkeys(one for one in found if one.during.known or one.words))


def is_npi(text: str | None) -> bool:
    """Return whether the text is a National Provider Identifier: ten digits with a correct check digit."""
    if not text or len(text) != _NPI_DIGITS or not (text.isascii() and text.isdigit()) or len(set(text)) == 1:
        return False
    if text[0] not in "12":
        return False
    digits = _PREFIX + text
    return sum(map(int, digits[::-2] + digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def language_code(concept: shapes.Concept) -> str | None:
    """Return the BCP 47 code of the language; the payer's code or words if the language is unknown."""
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


def read_boundary(extensions: Sequence[shapes.Extension]) -> tuple[Ring, ...]:
    """Return the outer rings of a GeoJSON boundary as (longitude, latitude); () if it is absent, linked or invalid."""
    data = next((one.data for e in extensions if e.url == BOUNDARY and (one := e.value_attachment) and one.data), "")
    try:
        return _rings(decoder_of(_GeoShape).decode(base64.b64decode(data))) if data else ()
    except (binascii.Error, msgspec.DecodeError, RecursionError, ValueError):
        return ()


def boundary_contains(rings: Sequence[Ring], point: GeoPoint) -> bool:
    """Return whether the point (latitude, longitude) is in one of the rings, by the even-odd rule."""
    return any(_inside(ring, point) for ring in rings)


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
    """A telecom that is valid during `period`. `system` is phone, fax, email, url or another FHIR code."""

    system: str | None
    value: str
    use: str | None = None
    period: Period = _ALWAYS

    def holds(self, today: date) -> bool:
        """Return whether the telecom is valid on that day."""
        return self.use != "old" and self.period.includes(today)


class Specialty(msgspec.Struct, frozen=True):
    """A specialty: its codes (NUCC first) and the payer's words."""

    codes: tuple[str, ...]
    words: str | None


class Openings(msgspec.Struct, frozen=True):
    """Whether new patients are accepted, in one network, or in general if `network` is None."""

    network: shapes.Key | None
    answer: Accepting


def read_openings(extensions: tuple[shapes.Extension, ...]) -> tuple[Openings, ...]:
    """Return whether new patients are accepted, for each network, from Plan-Net's `newpatients` extensions."""
    found: list[Openings] = []
    for extension in extensions:
        if extension.url != directory.NEW_PATIENTS:
            continue
        parts = {part.url: part for part in extension.extension}
        said = parts["acceptingPatients"].value_codeable_concept if "acceptingPatients" in parts else None
        answer = next((a for a in _ACCEPTING if said and a in said.codes()), None)
        network = parts["fromNetwork"].value_reference if "fromNetwork" in parts else None
        if answer:
            found.append(Openings(shapes.key_of(network), answer))
    return tuple(found)


def read_phones(telecoms: tuple[shapes.Telecom, ...]) -> tuple[Phone, ...]:
    """Return the telecoms by rank, also those without a system (fhir-notes 9.2), without placeholders such as "N/A"."""
    ranked = sorted(telecoms, key=lambda telecom: telecom.rank or 99)
    read = ((t, _number(t.value) if _is_number(t) else clean(t.value)) for t in ranked)
    return tuple(Phone(t.system, value, t.use, shapes.period_of(t.period)) for t, value in read if value)


def _is_number(telecom: shapes.Telecom) -> bool:
    """Return whether a telecom is a number, by its system; without a system, if it is no e-mail address or URL."""
    return telecom.system in _NUMBERED and not (telecom.system is None and re.search("@|://", telecom.value or ""))


def _number(written: str | None) -> str | None:
    """Return a North American number as "(423) 555-0100", other numbers unchanged, and None for a placeholder."""
    text = (clean(written) or "").removeprefix("tel:")
    digits = [sign for sign in text if sign.isdigit()]
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return None
    found = _NORTH_AMERICAN.fullmatch(text)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else text


def read_npi(identifiers: Iterable[shapes.Identifier]) -> str | None:
    """Return the first valid National Provider Identifier, else the first one given, or None. Old ones are skipped."""
    written = [
        one.value for one in identifiers if one.system in directory.NPI_SYSTEMS and one.value and one.use != "old"
    ]
    return next(filter(is_npi, written), next(iter(written), None))


def read_tins(identifiers: Iterable[shapes.Identifier]) -> tuple[str, ...]:
    """Return the tax numbers (EIN) as nine digits; they are recognized by their system or type."""
    taxes = (
        one for one in identifiers if one.system in directory.TAX_NUMBERS or one.is_kind("TAX") or one.is_kind("EN")
    )
    written = [one.value for one in taxes if one.value]
    digits = ("".join(sign for sign in value if sign.isdigit()) for value in written)
    return tuple(dict.fromkeys(value for value in digits if len(value) == _TIN_DIGITS))


# By the codes' beginnings: pediatrics, and what is pediatric within other specialties.
_CHILDREN = (
    *("2080", "1223P0221X", "2084P0804X", "207YP0228X", "207XP3100X", "2086S0120X", "207PP0204X", "2085P0229X"),
    *("2088P0231X", "207WX0110X", "152WP0200X", "207NP0225X", "2081P0010X", "2251P0200X", "225XP0200X"),
    *("363LP0200X", "364SP0200X", "163WP0200X", "103TC2200X", "207LP3000X", "282NC2000X"),
)
_TEENS = ("2080A0000X", "207QA0000X", "207RA0000X")
_SENIORS = ("207QG0300X", "207RG0300X", "2084P0805X", "363LG0600X", "364SG0600X", "2251G0304X", "225XG0600X")
_ADULTS = ("207QA0505X", "363LA2200X", "364SA2200X", "103TA0700X", "207R")
# Years of the groups that a person may name.
_GROUPS = {"child": (0, 12), "teen": (13, 17), "adult": (18, 64), "senior": (65, 120)}
_OLDEST = 120
_WORDS = (
    (re.compile(r"\ball ages\b|\bany age\b|\btodas las edades\b"), (0, _OLDEST)),
    (re.compile(r"\bp(?:a?)ediatric|\bchild|\bkids\b|\binfants?\b|\bnewborn|\bni[nñ]os\b|\bpedi[aá]tric"), (0, 17)),
    (re.compile(r"\badolescen|\bteen|\byouth\b"), (13, 17)),
    (re.compile(r"\badult|\badultos?\b"), (18, _OLDEST)),
    (re.compile(r"\bsenior|\bgeriatric|\belderly\b|\badultos mayores\b"), (65, _OLDEST)),
)
_OF_AGE = re.compile(r"\bage[sd]?\b|\byears?\b|\byrs?\b|\bold\b|\bolder\b|\bedad|\ba[nñ]os?\b")
_YOUNG_UNIT = re.compile(r"\s*(?:days?|weeks?|wks?|months?|mos?|d[ií]as?|semanas?|meses)\b")
_UNIT = r"(?:\s*(?:days?|weeks?|wks?|months?|mos?|years?|yrs?|y/?o|d[ií]as?|semanas?|meses|a[nñ]os?))?"
_FROM_TO = re.compile(rf"(\d{{1,3}})({_UNIT})\s*(?:-|\u2013|to|through|thru|a)\s*(\d{{1,3}})({_UNIT})")
_AND_UP = re.compile(
    rf"(\d{{1,3}})({_UNIT})\s*(?:\+|(?:and|or|&) (?:older|over|up|above)|y m[aá]s|en adelante|o m[aá]s)"
)
_OVER = re.compile(rf"(?:over|older than|at least|from|mayores de|desde)\s+(\d{{1,3}})({_UNIT})")
_UNDER = re.compile(rf"(?:under|below|younger than|less than|menores de)\s+(\d{{1,3}})({_UNIT})")
_UP_TO = re.compile(rf"(?:up to|through|until|birth to|hasta)\s+(\d{{1,3}})({_UNIT})")
_SHARED = 2  # years of a group that have to be treated, so that 12 to 17 is not for children


class Ages(msgspec.Struct, frozen=True):
    """The range of ages treated, in years from `low` to `high`, inclusive, with the payer's words."""

    low: int
    high: int
    words: str | None = None

    def holds(self, group: str) -> bool:
        """Return whether at least two years of the age group are in the range. Groups: child, teen, adult, senior."""
        first, last = _GROUPS[group]
        return min(self.high, last) - max(self.low, first) + 1 >= _SHARED


def treats(codes: Collection[str], group: str, stated: Collection[Ages] = ()) -> bool | None:
    """Return whether the group (child, teen, adult, senior) is treated, by the `stated` ages, else by specialty codes.

    Return None if neither shows it.
    """
    if stated and group in _GROUPS:
        return any(ages.holds(group) for ages in stated)
    children = any(code.startswith(_CHILDREN) for code in codes)
    teens = any(code.startswith(_TEENS) for code in codes)
    seniors = any(code.startswith(_SENIORS) for code in codes)
    adults = any(code.startswith(_ADULTS) for code in codes)
    said = {"child": children, "teen": teens or children, "adult": adults or seniors, "senior": seniors or adults}
    if said.get(group):
        return True
    return False if children or teens or seniors or adults else None


def read_ages(texts: Iterable[str | None], ranges: Iterable[shapes.RangeShape | None] = ()) -> tuple[Ages, ...]:
    """Return the ranges of ages stated in texts and FHIR Ranges. Texts that state no age are ignored."""
    spoken = [ages for text in texts if (words := clean(text)) for ages in _of_text(words)]
    return tuple(dict.fromkeys([*spoken, *(ages for one in ranges if one and (ages := _of_range(one)))]))


def _of_range(shape: shapes.RangeShape) -> Ages | None:
    low, high = _whole_years(shape.low), _whole_years(shape.high)
    if low is None and high is None:
        return None
    return Ages(low or 0, _OLDEST if high is None else high)


def _whole_years(bound: shapes.QuantityShape | None) -> int | None:
    """Return a bound in whole years; 0 for a value in weeks or months; None without a value."""
    if bound is None or bound.value is None or not bound.value.is_finite():
        return None
    return int(bound.value) if (bound.code or bound.unit or "a").casefold()[:1] in {"a", "y"} else 0


def _of_text(words: str) -> Iterator[Ages]:
    """Yield the ages that a text states in numbers, else those of the first age group that the text names."""
    text = words.casefold()
    numbers = _numbers(text) if _OF_AGE.search(text) or "+" in text else None
    if numbers:
        yield Ages(*numbers, words)
        return
    for pattern, (low, high) in _WORDS:
        if pattern.search(text):
            yield Ages(low, high, words)
            return


def _numbers(text: str) -> tuple[int, int] | None:
    if found := _FROM_TO.search(text):
        high = _years(found[3], found[4])
        low_unit = found[2] or found[4]
        return _years(found[1], low_unit), high
    if found := _AND_UP.search(text) or _OVER.search(text):
        return _years(found[1], found[2]), _OLDEST
    if found := _UNDER.search(text):
        return 0, max(_years(found[1], found[2]) - 1, 0)
    if found := _UP_TO.search(text):
        return 0, _years(found[1], found[2])
    return None


def _years(number: str, unit: str) -> int:
    return 0 if unit and _YOUNG_UNIT.fullmatch(unit) else min(int(number), _OLDEST)


def ages_of(extensions: Iterable[shapes.Extension], *more: str | None) -> tuple[Ages, ...]:
    """Return the ages in extensions about age, in characteristics of new patients, and in the texts `more`."""
    every = [part for one in extensions for part in (one, *one.extension)]
    ranges = [one.value_range for one in every if one.value_range and "age" in one.url.casefold()]
    return read_ages([*(one.value_string for one in every if one.url == "characteristics"), *more], ranges)
