"""slack-bolt's bare echo, as its own first example has it, on Starlette: one call that repeats what was said.

Under `/two` a second one posts a line and writes the words over it, which is what a private answer takes in Slack.
"""

import sys
from typing import Any

import msgspec
import uvicorn
import uvloop
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.ops.log import set_up
from bot.serving import listen


class Task(msgspec.Struct):
    """What the echo is told on its standard input."""

    secret: str
    token: str
    slack_url: str


def _bare(task: Task) -> AsyncApp:
    client = AsyncWebClient(task.token, base_url=task.slack_url)
    return AsyncApp(signing_secret=task.secret, client=client)


def _one(task: Task) -> AsyncApp:
    app = _bare(task)

    @app.event("message")
    async def echo(event: dict[str, Any], say: AsyncSay) -> None:
        await say(event["text"])

    return app


def _two(task: Task) -> AsyncApp:
    app = _bare(task)

    @app.event("message")
    async def echo(event: dict[str, Any], say: AsyncSay, client: AsyncWebClient) -> None:
        sent = await say("One moment.")
        await client.chat_update(channel=event["channel"], ts=sent["ts"], text=event["text"])

    return app


def route(path: str, app: AsyncApp) -> Route:
    """Where Slack's events reach a bolt app."""
    handler = AsyncSlackRequestHandler(app)

    async def receive(request: Request) -> Response:
        return await handler.handle(request)

    return Route(path, receive, methods=["POST"])


async def _serve(task: Task) -> None:
    sock = listen("127.0.0.1", 0)
    print(sock.getsockname()[1], flush=True)  # noqa: T201 -- the starter reads the port here
    app = Starlette(routes=[route("/one", _one(task)), route("/two", _two(task))])
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, server_header=False)
    await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    set_up("ERROR")
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.readline(), type=Task)))
