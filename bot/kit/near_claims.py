"""What an answer says besides the matching claims: the nearest ones, the two sides of a message, unused conditions."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, islice
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import Inner, crossed_asked, inner_amount
from bot.kit.around import NeedsPlace
from bot.kit.ask import Ask, Reroute, Summary, slotted
from bot.kit.claim_filter import ClaimFilter, any_time, choose
from bot.kit.claims import checked, cite_claims, newest_claims
from bot.kit.period import in_its_time, newest_procedure
from bot.kit.query import composed_asked
from bot.kit.ranking import fields_compared
from bot.kit.said import CLAIM_TYPES, by_name, filter_of
from bot.kit.sets import sets_asked
from bot.kit.spans import may_be_ahead, span_of
from bot.language.rules import IntentRules, Tells
from bot.records.care import Procedure
from bot.records.care_kind import CareKind, shown_as
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.money import Amount
from bot.records.shapes import Record, Value
from bot.records.share import shows_state
from bot.records.written import PartialDate

SHOWN, _NEAR_DAYS, _WEEK, _MONTH = 3, timedelta(days=3), timedelta(days=7), timedelta(days=31)
_One = Literal["amount", "billed", "state", "time", "provider", "part", "nth", "weekday", "wider", "service", "word"]
Left = Literal[_One, "several", "inner"]
_NAMING = ("services", "providers", "drugs", "doctor_kinds", "traits", "prescribers", "part", "claim_types")
AnySummary = TypeVar("AnySummary", bound=Summary)


class Nearest(msgspec.Struct, frozen=True):
    """The claims that match all conditions of a question except one.

    Attributes:
        left: The condition that the claims do not match; None if leaving out a single condition finds no claim.
        kind: The wider kind of care that the claims show, if `left` is "wider".
        claims: The first few claims that match the other conditions; empty if `left` is "state".
        undecided: The number of claims that match otherwise but do not state what care was given.
        since: The oldest day of service of all claims that were read.
        looked: The number of claims that match all conditions except the state, if `left` is "state".
        unstated: The number of claims among `looked` that give no state.
        record: The newest clinical record of a procedure of the care in question, if no claim shows that care.
        gone: Claims that match every condition but no longer count, for example because they were replaced.
        inner: Where the stated amount is inside a claim, if `left` is "inner".
    """

    left: Left | None = None
    kind: CareKind | None = None
    claims: tuple[Claim, ...] = ()
    undecided: int = 0
    since: PartialDate | None = None
    looked: int = 0
    unstated: int = 0
    record: Procedure | None = None
    gone: tuple[Claim, ...] = ()
    inner: Inner | None = None


class OfClaims(Summary, frozen=True, kw_only=True):
    """An answer from the claims that match the conditions `wanted`; `nearest`: the nearest ones if none matches.

    `kinds` are the kinds of care for the payer's words, or for the ids of records.
    """

    wanted: ClaimFilter = msgspec.field(default_factory=ClaimFilter)
    nearest: Nearest | None = None
    kinds: Mapping[str, CareKind] = msgspec.field(default_factory=dict)


async def strict(
    ask: Ask,
    claim_set: ClaimSet,
    summarize: Callable[[ClaimSet, Ask], AnySummary],
    shown: Callable[[AnySummary], Sequence[Claim]],
) -> AnySummary:
    """Return the answer that `summarize` makes of the claims, after the claims `shown` in it were parsed strictly."""
    summary = summarize(claim_set, ask)
    found = await checked(ask, claim_set, shown(summary))
    return summary if found is claim_set else summarize(found, ask)


async def or_nearest(
    ask: Ask, claim_set: ClaimSet | None, summary: AnySummary, shown: Iterable[Claim | None] = (), *, lacks: object
) -> AnySummary:
    """Return the answer with the nearest claims added if it `lacks` a match; its sources are the claims it shows."""
    nearest = await near_claims(ask, claim_set) if lacks and claim_set else None
    cite_claims(ask, shown, nearest)
    return replace(summary, nearest=nearest)


async def near_claims(ask: Ask, claim_set: ClaimSet) -> Nearest:
    """Return the nearest claims for a question that no claim in `claim_set` matches.

    If the question names a period, claims of any period are read. The result is empty if the question has no condition.

    Raises:
        Reroute: The care is in no claim or clinical record; the intent for questions about future care answers.
    """
    wanted = filter_of(ask)
    if not wanted.narrows:
        return Nearest()
    gone = choose((*claim_set.replaced, *claim_set.taken_back, *claim_set.cancelled), wanted).claims
    gone = tuple(claim for claim in gone if not claim.sensitive)[:SHOWN]
    stated = Amount(wanted.exact.amounts[0]) if wanted.exact else None
    if inner := inner_amount(choose(claim_set.claims, replace(wanted, exact=None)).claims, stated):
        return Nearest("inner", claims=(inner.claim,), inner=inner)
    if (wanted.start or wanted.end) and not wanted.nth:
        whenever, day = replace(wanted, start=None, end=None, times=()), (_days_of(wanted) or (date.max,))[0]
        claim_set = await newest_claims(
            ask.without("date_range"),
            enough=lambda so_far: any(one.service.sort_key < day for one in choose(so_far.claims, whenever).claims),
            page_size=50,
        )
        claim_set = replace(claim_set, claims=tuple(claim for claim in claim_set.claims if claim.service.known))
    nearest = replace(nearest_of(claim_set.claims, wanted), gone=gone)
    nearest = replace(nearest, record=await newest_procedure(ask, wanted.services, (wanted.start, wanted.end)))
    if nearest.left in {"amount", "inner", "state", "time", "provider", "part", "nth", "weekday", "word", "several"}:
        return nearest
    if (wanted.services or wanted.doctor_kinds) and not gone and may_be_ahead(ask, recorded=nearest.record is not None):
        raise Reroute
    return nearest


def _days_of(wanted: ClaimFilter) -> tuple[date, date] | None:
    """Return the named day or days, at most a week; None for a longer time."""
    start, end = wanted.start, wanted.end
    return (start, end) if start and end and end - start < _WEEK else None


def _days_away(day: date, days: tuple[date, date]) -> timedelta:
    """Return how far a day is from the named days."""
    return max(days[0] - day, day - days[1], timedelta())


def of_near_day(ask: Ask, summary: Summary, *, one: bool) -> Ask | None:
    """Return the question about the nearest day of care, if none is on the named day; None if that is not near.

    People misremember days, and documents state other days. If two days are equally near, neither is meant. A week
    ("last week") is extended in the same way, for a question about `one` record.
    """
    nearest, days = getattr(summary, "nearest", None), span_of(ask)
    if not isinstance(nearest, Nearest) or nearest.left != "time" or None in days:
        return None
    named = _days_of(ClaimFilter(start=days[0], end=days[1]))
    if named is None or not (one or named[0] == named[1]):
        return None
    near, *others = dict.fromkeys(claim.service.sort_key for claim in nearest.claims)
    away = _days_away(near, named)
    if away > max(_NEAR_DAYS, named[1] - named[0]) or any(_days_away(other, named) == away for other in others):
        return None
    told = {"start": near.isoformat(), "end": near.isoformat()}
    return replace(ask, slots={**ask.slots, "date_range": told})


def nearest_of(claims: Sequence[Claim], wanted: ClaimFilter) -> Nearest:
    """Return the first few claims that match all conditions except one.

    The conditions are left out one at a time in the order of `_loosened`, until a claim matches.
    """
    undecided = choose(claims, wanted).undecided
    since = min((day for claim in claims if (day := claim.service.day)), key=lambda day: day.first, default=None)
    for left, loosened in _loosened(claims, wanted):
        found = list(choose(claims, loosened).claims)
        if found and left == "wider" and all(_is_other_kind(one, wanted) for one in found):
            break  # an X-ray is no mammogram because both are imaging
        if left == "service":
            found = [claim for claim in found if _may_be(claim, wanted)]
        if left == "time" and (named := _days_of(wanted)):
            found.sort(key=lambda claim: _days_away(claim.service.sort_key, named))
        elif left == "time" and wanted.start and wanted.end and wanted.end - wanted.start < _MONTH:
            month = wanted.start.month  # of another year
            found.sort(key=lambda claim: claim.service.sort_key.month != month)
        if found and left == "state":
            unstated = sum(1 for claim in found if not shows_state(claim, wanted.state))
            return Nearest(left, undecided=undecided, since=since, looked=len(found), unstated=unstated)
        if found:
            kind = loosened.kind if left == "wider" else None
            return Nearest(left, kind, tuple(found[:SHOWN]), undecided, since)
    return Nearest(undecided=undecided, since=since)


def _is_other_kind(claim: Claim, wanted: ClaimFilter) -> bool:
    """Return whether the claim is for a known kind of care that is neither the wanted kind nor a wider one."""
    kind, own = wanted.kind, wanted.kinds.above(wanted.service or "")
    known = {key for key in wanted.kinds.every if shown_as(claim, key, wanted.kinds)}
    return bool(kind and not kind.fills) and wanted.service not in known and not known <= own


def _loosened(claims: Sequence[Claim], wanted: ClaimFilter) -> Iterator[tuple[Left, ClaimFilter]]:
    """Yield copies of the conditions, each without one condition, with that condition's name, in the order to try."""
    near = sorted(wanted.kinds.near(wanted.service or ""), key=lambda one: (-len(wanted.kinds.above(one)), one))
    wider = next((one for one in near if any(shown_as(claim, one, wanted.kinds) for claim in claims)), None)
    sized, timed, out = wanted.limits or wanted.exact, wanted.start or wanted.end, wanted.out
    ways: tuple[tuple[Left, object, dict[str, object]], ...] = (
        ("nth", wanted.nth, {"nth": None}),
        ("part", wanted.part and wanted.services, {"part": None}),
        ("billed", sized, {"aspect": wanted.aspect or "billed"}),
        ("amount", sized, {"limits": None, "exact": None}),
        ("weekday", wanted.weekdays, {"weekdays": frozenset()}),
        ("time", timed, {"start": None, "end": None, "times": ()}),
        ("state", wanted.states, {"states": ()}),
        ("provider", wanted.providers and wanted.services, {"providers": ()}),
        ("provider", out.providers, {"without": replace(out, providers=())}),
        ("wider", wider, {"services": (wider,)}),
        ("word", wanted.traits, {"traits": ()}),
        ("word", wanted.doctor_kinds, {"doctor_kinds": ()}),
        ("word", wanted.prescribers, {"prescribers": ()}),
        ("word", wanted.drugs, {"drugs": ()}),
        ("word", wanted.providers and not wanted.services, {"providers": ()}),
        ("service", wanted.services, {"services": ()}),
    )
    named = [(left, changes) for left, told, changes in ways if told]
    for left, changes in named:
        if left != "word" or _names_subject(replace(wanted, **changes)):
            yield left, replace(wanted, **changes)
    for (_, changes), (_, more) in combinations(named, 2):
        if _names_subject(replace(wanted, **changes, **more) if changes.keys().isdisjoint(more) else wanted):
            yield "several", replace(wanted, **{**changes, **more})


def _names_subject(wanted: ClaimFilter) -> bool:
    """Return whether the conditions name a kind of care, a drug, a provider or the like."""
    return any(getattr(wanted, name) for name in _NAMING)


def _may_be(claim: Claim, wanted: ClaimFilter) -> bool:
    """Return whether the claim may be for the wanted care although its lines do not show that care.

    This depends on the type of claim; for example, a pharmacy claim cannot be for surgery.
    """
    kinds = wanted.kinds_of_care
    if claim.is_pharmacy:
        return any(kind.fills for kind in kinds)
    return claim.kind in {"inpatient", "outpatient", "institutional"} or not all(kind.whole for kind in kinds)


_SINGLES = frozenset({"one", "claims", "several", "any_one"})
"""The words by which single claims are asked for, and not a sum of all."""


def form_asked(ask: Ask, rules: IntentRules) -> Tells | None:
    """Return the form of answer that the question needs, such as "sums", as the `tells` value of an intent."""
    tells, says = rules.tells, ask.asked.says.keys()
    query = composed_asked(ask) if tells or rules.composed else None
    if tells and ((ask.asked.gap and "money" not in says) or (tells in {"one", "several"} and sets_asked(ask))):
        return "days"
    if (tells and crossed_asked(ask)) or (query and (query.by or rules.reads_claims)):
        return "sums"
    return ("several" if _SINGLES & says else "sums") if tells and {"than_bearer", "money"} <= says else tells


def forms_to_try(ask: Ask, summary: Summary) -> list[Tells]:
    """Return the `tells` values of the intents to try, in this order, if an answer ignores a condition.

    The result is [] if the answer is about no claims.
    """
    if not isinstance(getattr(summary, "wanted", None), ClaimFilter):
        return []
    told: list[Tells] = ["sums"] if "money" in ask.asked.says else ["days", "two"] if filter_of(ask).sides else ["days"]
    return [*told, "several"] if ask.asked.count else told


Phrase = tuple[str, str]
"""A phrase of a message, and the message without it."""


async def unused(
    ask: Ask, summary: Summary, answer: Callable[[Ask], Awaitable[Summary]], phrases: Iterable[Phrase]
) -> list[Phrase]:
    """Return the phrases without which the question has the same answer, so that the answer did not use them.

    Only an answer that orders two sides by date can say which came first.
    """
    most = getattr(summary, "most", None)
    honoured = {"in_order": getattr(summary, "placed", ()), "with_care": most}
    told = [said for name, said in ask.asked.says.items() if honoured.get(name)]
    phrases = [one for one in phrases if not any(said in one[0].casefold() for said in told)]
    unordered = "in_order" in ask.asked.says and filter_of(ask).sides and not most
    return [one for one in phrases if unordered or await _answers_alike(ask, summary, answer, one[1])]


async def _answers_alike(ask: Ask, summary: Summary, answer: Callable[[Ask], Awaitable[Summary]], text: str) -> bool:
    try:
        return _content(await answer(await in_its_time(as_if_said(ask, text)))) == _content(summary)
    except (Reroute, NeedsPlace):
        return False


def _content(summary: Summary) -> bytes:
    """Return all values of an answer as bytes, with each record as its id.

    Whether fills are left out is ignored, because it depends on the remaining words and is no condition.
    """
    wanted = getattr(summary, "wanted", None)
    if isinstance(wanted, ClaimFilter) and wanted.out.claim_types == ("pharmacy",):
        summary = replace(summary, wanted=replace(wanted, without=replace(wanted.out, claim_types=())))
    return msgspec.json.encode(summary, enc_hook=_plain, order="deterministic")


def _plain(one: object) -> object:
    return one.id if isinstance(one, Record) else vars(one) if isinstance(one, Value) else type(one).__name__


def as_if_said(ask: Ask, text: str) -> Ask:
    """Return the question with the slots of `text`, another part of the same message."""
    own, other = ask.reads(ask.said), ask.reads(text)
    changed = {name for name in own.keys() | other.keys() if own.get(name) != other.get(name)}
    new = slotted({name: slot for name, slot in other.items() if name in changed})
    held = ("slots", "words", "excluded", "several")
    kept = {one: {name: value for name, value in getattr(ask, one).items() if name not in changed} for one in held}
    care = replace(ask.care, claims=set()) if ask.care else None
    apart = {"budget": ask.budget.alone(), "unmet": {}, "named": {}, "own_doctors": [], "care": care, "said": text}
    return replace(ask, **{one: {**kept[one], **new[one]} for one in held}, **apart)


_JOINT = re.compile(
    r",\s+(?=(?:this|last|now|este|esta)\b)|[,;.]*\s+(?:and|but|while|whereas|when|than|or|vs\.?|versus"
    r"|y|pero|mientras|cuando|que|o)\s",
    re.IGNORECASE,
)
_MOST = 4


def parted(ask: Ask) -> Iterator[tuple[Ask, Ask]]:
    """Yield, for each joint such as "and" or "than", the questions about the two parts, each with its own slots."""
    for joint in islice(_JOINT.finditer(ask.said), _MOST):
        yield _ask_of_text(ask, ask.said[: joint.start()]), _ask_of_text(ask, ask.said[joint.end() :])


def sides_said(ask: Ask, claims: Sequence[Claim]) -> tuple[ClaimFilter, ...]:
    """Return the conditions of both parts of the message, if each names other providers, drugs or care; or else ()."""
    for pair in parted(ask):
        two = tuple(_filter_of_part(by_name(part, claims)) for part in pair)
        if two[0] != two[1] and all(one.narrows for one in two):
            return two
    return ()


def asks_always(ask: Ask) -> bool:
    """Return whether the question is if all claims for some care or provider have an amount: "is it always $30"."""
    wanted = filter_of(ask)
    named = wanted.services or wanted.providers or wanted.drugs or wanted.claim_types
    sized = "always" in ask.asked.says and (wanted.limits or wanted.exact) and ask.asked.form != "reason"
    return bool(sized and named and not ask.arguments)


def compares_named(ask: Ask) -> bool:
    """Return whether the question compares amounts of several named providers, or of care on both sides of "versus"."""
    several = len(filter_of(ask).providers) > 1 and not {"alike", "cheaper", "dearer", "against"}.isdisjoint(
        ask.asked.says
    )
    return several or ("against" in ask.asked.says and bool(fields_compared(ask)))


def _filter_of_part(part: Ask) -> ClaimFilter:
    wanted, says = any_time(filter_of(part)), part.asked.says
    wanted = replace(wanted, order=None, limits=None, exact=None, nth=None, aspect=None)
    words = (says.get(name, "") for name in ("group", "groups", "several"))
    kind = next((CLAIM_TYPES[word] for word in words if word in CLAIM_TYPES), None)
    return wanted if wanted.narrows or not kind else replace(wanted, claim_types=(kind,))


def _ask_of_text(ask: Ask, text: str) -> Ask:
    told = slotted({name: slot for name, slot in ask.reads(text).items() if not slot.excluded})
    return replace(
        ask, **{**told, "several": {}, "excluded": {}, "beside": {}, "arguments": {}, "care": None, "said": text}
    )
