"""A checkpoint of the audit trail in a file outside the store, which shows whether the trail was truncated or emptied.

A new checkpoint replaces the previous one only if the trail still contains the row of the previous one.
"""

import asyncio
import os
from pathlib import Path

import structlog

from bot.ops.audit import Audit

log = structlog.get_logger("audit")


class Anchor:
    """The checkpoint of the audit trail in a file. If the file is None, no checkpoint is kept."""

    def __init__(self, audit: Audit, file: Path | None) -> None:
        self._audit, self._file = audit, file

    async def read(self) -> str:
        """Return the checkpoint in the file; "" if there is none."""
        return "" if self._file is None else await asyncio.to_thread(_read, self._file)

    async def keep(self) -> str:
        """Add a joining row if the last one is an hour old, and write a new checkpoint."""
        await self._audit.join()
        return await self.advance()

    async def advance(self, *, accept: bool = False) -> str:
        """Store where the trail ends and return it, with `accept` whatever was stored; StoreError if it is not read."""
        now, before = await self._audit.checkpoint(), await self.read()
        if not accept and before and (fault := await self._audit.misses(before)):
            log.error("the audit trail does not lead to its checkpoint", reason=fault)
            return now
        if self._file is not None and now and now != before:
            try:
                await asyncio.to_thread(_write, self._file, now)
            except OSError as error:
                log.warning("checkpoint not kept", kind=type(error).__name__)
        return now


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write(file: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="ascii") as opened:
        opened.write(text + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
