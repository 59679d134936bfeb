"""Counts and logs refused requests in a platform's name. The log has no content of the request."""

from __future__ import annotations

import structlog

from bot.ops.limits import Limit
from bot.ops.metrics import Meter

log = structlog.get_logger("refused")
_LINES = 10  # a minute, of each kind: whoever forges thousands fills no disk


class Refusals:
    """Called with the platform and the reason, both words of our own."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self._lines = meter, Limit(_LINES)

    def __call__(self, channel: str, reason: str) -> None:
        """Count a refused request."""
        self._meter.refused(channel, reason)
        if not self._lines.wait(f"{channel} {reason}"):
            log.warning("request refused", channel=channel, reason=reason)
