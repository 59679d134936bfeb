"""A pack that contradicts itself is refused at the start, and one in doubt by the check: by file, key and known name.

Nothing else is told: `test_pack` looks at the pack that ships.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import PackError
from bot.language import checker
from bot.language.engine import Engine
from bot.pack import load_pack
from tests.shipped import changed, thinned, words_kept

WAYS: Any = yaml.safe_load(Path(__file__).with_suffix(".yaml").with_stem("bad_packs").read_text(encoding="utf-8"))
UNREADABLE = [*WAYS["unreadable"].items()]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A pack with all the contradictions at once, and one with all the doubts."""
    made = {}
    for kind in ("contradictions", "doubts"):
        made[kind] = tmp_path_factory.mktemp(kind)
        _spoil(made[kind], WAYS[kind].values())
    return made


@pytest.fixture(scope="module")
def told(packs: dict[str, Path]) -> dict[str, list[str]]:
    """What is found in each. How long hostile messages take the check of the whole pack looks at."""
    contradicting, doubtful = (folder / "intents" for folder in packs.values())
    with pytest.MonkeyPatch.context() as patch:
        words_kept(patch)
        patch.setattr(checker, "_HOSTILE", ())
        found = checker.faults(contradicting, Engine.load(contradicting)), checker.check(doubtful)
    return {kind: [*map(str, findings)] for kind, findings in zip(packs, found, strict=True)}


def _spoil(folder: Path, ways: Iterable[list[str]]) -> None:
    thinned(folder)
    for file, old, new, *_ in ways:
        changed(folder / "intents" / file, old, new)


@pytest.mark.parametrize(
    ("kind", "case"),
    [pytest.param(kind, case, id=case) for kind in ("contradictions", "doubts") for case in WAYS[kind]],
)
def test_it_is_told_by_file_and_key(kind: str, case: str, told: dict[str, list[str]]) -> None:
    """One line says where to look, and what was probably meant: a slip of the pen would cost an answer in silence."""
    for wanted in WAYS[kind][case][3:]:
        assert [line for line in told[kind] if fnmatchcase(line, wanted.replace("[", "[[]"))] != []


def test_a_pack_that_contradicts_itself_is_not_loaded(
    packs: dict[str, Path], told: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start stops with all of them."""
    words_kept(monkeypatch)
    with pytest.raises(PackError) as refused:
        load_pack(packs["contradictions"])
    wanted = [f"intents/{one}" for one in told["contradictions"]]
    assert str(refused.value).splitlines()[: len(wanted)] == wanted


@pytest.mark.parametrize("cases", [UNREADABLE[:3], *([one] for one in UNREADABLE[3:])], ids=lambda given: given[0][0])
def test_it_is_refused_by_file_and_key(
    cases: list[tuple[str, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be read at all is all that is told, also by the check."""
    words_kept(monkeypatch)
    _spoil(tmp_path, [way for _, way in cases])
    with pytest.raises(PackError) as refused:
        load_pack(tmp_path)
    lines, wanted = sorted(str(refused.value).splitlines()), sorted(way[-1] for _, way in cases)
    assert len(lines) == len(wanted)
    assert all(fnmatchcase(line.removeprefix("intents/"), one) for line, one in zip(lines, wanted, strict=True))
