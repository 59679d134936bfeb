"""A Slack, an app behind a real server, and a turn that answers by keyword."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette

from bot.channels.slack.app import SlackApp
from bot.config import Settings
from bot.delivery.inbox import Handler, Inbox
from bot.message import (
    Action,
    Actions,
    Chart,
    ChartPoint,
    Language,
    Line,
    Message,
    Person,
    Press,
    Private,
    Rating,
    Shareable,
    Source,
    Span,
)
from bot.serving import listen, running
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import open_sqlite
from tests.channels.speaking import KeywordTurn, host_of, private_blocks
from tests.doubles.slack import CLIENT_ID, CLIENT_SECRET, SECRET, TOKEN, SlackDouble, all_done
from tests.stage import Elastic

NOW = datetime(2026, 5, 20, 14, 5, tzinfo=ZoneInfo("America/Chicago"))

BY_MONTH = Chart("By month", (ChartPoint("May", (Decimal(20),)), ChartPoint("Jun", (Decimal(25),))))


THUMBS = Rating(
    Action("helped", "", press=Press("feedback.right")), Action("unhelpful", "", press=Press("feedback.wrong"))
)


class SlackTurn(KeywordTurn):
    """Member questions hold "owe" and get a private answer; the rest gets a shareable one."""

    def __init__(self) -> None:
        super().__init__()
        self.then = asyncio.Event()
        self.then.set()

    async def answer(self, message: Message) -> AsyncIterator[Private | Shareable]:
        """One reply, or two when "twice" is asked."""
        await self.hear(message)
        if "at length" in message.text:
            said = (Line((Span("still looking"),)),)
            yield Shareable(intent="provider.find", language="en", blocks=said, final=False, passing=True)
            await self.then.wait()
        if "slowly" in message.text:
            for read in (100, 600):
                note = Line((Span(f"Still reading: {read} of about 1,000 claims."),))
                yield Private(intent="claim.spending", language="en", blocks=(note,), final=False, passing=True)
        language: Language = "es" if "debo" in message.text else "en"
        if message.press == "nobody's":
            said = (Line((Span("button over"),)),)
            yield Shareable(intent="out_of_scope", language="en", blocks=said, to_asker=True)
        elif "owe" in message.text or "debo" in message.text or message.press == "mine":
            for _ in range(2 if "twice" in message.text else 1):
                owed = (*private_blocks(" <!channel> & more"), *((BY_MONTH,) if "by month" in message.text else ()))
                yield Private(
                    intent="claim.last_visit_cost", language=language, blocks=owed, may_show=self.stands, rating=THUMBS
                )
        else:
            heard = Line((Span(f"heard {message.text}"),))
            more = Actions((Action("opaque2", "More", press=Press("provider.find")),))
            facts = (Source("PractitionerRole", "r1", NOW),) if "facts" in message.text else ()
            blocks: tuple[Line | Actions, ...] = (heard, more) if facts else (heard,)
            if "long" in message.text:
                blocks = (*(Line((Span("x" * 3_000),)) for _ in range(3)),)
            intent = "account.unlink" if message.form == "account.unlink" else "provider.find"
            yield Shareable(intent=intent, language="en", blocks=blocks, sources=facts)

    async def home(self, person: Person, language: Language, *, directory_only: bool) -> tuple[Private, str]:
        """A Home that says whether its person is linked."""
        said = f"{'linked' if person.user in self.linked else 'not linked'} {directory_only}"
        page = Private(intent="home", language=language, blocks=(Line((Span(said),)),))
        return page, "active" if person.user in self.linked else ""


class OpenSeal(Vault):
    """A seal that hides nothing and still ties a value to its place."""

    def __init__(self) -> None:
        super().__init__([bytes(32)])

    def seal(self, value: bytes, about: str) -> bytes:
        """The value behind its place."""
        return about.encode() + b"\x00" + value

    def unseal(self, value: bytes, about: str) -> bytes | None:
        """The value, when it was sealed about this."""
        place, _, plain = value.partition(b"\x00")
        return plain if place == about.encode() else None


class KeptInbox(Inbox):
    """An inbox whose store can be away, and that knows what it saw."""

    lost = False

    def __init__(self, platform: str, handler: Handler, table: SealedTable, **options: Any) -> None:
        super().__init__(platform, handler, table, look=0.02, soothe_after=0.05, **options)
        self.seen: set[str] = set()

    async def take(self, key: str, lane: str, body: bytes, *, owner: str = "", seconds: float | None = None) -> bool:
        """As the inbox, while the store is there."""
        if self.lost:
            raise OSError("the store is away")
        self.seen.add(key)
        return await super().take(key, lane, body, owner=owner, seconds=seconds)


@dataclass
class House:
    """Everything a test needs."""

    slack: SlackDouble
    turn: SlackTurn
    app: SlackApp
    table: SealedTable
    clock: Elastic
    forgotten: list[Person]

    @property
    def inbox(self) -> KeptInbox:
        """What was taken in."""
        return cast("KeptInbox", self.app._errands.inbox)

    async def deliver(self, body: dict[str, object], *, times: int = 1) -> list[int]:
        """Deliver, and wait until the answers are out."""
        statuses = await self.slack.deliver(body, times=times)
        await all_done(self.app)
        return statuses


@asynccontextmanager
async def opened(
    folder: Path, *, tools: bool = False, beside: SlackDouble | None = None, **credentials: str
) -> AsyncIterator[House]:
    """The app behind uvicorn on a free port, wired to the double, or to the one of another process `beside` it."""
    turn, clock, forgotten = SlackTurn(), Elastic(), list[Person]()

    async def forget(person: Person) -> None:
        forgotten.append(person)

    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackDouble()) if beside is None else beside
        store = open_sqlite(folder / "slack.db")
        stack.push_async_callback(store.close)
        table = SealedTable(store, OpenSeal())
        sock = stack.enter_context(closing(listen()))
        address = f"http://127.0.0.1:{sock.getsockname()[1]}"
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg] # pydantic-settings takes it
            slack_api_url=slack.api_url,
            bot_public_url=address,
            bot_mcp_url="https://tools.example/mcp" if tools else None,
            **{f"slack_{name}": value for name, value in credentials.items()},  # type: ignore[arg-type] # each is checked
        )
        now = SimpleNamespace(**{**vars(settings), "now": lambda: NOW})
        host = host_of(turn, table, now, forget, clock.pause)
        app = SlackApp(host, monotonic=clock.now, pause=clock.pause)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("bot.channels.slack.errands.Inbox", KeptInbox)
            await app.start()
        async with running(Starlette(routes=app.routes()), sock):
            slack.app_url = f"{address}/slack/events"
            yield House(slack, turn, app, table, clock, forgotten)
            await app.stop()
        assert slack.refused == []


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[House]:
    """A bot that no workspace has installed yet."""
    async with opened(tmp_path, signing_secret=SECRET, client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as found:
        found.slack.tokens.clear()
        yield found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One workspace, by its token."""
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as found:
        yield found
