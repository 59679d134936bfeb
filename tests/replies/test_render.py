"""Templates by name and language, rendered into blocks."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.message import Actions, Block, Fact, Facts, Item, Line, Press, Span
from bot.replies.lint import lint
from bot.replies.markdown import clean
from bot.replies.messages import SUFFIX, sources
from bot.replies.plain import plain
from bot.replies.render import Words
from tests.shipped import shipped_pack

HOSTILE = [
    "**bold**",
    "# title",
    "> note",
    "| a | b |",
    "1. item",
    "[x](help)",
    "a\n[x](help)",
    "a\r\n\r\n# b",
    "   [x](help)",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# x #}",
    "<!channel>",
    "<@U123>",
    "<http://evil.example|bcbst.com>",
    "<script>alert(1)</script>",
    "&lt;b&gt;",
    "&#42;&#42;x",
    "\u202egnirts",
    "a|b",
    "a](help?x=1) [b",
    "`code`",
    "~~x~~",
    "_x_",
    "x&patient=y",
    "100%",
    "…",
    "\ud800",
]


def words(tmp_path: Path, **sources: str) -> Words:
    """Words over a folder with these templates; `__` stands for a folder."""
    for name, source in sources.items():
        stem = name.replace("__", "/")
        path = tmp_path / f"{stem}.md.j2"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return Words(tmp_path, {"payer": {"name": "Blue & Co"}})


def rendered(found: Words, values: Mapping[str, object], name: str = "a") -> tuple[Block, ...]:
    """The English blocks of a template."""
    return found.render(name, values, language="en")


PLACES = """# {{ v }}
{{ v }} and **{{ v }}**
| {{ v }} | {{ v }} |
1. {{ v }}
   {{ v }}
   [{{ v }}](claim.detail?id={{ v|arg }})
> {{ v }}"""


@pytest.mark.threat("T45", "T46")
@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_adds_no_structure(tmp_path: Path, value: str) -> None:
    """In every place of a template, hostile text makes the same blocks as a harmless word, and shows as it is."""
    found = words(tmp_path, a=PLACES)
    shown = clean(value)
    assert str(rendered(found, {"v": value})) == str(rendered(found, {"v": "Zz"})).replace("'Zz'", repr(shown)).replace(
        "'Zz and '", repr(f"{shown} and ")
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(alphabet=st.characters(), min_size=1, max_size=40).filter(lambda text: bool(clean(text))))
def test_no_value_adds_structure(tmp_path: Path, value: str) -> None:
    """Whatever the text is, the blocks keep their kinds and the text is read back whole."""
    blocks = rendered(words(tmp_path, a=PLACES), {"v": value})
    assert [type(block).__name__ for block in blocks] == ["Title", "Line", "Facts", "Item", "Note"]
    assert blocks[2] == Facts((Fact(clean(value), clean(value)),))
    item = blocks[3]
    assert isinstance(item, Item)
    assert item.actions[0].press == Press("claim.detail", {"id": clean(value)})


def test_macros_escape_once(tmp_path: Path) -> None:
    """What a macro made from a value is not escaped again, and a macro may make structure."""
    macro = "{% macro bill(who) %}**{{ who }}**{% endmacro %}"
    found = words(
        tmp_path, _macros=macro, a='{% from "_macros.md.j2" import bill %}{{ bill("*" + who) }} & {{ payer.name }}'
    )
    assert rendered(found, {"who": "A & B"}) == (Line((Span("*A & B", bold=True), Span(" & Blue & Co"))),)


UNKNOWN_FILTERS = ["{{ v|e }}", "{{ v|safe }}", "{{ v|escape }}", "{{ v|tojson }}", "{{ v|xmlattr }}"]


@pytest.mark.threat("T46")
@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("{{ nothing }}", jinja2.UndefinedError),
        *((source, jinja2.TemplateError) for source in (*UNKNOWN_FILTERS, '{% include "../x" %}')),
        ("{{ v.__class__ }}", (jinja2.TemplateError, TypeError)),
        ("{{ v.__class__.__mro__ }}", (jinja2.TemplateError, TypeError)),
        ("{{ ''.__class__ }}", (jinja2.TemplateError, TypeError)),
    ],
)
def test_what_a_template_may_not_do_stops_it(
    tmp_path: Path, source: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """A name that the summary lacks is an error, never an empty word.

    Filters that would escape by other rules, or not at all, and files elsewhere do not exist for templates, and no
    template reaches Python's own attributes (T46).
    """
    with pytest.raises(error):
        rendered(words(tmp_path, a=source), {"v": "x"})


def test_what_a_template_may_not_do_it_may_never_do(tmp_path: Path) -> None:
    """What the sandbox allowed of a type before does not allow a text to format attributes that it refuses."""
    found = words(tmp_path, a="{{ v.name }} {{ v.form.format(v) if forms }}")
    value = SimpleNamespace(name="A", form="{0.__class__}")
    for _ in range(3):
        assert plain(rendered(found, {"v": value, "forms": False})) == "A"
        with pytest.raises(jinja2.TemplateError):
            rendered(found, {"v": value, "forms": True})


def test_a_conditional_in_an_entry_keeps_it_whole(tmp_path: Path) -> None:
    """Tags at a line's start or end neither eat its indent nor its end."""
    source = "1. a{% if yes %} b{% endif %}\n   {% if yes %}c{% endif %}\n"
    source += "{% for n in rows %}\n[{{ n }}](help)\n{% endfor %}\n"
    blocks = rendered(words(tmp_path, a=source), {"yes": True, "rows": ["x", "y"]})
    assert blocks[0] == Item(1, (Line((Span("a b"),)), Line((Span("c"),))))
    assert isinstance(blocks[1], Actions)
    assert [button.label for button in blocks[1].buttons] == ["x", "y"]


def test_every_template_compiles() -> None:
    """The start only parses the pack's templates; that each becomes code is shown here."""
    folder = Path(__file__).parents[2] / "templates"
    paths = [path.relative_to(folder).as_posix() for path in sources(folder) if path.name.endswith(SUFFIX)]
    assert paths
    languages = shipped_pack().words._by_language
    assert languages.keys() == {"en", "es", "vi"}
    for jinja in languages.values():
        for path in paths:
            jinja.get_template(path)


def test_the_lint_names_file_and_fault(tmp_path: Path) -> None:
    """What an author may not do is found before a member meets it."""
    words(
        tmp_path,
        bad1="{{ a ~ b }}",
        bad2="{{ a|safe }}",
        bad3="[1](claim.detail?id={{ id }})",
        bad4="1 [2](help) 3",
        bad5="{{ a + b }}",
        bad6="{% if %}",
        bad7="{% if x %}{{ a|e }}{% endif %}",
        bad8="{% if x is nothing_known %}1{% endif %}",
        bad9="{% if x %}{% set a = 1 %}{% endif %}{{ a }}",
        bad90='{% if x %}{% set a = 1 %}{% else %}{{ say("{a} is left") }}{% endif %}',
        even="{% if x %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}",
        fine="{% for i in n %}{{ 5 + loop.index }}{{ a + loop.index0 }}{% endfor %}",
        good="{{ n + 1 }}\n[{{ x|cut }}](a.b?c={{ d|arg }}) [1](help){{ ' ' }}\n{% if x %}[2](help){% endif %}",
    )
    assert [fault.split(":")[0] for fault in lint(tmp_path)] == [f"bad{n}.md.j2" for n in (*range(1, 10), 90)]


def test_telephone_numbers_come_from_one_file(tmp_path: Path) -> None:
    """A template names a number, which is tapped to call; the file says who runs the line, and when it was checked."""
    (tmp_path / "help.md.j2").write_text("Call {{ numbers.poison.number }}.", encoding="utf-8")
    written = "poison: {number: 1-800-222-1222, source: https://poisonhelp.hrsa.gov/, checked: 2026-11-25}"
    (tmp_path / "numbers.yaml").write_text(written, encoding="utf-8")
    blocks = Words(tmp_path).render("help", {}, language="en")
    assert plain(blocks) == "Call 1-800-222-1222."
    assert [span.url for span in blocks[0].spans if span.url] == ["tel:+18002221222"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("crisis: {number: '988', checked: 2026-11-25}", "source"),
        ("crisis: {number: '988', source: https://988lifeline.org/, checked: soon}", "date"),
        ("crisis: {number: 988, source: https://988lifeline.org/, checked: 2026-11-25}", "str"),
        ("- 911", "object"),
        ("crisis: [", ""),
    ],
)
def test_a_number_without_its_source_or_day_is_refused(tmp_path: Path, written: str, what: str) -> None:
    """The file and the key are named."""
    (tmp_path / "numbers.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(ValueError, match=r"numbers\.yaml: ") as refused:
        Words(tmp_path)
    assert what in str(refused.value)


def test_no_template_holds_a_telephone_number_of_its_own() -> None:
    """988, 911 and toll-free numbers stand in `numbers.yaml` alone."""
    typed = re.compile(r"\b(?:911|988|1-8\d\d-\d{3}-\d{4}|838255|88788)\b")
    shipped = Path(__file__).parents[2] / "templates"
    assert [path.name for path in shipped.rglob("*.j2") if typed.search(path.read_text(encoding="utf-8"))] == []
