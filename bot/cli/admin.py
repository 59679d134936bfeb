"""`bcbst-bot admin`, `feedback`, `migrate`, `links` and `audit`.

These commands show anonymous counts, donated sentences and ratings; migrate the store's tables; list and end the
connections of chat identities; and list, verify, export and archive the audit trail.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.accounts.rows import LinkRow, Rows, moment
from bot.app import assemble
from bot.config import Settings
from bot.documents.desk import OPERATOR, Documents, pack
from bot.documents.printer import Printer
from bot.errors import ConfigError
from bot.message import Language, Person, person_of
from bot.ops.audit import Anchor, Audit
from bot.ops.figures import DAYS, OUTCOMES, drop_sentences, figures_of, given_sentences, ratings
from bot.ops.metrics import LEAST, counted
from bot.ops.trail import AuditRow
from bot.pack import find_pack, load_pack
from bot.stores import opened_store
from bot.stores.sealed import SealedTable, Vault, anchor_file

_FIRST = b'{"number":'
_LONGEST_ROW = 65_536  # bytes


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Audit]:
    """Open the store of these settings within this context, and yield its audit trail.

    Raises:
        ConfigError: the keys are malformed.
        StoreError: the store cannot be used.
    """
    async with opened_table(settings) as table:
        yield Audit(table)


@asynccontextmanager
async def opened_table(settings: Settings) -> AsyncIterator[SealedTable]:
    """Open the store of these settings within this context, and yield its table of encrypted rows.

    Raises:
        ConfigError: the keys are malformed.
        StoreError: the store cannot be used.
    """
    vault = Vault.from_settings(settings)
    async with opened_store(settings) as store:
        yield SealedTable(store, vault)


async def lines(settings: Settings, *, as_json: bool = False) -> AsyncIterator[str]:
    """Yield every row of the audit trail, oldest first, as text or JSON. This access is recorded in the trail."""
    async with opened(settings) as audit:
        async for entry in audit.entries():
            yield msgspec.json.encode(entry).decode() if as_json else as_line(entry)
        await audit.record("audit_read")
        await _anchor(settings, audit).advance()


def json_lines(settings: Settings) -> AsyncIterator[str]:
    """Return every row of the audit trail as a line of JSON, oldest first."""
    return lines(settings, as_json=True)


async def archive(settings: Settings, file: Path, days: int) -> str:
    """Move the audit rows older than `days` from the store to the end of a file. Return a line with their number.

    Raises:
        ConfigError: the trail is damaged, or the file is no archive or cannot be written.
    """

    def written(run: Sequence[AuditRow]) -> None:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "a+b") as opened:
            _drop_incomplete_row(opened, file)
            opened.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in run))
            opened.flush()
            os.fsync(opened.fileno())

    async def keep(run: Sequence[AuditRow]) -> None:
        try:
            await asyncio.to_thread(written, run)
        except OSError as error:
            raise ConfigError(f"{file}: cannot be written ({error.strerror}); no row of it was moved") from None

    async with opened(settings) as audit:
        if (await audit.verify()).faults:
            raise ConfigError("the trail is not whole; `bcbst-bot audit verify` says where")
        moved = await audit.archive(datetime.now(UTC) - timedelta(days=days), keep)
        await audit.record("audit_read", detail="archived")
        await _anchor(settings, audit).advance()
        return f"{moved:,} rows moved"


def _drop_incomplete_row(opened: BinaryIO, file: Path) -> None:
    """Remove the incomplete last row of an archive, which an interrupted run left; the store still has that row.

    Raises:
        ConfigError: the file is not empty and no archive.
    """
    opened.seek(0)
    first, size = opened.readline(), opened.seek(0, os.SEEK_END)
    try:
        if first.endswith(b"\n"):
            msgspec.json.decode(first, type=AuditRow)
        elif not _FIRST.startswith(first[: len(_FIRST)]):
            raise msgspec.DecodeError
    except msgspec.MsgspecError:
        raise ConfigError(f"{file}: is no archive of a trail and is left as it is; name another file") from None
    opened.seek(max(0, size - _LONGEST_ROW))
    tail = opened.read()
    opened.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


def archived(lines: Iterable[str]) -> Iterator[AuditRow]:
    """Yield the rows of archives, each once: after an interrupted run, an archive may contain rows twice.

    Raises:
        ConfigError: a line is no audit row.
    """
    seen: dict[int, int] = {}
    for line in lines:
        try:
            entry = msgspec.json.decode(line, type=AuditRow)
        except msgspec.MsgspecError:
            raise ConfigError("--archive: holds a line that is no row of a trail") from None
        if entry.number > seen.get(entry.lane, 0):
            yield entry
            seen[entry.lane] = entry.number


async def verify(
    settings: Settings, against: Iterable[str] | None = None, archive: Iterable[str] | None = None
) -> AsyncIterator[str]:
    """Yield the faults of the audit trail, compared with exported checkpoints and archives, or that it is whole.

    Raises:
        ConfigError: after the faults, if there are any.
    """
    given = [line.strip() for line in against or () if line.strip()]
    async with opened(settings) as audit:
        kept = await _anchor(settings, audit).read()
        verdict = await audit.verify([one for one in (kept, *given) if one], archived(archive or ()))
    faults = [*verdict.faults]
    if settings.bot_audit_anchor is not None and not kept:
        faults.append("BOT_AUDIT_ANCHOR: holds no checkpoint")
    for fault in faults:
        yield fault
    if faults:
        raise ConfigError(f"the trail of {verdict.entries} rows is not whole")
    yield f"{verdict.entries} rows, whole"
    if not (kept or given):
        yield "no checkpoint outside the store confirms its end: `bcbst-bot audit checkpoint` makes one"


async def checkpoint(settings: Settings) -> str:
    """Return a checkpoint: the position and hash of the last audit row, encrypted.

    Also write it to the checkpoint file.

    The file is overwritten even if its previous checkpoint contradicts the trail.
    """
    async with opened(settings) as audit:
        return await _anchor(settings, audit).advance(accept=True)


def _anchor(settings: Settings, audit: Audit) -> Anchor:
    return Anchor(audit, anchor_file(settings))


def as_line(entry: AuditRow) -> str:
    """Return an audit row as a line of text."""
    read = ", ".join(f"{count} {kind}" for kind, count in sorted(entry.read.items()))
    parts = (f"{entry.end.name:>6}", entry.at, entry.what, entry.who[:8], entry.where, entry.detail, read)
    return "  ".join(part for part in parts if part)


_OPERATOR = Person(OPERATOR, "", "", "admin")


async def page(settings: Settings, month: datetime | None, language: Language) -> AsyncIterator[str]:
    """Publish the page with a month's counts, and yield its URL and code. `month` is by default the current one.

    Raises:
        ConfigError, StoreError, PackError: the counts cannot be read.
    """
    async with opened_table(settings) as table:
        shown = month or settings.now()
        figures = figures_of([row async for row in counted(table)], f"{shown:%Y-%m}")
        given = [one async for one in given_sentences(table)]
        folder = find_pack(settings.bot_pack)
        titles = {name: rules.title for name, rules in load_pack(folder).engine.intents.items()}
        printer = Printer(folder / "templates" / "documents", {"payer": settings.payer_facts, "titles": titles})
        values = {"figures": figures, "sentences": given, "least": LEAST, "days": DAYS}
        packed = pack(printer.pieces("counts", "html", values, language))
        documents = Documents(table, Audit(table), settings.bot_public_url)
        offered = await documents.offer("bot-counts", language, printer.style, {"html": packed}, _OPERATOR)
    yield offered.url
    yield f"Code: {offered.code}"
    yield f"The page opens once, within {offered.minutes} minutes, while the bot serves this address."


async def sentences(settings: Settings, *, drop: bool = False) -> AsyncIterator[str]:
    """Yield the donated sentences with their month and language, oldest first.

    With `drop`, delete them instead and yield a line with their number.
    """
    async with opened_table(settings) as table:
        if drop:
            yield f"{await drop_sentences(table)} sentences thrown away"
            return
        async for one in given_sentences(table):
            yield f"{one.month}  {one.language}  {one.text}"


async def migrate(settings: Settings) -> str:
    """Migrate the store's tables by opening the store, and return a line that says so."""
    async with opened_store(settings):
        return "the store is up to date"


_BY_BUTTON = "(a button)"
_SAID = {
    "right": "helpful",
    "wrong": "not helpful",
    "amount": "wrong amount",
    "person": "wrong person or place",
    "question": "not what was asked",
    "words": "hard to understand",
}


async def ratings_of(settings: Settings) -> AsyncIterator[str]:
    """Yield the numbers of ratings for each month, intent and rule, newest month first.

    Raises:
        StoreError: the store cannot be used.
    """
    async with opened_store(settings) as store:
        counted = await ratings(store)
    if not counted:
        yield "Nobody has rated an answer yet."
        return
    answers: dict[tuple[str, str, str], Counter[str]] = {}
    for one in counted:
        answers.setdefault((one.month, one.intent, one.rule), Counter())[one.outcome] += one.times
    for (month, intent, rule), times in answers.items():
        said = ", ".join(f"{_SAID[outcome]} {times[outcome]}" for outcome in OUTCOMES if times[outcome])
        yield f"{month}  {intent}  {rule or _BY_BUTTON}: {said}"


_PARTS = ("platform", "enterprise", "team", "user")
_MOST_ROWS = 100_000


async def links(settings: Settings, identity: str = "*/*/*/*") -> AsyncIterator[str]:
    """Yield a line for each connected account, oldest first: the chat identity and the date, never whose record it is.

    Raises:
        ConfigError: `identity` is malformed.
    """
    wanted = _parts(identity)
    async with opened_table(settings) as table:
        async for key, row in Rows(table, time.time, settings.bot_link_days).all(LinkRow):
            if _fits(person_of(key), wanted):
                yield f"{_spelled(person_of(key))}  since {moment(row.since):%Y-%m-%d %H:%M} UTC"
        await Audit(table).record("links_listed")


async def revoke(settings: Settings, identity: str) -> str:
    """End the connections of a chat identity: their data is deleted, and their tokens are revoked, as by "unlink".

    Return a line for each. In `identity`, * matches any part.

    Raises:
        ConfigError: no account is connected to the identity, or it is malformed.
    """
    wanted = _parts(identity)
    async with assemble(settings) as bot:
        people = [person async for person, _ in bot.accounts.linked() if _fits(person, wanted)]
        if not people:
            raise ConfigError("no account is connected to that identity")
        for person in people:
            await bot.accounts.unlink(person)
            await bot.audit.record("link_revoked", person)
    return "\n".join(f"{_spelled(person)} is disconnected" for person in people)


async def rows_of(settings: Settings, identity: str) -> AsyncIterator[str]:
    """Yield the audit rows about one chat identity, newest first. This access is recorded in the audit trail.

    Raises:
        ConfigError: the identity is malformed.
    """
    person = person_of("\x1f".join(_parts(identity)))
    async with opened(settings) as audit:
        for entry in await audit.of(person, newest=_MOST_ROWS):
            yield as_line(entry)
        await audit.record("audit_read", person)


def _parts(pattern: str) -> list[str]:
    parts = pattern.split("/")
    if len(parts) != len(_PARTS):
        raise ConfigError(f"an identity is written {'/'.join(_PARTS)}, as `bcbst-bot links` lists it; * is any")
    return parts


def _fits(person: Person, wanted: list[str]) -> bool:
    """Return whether each part of a person's identity equals the wanted part, or the wanted part is "*"."""
    return all(want in {"*", part} for want, part in zip(wanted, person.key.split("\x1f"), strict=True))


def _spelled(person: Person) -> str:
    return person.key.replace("\x1f", "/")
