"""The audit trail: who did what, when and where, as an append-only chain of rows (T56).

A row names the person by a keyed hash, the kind of records and how many, and where they were shown; no value of a
record ever, and it is sealed. Each row's code (HMAC-SHA256) covers the row before it, so that an edit, a gap or another
order shows; a row of its own says where the trail ends, so that a missing end shows too. Checkpoints that are kept
outside of the store show what was taken away together with that row. Old rows can be moved into an archive: then the
trail goes on behind the last of them.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec

from bot.errors import StoreBusy
from bot.message import OneToOne, Person, Place
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable

AuditEvent = Literal[
    "link_asked",
    "sign_in_failed",
    "code_wrong",
    "linked",
    "link_refused",
    "unlinked",
    "erased",
    "answered",
    "exported",
    "distrusted",
    "keys_rotated",
    "links_listed",
    "link_revoked",
    "audit_read",
    "reminders_ended",
]

_KIND, _HEAD, _BASE, _KEYS, _ONCE = "audit", "audit_head", "audit_base", "audit_key", "audit_once"
FOREVER = 253_402_300_799.0  # the last second of the year 9999
_CHECKPOINT = "audit checkpoint"
_TRIES = 50
_RUN = 1_000  # rows that are moved out of the store together
_SHARED = 60.0  # seconds after another process added a row for which the end is read before each, not remembered
_ONCE_LIVES = 2 * 60 * 60.0  # seconds; longer than a delivered message is kept and tried again


class AuditRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the trail. `at` is UTC to the second; `read` counts records by type; `mac` covers all the rest."""

    number: int
    at: str
    what: AuditEvent
    key: str
    before: str
    who: str = ""
    where: str = ""
    detail: str = ""
    read: Mapping[str, int] = {}
    mac: str = ""


class _Head(msgspec.Struct, frozen=True):
    number: int = 0
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the trail found: how many rows, and each fault in words. No fault: the trail is whole."""

    entries: int
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Checked:
    """The check under way: what the next row has to follow."""

    number: int = 0
    mac: str = ""
    macs: dict[int, str] = field(default_factory=dict)
    people: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Audit:
    """Adds to the trail and reads it. `clock` tells Unix seconds."""

    def __init__(self, table: SealedTable, *, clock: Callable[[], float] = time.time) -> None:
        self._table, self._store, self._clock = table, table.store, clock
        self._key: tuple[str, bytes] | None = None
        self._lock = asyncio.Lock()
        self._end: _Head | None = None
        self._shared_until = 0.0

    async def record(
        self,
        what: AuditEvent,
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
        """Add a row; whether it was added. `detail` is an intent's name or the kind of a failure.

        `once` names the delivery that is decided about: whoever answers it again after a kill adds no second row.
        What a row stands for happens with it or not at all: `claims` are rows of its transaction whose keys nobody may
        have, `along` rows that are put, `drops` an owner whose rows go. It is not added when somebody has a claim.

        Raises:
            StoreError: it could not be kept; what it stands for must not happen then.
        """
        key_id, key = await self._current_key()
        entry = AuditRow(
            number=0,
            at=datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds"),
            what=what,
            key=key_id,
            before="",
            who=_who(key, person) if person else "",
            where=_where(person, place),
            detail=detail,
            read=dict(read or {}),
        )
        marks = () if not once else (self._mark(key, f"{once}\x1f{what}\x1f{detail}"),)
        async with self._lock:
            return await self._append(entry, key, (*claims, *marks), along, drops)

    async def pseudonym(self, person: Person) -> str:
        """The keyed hash that stands for a person in the rows. Without the key it does not identify them."""
        _, secret = await self._current_key()
        return _who(secret, person)

    async def opens(self) -> bool:
        """Whether a key opens the trail's own; true for a trail that has none yet."""
        keys = await self._keys()
        return not keys or any(key is not None for key in keys.values())

    async def keyed(self, about: str, text: str) -> str:
        """A keyed hash of a text, another one for each thing that it is about."""
        _, secret = await self._current_key()
        return _hashed(secret, about, text)

    async def of(self, person: Person, *, newest: int = 1_000) -> tuple[AuditRow, ...]:
        """The rows about a person, newest first."""
        _, secret = await self._current_key()
        rows = await self._store.owned(_KIND, _who(secret, person))
        opened = (self._opened(key, value) for key, value in rows[: -newest - 1 : -1])
        return tuple(entry for entry in opened if entry is not None)

    async def entries(self) -> AsyncIterator[AuditRow]:
        """Every row that a key opens, oldest first, read a page at a time."""
        async for _, plain in self._table.listed(_KIND):
            if plain is not None:
                yield msgspec.json.decode(plain, type=AuditRow)

    async def checkpoint(self) -> str:
        """Where the trail ends now, sealed, as a text to be kept outside of the store; empty for a trail of no rows."""
        end = await self._last()
        sealed = self._table.seal.seal(msgspec.json.encode(end), _CHECKPOINT)
        return base64.b64encode(sealed).decode() if end.number else ""

    async def misses(self, checkpoint: str) -> str:
        """What the trail lacks of a checkpoint, in words; empty when it leads there."""
        try:
            plain = self._table.seal.unseal(base64.b64decode(checkpoint, validate=True), _CHECKPOINT)
            then = msgspec.json.decode(plain or b"", type=_Head)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return "a checkpoint cannot be opened: it was changed, or its key is gone"
        name = f"{then.number:012}"
        base = await self._base()
        if then.number < base.number or then == base:
            return ""  # it is in the archive, behind whose last row the trail goes on
        value = await self._store.get(_KIND, name)
        entry = None if value is None else self._opened(name, value)
        if entry is None or entry.mac != then.mac:
            return f"the trail does not lead to row {then.number}, which a checkpoint outside the store names"
        return ""

    async def archive(self, before: datetime, keep: Callable[[Sequence[AuditRow]], Awaitable[None]]) -> int:
        """Move the rows from before a moment out of the store, never the last one; how many.

        `keep` writes a run of them elsewhere, and returns when they are safe. The trail goes on behind the last of
        them, of which the store keeps number and code: a process that dies in between leaves rows in both places.
        """
        taken, run = 0, list[AuditRow]()
        moment, last = before.astimezone(UTC).isoformat(timespec="seconds"), await self._last()
        base = await self._base()
        async for entry in self.entries():
            if entry.at >= moment or entry.number >= last.number:
                break
            if entry.number <= base.number:  # whoever moved it died before it was gone from here
                await self._store.drop(_KIND, f"{entry.number:012}")
                continue
            run.append(entry)
            if len(run) == _RUN:
                taken, run = taken + await self._moved(run, keep), []
        return taken + await self._moved(run, keep)

    async def _moved(self, run: Sequence[AuditRow], keep: Callable[[Sequence[AuditRow]], Awaitable[None]]) -> int:
        if run:
            await keep(run)
            base = self._kept(_BASE, _BASE, _Head(run[-1].number, run[-1].mac))
            await self._store.put(base.kind, base.key, base.value, expires=base.expires)
        for entry in run:
            await self._store.drop(_KIND, f"{entry.number:012}")
            await asyncio.sleep(0)
        return len(run)

    async def verify(self, checkpoints: Sequence[str] = (), archived: Iterable[AuditRow] = ()) -> Verdict:
        """Whether the trail is whole: no row edited, missing, added by another hand, or in another place.

        `checkpoints`, kept outside of the store, are rows that it has to lead to. `archived` are the rows that were
        moved out of it, from the first one on; without them the trail begins behind the last of these.
        """
        keys, base, checked = await self._keys(), await self._base(), _Checked()
        for entry in archived:
            _check(entry, keys, checked)
        if checked.number and (checked.number, checked.mac) != (base.number, base.mac):
            checked.faults.append(f"the archive does not lead to row {base.number}, behind which the trail goes on")
        checked.number, checked.mac, checked.people = base.number, base.mac, Counter()
        checked.macs[base.number] = base.mac
        # Others may add while this reads: the end of before has to be among the rows, and that of after not short of.
        before, count = await self._head(), 0
        async for row, plain in self._table.listed(_KIND):
            count += 1
            if row.key <= f"{base.number:012}":
                continue  # it is in the archive
            _check(None if plain is None else msgspec.json.decode(plain, type=AuditRow), keys, checked)
        after = await self._head()
        for who, rows in checked.people.items():
            if len(await self._store.owned(_KIND, who)) < rows:
                checked.faults.append(f"rows about {who[:8]} were taken out of that person's own list")
        checked.faults += [fault for one in checkpoints if (fault := await self.misses(one))]
        if before is not None and checked.macs.get(before.number, "") != before.mac:
            checked.faults.append(f"the trail does not lead to its sealed end, row {before.number}")
        elif count and after is None:
            checked.faults.append("the sealed end of the trail is gone, or its key is")
        elif after is not None and after.number < checked.number:
            checked.faults.append(f"the trail goes on behind its sealed end, row {after.number}")
        return Verdict(count, tuple(checked.faults))

    async def _append(
        self, entry: AuditRow, key: bytes, claims: tuple[NewRow, ...], along: Sequence[NewRow], drops: str
    ) -> bool:
        """Put row and end behind the last one. Another process may have been faster: then behind that."""
        for _ in range(_TRIES):
            alone = self._clock() >= self._shared_until
            end = (self._end if alone else None) or await self._last()
            whole = msgspec.structs.replace(entry, number=end.number + 1, before=end.mac)
            whole = msgspec.structs.replace(whole, mac=_mac(whole, key))
            self._end = None
            row = self._kept(_KIND, f"{whole.number:012}", whole, owner=whole.who)
            head = self._kept(_HEAD, _HEAD, _Head(whole.number, whole.mac))
            if await self._store.append((row, *claims), (head, *along), drops=drops):
                self._end = _Head(whole.number, whole.mac)
                return True
            for claim in claims:
                if await self._store.get(claim.kind, claim.key) is not None:
                    return False
            self._shared_until = self._clock() + _SHARED
        raise StoreBusy("too many processes add to the audit trail at once")

    def _mark(self, key: bytes, decision: str) -> NewRow:
        """The row that marks a decision as recorded, under a keyed hash of its name."""
        return NewRow(_ONCE, _hashed(key, "once", decision), b"", self._clock() + _ONCE_LIVES)

    def _kept(self, kind: str, name: str, value: msgspec.Struct, owner: str = "") -> NewRow:
        return self._table.row(kind, name, msgspec.json.encode(value), expires=FOREVER, owner=owner)

    async def _last(self) -> _Head:
        row = await self._store.last(_KIND)
        if row is None:
            return _Head()
        entry = self._opened(row.key, row.value)
        # A row that no key opens still has its number: the trail goes on behind it, and the check tells of it.
        return _Head(int(row.key)) if entry is None else _Head(entry.number, entry.mac)

    async def _base(self) -> _Head:
        """The last row that was moved out of the store; number 0 where none was."""
        plain = await self._table.get(_BASE, _BASE)
        return _Head() if plain is None else msgspec.json.decode(plain, type=_Head)

    async def _head(self) -> _Head | None:
        plain = await self._table.get(_HEAD, _HEAD)
        return None if plain is None else msgspec.json.decode(plain, type=_Head)

    async def _keys(self) -> dict[str, bytes | None]:
        """Every key of the trail by its name, in the order in which they were made; None for one that nothing opens."""
        return {row.key: key async for row, key in self._table.listed(_KEYS)}

    async def _current_key(self) -> tuple[str, bytes]:
        """The newest key that can be opened; a new one when there is none, as at the first start."""
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

    def _opened(self, name: str, value: bytes) -> AuditRow | None:
        plain = self._table.opened(_KIND, name, value)
        return None if plain is None else msgspec.json.decode(plain, type=AuditRow)


def _check(entry: AuditRow | None, keys: Mapping[str, bytes | None], checked: _Checked) -> None:
    """Hold one row against the one before it and against its own code."""
    checked.number += 1
    if entry is None:
        checked.faults.append(f"row {checked.number} cannot be opened: it was changed, moved, or its key is gone")
        checked.mac = ""
        return
    checked.people.update([entry.who] if entry.who else [])
    key = keys.get(entry.key)
    if entry.number != checked.number:
        checked.faults.append(f"row {checked.number} is missing or in another place")
        checked.number = entry.number
    elif entry.before != checked.mac:
        checked.faults.append(f"row {entry.number} does not follow the row before it")
    if key is None or not hmac.compare_digest(_mac(entry, key), entry.mac):
        checked.faults.append(f"row {entry.number} does not carry the code that it should")
    checked.mac = checked.macs[entry.number] = entry.mac


def _mac(entry: AuditRow, key: bytes) -> str:
    plain = msgspec.json.encode(msgspec.structs.replace(entry, mac=""), order="sorted")
    return hmac.digest(key, b"row\x00" + plain, "sha256").hex()


def _who(key: bytes, person: Person) -> str:
    return _hashed(key, "who", person.key)


def _hashed(key: bytes, about: str, text: str) -> str:
    return hmac.digest(key, f"{about}\x00{text}".encode(), "sha256").hex()[:32]


def _where(person: Person | None, place: Place | None) -> str:
    if person is None:
        return ""
    if place is None:
        return person.platform
    return f"{person.platform}, {'private chat' if isinstance(place, OneToOne) else 'shared place'}"
