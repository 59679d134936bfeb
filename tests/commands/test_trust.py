"""Operator commands of trust: who is connected, what was done, and keys that change while others serve."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from bot.accounts.endpoint import make_key
from bot.cli.admin import _drop_incomplete_row
from bot.cli.cli import main
from bot.cli.keys import reseal
from bot.errors import ConfigError
from bot.ops.audit import Audit
from bot.replies.plain import plain
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from bot.stores.sqlite import open_sqlite
from tests.accounts.conftest import vault_beside
from tests.doubles.mortal import Killed, mortal
from tests.shipped import shipped_pack
from tests.stage import Stage, staged

LATER = 4_000_000_000.0


def run(store: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code and everything that a command prints, on that store, with the pack that the tests share."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("bot.app.load_pack", lambda *_: shipped_pack())
        result = CliRunner().invoke(main, list(words), env={"BOT_STORE_URL": f"sqlite:///{store}", **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def store_of(stage: Stage) -> Path:
    """The file that the bot of a direct chat keeps everything in."""
    return Path(stage.bots["dm"].settings.bot_store_url.removeprefix("sqlite:///"))


async def test_links_are_listed_and_revoked_and_the_trail_says_so(tmp_path: Path) -> None:
    """An operator sees chat identities and never a member, ends one, and every step is in a whole trail."""
    async with staged(tmp_path) as stage:
        dana = stage.somebody()
        await dana.connect("dana")
        await dana.say("what did i owe for my last visit")
        store = store_of(stage)
    code, text = await asyncio.to_thread(run, store, "links")
    assert code == 0
    assert re.fullmatch(r"console///person-1  since \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", text)
    for words, told in {
        ("links", "revoke", "console///nobody"): (1, "Error: no account is connected to that identity\n"),
        ("links", "revoke", "console///person-1"): (0, "console///person-1 is disconnected\n"),
        ("links",): (0, "No chat is connected.\n"),
        ("audit", "verify"): (0, "7 rows, whole\n"),
    }.items():
        assert await asyncio.to_thread(run, store, *words) == told
    _, exported = await asyncio.to_thread(run, store, "audit", "export")
    assert [json.loads(line)["what"] for line in exported.splitlines()] == [
        *("link_asked", "linked", "answered", "links_listed"),
        *("unlinked", "link_revoked", "links_listed"),
    ]
    assert "Dana" not in exported
    assert "person-1" not in exported


async def test_all_links_and_rows_of_one_identity(tmp_path: Path) -> None:
    """By a pattern, whose parts may be any; the rows of one identity, and no other's."""
    async with staged(tmp_path) as stage:
        for _ in range(2):
            await stage.somebody().connect("dana")
        store = store_of(stage)
    _, told = await asyncio.to_thread(run, store, "links", "of", "*/*/*/person-2")
    assert re.fullmatch(r"console///person-2  since .* UTC\n", told)
    _, rows = await asyncio.to_thread(run, store, "audit", "of", "console///person-2")
    assert [line.split()[2] for line in rows.splitlines()] == ["linked", "link_asked"]
    assert await asyncio.to_thread(run, store, "links", "revoke", "console/*/*/*") == (
        0,
        "console///person-1 is disconnected\nconsole///person-2 is disconnected\n",
    )
    code, told = await asyncio.to_thread(run, store, "links", "revoke", "*/person-1")
    assert (code, "* is any" in told) == (1, True)


@pytest.mark.threat("T56")
async def test_a_trail_that_was_changed_fails_the_check(tmp_path: Path) -> None:
    """`audit verify` names the row and exits with an error."""
    path = tmp_path / "bot.db"
    store = open_sqlite(path)
    audit = Audit(SealedTable(store, vault_beside(path)))
    for _ in range(3):
        await audit.record("links_listed")
    await store.close()
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM rows WHERE kind = 'audit' AND key = '000000000002'")
    database.close()
    assert await asyncio.to_thread(run, path, "audit", "verify") == (
        1,
        "row 2 is missing or in another place\nError: the trail of 2 rows is not whole\n",
    )
    assert "links_listed" in (await asyncio.to_thread(run, path, "audit"))[1]


@pytest.mark.threat("T36")
@pytest.mark.parametrize("swaps", [0, 1, 4, 9])
async def test_a_rotation_killed_anywhere_leaves_every_row_readable(tmp_path: Path, swaps: int) -> None:
    """Each row is under one key of the ring at any time; the next run does the rest (T36)."""
    old, new = parse_keys(new_key())[0], parse_keys(new_key())[0]
    before, after = Vault([old]), Vault([new, old])
    store = open_sqlite(tmp_path / "bot.db")
    for number in range(10):
        await store.put("k", str(number), before.seal(b"value", f"k/{number}"), expires=LATER)
    await store.put("plain", "1", b"never sealed", expires=LATER)
    mortal(store, swaps, "swap")
    with pytest.raises(Killed):
        await reseal(SealedTable(store, after))
    assert [after.unseal(row.value, f"k/{row.key}") for row in await store.listed("k")] == [b"value"] * 10
    mortal(store, 100, "swap")
    assert await reseal(SealedTable(store, after)) == (10 - swaps, 0)
    assert [Vault([new]).unseal(row.value, f"k/{row.key}") for row in await store.listed("k")] == [b"value"] * 10
    assert await store.get("plain", "1") == b"never sealed"
    await store.close()


@pytest.mark.threat("T36")
async def test_keys_rotate_while_the_bot_serves(tmp_path: Path) -> None:
    """A member stays connected through a rotation by another process: the key file is read again when it has to be."""
    async with staged(tmp_path) as stage:
        dana = stage.somebody()
        await dana.connect("dana")
        store = store_of(stage)
        code, told = await asyncio.to_thread(run, store, "keys", "rotate")
        assert code == 0
        assert re.match(r"[1-9]\d* rows sealed anew under the newest key; no row needs an older key\.", told)
        file = store.with_name("dm.db.keys")
        assert len(parse_keys(file.read_text(encoding="utf-8"))) == 2
        assert "1 older remain and open old back-ups" in told
        replies = await dana.say("what did i owe for my last visit")
        assert "$54.87" in plain(replies[-1].blocks)
        assert "keys_rotated" in (await asyncio.to_thread(run, store, "audit"))[1]
        assert await asyncio.to_thread(run, store, "keys", "prune") == (0, "1 older keys removed\n")
        assert len(parse_keys(file.read_text(encoding="utf-8"))) == 1
        assert "$54.87" in plain((await dana.say("what did i owe for my last visit"))[-1].blocks)


@pytest.mark.attack("keys beside the data, said to nobody")
def test_check_tells_of_keys_that_others_read_or_that_lie_beside_the_data(tmp_path: Path) -> None:
    """A note for each; `keys check` fails for a file that others can read, and names a file apart."""
    store, elsewhere = tmp_path / "bot.db", {"PAYER_FHIR_URL": "http://127.0.0.1:1/x", "BOT_PACK": "/nowhere"}
    apart = tmp_path / "apart.keys"
    for file, name in ((store.with_name("bot.db.keys"), ""), (apart, str(apart))):
        found = run(store, "keys", "check", **({"BOT_KEYS_FILE": name} if name else {}))
        assert found == (0, f"no keys yet: the first start makes {file}\n")
        vault_beside(store, bot_keys_file=name or None)
    assert run(store, "keys", "check") == (0, "the key file beside the store\n")
    assert "note keys     are kept next to the database" in run(store, "check", **elsewhere)[1]
    store.with_name("bot.db.keys").chmod(0o644)
    code, told = run(store, "keys", "check")
    assert (code, "others may read it" in told) == (1, True)
    assert "bot.db.keys: others may read it" in run(store, "check", **elsewhere)[1]
    code, told = run(store, "keys", "check", BOT_KEYS_FILE=str(apart))
    assert (code, told) == (0, f"BOT_KEYS_FILE, {apart}\n")


@pytest.mark.threat("T64")
@pytest.mark.attack("a client key that others can read")
def test_check_tells_of_a_client_key_that_others_read(tmp_path: Path) -> None:
    """The payer takes whoever holds it for this bot; one that only its owner reads is no finding."""
    client, told = tmp_path / "client.pem", "PAYER_CLIENT_KEY_FILE: others may read client.pem"
    settings = {"PAYER_FHIR_URL": "http://127.0.0.1:1/x", "BOT_PACK": "/nowhere", "PAYER_CLIENT_KEY_FILE": str(client)}
    make_key(client)
    assert told not in run(tmp_path / "bot.db", "check", **settings)[1]
    client.chmod(0o644)
    assert told in run(tmp_path / "bot.db", "check", **settings)[1]


@pytest.mark.threat("T56")
@pytest.mark.attack("a trail that was emptied, verified by the command")
async def test_an_emptied_trail_fails_the_check(tmp_path: Path) -> None:
    """Whoever deletes every row and the sealed end: the file beside the keys, and an exported line, still name it."""
    async with staged(tmp_path) as stage:
        await stage.somebody().connect("dana")
        store = store_of(stage)
    code, line = await asyncio.to_thread(run, store, "audit", "checkpoint")
    exported = tmp_path / "checkpoints"
    exported.write_text(line, encoding="ascii")
    assert code == 0
    assert await asyncio.to_thread(run, store, "audit", "verify") == (0, "2 rows, whole\n")
    with sqlite3.connect(store) as database:
        database.execute("DELETE FROM rows WHERE kind IN ('audit', 'audit_head')")
    database.close()
    code, told = await asyncio.to_thread(run, store, "audit", "verify")
    assert (code, "does not lead to row 2" in told) == (1, True)
    store.with_name("dm.db.keys.audit").unlink()
    code, told = await asyncio.to_thread(run, store, "audit", "verify")
    assert "no checkpoint outside the store" in told
    code, told = await asyncio.to_thread(run, store, "audit", "verify", "--against", str(exported))
    assert (code, "does not lead to row 2" in told) == (1, True)


@pytest.mark.threat("T56")
@pytest.mark.attack("an archive that is written over another file")
async def test_an_archive_goes_to_an_archive_alone(tmp_path: Path) -> None:
    """Neither the store itself nor a note takes rows; what a full disk left half is cut off."""
    async with staged(tmp_path) as stage:
        await stage.somebody().connect("dana")
        bot = stage.bots["dm"]
        store = store_of(stage)
        rows = [entry async for entry in bot.audit.entries()]
    note, kept = tmp_path / "note.txt", tmp_path / "trail.jsonl"
    note.write_text("milk\n")
    before = {file: file.read_bytes() for file in (note, store.with_name(f"{store.name}.keys"))}
    for file in (store, *before):
        with pytest.raises(ConfigError, match="is no archive of a trail"), file.open("r+b") as opened:
            _drop_incomplete_row(opened, file)
    assert {file: file.read_bytes() for file in before} == before
    for torn in (b"", b'{"num', msgspec.json.encode(rows[0]), msgspec.json.encode(rows[0]) + b'\n{"number":2,"at":"20'):
        kept.write_bytes(torn)
        with kept.open("r+b") as opened:
            _drop_incomplete_row(opened, kept)
        assert kept.read_bytes() == torn[: torn.rfind(b"\n") + 1]
    kept.write_bytes(msgspec.json.encode(rows[0]) + b"\n\xff\xfe\n")
    code, told = await asyncio.to_thread(run, store, "audit", "verify", "--archive", str(kept))
    assert (code, told) == (1, "Error: --archive: holds a line that is no row of a trail\n")
