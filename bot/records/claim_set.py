"""Which claims count, newest first, and which of them are in a period (fhir-notes 4.7).

Not counted are older versions, claims that another one replaces, and claims taken back by a reversal. If two plans
processed the same visit, one claim is in the sum. A claim belongs to the sum of the period in which the care began; in
a list, a stay is found under every day that it covers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec
from msgspec.structs import astuple

from bot.records.claim import Claim
from bot.records.money import Amount, difference
from bot.records.shapes import grouped
from bot.records.versions import NEVER, coordinated, matched, newest_versions, replacing, twins, version_of
from bot.records.written import PartialDate

_A_DAY = timedelta(days=1)
_UNFINISHED = frozenset({"queued", "partial", "error"})

ClaimDays = tuple[date | None, date | None]
"""The first and the last day, inclusive; None leaves a side open."""
ClaimSelector = Callable[[Iterable[Claim]], tuple[Claim, ...]]


class ClaimSet(msgspec.Struct, frozen=True):
    """A member's claims: those that count, newest service first and undated last, and those that do not, and why.

    Attributes:
        left_out: the number of claims that do not count by reason: `cancelled`, `entered-in-error`, `replaced`,
            `preauthorization`, `predetermination`, `older version`, `taken back`, `not interpreted`.
        taken_back: the claims that a reversal takes back.
        twins: the ids of claims that share a number, a kind and a day without proof that one is a version of the other.
        coordinated: by the id of a claim of one plan, another plan's claim for the same visit, which is in the sum
            instead.
        pairs: by the id of a reversal, the claims that it takes back.
        reversals: the claims that take back other claims.
        listed: the claims that count and the reversals without a known claim, in one order.
    """

    claims: tuple[Claim, ...]
    left_out: Counter[str]
    replaced: tuple[Claim, ...] = ()
    cancelled: tuple[Claim, ...] = ()
    taken_back: tuple[Claim, ...] = ()
    twins: frozenset[str] = frozenset()
    coordinated: Mapping[str, Claim] = msgspec.field(default_factory=dict)
    pairs: Mapping[str, tuple[Claim, ...]] = msgspec.field(default_factory=dict)
    reversals: tuple[Claim, ...] = ()
    listed: tuple[Claim, ...] = ()

    @property
    def added(self) -> tuple[Claim, ...]:
        """The claims that belong in a sum: each visit once, even if two plans processed it."""
        return tuple(c for c in self.claims if c.id not in self.coordinated) if self.coordinated else self.claims

    @property
    def uncounted(self) -> tuple[Claim, ...]:
        """The claims that are in no sum: reversals, and claims that no longer count."""
        return (*self.reversals, *self.replaced, *self.taken_back, *self.cancelled)

    @property
    def every(self) -> tuple[Claim, ...]:
        """All claims, those that count first."""
        return (*self.claims, *self.uncounted)

    @property
    def unmatched(self) -> tuple[Claim, ...]:
        """The reversals whose claim is unknown."""
        return tuple(claim for claim in self.reversals if claim.id not in self.pairs)

    def within(self, span: ClaimDays = (None, None), select: ClaimSelector = tuple) -> Within:
        """Return the matching claims of a period: those for a sum, those for a list, and those that do not count."""
        return Within(self, span, select)

    def before(self, claim: Claim) -> Claim | None:
        """Return the newest known version of the claims that this one replaces; None if none was read."""
        earlier = [one for one in (*self.replaced, *self.taken_back) if claim.follows(one)]
        newest = max(earlier, key=version_of, default=None)
        return next(iter(self.pairs.get(newest.id, ())), newest) if newest else None

    def after(self, claim: Claim) -> Claim | None:
        """Return the claim that counts instead of an old one, also through several versions; None if none was read."""
        seen = {claim.id}
        while True:
            if counting := next((one for one in self.claims if one.follows(claim)), None):
                return counting
            later = next(
                (one for one in (*self.replaced, *self.reversals) if one.follows(claim) and one.id not in seen), None
            )
            if later is None:
                return None
            seen.add(later.id)
            claim = later


class SumDoubts(msgspec.Struct, frozen=True):
    """How many claims of a sum have a caveat, by kind of caveat.

    Attributes:
        open: drafts, and claims that are unfinished or marked as an error by the plan.
        conflicting: claims that state different liabilities.
        impossible: claims whose cost shares cannot be true, so they are in no sum.
        refused: claims that the plan denied, whole or in part.
        twins: claims that share their number with another claim in the sum.
        two_plans: claims left out because another plan's claim for the same visit is in the sum.
        unmatched: reversals of an unknown claim.
        undated: claims without a day of service, which are in no period's sum.
        reaching: claims that began before the period and last into it.
        faulty: claims of which unreadable elements were dropped.
    """

    open: int = 0
    conflicting: int = 0
    impossible: int = 0
    refused: int = 0
    twins: int = 0
    two_plans: int = 0
    unmatched: int = 0
    undated: int = 0
    reaching: int = 0
    faulty: int = 0

    def __add__(self, other: SumDoubts) -> SumDoubts:
        """Return the added counts of two sums."""
        return SumDoubts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


NO_DOUBTS = SumDoubts()


class Within:
    """The matching claims of a period. Each list is in the order that `select` gives, and computed on first use."""

    def __init__(self, claim_set: ClaimSet, span: ClaimDays, select: ClaimSelector) -> None:
        self._claims, self._span, self._select = claim_set, span, select

    @cached_property
    def counted(self) -> tuple[Claim, ...]:
        """The claims in the sum: care that began in the period, so that no claim is in the sums of two periods."""
        return self._began(self._claims.added)

    @cached_property
    def listed(self) -> tuple[Claim, ...]:
        """The claims in the list: care with a day in the period, even if another plan's claim is counted."""
        return self._select(claim for claim in self._claims.listed if self._touches(claim))

    @cached_property
    def reaching(self) -> tuple[Claim, ...]:
        """The claims that began before the period and last into it."""
        first = self._span[0]
        early = (c for c in self._claims.added if first and c.service.day and c.service.day.last < first)
        return self._select(claim for claim in early if self._touches(claim))

    @cached_property
    def two_plans(self) -> tuple[Claim, ...]:
        """The claims left out of the sum because another plan's claim for the same visit is in it."""
        return self._began(claim for claim in self._claims.claims if claim.id in self._claims.coordinated)

    @cached_property
    def uncounted(self) -> tuple[Claim, ...]:
        """The claims of this period that are in no sum: reversals, and claims that no longer count."""
        return self._began(self._claims.uncounted)

    @cached_property
    def undated(self) -> tuple[Claim, ...]:
        """The claims without a day of service, which are in no period; () if no period was requested."""
        return self._select(c for c in self._claims.added if self._span != (None, None) and not c.service.known)

    @property
    def unmatched(self) -> tuple[Claim, ...]:
        """The reversals in this period whose claim is unknown."""
        unmatched = {claim.id for claim in self._claims.unmatched}
        return tuple(claim for claim in self.uncounted if claim.id in unmatched)

    @property
    def doubts(self) -> SumDoubts:
        """The caveats of the sum of `counted`."""
        return self.doubts_of(self.counted)

    def doubts_of(self, rows: Sequence[Claim]) -> SumDoubts:
        """Return the caveats of a sum of some of the `counted` claims."""
        return SumDoubts(
            open=sum(1 for claim in rows if claim.is_draft or claim.outcome in _UNFINISHED),
            conflicting=sum(1 for claim in rows if claim.owed.rivals or claim.owed.gap),
            impossible=sum(1 for claim in rows if claim.owed.impossible),
            refused=sum(1 for claim in rows if claim.denied or claim.is_partly_denied),
            twins=sum(1 for claim in rows if claim.id in self._claims.twins),
            two_plans=len(self.two_plans),
            unmatched=sum(1 for claim in self.unmatched if not claim.replaces),
            undated=len(self.undated),
            reaching=len(self.reaching),
            faulty=sum(1 for claim in rows if claim.dropped),
        )

    def _began(self, claims: Iterable[Claim]) -> tuple[Claim, ...]:
        first, last = self._span
        if self._span == (None, None):
            return self._select(claims)
        dated = ((claim, claim.service.day) for claim in claims)
        return self._select(c for c, day in dated if day and (first or date.min) <= day.first <= (last or date.max))

    def _touches(self, claim: Claim) -> bool:
        return self._span == (None, None) or claim.service.overlaps(*self._span)


class Visits(msgspec.Struct, frozen=True):
    """The claims of one service day: one visit with several claims, or several visits."""

    day: PartialDate | None
    claims: tuple[Claim, ...]


def claim_set_of(claims: Iterable[Claim], today: date | None = None) -> ClaimSet:
    """Return the claims that count. If `today` is given, a service date in the future counts as unknown (F41)."""
    left_out: Counter[str] = Counter()
    newest, older = newest_versions(claims)
    if older:
        left_out["older version"] = older
    is_replaced = replacing(newest)
    kept: list[Claim] = []
    gone: dict[str, list[Claim]] = {}
    for claim in newest:
        reason = _reason_out(claim) or ("replaced" if is_replaced(claim) else None)
        (gone.setdefault(reason, []) if reason else kept).append(claim)
    replaced = gone.get("replaced", [])
    reversals = [claim for claim in (*kept, *replaced) if claim.is_reversal]
    standing, before = ([one for one in rows if not one.is_reversal] for rows in (kept, replaced))
    pairs = matched(reversals, standing, (*before, *gone.get("cancelled", ())))
    taken = {one.id: one for rows in pairs.values() for one in rows}
    others = (*standing, *before)
    if back := {id_ for id_, one in taken.items() if not any(claim.follows(one) for claim in others)}:
        gone["taken back"] = [claim for claim in (*kept, *replaced) if claim.id in back]
        gone["replaced"] = [claim for claim in replaced if claim.id not in back]
        kept = [claim for claim in kept if claim.id not in back]
    left_out.update({reason: len(rows) for reason, rows in gone.items() if rows})
    # By day of service; when they were decided and changed is read only within a day.
    days = grouped(kept, lambda claim: day.first if (day := believed_day(claim, today)) else date.min)
    same_day = (days[day] for day in sorted(days, reverse=True))
    ordered = (sorted(rows, key=_last_change, reverse=True) if len(rows) > 1 else rows for rows in same_day)
    kept = [claim for rows in ordered for claim in rows]
    claims = tuple(claim for claim in kept if not claim.is_reversal)
    return ClaimSet(
        claims=claims,
        left_out=left_out,
        replaced=tuple(gone.get("replaced", ())),
        cancelled=tuple(gone.get("cancelled", ())),
        taken_back=tuple(gone.get("taken back", ())),
        twins=twins(claims),
        coordinated=coordinated(claims),
        pairs=pairs,
        reversals=tuple(claim for claim in kept if claim.is_reversal),
        listed=tuple(claim for claim in kept if claim.id not in pairs),
    )


def visits(claim_set: ClaimSet, today: date | None = None, *, pharmacy: bool = False) -> tuple[Visits, ...]:
    """Return the claims grouped by service day, in order; each undated claim is a group of its own.

    Pharmacy fills are omitted unless `pharmacy` is set.
    """
    seen = (claim for claim in claim_set.claims if pharmacy or not claim.is_pharmacy)
    groups = grouped(seen, lambda claim: believed_day(claim, today) or claim.id)
    return tuple([Visits(None if isinstance(day, str) else day, tuple(rows)) for day, rows in groups.items()])


def fills(claim_set: ClaimSet) -> tuple[Claim, ...]:
    """Return the pharmacy claims, newest first."""
    return tuple(claim for claim in claim_set.claims if claim.is_pharmacy)


def fill_after(claim_set: ClaimSet, day: PartialDate | None) -> Claim | None:
    """Return the newest pharmacy claim with a day, if that is after `day`; else None."""
    dated = ((claim, claim.service.day) for claim in fills(claim_set) if day)
    newest, on = next(((claim, on) for claim, on in dated if on), (None, None))
    return newest if day and on and on.first > day.first else None


def believed_day(claim: Claim, today: date | None = None) -> PartialDate | None:
    """Return the day of service; None if it is unknown, or in the future if `today` is given."""
    day = claim.service.day
    if day is None or (today is not None and day.first > today + _A_DAY):
        return None
    return day


def _last_change(claim: Claim) -> tuple[date, datetime]:
    return (claim.decided, claim.last_updated or NEVER)


def _reason_out(claim: Claim) -> str | None:
    """Return why a claim does not count, a key of `left_out`; None if it counts. A missing `use` means "claim"."""
    if claim.uninterpreted:
        return "not interpreted"
    if claim.use not in {None, "claim"}:
        return claim.use
    if claim.status in {"cancelled", "entered-in-error"}:
        return claim.status
    return "replaced" if claim.replaced else None


class Story(msgspec.Struct, frozen=True):
    """The earlier version of a claim, and the change in what is owed. `change` is None if an amount is missing."""

    before: Claim
    change: Amount | None


def story_of(claim: Claim, before: Claim | None) -> Story | None:
    """Return the earlier version with the change in what is owed; None without an earlier version.

    Return None also if the earlier version has a sensitive label and the claim has not.
    """
    if before is None or before.id == claim.id or (before.sensitive and not claim.sensitive):
        return None
    sure = not (claim.owed.is_minimum or before.owed.is_minimum)
    return Story(before, difference(claim.owed.amount, before.owed.amount) if sure else None)
