"""Documents and health links alone: how long they live, for whom, and that store and keys do not open them."""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.accounts.rows import Access
from bot.documents.desk import ROW, Documents, OfferedDocument, Paper, SealedDrawer, pack, packed_already, unpack
from bot.documents.publisher import HealthLinks
from bot.errors import BotError, CodeSpent, CodeWrong, Disconnected, DocumentOver
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import SqliteStore, open_sqlite

DANA, WALTER = Person("slack", "", "T1", "U1"), Person("slack", "", "T1", "U2")
FILES = {"html": pack(["<p>Dana owes ", "$54.87</p>"]), "csv": pack(["54.87\r\n"])}


@dataclass
class Desk:
    """A desk with its store and a clock that only moves when a test moves it."""

    documents: Documents
    links: HealthLinks
    store: Store
    vault: Vault
    audit: Audit
    now: float = 1_750_000_000.0

    async def offer(
        self, person: Person | None = DANA, files: dict[str, bytes] | None = None
    ) -> tuple[str, OfferedDocument]:
        """A fresh document: its id and what the chat tells."""
        offered = await self.documents.offer("claims", "en", "style", files or FILES, person)
        return offered.url.rpartition("/")[2], offered

    async def link(self) -> tuple[str, str, int]:
        """A fresh health link: its id, its passcode, and when its payload says that it ends."""
        shlink, code = await self.links.offer(b'{"resourceType": "Bundle"}', DANA)
        coded = shlink.removeprefix("shlink:/")
        payload = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
        assert len(payload["key"]) == 43  # 256 bits
        return payload["url"].rpartition("/")[2], code, payload["exp"]

    async def guarded(self, kind: str) -> tuple[str, Callable[[str], Awaitable[object]]]:
        """The code of a fresh document or health link, and a way to try one."""
        if kind == "document":
            own, offered = await self.offer()
            return str(offered.code), lambda code: outcome(self.documents.fetch(own, "csv", code))
        link, right, _ = await self.link()
        return right, lambda code: refusal(self.links.open(link, code))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on an empty store."""
    made: list[Desk] = []
    store = open_sqlite(tmp_path / "bot.db", clock=lambda: made[0].now)
    vault = Vault([bytes(32)])
    table = SealedTable(store, vault)
    audit = Audit(table, clock=lambda: made[0].now)
    documents = Documents(table, audit, "https://bot.example", clock=lambda: made[0].now)
    links = HealthLinks(table, audit, "https://bot.example", clock=lambda: made[0].now)
    made.append(Desk(documents, links, store, vault, audit))
    yield made[0]
    await store.close()


async def refusal(work: Awaitable[object]) -> object:
    """The kind of refusal, None where there is none."""
    try:
        await work
    except BotError as error:
        return type(error)
    return None


async def outcome(work: Awaitable[AsyncIterator[bytes]]) -> bytes | type[BotError]:
    """What came out, or the kind of refusal."""
    try:
        return b"".join([piece async for piece in unpack(await work)])
    except BotError as error:
        return type(error)


async def test_ten_minutes_for_a_persons_own_and_a_day_for_directory_facts(desk: Desk) -> None:
    """To the second."""
    own, offered = await desk.offer()
    anybodys, public = await desk.offer(None, {"html": FILES["html"]})
    assert (offered.minutes, public.minutes, public.code) == (10, 1440, None)
    desk.now += 599
    assert isinstance(await desk.documents.peek(own), Paper)
    desk.now += 1
    with pytest.raises(DocumentOver):
        await desk.documents.peek(own)
    desk.now += 86_400 - 601
    assert await outcome(desk.documents.read(anybodys, "html")) == b"<p>Dana owes $54.87</p>"
    desk.now += 1
    assert await outcome(desk.documents.read(anybodys, "html")) is DocumentOver


async def test_of_many_at_once_one_gets_the_file(desk: Desk) -> None:
    """Taking it and removing it is one step."""
    own, offered = await desk.offer()
    fetched = [outcome(desk.documents.fetch(own, "csv", str(offered.code))) for _ in range(4)]
    assert sorted(map(str, await asyncio.gather(*fetched))) == sorted(map(str, [b"54.87\r\n", *[DocumentOver] * 3]))


@pytest.mark.threat("T59")
@pytest.mark.attack("a card's passcode guessed many times at once")
@pytest.mark.parametrize("kind", ["document", "health link"])
async def test_guesses_that_come_at_once_are_all_counted(desk: Desk, kind: str) -> None:
    """Five tries in all, however fast they come; then the right code finds nothing."""
    right, attempt = await desk.guarded(kind)
    told = await asyncio.gather(*(attempt(f"AAAA-22{n}2") for n in range(2, 8)))
    assert told.count(CodeWrong) == 4
    assert CodeSpent in told
    assert await attempt(right) is DocumentOver


@pytest.mark.threat("T59")
@pytest.mark.attack("a count of code tries that is set back in the database")
@pytest.mark.parametrize("kind", ["document", "health link"])
async def test_who_sets_the_count_back_gets_no_further_try(desk: Desk, kind: str) -> None:
    """The process counts too: after five wrong codes the right one finds nothing."""
    right, attempt = await desk.guarded(kind)
    assert isinstance(desk.store, SqliteStore)
    for _ in range(5):
        assert await attempt("A2AA-AAAA") in {CodeWrong, CodeSpent}
        await desk.store._run("DELETE FROM counters", ())
    assert await attempt(right) is DocumentOver


async def test_a_health_link_lives_ten_minutes_to_the_second(desk: Desk) -> None:
    """As often as the desk looks, each time a row of the trail that names neither link nor code; then it is over."""
    link, code, ends = await desk.link()
    assert ends == desk.now + 600
    desk.now += 599
    file = (await desk.links.open(link, code)).file
    assert await desk.links.file(link, file) == (await desk.links.open(link, code)).encrypted
    assert [(row.what, row.detail) for row in await desk.audit.of(DANA)] == [("exported", "health-link")] * 2
    desk.now += 1
    for late in (desk.links.open(link, code), desk.links.file(link, file)):
        assert await refusal(late) is DocumentOver


async def test_one_live_document_a_person(desk: Desk) -> None:
    """A newer one ends the older; another person's and a receipt of the directory stay."""
    first, _ = await desk.offer()
    other, _ = await desk.offer(WALTER)
    anybodys, _ = await desk.offer(None)
    second, _ = await desk.offer()
    with pytest.raises(DocumentOver):
        await desk.documents.peek(first)
    for alive in (second, other, anybodys):
        assert await desk.documents.peek(alive)


async def test_a_code_opens_only_its_own_document(desk: Desk) -> None:
    """Neither another's code nor the reading of public documents gets at it."""
    own, _ = await desk.offer()
    _, others = await desk.offer(WALTER)
    assert await outcome(desk.documents.fetch(own, "html", str(others.code))) is CodeWrong
    assert await outcome(desk.documents.read(own, "html")) is DocumentOver


async def test_who_fetched_what_is_in_the_trail(desk: Desk) -> None:
    """A file that left and a wrong code are rows about their person; the code and the link are not in them."""
    own, offered = await desk.offer()
    await outcome(desk.documents.fetch(own, "html", "AAAA-2222"))
    await outcome(desk.documents.fetch(own, "csv", str(offered.code)))
    rows = await desk.audit.of(DANA)
    assert [(row.what, row.detail) for row in rows] == [("exported", "claims.csv"), ("code_wrong", "claims")]
    assert await desk.audit.of(WALTER) == ()


async def test_the_keys_and_the_store_do_not_open_it(desk: Desk) -> None:
    """The bot's own seal gives another sealed value: the inner key is made of the link's id, which is nowhere kept."""
    own, _ = await desk.offer()
    rows = await desk.store.listed("document_file")
    assert len(rows) == len(FILES)
    for row in rows:
        inner = desk.vault.unseal(row.value, f"document_file/{row.key}")
        assert inner is not None
        assert own not in row.key
        assert all(packed not in inner for packed in FILES.values())
        assert desk.vault.unseal(inner, row.key.rpartition(".")[2]) is None


@pytest.mark.threat("T70")
async def test_a_large_file_waits_in_rows_of_its_own_each_sealed_and_handed_out_once(desk: Desk) -> None:
    """Of what does not fit into one row no row is larger than a mebibyte, none opens in another's place."""
    large = secrets.token_bytes(2 * ROW + 5)
    own, offered = await desk.offer(files={"zip": packed_already(large)})
    rows = await desk.store.listed("document_file")
    assert len(rows) == 3
    assert max(len(row.value) for row in rows) < ROW + 200
    assert not any(large[:64] in (desk.vault.unseal(row.value, f"document_file/{row.key}") or b"") for row in rows)
    assert await outcome(desk.documents.fetch(own, "zip", str(offered.code))) == large
    assert await outcome(desk.documents.fetch(own, "zip", str(offered.code))) is DocumentOver
    assert await desk.store.listed("document_file") == []


@pytest.mark.threat("T70")
async def test_wrong_codes_take_every_row_of_a_large_file_away(desk: Desk) -> None:
    """And so does a newer document."""
    large = {"zip": packed_already(secrets.token_bytes(2 * ROW))}
    key, _ = await desk.offer(files=large)
    for _ in range(5):
        await outcome(desk.documents.fetch(key, "zip", "A2AA-AAAA"))
    assert await desk.store.listed("document_file") == []
    await desk.offer(files=large)
    await desk.offer()
    assert len(await desk.store.listed("document_file")) == len(FILES)


async def holds() -> bool:
    """The link is still the person's."""
    return True


def drawer_of(desk: Desk, person: Person, access: Access, holds: Callable[[], Awaitable[bool]]) -> SealedDrawer:
    """The drawer of one record."""
    return SealedDrawer(desk.documents._table, person, access, holds, desk.documents._clock)


@pytest.mark.threat("T71")
async def test_what_is_read_while_its_person_unlinks_stays_nowhere(desk: Desk) -> None:
    """The page that came after it is thrown away, and the reading ends."""
    linked = [True]

    async def holds() -> bool:
        return linked[0]

    drawer = drawer_of(desk, DANA, Access("dana-1", "token", "link", desk.now + 600), holds)
    await drawer.put("0", b"her claims")
    await desk.store.drop_owned(DANA.key)  # as unlinking does
    linked[0] = False
    with pytest.raises(Disconnected):
        await drawer.put("1", b"her lab results")
    assert await desk.store.listed("drawer") == []


@pytest.mark.threat("T71")
async def test_a_drawer_is_its_records_own_sealed_and_ends_with_the_sign_in(desk: Desk) -> None:
    """Another record of the same person has another one; an hour at most, also where a sign-in is renewed."""
    dana, son = (Access(who, "token", "link", desk.now + 600) for who in ("dana-1", "son-1"))
    drawer, other = (drawer_of(desk, DANA, one, holds) for one in (dana, son))
    await drawer.put("0", b"her lab results")
    assert (await drawer.get("0"), await other.get("0")) == (b"her lab results", None)
    [row] = await desk.store.listed("drawer")
    assert b"lab" not in row.value
    assert "dana-1" not in row.key
    renewed = replace(dana, link_id="other", renewable=True, expires_at=desk.now + 86_400)
    lasting = drawer_of(desk, DANA, renewed, holds)
    await lasting.put("0", b"x")
    desk.now += 599
    assert await drawer.get("0") == b"her lab results"
    desk.now += 1
    assert await drawer.get("0") is None
    desk.now += 3_000
    assert await lasting.get("0") is None
    again = drawer_of(desk, DANA, replace(dana, expires_at=desk.now + 600), holds)
    await again.put("0", b"y")
    assert await again.get("0") == b"y"
    await desk.store.drop_owned(DANA.key)  # as unlinking does
    assert await again.get("0") is None
