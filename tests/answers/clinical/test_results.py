"""Lab results and vital signs as they stand on record: value, unit, range, side and trend, and nothing concluded."""

import html
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.message import Block, Chart
from bot.records.care import Observation
from tests.answers import shorthand
from tests.answers.asking import Resource, answered
from tests.answers.made import PART_2
from tests.answers.printed import printed
from tests.records.made import raw


def result(key: str, day: str = "2026-04-02", value: float | None = 6.9, **elements: Any) -> Resource:
    """A hemoglobin A1c."""
    return shorthand.result(key, {"day": day, "value": value, **elements})


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
        ("Jan 5, 2025", (Decimal("8.1"),)),
        ("Jul 5, 2025", (Decimal("7.4"),)),
        ("Apr 2, 2026", (Decimal("6.9"),)),
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
    assert "what is in range is shaded" in page


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
