"""The words of dates, English and Spanish, folded: months, weekdays, units, numbers, and what leads to them."""

import re
from collections.abc import Mapping

MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene",
            "february feb febrero",
            "march mar marzo",
            "april apr abril abr",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto ago",
            "september sept sep septiembre setiembre",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
VAGUE_MONTHS = frozenset({"may", "mar", "march", "ago", "ene", "dic", "jan", "sep", "dec"})
WEEKDAYS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday lunes",
            "tuesday tues martes",
            "wednesday wed miercoles",
            "thursday thurs jueves",
            "friday fri viernes",
            "saturday sabado",
            "sunday domingo",
        )
    )
    for name in names.split()
}
UNITS: Mapping[str, str] = {
    "day": "day", "days": "day", "dia": "day", "dias": "day",
    "week": "week", "weeks": "week", "wk": "week", "wks": "week", "semana": "week", "semanas": "week",
    "month": "month", "months": "month", "mo": "month", "mos": "month", "mes": "month", "meses": "month",
    "quarter": "quarter", "quarters": "quarter", "trimestre": "quarter", "trimestres": "quarter",
    "year": "year", "years": "year", "yr": "year", "yrs": "year", "ano": "year", "anos": "year",
}  # fmt: skip
NUMBERS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "a an one un una uno",
            "two couple dos par",
            "three few tres",
            "four cuatro",
            "five cinco",
            "six seis",
            "seven siete",
            "eight ocho",
            "nine nueve",
            "ten diez",
            "eleven once",
            "twelve doce",
        ),
        start=1,
    )
    for name in names.split()
}
SEASONS: Mapping[str, int] = {
    "spring": 3, "primavera": 3, "summer": 6, "verano": 6,
    "fall": 9, "autumn": 9, "otono": 9, "winter": 12, "invierno": 12,
}  # fmt: skip
QUARTERS: Mapping[str, int] = {
    "first": 1, "1st": 1, "primer": 1, "second": 2, "2nd": 2, "segundo": 2,
    "third": 3, "3rd": 3, "tercer": 3, "fourth": 4, "4th": 4, "cuarto": 4,
}  # fmt: skip
WEEKS: Mapping[str, int] = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4,
    "primera": 1, "segunda": 2, "tercera": 3, "cuarta": 4, "ultima": 4,
}  # fmt: skip
HALVES: Mapping[tuple[str, ...], int] = {
    ("first", "half"): 1, ("1st", "half"): 1, ("second", "half"): 2, ("2nd", "half"): 2, ("h1",): 1, ("h2",): 2,
    ("primer", "semestre"): 1, ("segundo", "semestre"): 2, ("primera", "mitad"): 1, ("segunda", "mitad"): 2,
}  # fmt: skip
_FIRST_DAYS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
    "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_SPANISH_DAYS = (
    "primero", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece",
    "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno", "veintidos",
    "veintitres", "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve", "treinta",
)  # fmt: skip
DAY_WORDS: Mapping[str, int] = {
    word: number for words in (_FIRST_DAYS, _SPANISH_DAYS) for number, word in enumerate(words, start=1)
} | {"thirtieth": 30}
TENS: Mapping[str, int] = {"twenty": 20, "thirty": 30}
FISCAL = frozenset({"fiscal", "fy"})
FISCAL_YEAR = re.compile(r"fy(\d{2}|\d{4})$")
LAST = frozenset(
    [
        "last",
        "past",
        "previous",
        "prior",
        "preceding",
        "ultimo",
        "ultima",
        "ultimos",
        "ultimas",
        "pasado",
        "pasada",
        "pasados",
        "pasadas",
        "anterior",
    ]
)
THIS = frozenset(["this", "current", "present", "este", "esta", "actual"])
PAST_AFTER = frozenset(["pasado", "pasada", "pasados", "pasadas", "anterior", "anteriores", "previo"])
SINCE = frozenset(["since", "from", "starting", "desde"])
UNTIL = frozenset(["until", "till", "through", "thru", "hasta"])
BEFORE = frozenset(["before", "antes"])
AFTER = frozenset(["after", "despues"])
TO = frozenset(["to", "through", "thru", "until", "till", "and", "a", "al", "y", "hasta"])
FILLER = frozenset(["the", "of", "de", "del", "el", "la", "los", "las", "in", "en", "on"])
LED_BY = frozenset(
    [
        "in",
        "on",
        "since",
        "from",
        "until",
        "till",
        "through",
        "between",
        "and",
        "before",
        "after",
        "during",
        "last",
        "this",
        "of",
        "en",
        "de",
        "del",
        "desde",
        "hasta",
        "entre",
        "y",
        "for",
        "back",
        "by",
        "to",
        "early",
        "late",
        "mid",
        "about",
        "que",
        "sobre",
        "except",
        "but",
        "not",
    ]
)
NUMERIC = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{2,4})$")
SHORT = re.compile(r"(\d{1,2})/(\d{1,4})$")
COUNTED = re.compile(r"(\d{1,3})(d|wk|wks|mo|mos|yr|yrs)$")
DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|ro)?$")
YEAR = re.compile(r"(?:19[89]\d|20[0-4]\d)$")
DATE_WORDS = frozenset(
    {*MONTHS, *WEEKDAYS, *UNITS, *SEASONS}
    | {
        "today",
        "yesterday",
        "hoy",
        "ayer",
        "anteayer",
        "antier",
        "tonight",
        "weekend",
        "ytd",
        "christmas",
        "thanksgiving",
        "navidad",
        "earlier",
        "halloween",
        "easter",
        "pascua",
        "santa",
        "gracias",
        "juneteenth",
        "nochebuena",
        "mlk",
        "half",
        "semestre",
        "h1",
        "h2",
        "fiscal",
        "fy",
    }
)
DAY_PLACES = 31
CENTURY = 100
ROLLING_MAX = 1200
