"""Checks that a form was sent from our own page in this browser (T14), and that a request is no link preview (T29)."""

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from bot.accounts.codes import digest, new_secret, same

# Programs that fetch links to show a preview or to look for malware. A person's browser must never match.
_PREVIEW = re.compile(
    r"slackbot|slack-imgproxy|skypeuripreview|teamslinkpreview|externalhit|twitterbot|linkedinbot|discordbot|telegrambot"
    r"|whatsapp|googlebot|bingbot|bingpreview|applebot|embedly|iframely|safelinks|crawler|spider",
    re.IGNORECASE,
)
_SECRET = re.compile(r"[A-Za-z0-9_\-]{43}")
_FORM_BYTES = 4096


def is_preview(request: Request) -> bool:
    """Return whether the request is from a program that shows or checks link previews."""
    return _PREVIEW.search(request.headers.get("user-agent", "")) is not None


class Cookies:
    """Cookies for this host only, for `lives` seconds; plain http on loopback only, without prefix and Secure."""

    def __init__(self, public_url: str, lives: float) -> None:
        self._secure, self._lives = public_url.startswith("https:"), round(lives)

    def name(self, name: str) -> str:
        """Return the cookie's name with its prefix."""
        return f"__Host-{name}" if self._secure else name

    def put(self, response: Response, name: str, value: str, *, same_site: Literal["lax", "strict"]) -> None:
        """Set a cookie on a response."""
        response.set_cookie(
            self.name(name), value, max_age=self._lives, secure=self._secure, httponly=True, samesite=same_site
        )


class FormTokens:
    """CSRF protection of one page's forms: a secret in a cookie, and a token in the form that is derived from it."""

    def __init__(self, cookies: Cookies, name: str) -> None:
        self._cookies, self._name = cookies, name

    def secret(self, request: Request) -> str:
        """Return the browser's secret from its cookie, or a new one."""
        given = request.cookies.get(self._cookies.name(self._name), "")
        return given if _SECRET.fullmatch(given) else new_secret()

    def keep(self, response: Response, secret: str) -> None:
        """Store the secret in the browser."""
        self._cookies.put(response, self._name, secret, same_site="strict")

    def is_ours(self, request: Request, fields: Mapping[str, str], about: str) -> bool:
        """Return whether the fields come from a form about `about` that was made for this browser."""
        secret = request.cookies.get(self._cookies.name(self._name), "")
        return bool(secret) and same(fields.get("token", ""), form_token(secret, about))


def form_token(secret: str, about: str) -> str:
    """Return a CSRF token for one form, derived from the browser's cookie."""
    return digest(f"form {secret} {about}")


async def body_of(request: Request) -> bytes | None:
    """Return the body of a request; None if it is larger than any that our pages send."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _FORM_BYTES:
            return None
    return body


async def fields_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a submitted form, each once; empty if it is larger than our forms."""
    body = await body_of(request) or b""
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
