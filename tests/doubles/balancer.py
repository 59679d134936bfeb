"""A proxy that gives each request to the next of several servers, as a balancer without memory would."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "content-encoding", "date"}


@asynccontextmanager
async def balanced(servers: Sequence[str], port: int) -> AsyncIterator[None]:
    """Serve on a loopback port; whichever of these base addresses comes next gets the request."""
    turns = itertools.cycle(servers)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True) as session:

        async def forward(request: web.Request) -> web.Response:
            headers = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in _HOP)
            target = f"{next(turns)}{request.raw_path}"
            body = await request.read()
            async with session.request(
                request.method, target, headers=headers, data=body, allow_redirects=False
            ) as answer:
                kept = CIMultiDict((name, value) for name, value in answer.headers.items() if name.lower() not in _HOP)
                return web.Response(status=answer.status, headers=kept, body=await answer.read())

        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield
        finally:
            await runner.cleanup()
