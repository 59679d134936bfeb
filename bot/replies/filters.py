"""Template filters: numbers, dates and distances in each language's CLDR format. Typed values become text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import quote, urlsplit

from jinja2 import Undefined
from markupsafe import Markup

from bot.replies.markdown import clean, cut, escape, unescape
from bot.replies.messages import CatalogueMessage
from bot.replies.nouns import is_noun, names_women, people, people_called, plural

if TYPE_CHECKING:
    from babel import Locale

_COUNTRY = "US"
_UNITS = {"MG": "mg", "MCG": "mcg", "ML": "mL", "G": "g", "UNT": "units", "MEQ": "mEq", "HR": "hour", "ACTUAT": "puff"}
_UNIT = re.compile("|".join(sorted(_UNITS, key=len, reverse=True)))
_RXNORM = re.compile(
    r"(?:([\d.]+ (?:ML|HR|ACTUAT)) )?(\D+?) ([\d.]+ (?:MG|MCG|G|UNT|MEQ)(?:/(?:ML|HR|ACTUAT))?)"
    r" ([A-Z][A-Za-z -]+)(?: \[([^\]]+)\])?"
)


@cache
def _locale(language: str) -> Locale:
    """Return the customs of a language as in the United States if CLDR has them, otherwise as in its own country.

    Raises:
        babel.UnknownLocaleError: CLDR has no such language.
    """
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 -- the first date that is written needs it, no start

    try:
        return Locale(language, _COUNTRY)
    except UnknownLocaleError:
        return Locale.parse(language)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CENT = Decimal("0.01")
CatalogueWords = Callable[..., str]
T = TypeVar("T")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?", re.DOTALL)
_NORTH_AMERICAN = re.compile(
    r"(?:\+?1)?([2-9]\d{2})([2-9]\d{2})(\d{4})(?:(?:;?ext(?:ension)?[=:]?|x|#)(\d{1,6}))?", re.IGNORECASE
)
MESSAGES = (
    CatalogueMessage("{day}"),
    CatalogueMessage("midnight"),
    CatalogueMessage("{hour} am"),
    CatalogueMessage("{hour}:{minute} am"),
    CatalogueMessage("{hour} pm"),
    CatalogueMessage("{hour}:{minute} pm"),
    CatalogueMessage("under 1 mile"),
    CatalogueMessage("about {n} (mile|miles)"),
    CatalogueMessage("the number on your member ID card"),
    CatalogueMessage("{n} (doctor|doctors) for {what}"),
    CatalogueMessage("{n} (provider|providers) of code {what}"),
)
"""The messages of the filters."""
_NOON = 12
_MAP = "https://www.google.com/maps/search/?api=1&query="


def money(amount: object) -> str:
    """Return an amount in dollars and cents, half-even: `$1,240.00`, `-$12.30`; other currencies with their code.

    `amount` is a Decimal, an int, or anything with `value` and `currency` (FHIR Money).

    Raises:
        TypeError: there is no amount; the template must handle that, because it is not zero.
    """
    currency = getattr(amount, "currency", None) or "USD"
    value = getattr(amount, "value", amount)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError("money needs a Decimal")
    cents = Decimal(value).quantize(_CENT, rounding=ROUND_HALF_EVEN)
    if currency != "USD":
        return f"{cents:,} {currency}"
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"


def dollars(amount: object) -> str:
    """Return an estimate in whole dollars: `$1,292`. Raises as `money` does."""
    value = getattr(amount, "value", amount)
    exact = money(amount)
    whole = Decimal(value).quantize(Decimal(1)) if isinstance(value, Decimal) else value
    return money(whole).removesuffix(".00") if exact.startswith("$") else exact


def day(when: object, *, brief: bool = False, language: str) -> str:
    """Return a FHIR date at its precision: `June 17, 2024`, `June 2024`, `2024`; `brief` for a cell: `Jun 17, 2024`."""
    if hasattr(when, "year"):
        year, month, of_month = when.year, getattr(when, "month", None), getattr(when, "day", None)
    else:
        found = _PARTIAL_DATE.fullmatch(str(when))
        if when is None or found is None:
            raise TypeError("day needs a date")
        year, month, of_month = (part and int(part) for part in found.groups())
    return _written(year, month, of_month, "medium" if brief else "long", language) if month else f"{year:04}"


@lru_cache(maxsize=4096)
def _written(year: int, month: int, of_month: int | None, style: Literal["medium", "long"], language: str) -> str:
    """Return a day, or a month without its day, as CLDR writes it."""
    from babel.dates import format_date, format_skeleton  # noqa: PLC0415 -- as in `_locale`

    if not of_month:
        return format_skeleton("yMMMM", date(year, month, 1), locale=_locale(language))
    return format_date(date(year, month, of_month), style, locale=_locale(language))


def the_day(when: object, *, brief: bool = False, language: str, words: CatalogueWords) -> str:
    """Return a FHIR date as it is written after a preposition, with an article in languages that need one."""
    text = day(when, brief=brief, language=language)
    has_day = when.day if hasattr(when, "day") else len(str(when)) > len("2024-06")
    return words("{day}", day=text) if has_day else text


def whole(start: date, end: date) -> str | None:
    """Return a whole month or year as a FHIR date, for `day`: `2026-03`, `2025`; None for any other period."""
    if start.day != 1 or (end + timedelta(days=1)).day != 1 or start.year != end.year:
        return None
    if start.month == end.month:
        return f"{start:%Y-%m}"
    return f"{start:%Y}" if (start.month, end.month) == (1, 12) else None


def month(when: object, *, years: bool = False, language: str) -> str:
    """Return the abbreviated month of a date or of `2026-05`, as a chart label: `May`, or `May 2026` with `years`.

    Raises:
        TypeError: the date has no month.
    """
    found = _PARTIAL_DATE.fullmatch(str(when))
    if when is None or found is None or not found[2]:
        raise TypeError("month needs a date with a month")
    name = _locale(language).months["stand-alone"]["abbreviated"][int(found[2])].rstrip(".")
    return f"{name} {found[1]}" if years else name


def miles(distance: float | Decimal, *, words: CatalogueWords) -> str:
    """Return a distance in whole miles. It is approximate, because it is between the centers of ZIP codes."""
    whole = round(distance)
    return words("under 1 mile") if whole < 1 else words("about {n} (mile|miles)", n=whole)


def phone(number: str) -> str:
    """Return a North American phone number as `(423) 555-0142`; any other one as clean text."""
    found = _NORTH_AMERICAN.fullmatch(re.sub(r"[\s().-]", "", number))
    if found is None:
        return clean(number)
    return f"({found[1]}) {found[2]}-{found[3]}" + (f" x{found[4]}" if found[4] else "")


def dialled(number: str) -> str:
    """Return a phone number for a reply, with a link to call it if it is North American."""
    found = _NORTH_AMERICAN.fullmatch(re.sub(r"[\s().-]", "", number))
    if found is None:
        return phone(number)
    return Markup(f"[{escape(phone(number))}]{{tel:+1{''.join(found.groups()[:3])}}}")  # noqa: S704 -- digits and our signs


_PERCENT = str.maketrans({char: quote(char, safe="") for char in map(chr, range(128))})


def _encoded(text: str) -> str:
    """Return the text percent-encoded as by `quote`, but faster."""
    return text.translate(_PERCENT) if text.isascii() else quote(text, safe="")


def mapped(address: str, length: int = 120) -> Markup:
    """Return an address with a link to a map, for addresses in the directory only: the map's provider learns them.

    The address is shown with at most `length` characters.
    """
    query = _encoded(clean(address))
    return Markup(f"[{escape(cut(clean(address), length))}]{{{_MAP}{query}}}")  # noqa: S704 -- escaped and encoded


def mail_to(address: str, subject: Markup, body: Markup) -> Markup:
    """Return an e-mail address with a link that opens a draft with these texts in the reader's mail program."""
    words = {"subject": subject, "body": body}
    lines = {
        name: "\r\n".join(filter(None, map(str.strip, unescape(text).splitlines()))) for name, text in words.items()
    }
    asks = "&amp;".join(f"{name}={_encoded(text)}" for name, text in lines.items())
    return Markup(f"[{escape(address)}]{{mailto:{address}?{asks}}}")  # noqa: S704 -- escaped and encoded


def help_line(payer: Mapping[str, str], *, words: CatalogueWords) -> str:
    """Return the payer's configured number for members, or the text that the number is on the ID card."""
    return dialled(payer["number"]) if payer["number"] else words("the number on your member ID card")


def clock(time: str, *, words: CatalogueWords) -> str:
    """Return a time of day, given as HH:MM, as people write it: `8 am`, `5:30 pm`; `8:00 a. m.` in Spanish."""
    hour, minute = (int(part) for part in time.split(":")[:2])
    if hour == 2 * _NOON:
        return words("midnight")
    shown = hour % _NOON or _NOON
    if minute:
        text = "{hour}:{minute} am" if hour < _NOON else "{hour}:{minute} pm"
        return words(text, hour=shown, minute=f"{minute:02}")
    return words("{hour} am" if hour < _NOON else "{hour} pm", hour=shown)


def arg(value: object) -> Markup:
    """Return a value percent-encoded for an action's query, so that it stays one argument."""
    return Markup(_encoded(clean(str(value))))  # noqa: S704 -- percent-encoding leaves no mark of markup


def query(values: Mapping[str, object] | Iterable[tuple[str, object]]) -> Markup:
    """Return the query of an action, with each value encoded: `claim_id=1&whose=a`; None values are left out."""
    pairs = values.items() if isinstance(values, Mapping) else values
    encoded = [f"{arg(name)}={arg(value)}" for name, value in pairs if value is not None]
    return Markup("&".join(encoded))  # noqa: S704 -- as in `arg`


def url(address: str) -> Markup:
    """Return an https address, checked for use in a button.

    Raises:
        ValueError: the text is none, or has a user name, spaces or control characters.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or not address.isprintable():
        raise ValueError("not an address that a button may open")
    return Markup("https:" + quote(address.removeprefix("https:"), safe="/?=&%#+,;@-._~:$!"))  # noqa: S704 -- encoded


_PLACES = -4


def number(value: Decimal | float) -> str:
    """Return a number with at most four decimals and no trailing zeros: `2`, `0.5`, `1,000`."""
    exact = Decimal(str(value))
    if exact.is_finite() and int(exact.as_tuple().exponent) < _PLACES:
        exact = exact.quantize(Decimal(1).scaleb(_PLACES))
    return f"{exact.normalize():,f}"


def weekday(day: str, *, brief: bool = False, language: str) -> str:
    """Return the name of a day of the week, which is given as FHIR's code: `Monday` for "mon", `Mon` if `brief`."""
    days, at = _locale(language).days, _DAYS.index(day)
    return str(days["stand-alone"]["abbreviated"][at]).rstrip(".") if brief else str(days["format"]["wide"][at])


def language_name(code: str, *, language: str) -> str:
    """Return the name of the language with a BCP 47 code; the code itself if it is unknown."""
    known = code.split("-", maxsplit=1)[0].casefold()
    return (known not in {"mis", "mul", "und", "zxx"} and _locale(language).languages.get(known)) or clean(code)


def join(values: Iterable[object], separator: str = ", ", *, language: str) -> Markup:
    """Return the values but empty ones joined, each escaped once, so that no value can act as the separator."""
    kept = escape(f"x{separator}x")[1:-1]  # with its outer spaces, which `escape` removes
    return Markup(kept.join([finalize(value, language=language) for value in values if value]))  # noqa: S704 -- escaped


def briefly(names: Iterable[str]) -> list[str]:
    """Return names without the words that the name before begins with too, if these are two or more: `Network P, S`."""
    kept, before = list[str](), list[str]()
    for name in names:
        words = name.split()
        same = next((at for at, pair in enumerate(zip(words[:-1], before, strict=False)) if len({*pair}) > 1), None)
        same = min(len(words) - 1, len(before)) if same is None else same
        kept.append(" ".join(words[same:]) if same > 1 else name)
        before = words
    return kept


def each(values: Iterable[object], told: Callable[..., Markup], *more: object) -> list[Markup]:
    """Return the results of a macro for each value: `people|each(called)|listed`; `more` are further arguments."""
    return [told(value, *more) for value in values]


def listed(values: Iterable[object], how: Literal["and", "or"] = "and", *, language: str) -> Markup:
    """Return the values as a list in a sentence: `a`, `a and b`, `a, b or c`; the last two as in CLDR."""
    *first, last = [finalize(value, language=language) for value in values] or [Markup()]
    if not first:
        return last
    pair = _locale(language).list_patterns["standard" if how == "and" else "or"]["2"]
    return Markup(pair.format(", ".join(first), last))  # noqa: S704 -- CLDR's own, around what is escaped


def numbered(values: Iterable[T], first: int = 1) -> tuple[tuple[int, T], ...]:
    """Return each value with its number. The numbers count from `first`, which is above 1 on later pages of a list."""
    return tuple(enumerate(values, first))


def begun(text: str) -> str:
    """Return text for the beginning of a line or a sentence: with its first letter in upper case."""
    plain = str(text)
    first = plain[:1].upper() + plain[1:]
    return Markup(first) if isinstance(text, Markup) else first  # noqa: S704 -- as escaped as it was


def drug(name: str) -> str:
    """Return a drug name of RxNorm's form as people say it, with its brand first; any other name unchanged.

    `0.5 ML a 5 MG/ML Auto-Injector [B]` is `B (a), 5 mg/mL, 0.5 mL auto-injector`. The numbers are not multiplied,
    because the dose of a pen is not their product.
    """
    if (found := _RXNORM.fullmatch(name)) is None:
        return name
    size, what, strength, form, brand = found.groups(default="")
    units = [_UNIT.sub(lambda one: _UNITS[one[0]], text) for text in (strength, size)]
    shape = form.removeprefix("Oral ").lower()
    called = f"{brand} ({what})," if brand else what
    return f"{called} {units[0]}, {units[1]} {shape}" if size else f"{called} {units[0]} {shape}"


def bold(value: object, *, language: str) -> Markup:
    """Return a value in bold, for lists of names: `names|map("bold")|listed`."""
    return Markup("**{}**").format(finalize(value, language=language))


_TEXTS = (str, Undefined)


def finalize(value: object, *, language: str) -> Markup:
    """Return what Jinja prints: text and whole numbers, escaped once; the output of a macro unchanged.

    An amount with its currency is printed as by `money`, a date as by `day`.

    Raises:
        TypeError: a value that needs a filter (None, a Decimal) was printed without one.
        jinja2.UndefinedError: the value is undefined.
    """
    if type(value) is Markup:
        return value
    if isinstance(value, _TEXTS):
        value = str(value)
    elif hasattr(value, "currency"):
        value = money(value)
    elif hasattr(value, "year"):
        value = day(value, language=language)
    elif isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a {type(value).__name__} needs a filter before it is shown")
    return Markup(escape(str(value)))  # noqa: S704 -- just escaped


_FILTERS: tuple[Callable[..., object], ...] = (
    *(arg, begun, bold, briefly, clock, cut, day, dollars, drug, each, help_line, is_noun, join, language_name, listed),
    mail_to,
    *(mapped, miles, money, month, names_women, number, numbered, people, people_called, plural, query, the_day, url),
    *(weekday, whole),
)


def filters(language: str, words: CatalogueWords | None = None) -> dict[str, Callable[..., object]]:
    """Return all filters in this language, by their names in templates; `words` translates `MESSAGES`.

    Without `words`, as for documents, those that need no texts, and phone numbers without a link.
    """
    given: dict[str, object] = {"language": language, **({"words": words} if words else {})}
    found: dict[str, Callable[..., object]] = {"phone": dialled if words else phone}
    for one in _FILTERS:
        own = {"language", "words"} & one.__annotations__.keys()
        if own <= given.keys():
            found[one.__name__] = partial(one, **{name: given[name] for name in own})
    return found
