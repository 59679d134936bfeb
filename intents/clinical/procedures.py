"""Procedures as the records list them, newest first, or those of a named kind."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import asdict, replace

from bot import kit

PAGE = 6
_SEARCH = kit.Search("Procedure")
_ANY = frozenset({"procedure", "procedures", "procedimiento", "procedimientos"})  # of any kind: no surgery is meant


class Procedures(kit.OnRecord[kit.Procedure], frozen=True):
    """One page of procedures.

    Attributes:
        kind: The requested kind of care, to which the list is limited.
        without: The kinds of care that the question excludes.
        missing: True if there is no procedure of that kind, so that every procedure is listed.
        kinds: The kinds of care by the procedures' ids, for names in the language of the answer.
        claim: The member's newest claim for the kind of care, if there is no record of a procedure.
        looked: True if the claims were read and none is for that kind of care.
        dated: True if the question is when the last procedure was.
        other: The newest procedure of that kind on another day, if there is none in the period of the question.
        last: False if a part of the body or an ordinal selected the claim.
    """

    kind: kit.CareKind | None = None
    without: tuple[kit.CareKind, ...] = ()
    missing: bool = False
    kinds: Mapping[str, kit.CareKind] = msgspec.field(default_factory=dict)
    claim: kit.Claim | None = None
    looked: bool = False
    last: bool = True
    dated: bool = False
    other: kit.Procedure | None = None


async def answer(ask: kit.Ask) -> Procedures:
    """Return the recorded procedures, or the claim for the named care if that is newer or no procedure is recorded."""
    found = summarize(await kit.dated(ask, _SEARCH, kit.Procedure), ask)
    asks = found.missing or (found.kind is not None and found.dated)
    claim, looked = await _claimed(ask) if asks and found.page == 0 else (None, False)
    last = None if found.missing else next((kit.Period(one.day).sort_key for one in found.rows), None)
    if claim and (last is None or last < claim.service.sort_key):
        ask.cite("ExplanationOfBenefit", [claim.id])
        ask.report.cite("Procedure", [])
        wanted = kit.filter_of(ask)
        return replace(found, claim=claim, last=not (wanted.part or wanted.nth))
    found = replace(found, looked=looked, other=await _other_day(ask) if found.missing and looked else None)
    if found.other:
        ask.report.cite("Procedure", [found.other.id])
        return found
    ask.report.cite("Procedure", [one.id for one in found.rows])
    return found


async def _other_day(ask: kit.Ask) -> kit.Procedure | None:
    """Return the newest procedure of the named kind on any day; None without one, or if the question has no period."""
    if kit.span_of(ask) == (None, None):
        return None
    ever = summarize(await kit.dated(ask, _SEARCH, kit.Procedure, ever=True), ask)
    done = (one for one in ever.rows if one.day and one.status in {"completed", None})
    return None if ever.missing else next(done, None)


async def _claimed(ask: kit.Ask) -> tuple[kit.Claim | None, bool]:
    """Return the claim for the named care, None if there is none or it is sensitive, and whether claims were read."""
    gaps = len(ask.report.gaps)
    try:
        claim_set = await kit.newest_claims(
            ask, *kit.service_dates(ask), enough=lambda so_far: bool(kit.fitting(so_far.added, ask))
        )
    except kit.PayerError:
        del ask.report.gaps[gaps:]
        return None, False
    rows = [claim for claim in kit.fitting(claim_set.added, ask) if claim.service.day]
    found = next((claim for claim in rows if not claim.sensitive), None)
    return found, not rows and not ask.report.is_partial


def summarize(read: Sequence[kit.Procedure], ask: kit.Ask) -> Procedures:
    """Return the procedures, newest first: those of the requested kind of care, or all if none is of that kind."""
    described, shielded = kit.shield(ask, read)
    key = "" if set(kit.words_of(ask.words.get("service"))[-1:]) & _ANY else str(ask.slots.get("service") or "")
    kinds, out = ask.care_kinds.within(key), ask.excluded.get("service")
    barred = [kind for one in (out.every if out else ()) for kind in ask.care_kinds.within(str(one))]
    described = tuple(one for one in described if not any(kind.is_named(one.code, one.name) for kind in barred))
    alike = [one for one in described if any(kind.is_named(one.code, one.name) for kind in kinds)]
    page = kit.on_record(ask, alike or described, len(alike or described) + shielded.hidden, shielded, size=PAGE)
    return Procedures(
        **asdict(page),
        kind=ask.care_kinds.named(key),
        without=tuple(kind for one in (out.every if out else ()) if (kind := ask.care_kinds.named(str(one)))),
        missing=bool(kinds and not alike),
        dated=ask.asked.form == "date",
        kinds={one.id: kind for one in page.rows if (kind := _kind(one, ask.care_kinds))},
    )


def _kind(one: kit.Procedure, kinds: kit.CareKinds) -> kit.CareKind | None:
    """Return the narrowest kind of care of a procedure; None if there is none, or several unrelated ones."""
    return kinds.narrowest(key for key, kind in kinds.every.items() if kind.is_named(one.code, one.name))
