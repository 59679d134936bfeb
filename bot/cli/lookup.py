"""`bcbst-bot lookup`: checks a long list of names or NPIs against networks, and writes the answers to a file.

The names are looked up in batches. Each batch is processed as a list in a chat would be, so the answers are the same. A
row is written once its name is answered. Names without an answer are tried again, in this run and the next one.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.app import Bot, assemble
from bot.cli.list_files import AnswerFile, ListedLine, read_names
from bot.cli.terminal import rehearsed
from bot.config import Settings
from bot.conversation.recognising import BETWEEN, ITEMS
from bot.conversation.state import Asked
from bot.documents.printer import Printer, cell, inert
from bot.errors import ConfigError, PayerError
from bot.kit import Unreadable, asked_networks, network_names
from bot.message import Language
from bot.pack import find_pack
from bot.payer.budget import Patience

_PART = 25  # as many as one message asks
_WALL = 300.0  # seconds for a part: nobody waits in a chat
_TRIES = 3
_REST = 10.0  # seconds before what was not read is tried again
_MINUTE = 60
_NAMED = 5
_NUMBER = re.compile(r"[-+]?[\d.,]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # of which a workbook can hold none
_LANGUAGE: Language = "en"
Rest = Callable[[float], Awaitable[None]]
RowsByName = Mapping[str, Sequence[Sequence[str]]]


class LookedUp(msgspec.Struct, frozen=True):
    """The result of a lookup: an answer for each line and network, the names without an answer, and the blank lines."""

    answers: tuple[str, ...]
    unread: tuple[str, ...]
    blank: int = 0


async def look_up(
    settings: Settings, file: Path, networks: Sequence[str], out: Path, *, sandbox: bool, pause: Rest = asyncio.sleep
) -> LookedUp:
    """Check the lines of a file against networks, write the answers to `out`, and return them.

    Raises:
        ConfigError: the list, the answer file or a network's name cannot be used.
        PayerError: the networks cannot be read.
    """
    names, printed = read_names(file), _Printed(find_pack(settings.bot_pack) / "templates")
    _refuse_itself(file, out)
    answers = AnswerFile(out, (*printed.header, *_inert_cells(names.header)), len(printed.header))
    patience = Patience(wall=_WALL)
    async with rehearsed(settings, sandbox=sandbox) as payer, assemble(payer, patience=patience) as bot:
        questions = [await _Question.of(bot, network, printed) for network in networks]
        runs: list[_Run] = []
        for question in questions:
            runs.append(_Run(answers, question, names.lines))
            await runs[-1].in_parts(pause)
    there, keys = answers.answers(), dict.fromkeys(key for run in runs for key in run.keys.values())
    unread = tuple(line.asked for run in runs for line in run.left)
    return LookedUp(tuple(there[key] for key in keys if key in there), unread, names.blank)


async def report(
    settings: Settings, *, file: Path, networks: Sequence[str], out: Path, sandbox: bool
) -> AsyncIterator[str]:
    """Check the lines of a file against networks, and yield a summary.

    Raises:
        ConfigError: as in `look_up`, or some lines have no answer.
    """
    outcome = await look_up(settings, file, networks, out, sandbox=sandbox)
    yield f"{out}: {summary(outcome)}"
    if outcome.unread:
        some = ", ".join(outcome.unread[:_NAMED]) + (", \u2026" if len(outcome.unread) > _NAMED else "")
        raise ConfigError(f"{len(outcome.unread):,} could not be read ({some}); run the same command again for these")


def summary(outcome: LookedUp) -> str:
    """Return the number of lines with each answer, for example "29 checked: 2 listed, 27 nobody found"."""
    counts = [f"{times:,} {answer}" for answer, times in Counter(outcome.answers).most_common()]
    counts += [f"{len(outcome.unread):,} not read"] if outcome.unread else []
    blank = f"; lines without a name or an NPI: {outcome.blank:,}" if outcome.blank else ""
    return f"{len(outcome.answers):,} checked: {', '.join(counts)}{blank}"


def _refuse_itself(file: Path, out: Path) -> None:
    if out.exists() and out.samefile(file):
        raise ConfigError(f"--out: {out.name} is the list itself; name another file")


class _Printed:
    """Makes rows of the answer file with the pack's spreadsheet template for a checked list."""

    def __init__(self, templates: Path) -> None:
        self._printer = Printer(templates / "documents", {})
        self.header = tuple(self._lines(SimpleNamespace(rows=(), wanted=(), read_text=""))[0])

    def rows(self, found: Any, row: Any) -> list[list[str]]:
        """Return the rows of the answer file for one name; `row` is the name's row in the checked list `found`."""
        return self._lines(replace(found, rows=(row,)))[1:]

    def _lines(self, found: Any) -> list[list[str]]:
        text = "".join(self._printer.pieces("checked", "csv", {"list": found}, _LANGUAGE))
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


class _Question(msgspec.Struct, frozen=True):
    """The question whether names are in one network. `names` are the network's names in the directory."""

    bot: Bot
    asked: Asked
    head: str
    names: tuple[str, ...]
    printed: _Printed

    @classmethod
    async def of(cls, bot: Bot, network: str, printed: _Printed) -> _Question:
        """Return the question about a network, which the operator gave by name.

        Raises:
            ConfigError: the directory has no such network, or several.
            PayerError: the directory cannot be read.
        """
        head, pack = f"are these in {network}?", bot.pack
        of_names = next(name for name, rules in pack.intents.items() if rules.of_list == name)
        slots = pack.engine.slots_as(of_names, head, today=bot.settings.now().date())
        asked = Asked(of_names, slots, language=_LANGUAGE, rule="list")
        ask = bot.answering.of_directory(asked, head)
        named = await asked_networks(ask)
        if named.unclear or not named.names:
            there = (named.unclear.names if named.unclear else ()) or await network_names(ask)
            raise ConfigError(f"--network: the directory has no network called {network}; it has {', '.join(there)}")
        return cls(bot, asked, head, named.names, printed)

    async def rows(self, part: Sequence[str]) -> RowsByName:
        """Return the rows of the answer file by name. Names that could not be read are left out."""
        asked = replace(self.asked, arguments={ITEMS: BETWEEN.join(part)})
        try:
            found: Any = await self.bot.pack.answers[asked.intent](self.bot.answering.of_directory(asked, self.head))
        except (PayerError, Unreadable):
            return {}
        return {row.asked: self.printed.rows(found, row) for row in found.rows if row.verdict != "unread"}


class _Run:
    """The lookup of a list in one network.

    `keys` are the lines' keys in the answer file, `left` the lines to look up.
    """

    def __init__(self, answers: AnswerFile, question: _Question, lines: Sequence[ListedLine]) -> None:
        self._answers, self._question, self._total = answers, question, len(lines)
        networks = _as_written("; ".join(question.names))
        self.keys = {line: (_as_written(line.asked), networks, *_inert_cells(line.cells)) for line in lines}
        there = answers.answers()
        self.left = [line for line in lines if self.keys[line] not in there]
        self._at_first, self._started = len(self.left), time.monotonic()

    async def in_parts(self, pause: Rest) -> None:
        """Look up the remaining lines in batches, up to three times. A batch without any answer ends one try."""
        for number in range(_TRIES):
            if not self.left:
                return
            if number:
                await pause(_REST)
            names = list(dict.fromkeys(line.asked for line in self.left))
            for at in range(0, len(names), _PART):
                part = {*names[at : at + _PART]}  # lines with the same name are in the same batch
                if not await self._look_up_part([line for line in self.left if line.asked in part]):
                    break

    async def _look_up_part(self, part: Sequence[ListedLine]) -> bool:
        """Look up a batch of lines and write the answers. Return whether there were any."""
        found = await self._question.rows(tuple(dict.fromkeys(line.asked for line in part)))
        told = [line for line in part if line.asked in found]
        self._answers.add([*row, *_inert_cells(line.cells)] for line in told for row in found[line.asked])
        self.left = [line for line in self.left if line not in {*told}]
        print(self._progress(), file=sys.stderr, flush=True)  # noqa: T201 -- progress, for who waits
        return bool(told)

    def _progress(self) -> str:
        left = len(self.left)
        each = (time.monotonic() - self._started) / max(1, self._at_first - left)
        minutes = round(each * left / _MINUTE) if left < self._at_first else 0
        time_left = f", about {minutes} min left" if minutes else ""
        return f"{'; '.join(self._question.names)}: {self._total - left} of {self._total} checked{time_left}"


def _as_written(text: str) -> str:
    """Return a text as the answer file contains it."""
    return next(csv.reader([cell(text)]))[0]


def _inert_cells(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the cells of an input row as they are copied to the answer file: none can act as a formula."""
    return tuple(one if _NUMBER.fullmatch(one) else inert(_CONTROL.sub("", one)) for one in cells)
