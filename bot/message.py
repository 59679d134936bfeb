"""What every channel shares: who asked, where, what they said, and what the bot says back. Imports nothing of bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeVar

Platform = str
"""A channel's name: `console`, `slack`, `teams`, or that of a channel added to them."""
Language = str
"""A language of the pack, by its code: `en`, in which templates are written, or that of a catalogue beside them."""
Wording = Literal["said", "quoted", "unsent"]
"""Whose words a message holds: its person's own, those of somebody else's message, or what is not all typed yet."""
COMMAND = "bcbst"
"""What slash commands are called when BOT_COMMAND is not set: `/bcbst`, `/bcbst-find` and so on."""
FAREWELLS = frozenset({"account.unlink", "account.forget"})
"""The intents whose replies are the last words: nothing of their person is kept, and they hold nothing of a member."""
SOURCES = "answer.sources"
"""The intent of the button "How do you know?"."""


@dataclass(frozen=True, slots=True)
class Person:
    """A chat identity, keyed by all four parts: the same user id in two workspaces is two people.

    `name` is what the linking page shows ("Dana M."), `home` where they chat ("Slack, Contoso"); neither
    identifies anybody and neither takes part in comparison.
    """

    platform: Platform
    enterprise: str
    team: str
    user: str
    name: str = field(default="", compare=False)
    home: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """The four parts as one string, for rows that belong to this person."""
        return f"{self.platform}\x1f{self.enterprise}\x1f{self.team}\x1f{self.user}"


def person_of(key: str) -> Person:
    """The chat identity of a key, without name and home, which no key holds."""
    platform, enterprise, team, user = key.split("\x1f")
    return Person(platform, enterprise, team, user)


@dataclass(frozen=True, slots=True)
class OneToOne:
    """A conversation that only this person and the bot can read."""

    conversation: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """A channel, group or thread that other people can read."""

    conversation: str
    thread: str = ""


Place = OneToOne | Shared


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a person said or pressed.

    `press` is the opaque id of a button of ours; `command` the slash command that carried the text; `form` the intent
    whose form was filled in, its fields in the text as `key:value` options.
    `directory_only` is set for guests, strangers and people of other workspaces: no member answers for them.
    `unnamed`: the platform does not tell who its person is, which is why they get directory answers only. `language` is
    that of the form.
    `origin` tells whose the words are: only what their person said themself does anything.
    `delivery` names what the platform delivered, the same however often it is tried; empty where nothing comes twice.
    `passing`: nothing refers to it later, neither words nor a button, so nothing of it is kept. `page` is the page of a
    list that it asks for, from 0, where no button can.
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
        """Whether its person's own record may be read for it: in the 1:1 chat, by nobody's guest."""
        return isinstance(self.place, OneToOne) and not self.directory_only


@dataclass(frozen=True, slots=True)
class Press:
    """What a button does: an intent with its arguments. It is stored; the wire only carries an opaque id."""

    intent: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """A button. Exactly one of `url` and `press` says what it does; `id` is opaque, or the name of a link."""

    id: str
    label: str
    url: str | None = None
    press: Press | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text, bold or not. `text` is plain: each channel escapes it for itself, last.

    `url` is what it opens where a channel draws links: a telephone number (tel:), a page (https:) or a mail (mailto:).
    """

    text: str
    bold: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """The reply's headline."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of running text."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value, such as Deductible: $50.00.

    `row` and `column` are the two halves of the label where facts stand side by side, such as each provider's phone.
    `url` is what the value opens, as a span's does.
    """

    label: str
    value: str
    row: str = ""
    column: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values that belong together; `framed`: they are a card, such as an insurance card, and look like one."""

    rows: tuple[Fact, ...]
    framed: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What stands side by side, when each row has a value for each: then the facts are a table, row by row."""
        found = tuple(dict.fromkeys(fact.column for fact in self.rows))
        size = len(found)
        rows = [self.rows[at : at + size] for at in range(0, len(self.rows), size)]
        whole = all(
            tuple(fact.column for fact in row) == found and len({fact.row for fact in row}) == 1 for row in rows
        )
        return found if size > 1 and all(found) and whole else ()


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One place of a chart: its label, a number for each series, and the words of its value where the chart says it."""

    label: str
    values: tuple[Decimal, ...]
    words: str = ""

    @property
    def told(self) -> str:
        """Its label, with the words of its value."""
        return f"{self.label} {self.words}".rstrip()


ChartKind = Literal["bars", "line", "parts"]
"""Things beside each other, values over time, or the shares of one whole in one bar."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers that words tell: those of the lines beside it, or those of its own points.

    `series` names the lines of a chart that has several, such as the two values of a blood pressure.
    """

    title: str
    points: tuple[ChartPoint, ...]
    kind: ChartKind = "bars"
    series: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """All its points in one line, for whoever sees no picture; empty where the lines beside it tell the numbers.

        The lines beside the parts of a whole always do.
        """
        if self.kind == "parts":
            return ""
        told = ", ".join(point.told for point in self.points if point.words)
        return f"{self.title}: {told}" if told else ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: its lines, and the buttons that belong to it.

    `cells` say the same as a row of a table, each with its column's name, where the list is to be one.
    """

    number: int
    lines: tuple[Line, ...]
    actions: tuple[Action, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its cells' columns."""
        return tuple(name for name, _ in self.cells)

    @property
    def text(self) -> str:
        """Its lines without marks."""
        return "\n".join("".join(span.text for span in line.spans) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Note:
    """A doubt, a limit or a notice, said once and apart."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """A row of buttons."""

    buttons: tuple[Action, ...]


Block = Title | Line | Facts | Chart | Item | Note | Actions


@dataclass(frozen=True, slots=True)
class Rating:
    """The two buttons by which a private answer is rated, a thumb up and a thumb down. Channels give them words."""

    right: Action
    wrong: Action


@dataclass(frozen=True, slots=True)
class Source:
    """A FHIR resource that an answer was read from, and when."""

    type: str
    id: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the bot says, before any channel has shaped it. Made only as `Private` or `Shareable`.

    `complete` is false when a page failed, a type was refused or an element could not be read. `final` is false
    while more replies to the same message follow. `error` is the short reference that the log also holds.
    `passing`: it tells how far the work is, and the next reply takes its place where a channel can do that.
    `to_asker`: it concerns only who asked, so a shared place shows it to nobody else.
    `alarm`: the intent of danger whose line stands first, above an answer to what else was asked.
    `unmet`: slots and words of the question that this reply does not honour; each is said in its first lines.
    `renewal`: the button that nobody sees, by which a card of this reply asks what it says now, where cards can.
    `rating`: how its reader says whether it helped, where the channel draws that; never under a line of danger.
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


async def _stands() -> bool:
    """What holds nothing of a member may always be shown."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Private(Reply):
    """May hold member data: a channel takes it only for a `OneToOne` place.

    `stands` is asked right before it is shown: no longer when its member was disconnected while it was on its way.
    `record` writes it into the audit trail, with the rows that are kept `along`; None when that is done, or not due.
    `mark` names what nobody asked for, for who looks later whether it stands in the chat.
    """

    stands: Callable[[], Awaitable[bool]] = field(default=_stands, compare=False, repr=False)
    record: Callable[..., Awaitable[bool]] | None = field(default=None, compare=False, repr=False)
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shareable(Reply):
    """Open directory facts or general words only: fit for any place."""


Answered = Private | Shareable
AReply = TypeVar("AReply", bound=Answered)
