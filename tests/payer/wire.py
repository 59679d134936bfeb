"""A payer on no wire at all: answers are scripted, requests are kept, and time moves only by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.http import Http
from bot.payer.origin import Retry, Waits
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search
from bot.records.bundle import Page
from tests.records.made import bundle, raw

BASE = "https://payer.example/fhir/r4"
CLAIMS = Search("ExplanationOfBenefit")
FHIR = {"content-type": "application/fhir+json"}

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Clock:
    """A monotonic clock that only moves when somebody sleeps on it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Payer:
    """Gives its replies in turn, the last one again and again; keeps every request."""

    replies: list[Reply]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return _copy(reply(request) if callable(reply) else reply)

    @property
    def queries(self) -> list[dict[str, list[str]]]:
        """The parameters of each request."""
        return [{name: request.url.params.get_list(name) for name in request.url.params} for request in self.requests]

    @property
    def urls(self) -> list[str]:
        """The URLs that were asked for."""
        return [str(request.url) for request in self.requests]


def _copy(response: httpx.Response) -> httpx.Response:
    """The same answer, not yet read: bytes come from the wire as they were sent."""
    return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content))


def fhir(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    """A FHIR answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={**FHIR, **named}, content=body)


def page(*resources: dict[str, Any], following: str | None = None, **elements: Any) -> httpx.Response:
    """A page of results."""
    link = [{"relation": "next", "url": following}] if following else []
    return fhir(bundle(*resources, link=link, **elements))


def refusal(text: str, status: int = 400) -> httpx.Response:
    """A 400 with the server's words."""
    return fhir(
        raw({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": text}]}), status
    )


@dataclass
class Rig:
    """A payer, a clock and the client's parts over them."""

    payer: Payer
    clock: Clock
    http: Http

    @property
    def retry(self) -> Retry:
        """Retries on this clock, without jitter."""
        return Retry(self.http, jitter=lambda: 0.5)


def rig(*replies: Reply, waits: Waits | None = None) -> Rig:
    """A payer that gives these replies."""
    payer, clock = Payer(list(replies)), Clock()
    http = Http(transport=httpx.MockTransport(payer), clock=clock, pause=clock.sleep, waits=waits)
    return Rig(payer, clock, http)


def member(rigged: Rig, patient: str | None = "p1", **more: object) -> MemberClient:
    """The client of member p1."""
    return MemberClient(rigged.http, BASE, "secret-token", patient, retry=rigged.retry, **more)  # type: ignore[arg-type]


async def pages(client: MemberClient | DirectoryClient | PooledDirectory, search: Search, budget: Budget) -> list[Page]:
    """All pages of a search."""
    return [found async for found in client.search(search, budget)]


def ids(found: list[Page]) -> list[str]:
    """The ids of the rows."""
    return [entry.id for each in found for entry in each.matches]
