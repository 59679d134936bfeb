"""A checkpoint of the audit trail in a file outside the store. It shows when the trail was truncated or emptied.

The newest checkpoint replaces the one before only when the trail still leads to that one.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog

from bot.ops.audit import Audit

log = structlog.get_logger("audit")


class Anchor:
    """The checkpoint of a trail in a file; None keeps none."""

    def __init__(self, audit: Audit, file: Path | None) -> None:
        self._audit, self._file = audit, file

    async def read(self) -> str:
        """The checkpoint that is kept; empty when there is none."""
        return "" if self._file is None else await asyncio.to_thread(_read, self._file)

    async def keep(self) -> str:
        """Join the lanes where an hour has gone since, and keep where they end."""
        await self._audit.join()
        return await self.advance()

    async def advance(self, *, accept: bool = False) -> str:
        """Keep where the trail ends now, and return it; with `accept` also where it contradicts what was kept.

        Raises:
            StoreError: the trail cannot be read.
        """
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
    """Whole or not at all, for its owner only."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="ascii") as opened:
        opened.write(text + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
