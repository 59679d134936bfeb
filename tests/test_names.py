"""Names: the glossary's terms exist, and no new name of a class stands for two things."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests.trees import tree_of

ROOT = Path(__file__).resolve().parent.parent
MOST_TERMS = 25
REPEATED = frozenset({"Incoming", "Means", "Notices", "People"})
"""Public names that Slack and Teams have both: the counterparts of two channels, each in a package of its own."""


def test_a_name_stands_for_one_thing() -> None:
    """A class or type alias whose name another module has already needs a name that tells the two apart."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for name in _defined(tree_of(file)):
            found[name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in found.items() if len(files) > 1 and name not in REPEATED} == {}


def _defined(tree: ast.Module) -> set[str]:
    """The public classes and type aliases of a module: names in CamelCase, assigned or defined at its top."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {name for name in classes | assigned if re.fullmatch(r"[A-Z]+[a-z]\w*", name)}


def test_the_glossary_is_short_and_names_what_exists() -> None:
    """At most so many terms, in order, each with a name that the code has."""
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| .+ \| `([\w.]+)` \|$", page, re.MULTILINE)
    terms = [term for term, _ in rows]
    assert 10 < len(terms) <= MOST_TERMS
    assert terms == sorted(terms)
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "bot").rglob("*.py")))
    assert [name for _, name in rows if not re.search(rf"\b{re.escape(name)}\b", code)] == []
