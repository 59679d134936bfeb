"""`bcbst-bot check` for Teams: whether Entra takes the credentials, without telling them to anybody else."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from msgspec.structs import replace

from bot.channels.teams.gate import CLOUDS, Cloud
from bot.cli.check_channels import probe
from bot.errors import ConfigError

SECRET = "s3cret-value"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"


def at(login_url: str) -> Cloud:
    """The public cloud with another sign-in."""
    return replace(CLOUDS["public"], login_url=login_url)


class Entra:
    """A token endpoint that answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.told = 200, '{"access_token":"x"}'
        self.seen: list[tuple[str, dict[str, object]]] = []

    async def token(self, request: web.Request) -> web.Response:
        """Any tenant's token endpoint."""
        self.seen.append((request.path, dict(await request.post())))
        return web.Response(status=self.status, text=self.told)


@pytest.fixture
async def entra() -> AsyncIterator[tuple[Entra, str]]:
    """The endpoint and its address."""
    made, app = Entra(), web.Application()
    app.router.add_post("/{tenant}/oauth2/v2.0/token", made.token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield made, f"http://127.0.0.1:{site.port}"
    await runner.cleanup()


async def test_good_credentials(entra: tuple[Entra, str]) -> None:
    """The app's own tenant is asked for a token of the connector."""
    made, address = entra
    await probe("app", SECRET, TENANT, at(address))
    [(path, form)] = made.seen
    assert path == f"/{TENANT}/oauth2/v2.0/token"
    assert form["scope"] == "https://api.botframework.com/.default"
    assert form["client_secret"] == SECRET


@pytest.mark.parametrize(
    ("status", "told", "named"),
    [
        (401, "AADSTS7000215: Invalid client secret", "TEAMS_APP_PASSWORD"),
        (401, "AADSTS7000222: expired", "TEAMS_APP_PASSWORD"),
        (400, "AADSTS700016: Application not found", "TEAMS_APP_ID"),
        (400, "AADSTS90002: Tenant not found", "TEAMS_TENANT_ID"),
        (503, "<html>", "TEAMS_TENANT_ID"),
    ],
)
async def test_what_entra_refuses_is_named(entra: tuple[Entra, str], status: int, told: str, named: str) -> None:
    """One line begins with the setting to put right, and holds neither the secret nor Entra's prose."""
    made, address = entra
    made.status, made.told = status, f"{told} for {SECRET}"
    with pytest.raises(ConfigError, match=f"^{named}: ") as caught:
        await probe("app", SECRET, TENANT, at(address))
    assert SECRET not in str(caught.value)


async def test_nobody_there() -> None:
    """Without an answer the line says so."""
    with pytest.raises(ConfigError, match="TEAMS_CLOUD: nothing listens at"):
        await probe("app", SECRET, TENANT, at("http://127.0.0.1:9"))
