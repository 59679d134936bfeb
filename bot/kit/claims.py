"""Reads claims newest first, and no more than a question needs: visits, pharmacy fills, changes, and current claims."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError, SignInExpired
from bot.kit.ask import Ask, text_of
from bot.kit.claim_filter import READS_ALL, ClaimFilter, any_time, choose, is_numbered, with_fills
from bot.kit.said import by_name, filter_of, fitting
from bot.kit.spans import days_around, lies_in_past, service_dates, span_of
from bot.kit.which import reaches
from bot.language.context import FOCUS, THOSE
from bot.payer.budget import Gap
from bot.payer.search import Search, given, token
from bot.records.care_kind import CareKind, kinds_by_text
from bot.records.claim import Claim, read_claim, read_claims
from bot.records.claim_set import ClaimSet, believed_day, claim_set_of, fills, visits
from bot.records.decode import is_ready
from bot.records.service import Dispensed, names_in

if TYPE_CHECKING:
    from bot.kit.near_claims import Nearest

_DAYS = "service-date"
_NEWEST = (("_sort", f"-{_DAYS}"),)
_PEOPLE = (("_include", "ExplanationOfBenefit:provider"), ("_include", "ExplanationOfBenefit:care-team"))

_PHARMACY = ("type", token("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy"))

_TWO = 2
_AT_ONCE = 32_768
"""Claims up to this size in bytes are parsed on the event loop, as a thread costs more than that short work."""

_GROUPS = ("claims", "reversals", "replaced", "cancelled", "taken_back")
Enough = Callable[[ClaimSet], bool]
"""Whether the claims read so far are enough for the question; by default, every page is read."""
WhyGone = Literal["cancelled", "replaced", "reversed"]

PAYERS_LANGUAGE = "en"
"""The language of the texts on claims; an answer in this language quotes the texts as they are."""


async def newest_claims(
    ask: Ask, *filters: tuple[str, str], enough: Enough = lambda _: False, page_size: int = 20, people: bool = True
) -> ClaimSet:
    """Return the valid claims, newest service first; reading stops once `enough` is True and the pages are in order.

    Servers need not sort (fhir-notes 4.1): if the dates do not fall from claim to claim, every page is read. Every page
    is also read for the biggest, smallest or oldest claim. Without `people`, the records of providers are not included.
    """
    read: list[Claim] = []
    every = filter_of(ask).order in READS_ALL
    async for page in ask.search(claim_search(*filters, page_size=page_size, people=people)):
        claims, unreadable = read_claims(page.entries)
        read += claims
        ask.report.progress.count_read(len(read), page.total)
        if lost := unreadable + sum(len(claim.dropped) for claim in claims):
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", lost))
        if page.next_url and not every and in_order(read, ask) and enough(claim_set := claim_set_of(read, ask.today)):
            return with_gaps(ask, claim_set)
        if page.next_url:
            for claim in claims:
                claim.read_whole()
    if not enough(claim_set := claim_set_of(read, ask.today)) and (hidden := await undated(ask, read, *filters)):
        claim_set = claim_set_of([*read, *hidden], ask.today)
    return with_gaps(ask, claim_set)


async def undated(ask: Ask, read: Sequence[Claim], *filters: tuple[str, str]) -> tuple[Claim, ...]:
    """Return the claims without a day of service, which a server that filters by days leaves out; at most one page.

    No search is made if the `filters` have no days, or if `read` has a claim without a day or with a day outside the
    filters. A server that does not support `:missing` may return claims with a day, which are dropped.
    """
    days = {value[:2]: date.fromisoformat(value[2:]) for name, value in filters if name == _DAYS}
    known = all(claim.service.known and claim.service.overlaps(days.get("ge"), days.get("le")) for claim in read)
    if not days or not known or _DAYS in ask.report.applied_here:
        return ()
    look = replace(ask, budget=ask.budget.alone())
    others = [pair for pair in filters if pair[0] != _DAYS]
    missing = Search("ExplanationOfBenefit", ((f"{_DAYS}:missing", "true"), *others, *_PEOPLE))
    try:
        async for page in look.search(missing):
            claims, _ = read_claims(page.entries, whole=True)
            found = tuple(claim for claim in claims if not claim.service.known)
            ask.report.searches += look.report.searches
            ask.also_cite("ExplanationOfBenefit", [claim.id for claim in found])
            return found
    except (PayerError, SignInExpired):
        return ()  # what was read by days stands
    return ()


def with_gaps(ask: Ask, claim_set: ClaimSet) -> ClaimSet:
    """Return the claims unchanged, after reporting the claims with a modifierExtension as a gap.

    A modifierExtension may change the meaning of a claim, so such claims are not counted.
    """
    if strange := claim_set.left_out["not interpreted"]:
        ask.report.gaps.append(Gap("not_interpreted", "ExplanationOfBenefit", strange))
    return claim_set


def care_words(ask: Ask, claims: Iterable[Claim]) -> dict[str, CareKind]:
    """Return the kind of care for each of the payer's texts on the claims.

    Return {} for an answer in the language of these texts, which quotes them instead.
    """
    return {} if ask.language == PAYERS_LANGUAGE else kinds_by_text(claims, ask.care_kinds)


def claim_search(*filters: tuple[str, str], page_size: int, people: bool) -> Search:
    """Return the search for claims, newest service first, including the records of providers if `people`."""
    people_too = _PEOPLE if people else ()
    return Search("ExplanationOfBenefit", (*filters, *_NEWEST, *people_too, ("_count", str(page_size))))


def in_order(claims: Sequence[Claim], ask: Ask) -> bool:
    """Return whether the days of service fall from claim to claim, so that unread pages have no newer claim.

    False for fewer than two different days.
    """
    days = [day.first for claim in claims if (day := believed_day(claim, ask.today))]
    return len(set(days)) > 1 and all(one >= other for one, other in pairwise(days))


async def claims_numbered(ask: Ask) -> tuple[list[Claim], ClaimSet]:
    """Return the claims with the number in the question, even those that no longer count, and all that were read."""
    number = text_of(ask, "claim_id") or ""
    claim_set = await newest_claims(
        ask, enough=lambda so_far: any(is_numbered(claim, number) for claim in so_far.every), page_size=100
    )
    return [claim for claim in claim_set.every if is_numbered(claim, number)], claim_set


async def claim_before(ask: Ask, claim: Claim) -> Claim | None:
    """Return the claim that this one replaces, even if it no longer counts; None if it replaces none.

    Servers may ignore the number, so the number is checked here. Reading stops when the claim is found.
    """
    if not claim.replaces:
        return None
    number = claim.replaces[0]
    asked = token(number.system, number.value) if number.system else number.value
    async for page in given(ask.search(Search("ExplanationOfBenefit", (("identifier", asked), *_PEOPLE)))):
        for one in read_claims(page.entries)[0]:
            if any(own.matches(number) for own in one.numbers):
                return one
    return None


def cite_claims(ask: Ask, shown: Iterable[Claim | None], nearest: Nearest | None = None) -> None:
    """Limit the answer's sources to the claims that the answer shows: `shown`, and the claims of `nearest` if given."""
    near = (*nearest.claims, *nearest.gone) if nearest else ()
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*shown, *near) if claim])


async def shown_alone(ask: Ask, claim: Claim) -> Claim:
    """Return a claim for display by itself, parsed strictly; the claim is read again if its resource was not kept.

    Elements that the typed model rejects are left out, and reported if answers use them.
    """
    return await _strictly(ask, claim) if claim.resource is not None else await claim_by_id(ask, claim.id)


async def _strictly(ask: Ask, claim: Claim) -> Claim:
    at_once = is_ready("ExplanationOfBenefit") and len(claim.resource or b"") <= _AT_ONCE
    found = claim.strictly() if at_once else await asyncio.to_thread(claim.strictly)
    if (lost := len(found.dropped) - len(claim.dropped)) > 0:
        ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", lost))
    return found


async def checked(ask: Ask, claim_set: ClaimSet, shown: Sequence[Claim]) -> ClaimSet:
    """Return `claim_set` with the claims in `shown` parsed strictly; the same object if nothing changes."""
    found = {claim.id: await shown_alone(ask, claim) for claim in shown if claim.resource or len(shown) == 1}
    if all(found[claim.id].dropped == claim.dropped for claim in shown if claim.id in found):
        return claim_set
    rows: dict[str, Any] = {name: tuple(found.get(one.id, one) for one in getattr(claim_set, name)) for name in _GROUPS}
    return replace(claim_set, **rows)


async def claim_by_id(ask: Ask, claim_id: str) -> Claim:
    """Return one claim with the names of its providers, parsed strictly, even one that no longer counts.

    The claim is searched by `_id`, because a search can include the providers; if that finds nothing, the claim is
    read.
    """
    search = Search("ExplanationOfBenefit", (("_id", claim_id), *_PEOPLE))
    async for page in given(ask.search(search)):
        rows = tuple(page.entries)
        for entry in rows:
            if entry.mode == "match" and entry.id == claim_id and entry.type == search.type:
                return await _strictly(ask, read_claim(entry.raw, names_in(rows), entry.labels))
    return await _strictly(ask, read_claim(await ask.read("ExplanationOfBenefit", claim_id)))


async def newest_visits(ask: Ask, *, people: bool = False, every: bool = False) -> tuple[tuple[Claim, ...], ClaimSet]:
    """Return the claims of the matching visits, newest first, and all claims that were read.

    The records of providers are included with `people`, or if the question limits the visits. With `every`, all pages
    are read.
    """
    claim_set = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: not every and reaches(ask, [(claim,) for claim in _visits_that_fit(so_far, ask)]),
        page_size=10,
        people=people or filter_of(ask).narrows,
    )
    return _visits_that_fit(claim_set, ask), claim_set


def _visits_that_fit(claim_set: ClaimSet, ask: Ask) -> tuple[Claim, ...]:
    """Return the claims of the matching visits, with pharmacy fills if the conditions of the question include fills."""
    wanted = filter_of(ask)
    fit = fitting(claim_set.claims, ask)
    days = visits(replace(claim_set, claims=fit), ask.today, pharmacy=with_fills(fit, wanted))
    return tuple(claim for day in days for claim in day.claims)


async def with_one_before(ask: Ask) -> Ask:
    """Return the question about two claims to compare: the one shown before, and the next older or the first visit.

    Return the question unchanged if no visit was shown or there is no second one.
    """
    if FOCUS not in ask.arguments or "pick" not in ask.arguments:
        return ask
    visits, _ = await newest_visits(replace(ask, said="", slots={**ask.slots, "order": None}))
    shown = ask.arguments[FOCUS]
    at = next((at for at, claim in enumerate(visits) if claim.id == shown), None)
    two = () if at is None else visits[at : at + 2] if ask.pick > 0 else (visits[at], visits[-1])
    return of_these(ask, two) if len(two) > 1 else ask


async def two_alike(ask: Ask) -> Ask | None:
    """Return the question about two claims that match its conditions; None if it does not mean two claims.

    These are the only two in its period, or the newest of all and the newest in a named part of a year, or the
    last two if it says so.
    """
    claim_set = await newest_claims(ask, page_size=100)
    ask = by_name(ask, claim_set.every)
    wanted = any_time(replace(filter_of(ask), order=None, nth=None))
    if not wanted.narrows or wanted.sides:
        return None
    every = tuple(claim for claim in choose(claim_set.added, wanted).claims if claim.service.known)
    rows = tuple(claim for claim in every if claim.service.overlaps(*span_of(ask)))
    if lies_in_past(ask) and rows[:1] != every[:1]:
        rows = every[:1] + rows[:1]
    elif "newest" in ask.asked.says and ask.asked.count == _TWO:
        rows = rows[:_TWO]
    return next((of_these(ask, some) for some in (rows, every) if len(some) == _TWO), None)


def of_these(ask: Ask, claims: Iterable[Claim]) -> Ask:
    """Return the question about these claims, as if they had been shown before."""
    return replace(ask, arguments={THOSE: " ".join(claim.id for claim in claims)})


class Medication(msgspec.Struct, frozen=True):
    """One drug with the claims of its fills, newest first; `dispensed` describes the drug as in the newest fill."""

    dispensed: Dispensed
    claims: tuple[Claim, ...]

    @property
    def newest(self) -> Claim:
        """The claim of the newest fill."""
        return self.claims[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """The sensitivity labels of all fills."""
        return tuple(sorted({label for claim in self.claims for label in claim.labels}))

    @property
    def until(self) -> date | None:
        """The last day of the last fill's supply; None if the claim lacks the day of the fill or the days of supply."""
        day, days = self.newest.service.day, self.dispensed.days
        if day is None or day.exact is None or days is None or self.newest.service_is == "processed":
            return None
        return day.exact + timedelta(days=int(days) - 1)


async def medications(ask: Ask, since: date) -> tuple[Medication, ...]:
    """Return the drugs whose fills match the question in the requested period, newest first, without denied claims.

    A question without a first day starts at `since`. The conditions that were applied are those of `filter_of`.
    """
    first, last = span_of(ask)
    first = first or since
    claim_set = await newest_claims(ask, _PHARMACY, *days_around(first, last), page_size=100)
    ask.claim_filter = wanted = of_fills(by_name(ask, claim_set.every), claim_set.every)
    one = ask.arguments.get(THOSE)
    read = [claim for claim in fills(claim_set) if not one or claim.id in one.split()]
    drugs: dict[str, tuple[Dispensed, dict[str, Claim]]] = {}
    for claim in (one for one in choose(read, wanted).claims if one.service.overlaps(first, last) and not one.denied):
        for dispensed in claim.dispensed or (Dispensed(),):
            what = (dispensed.drug or dispensed.code or claim.id).casefold()
            drugs.setdefault(what, (dispensed, {}))[1].setdefault(claim.id, claim)
    return tuple(Medication(dispensed, tuple(rows.values())) for dispensed, rows in drugs.values())


def of_fills(ask: Ask, claims: Sequence[Claim]) -> ClaimFilter:
    """Return the conditions of a question about fills; a named provider who prescribed one counts as the prescriber."""
    wanted, filled = filter_of(ask), [claim for claim in claims if claim.is_pharmacy]
    doctors = tuple(one for one in wanted.providers if ClaimFilter(prescribers=(one,))(filled))
    stores = tuple(one for one in wanted.providers if one not in doctors)
    return replace(wanted, providers=stores, prescribers=doctors)


class ClaimNews(msgspec.Struct, frozen=True):
    """The ids of the current claims and reversals; `named` is the claim with the number in question, if on record."""

    ids: tuple[str, ...]
    named: Claim | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the named claim is on record and decided."""
        return self.named is not None and not self.named.is_open


async def claim_news(ask: Ask, number: str = "", since: date | None = None) -> ClaimNews:
    """Return the current claims of any day, and the claim with this number.

    With `since`, only claims changed since that day are read, if the server supports such a filter.
    """
    changed = () if since is None else (("_lastUpdated", f"ge{since}"),)
    claim_set = await newest_claims(ask, *changed, page_size=50, people=False)
    named = next((one for one in claim_set.claims if is_numbered(one, number)), None) if number else None
    return ClaimNews(tuple(one.id for one in (*claim_set.claims, *claim_set.reversals)), named)


async def claims_around(ask: Ask, claim: Claim, read: ClaimSet | None = None) -> ClaimSet | None:
    """Return the claims with the same days of service as `claim`, to find out whether one of them replaces the claim.

    None for a claim without a number or a day. `read` are the newest claims, including this one; these are returned
    without another search if one of them is older than the claim or replaces the claim.
    """
    day = claim.service.day
    if day is None or claim.number is None:
        return None

    def enough(so_far: ClaimSet) -> bool:
        older = any(one.service.day and one.service.day.last < day.first for one in so_far.claims)
        return older or so_far.after(claim) is not None

    if read is not None and not ask.report.gaps and enough(read):
        return read
    return await newest_claims(ask, *days_around(day.first, day.last), enough=enough, people=False)


def why_gone(claim: Claim, around: ClaimSet | None) -> WhyGone | None:
    """Return why the claim no longer counts, judged by the claims `around` it; None if the claim counts."""
    if claim.status == "cancelled":
        return "cancelled"
    if claim.replaced or (around and around.after(claim)):
        return "replaced"
    return "reversed" if around and claim.id in {one.id for one in around.taken_back} else None
