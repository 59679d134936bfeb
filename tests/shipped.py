"""The pack of this checkout. It is frozen and takes most of a second to load, so the tests of a process share one."""

import gc
import re
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.sandbox import SandboxedEnvironment

from bot.accounts import render
from bot.compiled import code_of, key_of, recalled
from bot.documents import printer
from bot.language.asked import ClaimsAsked, asked_in
from bot.language.grammar import FOLDER as GRAMMAR
from bot.language.lexicon import Lexicon, read_lexicon
from bot.language.rules import WORDS
from bot.language.text import keys_in
from bot.message import Language
from bot.pack import Pack, find_pack, load_pack
from bot.replies.catalogues import Catalogue
from bot.replies.catalogues import _read as _read_catalogue
from bot.replies.lint import _faults

_LEXICONS: dict[tuple[tuple[str, bytes], ...], Lexicon] = {}
_CATALOGUES: dict[tuple[bytes, str], Catalogue] = {}
_FAULTS: dict[bytes, list[str]] = {}
_COMPILED: list[Path] = []
_keys_in = cache(keys_in)
_MORE_EXAMPLES = re.compile(r"""(?<=[ {])((?:en|es):\s+\[(?:"[^"]*"|'[^']*'|[^,"'\]\s][^,\]]*)),[^\]]*\]""")


def shipped_pack() -> Pack:
    """The pack that ships."""
    return _loaded()[0]


def module_of(intent: str) -> ModuleType:
    """The module of an intent's answer in that pack, whichever other packs were loaded since."""
    return _loaded()[1][intent]


def words_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs that are loaded in this test share the lexicon of those whose words are the same, letter by letter.

    It is most of a load, and most packs are spoilt elsewhere. A phrase is cut into words once, and so is a catalogue; a
    template is looked at once.
    """
    monkeypatch.setattr("bot.replies.catalogues._read", _catalogue_of)
    monkeypatch.setattr("bot.language.engine.load_lexicon", lexicon_of)
    monkeypatch.setattr("bot.replies.lint._faults", _faults_of)
    for module in ("lexicon", "phrases"):
        monkeypatch.setattr(f"bot.language.{module}.keys_in", _keys_in)


def lexicon_of(folder: Path) -> Lexicon:
    """The words in a pack's `intents/` folder: of folders with the same words, those that were read first."""
    files = (file for room in (WORDS, GRAMMAR) for file in sorted((folder / room).rglob("*")) if file.is_file())
    words = tuple((str(file.relative_to(folder)), file.read_bytes()) for file in files)
    if words not in _LEXICONS:
        key = key_of(folder / WORDS, folder / GRAMMAR, of=code_of("language"))
        _LEXICONS[words] = recalled("words", key, Lexicon) or read_lexicon(folder)
    return _LEXICONS[words]


def _catalogue_of(path: Path) -> Catalogue:
    key = path.read_bytes(), path.stem
    if key not in _CATALOGUES:
        _CATALOGUES[key] = _read_catalogue(path)
    return _CATALOGUES[key]


def _faults_of(jinja: Environment, path: Path) -> list[str]:
    source = path.read_bytes()
    if source not in _FAULTS:
        _FAULTS[source] = [*_faults(jinja, path)]
    return _FAULTS[source]


def thinned(folder: Path) -> None:
    """Copy the pack there to be spoilt: whole, but with one example of each kind under every topic.

    A fault is found in the file that has it; to read the other thousand examples as well takes most of a look.
    What Python made of the answers comes along: to compile them again takes as long as the rest.
    """
    for room in ("intents", "templates"):
        shutil.copytree(find_pack() / room, folder / room)
    for file in (folder / "intents").glob("[!_]*/*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(_MORE_EXAMPLES.sub(r"\1]", text), encoding="utf-8")


def changed(file: Path, old: str, new: str) -> None:
    """Put other words in place of those in a file of such a copy; without old ones it is a new file."""
    text = file.read_text(encoding="utf-8") if old else ""
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def compiled_in(folder: Path) -> None:
    """Templates that an earlier run or another process of this one has compiled come from there.

    A compiled template holds the words of its language, so each language has a folder of its own; what was compiled by
    other code or with other words is deleted.
    """
    templates = find_pack() / "templates"
    words = *templates.glob("*.[py]*"), *templates.glob("_*.j2")  # whose macros every template may call
    made_by = *sorted(words), Path(__file__).with_name("pseudo.py")
    code = [code_of(room) for room in ("accounts", "documents", "replies")]
    own = folder / "templates" / key_of(*made_by, of="".join((version("jinja2"), *code)))[:20]
    own.mkdir(parents=True, exist_ok=True)
    for other in own.parent.iterdir():
        if other != own:
            shutil.rmtree(other, ignore_errors=True)
    _COMPILED.append(own)
    if _loaded.cache_info().currsize:
        _keep_compiled(shipped_pack())


def _keep_compiled(pack: Pack) -> None:
    for language, jinja in pack.words._by_language.items():
        keep_compiled(jinja, language)
        keep_compiled(pack.words._about(language), f"{language}-of-others")


def keep_compiled(jinja: Environment, language: str) -> None:
    """Let these templates come from there too."""
    for folder in _COMPILED[-1:]:
        own = folder / language
        own.mkdir(exist_ok=True)
        jinja.bytecode_cache = FileSystemBytecodeCache(str(own))


def pages_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and documents of every bot come from there: each bot has environments of its own.

    Their words are looked up when they are printed, so languages share what was compiled; kinds of document do not.
    """
    page, document = render.environment, printer._environment

    def page_of(pages: Path, common: Mapping[str, object], **options: Any) -> SandboxedEnvironment:
        jinja = page(pages, common, **options)
        keep_compiled(jinja, "pages")
        return jinja

    def document_of(folder: Path, language: Language, common: Mapping[str, object], **options: Any) -> Any:
        jinja = document(folder, language, common, **options)
        keep_compiled(jinja, f"documents{options['finalize'].__name__}")
        return jinja

    monkeypatch.setattr(render, "environment", page_of)
    monkeypatch.setattr(printer, "_environment", document_of)


@cache
def _loaded() -> tuple[Pack, dict[str, ModuleType]]:
    pack = load_pack(find_pack())
    _keep_compiled(pack)
    gc.freeze()  # it stays, and each look for garbage would look at all of it
    answers: dict[str, Any] = {**pack.answers}
    for intent, answer in answers.items():  # imported here, before another pack's module has the name
        answer.args[0](intent)
    return pack, {intent: sys.modules[f"bcbst_pack.{intent}"] for intent in answers}


def hears(said: str, words: Mapping[str, str]) -> ClaimsAsked:
    """What the words of a question ask, as the shipped grammar reads them."""
    return asked_in(shipped_pack().engine.lexicon.grammar, said, words)
