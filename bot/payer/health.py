"""Whether the payer's directory server responds: checked on request, at most once in a few seconds."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from bot.errors import PayerError
from bot.payer.capabilities import read_capabilities
from bot.payer.http import Http

_PATIENCE, _AGAIN = 6.0, 15.0
_OK = 200


class PayerHealth(msgspec.Struct, frozen=True):
    """The state at `checked`. `since` is when the state last changed, or when it was first checked.

    `milliseconds` is the server's response time, None if it did not respond. `searches` are the search parameters that
    it declares, by type. `last_up` is when it last responded, None if it never did.
    """

    up: bool
    checked: datetime
    since: datetime
    milliseconds: int | None = None
    last_up: datetime | None = None
    searches: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    software: str | None = None


class Probe:
    """Requests the CapabilityStatement of one base URL, and records when the state last changed."""

    def __init__(self, http: Http, base: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._http, self._url, self._now = http, f"{base.rstrip('/')}/metadata", now
        self._last: PayerHealth | None = None
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def state(self) -> PayerHealth:
        """Return the current state. Never raises: a server that does not respond is down."""
        async with self._lock:
            if self._last is None or self._http.clock() >= self._until:
                self._last = await self._look(self._last)
                self._until = self._http.clock() + _AGAIN
            return self._last

    async def _look(self, before: PayerHealth | None) -> PayerHealth:
        started, moment = self._http.clock(), self._now()
        try:
            answer = await self._http.get(self._url, {"accept": "application/fhir+json"}, started + _PATIENCE)
        except PayerError:
            answer = None
        up = answer is not None and answer.status_code == _OK
        declared = read_capabilities(answer.content) if answer is not None and up else None
        types = declared.types if declared else {}
        return PayerHealth(
            up=up,
            checked=moment,
            since=before.since if before is not None and before.up == up else moment,
            milliseconds=round((self._http.clock() - started) * 1000) if up else None,
            last_up=moment if up else before.last_up if before else None,
            searches={name: tuple(sorted(abilities.params)) for name, abilities in sorted(types.items())},
            software=declared.software if declared else None,
        )
