"""Slack's markup in what a person typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack.incoming import LONGEST, typed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@UBOT> what did I owe", "what did I owe"),
        ("is <@U2|kim> in <#C1|general>?", "is @kim in #general?"),
        ("ask <@U2> in <#C1>", "ask @someone in #channel"),
        ("see <http://bcbst.com|bcbst.com> and <https://x.example/a?b=1>", "see bcbst.com and https://x.example/a?b=1"),
        ("<mailto:a@b.example|a@b.example> <tel:+14235550142|423-555-0142>", "a@b.example 423-555-0142"),
        ("<!channel> hello <!subteam^S1|@team>", "hello @team"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("   ", ""),
    ],
)
def test_markup_becomes_what_was_meant(text: str, meant: str) -> None:
    """Mentions and links read as their labels; escapes are undone once."""
    assert typed(text, "UBOT") == meant


@given(st.text(max_size=300))
def test_text_without_markup_stays(text: str) -> None:
    """What Slack escaped comes back as it was typed."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert typed(escaped) == text.strip()


def test_endless_text_is_cut() -> None:
    """At most what Slack lets a person type is read."""
    assert len(typed("x" * 50_000)) == LONGEST
