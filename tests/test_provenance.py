"""How do you know: what is kept behind the button, and that it names nobody."""

from datetime import UTC, datetime
from decimal import Decimal

from bot.conversation.provenance import trace_in, trace_of, with_trace
from bot.conversation.state import Asked
from bot.message import SOURCES, Action, Actions, Press
from bot.payer.budget import ReadRecord, Report
from bot.payer.search import Search
from bot.records.money import Amount
from bot.records.share import Step, Term
from bot.records.written import PartialDate

MOMENT = datetime(2026, 5, 20, 12, 30, tzinfo=UTC)


def _report() -> Report:
    report = Report(pages=2, sources=[ReadRecord("ExplanationOfBenefit", f"e{n}", MOMENT) for n in range(12)])
    search = Search("ExplanationOfBenefit", (("service-date", "ge2026-01-01"), ("_sort", "-service-date")))
    report.searches += [search.shown(), search.shown()]
    report.note_applied_here("service-date")
    half = Term("claim", Amount(Decimal("2.50")), PartialDate(2026, 5, 1))
    report.steps.append(Step("spending", Amount(Decimal("5.00")), (half, half), count=2))
    return report


def test_the_trace_comes_back_from_its_own_button() -> None:
    """Ten records are named, all are counted; the same search is told once; sums keep their terms to the cent."""
    other = Action("", "More", press=Press("claim.list", {"page": "1"}))
    buttons = Actions((other, Action("", "How do you know?", press=Press(SOURCES))))
    [filled] = with_trace([buttons], trace_of(Asked("claim.list", rule="claims", score=0.8), _report()))
    assert isinstance(filled, Actions)
    assert filled.buttons[0] == other
    press = filled.buttons[1].press
    assert press is not None
    trace = trace_in(Asked(press.intent, arguments=press.arguments))
    assert trace is not None
    assert (trace.rule, trace.pages, trace.count, len(trace.records)) == ("claims", 2, 12, 10)
    assert trace.searches == ("ExplanationOfBenefit?service-date=ge2026-01-01&_sort=-service-date",)
    assert (trace.here, trace.complete) == (("service-date",), True)
    assert trace.steps == tuple(_report().steps)
    assert trace.day_of(trace.records[0], UTC) == MOMENT


def test_a_button_without_a_trace_has_none() -> None:
    """Then the bot says so, instead of making one up."""
    assert trace_in(Asked(SOURCES)) is None


def test_a_search_is_told_without_what_it_was_asked_for() -> None:
    """Ids, numbers and names are no part of it: only days and the order are."""
    search = Search(
        "ExplanationOfBenefit",
        (("_id", "e1"), ("identifier", "2600042"), ("patient", "p1"), ("date", "ge2026-01-01"), ("_count", "20")),
    )
    assert search.shown() == "ExplanationOfBenefit?_id&identifier&patient&date=ge2026-01-01"
    assert Search("Coverage").shown() == "Coverage"
