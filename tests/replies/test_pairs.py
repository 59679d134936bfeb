"""Every template and page beside its other language: the same values, figures, buttons and page elements."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from bot.replies.environment import environment
from bot.replies.lint_words import has_bare_words

TEMPLATES = Path(__file__).parents[2] / "templates"
SUFFIXES = (".md.j2", ".html", ".csv")
SHARED = frozenset({"layout.html"})
_MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|&#?\w+;", re.DOTALL)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_TARGET = re.compile(r"\]\((.*?)\)(?=\s|$|\[|\{)")
_ELEMENT = re.compile(r'\b(?:href|action|id|name|method|type|role)="([^"]*)"')


def _english() -> list[Path]:
    """The templates that stand in two languages; `say` and its catalogues are looked at by `bot.replies.catalogues`."""
    paths = sorted(path for path in TEMPLATES.rglob("*.*") if path.name.endswith(SUFFIXES))
    return [path for path in paths if ".es." not in path.name and path.name not in SHARED and _in_two(path)]


def _in_two(path: Path) -> bool:
    return not path.name.endswith(".md.j2") or _spanish(path).is_file() or has_bare_words(path)


def _spanish(english: Path) -> Path:
    suffix = next(suffix for suffix in SUFFIXES if english.name.endswith(suffix))
    return english.with_name(english.name.removesuffix(suffix) + ".es" + suffix)


@pytest.fixture(scope="module")
def jinja() -> Environment:
    """What templates are parsed with."""
    return environment(TEMPLATES, "en", {})


def _values(jinja: Environment, source: str) -> set[str]:
    """The values that a template looks at. How a date is worded differs, and each language has its phone line."""
    found = {name for node in jinja.parse(source).find_all(nodes.Getattr) if (name := _name(node))}
    return {name.replace("phone_es", "phone") for name in found if not name.endswith(".day")}


def _name(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr):
        before = _name(node.node)
        return f"{before}.{node.attr}" if before else None
    return node.name if isinstance(node, nodes.Name) else None


def unlike(jinja: Environment, english: str, spanish: str) -> list[str]:
    """What one of two templates has and the other has not."""
    pairs: dict[str, tuple[object, object]] = {
        "values": (_values(jinja, english), _values(jinja, spanish)),
        "figures": (_figures(english), _figures(spanish)),
        "buttons": (_TARGET.findall(english), _TARGET.findall(spanish)),
        "elements": (_ELEMENT.findall(english), _ELEMENT.findall(spanish)),
    }
    return [f"{what}: {one} and {other}" for what, (one, other) in pairs.items() if one != other]


def _figures(source: str) -> set[str]:
    """Once each: a legal text that must stand in English comes again in Spanish."""
    return set(_FIGURE.findall(_MARKUP.sub(" ", source)))


def test_both_languages_say_the_same(jinja: Environment) -> None:
    """No value, figure, button or field of a page is in one language alone."""
    paths = _english()
    found = {
        path: unlike(jinja, *(one.read_text(encoding="utf-8") for one in (path, _spanish(path)))) for path in paths
    }
    assert paths
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_every_spanish_template_has_an_english_one() -> None:
    """None is left over from a template that was renamed."""
    assert set(TEMPLATES.rglob("*.es.*")) == {_spanish(path) for path in _english()}


@pytest.mark.parametrize(
    ("english", "spanish", "what"),
    [
        ("{{ answer.owed|money }}", "nada", "values"),
        ("Call 911.", "Llame.", "figures"),
        ("[More](claim.list)", "[Más](claim.detail)", "buttons"),
        ('<form id="link-confirm" method="post">', '<form id="link-confirma" method="post">', "elements"),
    ],
)
def test_a_difference_is_seen(jinja: Environment, english: str, spanish: str, what: str) -> None:
    """The comparison fails for each kind of thing that can be missing."""
    assert [found.split(":")[0] for found in unlike(jinja, english, spanish)] == [what]
