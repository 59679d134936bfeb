"""Where linking is attacked: a bot over the sandbox payer on real HTTP, and one over a payer written to be hostile.

An attack knows only what both have: people who ask for links, browsers, the payer's pages, and a way to spoil the
payer's answers.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

import httpx

from bot.accounts.accounts import Accounts
from bot.app import Bot as Whole
from bot.cli.browser import _Page
from bot.errors import NotLinked
from bot.message import Person
from bot.sandbox.app import Sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.server import serve_sandbox
from bot.sandbox.world import World
from bot.stores.base import Store
from bot.stores.sqlite import SqliteStore
from tests.accounts.conftest import Bot, Clock, code_on, hidden, make_settings, running
from tests.accounts.payer import ORIGIN, Payer
from tests.accounts.test_idtoken import FORGED
from tests.cases import saw
from tests.stage import serving_bot

EVIL = "https://evil.example"
TOKEN = "/as/token.oauth2"
TLS = ssl.create_default_context()  # made once: it takes longer than a page
FLAWS = {
    "bad-signature": "signature of another key under a known kid",
    "alg-none": "alg none",
    "hs256": "HS256 with the public key",
    "wrong-issuer": "wrong issuer",
    "wrong-audience": "wrong audience",
    "wrong-nonce": "wrong nonce",
    "expired": "expired",
    "issued-in-future": "issued in the future",
    "no-subject": "no subject",
}


@dataclass
class Visitor:
    """A browser that follows only what it is told to follow."""

    http: httpx.AsyncClient

    async def open(self, url: str) -> httpx.Response:
        """GET, without following redirects."""
        page = await self.http.get(url)
        saw(page.text)
        return page

    async def send(self, link: str, form: Mapping[str, str]) -> httpx.Response:
        """POST the link's form."""
        page = await self.http.post(link, data=form)
        saw(page.text)
        return page

    async def depart(self, link: str) -> str:
        """Open the link and send its form; the payer's URL that comes back."""
        away = await self.send(link, hidden(await self.open(link)))
        assert away.status_code == 303, away.text
        return away.headers["location"]

    async def come_back(self, callback: str) -> httpx.Response:
        """Follow the payer's redirect, and ours to the last page."""
        answer = await self.open(callback)
        return await self.open(answer.headers["location"]) if answer.status_code == 303 else answer


class Ground(Protocol):
    """A bot and its payer. `mine` and `hers` are two members who can sign in."""

    mine: str
    hers: str

    @property
    def accounts(self) -> Accounts:
        """The bot's accounts."""
        ...

    @property
    def store(self) -> Store:
        """The bot's store, as who reads the disk has it."""
        ...

    def visitor(self, **headers: str) -> Visitor:
        """A fresh browser."""
        ...

    async def reset_counters(self) -> None:
        """Set every counter of the database back."""
        ...

    async def sign_in(self, away: str, member: str) -> str:
        """The callback with which the payer's pages send this member back."""
        ...

    async def let_in(self, away: str, member: str) -> str:
        """The callback of a payer that asks for no password: this member's session was left open an hour ago."""
        ...

    def foreign_code(self, away: str) -> str:
        """A code that the payer made for another app."""
        ...

    def tokens_asked(self) -> int:
        """How often the token endpoint was called."""
        ...

    def patient_of(self, member: str) -> str:
        """The Patient id of a member."""
        ...

    def name_of(self, member: str) -> str:
        """How the pages call a member."""
        ...

    @property
    def issuer(self) -> str:
        """What the payer calls itself."""
        ...

    def spoilt(self, how: str) -> Any:
        """A context in which the payer's answers are spoilt: a flaw of the id_token, or another trick."""
        ...


@dataclass
class Double:
    """Over the hostile double, on no wire."""

    bot: Bot
    mine: str = "dana"
    hers: str = "vera"

    @property
    def accounts(self) -> Accounts:
        """The bot's accounts."""
        return self.bot.accounts

    @property
    def store(self) -> Store:
        """The bot's store."""
        return self.bot.store

    def visitor(self, **headers: str) -> Visitor:
        """A fresh browser."""
        return Visitor(self.bot.browser(**headers).http)

    async def reset_counters(self) -> None:
        """In its file."""
        await _reset_counters(self.store)

    async def sign_in(self, away: str, member: str) -> str:
        """The double has no pages."""
        return self.bot.payer.sign_in(away, member)

    async def let_in(self, away: str, member: str) -> str:
        """The double has no sessions: it says in the id_token that there was one."""
        callback = await self.sign_in(away, member)
        self.bot.payer.codes[value_in(callback, "code")].signed_in -= 3_600
        return callback

    def foreign_code(self, away: str) -> str:
        """This payer takes codes of any client; only the id_token tells for whom it is."""
        code = parse_qs(urlsplit(self.bot.payer.sign_in(away, self.hers)).query)["code"][0]
        self.bot.payer.codes[code].query["client_id"] = "another-app"
        return code

    def tokens_asked(self) -> int:
        """Calls of the token endpoint."""
        return self.bot.payer.count("/token")

    def patient_of(self, member: str) -> str:
        """Members are their own patients."""
        return member

    def name_of(self, member: str) -> str:
        """First name and initial."""
        given, family = self.bot.payer.names[member]
        return f"{given} {family[0]}."

    @property
    def issuer(self) -> str:
        """Its origin."""
        return ORIGIN

    @contextmanager
    def spoilt(self, how: str) -> Iterator[None]:
        """One of the switches."""
        payer = self.bot.payer
        before = (payer.sign, payer.token_changes, payer.check_pkce, dict(payer.answers))
        tricks: dict[str, Callable[[], object]] = {
            "wrong-patient": lambda: setattr(payer, "token_changes", {"patient": self.hers}),
            "less-scope": lambda: setattr(payer, "token_changes", {"scope": "openid fhirUser"}),
            "no-pkce": lambda: setattr(payer, "check_pkce", False),
            "redirect": lambda: payer.answers.update({"/token": _sends_away}),
        }
        if how in FLAWS:
            forge = FORGED[FLAWS[how]]
            payer.sign = lambda claims: forge(payer, claims)
        else:
            tricks[how]()
        yield
        payer.sign, payer.token_changes, payer.check_pkce, payer.answers = before


async def _reset_counters(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    await store._run("UPDATE counters SET times = 0", ())


def _sends_away(_: httpx.Request) -> httpx.Response:
    return httpx.Response(307, headers={"location": f"{EVIL}/token"})


@dataclass
class Real:
    """Over the sandbox, on real HTTP."""

    bot: Whole
    sandbox: Sandbox
    world: World
    stack: AsyncExitStack
    mine: str = "dana"
    hers: str = "walter"
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def accounts(self) -> Accounts:
        """The bot's accounts."""
        return self.bot.accounts

    @property
    def store(self) -> Store:
        """The bot's store."""
        return self.bot.store

    def visitor(self, **headers: str) -> Visitor:
        """A fresh browser."""
        http = httpx.AsyncClient(
            base_url=self.bot.settings.bot_public_url, headers=headers, verify=TLS, trust_env=False
        )
        self.stack.push_async_callback(http.aclose)
        return Visitor(http)

    async def reset_counters(self) -> None:
        """In its file."""
        await _reset_counters(self.store)

    async def sign_in(self, away: str, member: str) -> str:
        """Fill in the payer's forms and stop before its redirect is followed."""
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            return await self._through(http, away, member)

    async def let_in(self, away: str, member: str) -> str:
        """A browser in which she has signed in before; nobody types a name or a password any more."""
        behaviour = self.sandbox.behaviour
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            behaviour.session_age = 3_600
            await self._through(http, altered(away, state="hers"), member)
            behaviour.session_age, behaviour.ignore_prompt = 0, True
            try:
                return await self._through(http, away, "")
            finally:
                behaviour.ignore_prompt = False

    async def _through(self, http: httpx.AsyncClient, away: str, member: str) -> str:
        answer = await http.get(away)
        while not answer.is_redirect:
            form = _Page(answer.text).forms[0]
            assert member or not form.asks
            values = {**form.fields, **dict.fromkeys(form.asks, member), **dict(form.buttons[:1])}
            answer = await http.post(urljoin(str(answer.url), form.action), data=values)
        return str(answer.headers["location"])

    def foreign_code(self, away: str) -> str:  # noqa: ARG002 -- this payer keeps clients apart: to ours, it is unknown
        """A code of another app."""
        return "code-of-another-app"

    def tokens_asked(self) -> int:
        """Calls of the token endpoint."""
        return sum(seen.path == TOKEN for seen in self.sandbox.requests)

    def patient_of(self, member: str) -> str:
        """The member's own Patient."""
        return self.world.accounts[member].patients[0]

    def name_of(self, member: str) -> str:
        """The first name."""
        return member.capitalize()

    @property
    def issuer(self) -> str:
        """Where it is."""
        return self.sandbox.issuer

    @contextmanager
    def spoilt(self, how: str) -> Iterator[None]:
        """One of the sandbox's switches."""
        behaviour = self.sandbox.behaviour
        tricks: dict[str, tuple[str, Any]] = {
            "wrong-patient": ("token_patient", self.patient_of(self.hers)),
            "less-scope": ("drop_scopes", frozenset({"patient/*.read"})),
            "no-pkce": ("ignore_pkce", True),
            "redirect": ("faults", [Fault(TOKEN, 307, headers={"location": f"{EVIL}/token"}, times=None)]),
        }
        name, value = tricks.get(how, ("identity_flaw", how))
        before = getattr(behaviour, name)
        setattr(behaviour, name, value)
        yield
        setattr(behaviour, name, before)


@asynccontextmanager
async def hostile_double(folder: Path) -> AsyncIterator[Ground]:
    """A bot over the double."""
    clock = Clock()
    async with running(folder, Payer(clock), clock, make_settings()) as bot:
        yield Double(bot)


@asynccontextmanager
async def sandbox_payer(folder: Path, world: World) -> AsyncIterator[Ground]:
    """A bot over the sandbox."""
    async with (
        serve_sandbox(world) as sandbox,
        serving_bot(sandbox, folder / "bot.db") as bot,
        AsyncExitStack() as stack,
    ):
        yield Real(bot, sandbox, world, stack)


async def connected(ground: Ground, person: Person) -> str | None:
    """The Patient whose records this person's chat opens."""
    try:
        return (await ground.accounts.access(person)).patient
    except NotLinked:
        return None


async def code_of(ground: Ground, person: Person, member: str) -> str:
    """The code of a whole sign-in."""
    visitor = ground.visitor()
    away = await visitor.depart(await ground.accounts.begin(person))
    return code_on(await visitor.come_back(await ground.sign_in(away, member)))


def altered(url: str, /, **changes: str | None) -> str:
    """The URL with other parameters; without those that are given as None."""
    parts = urlsplit(url)
    query = {name: value for name, value in {**dict(parse_qsl(parts.query)), **changes}.items() if value is not None}
    return parts._replace(query=urlencode(query)).geturl()


def value_in(url: str, name: str) -> str:
    """A parameter of the URL."""
    return parse_qs(urlsplit(url).query)[name][0]


__all__ = ["ORIGIN", "Double", "Ground", "Real", "Visitor", "altered", "code_of", "connected", "value_in"]
