"""The small Markdown read into blocks."""

from decimal import Decimal

import pytest

from bot.message import Action, Actions, Chart, ChartPoint, Fact, Facts, Item, Line, Note, Press, Span, Title
from bot.replies.markdown import TemplateFault, escape, parse


def test_every_kind_of_block() -> None:
    """Each form of the small Markdown becomes its block, in order."""
    source = """
# Last visit
**$54.87** for your visit.

| Deductible | $0.00 |
|---|---|
| Copay | $0.00 |
1. **Grace Okafor, MD** · about 1 mile
   (423) 555-0142

   [Details](provider.detail?npi=1) [Call](tel:+14235550142)
2. Minh Kim, DO
> This is not a bill.
[Why?](claim.detail?id=a%26b) [Connect](link)
"""
    assert parse(source, {"link": "https://bot.example/link/1"}) == (
        Title("Last visit"),
        Line((Span("$54.87", bold=True), Span(" for your visit."))),
        Facts((Fact("Deductible", "$0.00"), Fact("Copay", "$0.00"))),
        Item(
            1,
            (
                Line((Span("Grace Okafor, MD", bold=True), Span(" · about 1 mile"))),
                Line((Span("(423) 555-0142"),)),
            ),
            (
                Action("", "Details", press=Press("provider.detail", {"npi": "1"})),
                Action("call", "Call", url="tel:+14235550142"),
            ),
        ),
        Item(2, (Line((Span("Minh Kim, DO"),)),)),
        Note((Span("This is not a bill."),)),
        Actions(
            (
                Action("", "Why?", press=Press("claim.detail", {"id": "a&b"})),
                Action("link", "Connect", url="https://bot.example/link/1"),
            )
        ),
    )


def test_a_name_that_ends_with_a_period_ends_its_sentence() -> None:
    """One period, also behind a bold name; three are left as they are."""
    told = f"I see no claims of {escape('Mateo D.')}. **{escape('Leo B.')}**. Wait{escape('..')}..."
    [line] = parse(told, {})
    assert isinstance(line, Line)
    assert "".join(span.text for span in line.spans) == "I see no claims of Mateo D. Leo B. Wait....."


def test_blank_lines_mean_nothing() -> None:
    """Rows and buttons that a loop set apart by blank lines still belong together."""
    assert parse("| a | 1 |\n\n| b | 2 |\n\n[x](help)\n\n[y](help)", {}) == (
        Facts((Fact("a", "1"), Fact("b", "2"))),
        Actions((Action("", "x", press=Press("help")), Action("", "y", press=Press("help")))),
    )


def test_a_chart_has_points_under_it() -> None:
    """A point tells its number in words, or leaves them to a line beside the chart; escaped colons are a value's."""
    source = f"""
~bars By month
~| May :: $1,308.40 | {escape("1,308.4")} |

~| {escape("a :: b")} | -3 |
~line Blood pressure | Upper | Lower
~| Oct 21 :: 136/84 | 136 | 84 |
"""
    assert parse(source, {}) == (
        Chart("By month", (ChartPoint("May", (Decimal("1308.4"),), "$1,308.40"), ChartPoint("a :: b", (Decimal(-3),)))),
        Chart(
            "Blood pressure", (ChartPoint("Oct 21", (Decimal(136), Decimal(84)), "136/84"),), "line", ("Upper", "Lower")
        ),
    )


BAD_CHARTS = (
    *("~bars By month", "~| a | 1 |", "~bars t\n~| a | many |"),
    *("~line t | up | down\n~| a | 1 |", "~bars t\n~| a |"),
)
BAD_TARGETS = ("link", "Somewhere", "http://x.example", "javascript:x", "a.b.c", "?x=1")


@pytest.mark.parametrize(
    "source", [*BAD_CHARTS, *(f"[x]({target})" for target in BAD_TARGETS), "| a |", "| a | b | c |"]
)
def test_what_is_its_authors_mistake_is_refused(source: str) -> None:
    """The pack's check tells them, and no member meets it.

    A chart has numbers, a button a named link, a vetted address or an intent, and a row a label and a value.
    """
    with pytest.raises(TemplateFault):
        parse(source, {})


def test_two_colons_put_facts_side_by_side() -> None:
    """The halves of a label are kept; colons in a value are escaped, so a name can open no column."""
    source = f"| Phone :: {escape('Dr. A :: B')} | 1 |\n| Phone :: Dr. C | 2 |\n| {escape('no :: column')} | 3 |"
    [facts] = parse(source, {})
    assert facts == Facts(
        (
            Fact("Phone · Dr. A :: B", "1", "Phone", "Dr. A :: B"),
            Fact("Phone · Dr. C", "2", "Phone", "Dr. C"),
            Fact("no :: column", "3"),
        )
    )
