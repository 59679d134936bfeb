"""How numbers, dates and distances read, per language. Values arrive typed and leave as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from urllib.parse import quote, urlsplit

from jinja2 import Undefined
from markupsafe import Markup

from bot.message import Language
from bot.replies.nouns import people
from bot.replies.text import clean, cut, escape

_CENT = Decimal("0.01")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?", re.DOTALL)
_NORTH_AMERICAN = re.compile(r"(?:\+?1)?([2-9]\d{2})([2-9]\d{2})(\d{4})")
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}
_LANGUAGES: dict[Language, dict[str, str]] = {
    "en": {
        "ar": "Arabic",
        "en": "English",
        "es": "Spanish",
        "fr": "French",
        "hi": "Hindi",
        "ko": "Korean",
        "ku": "Kurdish",
        "so": "Somali",
        "ta": "Tamil",
        "am": "Amharic",
        "de": "German",
        "fa": "Persian",
        "gu": "Gujarati",
        "ht": "Haitian Creole",
        "it": "Italian",
        "ja": "Japanese",
        "lo": "Lao",
        "my": "Burmese",
        "ne": "Nepali",
        "pa": "Punjabi",
        "pl": "Polish",
        "pt": "Portuguese",
        "ru": "Russian",
        "sw": "Swahili",
        "te": "Telugu",
        "th": "Thai",
        "tl": "Tagalog",
        "uk": "Ukrainian",
        "ur": "Urdu",
        "vi": "Vietnamese",
        "zh": "Chinese",
    },
    "es": {
        "ar": "árabe",
        "en": "inglés",
        "es": "español",
        "fr": "francés",
        "hi": "hindi",
        "ko": "coreano",
        "ku": "kurdo",
        "so": "somalí",
        "ta": "tamil",
        "am": "amárico",
        "de": "alemán",
        "fa": "persa",
        "gu": "guyaratí",
        "ht": "criollo haitiano",
        "it": "italiano",
        "ja": "japonés",
        "lo": "lao",
        "my": "birmano",
        "ne": "nepalí",
        "pa": "panyabí",
        "pl": "polaco",
        "pt": "portugués",
        "ru": "ruso",
        "sw": "suajili",
        "te": "telugu",
        "th": "tailandés",
        "tl": "tagalo",
        "uk": "ucraniano",
        "ur": "urdu",
        "vi": "vietnamita",
        "zh": "chino",
    },
}
_AND: dict[Language, str] = {"en": "and", "es": "y"}


def money(amount: object) -> str:
    """An amount in dollars and cents, half-even: `$1,240.00`, `-$12.30`; another currency carries its code.

    Takes a Decimal, an int, or anything with `value` and `currency` (FHIR Money).

    Raises:
        TypeError: there is no amount; what is absent is said by the template, never shown as zero.
    """
    currency = getattr(amount, "currency", None) or "USD"
    value = getattr(amount, "value", amount)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError("money needs a Decimal")
    cents = Decimal(value).quantize(_CENT, rounding=ROUND_HALF_EVEN)
    if currency != "USD":
        return f"{cents:,} {currency}"
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"


def day(when: object, *, language: Language) -> str:
    """A FHIR date at the precision it has: `June 17, 2024`, `June 2024`, `2024`; `17 de junio de 2024`."""
    if hasattr(when, "year"):
        year, month, of_month = when.year, getattr(when, "month", None), getattr(when, "day", None)
    else:
        found = _PARTIAL_DATE.fullmatch(str(when))
        if when is None or found is None:
            raise TypeError("day needs a date")
        year, month, of_month = (part and int(part) for part in found.groups())
    if not month:
        return f"{year:04}"
    name = _MONTHS[language][month - 1]
    if language == "es":
        return f"{of_month} de {name} de {year}" if of_month else f"{name} de {year}"
    return f"{name} {of_month}, {year}" if of_month else f"{name} {year}"


def miles(distance: float | Decimal, *, language: Language) -> str:
    """A straight-line distance in whole miles; it is between ZIP centroids, so it is only about right."""
    whole = round(distance)
    if language == "es":
        return "menos de 1 milla" if whole < 1 else f"aprox. {whole:,} {'milla' if whole == 1 else 'millas'}"
    return "less than 1 mile" if whole < 1 else f"about {whole:,} {'mile' if whole == 1 else 'miles'}"


def phone(number: str) -> str:
    """A North American number as `(423) 555-0142`; any other as it was written."""
    found = _NORTH_AMERICAN.fullmatch(re.sub(r"[\s().-]", "", number))
    return f"({found[1]}) {found[2]}-{found[3]}" if found else clean(number)


def clock(time: str, *, language: Language) -> str:
    """A time of day, HH:MM, as people say it: `8 am`, `5:30 pm`; `8:00 a. m.`."""
    hour, minute = (int(part) for part in time.split(":")[:2])
    if language == "es":
        return f"{hour % 12 or 12}:{minute:02} {'a. m.' if hour < 12 else 'p. m.'}"  # noqa: PLR2004 -- noon
    shown = f"{hour % 12 or 12}:{minute:02}" if minute else f"{hour % 12 or 12}"
    return f"{shown} {'am' if hour < 12 else 'pm'}"  # noqa: PLR2004 -- noon


def arg(value: object) -> Markup:
    """A value for an action's query, percent-encoded so that it stays one argument."""
    return Markup(quote(clean(str(value)), safe=""))  # noqa: S704 -- percent-encoding leaves no mark of markup


def url(address: str) -> Markup:
    """An https address, or a phone number as `tel:`, vetted for a button.

    Raises:
        ValueError: it is neither, or it carries a user name, spaces or control characters.
    """
    found = _NORTH_AMERICAN.fullmatch(re.sub(r"[\s().-]", "", address.removeprefix("tel:")))
    if found:
        return Markup(f"tel:+1{''.join(found.groups())}")  # noqa: S704 -- digits only
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or not address.isprintable():
        raise ValueError("not an address that a button may open")
    return Markup("https:" + quote(address.removeprefix("https:"), safe="/?=&%#+,;@-._~:$!"))  # noqa: S704 -- as above


_PLACES = -4


def number(value: Decimal | float) -> str:
    """A number as short as it is exact to four places: `2`, `0.5`, `1,000`; a binary fraction has no more than that."""
    exact = Decimal(str(value))
    if exact.is_finite() and int(exact.as_tuple().exponent) < _PLACES:
        exact = exact.quantize(Decimal(1).scaleb(_PLACES))
    return f"{exact.normalize():,f}"


def language_name(code: str, *, language: Language) -> str:
    """A language's name for a BCP 47 code; what has no name here stays as the directory wrote it."""
    known = _LANGUAGES[language].get(code.split("-", maxsplit=1)[0].casefold())
    return known or clean(code)


def count(number: int, one: str, many: str) -> str:
    """A number with its noun: `1 claim`, `1,204 claims`."""
    return f"{number:,} {one if number == 1 else many}"


def join(values: Iterable[object], separator: str = ", ") -> Markup:
    """The values one after another, each escaped once, so that no value can be read as the separator's structure."""
    return Markup(escape_kept(separator)).join(finalize(value) for value in values)  # noqa: S704 -- escaped


def listed(values: Iterable[object], *, language: Language) -> Markup:
    """The values as a person lists them: `a`, `a and b`, `a, b and c`."""
    *first, last = [finalize(value) for value in values] or [Markup()]
    if not first:
        return last
    return Markup(", ").join(first) + Markup(f" {_AND[language]} ") + last  # noqa: S704 -- a word of ours


def escape_kept(separator: str) -> str:
    """A separator with its outer spaces kept, which `escape` would trim."""
    return escape(f"x{separator}x")[1:-1]


def finalize(value: object) -> Markup:
    """What Jinja prints: text and whole numbers, escaped exactly once; what a macro made is left as it is.

    Raises:
        TypeError: a value without words of its own (None, a Decimal, a date) was printed without a filter.
        jinja2.UndefinedError: there is no such value.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, Undefined):
        value = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a {type(value).__name__} needs a filter before it is shown")
    return Markup(escape(str(value)))  # noqa: S704 -- just escaped


def filters(language: Language) -> dict[str, Callable[..., object]]:
    """Our filters by their names in templates, speaking this language."""
    return {
        "arg": arg,
        "clock": partial(clock, language=language),
        "count": count,
        "cut": cut,
        "day": partial(day, language=language),
        "join": join,
        "language_name": partial(language_name, language=language),
        "listed": partial(listed, language=language),
        "miles": partial(miles, language=language),
        "money": money,
        "number": number,
        "people": partial(people, language=language),
        "phone": phone,
        "url": url,
    }
