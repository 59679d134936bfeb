"""What the bench makes of its measurements."""

import pytest

from bench.slack import Measured
from bench.table import Row, compared, markdown, times

BOT = Measured(seconds=(0.002, 0.004, 0.006), wall=0.012, cpu=0.009)
FLOOR = Measured(seconds=(0.001, 0.002, 0.003), wall=0.006, cpu=0.003)


def test_a_run_is_told_in_milliseconds_and_answers_a_second() -> None:
    """Quantiles and CPU are milliseconds an answer, the rate is by the run's wall time."""
    assert BOT.quantile(50) == pytest.approx(4)
    assert BOT.rate == pytest.approx(250)
    assert BOT.cpu_each == pytest.approx(3)
    assert Measured((0.005,), 0.005, 0.001).quantile(99) == pytest.approx(5)


def test_rounds_add_up_to_one_run() -> None:
    """All answers of all rounds count once, in order of length."""
    both = BOT + FLOOR
    assert both.seconds == (0.001, 0.002, 0.002, 0.003, 0.004, 0.006)
    assert both.wall == pytest.approx(0.018)


def test_a_comparison_sets_ratio_and_goal_beside_the_numbers() -> None:
    """The goal of the middle answer stands on its row, that of the rate on its own."""
    rows = list(compared("summary", BOT, FLOOR, p50="≤ 2x", rate="≥ 0.55x"))
    assert rows[0] == Row("summary: p50 ms", "4.0", "2.0", "2.00x", "≤ 2x")
    assert rows[2] == Row("summary: answers/s", "250.0", "500.0", "0.50x", "≥ 0.55x")
    assert times(1, 0) == ""


def test_the_table_is_markdown_whose_columns_line_up() -> None:
    """One header, one rule, one line a row, all equally long."""
    lines = markdown([Row("a", "1"), Row("a longer one", "2", "1", "2.00x", "≤ 2x")]).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert set(lines[1]) <= set("|- ")
