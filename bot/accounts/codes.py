"""Secrets of people and browsers: link ids, states, and the code that is typed in the chat (T01, T15).

Also checks that a form was sent from our own page in this browser (T14), and that a request is no link preview (T29).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import parse_qs

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import CodeSpent, CodeWrong, LinkError
from bot.message import Person
from bot.ops.audit import Audit
from bot.ops.entrance import read_request
from bot.stores.base import Store

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648 section 6
_LONGEST = 200  # a code with any chat's formatting is far shorter
_CLEAR = "".join(sorted(set(_BASE32) - set("ILO")))  # no sign that is read as another one
_CODE_SIGNS = 8  # 37 bits; five tries leave one chance in 10^10
_BETWEEN = re.compile(
    r"[\s\-\u2010-\u2015\u2212_*~`'\"\u2018-\u201d.,:;!>|()\[\]\u200b-\u200f\u202a-\u202e\u2060\ufeff]+"
)
_MOST_TRIED = 10_000
_MARKUP = re.compile(r"<[^<>]{0,40}>|&nbsp;")  # Teams wraps what is pasted in paragraphs and spans
_LOOKALIKES = str.maketrans("018", "OIB")  # signs that base32 leaves out, as people misread them


TRIES = 5


class Tries:
    """Checks typed codes, with a few tries for each within `seconds`; `kind` is the kind of its counters in the store.

    Wrong tries are also counted in memory, as an attacker may reset the store, and recorded in the audit trail.
    """

    def __init__(self, store: Store, audit: Audit, kind: str, seconds: float, clock: Callable[[], float]) -> None:
        self._store, self._audit, self._kind = store, audit, kind
        self._wrong: TTLCache[str, int] = TTLCache(_MOST_TRIED, seconds, timer=clock)

    async def check(
        self,
        key: str,
        typed: str,
        code: str,
        *,
        expires: float,
        person: Person | None,
        over: Callable[[], Awaitable[object]],
        about: str = "",
        right: int = 0,
    ) -> None:
        """Count a try and compare what was typed with `code`, the SHA-256 of the right code.

        `person` and `about` are recorded in the audit trail for a wrong code; `over` is called after the last one.
        `right` is the number of earlier tries that were right, if a code may be typed more than once.

        Raises:
            CodeWrong: the code is wrong; has `tries_left`.
            CodeSpent: the code was wrong, and that was the last try.
        """
        # Counted before it is compared, so that guesses which come at once are all counted.
        tried = await self._store.count(self._kind, key, expires=expires) - right
        here, is_right = self._wrong.get(key, 0) + 1, same(digest(read_code(typed) or ""), code)
        if not is_right:
            self._wrong[key] = here
        tried = max(here, tried)
        if is_right and tried <= TRIES:
            return
        error: LinkError = CodeSpent("too many wrong codes")
        if tried < TRIES:
            error = CodeWrong("the code does not match", tries_left=TRIES - tried)
        await self._audit.record("code_wrong", person, detail=about or type(error).__name__)
        if isinstance(error, CodeSpent):
            await over()
        raise error


def new_secret() -> str:
    """Return 256 random bits as text for a URL, a cookie or a form."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, as it is stored. The secret has enough entropy to need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def new_code() -> str:
    """Return a new code of 8 clear characters, without its dash.

    Each half has a digit: no half is a word, which a message with the code could be read by ("BABY-MJP6").
    """
    while True:
        code = "".join(secrets.choice(_CLEAR) for _ in range(_CODE_SIGNS))
        if not (code[:4].isalpha() or code[4:].isalpha()):
            return code


def with_dash(code: str) -> str:
    """Return a code of 8 characters as a page shows it, with a dash in the middle: K7PM-4RTX."""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """Return the code in a typed text, ignoring spaces, dashes, case and formatting; None if it is not a code.

    Letters alone are a code only in capitals: "pharmacy" and "hospital" are questions, not wrong codes.
    """
    if len(text) > _LONGEST:
        return None
    bare = _BETWEEN.sub("", _MARKUP.sub("", text)).translate(_LOOKALIKES)
    if len(bare) != _CODE_SIGNS or not set(bare.upper()) <= set(_BASE32):
        return None
    return None if bare.isalpha() and not bare.isupper() else bare.upper()


# Programs that fetch links to show a preview or to look for malware. A person's browser must never match.
_PREVIEW = re.compile(
    r"slackbot|slack-imgproxy|skypeuripreview|teamslinkpreview|externalhit|twitterbot|linkedinbot|discordbot|telegrambot"
    r"|whatsapp|googlebot|bingbot|bingpreview|applebot|embedly|iframely|safelinks|crawler|spider",
    re.IGNORECASE,
)
_SECRET = re.compile(r"[A-Za-z0-9_\-]{43}")
FORM_BYTES = 4096
"""More than any form of our pages sends."""


def is_preview(request: Request) -> bool:
    """Return whether the request is from a program that shows or checks link previews."""
    return _PREVIEW.search(request.headers.get("user-agent", "")) is not None


class Cookies:
    """Cookies for this host only, valid for `lives` seconds.

    Over plain http, they have no prefix and no Secure flag.
    """

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
    """CSRF protection of one page's forms: a secret in a cookie, and a token derived from it in the form."""

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
        """Return whether the fields come from a form made for this browser and for `about`, such as a link id."""
        secret = request.cookies.get(self._cookies.name(self._name), "")
        return bool(secret) and same(fields.get("token", ""), form_token(secret, about))


def form_token(secret: str, about: str) -> str:
    """Return the CSRF token of a form about `about`, derived from the secret in the browser's cookie."""
    return digest(f"form {secret} {about}")


async def fields_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a submitted form, each once; empty if the body is larger than any of our forms."""
    body = await read_request(request, FORM_BYTES) or b""
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
