"""`bcbst-bot admin`, `feedback`, `migrate`, `links` and `audit`.

Counts, given sentences and ratings, of which nothing identifies anybody; the store's tables; the connected chat
identities, and the end of connections for their owners; the audit trail, listed, verified and exported.
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
from bot.stores.opening import opened_store
from bot.stores.sealed import SealedTable, Vault, anchor_file

_FIRST = b'{"number":'
_LONGEST_ROW = 65_536  # bytes


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Audit]:
    """Yield the audit trail in the store of these settings; errors as of `opened_table`."""
    async with opened_table(settings) as table:
        yield Audit(table)


@asynccontextmanager
async def opened_table(settings: Settings) -> AsyncIterator[SealedTable]:
    """Yield the store's table; ConfigError if the keys are malformed, StoreError if the store cannot be used."""
    vault = Vault.from_settings(settings)
    async with opened_store(settings) as store:
        yield SealedTable(store, vault)


async def lines(settings: Settings, *, as_json: bool = False) -> AsyncIterator[str]:
    """Yield every row, oldest first, as text or JSON; the export itself is recorded as a row."""
    async with opened(settings) as audit:
        async for entry in audit.entries():
            yield msgspec.json.encode(entry).decode() if as_json else as_line(entry)
        await audit.record("audit_read")
        await _anchor(settings, audit).advance()


def json_lines(settings: Settings) -> AsyncIterator[str]:
    """Return every row as a line of JSON."""
    return lines(settings, as_json=True)


async def archive(settings: Settings, file: Path, days: int) -> str:
    """Move rows older than `days` to a file's end and say how many; ConfigError for a broken trail or bad file."""

    def written(run: Sequence[AuditRow]) -> None:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "a+b") as opened:
            _cut_back(opened, file)
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


def _cut_back(opened: BinaryIO, file: Path) -> None:
    """Remove incomplete data after the last complete row, which the store still has; ConfigError for other content."""
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
    """Yield the rows of archives, each once, as an interrupted run is written again; ConfigError for any other line."""
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
    """Yield the faults of the trail with exported checkpoints and archives, or that it is whole; ConfigError if not."""
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
    """Return where the trail ends, encrypted; the checkpoint file is replaced whatever it held."""
    async with opened(settings) as audit:
        return await _anchor(settings, audit).advance(accept=True)


def _anchor(settings: Settings, audit: Audit) -> Anchor:
    return Anchor(audit, anchor_file(settings))


def as_line(entry: AuditRow) -> str:
    """Return a row as a line of text."""
    read = ", ".join(f"{count} {kind}" for kind, count in sorted(entry.read.items()))
    parts = (f"{entry.end.name:>6}", entry.at, entry.what, entry.who[:8], entry.where, entry.detail, read)
    return "  ".join(part for part in parts if part)


_OPERATOR = Person(OPERATOR, "", "", "admin")


async def page(settings: Settings, month: datetime | None, language: Language) -> AsyncIterator[str]:
    """Yield the link and code of the page of figures; ConfigError, StoreError or PackError if they cannot be read."""
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
    """Yield the sentences with their month and language, oldest first; with `drop` delete them and say how many."""
    async with opened_table(settings) as table:
        if drop:
            yield f"{await drop_sentences(table)} sentences thrown away"
            return
        async for one in given_sentences(table):
            yield f"{one.month}  {one.language}  {one.text}"


async def migrate(settings: Settings) -> str:
    """Open the store, which brings its tables up to date, and say so."""
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
    """Yield the counts of each month, intent and rule, newest month first; StoreError if the store cannot be used."""
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


async def listed(settings: Settings, identity: str = "*/*/*/*") -> AsyncIterator[str]:
    """Yield a line per link, oldest first: chat and since when, never whose record; ConfigError for a bad identity."""
    wanted = _parts(identity)
    async with opened_table(settings) as table:
        async for key, row in Rows(table, time.time, settings.bot_link_days).all(LinkRow):
            if _fits(person_of(key), wanted):
                yield f"{_spelled(person_of(key))}  since {moment(row.since):%Y-%m-%d %H:%M} UTC"
        await Audit(table).record("links_listed")


async def revoke(settings: Settings, identity: str) -> str:
    """End an identity's connections as "unlink" does: data deleted, tokens revoked; ConfigError if there are none."""
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
    """Yield the audit rows of one identity, newest first, and record that; ConfigError for a malformed identity."""
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
    """Return whether each part equals the wanted one, or the wanted one is "*"."""
    return all(want in {"*", part} for want, part in zip(wanted, person.key.split("\x1f"), strict=True))


def _spelled(person: Person) -> str:
    return person.key.replace("\x1f", "/")
