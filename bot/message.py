"""The data types that all channels share: people, places, messages and replies. Imports nothing from bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

Platform = str
"""A channel's name: `console`, `slack`, `teams`, or that of an added channel."""
Language = str
"""A language code: `en`, in which the templates are written, or the language of a catalogue."""
Wording = Literal["said", "quoted", "unsent"]
"""Whose words a message contains: the person's own, those of a quoted message, or text that is not sent yet."""
COMMAND = "bcbst"
"""The name of slash commands if BOT_COMMAND is not set: `/bcbst`, `/bcbst-find` and so on."""
FAREWELLS = frozenset({"account.unlink", "account.forget"})
"""The intents whose replies come after the person's data was deleted; they contain no member data."""
SOURCES = "answer.sources"
"""The intent of the button "How do you know?"."""
_METER = 2  # the parts of a whole that are what is reached and what is left


class Person(msgspec.Struct, frozen=True, eq=False):
    """A chat identity, keyed by all four parts: the same user id in two workspaces is two people.

    `name` is shown on the linking page ("Dana M."), `home` is where they chat ("Slack, Contoso"); neither identifies
    anybody and neither takes part in comparison.
    """

    platform: Platform
    enterprise: str
    team: str
    user: str
    name: str = ""
    home: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Person) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """The four parts as one string, the owner of this person's rows."""
        return f"{self.platform}\x1f{self.enterprise}\x1f{self.team}\x1f{self.user}"


def person_of(key: str) -> Person:
    """Return the chat identity for a key, without name and home, which are not in it."""
    platform, enterprise, team, user = key.split("\x1f")
    return Person(platform, enterprise, team, user)


class OneToOne(msgspec.Struct, frozen=True):
    """A conversation that only this person and the bot can read."""

    conversation: str
    thread: str = ""


class Shared(msgspec.Struct, frozen=True):
    """A channel, group or thread that other people can read."""

    conversation: str
    thread: str = ""


Place = OneToOne | Shared


class Message(msgspec.Struct, frozen=True):
    """A message or a button press of a person.

    Attributes:
        press: the opaque id of a button of the bot.
        command: the slash command that the text was typed after.
        form: the intent whose form was submitted; its fields are in the text as `key:value` options.
        directory_only: True for guests and people from other organizations, who get directory answers only.
        unnamed: True if the platform does not say who the person is, so that they get directory answers only.
        language: the language of the form.
        origin: whose words these are; only the person's own words have effects such as linking or deleting.
        delivery: an id that is the same when the platform delivers it again; "" if that does not happen.
        passing: True if nothing refers to it later, neither words nor a button, so that nothing is stored.
        page: the page of a list that is requested, from 0, if there are no buttons.
    """

    id: str
    person: Person
    place: Place
    text: str
    press: str | None = None
    command: str | None = None
    directory_only: bool = False
    form: str | None = None
    delivery: str = ""
    unnamed: bool = False
    language: Language | None = None
    origin: Wording = "said"
    passing: bool = False
    page: int = 0

    @property
    def alone(self) -> bool:
        """Whether the person's own record may be read for the message: in a 1:1 chat, and not for a guest."""
        return isinstance(self.place, OneToOne) and not self.directory_only


class Press(msgspec.Struct, frozen=True):
    """The action of a button: an intent with its arguments. It is stored; only an opaque id is sent to the platform."""

    intent: str
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict)


class Action(msgspec.Struct, frozen=True):
    """A button. Exactly one of `url` and `press` is set; `id` is opaque, or the name of a link.

    `primary`: the button is what most people do next, and is highlighted if the channel supports that.
    """

    id: str
    label: str
    url: str | None = None
    press: Press | None = None
    primary: bool = False


class Span(msgspec.Struct, frozen=True):
    """A piece of text, bold or not. `text` is plain: each channel escapes it when it renders it.

    `url` is a link, in channels that render links: a phone number (tel:), a page (https:) or an address (mailto:).
    """

    text: str
    bold: bool = False
    url: str = ""


class Title(msgspec.Struct, frozen=True, tag=True):
    """The headline of a reply."""

    text: str


class Spoken(msgspec.Struct, frozen=True):
    """Text with marks."""

    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The text without marks."""
        return "".join([span.text for span in self.spans])


class Line(Spoken, frozen=True, tag=True):
    """A line of text."""


class Fact(msgspec.Struct, frozen=True):
    """One labelled value, such as Deductible: $50.00.

    `row` and `column` are the two parts of the label if facts form a table, such as each provider's phone. `url` is a
    link on the value.
    """

    label: str
    value: str
    row: str = ""
    column: str = ""
    url: str = ""


class Facts(msgspec.Struct, frozen=True, tag=True):
    """Labelled values that belong together. With `framed` they are shown as a card, such as an insurance card."""

    rows: tuple[Fact, ...]
    framed: bool = False

    @property
    def fields(self) -> tuple[tuple[Fact, ...], ...]:
        """The rows by field: in a card, neighbours with the same label are the lines of one."""
        if not self.framed:
            return tuple((row,) for row in self.rows)
        return tuple(tuple(run) for _, run in groupby(self.rows, key=lambda row: row.label))

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names if the facts form a table, each row with a value in each column; otherwise ()."""
        found = tuple(dict.fromkeys(fact.column for fact in self.rows))
        sides = self.beside(len(found))
        whole = all(
            tuple(fact.column for fact in row) == found and len({fact.row for fact in row}) == 1 for row in sides
        )
        return found if len(found) > 1 and all(found) and whole else ()

    def beside(self, columns: int) -> list[tuple[Fact, ...]]:
        """Return the facts of each row of a table with this number of columns."""
        return [self.rows[at : at + columns] for at in range(0, len(self.rows), columns)]

    def divided(self, most: int) -> list[Facts]:
        """Return the facts in pieces of at most `most` rows, or rows of a table."""
        return [Facts(rows, self.framed) for rows in self.beside(most * max(1, len(self.columns)))]


class ChartPoint(msgspec.Struct, frozen=True):
    """One point of a chart: its label, a number for each series, and the text of its value if the chart shows it."""

    label: str
    values: tuple[Decimal, ...]
    words: str = ""

    @property
    def labelled(self) -> str:
        """The label with the text of its value."""
        return f"{self.label} {self.words}".rstrip()


ChartKind = Literal["bars", "line", "parts"]
"""Bars side by side, a line over time, or the parts of a whole in one bar."""


class Chart(msgspec.Struct, frozen=True, tag=True):
    """A picture of numbers that are also in the text: in the lines next to it, or as its own points.

    `series` are the names of the lines if there are several, such as the two values of a blood pressure.
    """

    title: str
    points: tuple[ChartPoint, ...]
    kind: ChartKind = "bars"
    series: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The points in one line, as text in place of the chart; "" if the lines next to it already state the numbers.

        This is always so for two parts of a whole. Bars of zero are left out if more than half of the bars are zero.
        """
        told = [point.labelled for point in self.points if point.words]
        some = [point.labelled for point in self.points if any(point.values) or "0.00" not in point.words]
        told = some if self.kind == "bars" and 0 < len(some) * 2 < len(told) else told
        if self.kind == "parts":
            return " · ".join([self.title, *told]) if len(told) > _METER else ""
        return f"{self.title}: {', '.join(told)}" if told else ""


class Item(msgspec.Struct, frozen=True, tag=True):
    """One entry of a list: its lines and its buttons.

    `number` is 0 if the entry cannot be selected by a number.
    """

    number: int
    lines: tuple[Line, ...]
    actions: tuple[Action, ...] = ()

    @property
    def head(self) -> str:
        """The text before the first line: the entry's number, or "" without a number."""
        return f"{self.number}. " if self.number else ""

    @property
    def is_button(self) -> bool:
        """Whether the entry's text only describes its one button."""
        return [one.label for one in self.actions] == [self.text]

    @property
    def text(self) -> str:
        """The entry's lines as plain text."""
        return "\n".join(line.text for line in self.lines)


class Note(Spoken, frozen=True, tag=True):
    """A caveat, a limit or a notice, shown separately. A `standing` one is true of every answer of its kind."""

    standing: bool = False


class Actions(msgspec.Struct, frozen=True, tag=True):
    """A row of buttons."""

    buttons: tuple[Action, ...]


Block = Title | Line | Facts | Chart | Item | Note | Actions


def buttons_of(block: Block) -> tuple[Action, ...]:
    """Return the buttons of a row or of a list entry; () for any other block."""
    return block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()


def with_buttons(block: Block, change: Callable[[Action], Action]) -> Block:
    """Return the block with each of its buttons changed."""
    if isinstance(block, Actions):
        return Actions(tuple(map(change, block.buttons)))
    return replace(block, actions=tuple(map(change, block.actions))) if isinstance(block, Item) else block


def in_rows(blocks: Iterable[Block]) -> tuple[Action, ...]:
    """Return the buttons of all rows, without those of list entries."""
    return tuple(button for block in blocks if isinstance(block, Actions) for button in block.buttons)


def sentences(block: Block) -> tuple[str, ...]:
    """Return the texts of a block; () for buttons and charts."""
    if isinstance(block, Facts):
        return tuple(f"{row.label} {row.value}" for row in block.rows)
    return () if isinstance(block, Actions | Chart) else (block.text,)


class Rating(msgspec.Struct, frozen=True):
    """The two buttons to rate a private answer, thumb up and thumb down. Channels label them."""

    right: Action
    wrong: Action


class Source(msgspec.Struct, frozen=True):
    """A FHIR resource that an answer was read from, and when it was fetched."""

    type: str
    id: str
    fetched_at: datetime


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The bot's reply before a channel has formatted it. It is made only as `Private` or `Shareable`.

    `complete` is False if a page failed, a resource type was refused or an element could not be read. `final` is False
    while more replies to the same message follow. `error` is the short reference that is also in the log.
    `passing`: a progress notice, which the next reply replaces if the channel can.
    `to_asker`: it concerns only the person who asked, so a shared place shows it to nobody else.
    `alarm`: the intent of danger whose line comes first, above the answer to the rest of the question.
    `unmet`: slots and words of the question that this reply does not honor; each is mentioned in its first lines.
    `named`: slot values that were read from the record, such as a provider's name, for the questions that follow.
    `renewal`: the invisible button with which a card of this reply refreshes itself, where cards can.
    `rating`: how the reader rates the answer, where the channel offers it; never under a line of danger.
    """

    intent: str
    language: Language
    blocks: tuple[Block, ...]
    sources: tuple[Source, ...] = ()
    complete: bool = True
    final: bool = True
    passing: bool = False
    error: str | None = None
    to_asker: bool = False
    renewal: Action | None = None
    rating: Rating | None = None
    alarm: str | None = None
    unmet: tuple[str, ...] = ()
    named: Mapping[str, str] = msgspec.field(default_factory=dict)


async def always() -> bool:
    """Return True: a reply without member data may always be shown."""
    return True


class Private(Reply, frozen=True, kw_only=True):
    """A reply that may contain member data: channels accept it only for a `OneToOne` place.

    `may_show` is called right before it is shown, and returns False if the member was disconnected meanwhile. `record`
    writes it to the audit trail, together with the rows `along`; None if that was done or is not needed. `mark`
    identifies an unsolicited message, so that it can be found in the chat later; `mine` is called right before
    such a message is posted, or taken back: False if another process has taken it over.
    """

    may_show: Callable[[], Awaitable[bool]] = always
    record: Callable[..., Awaitable[bool]] | None = None
    mark: str = ""
    mine: Callable[[], Awaitable[bool]] = always


class Shareable(Reply, frozen=True, kw_only=True):
    """A reply with public directory data or general text only, which may be written to any conversation."""


Answered = Private | Shareable
AReply = TypeVar("AReply", bound=Answered)
