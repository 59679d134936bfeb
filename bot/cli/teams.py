"""Whether Microsoft takes the Teams credentials. For an operator's check, not for a running bot."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.channels.teams.regions import Cloud

_SECONDS = aiohttp.ClientTimeout(total=10)
# Of Entra's error codes: what an operator can put right by one setting.
_FAULTS = {"AADSTS7000215": "TEAMS_APP_PASSWORD", "AADSTS7000222": "TEAMS_APP_PASSWORD", "AADSTS700016": "TEAMS_APP_ID"}


async def probe(app_id: str, password: str, tenant: str, cloud: Cloud) -> None:
    """Return when a token is given for them, by OAuth's client credentials.

    Raises:
        ConfigError: Entra refuses them, or does not answer. It names the setting, and quotes nothing but Entra's code.
    """
    form = {"grant_type": "client_credentials", "client_id": app_id, "client_secret": password}
    form |= {"scope": f"{cloud.issuer}/.default"}
    try:
        async with aiohttp.ClientSession(timeout=_SECONDS, cookie_jar=aiohttp.DummyCookieJar()) as session:
            url = f"{cloud.login_url}/{tenant}/oauth2/v2.0/token"
            answer = await session.post(url, data=form, allow_redirects=False)
            status, told = answer.status, await answer.text()
    except (aiohttp.ClientError, OSError) as error:
        raise ConfigError(f"TEAMS_TENANT_ID: {cloud.login_url} does not answer ({type(error).__name__})") from None
    if status != HTTPStatus.OK:
        code = next((code for code in _FAULTS if code in told), "")
        raise ConfigError(f"{_FAULTS.get(code, 'TEAMS_TENANT_ID')}: Entra refuses it ({code or status})")
