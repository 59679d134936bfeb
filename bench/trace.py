"""What of the bot one Slack question passes: distinct files and functions of `bot/` and `intents/`, counted live.

A signed event comes in, the answer is posted to Slack's double, and the sandbox payer is asked in between. The payer,
the double and libraries run in the same process and are not counted. Comprehensions, class bodies and whole modules are
no functions of their own; lambdas are.

Three questions of the same linked member are counted: the first of the process (`cold`: templates are compiled, servers
are met), the same again with nothing kept of the first (`warm`, to which the goals apply), and once more within two
minutes, when the member's records are kept in memory (`kept`).
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

from bot.message import Person
from bot.sandbox.synthetic import build
from bot.sandbox.world import World
from tests.days import DAY
from tests.doubles.slack import TEAM
from tests.e2e.house import OWED
from tests.e2e.workspace import attached

ROOT = Path(__file__).resolve().parent.parent
_OURS = (f"{ROOT}/bot/", f"{ROOT}/intents/")
# What hears a question, reads a record and knows an answer: it grows with what can be asked. The rest carries it.
KNOWLEDGE = ("intents", "kit", "language", "records")
_NOT_COUNTED = (f"{ROOT}/bot/sandbox/", f"{ROOT}/bot/cli/chat.py")
_NO_FUNCTIONS = frozenset({"<module>", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})


@dataclass(slots=True)
class Way:
    """What was passed: each function as its file, its qualified name and its first line."""

    functions: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def files(self) -> tuple[str, ...]:
        """The files, in order of name."""
        return tuple(sorted({file for file, _, _ in self.functions}))

    @property
    def relays(self) -> tuple[str, ...]:
        """The functions that pass on what another one yields, as it is or changed: `async for x in …: yield x`."""
        passed = {(file, line) for file, _, line in self.functions}
        found = (f"{file}:{name}" for file in self.files for line, name in relays_in(file) if (file, line) in passed)
        return tuple(found)

    @property
    def rooms(self) -> tuple[str, ...]:
        """The folders and single files of `bot/` that it leads through, in order of name."""
        return tuple(sorted({_room(file) for file in self.files}))

    def within(self, *rooms: str) -> Way:
        """The part of the way that lies in these rooms."""
        return Way({function for function in self.functions if _room(function[0]) in rooms})

    def without(self, *rooms: str) -> Way:
        """The part of the way that lies in none of these rooms."""
        return Way({function for function in self.functions if _room(function[0]) not in rooms})

    def __str__(self) -> str:
        """How many of each."""
        return f"{len(self.files)} files, {len(self.functions)} functions"


def _room(file: str) -> str:
    top, name, *_ = Path(file).parts
    return name.removesuffix(".py") if top == "bot" else top


def relays_in(file: str) -> Iterator[tuple[int, str]]:
    """The first line and the name of each function of a file that yields while it iterates over what another yields."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef) and any(_passes_on(loop) for loop in ast.walk(node)):
            yield min([node.lineno, *(mark.lineno for mark in node.decorator_list)]), node.name


def _passes_on(loop: ast.AST) -> bool:
    """True for an `async for` that yields inside."""
    return isinstance(loop, ast.AsyncFor) and any(isinstance(node, ast.Yield) for node in ast.walk(loop))


class Recorder:
    """A profile function for every thread that begins after it is made; it counts only inside `counting`."""

    def __init__(self) -> None:
        self._codes: set[CodeType] = set()
        self._counts = False
        threading.setprofile(self._called)

    def close(self) -> None:
        """Threads that begin from now on are not profiled."""
        threading.setprofile(None)

    @contextmanager
    def counting(self) -> Iterator[Way]:
        """The way of what happens inside, complete when the block ends."""
        way = Way()
        self._codes, self._counts = set(), True
        sys.setprofile(self._called)
        try:
            yield way
        finally:
            sys.setprofile(None)
            self._counts = False
            way.functions |= {
                (code.co_filename.removeprefix(f"{ROOT}/"), code.co_qualname, code.co_firstlineno)
                for code in self._codes
                if _is_counted(code)
            }

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        if self._counts and event == "call":
            self._codes.add(frame.f_code)


def _is_counted(code: CodeType) -> bool:
    if not code.co_filename.startswith(_OURS) or code.co_filename.startswith(_NOT_COUNTED):
        return False
    return code.co_name not in _NO_FUNCTIONS and bool(code.co_flags & inspect.CO_OPTIMIZED)  # class bodies have none


async def ways(world: World, folder: Path, question: str = OWED) -> dict[str, Way]:
    """The ways of a linked member's question: `cold`, `warm` and `kept`, in the order in which they are asked."""
    recorder = Recorder()
    found: dict[str, Way] = {}
    try:
        async with attached(world, folder) as workspace:
            await workspace.link()
            bot = workspace.house.bot
            access = await bot.accounts.access(Person("slack", "", TEAM, "U1"))
            for name in ("cold", "warm", "kept"):
                if name == "warm":
                    bot.recent.forget(access.link_id)
                event = workspace.slack.direct_message(question)
                with recorder.counting() as way:
                    written = await workspace.deliver(event)
                told = "\n".join(call.text for call in written)
                if "$" not in told:
                    raise RuntimeError(f"something else than the answer came: {told[:200]}")
                found[name] = way
    finally:
        recorder.close()
    return found


def main() -> None:
    """Print each way's numbers, and the warm one's files with the functions of each."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(ways(build(today=DAY), Path(folder)))
    for name, way in found.items():
        print(f"{name}: {way}")  # noqa: T201 -- what it prints is its result
    warm = found["warm"]
    print(f"passed on by: {', '.join(warm.relays)}")  # noqa: T201 -- as above
    print(f"what carries it: {warm.without(*KNOWLEDGE)}")  # noqa: T201 -- as above
    for room in warm.rooms:
        print(f"  {room}: {warm.within(room)}")  # noqa: T201 -- as above
    for file in warm.files:
        names = sorted((line, name) for own, name, line in warm.functions if own == file)
        print(f"\n{file}: {len(names)}")  # noqa: T201 -- as above
        print("   " + ", ".join(name for _, name in names))  # noqa: T201 -- as above


if __name__ == "__main__":
    main()
