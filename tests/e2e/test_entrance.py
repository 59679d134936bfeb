"""The entrance of a whole bot: no redirect to a thief's host, no figures for a proxy, forged requests counted."""

from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app import web_app
from bot.sandbox.world import World
from tests.accounts.conftest import make_settings
from tests.doubles.slack import SECRET, TOKEN
from tests.e2e.house import House
from tests.e2e.tenant import open_tenant

PROXY = "10.0.0.7"


@pytest.mark.attack("a redirect to the thief's host")
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_a_slash_at_the_end_leads_nowhere(house: House, method: str) -> None:
    """404, not a redirect to whatever host the request names, with the id of the link in it."""
    link = await house.link()
    app = web_app(house.bot)
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=house.settings.bot_public_url) as http:
        answer = await http.request(method, f"{link}/")
        assert answer.status_code in {404, 405}
        assert "location" not in answer.headers
        stolen = await http.request(method, f"{link}/", headers={"host": "evil.example"})
        assert (stolen.status_code, "location" in stolen.headers) == (421, False)


async def test_an_address_that_is_none_is_a_page_for_a_browser(house: House) -> None:
    """In the style and the language of the others; a few words for a machine; what nobody foresaw is a page too."""
    app = web_app(house.bot, more=[Route("/broken", _broken)])
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=house.settings.bot_public_url) as http:
        page = await http.get("/nowhere", headers={"accept": "text/html", "accept-language": "es"})
        assert (page.status_code, page.headers["content-language"]) == (404, "es")
        assert "No encontramos esa página" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert (await http.get("/nowhere")).text == "Not Found"
        wrong = await http.post("/privacy", headers={"accept": "text/html"})
        assert (wrong.status_code, "find that page" in wrong.text) == (405, True)
        broken = await http.get("/broken", headers={"accept": "text/html"})
        assert (broken.status_code, "our fault" in broken.text) == (500, True)


async def _broken(_: Request) -> Response:
    raise RuntimeError("planted")


@pytest.mark.attack("figures through a proxy that sets no header")
async def test_figures_are_not_given_to_a_proxy(house: House) -> None:
    """Behind https a request from this machine is the proxy's; the setting says which are."""
    for changes, peer, status in (
        ({"bot_public_url": "https://bot.example"}, "127.0.0.1", 404),
        ({"bot_public_url": "https://bot.example", "bot_trusted_proxies": PROXY}, "127.0.0.1", 200),
        ({"bot_public_url": "https://bot.example", "bot_trusted_proxies": PROXY}, PROXY, 404),
        ({}, "127.0.0.1", 200),
    ):
        house.bot.settings = make_settings(**{"bot_public_url": "http://127.0.0.1:8765", **changes})
        transport = httpx.ASGITransport(web_app(house.bot), client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            assert (await http.get("/metrics")).status_code == status


@pytest.mark.attack("forged requests that nobody notices")
async def test_forged_requests_are_counted_and_logged(world: World, tmp_path: Path) -> None:
    """Slack's and Teams': a figure for each, a line in the log for the first few, no word of what they held."""
    async with open_tenant(world, tmp_path, slack_bot_token=TOKEN, slack_signing_secret=SECRET) as tenant:
        house, planted = tenant.house, "planted-words"
        async with httpx.AsyncClient(base_url=house.settings.bot_public_url) as http:
            for _ in range(30):
                assert (await http.post("/slack/events", json={"text": planted})).status_code == 401
            assert (await http.post("/teams/messages", json={"text": planted})).status_code == 401
            [(status, _)] = await tenant.teams.deliver(tenant.teams.message(planted) | {"channelId": "directline"})
            assert status == 403
            figures = (await http.get("/metrics")).text
    assert 'bot_refused_total{channel="slack",reason="signature"} 30.0' in figures
    assert 'bot_refused_total{channel="teams",reason="token"} 1.0' in figures
    assert 'bot_refused_total{channel="teams",reason="channel"} 1.0' in figures
    assert 1 <= house.log.text.count('"reason": "signature"') <= 10
    assert planted not in house.log.text
