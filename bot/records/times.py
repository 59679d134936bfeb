"""Instants that servers write about their records."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_instant(text: str | None) -> datetime | None:
    """The instant with its zone (UTC where none was written); None when it is absent or malformed."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
