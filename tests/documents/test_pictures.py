"""The pictures of documents, and the names on the operator's page."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.documents.printer import BOX, plotted, stretches, ticks_of
from bot.message import Language
from bot.ops.metrics import Counted
from tests.shipped import shipped_pack
from tests.shots.still import counts

AMOUNTS = st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=4).filter(any)
FIGURES = st.lists(st.decimals(0, 10**5, places=3), min_size=2, max_size=12)


@given(AMOUNTS)
def test_the_parts_of_a_bar_come_to_the_whole(values: list[Decimal]) -> None:
    """In length and in percent; each begins where the one before ends, and only nothing has no length."""
    shown = stretches(values)
    assert sum(Decimal(part.width[:-1]) for part in shown) == 100
    assert sum(part.percent for part in shown) == 100
    assert all(Decimal(b.at[:-1]) - Decimal(a.at[:-1]) == Decimal(a.width[:-1]) for a, b in pairwise(shown))
    assert [part.width == "0.0%" for part in shown] == [not value for value in values]


@pytest.mark.parametrize("parts", [[], ["0", "0"], ["5", "-1"]])
def test_what_is_no_whole_is_no_bar(parts: list[str]) -> None:
    """Nothing at all, or a credit."""
    with pytest.raises(ValueError, match="whole"):
        stretches([Decimal(part) for part in parts])


@given(FIGURES)
def test_a_line_keeps_order_and_stays_within_its_ticks(values: list[Decimal]) -> None:
    """A higher value is never drawn lower, and the ticks are round, evenly apart and around everything."""
    ticks = ticks_of(values)
    assert ticks[0] <= min(values) <= max(values) <= ticks[-1]
    assert 3 <= len(ticks) <= 5
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    plot = plotted([date(2026, 1, 1) + timedelta(days=at) for at in range(len(values))], [values])
    assert plot
    (line,) = plot.lines
    assert all((a[1] >= b[1]) for a, b in pairwise([y for _, y in sorted(zip(values, line, strict=True))]))
    assert all(BOX.left <= x <= BOX.right and BOX.top <= y <= BOX.bottom for x, y in line)


def test_days_are_as_far_apart_as_in_the_calendar() -> None:
    """Two weeks are not as wide as ten months; a range behind the line ends where its bounds are."""
    days, values = [date(2026, 1, 1), date(2026, 1, 15), date(2026, 11, 17)], [Decimal(5), Decimal(6), Decimal(7)]
    plot = plotted(days, [values], None, Decimal(6))
    assert plot
    (first, second, third) = plot.lines[0]
    assert (second[0] - first[0]) * 20 < third[0] - first[0]
    assert plot.band == (second[1], BOX.bottom - second[1])
    assert plotted([days[0], days[0]], [values[:2]]) is None


UNREAD = ("not_understood", "menu", "choices", "no_list", "place", "button_over")


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_name_of_a_file_or_a_class_is_shown(language: Language) -> None:
    """Each in a month of its own, for a page has the most frequent alone."""
    for kind, names in (("answered", (*shipped_pack().engine.intents,)), ("unread", UNREAD)):
        for name in names:
            page = counts(language, [Counted("2026-05", kind, (name, language), 10, enough=True)])
            [shown] = re.findall(r'<th scope="row">([^<]+)<svg', page)
            assert shown.strip()
            assert "." not in shown, name
            assert "_" not in shown, name


def test_what_is_good_and_what_is_not_is_said_in_words() -> None:
    """Nine of ten understood are good; two of ten with a fault are not."""
    asked = Counted("2026-05", "answered", ("claim.list", "en"), 90, enough=True)
    missed = Counted("2026-05", "unread", ("choices", "en"), 10, enough=True)
    fault = Counted("2026-05", "fault", ("PayerSlow",), 20, enough=True)
    assert re.findall(r"(\d+)% <small class=\"(\w+)\">", counts("en", [asked, missed, fault])) == [
        ("90", "good"),
        ("20", "bad"),
    ]
