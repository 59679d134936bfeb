"""A browser for tests of sign-in: it opens the link, fills in the payer's forms, and reads the code on the page.

It uses the same pages over the same HTTP as a person, with the cookies of one browser.
"""

import ssl
from functools import cache
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx
import msgspec

from bot.errors import SignInRefused

_PAGES = 8


@cache
def _trusted() -> ssl.SSLContext:
    """Return the default trusted certificates; loading them takes longer than a page."""
    return httpx.create_ssl_context(trust_env=False)


class HtmlForm(msgspec.Struct):
    """A form on a page: its action and its field values."""

    action: str
    method: str
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    buttons: list[tuple[str, str]] = msgspec.field(default_factory=list)
    asks: set[str] = msgspec.field(default_factory=set)


class _Page(HTMLParser):
    """Parser for the forms of a page and the text of the element with the code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.code = ""
        self._in_code = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_code = self._in_code or given.get("id") == "link-code"
        if tag == "form":
            self.forms.append(HtmlForm(given.get("action", ""), given.get("method", "get").lower()))
        elif self.forms and tag in {"input", "button"} and given.get("name"):
            _read_control(self.forms[-1], tag, given)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 -- the signature is HTMLParser's
        self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code += data.strip()


def _read_control(form: HtmlForm, tag: str, given: dict[str, str]) -> None:
    name, value, kind = given["name"], given.get("value", ""), given.get("type", "text")
    if tag == "button" or kind == "submit":
        form.buttons.append((name, value))
    elif kind == "hidden":
        form.fields[name] = value
    else:
        form.asks.add(name)


class Browser:
    """One browser with its own cookies; `async with` closes it."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(follow_redirects=True, timeout=60, trust_env=False, verify=_trusted())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def sign_in(self, link: str, username: str, *, allow: bool = True) -> str:
        """Return the code on the last page, "" if not `allow`; SignInRefused if the pages do not lead to one."""
        answer = await self._http.get(link)
        for _ in range(_PAGES):
            page = _Page(answer.text)
            if page.code or not page.forms:
                break
            answer = await self._submit(str(answer.url), page.forms[0], username, allow=allow)
        if not page.code and allow:
            raise SignInRefused("the pages did not lead to a code")
        return page.code

    async def _submit(self, page_url: str, form: HtmlForm, username: str, *, allow: bool) -> httpx.Response:
        values = dict(form.fields)
        if "username" in form.asks:
            values["username"] = username
        if form.buttons:
            name, value = form.buttons[0] if allow else form.buttons[-1]
            values[name] = value
        target = urljoin(page_url, form.action)
        if form.method == "post":
            return await self._http.post(target, data=values)
        return await self._http.get(target, params=values)
