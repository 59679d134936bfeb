"""The directory for assistants: read-only tools of the Model Context Protocol, one for each slash command of the pack.

A tool's answer is made by the turn, as everywhere, in a place that others read. `Private` replies are refused by type,
so no tool can give a member's data.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from secrets import token_bytes
from typing import Any
from uuid import uuid4

from mcp.server import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from bot.channels.base import Answers
from bot.conversation.slash_commands import Commands
from bot.message import Actions, Answered, Block, Item, Message, Person, Shareable, Shared
from bot.ops.entrance import UNNAMED, is_loopback
from bot.ops.limits import PERSON, Limit
from bot.pack import Pack
from bot.replies.data import as_data
from bot.replies.plain import plain

ASK, WORDS = "ask_directory", "question"
_LONGEST = 1_000  # characters of one argument
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
_LEFT_OUT = frozenset({"actions", "audience", "final", "in_reply_to", "title"})  # buttons need the chat that shows them
_REFUSED = (
    "This asks for a member's own data. These tools answer from the open provider directory and in general words only; "
    "the member can ask in a chat with the bot."
)
_CROWDED = "Too many are asking at once. Nothing was asked for you; try again in a minute."
_AT_ONCE = 16  # calls that are answered beside each other
_PATIENCE = 20.0  # seconds that a call waits for its turn
_NO_ANSWER = "The directory could not be asked just now, or the question took too long. Try again in a minute."


@dataclass(frozen=True, slots=True)
class DirectoryTool:
    """A slash command as a tool: `fields` are the keys of its options."""

    name: str
    command: str | None
    title: str
    fields: tuple[str, ...] = ()

    def described(self) -> Tool:
        """The tool as the protocol lists it."""
        texts: dict[str, Any] = {key: {"type": "string", "maxLength": _LONGEST} for key in (WORDS, *self.fields)}
        texts[WORDS]["description"] = "Plain English or Spanish: cardiologist near 37402 who takes new patients"
        return Tool(
            name=self.name,
            title=self.title,
            description=f"{self.title}. Answers from the health plan's open provider directory.",
            input_schema={
                "type": "object",
                "properties": texts,
                "additionalProperties": False,
                "minProperties": 1,
                **({} if self.fields else {"required": [WORDS]}),
            },
            annotations=_READS,
        )

    def message(self, arguments: Mapping[str, Any], caller: str = "") -> Message:
        """The call as a message that a caller writes where others read, in a place that no other call shares.

        Raises:
            ValueError: an argument that the tool has not, that is no text, or that is too long; or none at all.
        """
        unknown = sorted(arguments.keys() - {WORDS, *self.fields})
        if unknown:
            raise ValueError(f"{self.name} takes {', '.join((WORDS, *self.fields))}, and not {', '.join(unknown)}")
        bad = sorted(key for key, value in arguments.items() if not isinstance(value, str) or len(value) > _LONGEST)
        if bad:
            raise ValueError(f"{', '.join(bad)}: a text of at most {_LONGEST:,} characters is needed")
        options = (f'{key}:"{_unquoted(arguments[key])}"' for key in self.fields if arguments.get(key, "").strip())
        text = " ".join((str(arguments.get(WORDS, "")).strip(), *options)).strip()
        if not text:
            raise ValueError(f"{self.name} needs a question or one of its fields")
        call = uuid4().hex
        person = Person("mcp", "", "", caller or call)
        return Message(call, person, Shared("mcp", call), text, command=self.command, directory_only=True, passing=True)


def tools_of(pack: Pack) -> tuple[DirectoryTool, ...]:
    """A tool for each command that reads the directory, and one for any question in words."""
    named = (
        DirectoryTool(command.name.rpartition("-")[2].strip("/"), command.name, command.title, command.options)
        for command in Commands(pack.engine, pack.command).offered("en")
        if command.of_directory
    )
    return (*named, DirectoryTool(ASK, None, "Ask about providers, networks and terms"))


class Callers:
    """Who may ask how much: so often a minute for each address, and so many calls at once, others wait their turn.

    This machine's own and who comes through a trusted proxy that names nobody are not told apart, so not counted.
    """

    def __init__(self, most: int, *, at_once: int = _AT_ONCE, patience: float = _PATIENCE) -> None:
        self._limit, self._slots, self._patience = Limit(most), asyncio.Semaphore(at_once), patience
        self._salt, self._most = token_bytes(16), most

    def named(self, address: str | None) -> str:
        """What an address is called here, for as long as this process lives; empty where nobody is told by it."""
        if address is None or address == UNNAMED or is_loopback(address):
            return ""
        return blake2b(address.encode(), key=self._salt, digest_size=8).hexdigest()

    def refused(self, caller: str) -> str | None:
        """Why a caller may not ask just now, which counts as asked; None when they may."""
        seconds = self._limit.wait(caller) if caller else 0
        return f"You may ask {self._most} times a minute. Ask again in {seconds} seconds." if seconds else None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """A place among those who are answered; False when none was free for a while."""
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError:
            yield False
            return
        try:
            yield True
        finally:
            self._slots.release()


def make_server(pack: Pack, answers: Answers, version: str, *, callers: Callers | None = None) -> Server[Any]:
    """An MCP server whose tools ask `answers`."""
    tools, callers = {tool.name: tool for tool in tools_of(pack)}, callers or Callers(PERSON)

    async def listed(_context: object, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[tool.described() for tool in tools.values()])

    async def called(context: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            return _failed(f"There is no tool {params.name!r}. There are: {', '.join(tools)}.")
        client = getattr(context.request, "client", None)
        caller = callers.named(client.host if client else None)
        try:
            message = tool.message(params.arguments or {}, caller)
        except ValueError as error:
            return _failed(f"{error}.")
        if (why := callers.refused(caller)) is not None:
            return _failed(why)
        async with callers.turn() as free:
            return result([reply async for reply in answers.answer(message)]) if free else _failed(_CROWDED)

    return Server(
        "bcbst-bot",
        version=version,
        instructions="A health plan's provider directory. Listings can be out of date: say so, and who to call.",
        on_list_tools=listed,
        on_call_tool=called,
    )


def result(replies: Iterable[Answered]) -> CallToolResult:
    """The replies of one call as text and as data; a sentence where one of them is for a member alone."""
    shown: list[Shareable] = []
    for reply in (one for one in replies if not one.passing):
        if not isinstance(reply, Shareable):
            return _failed(_REFUSED if reply.error is None else _NO_ANSWER)
        shown.append(reply)
    data = [{key: value for key, value in as_data(one, 0).items() if key not in _LEFT_OUT} for one in shown]
    return CallToolResult(
        content=[TextContent(text="\n\n".join(plain(_without_buttons(one.blocks)) for one in shown))],
        structured_content={"answers": data},
        is_error=any(one.error is not None for one in shown),
    )


def _without_buttons(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """What is read; only the chat that shows a button can press it."""
    kept = (block for block in blocks if not isinstance(block, Actions))
    return tuple(replace(block, actions=()) if isinstance(block, Item) else block for block in kept)


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _unquoted(value: str) -> str:
    return " ".join(value.translate(str.maketrans('"“”', "   ")).split())
