"""Replies as Teams messages: cards within Teams' limits, in which nothing that a payer sent is parsed."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microsoft_teams.cards import HorizontalBarChart, LineChart, StackedHorizontalBarChart
from msgspec.structs import replace
from pydantic import BaseModel

from bot.message import Action, Actions, Block, Chart, ChartPoint, Fact, Facts, Item, Line, Note, Press, Span, Title
from bot.replies.cards import MOST_BYTES, pages, renewing, weigh
from bot.replies.filters import month
from bot.replies.plain import COLUMNS, SHADES, WIDTH, bar_of, drawable, drawn, plain
from tests.doubles.adaptive_card import buttons, compared, fallback, faults, parsed, presses, shown, words
from tests.replies.made import BLOCKS, CHARTS, COMPARED, listed, reply

HOSTILE = (
    "[pay here](https://evil.example)",
    "**$0.00**",
    "<at>everyone</at>",
    "{{DATE(2024-01-01T00:00:00Z)}}",
    "# nothing owed",
    "1. paid",
    "- paid",
    "https://evil.example",
    "www.evil.example",
    "`code`",
    "![x](https://evil.example/x.png)",
    "a@evil.example",
)
POINT = ChartPoint("May", (Decimal("308.40"),), "$308.40")
BARS = [
    {"x": "May $308.40", "y": 308.4, "color": "categoricalBlue"},
    {"x": "Jun", "y": 0.0, "color": "categoricalBlue"},
]
PARTS = [
    {
        "title": " ",
        "data": [
            {"legend": "May $308.40", "value": 308.4, "color": "categoricalBlue"},
            {"legend": "Jun", "value": 0.0, "color": "neutral"},
        ],
    }
]
LINES = [{"legend": "Sugar", "values": [{"x": "May", "y": 308.4}, {"x": "Jun", "y": 0.0}]}]
TEAMS_CHARTS: dict[str, type[BaseModel]] = {
    "HorizontalBar": HorizontalBarChart,
    "HorizontalBar.Stacked": StackedHorizontalBarChart,
    "Line": LineChart,
}
LIVE = re.compile(r"(?<!\\)[`*\[\]<>#|~@]|://|www\.|\{\{|^\s*(?:[-+]|\d+\.)\s", re.MULTILINE)


@given(st.lists(BLOCKS, min_size=1, max_size=4), st.lists(CHARTS, min_size=1, max_size=3))
def test_any_chart_fits_teams_or_is_told(blocks: list[Block], charts: list[Chart]) -> None:
    """What is not drawn is said where nothing beside it says it; clients without charts show the words."""
    made = pages(reply(*blocks, *charts))
    assert [fault for page in made for fault in faults(page.card)] == []
    texts = [*(page.text.removesuffix("\n…") for page in made[:-1]), made[-1].text]
    assert " ".join(texts).split() == plain([*blocks, *charts], addresses=False).split()
    drawn = [one["title"] for page in made for one in page.card["body"] if one["type"].startswith("Chart.")]
    fit = [chart.title for chart in charts if drawable(chart)]
    assert drawn == fit or max(weigh(page.card) for page in made) > MOST_BYTES // 2


@pytest.mark.parametrize(
    ("chart", "kind", "data"),
    [
        (Chart("By month", (POINT, ChartPoint("Jun", (Decimal(0),)))), "HorizontalBar", BARS),
        (Chart("Deductible", (POINT, ChartPoint("Jun", (Decimal(0),))), "parts"), "HorizontalBar.Stacked", PARTS),
        (Chart("Sugar", (POINT, ChartPoint("Jun", (Decimal(0),))), "line"), "Line", LINES),
    ],
)
def test_a_chart_is_as_teams_takes_it(chart: Chart, kind: str, data: list[object]) -> None:
    """Microsoft's own types read it; its words stand where a client draws none."""
    [page] = pages(reply(Title("Visit"), chart))
    drawn = page.card["body"][-1]
    assert (drawn["type"], drawn["data"]) == (f"Chart.{kind}", data)
    words = [] if chart.kind == "parts" else [f"{chart.title}: May $308.40"]
    assert [run["text"] for run in drawn["fallback"]["inlines"]] == words if words else drawn["fallback"] == "drop"
    assert TEAMS_CHARTS[kind].model_validate(drawn)


@settings(max_examples=60)
@given(st.lists(BLOCKS, min_size=1, max_size=12))
def test_any_reply_fits_teams_and_loses_nothing(blocks: list[Block]) -> None:
    """Every card is within the limits, and its text and its elements each carry all that was said, in order."""
    made = pages(reply(*blocks))
    assert [fault for page in made for fault in faults(page.card)] == []
    assert all(weigh(page.card) <= MOST_BYTES for page in made)
    said = plain(blocks, addresses=False).split()
    assert "\n".join([*(page.text.removesuffix("\n…") for page in made[:-1]), made[-1].text]).split() == said
    assert all(fallback(page.card).split() == page.text.split() for page in made)
    cards = "\n".join(shown(page.card) for page in made)
    for block in blocks:
        if isinstance(block, Line):
            assert all(span.text in cards for span in block.spans)
        if isinstance(block, Facts):
            joined = [f"{row.label}: {row.value}".replace("\u2060", "") for row in block.rows]  # a joiner shows nothing
            assert all(one in cards.replace("\u2060", "") for one in joined)


@pytest.mark.threat("T45")
@pytest.mark.parametrize("words", HOSTILE)
def test_what_a_payer_sends_is_inert(words: str) -> None:
    """No word of a payer can link, format, mention or be read as a date, wherever it stands (T45)."""
    blocks = (
        Title(words),
        Line((Span(f"see {words}"),)),
        Facts((Fact(words, "x"), Fact("y", words))),
        Item(1, (Line((Span(words, bold=True),)),)),
        Note((Span(words),)),
    )
    [page] = pages(reply(*blocks))
    assert words not in parsed(page.card)
    assert shown(page.card).count(words) == 6
    runs = [run["text"] for element in page.card["body"] for run in element.get("inlines", [])]
    assert all("{{" not in run for run in runs)
    assert not LIVE.search(page.card["fallbackText"])
    assert fallback(page.card).count(words) == 6


def test_facts_are_a_line_each() -> None:
    """Few or many: the label, and the value in bold."""
    many = Facts(tuple(Fact(f"label {at}", f"value *{at}*") for at in range(13)))
    [page] = pages(reply(many))
    assert [words(one) for one in page.card["body"]] == [f"label {at}: value *{at}*" for at in range(13)]
    assert {run.get("weight") for one in page.card["body"] for run in one["inlines"][1:]} == {"Bolder"}


def test_an_entry_has_its_one_button_beside_its_name_and_a_row_a_menu() -> None:
    """An entry's are links, so that its words have a phone's width; of a row three are seen; no menu hides one."""
    actions = tuple(Action(f"a{at}", f"Do {at}", press=Press("x")) for at in range(5))
    entries = [Item(at, (Line((Span("Grace"),)),), actions[:at]) for at in (1, 2)]
    [page] = pages(reply(*entries, Actions(actions), Actions(actions[:4])))
    one, two, row, short = page.card["body"]
    [head] = one["items"]
    assert [press["title"] for press in presses(head["columns"][-1]["items"][0])] == ["Do 0"]
    assert [press["title"] for press in presses(two["items"][-1])] == ["Do 0", "Do 1"]
    assert [action.get("mode") for action in row["actions"]] == [None, None, None, "secondary", "secondary"]
    assert [action.get("mode") for action in short["actions"]] == [None] * 4
    assert faults(page.card) == []


def test_the_amount_of_an_entry_is_at_its_right() -> None:
    """What follows it is the second line."""
    second = Line((Span("$54.87", bold=True), Span(" · May 11 · visit")))
    [page] = pages(reply(Item(1, (Line((Span("Grace", bold=True),)), second), listed(1)[0].actions)))
    head, under = page.card["body"][0]["items"]
    assert [words(column["items"][0]) for column in head["columns"]] == ["1. Grace", "$54.87"]
    [[told], [link]] = (column["items"] for column in under["columns"])
    assert (words(told), [one["data"] for one in presses(link)]) == ("May 11 · visit", [{"press": "a1"}])
    assert faults(page.card) == []


def test_what_is_compared_stands_side_by_side() -> None:
    """Its names are on top, each label above its values, so that a phone holds them."""
    [page] = pages(reply(Facts(COMPARED.rows * 3)))
    [table] = page.card["body"]
    assert compared(table) == [(one.row, one.column, one.value) for one in COMPARED.rows * 3]
    assert faults(page.card) == []


def test_a_table_that_ends_with_amounts_is_a_list() -> None:
    """Each has its amount at its right; where other columns are amounts too, their names are told."""
    told = (
        Fact("1. Grace · Date", "May 11", "1. Grace", "Date"),
        Fact("1. Grace · Care", "visit", "1. Grace", "Care"),
        Fact("1. Grace · Share", "$5.00", "1. Grace", "Share"),
    )
    [page] = pages(reply(Facts(told)))
    [head, under] = page.card["body"][0]["items"]
    assert [words(column["items"][0]) for column in head["columns"]] == ["1. Grace", "$5.00"]
    assert words(under) == "May 11 · visit"
    [both] = pages(reply(Facts((replace(told[0], value="$4.00"), told[2]))))
    assert [value for *_, value in compared(both.card["body"][0])] == ["$4.00", "$5.00"]


@pytest.mark.parametrize(("longest", "across"), [("My card", [2, 1]), ("x" * 25, [1, 1, 1])])
def test_entries_that_are_buttons_are_tiles_of_one_width(longest: str, across: list[int]) -> None:
    """Each carries its own button; two are in a row unless a label is long, and a row is never of another width."""
    labels = ("Costs", "Doctors", longest)
    offered = [Action(f"t.{at}", label, press=Press("x")) for at, label in enumerate(labels)]
    [page] = pages(reply(*(Item(0, (Line((Span(one.label),)),), (one,)) for one in offered)))
    rows = [row["columns"] for row in page.card["body"]]
    tiles = [[one for one in row if "selectAction" in one] for row in rows]
    assert ([len(row) for row in tiles], {len(row) for row in rows}) == (across, {across[0]})
    assert [one["selectAction"]["data"]["press"] for row in tiles for one in row] == [one.id for one in offered]
    assert faults(page.card) == []


def test_the_fields_of_a_card_stand_two_by_two_and_a_long_one_alone() -> None:
    """No value is broken that has room across the card, and the order stays."""
    told = {"Plan": "PPO", "Member": "Dana", "Group": "Ridge & River Outfitters", "Code": "01", "Network": "S"}
    [page] = pages(reply(Facts(tuple(Fact(label, value) for label, value in told.items()), framed=True)))
    [card] = page.card["body"]
    rows = [[words(one["items"][0]) for one in row["columns"]] for row in card["items"]]
    assert rows == [["Plan", "Member"], ["Group"], ["Code", "Network"]]


def test_a_button_carries_its_opaque_id_and_nothing_else() -> None:
    """Execute and its older Submit carry the same id; a page opens by its address."""
    actions = (
        Action("r.0", "Details", press=Press("claim.detail")),
        Action("link", "Connect", url="https://b.example/"),
    )
    [page] = pages(reply(Actions(actions)))
    found = buttons(page.card)
    assert found["Details"]["data"] == found["Details"]["fallback"]["data"] == {"press": "r.0"}
    assert found["Connect"] == {"type": "Action.OpenUrl", "title": "Connect", "url": "https://b.example/"}
    assert "b.example" not in page.text + page.card["fallbackText"]


def test_an_address_opens_its_map_and_a_number_is_called() -> None:
    """Both are links in a run of text; a number stands on one line."""
    line = Line(
        (Span("620 Main St", url="https://maps.example/?q=620"), Span(" · "), Span("555-0142", url="tel:+14235550142"))
    )
    [page] = pages(reply(line))
    [runs] = (element["inlines"] for element in page.card["body"])
    assert [run.get("selectAction", {}).get("url") for run in runs] == [
        "https://maps.example/?q=620",
        None,
        "tel:+14235550142",
    ]
    assert runs[-1]["text"] == "555\u2060-\u20600142"


def test_a_long_answer_has_pages() -> None:
    """More than fits one message goes on in the next, and says so."""
    items = [Item(n, (Line((Span(f"entry {n} " + "x" * 400),)),)) for n in range(60)]
    made = pages(reply(*items))
    assert len(made) > 1
    assert [page.text.endswith("…") for page in made] == [True] * (len(made) - 1) + [False]


def test_an_overlong_line_is_shown_whole() -> None:
    """A text that no message could hold is divided, and nothing of it is lost."""
    made = pages(reply(Line((Span("x" * 30_000),)), Note((Span("x" * 9_000),))))
    assert [fault for page in made for fault in faults(page.card)] == []
    assert sum(shown(page.card).count("x") for page in made) == 39_000


def test_a_sign_in_opens_in_the_clients_own_window() -> None:
    """The button carries the address and nothing else; a card that asks what it says now names its one reader."""
    ways = Actions((Action("popup", "Connect", url="https://b.example/link/x"), Action("link", "B", url="https://b")))
    card = renewing(pages(reply(ways))[0].card, "row.0", "29:u1")
    assert faults(card) == []
    assert buttons(card)["Connect"]["data"] == {"msteams": {"type": "signin", "value": "https://b.example/link/x"}}
    assert card["refresh"]["userIds"] == ["29:u1"]
    assert card["refresh"]["action"]["data"] == {"press": "row.0"}


PART_NAMES = ("met", "left", "over")


def chart(*values: str | Decimal, kind: str = "parts") -> Chart:
    """A chart of these values."""
    points = tuple(ChartPoint(name, (Decimal(value),)) for name, value in zip(PART_NAMES, values, strict=False))
    return Chart("Deductible", points, "parts" if kind == "parts" else "bars")


@given(st.lists(st.decimals(0, 100_000, places=2), min_size=2, max_size=3).filter(any))
def test_a_bar_is_as_long_as_any_other(values: list[Decimal]) -> None:
    """Its parts fill it; what is not nothing is seen, and nothing is not."""
    bar = bar_of(chart(*values))
    assert len(bar) == WIDTH
    assert [mark in bar for mark in SHADES[len(values)]] == [value > 0 for value in values]


@pytest.mark.parametrize("values", [("5",), ("0", "0"), ("5", "-1"), ("1", "2", "3", "4")])
def test_what_is_no_whole_is_not_drawn(values: tuple[str, ...]) -> None:
    """One part, nothing at all and a credit are told in words only."""
    points = tuple(ChartPoint(str(at), (Decimal(value),)) for at, value in enumerate(values))
    assert not drawable(Chart("Deductible", points, "parts"))


def test_a_console_shows_bars() -> None:
    """The progress toward a deductible, and months beside each other with their words."""
    parts = (ChartPoint("met", (Decimal("898.10"),), "$898.10"), ChartPoint("left", (Decimal("1601.90"),), "$1,601.90"))
    assert drawn([Chart("Deductible", parts, "parts")]).split("\n") == [
        "Deductible",
        "▓▓▓▓▓▓▓░░░░░░░░░░░░░",
        "▓ met     $898.10",
        "░ left  $1,601.90",
    ]
    months = (ChartPoint("May", (Decimal(20),), "$20.00"), ChartPoint("June", (Decimal(0),), "$0.00"))
    assert drawn([Chart("By month", months)]).split("\n") == [
        "By month",
        f"May   $20.00  {'▓' * WIDTH}",
        "June   $0.00",
    ]
    days = tuple(ChartPoint(day, (Decimal(1),), told) for day, told in (("Jun 24", "141/90"), ("Dec 21", "136/87")))
    assert drawn([Chart("Blood pressure", days, "line")]) == "Blood pressure\nJun 24  141/90\nDec 21  136/87"
    assert drawn([Chart("Sodium", tuple(replace(day, words="") for day in days), "line")]) == ""


def test_what_deletes_stands_out() -> None:
    """Its button is red, also in clients that submit, and not the first one's blue."""
    deletes = Action("1", "Disconnect", press=Press("account.unlink", {}), primary=True)
    [page] = pages(reply(Line((Span("Really?"),)), Actions((deletes,))))
    button = buttons(page.card)["Disconnect"]
    assert button["style"] == button["fallback"]["style"] == "destructive"


@given(st.lists(BLOCKS, min_size=1, max_size=8))
def test_a_console_has_eighty_columns(blocks: list[Block]) -> None:
    """No line is longer, but for a word that is, and every part has an empty line around it."""
    told = drawn(blocks)
    assert all(len(line) <= COLUMNS or " " not in line.strip() for line in told.split("\n"))
    assert "\n\n\n" not in told


def test_a_console_aligns_what_belongs_together() -> None:
    """Labels and values, what is compared; entries of one line are close together."""
    assert drawn([Facts((Fact("Member ID", "1337"), Fact("Plan", "PPO")))]) == "Member ID  1337\nPlan       PPO"
    head, _, first, *_ = drawn([COMPARED]).split("\n")
    assert head.index("Minh Kim, DO") == first.index("Specialty of Minh Kim, DO")
    assert drawn(listed(2)).split("\n") == [f"{at}. Grace Okafor, MD · {at}  [Details]" for at in (1, 2)]
    assert drawn([Note((Span("x " * 60),)), Line((Span("[Proof of network] " * 9),))]).count("[Proof of network]") == 9


def test_months_are_short() -> None:
    """As a chart labels them, in both languages; a date without a month has none."""
    assert [month("2026-05", language="en"), month("2026-09-30", years=True, language="es")] == ["May", "sept 2026"]
    with pytest.raises(TypeError):
        month("2026", language="en")
