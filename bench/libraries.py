"""What the bot's own libraries do without it, as their pages show them, on one Starlette.

Under `/` the one question with bolt, httpx and Jinja. Under `/one` slack-bolt's bare echo, as its own first example has
it: one call that repeats what was said. Under `/two` an echo that posts a line and writes the words over it, which is
what a private answer takes in Slack.
"""

import sys
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import uvicorn
import uvloop
from jinja2 import Environment
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.floor import QUERY, Task
from bot.ops import set_up
from bot.serving import listen

_WORDS = """\
*You owed {{ "${:,.2f}".format(owed) }}* on {{ day }}
{% for name, value in amounts.items() -%}
{{ name }}: {{ "${:,.2f}".format(value) }}
{% endfor %}"""


def _apps(task: Task, payer: httpx.AsyncClient) -> dict[str, AsyncApp]:
    """The apps by their paths."""
    client = AsyncWebClient(task.slack_token, base_url=task.slack_url)
    apps = {path: AsyncApp(signing_secret=task.secret, client=client) for path in ("/", "/one", "/two")}
    words = Environment(autoescape=True).from_string(_WORDS)

    @apps["/"].event("message")
    async def answer(event: dict[str, Any], say: AsyncSay, client: AsyncWebClient) -> None:
        person = task.people[event["user"]]
        found = await payer.get(QUERY.format(person.patient), headers={"authorization": f"Bearer {person.token}"})
        rows = (entry["resource"] for entry in found.json(parse_float=Decimal)["entry"])
        claims = (row for row in rows if row["resourceType"] == "ExplanationOfBenefit")
        newest = max(claims, key=lambda claim: str(claim["billablePeriod"]["start"]))
        amounts = {one["category"]["coding"][0]["code"]: one["amount"]["value"] for one in newest["total"]}
        told = {"owed": amounts.get("memberliability", 0), "day": newest["billablePeriod"]["start"], "amounts": amounts}
        sent = await say("Your answer is ready.")
        await client.chat_update(channel=event["channel"], ts=sent["ts"], text=words.render(told))

    @apps["/one"].event("message")
    async def echo(event: dict[str, Any], say: AsyncSay) -> None:
        await say(event["text"])

    @apps["/two"].event("message")
    async def update(event: dict[str, Any], say: AsyncSay, client: AsyncWebClient) -> None:
        sent = await say("One moment.")
        await client.chat_update(channel=event["channel"], ts=sent["ts"], text=event["text"])

    return apps


def _route(path: str, app: AsyncApp) -> Route:
    """Where Slack's events reach a bolt app."""
    handler = AsyncSlackRequestHandler(app)

    async def receive(request: Request) -> Response:
        return await handler.handle(request)

    return Route(path, receive, methods=["POST"])


async def _serve(task: Task) -> None:
    sock = listen("127.0.0.1", 0)
    print(sock.getsockname()[1], flush=True)  # noqa: T201 -- the starter reads the port here
    async with httpx.AsyncClient(base_url=task.fhir_url) as payer:
        app = Starlette(routes=[_route(path, one) for path, one in _apps(task, payer).items()])
        config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, server_header=False)
        await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    set_up("ERROR")
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.readline(), type=Task)))
