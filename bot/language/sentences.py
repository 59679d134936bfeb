"""The labelled sentences that the weights are counted from: what people would write, and what it means.

`intents/_sentences/<writer>.tsv` has one line a sentence with five columns: intent, language, voice, the intents that
serve the person as well (with commas), text. What comes behind a slash in the intent is the aspect of it that is meant,
such as the reason in "out_of_scope/advice".
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import PackError
from bot.language.rules import IntentRules

FOLDER = "_sentences"
# The writer of the examples of the rule files.
PACK = "pack"
_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """What somebody wrote, and what is meant. `also` names intents that serve the person as well."""

    text: str
    intent: str
    aspect: str
    also: tuple[str, ...]
    language: str
    writer: str


def sentences(folder: Path, without: Collection[str] = ()) -> Iterator[Sentence]:
    """The sentences of all writers but some, of a pack's `intents/` folder.

    Raises:
        PackError: a line has not five columns.
    """
    for file in sorted((folder / FOLDER).glob("*.tsv")):
        if file.stem not in without:
            yield from of_writer(file)


def of_writer(file: Path) -> Iterator[Sentence]:
    """The sentences of one file."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise PackError(f"{FOLDER}/{file.name}: line {number}: has {len(columns)} columns, not {_COLUMNS}")
        label, language, _, also, text = columns
        intent, _, aspect = label.partition("/")
        others = tuple(name.strip() for name in also.split(",") if name.strip())
        yield Sentence(text, intent, aspect, others, language, file.stem)


def examples(intents: Iterable[IntentRules]) -> Iterator[Sentence]:
    """The examples of rule files as sentences."""
    for rules in intents:
        for said in (rules.examples, rules.afterwards):
            for language, texts in said.items():
                yield from (Sentence(text, rules.intent, "", (), language, PACK) for text in texts)
