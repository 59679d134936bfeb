"""Which claims count (fhir.md 4.7), newest first, and the visits and fills among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.records.claim import Claim, Number
from bot.records.dates import PartialDate

_LONG_AGO = date.min
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Live:
    """The claims that count, newest service first and undated last, with what was left out and why.

    The reasons: `cancelled`, `entered-in-error`, `replaced`, `preauthorization`, `predetermination`, `older version`,
    `taken back`, `not interpreted`. A reversal stays among the claims, where it is shown and never summed; what it
    takes back whole is `taken_back`.
    """

    claims: tuple[Claim, ...]
    left_out: Counter[str]
    replaced: tuple[Claim, ...] = ()
    cancelled: tuple[Claim, ...] = ()
    taken_back: tuple[Claim, ...] = ()

    def before(self, claim: Claim) -> Claim | None:
        """The newest of the claims that this one replaces, as far as they were read."""
        earlier = [one for one in self.replaced if claim.follows(one)]
        return max(earlier, key=_version, default=None)

    def after(self, claim: Claim) -> Claim | None:
        """The claim that counts in place of a replaced one, as far as it was read; a chain is followed to its end."""
        seen = {claim.id}
        while True:
            if counting := next((one for one in self.claims if one.follows(claim)), None):
                return counting
            later = next((one for one in self.replaced if one.follows(claim) and one.id not in seen), None)
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
    newest, older = _newest_versions(claims)
    if older:
        left_out["older version"] = older
    priors, reversals = _priors(newest), _reversals(newest)
    kept: list[Claim] = []
    gone: dict[str, list[Claim]] = {}
    for claim in newest:
        reason = _reason_out(claim) or _overtaken(claim, priors, reversals)
        (gone.setdefault(reason, []) if reason else kept).append(claim)
    left_out.update({reason: len(rows) for reason, rows in gone.items()})
    kept.sort(key=lambda claim: _newness(claim, today), reverse=True)
    by_reason = {reason: tuple(gone.get(reason, ())) for reason in ("replaced", "cancelled", "taken back")}
    return Live(tuple(kept), left_out, *by_reason.values())


def visits(alive: Live, today: date | None = None) -> tuple[Visits, ...]:
    """The claims that are no pharmacy fills, grouped by service day, newest first, undated ones last and alone."""
    groups: dict[str, list[Claim]] = {}
    for claim in alive.claims:
        if claim.is_pharmacy or claim.is_reversal:
            continue
        day = believed_day(claim, today)
        groups.setdefault(str(day) if day else f"?{claim.id}", []).append(claim)
    return tuple(Visits(believed_day(rows[0], today), tuple(rows)) for rows in groups.values())


def fills(alive: Live) -> tuple[Claim, ...]:
    """The pharmacy claims, newest first."""
    return tuple(claim for claim in alive.claims if claim.is_pharmacy and not claim.is_reversal)


def believed_day(claim: Claim, today: date | None = None) -> PartialDate | None:
    """The day that stands for the service; None when unknown or, by `today`, in the future."""
    day = claim.service.day
    if day is None or (today is not None and day.first > today + timedelta(days=1)):
        return None
    return day


def _newness(claim: Claim, today: date | None) -> tuple[date, date, datetime]:
    day = believed_day(claim, today)
    return (day.first if day else _LONG_AGO, _decided(claim), claim.last_updated or _NEVER)


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


def _overtaken(
    claim: Claim, priors: dict[str, list[tuple[Number, str]]], reversals: dict[str, list[Claim]]
) -> str | None:
    """Why another claim leaves this one without effect; None when none does."""
    if _is_prior(claim, priors):
        return "replaced"
    return "taken back" if any(_takes_back(one, claim) for one in reversals.get(_key(claim), ())) else None


def _reversals(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """The reversals that count, by the number that they share with what they take back."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.is_reversal and claim.numbers and not _reason_out(claim):
            found.setdefault(_key(claim), []).append(claim)
    return found


def _key(claim: Claim) -> str:
    return claim.numbers[0].value if claim.numbers else ""


def _takes_back(reversal: Claim, claim: Claim) -> bool:
    """True when a reversal under the same number holds exactly the opposite amounts, and is not the older one."""
    if claim.is_reversal or not reversal.numbers[0].same(claim.numbers[0]):
        return False
    amounts = [(one.billed, one.owed.amount, one.plan_paid) for one in (reversal, claim)]
    pairs = [(back, given) for back, given in zip(*amounts, strict=True) if back is not None and given is not None]
    opposite = bool(pairs) and all(back == -given for back, given in pairs) and any(back.value for back, _ in pairs)
    later = None in {reversal.created, claim.created} or _decided(reversal) >= _decided(claim)
    return opposite and later


def _decided(claim: Claim) -> date:
    return claim.created.first if claim.created else _LONG_AGO


def _newest_versions(claims: Iterable[Claim]) -> tuple[list[Claim], int]:
    """Each record once and each claim number once a kind and day: the newest version (F42), and how many were older."""
    by_id: dict[str, Claim] = {}
    seen = 0
    for place, claim in enumerate(claims):
        seen += 1
        key = claim.id or f"?{place}"
        by_id[key] = _newer(by_id.get(key), claim)
    newest: dict[tuple[object, ...], Claim] = {}
    for key, claim in by_id.items():
        number = claim.numbers[0] if claim.numbers else None
        what = (claim.kind, claim.use, claim.service, claim.is_reversal)
        same = (number, *what) if number and claim.service.known else (key,)
        newest[same] = _newer(newest.get(same), claim)
    return list(newest.values()), seen - len(newest)


def _newer(old: Claim | None, new: Claim) -> Claim:
    return old if old is not None and _version(old) > _version(new) else new


def _version(claim: Claim) -> tuple[datetime, date]:
    return (claim.last_updated or _NEVER, _decided(claim))
