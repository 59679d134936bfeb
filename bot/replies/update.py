"""`python -m bot.replies.update [LANGUAGE ...]`: update the catalogues from the templates.

Translations stay, new messages get an empty one, and messages that are in no template are removed. A given language
without a file gets one. Messages are sorted alphabetically, each text on one line and without empty lines, so that a
change touches its own lines only; computed flags are left out.
"""

import sys
from collections.abc import Collection, Iterable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.replies.catalogues import BEGUN, Catalogue, messages, read_catalogues
from bot.replies.messages import CatalogueMessage

_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"
{state}
"""


def update(templates: Path, languages: Collection[str] = ()) -> list[str]:
    """Write the catalogues of all existing and the given languages. Return the names of the files that changed.

    Raises:
        ValueError: a catalogue cannot be read, or CLDR does not know a language.
    """
    said = messages(templates)
    return [
        f"{language}.po"
        for language, before in sorted(read_catalogues(templates, languages).items())
        if _write(templates / f"{language}.po", printed(language, said, before))
    ]


def _write(path: Path, text: str) -> bool:
    """Write a file. Return whether its text changed."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(text, encoding="utf-8")
    return text != before


def printed(language: str, said: Iterable[CatalogueMessage], before: Catalogue) -> str:
    """Return the text of a catalogue's file, with the messages sorted alphabetically."""
    made = Catalog(locale=language)
    if before.begun:
        said = [message for message in said if message in before.translated]
    for message in sorted(said, key=lambda one: (one.text.casefold(), one)):
        made.add(
            message.text,
            before.translated.get(message, ""),
            flags=["fuzzy"] if message in before.fuzzy else [],
            context=message.context or None,
        ).flags.discard("python-brace-format")
    body = BytesIO()
    write_po(body, made, width=0, omit_header=True)
    state = f"{BEGUN}\n" if before.begun else ""
    header = _HEADER.format(language=language, plurals=made.plural_forms, state=state)
    return header + body.getvalue().decode().strip("\n").replace("\n\n", "\n") + "\n"


if __name__ == "__main__":
    for changed in update(Path("templates"), sys.argv[1:]):
        sys.stdout.write(f"templates/{changed}\n")
