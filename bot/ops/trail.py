"""The rows of the audit trail, and the checks on them (T56).

Each of a few lanes is a hash chain of rows, so that processes that write at the same time do not wait for each
other. Another lane has the joining rows, each of which lists the ends of all lanes at that time.
"""

import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

AuditEvent = Literal[
    "link_asked", "sign_in_failed", "code_wrong", "linked", "link_refused", "unlinked", "link_revoked", "links_listed",
    "answered", "exported", "handed_over", "distrusted", "reminders_ended", "erased", "keys_rotated", "audit_read",
    "joined",
]  # fmt: skip

LANES = 16
JOINS = LANES
"""The lane whose rows list the ends of the other lanes."""
ALL_LANES = range(LANES + 1)
_JOINED_WITHIN = timedelta(hours=2)


class LaneEnd(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of a lane, or a position in it: the number and HMAC (`mac`) of a row; number 0 if the lane is empty."""

    number: int = 0
    mac: str = ""
    lane: int = 0

    @property
    def name(self) -> str:
        """The name of the row in messages: its number, after its lane if that is not the first."""
        return f"{self.lane}-{self.number}" if self.lane else str(self.number)


class AuditRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the trail. `at` is UTC to the second; `read` counts records by type; `mac` covers all other fields.

    `key` is the name of the HMAC's key. `before` is the `mac` of the row before it in the lane. `who` is a keyed hash
    of the person.
    """

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
    lane: int = 0

    @property
    def end(self) -> LaneEnd:
        """The row's position, which is the end of its lane if the row is the last one."""
        return LaneEnd(self.number, self.mac, self.lane)

    @property
    def joins(self) -> tuple[LaneEnd, ...]:
        """The ends of lanes that a joining row lists; () for any other row."""
        parts = (part.split(":") for part in self.detail.split() if self.what == "joined")
        return tuple(LaneEnd(int(number), mac, int(lane)) for lane, number, mac in parts)


def joining(ends: Iterator[LaneEnd]) -> str:
    """Return the `detail` of a row that joins lanes: of each its number, and its last row's number and MAC."""
    return " ".join(f"{end.lane}:{end.number}:{end.mac}" for end in ends)


def placed(name: str, lane: int) -> str:
    """Return the kind or key of a lane's row in the store; the first lane has no number, as in older releases."""
    return f"{name}:{lane}" if lane else name


def code_of(entry: AuditRow, key: bytes) -> str:
    """Return the HMAC of a row, as hexadecimal text."""
    plain = msgspec.json.encode(msgspec.structs.replace(entry, mac=""), order="sorted")
    return hmac.digest(key, b"row\x00" + plain, "sha256").hex()


class Verdict(msgspec.Struct, frozen=True):
    """The result of a check of the trail: how many rows, and a message for each fault. Without faults it is intact."""

    entries: int
    faults: tuple[str, ...]


class Check(msgspec.Struct):
    """A check of the trail in progress.

    Attributes:
        keys: The trail's keys by name; None for a key that cannot be decrypted.
        faults: A message for each fault found so far.
        macs: The HMAC of each row so far, by lane and number.
        joins: The ends that joining rows list, each with the name of its row.
        people: How many rows of the current lane are about each person, by keyed hash.
        archived: Whether archived rows were checked first.
        spans: The times of each lane's first and last row so far.
    """

    keys: Mapping[str, bytes | None]
    faults: list[str] = msgspec.field(default_factory=list)
    macs: dict[tuple[int, int], str] = msgspec.field(default_factory=dict)
    joins: list[tuple[str, LaneEnd]] = msgspec.field(default_factory=list)
    people: Counter[str] = msgspec.field(default_factory=Counter)
    archived: bool = False
    spans: dict[int, tuple[str, str]] = msgspec.field(default_factory=dict)
    _last: dict[int, LaneEnd] = msgspec.field(default_factory=dict)

    def last(self, lane: int) -> LaneEnd:
        """Return the position of the last row of a lane so far, which the next row must follow."""
        return self._last.get(lane, LaneEnd(lane=lane))

    def begin(self, base: LaneEnd) -> None:
        """Begin a lane after its last archived row, `base`. Rows read from an archive must end there."""
        if self.archived and self.last(base.lane) != base:
            self.faults.append(f"the archive does not lead to row {base.name}, behind which the trail goes on")
        self._last[base.lane], self.people = base, Counter()
        self.macs[base.lane, base.number] = base.mac

    def follow(self, entry: AuditRow | None, lane: int) -> None:
        """Check one row against the row before it and its own HMAC. None is a row that cannot be decrypted."""
        last = self.last(lane)
        due = LaneEnd(last.number + 1, lane=lane)
        if entry is None:
            self.faults.append(f"row {due.name} cannot be opened: it was changed, moved, or its key is gone")
            self._last[lane] = due
            return
        if (entry.lane, entry.number) != (lane, due.number):
            self.faults.append(f"row {due.name} is missing or in another place")
        elif entry.before != last.mac:
            self.faults.append(f"row {due.name} does not follow the row before it")
        key = self.keys.get(entry.key)
        if key is None or not hmac.compare_digest(code_of(entry, key), entry.mac):
            self.faults.append(f"row {entry.end.name} does not carry the code that it should")
        else:
            self.joins += [(entry.end.name, end) for end in entry.joins]
        self.people.update([entry.who] if entry.who else [])
        self._last[lane] = LaneEnd(entry.number, entry.mac, lane)
        self.macs[lane, entry.number] = entry.mac
        self.spans[lane] = self.spans.get(lane, (entry.at, ""))[0], entry.at

    def verify_joins(self) -> None:
        """Add a fault if several processes wrote lanes (chains of rows) for hours, and no row lists the lanes' ends."""
        spans = sorted(span for lane, span in self.spans.items() if lane != JOINS)
        if len(spans) <= 1 or JOINS in self.spans or self.last(JOINS).number:
            return
        began, ended = spans[1][0], max(last for _, last in spans[1:])
        if datetime.fromisoformat(ended) - datetime.fromisoformat(began) > _JOINED_WITHIN:
            self.faults.append(f"no row joins the lanes, which several processes have written to since {began}")

    def verify_end(self, lane: int, before: LaneEnd | None, after: LaneEnd | None, count: int) -> None:
        """Add a fault if a lane's `count` rows do not end at its stored end, read `before` and `after` the rows."""
        last = self.last(lane)
        if before is not None and self.macs.get((lane, before.number), "") != before.mac:
            self.faults.append(f"the trail does not lead to its sealed end, row {before.name}")
        elif count and after is None:
            self.faults.append(f"the sealed end of {f'lane {lane}' if lane else 'the trail'} is gone, or its key is")
        elif after is not None and after.number < last.number:
            self.faults.append(f"the trail goes on behind its sealed end, row {after.name}")
