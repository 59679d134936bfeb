"""A Teams, an app behind a real server, and a turn that answers by keyword."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest_asyncio
from starlette.applications import Starlette

from bot.channels.teams.app import TeamsApp
from bot.message import (
    Action,
    Actions,
    Block,
    Item,
    Language,
    Line,
    Message,
    Note,
    Person,
    Press,
    Private,
    Rating,
    Shareable,
    Source,
    Span,
)
from bot.serving import listen, running
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from bot.stores.sqlite import open_sqlite
from tests.channels.speaking import PLANTED, KeywordTurn, host_of, private_blocks
from tests.doubles.teams import APP, TENANT, TeamsDouble, settled

VAULT = Vault(parse_keys(new_key()))


class TeamsTurn(KeywordTurn):
    """Member questions hold "owe" and get a private answer; "find" gets a list; the rest gets a line."""

    def __init__(self) -> None:
        super().__init__()
        self.linked.add("00000000-0000-4000-8000-0000000000u9")

    async def answer(self, message: Message) -> AsyncIterator[Private | Shareable]:
        """One reply, or two when "twice" is asked."""
        await self.hear(message)
        language: Language = "es" if "debo" in message.text else "en"
        if "owe" in message.text or "debo" in message.text or message.press == "mine":
            for _ in range(2 if "twice" in message.text else 1):
                yield Private(
                    intent="claim.last_visit_cost",
                    language=language,
                    blocks=private_blocks(" **<at>all</at>** & more"),
                    may_show=self.stands,
                    rating=Rating(Action("right1", ""), Action("wrong1", "")) if "owe" in message.text else None,
                )
        elif message.press == "wrong1":
            blocks = (Line((Span("What was wrong?"),)), Actions((Action("amount1", "The amount"),)))
            yield Shareable(intent="feedback.wrong", language="en", blocks=blocks)
        elif "find" in message.text or "facts" in message.text:
            read = (
                (Source("PractitionerRole", "1", datetime(2026, 5, 20, tzinfo=UTC)),) if "facts" in message.text else ()
            )
            yield Shareable(intent="provider.find", language="en", blocks=found_blocks(), sources=read)
        else:
            said = Line((Span(f"heard {message.text}"),))
            yield Shareable(intent="help", language="en", blocks=(said,))

    async def renewed(self, message: Message) -> Private | None:
        """Something new for one button."""
        self.heard.append(message)
        if message.text or message.press != "mine":
            return None
        return Private(intent="account.link", language="en", blocks=(Line((Span(PLANTED),)),))


def found_blocks() -> tuple[Block, ...]:
    """A list from the directory."""
    details = (
        Action("r.1", "Details", press=Press("provider.detail")),
        Action("open", "Map", url="https://m.example/"),
    )
    return (
        Line((Span("2 cardiologists"),)),
        Item(
            1, (Line((Span("Grace Okafor, MD", bold=True), Span(" · 1 mile"))), Line((Span("Chattanooga"),))), details
        ),
        Item(2, (Line((Span("Linh Tran, MD"),)),), details[:1]),
        Note((Span("Call before you go."),)),
    )


@dataclass
class House:
    """Everything a test needs."""

    teams: TeamsDouble
    turn: TeamsTurn
    app: TeamsApp
    store: Store
    gone: list[Person] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def deliver(self, activity: dict[str, Any], *, times: int = 1) -> list[int]:
        """Deliver, and wait until the answers are out; the statuses."""
        answers = await self.teams.deliver(activity, times=times)
        await self.drain()
        return [status for status, _ in answers]

    async def ask(self, activity: dict[str, Any]) -> Any:
        """Deliver what the client waits for; the body of the answer."""
        [(status, body)] = await self.teams.deliver(activity)
        await self.drain()
        assert status == 200
        return body

    async def drain(self) -> None:
        """Wait for the answers to everything that was taken in so far."""
        await settled(self.app)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def building(tmp_path_factory: Any) -> AsyncIterator[House]:
    """The app behind uvicorn on a free port, wired to the double; made once, for the SDK takes its time."""
    turn = TeamsTurn()
    store = open_sqlite(f"sqlite:///{tmp_path_factory.mktemp('teams') / 'bot.db'}")
    house: House

    async def gone(person: Person) -> None:
        house.gone.append(person)

    async def pause(seconds: float) -> None:
        house.waits.append(seconds)

    settings = SimpleNamespace(
        teams_tenants=(TENANT,),
        teams_app_password=None,
        teams_cloud="public",
        teams_service_hosts=None,
        now=lambda: datetime(2026, 5, 20, 12, tzinfo=UTC),
    )
    async with TeamsDouble() as teams:
        app = TeamsApp(
            host_of(turn, SealedTable(store, VAULT), settings, gone, pause),
            APP,
            outside=teams.outside,
            pause=pause,
            typing_after=60,
        )
        app._inbox._soothe_after = 0.05
        house = House(teams, turn, app, store)
        await app.start()
        sock = listen()
        teams.app_url = f"http://127.0.0.1:{sock.getsockname()[1]}/teams/messages"
        async with running(Starlette(routes=app.routes()), sock):
            yield house
            await app.stop()
            await store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: House) -> AsyncIterator[House]:
    """The building with nothing in it of the tests before."""
    building.turn.heard.clear()
    building.turn.gate.set()
    building.turn.connected = lambda: True
    for kept in (building.teams.calls, building.teams.refused, building.gone, building.waits):
        kept.clear()
    building.teams.members.clear()
    building.teams.standing.clear()
    building.teams.statuses.clear()
    building.teams.busiest = 0
    building.app._people._members.clear()
    building.app._means.chats.clear()
    yield building
    await building.drain()
    assert building.teams.refused == []
