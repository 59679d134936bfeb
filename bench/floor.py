"""The floor: one Slack question without a framework, in a straight line.

Signature, one FHIR GET, numbers, and the post (`posts=1`), or the neutral post and its update that a private answer
takes in Slack (`posts=2`). `reads=2` reads the newest claim once more by its id, as an answer with details does.
`all=1` walks every page of a hundred and adds up what was owed.
It keeps nothing, checks nothing but the signature, and understands only one question.
"""

import asyncio
import hashlib
import hmac
import sys
import time
from decimal import Decimal

import aiohttp
import msgspec
import uvloop
from aiohttp import web

QUERY = (
    "ExplanationOfBenefit?patient={}&_sort=-service-date"
    "&_include=ExplanationOfBenefit:provider&_include=ExplanationOfBenefit:care-team&_count=10"
)


class Person(msgspec.Struct):
    """Whose record a Slack user may read, and with which token."""

    token: str
    patient: str


class Task(msgspec.Struct):
    """What the floor is told on its standard input."""

    secret: str
    slack_token: str
    slack_url: str
    fhir_url: str
    people: dict[str, Person]


class _Event(msgspec.Struct):
    channel: str
    user: str


class _Envelope(msgspec.Struct):
    event: _Event


class _Coding(msgspec.Struct):
    code: str = ""


class _Category(msgspec.Struct):
    coding: tuple[_Coding, ...] = ()


class _Money(msgspec.Struct):
    value: Decimal = Decimal(0)


class _Total(msgspec.Struct):
    category: _Category
    amount: _Money


class _Period(msgspec.Struct):
    start: str = ""


class _Claim(msgspec.Struct):
    resourceType: str  # noqa: N815 -- FHIR's name
    id: str
    billablePeriod: _Period = msgspec.field(default_factory=_Period)  # noqa: N815 -- FHIR's name
    total: tuple[_Total, ...] = ()


class _Entry(msgspec.Struct):
    resource: _Claim


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _Bundle(msgspec.Struct):
    entry: tuple[_Entry, ...] = ()
    link: tuple[_Link, ...] = ()


class _Sent(msgspec.Struct):
    ts: str


_ENVELOPE, _BUNDLE, _CLAIM, _SENT = (
    msgspec.json.Decoder(_Envelope),
    msgspec.json.Decoder(_Bundle),
    msgspec.json.Decoder(_Claim),
    msgspec.json.Decoder(_Sent),
)


class Floor:
    """Answers every signed event with the cost of the newest claim."""

    def __init__(self, task: Task, session: aiohttp.ClientSession) -> None:
        self._task, self._session = task, session
        self._work: set[asyncio.Task[None]] = set()

    async def receive(self, request: web.BaseRequest) -> web.Response:
        """Acknowledge a signed event at once; the answer follows."""
        body = await request.read()
        if not self._signed(request, body):
            return web.Response(status=401)
        event = _ENVELOPE.decode(body).event
        answering = (
            self._sum(event)
            if "all" in request.query
            else self._answer(event, reads=int(request.query["reads"]), posts=int(request.query["posts"]))
        )
        work = asyncio.create_task(answering)
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        return web.Response()

    def _signed(self, request: web.BaseRequest, body: bytes) -> bool:
        stamp = request.headers["X-Slack-Request-Timestamp"]
        key, text = self._task.secret.encode(), f"v0:{stamp}:".encode() + body
        expected = "v0=" + hmac.new(key, text, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(stamp)) < 300  # noqa: PLR2004 -- seconds, by Slack's guide
        return fresh and hmac.compare_digest(expected, request.headers["X-Slack-Signature"])

    async def _answer(self, event: _Event, *, reads: int, posts: int) -> None:
        person = self._task.people[event.user]
        claims = _BUNDLE.decode(await self._get(person, QUERY.format(person.patient))).entry
        newest = max(
            (entry.resource for entry in claims if entry.resource.resourceType == "ExplanationOfBenefit"),
            key=lambda claim: claim.billablePeriod.start,
        )
        if reads > 1:
            newest = _CLAIM.decode(await self._get(person, f"ExplanationOfBenefit/{newest.id}"))
        place = {"channel": event.channel}
        if posts > 1:
            sent = _SENT.decode(await self._call("chat.postMessage", {**place, "text": "Your answer is ready."}))
            await self._call("chat.update", {**place, "ts": sent.ts, "text": _words(newest)})
        else:
            await self._call("chat.postMessage", {**place, "text": _words(newest)})

    async def _sum(self, event: _Event) -> None:
        person = self._task.people[event.user]
        path, owed = (
            QUERY.format(person.patient).replace("_count=10", "_count=100&service-date=ge2024-01-01"),
            Decimal(0),
        )
        while path:
            bundle = _BUNDLE.decode(await self._get(person, path))
            owed += sum(_owed(entry.resource) for entry in bundle.entry)
            url = next((link.url for link in bundle.link if link.relation == "next"), "")
            path = url.removeprefix(f"{self._task.fhir_url}/")
        sent = _SENT.decode(await self._call("chat.postMessage", {"channel": event.channel, "text": "Here."}))
        await self._call("chat.update", {"channel": event.channel, "ts": sent.ts, "text": f"${owed:,.2f}"})

    async def _get(self, person: Person, path: str) -> bytes:
        headers = {"authorization": f"Bearer {person.token}", "accept": "application/fhir+json"}
        async with self._session.get(f"{self._task.fhir_url}/{path}", headers=headers) as answer:
            return await answer.read()

    async def _call(self, method: str, arguments: dict[str, str]) -> bytes:
        headers = {"authorization": f"Bearer {self._task.slack_token}", "content-type": "application/json"}
        body = msgspec.json.encode(arguments)
        async with self._session.post(f"{self._task.slack_url}{method}", data=body, headers=headers) as answer:
            return await answer.read()


def _owed(claim: _Claim) -> Decimal:
    codes = (one for one in claim.total if any(coding.code == "memberliability" for coding in one.category.coding))
    return next((one.amount.value for one in codes), Decimal(0))


def _words(claim: _Claim) -> str:
    amounts = {one.category.coding[0].code: one.amount.value for one in claim.total if one.category.coding}
    lines = [f"{name} ${value:,.2f}" for name, value in amounts.items()]
    return f"${amounts.get('memberliability', Decimal(0)):,.2f} on {claim.billablePeriod.start}\n" + "\n".join(lines)


async def _serve(task: Task) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        runner = web.ServerRunner(web.Server(Floor(task, session).receive, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(site.port, flush=True)  # noqa: T201 -- the starter reads the port here
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.readline(), type=Task)))
