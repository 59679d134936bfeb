"""Which claims count (fhir-notes 4.7), newest first, and the visits and fills among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.records.claim import Claim, Number
from bot.records.coordination import coordinated
from bot.records.dates import PartialDate
from bot.records.reversals import matched
from bot.records.versions import newest_versions, twins, version_of

_LONG_AGO, _A_DAY = date.min, timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Live:
    """The claims that count, newest service first and undated last, with what was left out and why.

    The reasons: `cancelled`, `entered-in-error`, `replaced`, `preauthorization`, `predetermination`, `older version`,
    `taken back`, `not interpreted`. A reversal stays among the claims, where it is shown and never summed; what it
    takes back is `taken_back`, and `pairs` gives it by the reversal's id. `twins` are the ids of claims that share a
    number, a kind and a day without proof that one is a version of the other; `coordinated` gives, for the id of a
    claim of one plan, another plan's claim for the same visit, which is added up in its place.
    """

    claims: tuple[Claim, ...]
    left_out: Counter[str]
    replaced: tuple[Claim, ...] = ()
    cancelled: tuple[Claim, ...] = ()
    taken_back: tuple[Claim, ...] = ()
    twins: frozenset[str] = frozenset()
    coordinated: Mapping[str, Claim] = field(default_factory=dict)
    pairs: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)

    @property
    def added(self) -> tuple[Claim, ...]:
        """The claims that a sum may hold: no reversal, and each visit once though two plans decided on it."""
        return tuple(c for c in self.claims if not c.is_reversal and c.id not in self.coordinated)

    @property
    def apart(self) -> tuple[Claim, ...]:
        """The claims that no sum holds because they no longer count or take back another one."""
        reversals = tuple(claim for claim in self.claims if claim.is_reversal)
        return (*reversals, *self.replaced, *self.taken_back, *self.cancelled)

    def before(self, claim: Claim) -> Claim | None:
        """The newest of the claims that this one replaces, as far as they were read."""
        earlier = [one for one in (*self.replaced, *self.taken_back) if claim.follows(one)]
        newest = max(earlier, key=version_of, default=None)
        return next(iter(self.pairs.get(newest.id, ())), newest) if newest else None

    def after(self, claim: Claim) -> Claim | None:
        """The claim that counts in place of another one, as far as it was read; a chain is followed to its end."""
        seen = {claim.id}
        while True:
            if counting := next((c for c in self.claims if c.follows(claim) and not c.is_reversal), None):
                return counting
            between = (*self.replaced, *(one for one in self.claims if one.is_reversal))
            later = next((one for one in between if one.follows(claim) and one.id not in seen), None)
            if later is None:
                return None
            seen.add(later.id)
            claim = later


@dataclass(frozen=True, slots=True)
class Visits:
    """The claims of one day. Several are a tie: one visit can give several claims, or there were several visits."""

    day: PartialDate | None
    claims: tuple[Claim, ...]


def live(claims: Iterable[Claim], today: date | None = None) -> Live:
    """The live set. With `today`, a service date in the future is not believed and sorts as unknown (F41)."""
    left_out: Counter[str] = Counter()
    newest, older = newest_versions(claims)
    if older:
        left_out["older version"] = older
    priors = _priors(newest)
    kept: list[Claim] = []
    gone: dict[str, list[Claim]] = {}
    for claim in newest:
        reason = _reason_out(claim) or ("replaced" if priors and _is_prior(claim, priors) else None)
        (gone.setdefault(reason, []) if reason else kept).append(claim)
    replaced = gone.get("replaced", [])
    reversals = [claim for claim in (*kept, *replaced) if claim.is_reversal]
    pairs = matched(reversals, kept, (*replaced, *gone.get("cancelled", ())))
    if back := _only_taken_back(pairs, (*kept, *replaced)):
        gone["taken back"] = [claim for claim in (*kept, *replaced) if claim.id in back]
        gone["replaced"] = [claim for claim in replaced if claim.id not in back]
        kept = [claim for claim in kept if claim.id not in back]
    left_out.update({reason: len(rows) for reason, rows in gone.items() if rows})
    kept.sort(key=lambda claim: _newness(claim, today), reverse=True)
    return Live(
        claims=tuple(kept),
        left_out=left_out,
        replaced=tuple(gone.get("replaced", ())),
        cancelled=tuple(gone.get("cancelled", ())),
        taken_back=tuple(gone.get("taken back", ())),
        twins=twins(kept),
        coordinated=coordinated(kept),
        pairs=pairs,
    )


def _only_taken_back(pairs: Mapping[str, tuple[Claim, ...]], claims: Sequence[Claim]) -> frozenset[str]:
    """The ids of the claims that reversals take back and that no other claim stands for."""
    back = {one.id: one for rows in pairs.values() for one in rows}
    stands = [claim for claim in claims if back and not claim.is_reversal]
    return frozenset(id_ for id_, one in back.items() if not any(claim.follows(one) for claim in stands))


def visits(alive: Live, today: date | None = None, *, pharmacy: bool = False) -> tuple[Visits, ...]:
    """The claims that are no reversals, grouped by service day, in their order, undated ones alone.

    Pharmacy fills are no visits, unless `pharmacy` says that what was asked for may have been filled.
    """
    groups: dict[PartialDate | str, list[Claim]] = {}
    for claim in alive.claims:
        if (pharmacy or not claim.is_pharmacy) and not claim.is_reversal:
            groups.setdefault(believed_day(claim, today) or claim.id, []).append(claim)
    return tuple([Visits(None if isinstance(day, str) else day, tuple(rows)) for day, rows in groups.items()])


def fills(alive: Live) -> tuple[Claim, ...]:
    """The pharmacy claims, newest first."""
    return tuple(claim for claim in alive.claims if claim.is_pharmacy and not claim.is_reversal)


def believed_day(claim: Claim, today: date | None = None) -> PartialDate | None:
    """The day that stands for the service; None when unknown or, by `today`, in the future."""
    day = claim.service.day
    if day is None or (today is not None and day.first > today + _A_DAY):
        return None
    return day


def _newness(claim: Claim, today: date | None) -> tuple[date, date, datetime]:
    day = believed_day(claim, today)
    decided = claim.created.first if claim.created else _LONG_AGO
    return (day.first if day else _LONG_AGO, decided, claim.last_updated or _NEVER)


def _reason_out(claim: Claim) -> str | None:
    """Why it does not count; None when it does. A missing `use` is taken as a claim."""
    if claim.uninterpreted:
        return "not interpreted"
    if claim.use not in {None, "claim"}:
        return claim.use
    if claim.status in {"cancelled", "entered-in-error"}:
        return claim.status
    return "replaced" if claim.replaced else None


def _priors(claims: Iterable[Claim]) -> dict[str, list[tuple[Number, str]]]:
    """The numbers that other claims replace, with the id of the one that does; what was an error replaces nothing."""
    priors: dict[str, list[tuple[Number, str]]] = {}
    for claim in claims:
        if claim.status != "entered-in-error" and claim.use in {None, "claim"}:
            for number in claim.replaces:
                priors.setdefault(number.value, []).append((number, claim.id))
    return priors


def _is_prior(claim: Claim, priors: dict[str, list[tuple[Number, str]]]) -> bool:
    named = ((own, *by) for own in claim.numbers for by in priors.get(own.value, ()))
    return any(by != claim.id and own.same(number) for own, number, by in named)
