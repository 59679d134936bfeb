"""Questions about care to come, made of services and the facts that may be asked of each, and what a reply lacks."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec

from bot.language.rules import read_yaml
from bot.message import Item, Reply
from bot.replies.plain import plain
from tests.stage import Talk

_LISTS = re.compile(r"^(?:\d+\. |I see no |Which )", re.MULTILINE)
"""A past claim in a list, no such claim, and a question back: none of them answers what is to come."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of a service: ways to `ask` it, and what an answer `says` of it."""

    ask: tuple[str, ...]
    says: str


class Cell(msgspec.Struct, frozen=True):
    """One question: the service and the fact that it asks, and its words."""

    service: str
    fact: str
    said: str


class Matrix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The services, each with what a line may call it by, and the facts."""

    services: dict[str, tuple[str, ...]]
    facts: dict[str, Fact]

    def cells(self) -> Iterator[Cell]:
        """Every question."""
        for service in self.services:
            for fact, one in self.facts.items():
                yield from (Cell(service, fact, words.format(it=service)) for words in one.ask)


@cache
def matrix() -> Matrix:
    """The table."""
    path = Path(__file__).with_name("matrix.yaml")
    return msgspec.convert(read_yaml(path, path.name), Matrix)


async def faults(talk: Talk, cell: Cell) -> list[str]:
    """What is wrong with the reply to a question that begins a conversation."""
    await talk.say("start over")
    replies = await talk.say(cell.said)
    return list(_wrong(replies, cell))


def _wrong(replies: Sequence[Reply], cell: Cell) -> Iterator[str]:
    text = "\n".join(plain(reply.blocks, addresses=False) for reply in replies)
    lines = [line.casefold() for line in text.splitlines() if line.strip()]
    opening = " ".join(lines[:2])
    if _LISTS.search(text) or any(isinstance(block, Item) for reply in replies for block in reply.blocks):
        yield "claims"
    if not any(name in opening for name in matrix().services[cell.service]):
        yield "unnamed"
    if not re.search(matrix().facts[cell.fact].says, opening):
        yield "unsaid"
