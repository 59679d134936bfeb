"""The translations: `templates/es.po` has the Spanish of all templates and of the filters.

The files are gettext's (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html). English has no file,
because the templates contain the English texts. The bot does not start if there are `faults`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from gettext import c2py
from pathlib import Path
from typing import TypeVar

import msgspec

from bot import compiled
from bot.replies.filters import MESSAGES
from bot.replies.messages import CatalogueMessage, names, numbers_of_forms, scan, sources

_NAMED = 60
BEGUN = '"X-State: begun\\n"'
SOURCE = "en"
"""The language in which templates are written."""
T = TypeVar("T")


class ByLanguage(dict[str, T]):
    """A value for each language; a language without a value gets the English one."""

    def __missing__(self, language: str) -> T:
        return self[SOURCE]


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """The translations of one language, as plain data for the cache.

    `texts` has each message with its text, which is empty if it is not translated yet. `plural` is gettext's expression
    for the form of a number, one of `plurals`. `fuzzy` are the messages that a translator has to check. `begun`: the
    header has `X-State: begun`, so missing texts are shown in English.
    """

    texts: list[tuple[CatalogueMessage, str]] = []
    plural: str = "0"
    plurals: int = 1
    fuzzy: list[CatalogueMessage] = []
    begun: bool = False

    @cached_property
    def translated(self) -> Mapping[CatalogueMessage, str]:
        """The translation of each message."""
        return dict(self.texts)

    @cached_property
    def form(self) -> Callable[[int], int]:
        """The function that returns the index of the plural form for a number."""
        return c2py(self.plural)


Catalogues = Mapping[str, Catalogue]
"""The catalogues by language."""


def read_catalogues(templates: Path, languages: Collection[str] = ()) -> dict[str, Catalogue]:
    """Return all catalogues, complete or not, and an empty one for each of `languages` without a file.

    Raises:
        ValueError: a file is damaged, or its name is no language; the message names the file.
    """
    paths = tuple(sorted(templates.glob("*.po")))
    read = _loaded(compiled.key_of(Path(__file__), *paths), paths)
    return {language: Catalogue() for language in languages} | read


def whole_catalogues(templates: Path) -> dict[str, Catalogue]:
    """Return the catalogues that are not `begun`, because a page should not mix two languages."""
    return {language: one for language, one in read_catalogues(templates).items() if not one.begun}


@lru_cache(maxsize=2)
def _loaded(cache_key: str, paths: tuple[Path, ...]) -> dict[str, Catalogue]:
    """Return the catalogues of these files by language, from the compile cache if it has them under `cache_key`."""
    return compiled.kept(
        "catalogues", cache_key, dict[str, Catalogue], lambda: {one.stem: _named(one) for one in paths}
    )


def messages(templates: Path) -> list[CatalogueMessage]:
    """Return the messages of the filters and of the templates, without duplicates."""
    texts = (path.read_text(encoding="utf-8") for path in sources(templates))
    return list(dict.fromkeys((*MESSAGES, *(message for text in texts for message in scan(text)))))


def _named(path: Path) -> Catalogue:
    from babel import UnknownLocaleError  # noqa: PLC0415 -- no start needs it but the first after a change
    from babel.messages.pofile import PoFileError  # noqa: PLC0415 -- as above

    try:
        return _read(path)
    except (ValueError, UnknownLocaleError, PoFileError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _read(path: Path) -> Catalogue:
    from babel import Locale  # noqa: PLC0415 -- as above
    from babel.messages.pofile import read_po  # noqa: PLC0415 -- as above

    begun = BEGUN in path.read_text(encoding="utf-8").partition("\n\n")[0]
    with path.open("rb") as file:
        read = read_po(file, locale=Locale.parse(path.stem), abort_invalid=True)
    texts, fuzzy = list[tuple[CatalogueMessage, str]](), list[CatalogueMessage]()
    for entry in read:
        if entry.id:
            if entry.pluralizable:
                raise ValueError(f"{entry.id[0]!r}: the forms of a number stand in one text: (day|days)")
            message = CatalogueMessage(str(entry.id), entry.context or "")
            texts.append((message, str(entry.string or "")))
            fuzzy += [message] if entry.fuzzy else []
    c2py(read.plural_expr)  # raises ValueError for what is no expression
    return Catalogue(texts, read.plural_expr, read.num_plurals, fuzzy, begun)


def faults(templates: Path, catalogues: Catalogues) -> Iterator[str]:
    """Yield the faults of the catalogues, by file and message.

    A message is a fault if it is not translated, is marked fuzzy, has other values than the English, or is in no
    template. A language without a catalogue needs no translations of the filters; a `begun` catalogue may lack
    messages.
    """
    said = messages(templates)
    known = set(said)
    for language, catalogue in catalogues.items():
        needed = said if catalogue.translated else said[len(MESSAGES) :]
        if catalogue.begun:
            needed = [message for message in said if message in catalogue.translated]
        found = [(message, "no template says it") for message in catalogue.translated if message not in known]
        found += [(message, why) for message in needed for why in _doubts(message, catalogue)]
        yield from (f"{language}.po: {_called(message)}: {why}" for message, why in found)


def _doubts(message: CatalogueMessage, catalogue: Catalogue) -> Iterator[str]:
    text = catalogue.translated.get(message)
    if not text:
        yield "not translated"
        return
    if message in catalogue.fuzzy:
        yield "marked fuzzy"
    if not numbers_of_forms(text) <= ({catalogue.plurals} if message.counts else set()):
        yield f"(a|b) has {catalogue.plurals} forms in this language, and stands where the English has it"
    for other in sorted((names(text) ^ message.names) - ({"n"} if message.counts else set())):
        yield f"the value {{{other}}} is in one language alone"


def _called(message: CatalogueMessage) -> str:
    text = message.text if len(message.text) <= _NAMED else message.text[: _NAMED - 1] + "…"
    return f"{text!r} ({message.context})" if message.context else repr(text)


TheirPhrases = Mapping[str, str | Mapping[str, list[str]]]
"""Phrases with their replacements; phrases with a common first word are grouped, as in `{your: {the: [plan]}}`."""


def written_out(phrases: TheirPhrases) -> dict[str, str]:
    """Return each phrase with its replacement: `{your: {the: [plan]}}` becomes `{your plan: the plan}`."""
    found = dict[str, str]()
    for phrase, instead in phrases.items():
        if isinstance(instead, str):
            found[phrase] = instead
        else:
            found |= {f"{phrase} {rest}": f"{word} {rest}".strip() for word, rests in instead.items() for rest in rests}
    return found


def of_them(phrases: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces phrases in a message: whole words, the longest first, none twice.

    A capital first letter is kept. `{them}` in a replacement is the person's given name.
    """
    if not phrases:
        return str
    longest = sorted(phrases, key=len, reverse=True)
    found = re.compile(rf"(?<![\w'{{])(?:{'|'.join(map(_any_case, longest))})(?![\w}}])")
    known = {phrase.casefold(): instead for phrase, instead in phrases.items()}

    def rewritten(match: re.Match[str]) -> str:
        instead = known[match[0].casefold()]
        return instead[:1].upper() + instead[1:] if match[0][:1].isupper() else instead

    return lambda text: found.sub(rewritten, text)


def _any_case(phrase: str) -> str:
    """Return a pattern for the phrase with a lower or upper case first letter."""
    first = phrase[:1]
    return f"[{first.lower()}{first.upper()}]{re.escape(phrase[1:])}" if first.isalpha() else re.escape(phrase)
