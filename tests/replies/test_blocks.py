"""Replies as Slack messages within Slack's limits."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.message import (
    SOURCES,
    Action,
    Actions,
    Block,
    Chart,
    ChartPoint,
    Fact,
    Facts,
    Item,
    Line,
    Note,
    Press,
    Rating,
    Span,
    Title,
)
from bot.replies.blocks import PAGE_BLOCKS, escape_mrkdwn, pages
from bot.replies.buttons import Kit, gathered, plain_text
from bot.replies.plain import folded, plain
from tests.doubles.block_kit import faults, parsed, shown, unmarked
from tests.replies.made import BLOCKS, CHARTS, COMPARED, reply


@settings(max_examples=60)
@given(st.lists(BLOCKS, min_size=1, max_size=15))
def test_any_reply_fits_slack_and_loses_nothing(blocks: list[Block]) -> None:
    """Every message is within the limits, and text and blocks each carry all that was said."""
    made = pages(reply(*blocks))
    assert [fault for page in made for fault in faults(page.text, list(page.blocks))] == []
    kits = unmarked("".join(shown("", list(page.blocks)) for page in made))
    texts = "\n".join([*(page.text.removesuffix("\n…") for page in made[:-1]), made[-1].text])
    escaped = plain(blocks, addresses=False).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert texts.split() == escaped.split()
    for block in blocks:
        if isinstance(block, Line):
            assert all(unmarked(span.text) in kits for span in block.spans)
        if isinstance(block, Facts):
            told = [each for row in block.rows for each in (row.row or row.label, row.column, row.value)]
            assert all(unmarked(each) in kits for each in told)


@given(st.lists(BLOCKS, min_size=1, max_size=4), st.lists(CHARTS, min_size=1, max_size=4))
def test_any_chart_fits_slack_or_is_told(blocks: list[Block], charts: list[Chart]) -> None:
    """At most two are drawn; what Slack would not draw is said where nothing beside it says it."""
    made = pages(reply(*blocks, *charts))
    assert [fault for page in made for way in page.ways() for fault in faults(page.text, list(way))] == []
    texts = [*(page.text.removesuffix("\n…") for page in made[:-1]), made[-1].text]
    assert " ".join(texts).split() == escape_mrkdwn(plain([*blocks, *charts], addresses=False)).split()


def test_a_chart_draws_what_it_was_given() -> None:
    """A bar a month, in their order, with the very amounts; who sees no picture reads them."""
    points = (ChartPoint("May", (Decimal("308.40"),), "$308.40"), ChartPoint("Jun", (Decimal(0),), "$0.00"))
    [page] = pages(reply(Chart("By month", points)))
    [drawn] = page.blocks
    assert drawn["chart"]["axis_config"]["categories"] == ["May $308.40", "Jun $0.00"]
    assert [point["value"] for point in drawn["chart"]["series"][0]["data"]] == [308.4, 0]
    assert page.text == "By month: May $308.40, Jun $0.00"
    assert shown("", list(page.plainer)).strip().endswith(page.text)


def test_a_line_has_its_series() -> None:
    """Both values of a blood pressure are lines over the same days."""
    days = [
        ChartPoint(day, (Decimal(upper), Decimal(lower)))
        for day, upper, lower in (("May 2", 141, 90), ("Oct 21", 136, 84))
    ]
    chart = Chart("Blood pressure", tuple(days), "line", ("Upper", "Lower"))
    [page] = pages(reply(Title("Blood pressure"), chart))
    drawn = page.blocks[-1]["chart"]
    assert drawn["type"] == "line"
    assert [(one["name"], [point["value"] for point in one["data"]]) for one in drawn["series"]] == [
        ("Upper", [141, 136]),
        ("Lower", [90, 84]),
    ]


def test_parts_of_a_whole_are_told() -> None:
    """Slack stacks no bars; two parts are two of them, or a meter of text where a client draws no charts."""
    parts = [
        ChartPoint(name, (Decimal(value),), f"${value}.00")
        for name, value in (("yours", 5), ("plan paid", 493), ("taken off", 0))
    ]
    [page] = pages(reply(Title("Visit"), Chart("Billed", tuple(parts), "parts")))
    assert [block["type"] for block in page.blocks] == ["header", "rich_text"]
    assert page.text == "Visit\nBilled · yours $5.00 · plan paid $493.00 · taken off $0.00"
    [short] = pages(reply(Title("Visit"), Chart("Billed", tuple(parts[:2]), "parts")))
    assert (short.text, [block["type"] for block in short.blocks]) == ("Visit", ["header", "data_visualization"])
    assert short.plainer[1]["elements"][0]["elements"][0]["text"] == "▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 1%"
    unworded = (*parts[:2], replace(parts[2], words=""))
    [bare] = pages(reply(Title("Visit"), Chart("Billed", unworded, "parts")))
    assert [block["type"] for block in bare.blocks] == ["header"]


def test_facts_are_a_line_each_and_a_card_is_set_apart() -> None:
    """The lines of one field are one line; values are in bold."""
    rows = tuple(Fact(f"label {at}", f"value {at}") for at in range(6))
    [page] = pages(reply(Facts(rows), Facts((*rows, Fact("label 5", "more")), framed=True)))
    lines, card = page.blocks
    assert [run["text"] for run in lines["elements"][0]["elements"][:3]] == ["label 0: ", "value 0", "\n"]
    assert lines["elements"][0]["elements"][1]["style"] == {"bold": True}
    [quote] = card["elements"]
    assert quote["type"] == "rich_text_quote"
    assert "".join(run["text"] for run in quote["elements"]).replace("\u00a0", " ").split("\n")[4:] == [
        "label 4: value 4",
        "label 5: value 5, more",
    ]


def test_what_stands_side_by_side_is_a_table() -> None:
    """Its names are the head; without tables, or beside one (Slack takes no second), the same facts are lines."""
    [page] = pages(reply(COMPARED))
    [table] = page.blocks
    assert [[cell["text"].replace("\u00a0", " ") for cell in row] for row in table["rows"]][:2] == [
        ["\u2060", "Grace Okafor, MD", "Minh Kim, DO"],
        ["Specialty", "Specialty of Grace Okafor, MD", "Specialty of Minh Kim, DO"],
    ]
    assert [block["type"] for block in page.plainer] == ["rich_text"]
    assert "\nPhone: Grace Okafor, MD Phone of Grace Okafor, MD · Minh Kim, DO Phone of Minh Kim, DO" in page.text
    assert [len(way) for way in page.ways()] == [1, 1, 0]
    [twice] = pages(reply(COMPARED, COMPARED))
    assert [block["type"] for block in twice.blocks] == ["data_table", "rich_text"]


def test_a_number_in_a_table_can_be_tapped() -> None:
    """Its cell is a link; without tables it is one in its line."""
    told = [Fact("Phone", f"(423) 555-010{at}", "Phone", name, f"tel:+1423555010{at}") for at, name in enumerate("AB")]
    [page] = pages(reply(Facts(tuple(told))))
    assert faults(page.text, list(page.blocks)) == faults(page.text, list(page.plainer)) == []
    for blocks in (page.blocks, page.plainer):
        assert all(one.url in str(blocks) for one in told)


def test_an_amount_in_a_table_is_a_number() -> None:
    """Slack aligns it; a date breaks before its year only; the line above is the caption."""
    told = [("Date", "May 11, 2026"), ("Your share", "$54.87")]
    rows = tuple(Fact(f"{at}. Grace · {name}", value, f"{at}. Grace", name) for at in (1, 2) for name, value in told)
    [page] = pages(reply(Line((Span("Your claims:"),)), Facts(rows)))
    _, table = page.blocks
    assert (table["type"], table["caption"], table["page_size"]) == ("data_table", "Your claims:", 2)
    assert [cell.get("value") for cell in table["rows"][1]] == [None, None, 54.87]
    assert table["rows"][1][1]["text"] == "May\u00a011, 2026"
    assert faults(page.text, list(page.blocks)) == faults(page.text, list(page.plainer)) == []


def test_a_bar_has_its_amount() -> None:
    """In its label; where Slack takes no more characters, the bars are text, each before its amount and label."""
    points = tuple(ChartPoint(name, (Decimal(5),), "$195.41") for name in ("Doctors", "Dental"))
    [page] = pages(reply(Chart("By kind", points)))
    assert page.blocks[0]["chart"]["axis_config"]["categories"] == ["Doctors $195.41", "Dental $195.41"]
    alike = tuple(ChartPoint("A very long kind of care", (Decimal(at),), f"${at}.00") for at in (10, 1, 0))
    [told] = pages(reply(Chart("By kind", alike)))
    [said] = told.blocks[0]["elements"]
    assert "".join(run["text"] for run in said["elements"]).split("\n") == [
        "By kind",
        "▰▰▰▰▰▰▰▰▰▰ $10.00 A very long kind of care",
        "▰▱▱▱▱▱▱▱▱▱ $1.00 A very long kind of care",
        "▱▱▱▱▱▱▱▱▱▱ $0.00 A very long kind of care",
    ]


def test_a_table_beyond_the_limits_is_lines() -> None:
    """Slack takes 10,000 characters."""
    told = Facts(tuple(replace(one, value="x" * 2_000) for one in COMPARED.rows))
    assert "data_table" not in {one["type"] for page in pages(reply(told)) for one in page.blocks}


def test_facts_that_do_not_line_up_are_no_table() -> None:
    """A row that lacks a value would put the others under the wrong name."""
    for rows in (COMPARED.rows[:-1], COMPARED.rows[1:], COMPARED.rows[::2], (*COMPARED.rows, Fact("Phone", "1"))):
        assert Facts(rows).columns == ()


@pytest.mark.threat("T45")
@given(st.lists(BLOCKS, min_size=1, max_size=10))
def test_nothing_is_parsed_by_slack(blocks: list[Block]) -> None:
    """No angle bracket is left where Slack would look for mentions and links (T45)."""
    for page in pages(reply(*blocks)):
        assert not set("<>") & set(parsed(page.text, list(page.blocks)))


ENTRY = Line((Span("Grace Okafor, MD", bold=True), Span(" · "), Span("(423) 555-0142", url="tel:+14235550142")))
PRESSED = tuple(Action(f"a{at}", f"Do {at}", press=Press("x")) for at in range(8))


def test_no_line_of_an_entry_ends_in_a_dot() -> None:
    """As many facts stand on a line as a phone shows."""
    facts = (Span("$7.79", bold=True), Span(" · May 17, 2026 · lisinopril 10 mg · 30 days · "), Span("visit"))
    assert ["".join(span.text for span in line) for line in folded(facts)] == [
        "$7.79 · May 17, 2026",
        "lisinopril 10 mg · 30 days",
        "visit",
    ]
    assert folded(facts)[0][0].bold
    assert folded(facts[:1]) == [facts[:1]]


def test_an_entry_has_its_one_button_at_its_right() -> None:
    """Several stand below it; a screen reader hears which entry each is of; a number is one link."""
    for size in (1, 2, 8):
        [page] = pages(reply(Item(1, (ENTRY, Line((Span("Skin & hair"),))), PRESSED[:size])))
        first, *row = page.blocks
        pressed = row[0]["elements"][0] if row else first["accessory"]
        assert (len(row), pressed["accessibility_label"]) == (size > 1, "Do 0: 1. Grace Okafor, MD · (423) 555-0142")
        if not row:
            said = first["text"]["text"].replace("\u2060", "")
            assert said == "1. *Grace Okafor, MD*\n<tel:+14235550142|(423)\u00a0555-0142>\nSkin &amp; hair"


@pytest.mark.threat("T45")
@pytest.mark.parametrize(
    "name", ["*bold*", "_it_", "~cut~", "`code`", ":skull:", "<!channel>", "<@U1>", "&gt; quote", "> x"]
)
def test_no_word_of_an_entry_is_a_mark(name: str) -> None:
    """Where Slack would read more than the words, they stand in rich text, which it does not read (T45)."""
    [page] = pages(reply(Item(1, (Line((Span("Dr. "),)), Line((Span(name),))), PRESSED[:1])))
    first, *_ = page.blocks
    if first["type"] == "section":
        assert unmarked(first["text"]["text"]).endswith(name)
        assert not set("<>*_~`") & set(first["text"]["text"])
    else:
        assert [block["type"] for block in page.blocks] == ["rich_text", "actions"]


def test_three_buttons_are_seen_and_one_menu_holds_the_rest() -> None:
    """In their order; what deletes is never in a menu, how the bot knows is its last line, the thumbs are beside it."""
    end, how = (Action(intent, intent, press=Press(intent)) for intent in ("account.unlink", SOURCES))
    rating = Rating(Action("y", "", press=Press("r")), Action("n", "", press=Press("w")))
    told = replace(reply(Actions((*PRESSED[:4], end, how))), rating=rating)
    words = {"right": "This helped", "wrong": "This didn't help"}
    [page] = pages(told, rating=words)
    row, under = page.blocks
    assert [one.get("value") for one in row["elements"]] == ["a0", "a1", "account.unlink"]
    assert [one.get("value") for one in under["elements"]] == ["y", "n", None]
    assert [option["value"] for option in under["elements"][-1]["options"]] == ["a2", "a3", SOURCES]
    assert faults(page.text, list(page.blocks)) == []
    assert page.text == "[Do 0] [Do 1] [account.unlink] [Do 2] [Do 3] [answer.sources]"
    [alone] = pages(replace(told, blocks=(Actions((*PRESSED[:3], how)),)), rating=words)
    assert [[one["value"] for one in row["elements"]] for row in alone.blocks] == [
        ["a0", "a1", "a2"],
        ["y", "n", SOURCES],
    ]
    [bare] = pages(replace(told, blocks=(Title("x"),)), rating=words)
    assert [one["value"] for one in bare.blocks[1]["elements"]] == ["y", "n"]


def test_a_long_answer_has_pages() -> None:
    """More than fits one message goes on in the next, and says so."""
    items = [
        Item(n, (Line((Span(f"entry {n}"),)),), (Action(f"a{n}", "Details", press=Press("x")),)) for n in range(60)
    ]
    made = pages(reply(*items))
    assert len(made) == 3
    assert all(len(page.blocks) <= PAGE_BLOCKS for page in made)
    assert [page.text.endswith("…") for page in made] == [True, True, False]


def test_overlong_parts_are_shown_in_another_shape() -> None:
    """What is too long for a header, a field or a text element is still shown whole."""
    long = "x" * 2_990
    blocks = (Title(long), Facts((Fact("Reason", long),)), Note((Span(long * 2),)), Line((Span(long * 2),)))
    made = pages(reply(*blocks))
    assert [fault for page in made for fault in faults(page.text, list(page.blocks))] == []
    assert sum(shown("", list(page.blocks)).count("x") for page in made) >= 6 * 2_990


def test_a_one_time_address_is_only_in_its_button() -> None:
    """The text of a message never holds a link's address: a preview might open it (T29)."""
    [page] = pages(reply(Actions((Action("link", "Connect", url="https://bot.example/link/secret"),))))
    assert "secret" not in page.text
    assert page.blocks[0]["elements"][0]["url"] == "https://bot.example/link/secret"


def _button(name: str) -> Kit:
    return {"type": "button", "text": plain_text(name), "action_id": f"press-{name}", "value": name}


@pytest.mark.parametrize(
    ("names", "kept"), [("a", ["a", "end"]), ("ab", ["a", "b", "end"]), ("abc", ["a", "end", ["b", "c"]])]
)
def test_a_row_with_a_button_that_ends_keeps_its_first_and_has_a_menu_of_the_others(
    names: str, kept: list[object]
) -> None:
    """A menu of one would only hide it; an option does what its button did."""
    row = gathered([_button(name) for name in names], [_button("end")])
    assert [[o["value"] for o in one["options"]] if "options" in one else one["value"] for one in row] == kept
