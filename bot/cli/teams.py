"""Checks whether Microsoft accepts the Teams credentials; used by `check` only."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from bot.cli.reach import why_silent
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.channels.teams.regions import Cloud

_SECONDS = aiohttp.ClientTimeout(total=10)
# Of Entra's error codes: what an operator can put right by one setting.
_FAULTS = {
    "AADSTS7000215": "TEAMS_APP_PASSWORD: this is no secret of the app; make a new one and copy its value",
    "AADSTS7000222": "TEAMS_APP_PASSWORD: the secret has expired; make a new one",
    "AADSTS700016": "TEAMS_APP_ID: the tenant has no such app; look at its page in Azure, and at TEAMS_TENANT_ID",
    "AADSTS90002": "TEAMS_TENANT_ID: there is no such tenant",
}


async def probe(app_id: str, password: str, tenant: str, cloud: Cloud) -> None:
    """Request a token with these credentials; ConfigError names the setting, and of Entra's words only the code."""
    form = {"grant_type": "client_credentials", "client_id": app_id, "client_secret": password}
    form |= {"scope": f"{cloud.issuer}/.default"}
    try:
        async with aiohttp.ClientSession(timeout=_SECONDS, cookie_jar=aiohttp.DummyCookieJar()) as session:
            url = f"{cloud.login_url}/{tenant}/oauth2/v2.0/token"
            answer = await session.post(url, data=form, allow_redirects=False)
            status, told = answer.status, await answer.text()
    except (aiohttp.ClientError, OSError):
        raise ConfigError(f"TEAMS_CLOUD: {await why_silent(cloud.login_url)}") from None
    if status != HTTPStatus.OK:
        code = next((code for code in _FAULTS if code in told), "")
        raise ConfigError(f"{_FAULTS.get(code, 'TEAMS_TENANT_ID: Entra refuses it')} ({code or f'HTTP {status}'})")
