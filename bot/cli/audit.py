"""`bcbst-bot audit`: lists, verifies and exports the audit trail."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from bot.config import Settings
from bot.errors import ConfigError
from bot.ops.audit import Anchor, Audit
from bot.ops.trail import AuditRow
from bot.stores.opening import open_store, sqlite_path
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
    vault = Vault.from_settings(settings, sqlite_path(settings.bot_store_url))
    store = await open_store(settings.bot_store_url, **settings.store_options)
    try:
        yield SealedTable(store, vault)
    finally:
        await store.close()


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
    return Anchor(audit, anchor_file(settings, sqlite_path(settings.bot_store_url)))


def as_line(entry: AuditRow) -> str:
    """Return a row as a line of text."""
    read = ", ".join(f"{count} {kind}" for kind, count in sorted(entry.read.items()))
    parts = (f"{entry.end.name:>6}", entry.at, entry.what, entry.who[:8], entry.where, entry.detail, read)
    return "  ".join(part for part in parts if part)
