"""The pages that teach how to add something, followed to the letter: what they show is what runs here."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.language.engine import Engine
from bot.pack import find_pack
from tests.stage import Stage

DOCS = Path(__file__).resolve().parent.parent / "docs"
_SHOWN = re.compile(r"^`(\S+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(page: str) -> dict[str, str]:
    """The files that a page shows: a name in a line of its own, then a block."""
    return dict(_SHOWN.findall((DOCS / page).read_text(encoding="utf-8")))


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The two modules that the channel's page shows, written into a folder and imported from there."""
    for name, text in shown("adding-a-channel.md").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import talk  # type: ignore[import-not-found] # noqa: PLC0415 -- the page's own module

    yield talk
    for name in ("talk", "notebook"):
        sys.modules.pop(name, None)


async def test_a_channel_is_four_methods(stage: Stage, notebook: ModuleType) -> None:
    """The page's channel shares a general answer, and writes a member's answer in private with a line that says so."""
    written = (await notebook.talk(stage.bots["dm"])).written
    [shared] = written["room"]
    assert "copay" in shared
    [private] = written["private:sam"]
    assert "/link/" in private, "a stranger is asked to connect, in private"
    assert len(written["only for sam"]) == 1
    assert "/link/" not in "".join(written["room"] + written["only for sam"])


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A copy of the rules and words that ship."""
    shutil.copytree(find_pack() / "intents", tmp_path / "intents")
    return tmp_path / "intents"


def _added(folder: Path, name: str, entry: str, phrase: str) -> None:
    """Put a phrase in front of an entry's Spanish ones, as the page says."""
    file = folder.parent / name
    text = file.read_text(encoding="utf-8")
    place = re.compile(rf"(^{re.escape(entry)}:\n(?:[ ].*\n)*?  es: (?:>-\n\s+)?)", re.MULTILINE)
    changed, count = place.subn(rf"\g<1>{phrase}, ", text)
    assert count == 1, f"{name} has no Spanish phrases under {entry}"
    file.write_text(changed, encoding="utf-8")


def _reading(engine: Engine, text: str) -> tuple[str | None, set[str], set[str]]:
    reading = engine.understand(text, today=date(2026, 5, 20))
    return reading.intent, {*reading.slots}, {*reading.unused}


def test_spanish_words_are_heard_once_they_stand_where_the_page_puts_them(words: Path) -> None:
    """Neither was known before: a page that teaches what is known already has to choose another word."""
    debt, doctor = "¿cuánto tengo que aflojar por mi última visita?", "busco un estomatólogo en Memphis"
    before = Engine.load(words)
    assert "aflojar" in _reading(before, debt)[2]
    assert "specialty" not in _reading(before, doctor)[1]
    for name, block in shown("spanish-words.md").items():
        [(entry, phrases)] = yaml.safe_load(block).items()
        _added(words, name, entry, phrases["es"])
    after = Engine.load(words)
    intent, _, unused = _reading(after, debt)
    assert (intent, unused) == ("claim.last_visit_cost", set())
    intent, slots, unused = _reading(after, doctor)
    assert (intent, unused) == ("provider.find", set())
    assert slots >= {"specialty", "location"}
