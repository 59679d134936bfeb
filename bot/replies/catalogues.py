"""The words of each language: `templates/claim/es.po` holds those of the templates in `templates/claim`.

The files are gettext's (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html). English needs none: its
texts stand in the templates. `faults` stop the start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from pathlib import Path
from typing import NamedTuple

from bot import compiled
from bot.replies.filters import MESSAGES
from bot.replies.messages import FILTERS, CatalogueMessage, names, scan, sources

_NAMED = 60


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One folder's words in one language.

    `forms` has each message's text, or a text for each plural form; `form` picks one by the number. An empty text
    is not translated yet. `fuzzy` are those that a translator has to look at again.
    """

    forms: Mapping[CatalogueMessage, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = int
    fuzzy: Collection[CatalogueMessage] = ()


class _Kept(NamedTuple):
    """A catalogue as plain data: the plural form as gettext writes it."""

    forms: list[tuple[CatalogueMessage, tuple[str, ...]]]
    plural: str
    fuzzy: list[CatalogueMessage]


Catalogues = Mapping[str, Mapping[str, Catalogue]]
"""The catalogues by language and folder, a folder as `claim`, the uppermost as `.`."""


def read_catalogues(templates: Path, languages: Collection[str] = ()) -> dict[str, dict[str, Catalogue]]:
    """Every catalogue there is, complete or not, with an empty entry for each of `languages` that has none.

    Raises:
        ValueError: a file is damaged, or its name is no language; names the file.
    """
    paths = sorted(templates.rglob("*.po"))
    names = "\n".join(path.relative_to(templates).as_posix() for path in paths)
    key = compiled.key_of(Path(__file__), *paths, of=names)
    kept = compiled.kept("catalogues", key, dict[str, dict[str, _Kept]], lambda: _read_all(templates, paths))
    found: dict[str, dict[str, Catalogue]] = {language: {} for language in languages}
    for language, folders in kept.items():
        found[language] = {
            folder: Catalogue(dict(one.forms), c2py(one.plural), set(one.fuzzy)) for folder, one in folders.items()
        }
    return found


def _read_all(templates: Path, paths: Iterable[Path]) -> dict[str, dict[str, _Kept]]:
    from babel import UnknownLocaleError  # noqa: PLC0415 -- no start needs it but the first after a change
    from babel.messages.pofile import PoFileError  # noqa: PLC0415 -- as above

    found: dict[str, dict[str, _Kept]] = {}
    for path in paths:
        folder = path.parent.relative_to(templates).as_posix()
        try:
            found.setdefault(path.stem, {})[folder] = _read(path)
        except (ValueError, UnknownLocaleError, PoFileError) as error:
            raise ValueError(f"{file_of(folder, path.stem)}: {error}") from error
    return found


def messages(templates: Path) -> dict[str, dict[CatalogueMessage, list[str]]]:
    """The messages of each folder, in the order of its templates, with the files that say them.

    Those of the filters belong to the uppermost folder.
    """
    found: dict[str, dict[CatalogueMessage, list[str]]] = {".": {message: [FILTERS] for message in MESSAGES}}
    for path in sources(templates):
        file = path.relative_to(templates)
        for message in scan(path.read_text(encoding="utf-8")):
            said_in = found.setdefault(file.parent.as_posix(), {}).setdefault(message, [])
            if file.as_posix() not in said_in:
                said_in.append(file.as_posix())
    return found


def file_of(folder: str, language: str) -> str:
    """Where the words of a folder stand in a language."""
    return f"{language}.po" if folder == "." else f"{folder}/{language}.po"


def _read(path: Path) -> _Kept:
    from babel import Locale  # noqa: PLC0415 -- as above
    from babel.messages.pofile import read_po  # noqa: PLC0415 -- as above

    with path.open("rb") as file:
        read = read_po(file, locale=Locale.parse(path.stem), abort_invalid=True)
    forms, fuzzy = list[tuple[CatalogueMessage, tuple[str, ...]]](), list[CatalogueMessage]()
    for entry in read:
        if entry.id:
            one, many = (entry.id, "") if isinstance(entry.id, str) else entry.id
            message = CatalogueMessage(one, many, entry.context or "")
            forms.append((message, (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())))
            fuzzy += [message] if entry.fuzzy else []
    c2py(read.plural_expr)  # raises ValueError for what is no expression
    return _Kept(forms, read.plural_expr, fuzzy)


def faults(templates: Path, catalogues: Catalogues) -> Iterator[str]:
    """What is wrong with the catalogues, by file and message.

    A message is not translated, marked fuzzy or shows other values, or no template says it.
    """
    wanted = messages(templates)
    for language, has in catalogues.items():
        for folder in sorted({*wanted, *has}):
            catalogue, said = has.get(folder, Catalogue()), wanted.get(folder, {})
            needed = [message for message, files in said.items() if has or files != [FILTERS]]
            found = [(message, "no template says it") for message in catalogue.forms if message not in said]
            found += [(message, why) for message in needed for why in _doubts(message, catalogue)]
            yield from (f"{file_of(folder, language)}: {_called(message)}: {why}" for message, why in found)


def _doubts(message: CatalogueMessage, catalogue: Catalogue) -> Iterator[str]:
    texts = catalogue.forms.get(message, ())
    if not texts or not all(texts):
        yield "not translated"
        return
    if message in catalogue.fuzzy:
        yield "marked fuzzy"
    counted = {"n"} if message.many else set()
    for other in sorted({name for text in texts for name in (names(text) | counted) ^ message.names}):
        yield f"the value {{{other}}} is in one language alone"


def _called(message: CatalogueMessage) -> str:
    text = message.one if len(message.one) <= _NAMED else message.one[: _NAMED - 1] + "…"
    return f"{text!r} ({message.context})" if message.context else repr(text)
