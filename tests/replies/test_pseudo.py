"""The made language finds words that no catalogue has; the dialogues run every converted template through it."""

from pathlib import Path

import pytest

from bot.replies.messages import SUFFIX
from tests.pseudo import Pseudo, stretched

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
        ('# {{ say("Your claims") }}\n{{ say("{n} claim", "{n} claims", n=2) }} {{ name }} {{ names|listed }}', []),
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
