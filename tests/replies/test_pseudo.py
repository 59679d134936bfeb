"""The made language finds words that no catalogue has; the dialogues run every converted template through it."""

import re
import shutil
from pathlib import Path

import pytest

from bot.replies.catalogues import faults, of_them, read_catalogues
from bot.replies.messages import SUFFIX, scan, sources
from bot.replies.plain import plain
from bot.replies.render import Words
from bot.replies.update import update
from tests.pseudo import Pseudo, stretched
from tests.shipped import shipped_pack

_PARTS = "{% macro named(kind) -%}{{ kind }}{%- endmacro %}"


def _faults(tmp_path: Path, source: str, **values: object) -> list[str]:
    (tmp_path / f"_parts{SUFFIX}").write_text(_PARTS, encoding="utf-8")
    (tmp_path / f"a{SUFFIX}").write_text('{% from "_parts.md.j2" import named %}\n' + source, encoding="utf-8")
    return Pseudo(tmp_path, {}).faults("a", values, {})


def test_words_are_longer_and_values_and_bold_stay() -> None:
    """The mark goes around each word, so that bold and values are where they were."""
    assert stretched("**You** owe {amount}.") == "**⟦Youxx⟧** ⟦owexx⟧ {amount}."


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('# {{ say("Your claims") }}\n{{ say("{n} (claim|claims)", n=2) }} {{ name }} {{ names|listed }}', []),
        ("{{ name }} owes", ["owes"]),
        ('{{ "yes" if name else "no" }}', ["yes"]),
        ('{{ named("part") }} {{ named(name) }} {{ named(say("whole")) }}', ["part"]),
        ('{% set kinds = {"x": "Places"} %}{{ kinds["x"] }} {{ name if name == "Dana" else name }}', ["Places"]),
    ],
)
def test_a_word_outside_the_catalogues_is_found(tmp_path: Path, source: str, found: list[str]) -> None:
    """In the text, in a condition, handed to a macro or kept in a variable; values are no words of ours."""
    faults = _faults(tmp_path, source, name="Dana", names=["A", "B", "C"])
    assert [fault.rpartition(" ")[2] for fault in faults] == found


def test_a_label_that_would_be_cut_is_found(tmp_path: Path) -> None:
    """A button whose words fit in English may not fit in a language with longer ones."""
    label = "Show every claim of this year and of the last year together"
    (fault,) = _faults(tmp_path, f'[{{{{ say("{label}") }}}}](claim.list)')
    assert fault.startswith("a: a button is cut: Show")


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
        '{% from "_m.md.j2" import m %}{{ say("{n} (bill|bills) of your plan.", n=2) }} {{ m() }}'
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


_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_HOUR = re.compile(r"\{hour\}:00")  # Spanish writes a full hour out


def test_every_message_is_translated_and_none_is_left_over() -> None:
    """What stops a start, looked at for the pack that ships."""
    templates = shipped_pack().templates
    assert list(faults(templates, read_catalogues(templates))) == []


def test_every_translation_has_the_figures_of_its_message() -> None:
    """10 minutes are not 15 in another language."""
    found = [
        (message, text)
        for catalogue in read_catalogues(shipped_pack().templates).values()
        for message, text in catalogue.translated.items()
        if _figures(message.text) != _figures(text)
    ]
    assert found == []


def _figures(text: str) -> set[str]:
    """Once each: a legal text that must stand in English comes again in Spanish."""
    return set(_FIGURE.findall(_HOUR.sub("{hour}", text)))


def test_the_catalogues_are_as_the_update_writes_them(tmp_path: Path) -> None:
    """A translator's tool and a second author see no change but their own."""
    shutil.copytree(shipped_pack().templates, tmp_path / "templates")
    assert update(tmp_path / "templates") == []


def test_templates_have_messages() -> None:
    """The tests above look at something."""
    found = [path for path in sources(shipped_pack().templates) for _ in scan(path.read_text(encoding="utf-8"))]
    assert len(found) > 40
