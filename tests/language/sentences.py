"""The labelled sentences from which the weights are counted: what people might write, and the intent it means.

`intents/_sentences/<writer>.tsv` has one sentence a line with five columns: intent, language, voice, other intents that
are acceptable (separated by commas), text. After a slash the intent has its aspect, such as the reason in
"out_of_scope/advice".

`intents/_talks/<language>-<writer>.tsv` has conversations: a turn a line with its intent and its text, and an empty
line after each conversation. `=` instead of an intent repeats the question before with a change.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from bot.errors import PackError
from bot.language.rules import IntentRules

FOLDER, TALKS = "_sentences", "_talks"
# In place of an intent: the question before, with something changed.
SAME = "="
# The writer of the examples of the rule files.
PACK = "pack"
_COLUMNS, _TURN = 5, 2


class Sentence(msgspec.Struct, frozen=True):
    """A sentence with its intent. `also` are other intents that are acceptable."""

    text: str
    intent: str
    aspect: str
    also: tuple[str, ...]
    language: str
    writer: str


def sentences(folder: Path, without: Collection[str] = ()) -> Iterator[Sentence]:
    """Yield the labelled sentences in a pack's `intents/` folder, except those of the writers in `without`.

    Raises:
        PackError: a line does not have five columns.
    """
    for file in sorted((folder / FOLDER).glob("*.tsv")):
        if file.stem not in without:
            yield from of_writer(file)


def of_writer(file: Path) -> Iterator[Sentence]:
    """Yield the sentences of one file.

    Raises:
        PackError: a line does not have five columns.
    """
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise PackError(f"{FOLDER}/{file.name}: line {number}: has {len(columns)} columns, not {_COLUMNS}")
        label, language, _, also, text = columns
        intent, _, aspect = label.partition("/")
        others = tuple(name.strip() for name in also.split(",") if name.strip())
        yield Sentence(text, intent, aspect, others, language, file.stem)


def talks(folder: Path) -> Iterator[list[Sentence]]:
    """Yield the conversations in a pack's `intents/` folder, each as a list with one sentence a turn.

    Raises:
        PackError: a line does not have two columns.
    """
    for file in sorted((folder / TALKS).glob("*.tsv")):
        yield from of_talks(file)


def of_talks(file: Path) -> Iterator[list[Sentence]]:
    """Yield the conversations of one file; a turn that changes the question before has the intent `SAME`.

    Raises:
        PackError: a line does not have two columns.
    """
    language, writer = file.stem.split("-", 1)
    for number, talk in enumerate(file.read_text(encoding="utf-8").split("\n\n"), 1):
        columns = [line.split("\t") for line in talk.splitlines() if line]
        if any(len(one) != _TURN for one in columns):
            raise PackError(f"{TALKS}/{file.name}: conversation {number}: a turn is an intent, a tab and a text")
        yield [Sentence(text, intent, "", (), language, f"{TALKS}/{writer}") for intent, text in columns]


def examples(intents: Iterable[IntentRules]) -> Iterator[Sentence]:
    """Yield the examples in rule files as sentences."""
    for rules in intents:
        for said in (rules.examples, rules.afterwards):
            for language, texts in said.items():
                yield from (Sentence(text, rules.intent, "", (), language, PACK) for text in texts)
