"""What the payer's UserInfo says about who signed in, for servers that keep `fhirUser` out of the id_token.

OIDC Core 5.4: claims that a scope asks for come from UserInfo whenever an access token is given as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import PayerError
from bot.payer.http import Http

_PATIENCE = 4.0  # seconds; the member's browser waits for it
_OK = 200


async def more_claims(http: Http, url: str | None, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The id_token's claims with those of UserInfo beside them; an id_token's own always win.

    UserInfo is believed only when it is about the `sub` of the id_token (OIDC Core 5.3.2). It is a help: what does not
    come, or comes as anything but JSON, adds nothing.
    """
    if url is None or "sub" not in claims:
        return claims
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    try:
        answer = await http.get(url, headers, http.clock() + _PATIENCE)
        said = json.loads(answer.content) if answer.status_code == _OK else None
    except (PayerError, ValueError, RecursionError):
        return claims
    return {**said, **claims} if isinstance(said, dict) and said.get("sub") == claims["sub"] else claims
