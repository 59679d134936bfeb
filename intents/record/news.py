"""Changes since the last question or since a day: new and changed claims, and doctors who left the network."""

from datetime import date, timedelta

from bot import kit

MOST = 8
_FIRST_TIME = timedelta(days=30)


class News(kit.WithSeen, frozen=True):
    """The changes since the day `since`.

    Attributes:
        new, changed: The new and the changed claims, newest first.
        first: True if this is the first such question, so that only the dates in the records can be compared.
        by_dates: True if the dates in the records were compared; `undated`: the number of claims without such a date.
        gone: The doctors who left a network of the member, each with the network.
        looked: The number of doctors of recent visits who are listed; `still`: those also listed the last time.
        away: True if the directory could not be searched.
        shown: True if a button asks for the claims themselves.
    """

    since: date
    new: tuple[kit.Claim, ...] = ()
    changed: tuple[kit.Claim, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    first: bool = False
    by_dates: bool = False
    undated: int = 0
    looked: int = 0
    still: int = 0
    away: bool = False
    shown: bool = False

    @property
    def ids(self) -> str:
        """The ids of the new and changed claims, joined by spaces, for the button that shows these claims."""
        return " ".join(claim.id for claim in (*self.new, *self.changed)[:MOST])


async def answer(ask: kit.Ask) -> News:
    """Return the changes since the last question, or by the records' dates for a named day or the first question.

    A claim that replaces another one counts as changed.
    """
    before, asked = await ask.last_seen(), kit.span_of(ask)[0]
    claim_set = await kit.period_claims(ask, ask.today - kit.LOOKED_AT)
    if "ids" in ask.arguments:
        return shown(claim_set, ask)
    now = await kit.doctors_seen(ask, claim_set.claims)
    since = asked or (before.day if before else ask.today - _FIRST_TIME)
    marks, is_partial = kit.marks_of_claims(ask, claim_set), ask.report.is_partial
    known = None if asked or before is None else _compared(ask, claim_set, before, marks)
    new, changed, undated = _by_dates(claim_set, since) if known is None else (*known, 0)
    gone, still = kit.doctors_changed(ask, before, now)
    kept = {**(before.claims if before and is_partial else {}), **marks}
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*new, *changed)])
    return News(
        since=since,
        new=new,
        changed=changed,
        gone=gone,
        first=before is None,
        by_dates=asked is not None or before is None,
        undated=undated,
        looked=sum(1 for listed in now.listed.values() if listed),
        still=still,
        away=now.away,
        seen=None
        if before is None and is_partial
        else kit.as_seen(ask, kept, now, before),  # else old claims seem new later
    )


def shown(claim_set: kit.ClaimSet, ask: kit.Ask) -> News:
    """Return the answer with the claims that a button names; the stored state stays unchanged."""
    ids = ask.arguments["ids"].split()
    rows = tuple(claim for claim in claim_set.every if claim.id in ids)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in rows])
    day = ask.arguments.get("since")
    return News(since=date.fromisoformat(day) if day else ask.today, new=rows, shown=True)


def _compared(
    ask: kit.Ask, claim_set: kit.ClaimSet, before: kit.Seen, marks: dict[str, str]
) -> tuple[tuple[kit.Claim, ...], tuple[kit.Claim, ...]]:
    """Return the new claims and the changed claims, by comparison with the stored digests of ids and contents."""
    keys = {claim.id: kit.mark(ask, claim.id) for claim in claim_set.every}
    fresh = [claim for claim in claim_set.claims if keys[claim.id] not in before.claims]
    corrections = [claim for claim in fresh if _is_correction(claim, claim_set)]
    other = [
        claim
        for claim in (*claim_set.claims, *claim_set.taken_back, *claim_set.cancelled)
        if before.claims.get(keys[claim.id], marks[keys[claim.id]]) != marks[keys[claim.id]]
    ]
    return tuple(one for one in fresh if one not in corrections), (*corrections, *other)


def _by_dates(claim_set: kit.ClaimSet, since: date) -> tuple[tuple[kit.Claim, ...], tuple[kit.Claim, ...], int]:
    """Return the claims decided since that day, older claims updated since, and the number of claims without a date.

    An update of all records at the same time is ignored.
    """
    told = [claim for claim in claim_set.claims if claim.created]
    fresh = [claim for claim in told if claim.created and claim.created.first >= since]
    touched = [claim for claim in told if claim not in fresh and _touched(claim, since)]
    plain = touched if len(touched) * 2 <= len(told) else []
    corrections = [claim for claim in fresh if _is_correction(claim, claim_set)]
    back = [claim for claim in claim_set.taken_back if _touched(claim, since)]
    new = tuple(claim for claim in fresh if claim not in corrections)
    return new, (*corrections, *plain, *back), len(claim_set.claims) - len(told)


def _touched(claim: kit.Claim, since: date) -> bool:
    return claim.last_updated is not None and claim.last_updated.date() >= since


def _is_correction(claim: kit.Claim, claim_set: kit.ClaimSet) -> bool:
    return bool(claim.replaces) or claim_set.before(claim) is not None
