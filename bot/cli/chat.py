"""`bcbst-bot chat`: the console channel, with the configured payer or the embedded one, and its sign-in pages.

A simulated browser signs sandbox members in on these pages over real HTTP: it opens the link, fills in the payer's
forms, keeps cookies, and reads the code on the last page.
"""

import contextlib
import difflib
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from bot.app import Bot, assemble, web_app
from bot.channels.console import LOCAL, read_lines, run, write
from bot.cli.terminal import HINT, NOBODY, rehearsed, until_quit
from bot.config import Settings
from bot.errors import ConfigError, SignInRefused
from bot.message import Message, OneToOne, Person, Private, Reply, in_rows
from bot.serving import listen, listen_for, running


async def chat(settings: Settings, *, sandbox: bool, member: str | None, as_json: bool) -> None:
    """Chat in the terminal until the input ends or a line says "quit". With `member`, that member is signed in first.

    Raises:
        ConfigError: there is no such member, or the payer is a real one.
    """
    if member and member != NOBODY and not sandbox:
        raise ConfigError("--as: only the made-up payer's members can be signed in from here; add --sandbox")
    username = account_named(member) if member else None
    async with rehearsed(settings, sandbox=sandbox) as payer, with_pages(payer, any_port=sandbox) as bot:
        if username:
            await sign_in(bot, LOCAL, username)

        async def push(_: Person, reply: Private) -> None:
            """Print an unsolicited reply, such as after a cancelled sign-in, as the answer to message 0."""
            write(reply, sys.stdout, 0, as_json=as_json)

        bot.reach.push["console"] = push
        prompt = sys.stdout if sys.stdin.isatty() and not as_json else None
        if prompt:
            prompt.write(f"{f'You are signed in as {username}. ' if username else ''}{HINT}")
        lines = read_lines(sys.stdin, prompt)
        await run(bot.turn, lines if as_json else until_quit(lines, sys.stdout), sys.stdout, as_json=as_json)


def account_named(name: str) -> str:
    """Return the user name of a synthetic member; upper and lower case do not matter.

    Raises:
        ConfigError: there is no such member; the message lists all members.
    """
    from bot.sandbox.synthetic.members import members  # noqa: PLC0415 -- only who asks for a member reads them

    about = {member.username: member.about for member in members() if member.username}
    wanted = name.strip().lower()
    if wanted in about:
        return wanted
    near = difflib.get_close_matches(wanted, about, n=1)
    head = "give one of these names" if name == NOBODY else f"the made-up payer has no member {name}"
    head += f"; did you mean {near[0]}?" if near else ":" if name == NOBODY else "; it has these:"
    width = max(map(len, about))
    raise ConfigError("\n".join([f"--as: {head}", *(f"  {one:<{width}}  {told}" for one, told in about.items())]))


_PAGES = 8


class _Page(HTMLParser):
    """The first form of an HTML page and the page's link code; `action` is None without a form, `code` "" without one.

    `fields` are the hidden fields with their values, `asks` the names of the fields to fill in, `buttons` the names and
    values of the submit buttons.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.method, self.code, self._place = "get", "", ""
        self.fields, self.asks, self.buttons = dict[str, str](), set[str](), list[tuple[str, str]]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value, kind = given.get("name"), given.get("value", ""), given.get("type", "text")
        if given.get("id") == "link-code":
            self._place = "code"
        elif tag == "form" and self.action is None:
            self._place, self.action, self.method = "form", given.get("action", ""), given.get("method", "get").lower()
        elif self._place != "form" or not name or tag not in {"input", "button"}:
            return
        elif tag == "button" or kind == "submit":
            self.buttons.append((name, value))
        elif kind == "hidden":
            self.fields[name] = value
        else:
            self.asks.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" or self._place == "code":
            self._place = ""

    def handle_data(self, data: str) -> None:
        if self._place == "code":
            self.code += data.strip()


class Browser(httpx.AsyncClient):
    """A simulated browser with its own cookies, as an asynchronous context manager."""

    def __init__(self) -> None:
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # all pages are here; the default takes long to read
        super().__init__(follow_redirects=True, timeout=60, trust_env=False, verify=unused)

    async def sign_in(self, link: str, username: str, *, allow: bool = True) -> str:
        """Open a link, sign in as `username`, and return the code on the last page.

        Without `allow`, access is refused and the result is "".

        Raises:
            SignInRefused: the pages do not lead to a code.
        """
        answer = await self.get(link)
        for _ in range(_PAGES):
            page = _Page(answer.text)
            if page.code or page.action is None:
                break
            answer = await self._submit(urljoin(str(answer.url), page.action), page, username, allow=allow)
        if not page.code and allow:
            raise SignInRefused("the pages did not lead to a code")
        return page.code

    async def _submit(self, target: str, form: _Page, username: str, *, allow: bool) -> httpx.Response:
        pressed = form.buttons[:1] if allow else form.buttons[-1:]
        values = form.fields | dict(pressed) | ({"username": username} if "username" in form.asks else {})
        if form.method == "post":
            return await self.post(target, data=values)
        return await self.get(target, params=values)


@asynccontextmanager
async def with_pages(settings: Settings, *, any_port: bool) -> AsyncIterator[Bot]:
    """Yield the bot, with its sign-in pages at BOT_PUBLIC_URL.

    With `any_port`, another port is used if that one is not free and BOT_PUBLIC_URL is not set.

    Raises:
        ConfigError: the address cannot be used.
    """
    parts = urlsplit(settings.bot_public_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        sock = listen_for("BOT_PUBLIC_URL", parts.hostname or "127.0.0.1", port, ", and sign-in comes back there")
    except ConfigError:
        if not any_port or "bot_public_url" in settings.model_fields_set:
            raise
        sock = listen()
        address = f"http://127.0.0.1:{sock.getsockname()[1]}"
        settings = settings.model_copy(update={"bot_public_url": address})
    with contextlib.closing(sock):
        async with assemble(settings) as bot, running(web_app(bot), sock):
            yield bot


def link_in(reply: Reply) -> str | None:
    """Return the URL of the reply's button to sign in, None if there is no such button."""
    return next((action.url for action in in_rows(reply.blocks) if action.id == "link"), None)


async def sign_in(bot: Bot, person: Person, username: str) -> list[Reply]:
    """Connect a sandbox member's account as a person would, and return the replies to the code.

    Raises:
        SignInRefused: the bot gives no link, or the pages do not lead to a code.
    """
    links = [link async for reply in _say(bot, person, "link") if (link := link_in(reply))]
    if not links:
        raise SignInRefused("the bot gave no link")
    async with Browser() as browser:
        code = await browser.sign_in(links[-1], username)
    return [reply async for reply in _say(bot, person, code)]


async def _say(bot: Bot, person: Person, text: str) -> AsyncIterator[Reply]:
    async for reply in bot.turn.answer(Message("rehearsal", person, OneToOne("console"), text)):
        yield reply
