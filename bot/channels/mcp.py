"""The directory for AI assistants: read-only Model Context Protocol tools, one for each slash command of the pack.

`Turn` answers a call as it answers a message in a shared conversation. `Private` replies are refused by type, so no
tool can return a member's data.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import msgspec
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
from msgspec.structs import replace

from bot.channels.base import Answers
from bot.conversation.forms import option_of
from bot.conversation.slash_commands import Commands
from bot.message import Actions, Answered, Block, Item, Line, Message, Person, Shareable, Shared, Span, in_rows
from bot.ops.entrance import PERSON, CounterStore, SharedLimit
from bot.pack import Pack
from bot.replies.plain import as_data, plain

ASK, WORDS, PAGE = "ask_directory", "question", "page"
_LONGEST = 1_000  # characters of one argument
_MOST_PAGES = 200
_YES: dict[str, Any] = {"enum": ["yes", "no"]}
# What each kind of value is, for who fills in a field.
_FIELDS: Mapping[str, dict[str, Any]] = {
    "specialty": {"description": "A kind of doctor in plain words: cardiologist, knee doctor"},
    "facility_type": {"description": "A kind of place: hospital, urgent care, lab, imaging center, pharmacy"},
    "location": {"description": "A ZIP code, a city with its state, or a county: 37402"},
    "radius": {"description": "How far from there, in miles", "pattern": r"^\s*\d{1,3}(\.\d+)?\s*$"},
    "gender": {"description": "The provider's sex as listed", "enum": ["female", "male"]},
    "language": {"description": "A language that the provider speaks: Spanish"},
    "accepting_new": {"description": "Only those who take new patients", **_YES},
    "network": {"description": "A network of the plan by its name, whole or as people say it"},
    "network_how": {
        "description": "Of several networks: in all of them, in any, or in none",
        "enum": ["all", "any", "none"],
    },
    "provider_name": {"description": "The name of a person or a place: Grace Okafor, CVS 1180"},
    "telehealth": {"description": "Only with visits by video or phone", **_YES},
    "wheelchair": {"description": "Only places with wheelchair access", **_YES},
    "open_at": {"description": "When the place is open: now, saturday, weekday evening"},
    "age_group": {"description": "Whom the provider treats", "enum": ["child", "teen", "adult", "senior"]},
    "npi": {"description": "A National Provider Identifier", "pattern": r"^\s*\d{10}\s*$"},
    "nucc": {"description": "A code of the NUCC provider taxonomy: 207RC0000X"},
    "organization": {"description": "The group, practice or place where the provider works"},
}
_ALSO = {"zip": "location", "name": "provider_name", "type": "facility_type"}  # as the slash commands take them too
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "intent": {**_TEXT, "description": "What was understood"},
                    "language": {"enum": ["en", "es"]},
                    "text": {**_TEXT, "description": "The whole answer in words"},
                    "facts": {"type": "array", "items": {"type": "object"}},
                    "items": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"number": {"type": "integer"}, "lines": _TEXTS}},
                    },
                    "notices": _TEXTS,
                    "sources": {"type": "array", "items": {"type": "object"}, "description": "The records read"},
                    "unmet": {**_TEXTS, "description": "What of the question is not in the answer"},
                    "complete": {"type": "boolean", "description": "False when not all could be read"},
                },
                "required": ["intent", "language", "text"],
            },
        },
        "next_page": {"type": ["integer", "null"], "description": "Ask again with this page for more of the list"},
    },
    "required": ["answers", "next_page"],
}
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


class DirectoryTool(msgspec.Struct, frozen=True):
    """A slash command as a tool. `fields` maps the names of its options to the kind of their values.

    `also` maps accepted synonyms of these names to the kind of their values. `lists`: its answers have pages.
    """

    name: str
    command: str | None
    title: str
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)
    also: Mapping[str, str] = msgspec.field(default_factory=dict)
    lists: bool = True

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of all arguments."""
        return (WORDS, *self.fields, *self.also, *((PAGE,) if self.lists else ()))

    def described(self) -> Tool:
        """Return the tool as the protocol describes tools: its JSON schemas, title and annotations."""
        own = {**self.fields, **self.also}
        fields: dict[str, Any] = {key: {"type": "string", **_FIELDS.get(kind, {})} for key, kind in own.items()}
        for key, kind in own.items():
            if "enum" not in fields[key]:
                fields[key]["maxLength"] = _LONGEST
            fields[key].setdefault("description", kind.replace("_", " "))
        for key in self.also:
            same = next(name for name, kind in self.fields.items() if kind == self.also[key])
            fields[key]["description"] += f"; the same as `{same}`"
        about = "Plain English or Spanish: cardiologist near 37402 who takes new patients"
        words = {"type": "string", "maxLength": _LONGEST, "description": about}
        page = {"type": "integer", "minimum": 1, "maximum": _MOST_PAGES, "description": "Which page of a list, from 1"}
        return Tool(
            name=self.name,
            title=self.title,
            description=f"{self.title}. Answers from the health plan's open provider directory.",
            input_schema={
                "type": "object",
                "properties": {WORDS: words, **fields, **({PAGE: page} if self.lists else {})},
                "additionalProperties": False,
                "minProperties": 1,
                **({} if self.fields else {"required": [WORDS]}),
            },
            output_schema=_OUTPUT,
            annotations=_READS,
        )

    def message(self, arguments: Mapping[str, Any]) -> Message:
        """Return a call of the tool as a message. Each call is a new shared conversation.

        Raises:
            ValueError: there are no arguments, or one is unknown, is not text or is too long.
        """
        unknown = sorted(arguments.keys() - {*self.takes})
        if unknown:
            raise ValueError(f"{self.name} takes {', '.join(self.takes)}, and not {', '.join(unknown)}")
        texts = {key: value for key, value in arguments.items() if key != PAGE}
        bad = sorted(key for key, value in texts.items() if not isinstance(value, str) or len(value) > _LONGEST)
        if bad:
            raise ValueError(f"{', '.join(bad)}: a text of at most {_LONGEST:,} characters is needed")
        options = (option_of(key, [texts[key]]) for key in texts if key != WORDS and texts[key].strip())
        text = " ".join((str(texts.get(WORDS, "")).strip(), *options)).strip()
        if not text:
            raise ValueError(f"{self.name} needs a question or one of its fields")
        given = arguments.get(PAGE, 1)
        said = str(given).strip() if isinstance(given, int | str) and not isinstance(given, bool) else ""
        page = int(said) if said.isdecimal() and len(said) <= len(str(_MOST_PAGES)) else 0
        if not 1 <= page <= _MOST_PAGES:
            raise ValueError(f"{PAGE}: a number from 1 to {_MOST_PAGES} is needed")
        call = uuid4().hex
        person = Person("mcp", "", "", call)
        where = Shared("mcp", call)
        return Message(
            call, person, where, text, command=self.command, directory_only=True, passing=True, page=page - 1
        )


def tools_of(pack: Pack) -> tuple[DirectoryTool, ...]:
    """Return a tool for each slash command that reads the directory, and one for any question in words."""
    offered = [one for one in Commands(pack.engine, pack.command).offered("en") if one.of_directory]
    tools = []
    for one in offered:
        fields = dict(zip(one.options, one.kinds, strict=True))
        also = {key: kind for key, kind in _ALSO.items() if kind in one.kinds and key not in fields}
        name = one.name.rpartition("-")[2].strip("/")
        tools.append(DirectoryTool(name, one.name, one.title, fields, also, lists="radius" in one.kinds))
    return (*tools, DirectoryTool(ASK, None, "Ask about providers, networks and terms"))


class Callers:
    """Limits for callers: calls per minute for each address, and concurrent calls. More concurrent calls wait.

    Calls from this machine, or from a trusted proxy that does not name the caller's address, are not counted.
    """

    def __init__(
        self, most: int, counters: CounterStore | None = None, *, at_once: int = _AT_ONCE, patience: float = _PATIENCE
    ) -> None:
        self._limit, self._slots = SharedLimit(most, "asking address", counters), asyncio.Semaphore(at_once)
        self._patience, self._most = patience, most

    async def refused(self, address: str | None) -> str | None:
        """Count a call of an address. Return the error message if the call exceeds the limit, else None."""
        seconds = await self._limit.wait_of(address) if address is not None else 0
        return f"You may ask {self._most} times a minute. Ask again in {seconds} seconds." if seconds else None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Hold one of the slots for concurrent calls within this context; yield False if none became free in time."""
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
    """Return an MCP server whose tools are answered by `answers`."""
    tools, callers = {tool.name: tool for tool in tools_of(pack)}, callers or Callers(PERSON)

    async def listed(_context: object, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[tool.described() for tool in tools.values()])

    async def called(context: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            return _failed(f"There is no tool {params.name!r}. There are: {', '.join(tools)}.")
        client = getattr(context.request, "client", None)
        address = client.host if client else None
        try:
            message = tool.message(params.arguments or {})
        except ValueError as error:
            return _failed(f"{error}.")
        if (why := await callers.refused(address)) is not None:
            return _failed(why)
        async with callers.turn() as free:
            if not free:
                return _failed(_CROWDED)
            return result([reply async for reply in answers.answer(message)], message.page + 1, pack)

    return Server(
        "bcbst-bot",
        version=version,
        instructions="A health plan's provider directory. Listings can be out of date: say so, and who to call.",
        on_list_tools=listed,
        on_call_tool=called,
    )


def result(replies: Iterable[Answered], page: int = 1, pack: Pack | None = None) -> CallToolResult:
    """Return the replies of one call as text and as data; an error if a reply is private or about a member."""
    shown: list[Shareable] = []
    for reply in (one for one in replies if not one.passing):
        rules = pack.intents.get(reply.intent) if pack else None
        if not isinstance(reply, Shareable) or (rules is not None and rules.needs == "member"):
            return _failed(_REFUSED if reply.error is None else _NO_ANSWER)
        shown.append(reply)
    data = [{key: value for key, value in as_data(one, 0).items() if key not in _LEFT_OUT} for one in shown]
    failed = any(one.error is not None for one in shown)
    more = any("page" in one.press.arguments for reply in shown for one in in_rows(reply.blocks) if one.press)
    return CallToolResult(
        content=[TextContent(text="\n\n".join(plain(_without_buttons(one.blocks)) for one in shown))],
        structured_content={"answers": data, "next_page": page + 1 if more else None},
        is_error=failed,
    )


def _without_buttons(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks without buttons, which only work in a chat.

    If the line before the buttons ends in a colon or a question mark, their labels follow it as text.
    """
    for before, block in zip((None, *blocks), blocks, strict=False):
        if isinstance(block, Item):
            yield replace(block, actions=())
        elif not isinstance(block, Actions):
            yield block
        elif isinstance(before, Line) and before.text.rstrip().endswith((":", "?")):
            yield Line((Span("; ".join(button.label for button in block.buttons)),))


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)
