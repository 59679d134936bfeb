"""The limits of one question, and its report: sources, gaps, and filters that the client applied (T42)."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec

from bot.records.sums import Step

MIB = 1024 * 1024
GapKind = Literal[
    "page_failed", "type_refused", "left_out", "unreadable", "cut_short", "said_incomplete", "not_interpreted"
]
_HIDING: frozenset[GapKind] = frozenset({"page_failed", "type_refused", "unreadable", "cut_short", "said_incomplete"})


class ReadRecord(msgspec.Struct, frozen=True):
    """A record that was read: its type, its id, and when the payer gave it."""

    type: str
    id: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing from what was read. `count` is how many, where that is known; `detail` a closed word.

    `page_failed`: a later page did not come. `type_refused`: the payer does not give this type. `left_out`: rows of
    another patient. `unreadable`: rows or elements of the wrong form. `cut_short`: more was there than a question may
    read (count: what was read), or the next page's address was not the payer's. `said_incomplete`: the payer says
    that its answer is not whole, or that there are more rows than came. `not_interpreted`: records that say that they
    mean something else than they show. `told`: the answer's own words say it.
    """

    kind: GapKind
    type: str
    count: int = 1
    detail: str = ""
    told: bool = False


@dataclass(slots=True)
class Progress:
    """Progress of a long search: `read` claims of about `about`; None when the payer gives no total.

    `records`: not claims alone are counted.
    """

    read: int = 0
    about: int | None = None
    records: bool = False

    def came(self, read: int, total: int | None) -> None:
        """Set the number of records read. A total that is lower was wrong and is dropped (F30)."""
        self.about = total if self.about is None else self.about
        self.read, self.about = read, self.about if self.about and self.about >= read else None


@dataclass(slots=True)
class Report:
    """What a question read. It grows while pages come. `searches` hold no ids, so that they can be told.

    `steps` are the sums that the answer made.
    `age` is how many seconds ago the payer gave the oldest of it; `stale` when it was kept for longer than it should
    be, because the payer does not answer. `reused` is the same age of the member's own records, when an earlier
    question read them.
    """

    sources: list[ReadRecord] = field(default_factory=list)
    pages: int = 0
    gaps: list[Gap] = field(default_factory=list)
    applied_here: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)
    age: float = 0.0
    stale: bool = False
    reused: float = 0.0

    @property
    def minutes(self) -> int:
        """The age in whole minutes."""
        return int(self.age // 60)

    @property
    def minutes_reused(self) -> int:
        """How long ago the member's own records were read, in whole minutes."""
        return int(self.reused // 60)

    @property
    def complete(self) -> bool:
        """True when nothing is known to be missing."""
        return not self.gaps

    @property
    def hides(self) -> bool:
        """True when records that count in a sum may be missing, so that the sum is a lower bound ("at least")."""
        return any(gap.kind in _HIDING for gap in self.gaps)

    def absorb(self, other: Report) -> None:
        """Add what a part of the question read beside the rest."""
        for name in ("sources", "gaps", "searches", "steps"):
            getattr(self, name).extend(getattr(other, name))
        self.pages += other.pages
        self.age, self.stale = max(self.age, other.age), self.stale or other.stale
        self.reused = max(self.reused, other.reused)
        for name in other.applied_here:
            self.read_here(name)

    def cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Keep only these records of the type as sources, each once: the ones that the answer stands on."""
        wanted = set(ids)
        kept = {(s.type, s.id): s for s in self.sources if s.type != resource_type or s.id in wanted}
        self.sources = list(kept.values())

    def read_here(self, name: str) -> None:
        """Note once that a filter or an order was applied in the client."""
        if name not in self.applied_here:
            self.applied_here.append(name)


class Budget:
    """The limits of one question: seconds of wall time, pages, resources, decoded bytes a body and in all."""

    def __init__(
        self,
        seconds: float = 20.0,
        *,
        pages: int = 20,
        resources: int = 2000,
        body: int = 10 * MIB,
        total: int = 30 * MIB,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.report = Report()
        self.deadline = clock() + seconds
        self.pages_left, self.resources_left = pages, resources
        self.read = 0
        self._body, self._total = body, total
        self._clock, self._now = clock, now
        self._moment: datetime | None = None

    @property
    def cap(self) -> int:
        """The largest body that may be read next, in decoded bytes."""
        return max(0, min(self._body, self._total))

    @property
    def scarce(self) -> bool:
        """Whether less may be read next than the largest body, because of what this question has read."""
        return self.cap < self._body

    @property
    def spent(self) -> bool:
        """True when no further page may be read."""
        return self.pages_left <= 0 or self.resources_left <= 0 or self.cap == 0 or self._clock() >= self.deadline

    @property
    def seconds(self) -> float:
        """How long this question may still take."""
        return max(0.0, self.deadline - self._clock())

    def widen(self, *, pages: int, resources: int, total: int) -> None:
        """Let this question read more than others may: a document of a whole period. The deadline stays."""
        self.pages_left, self.resources_left = max(self.pages_left, pages), max(self.resources_left, resources)
        self._total = max(self._total, total)

    def alone(self) -> Budget:
        """The same limits for one part of a question, with a report of its own: `absorb` it where the parts meet."""
        part = copy.copy(self)
        part.report = Report(progress=self.report.progress)
        return part

    @contextmanager
    def kept(self, moment: datetime, age: float, *, stale: bool, own: bool) -> Iterator[None]:
        """Context for cached responses: sources get that time, and no page and no bytes are counted.

        `own`: they are the member's records, not the directory's.
        """
        self._moment = moment
        if own:
            self.report.reused = max(self.report.reused, age)
        else:
            self.report.age = max(self.report.age, age)
        self.report.stale = self.report.stale or stale
        try:
            yield
        finally:
            self._moment = None

    def spend(self, size: int, records: Iterable[tuple[str, str]], resources: int) -> None:
        """Count a page: its decoded bytes, the records that it answers with, and all resources on it."""
        if self._moment is None:
            self._total -= size
            self.pages_left -= 1
        self.resources_left -= resources
        self.read += resources
        self.report.pages += 1
        moment = self._moment or self._now()
        self.report.sources += [ReadRecord(kind, id_, moment) for kind, id_ in records]
