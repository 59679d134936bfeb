"""`python -m bot.replies.update [LANGUAGE ...]`: bring the catalogues up to date with the templates.

Translations stay, new messages come with an empty one, and what no template says any more goes. A language that is
named and has no files yet gets them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.replies.catalogues import Catalogue, file_of, messages, read_catalogues
from bot.replies.messages import CatalogueMessage

_WIDTH = 120
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def update(templates: Path, languages: Collection[str] = ()) -> list[str]:
    """Write the catalogues of the languages that there are, and of these; returns the files that were changed.

    Raises:
        ValueError: a catalogue cannot be read, or CLDR does not know a language.
    """
    wanted, found = messages(templates), read_catalogues(templates)
    return [
        file
        for language in sorted({*found, *languages})
        for folder in sorted({*wanted, *found.get(language, ())})
        if _write(
            templates / (file := file_of(folder, language)),
            printed(language, wanted.get(folder, {}), found.get(language, {}).get(folder, Catalogue())),
        )
    ]


def _write(path: Path, text: str) -> bool:
    """Whether the file was changed; no messages, no file."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text:
        path.write_text(text, encoding="utf-8")
    else:
        path.unlink(missing_ok=True)
    return text != before


def printed(language: str, said: Mapping[CatalogueMessage, list[str]], before: Catalogue) -> str:
    """A catalogue's file: the messages in the order of the templates, with the files that say them."""
    if not said:
        return ""
    made = Catalog(locale=language)
    for message, files in said.items():
        texts = before.forms.get(message) or ("",) * (made.num_plurals if message.many else 1)
        made.add(
            (message.one, message.many) if message.many else message.one,
            texts if message.many else texts[0],
            locations=[(file, 0) for file in files],
            flags=["fuzzy"] if message in before.fuzzy else [],
            context=message.context or None,
        )
    body = BytesIO()
    write_po(body, made, width=_WIDTH, omit_header=True, include_lineno=False)
    return _HEADER.format(language=language, plurals=made.plural_forms) + body.getvalue().decode().strip("\n") + "\n"


if __name__ == "__main__":
    for changed in update(Path("templates"), sys.argv[1:]):
        sys.stdout.write(f"templates/{changed}\n")
