"""What the payer writes, as values: amounts and quantities, dates at their precision, texts made safe to show."""

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records.care_kind import care_kinds
from bot.records.details import Ages, read_ages, read_closures, treats
from bot.records.directory import TimeOff
from bot.records.explanation import amount_of
from bot.records.money import Amount, MixedCurrencies, Quantity, believable, total
from bot.records.shapes import HumanName, MoneyShape, best_name
from bot.records.share import Step, owed_steps, sum_of
from bot.records.written import PartialDate, Period, clean, lines_of, parse_date, parse_instant, period
from tests.records.made import claim, money

cents = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


@given(st.lists(cents, min_size=1))
def test_sums_are_exact(values: list[Decimal]) -> None:
    """No cent is lost or made by adding: the sum is the exact sum of the exact values."""
    assert total(Amount(value) for value in values) == Amount(sum(values, Decimal(0)))


@pytest.mark.fault("F39")
@given(st.lists(st.sampled_from(["USD", "EUR"]), min_size=2).filter(lambda codes: len(set(codes)) > 1))
def test_currencies_never_mix(codes: list[str]) -> None:
    """A sum over two currencies is refused, whatever their order (F39)."""
    with pytest.raises(MixedCurrencies):
        total(Amount(Decimal(1), code) for code in codes)


def test_nothing_has_no_sum() -> None:
    """Absent is not zero: the sum of nothing is None."""
    assert total([]) is None
    assert total([None, None]) is None


@pytest.mark.threat("T43")
@pytest.mark.parametrize("value", ["1E+40", "1E-40", "NaN", "Infinity"])
def test_what_cannot_be_money_is_no_amount(value: str) -> None:
    """An absurd number is not an amount, so nothing later can stumble over it."""
    assert believable(Decimal(value)) is None


@pytest.mark.fault("F37")
def test_a_missing_value_is_no_amount_and_a_missing_currency_is_the_claims() -> None:
    """Cigna sends totals without a value; a currency may be missing (fhir-notes 12)."""
    assert amount_of(MoneyShape(currency="USD")) is None
    assert amount_of(MoneyShape(value=Decimal(0)), "EUR") == Amount(Decimal(0), "EUR")


def test_taking_away_and_turning_around() -> None:
    """Differences and credits keep the currency, and refuse another one."""
    assert Amount(Decimal(5)) - Amount(Decimal(7)) == -Amount(Decimal(2))
    with pytest.raises(MixedCurrencies):
        Amount(Decimal(5), "EUR") - Amount(Decimal(5))


_RECORDED = st.decimals(min_value=0, max_value=1000, places=2)


@pytest.mark.parametrize(
    ("value", "unit", "beside"),
    [
        ("82.7", "kg", "182.3 lb"),
        ("36.3", "°C", "97.3 °F"),
        ("37", "°C", "98.6 °F"),
        ("-40", "°C", "-40.0 °F"),
        ("170", "cm", "66.9 in"),
        ("2.54", "cm", "1.0 in"),
    ],
)
def test_a_metric_value_has_its_customary_one_beside_it(value: str, unit: str, beside: str) -> None:
    """To a tenth, half up; the value on record is not touched."""
    recorded, (number, customary) = Quantity(Decimal(value), unit), beside.split()
    assert recorded.customary == Quantity(Decimal(number), customary)
    assert recorded.value == Decimal(value)


@pytest.mark.parametrize("unit", ["lb", "°F", "in", "kg/m2", "mmHg", "mg/dL", "g", "", None])
def test_any_other_unit_stays_alone(unit: str | None) -> None:
    """What is customary already, or no weight, temperature or length, is not converted."""
    assert Quantity(Decimal(5), unit).customary is None


@given(_RECORDED)
def test_going_back_gives_what_was_recorded(value: Decimal) -> None:
    """The tenth that is shown is never further than half a tenth from the exact value."""
    half = Decimal("0.05") + Decimal("1e-20")
    for unit, size, zero in (
        ("kg", Decimal("0.45359237"), 0),
        ("°C", 1 / Decimal("1.8"), 32),
        ("cm", Decimal("2.54"), 0),
    ):
        usual = Quantity(value, unit).customary
        assert usual is not None
        assert abs((usual.value - zero) * size - value) <= half * size


def test_a_bound_stays_a_bound() -> None:
    """Below 36 degrees is below 96.8."""
    assert Quantity(Decimal(36), "°C", "<").customary == Quantity(Decimal("96.8"), "°F", "<")


_CENTS = st.integers(-10_000, 500_000).map(lambda cents: cents / 100)
_CATEGORIES = ("deductible", "copay", "coinsurance", "noncovered", "memberliability")


def _comes_to(step: Step) -> Amount:
    terms = sum((-term.amount.value if term.minus else term.amount.value for term in step.terms), Decimal(0))
    return Amount(terms + (step.rest.value if step.rest else 0))


@given(amounts=st.lists(st.none() | _CENTS, max_size=20))
@settings(max_examples=30, deadline=None)
def test_the_terms_of_a_sum_come_to_it(amounts: list[float | None]) -> None:
    """Whatever is shown and whatever is folded together; a claim that doesn't tell is no term."""
    claims = [claim(id=f"c{at}", total=[money("memberliability", value)]) for at, value in enumerate(amounts)]
    steps = sum_of("spending", claims, lambda one: one.owed.amount)
    told = [value for value in amounts if value is not None]
    assert [step.count for step in steps] == ([len(told)] if told else [])
    assert all(len(step.terms) + step.left == step.count and _comes_to(step) == step.result for step in steps)


@given(parts=st.dictionaries(st.sampled_from(_CATEGORIES), _CENTS))
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_claim_come_to_what_is_said_of_them(parts: dict[str, float]) -> None:
    """The parts to their sum, and the told amount less the parts to the gap."""
    steps = owed_steps(claim(total=[money(name, value) for name, value in parts.items()]))
    assert all(_comes_to(step) == step.result for step in steps)


def test_two_currencies_have_no_steps() -> None:
    """There is no sum, so there is none to explain."""
    claims = [claim(id=code, total=[money("memberliability", 5, code)]) for code in ("USD", "EUR")]
    assert sum_of("spending", claims, lambda one: one.owed.amount) == ()


def test_a_labelled_claim_adds_its_amount_without_its_day() -> None:
    """It is counted and not described, here too."""
    marked = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
    (step,) = sum_of("spending", [claim(meta=marked, total=[money("memberliability", 5)])], lambda one: one.owed.amount)
    assert [(term.name, term.day) for term in step.terms] == [("shielded", None)]


def test_a_sum_of_lines_tells_how_many() -> None:
    """Their own amounts stand in the details."""
    lines = [{"sequence": n, "adjudication": [money("memberliability", 5)]} for n in (1, 2)]
    assert owed_steps(claim(item=lines)) == (Step("lines", Amount(Decimal(10)), count=2),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", PartialDate(2024)),
        ("2024-03", PartialDate(2024, 3)),
        ("2024-03-05", PartialDate(2024, 3, 5)),
        ("2024-03-05T23:30:00-05:00", PartialDate(2024, 3, 5)),
        ("2024-03-05T00:30:00+14:00", PartialDate(2024, 3, 5)),
        ("2124-01-01", PartialDate(2124, 1, 1)),
        ("2024-02-30", None),
        ("2024-13", None),
        ("2024-00-10", None),
        ("0001", None),
        ("0001-01-01", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٢٠٢٤", None),
    ],
)
def test_dates_keep_what_was_written(text: str | None, expected: PartialDate | None) -> None:
    """Precision is kept, the day is the written offset's, and impossible dates are no dates (F41)."""
    assert parse_date(text) == expected


@given(st.text() | st.from_regex(r"\d{4}-\d{2}-\d{2}", fullmatch=True))
def test_reading_a_date_never_fails(text: str) -> None:
    """Whatever a payer writes, reading it gives a date or None."""
    found = parse_date(text)
    assert found is None or found.first <= found.last


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_itself(day: date) -> None:
    """A full date reads as that day, and prints as it was written."""
    found = parse_date(day.isoformat())
    assert found is not None
    assert found.exact == found.first == found.last == day
    assert str(found) == day.isoformat()


def test_a_partial_date_spans_what_it_can_mean() -> None:
    """A month runs to its last day, leap years included."""
    assert PartialDate(2024, 2).last == date(2024, 2, 29)
    assert PartialDate(2024).first == date(2024, 1, 1)
    assert PartialDate(2024).exact is None


def test_an_end_before_its_start_is_not_believed() -> None:
    """The start stands, the end is unknown (F41)."""
    assert period("2024-03-05", "2024-03-01") == Period(PartialDate(2024, 3, 5))
    assert period("2024-03-05", "2024-03") == Period(PartialDate(2024, 3, 5), PartialDate(2024, 3))


def test_periods_against_a_range() -> None:
    """Overlap counts any day that a partial date can mean; an unknown period overlaps nothing."""
    march = Period(PartialDate(2024, 3))
    assert march.overlaps(date(2024, 3, 31), None)
    assert not march.overlaps(date(2024, 4, 1), None)
    assert not march.overlaps(None, date(2024, 2, 29))
    assert not Period().overlaps(None, None)
    assert Period(PartialDate(2024), None).includes(date(2030, 1, 1))
    assert not Period(None, PartialDate(2024)).includes(date(2025, 1, 1))
    assert sorted([march, Period()], key=lambda each: each.sort_key) == [Period(), march]


@pytest.mark.parametrize("text", ["2020-07-07T13:26:22.0314215+00:00", "2024-01-01T00:00:00Z", "2024-01-01"])
def test_instants_always_have_a_zone(text: str) -> None:
    """Instants of any precision compare with each other; what is no instant is None."""
    assert getattr(parse_instant(text), "tzinfo", None) is not None
    assert parse_instant("yesterday") is parse_instant(None) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Thị Hà", "Nguyễn Thị Hà"),
        ("小林 さくら", "小林 さくら"),
        ("O'Neil", "O'Neil"),
        ("Dr \u202eevil\u202c", "Dr evil"),
        ("Ze\u200bro", "Zero"),
        ("a\x00b\nc\td", "a b c d"),
        ("👩\u200d⚕️ Team", "👩\u200d⚕️ Team"),
        ("\ud800", None),
        ("   ", None),
        ("", None),
        (None, None),
        ("<!channel> *x* {{7*7}}", "<!channel> *x* {{7*7}}"),
    ],
)
def test_names_are_shown_right_and_marks_are_gone(text: str | None, shown: str | None) -> None:
    """Every script is kept; control, bidi and zero-width marks are not (F45). Markup is the channel's to escape."""
    assert clean(text) == shown


def test_long_text_is_cut() -> None:
    """300 characters of name become 80 with an ellipsis, 50 KB of note end at the limit (F45, F46)."""
    assert clean("x" * 300) == "x" * 79 + "…"
    assert len(clean("y" * 50_000, 1000) or "") == 1000


@given(st.text(), st.integers(min_value=2, max_value=200))
def test_clean_text_is_short_and_visible(text: str, limit: int) -> None:
    """Whatever comes in, what goes out fits the limit and holds no control, bidi or surrogate character."""
    shown = clean(text, limit) or ""
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([HumanName(text="Grace Okafor, MD")], "Grace Okafor, MD"),
        ([HumanName(family="Okafor", given=("Grace", "A."), suffix=("MD",))], "Grace A. Okafor, MD"),
        ([HumanName(suffix=("MD",))], None),
        ([HumanName()], None),
        ([], None),
        ([HumanName(use="old", text="Before"), HumanName(use="nickname", text="Gigi")], "Gigi"),
        ([HumanName(use="usual", text="U"), HumanName(use="official", text="O")], "O"),
    ],
)
def test_the_best_name_is_chosen(names: list[HumanName], shown: str | None) -> None:
    """Official before usual before others, old ones last; only a prefix is no name (F45)."""
    assert best_name(names) == shown


@given(st.text())
def test_no_narrative_leaves_a_line_break_inside_a_line(text: str) -> None:
    """Whatever the payer wrote, lines are single lines of visible text."""
    lines = lines_of(f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>')
    assert all("\n" not in line and line.strip() == line and line for line in lines)


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("Ages 5 through 12", (5, 12)),
        ("0-17 years", (0, 17)),
        ("6 weeks to 18 yrs", (0, 18)),
        ("Adults 21+", (21, 120)),
        ("18 and older", (18, 120)),
        ("Patients under 21 years old", (0, 20)),
        ("Age limit: up to 19", (0, 19)),
        ("mayores de 65 años", (65, 120)),
        ("Pediatric", (0, 17)),
        ("Adolescents", (13, 17)),
        ("Adults only", (18, 120)),
        ("All ages", (0, 120)),
        *((other, None) for other in ("Referral needed", "5-10 patients a day", "Call 423-555-0100", "", None)),
    ],
)
def test_a_text_about_age_is_read(written: str | None, years: tuple[int, int] | None) -> None:
    """With the words as they are written, for the card; numbers count only where the text speaks of age."""
    assert read_ages([written]) == ((Ages(*years, written or ""),) if years else ())


def test_told_ages_win_over_the_specialty() -> None:
    """A pediatrician who says 12 to 17 is for teenagers, and not for children by one year."""
    told = (Ages(12, 17),)
    assert treats(["208000000X"], "teen", told) is True
    assert treats(["208000000X"], "child", told) is False
    assert treats(["207RC0000X"], "senior") is True
    assert treats(["1223G0001X"], "senior") is None


def test_an_absence_without_time_or_words_is_none() -> None:
    """Words alone are kept, as exceptions to the hours; nothing at all is not."""
    (only,) = read_closures([TimeOff(), TimeOff(description="Closed on holidays")], None)
    assert only.words == "Closed on holidays"
    assert not only.during.known


MRI = care_kinds({"mri": {"name": {"en": "MRI scan", "es": "la resonancia magnética"}}}).every["mri"]


@pytest.mark.parametrize(
    ("language", "name", "article", "bare"),
    [
        ("en", "MRI scan", "", "MRI scan"),
        ("es", "la resonancia magnética", "la", "resonancia magnética"),
        ("pt", "MRI scan", "", "MRI scan"),  # without a name of its own it has the English one, whole
    ],
)
def test_the_article_is_part_of_a_name_in_any_language_but_english(
    language: str, name: str, article: str, bare: str
) -> None:
    """Spanish has a name with an article, one without, and the article alone."""
    assert (MRI.name(language), MRI.article(language), MRI.bare(language)) == (name, article, bare)
