"""Any reply that could be made: what hypothesis draws for the writers of Slack and Teams."""

from decimal import Decimal

from hypothesis import strategies as st

from bot.message import (
    Action,
    Actions,
    Block,
    Chart,
    ChartKind,
    ChartPoint,
    Fact,
    Facts,
    Item,
    Line,
    Note,
    Press,
    Reply,
    Shareable,
    Span,
    Title,
)

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=80)
SPANS = st.lists(st.builds(Span, WORDS, st.booleans()), min_size=1, max_size=4).map(tuple)
LINES = st.builds(Line, SPANS)
PRESSES = st.builds(Action, st.just("opaque"), WORDS, press=st.just(Press("help")))
LINKS = st.builds(Action, st.just("link"), WORDS, url=st.just("https://a.example/"))
BUTTONS = st.lists(PRESSES | LINKS, max_size=27).map(tuple)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """A chart of any kind, with or without words, of too few points or too many as well."""
    kinds: tuple[ChartKind, ...] = ("bars", "line", "parts")
    kind = draw(st.sampled_from(kinds))
    series = draw(st.sampled_from(((), ("upper", "lower")))) if kind == "line" else ()
    words = draw(st.just("") | WORDS)
    values = st.tuples(*(st.decimals(-5, 10_000, places=2) for _ in range(max(1, len(series)))))
    points = st.lists(
        st.builds(ChartPoint, WORDS, values, st.just(words)), max_size=14, unique_by=lambda one: one.label
    )
    return Chart(draw(WORDS), tuple(draw(points)), kind, series)


CHARTS = charts()


@st.composite
def side_by_side(draw: st.DrawFn) -> Facts:
    """Facts of two to five things, row by row."""
    columns = draw(st.lists(WORDS, min_size=2, max_size=5, unique=True))
    rows = draw(st.lists(WORDS, min_size=1, max_size=12))
    return Facts(tuple(Fact(f"{row} · {column}", draw(WORDS), row, column) for row in rows for column in columns))


BLOCKS = st.one_of(
    st.builds(Title, WORDS),
    LINES,
    st.builds(Facts, st.lists(st.builds(Fact, WORDS, WORDS), min_size=1, max_size=12).map(tuple)),
    side_by_side(),
    st.builds(Item, st.integers(1, 99), st.lists(LINES, min_size=1, max_size=3).map(tuple), BUTTONS),
    st.builds(Note, SPANS),
    st.builds(Actions, BUTTONS.filter(bool)),
)
COMPARED = Facts(
    tuple(
        Fact(f"{row} · {column}", f"{row} of {column}", row, column)
        for row in ("Specialty", "Phone", "Networks")
        for column in ("Grace Okafor, MD", "Minh Kim, DO")
    )
)


def reply(*blocks: Block) -> Reply:
    """A reply with these blocks."""
    return Shareable(intent="help", language="en", blocks=blocks)


def listed(size: int) -> tuple[Item, ...]:
    """Entries that each have one button."""
    return tuple(
        Item(at, (Line((Span(f"Grace Okafor, MD · {at}"),)),), (Action(f"a{at}", "Details", press=Press("x")),))
        for at in range(1, size + 1)
    )


ROW = (
    Action("a", "Details", press=Press("claim.detail")),
    Action("b", "Disconnect", press=Press("account.unlink")),
    Action("link", "Connect", url="https://b.example/"),
)
CHART = Chart("By month", (ChartPoint("May", (Decimal(5),), "$5.00"), ChartPoint("Jun", (Decimal(0),), "$0.00")))
EVERYTHING: tuple[Block, ...] = (
    Title("Claims"),
    Line((Span("$54.87", bold=True), Span(" to "), Span("(423) 555-0142", url="tel:+14235550142"))),
    Facts((Fact("Deductible", "$0.00"),)),
    COMPARED,
    Item(1, (Line((Span("Grace Okafor, MD", bold=True),)),), ROW),
    Item(2, (Line((Span("Minh Kim, DO", bold=True),)),), ROW[:2]),
    Note((Span("Not a bill."),)),
    Actions(ROW),
)
"""A block of every kind but a chart."""
