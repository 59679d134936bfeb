"""The servers that Teams' load is sent to: the bot, or the SDK's bare echo as its own first example has it.

Both take the connector's keys and their own token from the double; what they are told comes on standard input.
"""

import sys
from functools import partial
from typing import Any

import msgspec
import uvicorn
import uvloop

from bot.app import assemble, web_app
from bot.channels.registry import start_teams, started
from bot.channels.teams.incoming import CLOUDS
from bot.channels.teams.sdk import Adapter, Outside, make_app
from bot.config import Settings
from bot.ops import set_up
from bot.serving import listen
from tests.doubles.teams import APP, TENANT, own_token


class Task(msgspec.Struct):
    """What a server is told. Without `settings` it is the echo."""

    keys_url: str
    settings: dict[str, str] | None = None


class Route(Adapter):
    """The SDK's handler as a bare ASGI application."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read, handle, answer."""
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer = await self.handle(msgspec.json.decode(body), headers)
        await send({"type": "http.response.start", "status": answer["status"], "headers": []})
        await send({"type": "http.response.body", "body": msgspec.json.encode(answer["body"] or {})})


async def _serve(task: Task) -> None:
    outside = Outside(keys_url=task.keys_url, token=own_token)
    if task.settings is None:
        route = Route()
        app = make_app(route, app_id=APP, password=None, tenant=TENANT, cloud=CLOUDS["public"], outside=outside)

        @app.on_message
        async def echo(context: Any) -> None:
            await context.send(f"you said {context.activity.text}")

        await app.initialize()
        await _listen(route)
        return
    named = {name.lower(): value for name, value in task.settings.items()}
    settings = Settings(_env_file=None, **named)  # type: ignore[arg-type, call-arg] # pydantic checks each value
    async with assemble(settings) as bot, started(bot, {"teams": partial(start_teams, outside=outside)}) as channels:
        await _listen(web_app(bot, channels.values()))


async def _listen(app: Any) -> None:
    sock = listen("127.0.0.1", 0)
    print(sock.getsockname()[1], flush=True)  # noqa: T201 -- the starter reads the port here
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, server_header=False)
    await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    set_up("ERROR")
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.readline(), type=Task)))
