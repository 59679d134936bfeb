"""Lab results and vital signs as they stand on record: value, unit, range, side and trend, and nothing concluded."""

import html
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.message import Block, Chart
from bot.records.observation import Observation
from tests.answers.asking import Resource, Shelf, answered, concept, owned, public
from tests.answers.made import PART_2
from tests.answers.printed import printed
from tests.records.made import raw

CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"


def result(
    key: str, day: str = "2026-04-02", value: float | None = 6.9, category: str = "laboratory", **elements: Any
) -> Resource:
    """A hemoglobin A1c of 6.9 % with its range."""
    quantity = {"valueQuantity": {"value": value, "unit": "%"}} if value is not None else {}
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "category": [concept(category, CATEGORIES)],
        "code": concept("4548-4", "http://loinc.org", "Hemoglobin A1c"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": day,
        "referenceRange": [{"low": {"value": 4, "unit": "%"}, "high": {"value": 5.6, "unit": "%"}}],
        **quantity,
        **elements,
    }


async def test_the_newest_result_leads_with_its_range_and_the_trend_follows() -> None:
    """Value, unit, side and date first; four earlier ones beside it, older ones only counted in."""
    days = ["2024-01-05", "2025-01-05", "2025-04-05", "2025-07-05", "2025-10-05", "2026-04-02"]
    rows = [result(day, day, 9 - at / 10) for at, day in enumerate(days)]
    said = await answered("clinical.labs", *rows)
    assert "1. Hemoglobin A1c: 8.5 % · high · April 2, 2026" in said.text
    assert "Range: 4 to 5.6 % · Before: 8.6, 8.7, 8.8, 8.9" in said.text
    assert "Ask the doctor who ordered" in said.text


SODIUM: dict[str, Any] = {"code": concept("2951-2", "http://loinc.org", "Sodium"), "referenceRange": []}


@pytest.mark.parametrize("said", ["my a1c", "what was my last A1C?", "mi hemoglobina glicosilada", "hemoglobin please"])
async def test_whoever_names_a_test_gets_that_test(said: str) -> None:
    """By the words people have for it in either language, or by the name on record."""
    rows = (result("a"), result("s", "2026-05-01", 139, **SODIUM))
    told = await answered("clinical.labs", *rows, said=said)
    assert "Hemoglobin A1c: 6.9 % on April 2, 2026 · high." in told.text
    assert "Sodium" not in told.text
    assert "[All my lab results]" in told.text


async def test_a_test_that_is_not_on_record_is_said_and_the_others_shown() -> None:
    """In the person's own word, and without a guess at what else it may be called."""
    told = await answered("clinical.labs", result("s", "2026-05-01", 139, **SODIUM), said="mi glucosa", language="es")
    assert told.text.startswith("En los datos de su plan no veo ningún resultado de glucosa.")
    assert "Los más recientes que hay: Sodio." in told.text


async def test_no_test_is_named_by_words_that_every_test_has() -> None:
    """Blood, level and result tell nothing apart."""
    blood: dict[str, Any] = {"code": concept("718-7", "http://loinc.org", "Hemoglobin in blood")}
    rows = (result("a", **blood), result("s", "2026-05-01", 139, **SODIUM))
    told = await answered("clinical.labs", *rows, said="my blood test results")
    assert told.text.startswith("Your lab results, newest first:")
    assert "Sodium" in told.text


async def test_one_test_shows_its_last_five_with_dates() -> None:
    """The button under a test opens its trend."""
    said = await answered("clinical.labs", result("a"), result("b", "2025-04-02", 7.1), test="4548-4")
    assert said.text.startswith("Hemoglobin A1c\nApril 2, 2026: 6.9 % · high\nApril 2, 2025: 7.1 % · high\nRange")


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"interpretation": [concept("L")]}, "6.9 % · low"),
        ({"interpretation": [concept("A")]}, "6.9 % · marked abnormal"),
        ({"valueQuantity": {"value": 5, "unit": "%"}}, "5 % · in range"),
        ({"valueQuantity": {"value": 5, "unit": "mmol/mol"}}, "5 mmol/mol · April"),
        ({"valueQuantity": {"value": 15, "unit": "%", "comparator": ">"}}, "> 15 % · April"),
        ({"valueQuantity": {"value": 6.9, "unit": "%"}, "referenceRange": []}, "6.9 % · April"),
    ],
)
async def test_high_and_low_are_the_records_own_word_or_range(elements: dict[str, Any], words: str) -> None:
    """The record's interpretation wins; without one only its own range in the same unit decides."""
    said = await answered("clinical.labs", result("a", **elements))
    assert words in said.text


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"valueCodeableConcept": {"text": "Negative"}}, ": Negative ·"),
        ({"valueString": "cloudy"}, ": cloudy ·"),
        ({"valueBoolean": False}, ": no ·"),
        ({"valueInteger": 3}, ": 3 ·"),
        ({"valueRange": {"low": {"value": 0}, "high": {"value": 5, "unit": "/HPF"}}}, ": 0 to 5 /HPF ·"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, ": 1 to 128 ·"),
        ({"valueDateTime": "2026-03"}, ": March 2026 ·"),
        ({"dataAbsentReason": {"text": "specimen lost"}}, ": no value (specimen lost) ·"),
    ],
)
async def test_every_kind_of_value_is_said(elements: dict[str, Any], words: str) -> None:
    """Observation has many value types, and a missing value is said with its reason."""
    said = await answered("clinical.labs", result("a", value=None, referenceRange=[], **elements))
    assert words in said.text


async def test_components_are_read_as_parts() -> None:
    """A blood pressure has two numbers and no value of its own."""
    parts = [
        {"code": {"text": "Systolic"}, "valueQuantity": {"value": 128, "unit": "mm[Hg]"}},
        {"code": {"text": "Diastolic"}, "dataAbsentReason": concept("not-performed")},
    ]
    code: dict[str, Any] = {"code": {"text": "Blood pressure"}, "referenceRange": []}
    said = await answered("clinical.vitals", result("a", value=None, category="vital-signs", component=parts, **code))
    assert "1. Blood pressure: Systolic 128 mmHg · Diastolic not given · April 2, 2026" in said.text


async def test_category_and_time_are_checked_here_too() -> None:
    """A server that ignores its filters changes nothing; one that refuses them neither (F32, F36)."""
    rows = (result("a"), result("v", category="vital-signs", value=1), result("old", "2020-01-01", 9.9))
    span = {"date_range": {"start": "2026-01-01", "end": "2026-12-31"}}
    for refused in ((), ("category",), ("date",)):
        said = await answered("clinical.labs", slots=span, shelf=Shelf(rows, refused=refused))
        assert "6.9 %" in said.text
        assert "9.9" not in said.text
        assert "Before" not in said.text


@pytest.mark.parametrize(
    "elements", [{"status": "entered-in-error"}, {"status": "cancelled"}, {"modifierExtension": [{"url": "x"}]}]
)
async def test_mistaken_results_are_no_results(elements: dict[str, Any]) -> None:
    """Entered in error, cancelled, or of unknown meaning."""
    said = await answered("clinical.labs", result("a", **elements))
    assert "6.9" not in said.text
    assert "show no lab results for you" in said.text


@pytest.mark.fault("F48")
@pytest.mark.threat("T33")
async def test_labelled_results_are_counted_and_shown_only_on_request() -> None:
    """Part 2 records: a count, a button, and the statement once they are shown (F48, T33)."""
    rows = (result("a"), result("s", value=1.5, code={"text": "Drug screen"}, meta=PART_2))
    said = await answered("clinical.labs", *rows)
    assert "Drug screen" not in said.text
    assert "Your plan marks 1 record as private" in said.text
    assert {source.id for source in said.ask.report.sources} == {"a"}
    shown = await answered("clinical.labs", *rows, show="yes")
    assert "Drug screen" in shown.text
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in shown.text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("intent", ["clinical.labs", "clinical.vitals"])
async def test_every_public_result_is_shown(intent: str, language: str) -> None:
    """HL7's 47 US Core observations, page after page, without a loss."""
    rows = owned(public("hl7-us-core-3.1.1", "Observation"))
    for page in range(8):
        said = await answered(intent, *rows, page=str(page), language="es" if language == "es" else "en")
        assert said.text
        assert said.ask.report.gaps == []


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-999, max_value=999, places=3))
def test_a_side_is_told_only_outside_the_range(value: object) -> None:
    """High and low follow from the record's own numbers, whatever they are."""
    mark = Observation(raw(result("a", value=float(str(value))))).main.mark
    number = float(str(value))
    assert mark == ("low" if number < 4 else "high" if number > 5.6 else "normal")


async def test_a_line_joins_the_dated_figures_of_one_unit() -> None:
    """Oldest first, beside the numbers; a result in another unit, or a bound of one, is joined to none."""
    rows = (result("a", "2025-01-05", 8.1), result("b", "2025-07-05", 7.4), result("c", "2026-04-02", 6.9))
    (chart,) = charts((await answered("clinical.labs", *rows, said="my a1c")).blocks)
    assert [(point.label, point.values) for point in chart.points] == [
        ("Jan 2025", (Decimal("8.1"),)),
        ("Jul 2025", (Decimal("7.4"),)),
        ("Apr 2026", (Decimal("6.9"),)),
    ]
    other = result("d", "2026-05-02", valueQuantity={"value": 60, "unit": "mmol/mol"})
    assert charts((await answered("clinical.labs", *rows, other, said="my a1c")).blocks) == []


def charts(blocks: tuple[Block, ...]) -> list[Chart]:
    """The charts of an answer."""
    return [block for block in blocks if isinstance(block, Chart)]


async def test_the_page_to_print_has_every_result_and_a_line_beside_the_table() -> None:
    """All results with their days, the range as the record gives it, and the same numbers as the picture's words."""
    rows = [result("a", "2026-04-02", 6.9), result("b", "2026-01-03", 7.25), result("c", "2025-06", 5.5)]
    said = await answered("clinical.export", *rows, result("d", "2026-02-01", None, valueString="pending"))
    assert "Your 4 results, labs and vital signs, are ready" in said.text
    page = html.unescape(printed(said.summary, "html"))
    assert "over time: 5.5 % · in range, June 2025; 7.25 % · high, January 3, 2026; 6.9 % · high, April 2, 2026" in page
    for words in ("April 2, 2026", "<td>pending</td>", "7.25 % · <strong>high</strong>", "4 to 5.6 %", "June 2025"):
        assert words in page
    assert page.count("<circle") == 3
    assert "1 result isn't drawn" in page
    assert "shaded: the range that came with it" in page


async def test_a_line_joins_one_unit_and_one_range_only() -> None:
    """Other units, bounds and years alone are not drawn, no range stands behind results that came with several."""
    mmol: Resource = {"valueQuantity": {"value": 51, "unit": "mmol/mol"}, "referenceRange": []}
    bound: Resource = {"valueQuantity": {"value": 4, "unit": "%", "comparator": "<"}}
    rows = (
        result("a"),
        result("b", "2026-01-03"),
        result("c", "2025-12-03", **mmol),
        result("d", "2025-11-03", **bound),
    )
    page = printed((await answered("clinical.export", *rows, result("e", "2024"))).summary, "html")
    assert page.count("<circle") == 2
    assert "3 results aren't drawn" in html.unescape(page)
    other = result("f", "2026-02-03", referenceRange=[{"high": {"value": 6, "unit": "%"}}])
    assert 'class="band"' in page
    assert 'class="band"' not in printed((await answered("clinical.export", result("a"), other)).summary, "html")
    assert "<circle" not in printed((await answered("clinical.export", result("a"))).summary, "html")


async def test_marked_results_stay_off_the_page_until_their_button_is_pressed() -> None:
    """Counted, and there with the statement when they were asked for (T33)."""
    rows = (result("a"), result("b", "2026-03-03", 7.7, meta=PART_2))
    without, having = await answered("clinical.export", *rows), await answered("clinical.export", *rows, show="yes")
    page = printed(without.summary, "html")
    assert "7.7" not in page
    assert "1 record that your plan marks as private is left out" in page
    assert "Include private records" in str(without.blocks)
    assert "7.7" in printed(having.summary, "html")
    assert "42 CFR part 2" in printed(having.summary, "html")
    nothing = await answered("clinical.export")
    assert "there is nothing to print" in nothing.text


async def test_results_without_a_category_are_found_and_told_apart() -> None:
    """Where the filter finds nothing it is asked once more without it; a vital sign is known by its code."""
    pulse = result("v", value=61, code=concept("8867-4", "http://loinc.org", "Heart rate"))
    rows = [{name: value for name, value in one.items() if name != "category"} for one in (result("a"), pulse)]
    for intent, has, lacks in (
        ("clinical.labs", "6.9 %", "Heart rate"),
        ("clinical.vitals", "61", "Hemoglobin"),
    ):
        said = await answered(intent, shelf=Shelf(tuple(rows), blind=("category",)))
        assert has in said.text
        assert lacks not in said.text
