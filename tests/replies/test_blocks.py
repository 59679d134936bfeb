"""Replies as Slack messages within Slack's limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message import Action, Actions, Block, Fact, Facts, Item, Line, Note, Press, Reply, Shareable, Span, Title
from bot.replies.blocks import PAGE_BLOCKS, pages
from bot.replies.plain import plain
from tests.doubles.block_kit import faults, parsed, shown

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=80)
SPANS = st.lists(st.builds(Span, WORDS, st.booleans()), min_size=1, max_size=4).map(tuple)
LINES = st.builds(Line, SPANS)
PRESSES = st.builds(Action, st.just("opaque"), WORDS, press=st.just(Press("help")))
LINKS = st.builds(Action, st.just("link"), WORDS, url=st.sampled_from(["https://a.example/", "tel:+14235550142"]))
BUTTONS = st.lists(PRESSES | LINKS, max_size=27).map(tuple)
BLOCKS = st.one_of(
    st.builds(Title, WORDS),
    LINES,
    st.builds(Facts, st.lists(st.builds(Fact, WORDS, WORDS), min_size=1, max_size=12).map(tuple)),
    st.builds(Item, st.integers(1, 99), st.lists(LINES, min_size=1, max_size=3).map(tuple), BUTTONS),
    st.builds(Note, SPANS),
    st.builds(Actions, BUTTONS.filter(bool)),
)


def reply(*blocks: Block) -> Reply:
    """A reply with these blocks."""
    return Shareable(intent="help", language="en", blocks=blocks)


@settings(max_examples=60)
@given(st.lists(BLOCKS, min_size=1, max_size=15))
def test_any_reply_fits_slack_and_loses_nothing(blocks: list[Block]) -> None:
    """Every message is within the limits, and text and blocks each carry all that was said."""
    made = pages(reply(*blocks))
    assert [fault for page in made for fault in faults(page.text, list(page.blocks))] == []
    kits = "".join(shown("", list(page.blocks)) for page in made)
    texts = "\n".join([*(page.text.removesuffix("\n…") for page in made[:-1]), made[-1].text])
    escaped = plain(blocks, addresses=False).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert texts.split() == escaped.split()
    for block in blocks:
        if isinstance(block, Line):
            assert all(span.text in kits for span in block.spans)
        if isinstance(block, Facts):
            assert all(f"{row.label}\n{row.value}" in kits for row in block.rows)


@pytest.mark.threat("T45")
@given(st.lists(BLOCKS, min_size=1, max_size=10))
def test_nothing_is_parsed_by_slack(blocks: list[Block]) -> None:
    """No angle bracket is left where Slack would look for mentions and links (T45)."""
    for page in pages(reply(*blocks)):
        assert not set("<>") & set(parsed(page.text, list(page.blocks)))


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


def test_a_phone_number_is_read_where_slack_cannot_dial() -> None:
    """A button that Slack would refuse becomes a line with its number."""
    [page] = pages(reply(Actions((Action("call", "Call", url="tel:+14235550142"),))))
    assert "Call: +14235550142" in shown("", list(page.blocks))
    assert page.blocks[0]["type"] == "rich_text"


def test_a_one_time_address_is_only_in_its_button() -> None:
    """The text of a message never holds a link's address: a preview might open it (T29)."""
    [page] = pages(reply(Actions((Action("link", "Connect", url="https://bot.example/link/secret"),))))
    assert "secret" not in page.text
    assert page.blocks[0]["elements"][0]["url"] == "https://bot.example/link/secret"
