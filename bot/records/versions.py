"""Which resources are one claim, which claims replace others, and which are about one visit (fhir-notes 4.7).

Versions need proof: two claims that merely share a number are both kept.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import itemgetter

from bot.records.claim import Claim
from bot.records.money import Amount
from bot.records.shapes import grouped

NEVER = datetime.min.replace(tzinfo=UTC)


def replacing(claims: Iterable[Claim]) -> Callable[[Claim], bool]:
    """Return whether one of these claims replaces a claim, as a function; claims entered in error replace none."""
    valid = (one for one in claims if one.status != "entered-in-error" and one.use in {None, "claim"})
    later = grouped(((number.value, one) for one in valid for number in one.replaces), itemgetter(0))
    return lambda claim: any(one.follows(claim) for own in claim.numbers for _, one in later.get(own.value, ()))


def newest_versions(claims: Iterable[Claim]) -> tuple[list[Claim], int]:
    """Return each claim once, in its newest version (F42), and the number of older versions and duplicates.

    Two resources are one claim if they have the same id, or the same number, kind, use and days with the same amounts,
    people and reasons.
    """
    by_id: dict[str, Claim] = {}
    seen = 0
    for place, claim in enumerate(claims):
        seen += 1
        key = claim.id or f"?{place}"
        by_id[key] = _newer(by_id[key], claim) if key in by_id else claim
    # What a claim says is read only where another has its name: reading it took a third of an answer's CPU.
    names = {key: _number_and_days(claim) for key, claim in by_id.items() if claim.numbers}
    named = Counter(names.values())
    newest: dict[tuple[object, ...], Claim] = {}
    for key, claim in by_id.items():
        again = key in names and named[names[key]] > 1
        same = (_content(claim) if again else None) or (key,)
        newest[same] = _newer(newest[same], claim) if same in newest else claim
    return list(newest.values()), seen - len(newest)


def twins(claims: Iterable[Claim]) -> frozenset[str]:
    """Return the ids of claims that share number, kind and days with another one of these claims."""
    groups = grouped((claim for claim in claims if claim.numbers and claim.service.known), _number_and_days)
    return frozenset(claim.id for rows in groups.values() if len(rows) > 1 for claim in rows)


def version_of(claim: Claim) -> tuple[datetime, date]:
    """Return a sort key for versions of a claim: when the resource was changed, then when the claim was decided."""
    return (claim.last_updated or NEVER, claim.decided)


def _newer(old: Claim, new: Claim) -> Claim:
    return old if version_of(old) > version_of(new) else new


def _number_and_days(claim: Claim) -> tuple[object, ...]:
    return (claim.numbers[0], claim.kind, claim.use, claim.service)


def _content(claim: Claim) -> tuple[object, ...] | None:
    """Return all data of the claim except its id and dates of change; None without a number or a day of service."""
    if not claim.numbers or not claim.service.known:
        return None
    amounts = (claim.billed, claim.allowed, claim.plan_paid, claim.owed, claim.paid_by_patient, claim.discount)
    people = (claim.patient, claim.seen, claim.billing, claim.place, claim.coverage)
    state = (claim.status, claim.outcome, claim.replaces, claim.replaced_by, claim.reasons, claim.lines)
    return (*_number_and_days(claim), amounts, people, state, claim.dispensed)


def matched(reversals: Iterable[Claim], claims: Sequence[Claim], gone: Sequence[Claim]) -> dict[str, tuple[Claim, ...]]:
    """Return the claims that each reversal takes back, by the reversal's id: those it refers to, else one that fits.

    A claim fits if its amounts are exactly opposite, and number, or day and people, are the same. `gone` are claims
    that no longer count; they are matched by number only. A reversal without a match has no entry.
    """
    found: dict[str, tuple[Claim, ...]] = {}
    used: set[str] = set()
    for reversal in reversals:
        named = [one for one in (*claims, *gone) if reversal.follows(one)]
        named = named or [one for one in gone if same_number(reversal, one)]
        fitting = [one for one in claims if not named and _fits(reversal, one) and one.id not in used]
        rows = named or [one for one in fitting if same_number(reversal, one)] or fitting[:1]
        if rows:
            found[reversal.id] = tuple(rows)
            used.update(one.id for one in rows)
    return found


def _fits(reversal: Claim, claim: Claim) -> bool:
    """Return whether the reversal has the opposite amounts of the claim, and its number, or its day and people.

    Return False if the claim is known to be newer than the reversal.
    """
    sooner = None not in {reversal.created, claim.created} and reversal.decided < claim.decided
    if sooner or not _opposite(reversal, claim):
        return False
    if same_number(reversal, claim):
        return True
    same_day = reversal.service.known and reversal.service.day == claim.service.day
    people = ((reversal.seen, claim.seen), (reversal.billing, claim.billing), (reversal.patient, claim.patient))
    agree = all(None in pair or pair[0] == pair[1] for pair in people)
    return same_day and agree and reversal.kind == claim.kind and reversal.billed is not None


def same_number(one: Claim, other: Claim) -> bool:
    """Return whether both claims have the same first claim number."""
    return bool(one.numbers and other.numbers) and one.numbers[0].matches(other.numbers[0])


def _opposite(reversal: Claim, claim: Claim) -> bool:
    amounts = [(one.billed, one.owed.amount, one.plan_paid) for one in (reversal, claim)]
    pairs: list[tuple[Amount, Amount]] = [
        (back, given) for back, given in zip(*amounts, strict=True) if back is not None and given is not None
    ]
    return bool(pairs) and all(back == -given for back, given in pairs) and any(back.value for back, _ in pairs)


def coordinated(claims: Sequence[Claim]) -> Mapping[str, Claim]:
    """Return the claims that two plans processed for one visit: by the id of the one not in a sum, the one that is.

    Two claims are for one visit if day, kind and charge are equal, the biller does not differ, and their coverages do.
    The one in the sum is the one that reports another payer's payment, else the one with the smaller share.
    """
    # Most members have one plan: then neither people nor days are read.
    told = (one for one in claims if one.coverage and one.service.day) if _of_several_plans(claims) else ()
    days = grouped(told, lambda claim: (claim.patient, claim.service.day, claim.kind))
    found: dict[str, Claim] = {}
    for of_day in days.values():
        # Charges are read only where they decide: reading the amounts of a page of claims takes a millisecond.
        for rows in _of_one_charge(of_day) if _of_several_plans(of_day) else ():
            for claim in rows:
                others = [one for one in rows if one.coverage != claim.coverage and _same_people(one, claim)]
                if others and (last := min([claim, *others], key=_rank)) is not claim:
                    found[claim.id] = last
    return found


def _of_several_plans(claims: Sequence[Claim]) -> bool:
    return len({claim.coverage for claim in claims}) > 1


def _of_one_charge(claims: Sequence[Claim]) -> Iterable[list[Claim]]:
    """Yield the claims with a charge, grouped by the same charge.

    A claim without a charge that reports another payer's payment joins the group of its biller, if there is only one.
    """
    charged = (claim for claim in claims if claim.billed and claim.billed.value > 0)
    groups = grouped(charged, lambda claim: claim.billed and (claim.billed.currency, claim.billed.cents))
    for claim in claims:
        if claim.billed is None and claim.prior_payer_paid and claim.prior_payer_paid.value > 0:
            near = [rows for rows in groups.values() if any(_same_people(one, claim) for one in rows)]
            if len(near) == 1:
                near[0].append(claim)
    return groups.values()


def _same_people(one: Claim, other: Claim) -> bool:
    return None in {one.billing, other.billing} or one.billing == other.billing or one.seen == other.seen


def _rank(claim: Claim) -> tuple[bool, bool, object, str]:
    """Return a sort key: a claim that reports another payer's payment first, then the smaller share; no share last."""
    owed, prior = claim.owed.amount, claim.prior_payer_paid
    return (not (prior and prior.value > 0), owed is None, owed.value if owed else 0, claim.id)
