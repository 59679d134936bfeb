"""The audit trail: who did what, when and where, as append-only chains of rows, called lanes (T56).

A row has a keyed hash of the person, the type and number of records, and where they were shown; it never contains a
value of a record, and it is encrypted. The HMAC-SHA256 of a row covers the row before it, so that an edited, missing or
moved row is detected. A separate row stores the end of each lane, so that removed last rows are detected; hourly rows
list the ends of all lanes, so that a removed lane is detected (`trail.py`). Checkpoints outside of the store detect
that these rows were removed too. Old rows can be moved into an archive: the lane then continues after the last of them.
"""

import asyncio
import base64
import binascii
import hmac
import random
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from heapq import heapify, heappop, heapreplace
from pathlib import Path
from typing import Any

import msgspec
import structlog

from bot.errors import StoreBusy
from bot.message import OneToOne, Person, Place
from bot.ops import trail
from bot.stores.base import NewRow, Row
from bot.stores.sealed import SealedTable, write_own

_KIND, _HEAD, _BASE, _KEYS, _ONCE = "audit", "audit_head", "audit_base", "audit_key", "audit_once"
_KINDS = tuple(trail.placed(_KIND, lane) for lane in trail.ALL_LANES)
FOREVER = 253_402_300_799.0  # the last second of the year 9999
_CHECKPOINT = "audit checkpoint"
_TRIES = 50
_RUN = 1_000  # rows that are moved out of the store together
_ONCE_LIVES = 2 * 60 * 60.0  # seconds; longer than a delivered message is kept and tried again
_HOUR = 60 * 60.0


class Audit:
    """Adds rows to the trail and reads them. `clock` returns Unix seconds.

    A process that finds another one writing to its lane changes to another lane, until each has a lane of its own.
    """

    def __init__(self, table: SealedTable, *, clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock
        self._key: tuple[str, bytes] | None = None
        self._lock = asyncio.Lock()
        self._lane = 0
        self._end: trail.LaneEnd | None = None  # of the lane that is written to, as far as is known

    async def record(
        self,
        what: trail.AuditEvent,
        person: Person | None = None,
        *,
        place: Place | None = None,
        detail: str = "",
        read: Mapping[str, int] | None = None,
        once: str = "",
        claims: Sequence[NewRow] = (),
        along: Sequence[NewRow] = (),
        drops: str = "",
    ) -> bool:
        """Add a row. Return whether it was added. `detail` is an intent's name or the kind of a failure.

        `once` identifies the message: if the message is answered again after a crash, no second row is added. What the
        row records is done in the same transaction: `claims` are rows to add whose keys must not be in use, `along` are
        rows to store, `drops` is an owner whose rows are deleted. The row is not added if a key of `claims` is in use.

        Raises:
            StoreError: the row was not stored; the caller must not do what it records.
        """
        key_id, key = await self._current_key()
        who, where = (_hashed(key, "who", person.key), person.platform) if person else ("", "")
        if person and place:
            where += f", {'private chat' if isinstance(place, OneToOne) else 'shared place'}"
        entry = self._new(what, key_id, who=who, where=where, detail=detail, read=dict(read or {}))
        if once:  # a decision that is recorded is marked by a keyed hash of its name
            mark = _hashed(key, "once", f"{once}\x1f{what}\x1f{detail}")
            claims = (*claims, NewRow(_ONCE, mark, b"", self._clock() + _ONCE_LIVES))
        async with self._lock:
            for _ in range(_TRIES):
                whole = _as_next(self._end or await self._last(self._lane), entry, key)
                self._end, (row, head) = None, self._rows(whole)
                if await self._store.append((row, *claims), (head, *along), drops=drops):
                    self._end = whole.end
                    return True
                for claim in claims:
                    if await self._store.get(claim.kind, claim.key) is not None:
                        return False
                # Another process writes to this lane.
                self._lane = random.choice([lane for lane in range(trail.LANES) if lane != self._lane])  # noqa: S311 -- no secret
            raise StoreBusy("too many processes add to the audit trail at once")

    async def join(self) -> bool:
        """Add a row that lists the ends of all lanes, at most once an hour. Return whether it was added.

        No row is added as long as only one lane is in use. The time of the last such row is read from its encrypted
        value, so that nobody with access to the database can delay the next one.
        """
        row = await self._store.last(_KINDS[trail.JOINS])
        newest = None if row is None else self._opened(row)
        past = _HOUR if newest is None else self._clock() - datetime.fromisoformat(newest.at).timestamp()
        if 0 <= past < _HOUR:
            return False
        *ends, last = [await self._last(lane) for lane in trail.ALL_LANES]
        detail = trail.joining(end for end in ends if end.number)
        if " " not in detail:
            return False
        key_id, key = await self._current_key()
        joined, head = self._rows(_as_next(last, self._new("joined", key_id, detail=detail), key))
        return await self._store.append((joined,), (head,))

    def _new(self, what: trail.AuditEvent, key_id: str, **more: Any) -> trail.AuditRow:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
        return trail.AuditRow(number=0, at=at, what=what, key=key_id, before="", **more)

    async def pseudonym(self, person: Person) -> str:
        """Return the keyed hash that represents a person in the rows. Without the key it identifies no person."""
        return await self.keyed("who", person.key)

    async def opens(self) -> bool:
        """Return whether a key decrypts the trail's own key; True for a trail that has no key yet."""
        keys = await self._keys()
        return not keys or any(key is not None for key in keys.values())

    async def keyed(self, about: str, text: str) -> str:
        """Return a keyed hash of a text. The same text has a different hash for each `about`."""
        _, secret = await self._current_key()
        return _hashed(secret, about, text)

    async def of(self, person: Person, *, newest: int = 1_000) -> tuple[trail.AuditRow, ...]:
        """Return the rows about a person, newest first, at most `newest` of them."""
        who, found = await self.pseudonym(person), list[trail.AuditRow]()
        for kind in _KINDS:
            found += [entry for _, entry in await self._table.owned(kind, who, trail.AuditRow)]
        return tuple(sorted(found, key=lambda entry: (entry.at, entry.number), reverse=True)[:newest])

    async def entries(self) -> AsyncIterator[trail.AuditRow]:
        """Yield every row that can be decrypted, oldest first. Rows are read from the store a page at a time."""
        lanes = [self._of_lane(kind) for kind in _KINDS]
        first = [(entry.at, at, entry) for at, lane in enumerate(lanes) if (entry := await anext(lane, None))]
        heapify(first)
        while first:
            _, at, entry = first[0]
            yield entry
            if following := await anext(lanes[at], None):
                heapreplace(first, (following.at, at, following))
            else:
                heappop(first)

    async def _of_lane(self, kind: str) -> AsyncGenerator[trail.AuditRow, None]:
        async for _, entry in self._table.listed(kind, trail.AuditRow):
            if entry is not None:
                yield entry

    async def checkpoint(self) -> str:
        """Return the current ends of all lanes, encrypted, to be kept outside of the store; "" for an empty trail."""
        ends = [end for lane in trail.ALL_LANES if (end := await self._last(lane)).number]
        # Of the first lane alone as releases before wrote it, so that one beside this one can read it.
        plain = msgspec.json.encode(ends[0] if len(ends) == 1 and not ends[0].lane else ends)
        return base64.b64encode(self._table.seal.seal(plain, _CHECKPOINT)).decode() if ends else ""

    async def misses(self, checkpoint: str) -> str:
        """Return what the trail lacks compared with a checkpoint, as a message; "" if nothing is missing."""
        try:
            plain = self._table.seal.unseal(base64.b64decode(checkpoint, validate=True), _CHECKPOINT)
            then = msgspec.json.decode(plain or b"", type=list[trail.LaneEnd] | trail.LaneEnd)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return "a checkpoint cannot be opened: it was changed, or its key is gone"
        for end in then if isinstance(then, list) else [then]:
            if not await self._contains(end):
                return f"the trail does not lead to row {end.name}, which a checkpoint outside the store names"
        return ""

    async def archive(self, before: datetime, keep: Callable[[Sequence[trail.AuditRow]], Awaitable[None]]) -> int:
        """Move rows older than `before` out of the store, but never the last row of a lane. Return how many.

        `keep` writes a batch of rows elsewhere and returns once they are safe. The store keeps the number and HMAC of
        the last row moved. A process that dies in between leaves rows in both places.
        """
        moment = before.astimezone(UTC).isoformat(timespec="seconds")
        return sum([await self._archived(lane, moment, keep) for lane in trail.ALL_LANES])

    async def _archived(
        self, lane: int, moment: str, keep: Callable[[Sequence[trail.AuditRow]], Awaitable[None]]
    ) -> int:
        taken, run = 0, list[trail.AuditRow]()
        last, base = await self._last(lane), await self._base(lane)
        async for entry in self._of_lane(_KINDS[lane]):
            if entry.at >= moment or entry.number >= last.number:
                break
            if entry.number <= base.number:  # whoever moved it died before it was gone from here
                await self._store.drop(_KINDS[lane], _key(entry.number))
                continue
            run.append(entry)
            if len(run) == _RUN:
                taken, run = taken + await self._moved(run, keep), []
        return taken + await self._moved(run, keep)

    async def _moved(
        self, run: Sequence[trail.AuditRow], keep: Callable[[Sequence[trail.AuditRow]], Awaitable[None]]
    ) -> int:
        if run:
            await keep(run)
            await self._store.append((), (self._kept(_BASE, run[-1].end),))
        for entry in run:
            await self._store.drop(_KINDS[entry.lane], _key(entry.number))
            await asyncio.sleep(0)
        return len(run)

    async def verify(self, checkpoints: Sequence[str] = (), archived: Iterable[trail.AuditRow] = ()) -> trail.Verdict:
        """Check that no row of the trail was edited, removed, moved or added by somebody else, and return the result.

        `checkpoints`, kept outside of the store, name rows that the trail must contain. `archived` are all rows that
        were moved out of the store, from the first one on. Without them, the check of each lane starts after its last
        archived row.
        """
        check = trail.Check(await self._keys())
        for entry in archived:
            check.follow(entry, entry.lane)
        check.archived = bool(check.macs)
        count = sum([await self._checked(lane, check) for lane in trail.ALL_LANES])
        check.verify_joins()
        parted: dict[int, str] = {}
        for name, end in check.joins:
            mac = check.macs.get((end.lane, end.number))
            if not (mac == end.mac if mac is not None else await self._contains(end)):
                parted.setdefault(end.lane, f"the trail does not lead to row {end.name}, which row {name} names")
        missed = [fault for one in checkpoints if (fault := await self.misses(one))]
        return trail.Verdict(count, (*check.faults, *parted.values(), *missed))

    async def _checked(self, lane: int, check: trail.Check) -> int:
        """Check the rows of one lane, and collect the faults in `check`. Return how many rows the lane has."""
        kind, base, count = _KINDS[lane], await self._base(lane), 0
        check.begin(base)
        # Others may add while this reads: the end of before has to be among the rows, and that of after not short of.
        before = await self._end_kept(_HEAD, lane)
        async for row, entry in self._table.listed(kind, trail.AuditRow):
            count += 1
            if row.key > _key(base.number):  # what is not is in the archive
                check.follow(entry, lane)
        check.verify_end(lane, before, await self._end_kept(_HEAD, lane), count)
        for who, rows in check.people.items():
            if len(await self._store.owned(kind, who)) < rows:
                check.faults.append(f"rows about {who[:8]} were taken out of that person's own list")
        return count

    def _rows(self, entry: trail.AuditRow) -> tuple[NewRow, NewRow]:
        """Return a row of the trail and the encrypted end of its lane, as rows to store."""
        row = self._table.row(_KINDS[entry.lane], _key(entry.number), entry, expires=FOREVER, owner=entry.who)
        return row, self._kept(_HEAD, entry.end)

    def _kept(self, name: str, end: trail.LaneEnd) -> NewRow:
        name = trail.placed(name, end.lane)
        return self._table.row(name, name, end, expires=FOREVER)

    async def _last(self, lane: int) -> trail.LaneEnd:
        row = await self._store.last(_KINDS[lane])
        if row is None:
            return trail.LaneEnd(lane=lane)
        entry = self._opened(row)
        # A row that no key opens still has its number: the lane goes on behind it, and the check tells of it.
        return trail.LaneEnd(int(row.key), lane=lane) if entry is None else entry.end

    async def _base(self, lane: int) -> trail.LaneEnd:
        """Return the last row of a lane that was moved out of the store; number 0 if none was."""
        return await self._end_kept(_BASE, lane) or trail.LaneEnd(lane=lane)

    async def _end_kept(self, name: str, lane: int) -> trail.LaneEnd | None:
        return await self._table.get(trail.placed(name, lane), trail.placed(name, lane), trail.LaneEnd)

    async def _contains(self, end: trail.LaneEnd) -> bool:
        """Return whether a lane contains the row at this position, or whether that row was archived."""
        if end.lane not in trail.ALL_LANES:
            return False
        base = await self._base(end.lane)
        if end.number < base.number or end == base:
            return True
        entry = await self._table.get(_KINDS[end.lane], _key(end.number), trail.AuditRow)
        return entry is not None and entry.end == end

    async def _keys(self) -> dict[str, bytes | None]:
        """Return all keys of the trail by name, oldest first; None for a key that cannot be decrypted."""
        return {row.key: key async for row, key in self._table.listed(_KEYS)}

    async def _current_key(self) -> tuple[str, bytes]:
        """Return the name and bytes of the newest key that can be decrypted; make a key if there is none."""
        if self._key is None:
            keys = await self._keys()
            opened = [(name, key) for name, key in keys.items() if key]
            self._key = opened[-1] if opened else await self._new_key(len(keys) + 1)
        return self._key

    async def _new_key(self, number: int) -> tuple[str, bytes]:
        name, key = str(number), secrets.token_bytes(32)
        if not await self._store.add(_KEYS, name, self._table.sealed(_KEYS, name, key), expires=FOREVER):
            return await self._current_key()
        return name, key

    def _opened(self, row: Row) -> trail.AuditRow | None:
        return self._table.opened(row.kind, row.key, row.value, trail.AuditRow)


def _as_next(end: trail.LaneEnd, entry: trail.AuditRow, key: bytes) -> trail.AuditRow:
    """Return the row as the next one after `end`: with its number, the HMAC of the row before it, and its own HMAC."""
    whole = msgspec.structs.replace(entry, number=end.number + 1, before=end.mac, lane=end.lane)
    return msgspec.structs.replace(whole, mac=trail.code_of(whole, key))


def _key(number: int) -> str:
    return f"{number:012}"


def _hashed(key: bytes, about: str, text: str) -> str:
    return hmac.digest(key, f"{about}\x00{text}".encode(), "sha256").hex()[:32]


log = structlog.get_logger("audit")


class Anchor:
    """Keeps a checkpoint of the audit trail in a file. If `file` is None, no checkpoint is kept."""

    def __init__(self, audit: Audit, file: Path | None) -> None:
        self._audit, self._file = audit, file

    async def read(self) -> str:
        """Return the checkpoint in the file; "" if there is none."""
        return "" if self._file is None else await asyncio.to_thread(_read, self._file)

    async def keep(self) -> str:
        """Add a row that lists all lanes if the last one is an hour old. Write and return a new checkpoint."""
        await self._audit.join()
        return await self.advance()

    async def advance(self, *, accept: bool = False) -> str:
        """Write a new checkpoint to the file, and return it.

        If the trail does not contain the old checkpoint, the file is unchanged and the fault is logged; with `accept`,
        the new checkpoint is written in any case.

        Raises:
            StoreError: the trail cannot be read.
        """
        now, before = await self._audit.checkpoint(), await self.read()
        if not accept and before and (fault := await self._audit.misses(before)):
            log.error("the audit trail does not lead to its checkpoint", reason=fault)
            return now
        if self._file is not None and now and now != before:
            try:
                await asyncio.to_thread(write_own, self._file, now)
            except OSError as error:
                log.warning("checkpoint not kept", kind=type(error).__name__)
        return now


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
