"""How numbers, dates and distances read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.message import Language
from bot.replies.catalogues import read_catalogues
from bot.replies.filters import (
    arg,
    day,
    dialled,
    dollars,
    finalize,
    join,
    language_name,
    listed,
    money,
    number,
    numbered,
    phone,
    query,
    url,
    whole,
)
from bot.replies.markdown import unescape
from bot.replies.render import environment

TEMPLATES = Path(__file__).parents[2] / "templates"


def spoken(language: Language) -> dict[str, Callable[..., Any]]:
    """The filters with the words of the pack."""
    return environment(TEMPLATES, language, {}, read_catalogues(TEMPLATES).get(language)).filters


@dataclass(frozen=True)
class Amount:
    """Money as records know it."""

    value: Decimal
    currency: str | None = "USD"


@dataclass(frozen=True)
class Partial:
    """A date of partial precision as records know it."""

    year: int
    month: int | None = None
    day: int | None = None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("54.87"), "$54.87"),
        (Decimal(0), "$0.00"),
        (Decimal("-0.001"), "$0.00"),
        (Decimal("-12.3"), "-$12.30"),
        (Decimal("2.675"), "$2.68"),
        (Decimal("2.665"), "$2.66"),
        (Amount(Decimal(1240)), "$1,240.00"),
        (Amount(Decimal("9.5"), None), "$9.50"),
        (Amount(Decimal("-12.3"), "EUR"), "-12.30 EUR"),
    ],
)
def test_money(amount: object, shown: str) -> None:
    """Dollars and cents, half-even; another currency keeps its code."""
    assert money(amount) == shown


def test_an_estimate_is_in_whole_dollars() -> None:
    """Another currency keeps its cents; what is absent is refused as money is."""
    amounts = (Decimal("225.94"), Amount(Decimal("1292.00")), Decimal(0))
    assert [dollars(one) for one in amounts] == ["$226", "$1,292", "$0"]
    assert dollars(Amount(Decimal("12.50"), "EUR")) == "12.50 EUR"
    with pytest.raises(TypeError):
        dollars(None)


@pytest.mark.parametrize(
    ("when", "english", "spanish"),
    [
        (date(2024, 6, 17), "June 17, 2024", "17 de junio de 2024"),
        ("2024-06-17", "June 17, 2024", "17 de junio de 2024"),
        ("2024-06-17T23:30:00-05:00", "June 17, 2024", "17 de junio de 2024"),
        ("2024-06", "June 2024", "junio de 2024"),
        (Partial(2024, 6), "June 2024", "junio de 2024"),
        ("2024", "2024", "2024"),
        (Partial(2024), "2024", "2024"),
    ],
)
def test_day_keeps_its_precision(when: object, english: str, spanish: str) -> None:
    """A date is said as precisely as it is known, and not more."""
    assert day(when, language="en") == english
    assert day(when, language="es") == spanish


NO_MONEY: list[object] = [None, 54.87, "54.87", True, Amount(None)]  # type: ignore[arg-type]
BARE = [None, Decimal(1), True, 1.5]


@pytest.mark.parametrize(
    ("filter_", "value"),
    [
        *((money, value) for value in NO_MONEY),
        *((partial(day, language="en"), value) for value in (None, "soon", "")),
        *((partial(finalize, language="en"), value) for value in BARE),
    ],
)
def test_what_is_not_there_is_refused(filter_: Callable[[object], str], value: object) -> None:
    """Absent money is never zero, no date is made up, and a value without words of its own needs a filter."""
    with pytest.raises(TypeError):
        filter_(value)


@pytest.mark.parametrize(
    ("distance", "language", "shown"),
    [
        (0.2, "en", "under 1 mile"),
        (1.2, "en", "about 1 mile"),
        (Decimal("12.4"), "en", "about 12 miles"),
        (0.2, "es", "a menos de 1 milla"),
        (1.2, "es", "a 1 milla"),
        (12.4, "es", "a 12 millas"),
    ],
)
def test_miles_are_approximate(distance: float, language: Language, shown: str) -> None:
    """Distances are whole miles and say that they are about right."""
    assert spoken(language)["miles"](distance) == shown


@pytest.mark.parametrize(
    ("time", "english", "spanish"),
    [("08:00", "8 am", "8:00 a. m."), ("12:30", "12:30 pm", "12:30 p. m."), ("00:05:00", "12:05 am", "12:05 a. m.")],
)
def test_a_time_reads_as_people_say_it(time: str, english: str, spanish: str) -> None:
    """Twelve hours, and minutes where there are any; Spanish writes the full hour out."""
    assert (spoken("en")["clock"](time), spoken("es")["clock"](time)) == (english, spanish)


@pytest.mark.parametrize(
    ("said", "number", "language", "shown"),
    [
        ("cardiologists", 1, "en", "1 cardiologist"),
        ("heart doctor", 1204, "en", "1,204 heart doctors"),
        ("pediatrics", 1, "en", "1 pediatrician"),
        ("pediatras", 1, "es", "1 pediatra"),
        ("pediatría & más", 2, "es", "2 pediatras & más"),
    ],
)
def test_doctors_are_counted_in_the_words_that_were_used(
    said: str, number: int, language: Language, shown: str
) -> None:
    """What names no people gets a noun; nothing is escaped before it is printed."""
    assert spoken(language)["people"](said, number) == shown


@pytest.mark.parametrize(
    ("noun", "language", "one", "many"),
    [
        ("cardiology", "en", "cardiologist", "cardiologists"),
        ("mail-order pharmacy", "en", "mail-order pharmacy", "mail-order pharmacies"),
        ("place of care", "en", "place of care", "places of care"),
        ("centro de diálisis", "es", "centro de diálisis", "centros de diálisis"),
        ("trabajador social clínico", "es", "trabajador social clínico", "trabajadores sociales clínicos"),
        ("bệnh viện", "vi", "bệnh viện", "bệnh viện"),
    ],
)
def test_a_noun_has_the_form_of_its_number(noun: str, language: Language, one: str, many: str) -> None:
    """The people of a field are named after it; what stands behind "of" stays, and so do nouns without a plural."""
    plural = spoken(language)["plural"]
    assert (plural(noun, 1), plural(noun, 2)) == (one, many)


@pytest.mark.parametrize(("language", "name", "brief"), [("en", "Saturday", "Sat"), ("es", "sábado", "sáb")])
def test_days_of_the_week_are_those_of_the_language(language: Language, name: str, brief: str) -> None:
    """FHIR's code is told as CLDR has the day."""
    weekday = spoken(language)["weekday"]
    assert (weekday("sat"), weekday("sat", brief=True)) == (name, brief)


def test_without_a_number_the_payer_is_found_on_the_card() -> None:
    """The number that was set up, and else where a member finds it."""
    assert spoken("es")["help_line"]({"number": ""}) == "número de su tarjeta de miembro"
    assert "tel:+18005550100" in spoken("es")["help_line"]({"number": "(800) 555-0100"})


@pytest.mark.parametrize("number", ["4235550142", "423-555-0142", "(423) 555 0142", "+1 423.555.0142", "14235550142"])
def test_phone(number: str) -> None:
    """A North American number has one form, however it was written."""
    assert phone(number) == "(423) 555-0142"


@pytest.mark.parametrize(
    "number", ["+1-423-555-0142;ext=22", "4235550142x22", "(423) 555-0142 ext. 22", "423 555 0142 #22"]
)
def test_an_extension_stays_beside_its_number(number: str) -> None:
    """And is not dialled."""
    assert phone(number) == "(423) 555-0142 x22"
    assert "tel:+14235550142" in dialled(number)


def test_foreign_phone_stays() -> None:
    """Any other number is shown as it was written."""
    assert phone("+44 20 7946 0958") == "+44 20 7946 0958"


@given(st.text(max_size=60))
def test_an_argument_stays_one_argument(value: str) -> None:
    """No value can add an argument or leave the button's target."""
    assert not set("&=?#() []\n") & set(arg(value))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "http://bcbst.example/",
        "https://user@evil.example/",
        "https:///x",
        "data:text/html,x",
        "https://a.example/\u202egpj",
        "//evil.example",
        "tel:*31#12",
    ],
)
def test_a_button_opens_only_vetted_addresses(address: str) -> None:
    """Only https addresses without a user name are opened."""
    with pytest.raises(ValueError, match="button"):
        url(address)


def test_vetted_addresses() -> None:
    """An https address is opened."""
    assert unescape(url("https://www.bcbst.com/find?a=1&b=(2)")) == "https://www.bcbst.com/find?a=1&b=%282%29"


def test_pairs_and_pages_are_written_out() -> None:
    """Each value of a query is encoded, what is None is left out; a page keeps the numbers of the whole list."""
    assert query({"id": "a&b", "whose": None, "rule": "", "page": 2}) == "id=a%26b&rule=&page=2"
    assert query([("term", "a b")]) == "term=a%20b"
    assert query({}) == ""
    assert numbered(["a", "b"]) == ((1, "a"), (2, "b"))
    assert numbered(["k"], 11) == ((11, "k"),)


def test_lists() -> None:
    """The last two are joined by a word."""
    assert listed([], language="en") == ""
    assert listed(["a"], language="en") == "a"
    assert listed(["a", "b", "c"], language="en") == "a, b and c"
    assert listed(["a", "b"], language="es") == "a y b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Decimal("2.000"), "2"), (Decimal("1.50"), "1.5"), (1204, "1,204"), (Decimal("1E+3"), "1,000"), (Decimal(0), "0")],
)
def test_quantities_have_no_trailing_zeros(value: Decimal | int, shown: str) -> None:
    """A quantity reads as a person writes it."""
    assert number(value) == shown


def test_joined_values_are_escaped_once() -> None:
    """A value inside a list adds no structure, and is not escaped again when it is shown."""
    joined = finalize(join(["*a*", "b|c"], " · ", language="en"), language="en")
    assert "*" not in joined
    assert unescape(joined) == "*a* · b|c"


@pytest.mark.parametrize(
    ("code", "english", "spanish"),
    [("es", "Spanish", "español"), ("pt-BR", "Portuguese", "portugués"), ("xx", "xx", "xx")],
)
def test_a_language_has_its_name(code: str, english: str, spanish: str) -> None:
    """A code is shown by name in the reader's language; an unknown one stays as the directory wrote it."""
    assert language_name(code, language="en") == english
    assert language_name(code, language="es") == spanish


def test_a_whole_month_or_year_is_told_as_one() -> None:
    """The days between which a person asks are mostly those of a month or of a year."""
    told = [whole(date(2026, 3, 1), date(2026, 3, 31)), whole(date(2025, 1, 1), date(2025, 12, 31))]
    odd = [whole(date(2026, 1, 1), date(2026, 2, 28)), whole(date(2026, 3, 2), date(2026, 3, 31))]
    assert (told, odd) == (["2026-03", "2025"], [None, None])
