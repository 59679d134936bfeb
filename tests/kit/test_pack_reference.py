"""The pack's interface: what it exports is used, grouped, and told on a page that is true."""

import ast
from pathlib import Path

from tests.pack_reference import PAGE, exported, group_of, page

ROOT = PAGE.parent.parent


def test_the_reference_is_what_the_kit_says() -> None:
    """`make reference` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_name_of_the_kit_has_a_group() -> None:
    """A new module of the kit is put into a group in tests/pack_reference.py."""
    assert {module for module in exported().values() if group_of(module) is None} == set()


def test_every_name_of_the_kit_is_used_by_the_pack() -> None:
    """What only tests or other parts of the bot need is imported from where it is defined."""
    files = [*(ROOT / "intents").rglob("*.py"), ROOT / "bot/pack.py", *(ROOT / "bot/conversation").glob("*.py")]
    used = {name for file in files for name in _used(file)}
    assert exported().keys() ^ used == set()


def _used(file: Path) -> set[str]:
    """The names that a file imports from the kit, and those that it reads of the whole kit: `kit.Ask`."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    modules = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "bot.kit"]
    read = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return {alias.name for node in modules for alias in node.names} | {
        node.attr for node in read if isinstance(node.value, ast.Name) and node.value.id == "kit"
    }
