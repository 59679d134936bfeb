"""The buttons that ask the same wherever they stand: their words in each language, and what they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.message import Press
from bot.replies.catalogues import Catalogues
from bot.replies.messages import CatalogueMessage, scan, sources
from bot.replies.say import of_them

_WORDS, _INTENT = r"(\{\{ say\([^{}]*\) \}\})", r"([a-z_]+(?:\.[a-z_]+)?)"
_TOLD = r"([a-z_]+=[a-z_]+(?:&[a-z_]+=[a-z_]+)*)"
_BUTTON = re.compile(rf"\[{_WORDS}\]\({_INTENT}(?:\?{_TOLD})?\)")


def fixed_labels(
    templates: Path, catalogues: Catalogues, theirs: Mapping[str, Mapping[str, str]]
) -> dict[str, list[tuple[str, Press]]]:
    """By language, the words of each button that a template writes without a value, and what it asks.

    `theirs` are the phrases of somebody else's record: the words that they make are added.
    """
    found: dict[str, list[tuple[str, Press]]] = {language: [] for language in ("en", *catalogues)}
    for path in sources(templates):
        for message, press in _buttons(path.read_text(encoding="utf-8")):
            found["en"].append((message.one, press))
            for language, catalogue in catalogues.items():
                found[language] += [(text, press) for text in catalogue.forms.get(message, ())[:1] if text]
    for language, known in found.items():
        written = of_them(theirs.get(language, {}))
        known += [(other, press) for text, press in known if (other := written(text)) != text and "{" not in other]
    return found


def _buttons(source: str) -> Iterator[tuple[CatalogueMessage, Press]]:
    for words, intent, told in _BUTTON.findall(source):
        message = next(scan(words), None)
        if message and not (message.many or message.names):
            yield message, Press(intent, _arguments(told))


def _arguments(told: str) -> Mapping[str, str]:
    return dict(pair.split("=") for pair in told.split("&")) if told else {}
