"""What is kept for the next start is what would be made anew, and nobody else can have written it."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import fields

from bot import compiled
from bot.language.lexicon import Lexicon, load_lexicon, read_lexicon
from bot.language.phrases import PhraseTree
from bot.language.rules import load_rules
from bot.pack import load_pack
from bot.replies import catalogues
from bot.replies.catalogues import read_catalogues
from bot.replies.render import Words
from tests.shipped import shipped_pack

INTENTS = Path(__file__).parent.parent / "intents"
KEY = compiled.key_of(Path(__file__))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test."""
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(compiled, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "cache"


def _never() -> list[str]:
    raise AssertionError("it was kept")


def _kept(make: Callable[[], list[str]]) -> list[str]:
    return compiled.kept("words", KEY, list[str], make)


def _file(cache: Path) -> Path:
    (file,) = cache.glob("words-*.bin")
    return file


def _parts(value: object) -> object:
    """A value, and of a tree or an object all that it holds."""
    if isinstance(value, PhraseTree):
        return value._meanings, value._ways, value._longest, value.vocabulary
    names = getattr(value, "__struct_fields__", ())
    return {name: _parts(getattr(value, name)) for name in names} if names else (type(value), value)


def test_a_kept_lexicon_is_the_one_that_is_read_anew(cache: Path) -> None:
    """Every phrase with its meanings, and every list beside them, with the same types."""
    first, second, anew = load_lexicon(INTENTS), load_lexicon(INTENTS), read_lexicon(INTENTS)
    assert _file(cache).stat().st_size > 1_000_000
    for part in fields(Lexicon):
        wanted = _parts(getattr(anew, part.name))
        assert _parts(getattr(first, part.name)) == _parts(getattr(second, part.name)) == wanted, part.name
    kinds = {type(one.value) for meanings in second.tree._meanings.values() for one in meanings}
    assert kinds == {type(one.value) for meanings in anew.tree._meanings.values() for one in meanings}


def test_kept_rules_and_catalogues_are_those_that_are_read_anew(cache: Path) -> None:
    """Each intent with its rules, and each message in its language; plural forms too."""
    templates = INTENTS.parent / "templates"
    both = []
    for _ in range(2):
        catalogues._loaded.cache_clear()  # as in another process
        both.append((load_rules(INTENTS), read_catalogues(templates, ["es"])))
    read, again = both
    assert len(list(cache.iterdir())) == 4
    assert read[0] == again[0]
    catalogue, other = read[1]["es"], again[1]["es"]
    assert (dict(catalogue.translated), set(catalogue.fuzzy)) == (dict(other.translated), set(other.fuzzy))
    assert [catalogue.form(number) for number in range(3)] == [other.form(number) for number in range(3)]


def test_kept_labels_are_those_that_are_read_anew(cache: Path) -> None:
    """The buttons that ask the same wherever they stand, with what they ask."""
    templates = INTENTS.parent / "templates"
    common = shipped_pack().words.common
    anew, kept = Words(templates, common).fixed_labels(), Words(templates, common).fixed_labels()
    assert len(list(cache.glob("labels-*.bin"))) == 1
    assert anew == kept
    assert len(kept["en"]) > 100


@pytest.mark.usefixtures("cache")
def test_a_pack_in_order_imports_an_answer_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first start looks at all of them; the next one imports none before a question."""
    wanted, first = set(shipped_pack().answers), load_pack(INTENTS.parent)
    monkeypatch.setattr("bot.pack._module", lambda *_: pytest.fail("imported"))
    second = load_pack(INTENTS.parent)
    assert set(second.answers) == set(first.answers) == wanted
    assert len(second.answers) == len(first.answers)


def test_what_was_kept_is_not_made_again(cache: Path) -> None:
    """The file is its owner's only, and the next start reads it."""
    assert _kept(lambda: ["a"]) == ["a"]
    assert _kept(_never) == ["a"]
    assert (_file(cache).stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o600, 0o700)


def test_another_key_is_another_thing(cache: Path) -> None:
    """A changed source is read anew; so is a file under the name of another."""
    _kept(lambda: ["a"])
    other = compiled.key_of(Path(__file__), of="changed")
    assert compiled.kept("words", other, list[str], lambda: ["b"]) == ["b"]
    third = compiled.key_of(Path(__file__), of="again")
    compiled._file(cache, "words", other).rename(compiled._file(cache, "words", third))
    assert compiled.recalled("words", third, list[str]) is None


def _damaged(spoil: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(spoil(file.read_bytes()))


@pytest.mark.parametrize(
    "spoil",
    [
        *(partial(Path.chmod, mode=mode) for mode in (0o620, 0o602, 0o666)),
        *map(_damaged, (lambda whole: whole[:-1], lambda whole: whole[:-1] + b"!", lambda _: b"")),
        _damaged(lambda whole: b"x" + whole[1:]),  # of another program
        lambda _: compiled.keep("words", KEY, {"a": 1}),  # of another form than what is asked for
    ],
)
def test_what_others_may_write_or_is_damaged_is_made_anew(cache: Path, spoil: Callable[[Path], object]) -> None:
    """A file that its group or everybody can write is not believed, nor one that cannot be read."""
    _kept(lambda: ["a"])
    spoil(_file(cache))
    assert _kept(lambda: ["b"]) == ["b"]
    assert _kept(_never) == ["b"]


def test_what_somebody_else_wrote_is_not_believed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another user's is made anew, and so is one behind a link."""
    _kept(lambda: ["a"])
    with monkeypatch.context() as other:
        other.setattr(os, "geteuid", lambda: _file(cache).stat().st_uid + 1)
        assert compiled.recalled("words", KEY, list[str]) is None
    file = _file(cache)
    file.symlink_to(file.rename(cache / "elsewhere"))
    assert compiled.recalled("words", KEY, list[str]) is None


def test_without_a_place_everything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written, and a user without a home, cost time and nothing else."""
    (tmp_path / "file").touch()
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "file" / "cache")
    assert _kept(lambda: ["a"]) == ["a"]
    monkeypatch.setattr(compiled, "cache_folder", lambda: None)
    assert _kept(lambda: ["b"]) == ["b"]


def test_few_files_of_a_kind_stay(cache: Path) -> None:
    """Packs and versions of the past do not fill the cache."""
    for number in range(12):
        compiled.keep("words", compiled.key_of(Path(__file__), of=str(number)), number)
        compiled.keep("zips", KEY, number)
    assert (len(list(cache.glob("words-*"))), len(list(cache.glob("zips-*")))) == (8, 1)


def test_what_is_shipped_can_be_read_by_all(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image is built by another user than the one who runs it; nothing is written to that one's home."""
    shipped = tmp_path / "shipped"
    monkeypatch.setattr(compiled, "SHIPPED", shipped)
    with compiled.collected(shipped):
        _kept(lambda: ["a"])
    assert not cache.exists()
    assert (_file(shipped).stat().st_mode & 0o777, shipped.stat().st_mode & 0o777) == (0o644, 0o755)
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    assert _kept(_never) == ["a"]


def test_a_key_is_names_and_content(tmp_path: Path) -> None:
    """A file that moves or changes makes another key; what Python compiled does not."""
    (tmp_path / "a" / "inner").mkdir(parents=True)
    (tmp_path / "a" / "inner" / "one").write_text("1")
    before = compiled.key_of(tmp_path / "a")
    (tmp_path / "a" / "__pycache__").mkdir()
    (tmp_path / "a" / "__pycache__" / "one").write_text("1")
    assert compiled.key_of(tmp_path / "a") == before
    (tmp_path / "a" / "inner" / "one").rename(tmp_path / "a" / "one")
    moved = compiled.key_of(tmp_path / "a")
    (tmp_path / "a" / "one").write_text("2")
    assert len({before, moved, compiled.key_of(tmp_path / "a")}) == 3
