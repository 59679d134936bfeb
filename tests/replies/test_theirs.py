"""Answers about somebody else's record speak of that person, in the same templates."""

from pathlib import Path

import pytest

from bot.replies.plain import plain
from bot.replies.render import Words
from bot.replies.say import of_them

PHRASES = {"your share": "{them}'s share", "your plan": "the plan", "your share of your plan": "a part of the plan"}


def test_the_longest_phrase_gives_way_and_a_capital_stays() -> None:
    """What is put in is not looked at again, and a part of a word or of a value's name is none."""
    written = of_them(PHRASES)
    assert written("Your plan paid; your share is {your share}.") == "The plan paid; {them}'s share is {your share}."
    assert written("your share of your plan") == "a part of the plan"
    assert written("your plans, our plan") == "your plans, our plan"
    assert of_them({})("your plan") == "your plan"


def test_one_template_speaks_to_the_member_or_of_somebody_else(tmp_path: Path) -> None:
    """The name is escaped like any value, also in a message that counts and in a macro."""
    (tmp_path / "theirs.yaml").write_text("en: {your plan: '{them}''s plan', yours: '{them}''s'}\n")
    (tmp_path / "_m.md.j2").write_text('{% macro m() %}{{ say("Is it yours?") }}{% endmacro %}')
    (tmp_path / "a.md.j2").write_text(
        '{% from "_m.md.j2" import m %}{{ say("{n} bill of your plan.", "{n} bills of your plan.", n=2) }} {{ m() }}'
    )
    words = Words(tmp_path)
    assert plain(words.render("a", {}, language="en")) == "2 bills of your plan. Is it yours?"
    said = plain(words.render("a", {"theirs": "**Bảo"}, language="en"))
    assert said == "2 bills of **Bảo's plan. Is it **Bảo's?"
    assert plain(words.render("a", {"theirs": ""}, language="en")) == "2 bills of your plan. Is it yours?"


@pytest.mark.parametrize("content", [b"en: [", b"- 1", b"en: {a: [b]}", b"\xff"])
def test_a_bad_file_of_phrases_is_named(tmp_path: Path, content: bytes) -> None:
    """A pack with it does not start."""
    (tmp_path / "theirs.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=r"^theirs.yaml: "):
        Words(tmp_path)
