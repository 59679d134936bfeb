"""The claims of everybody in a household, newest first, each with its person; five on a page."""

from bot import kit

PAGE = 5


class FamilyClaims(kit.Paged, frozen=True):
    """One page of claims with their people.

    Attributes:
        counts: The number of matching claims of each person, if the question names a period.
        missing: The people whose record could not be read; `in_part`: the people with missing data.
        some: True if the question is about only a part of the household, such as the children.
    """

    wanted: kit.ClaimFilter
    rows: tuple[tuple[kit.HouseholdMember, kit.Claim], ...]
    people: tuple[kit.HouseholdMember, ...]
    counts: tuple[tuple[kit.HouseholdMember, int], ...]
    missing: tuple[kit.HouseholdMember, ...]
    in_part: tuple[kit.HouseholdMember, ...]
    some: bool = False


async def answer(ask: kit.Ask) -> FamilyClaims:
    """Return the requested page of the claims that match all conditions of the question."""
    ask = kit.by_side(ask)
    found, wanted = await kit.household(ask, _read, "ExplanationOfBenefit"), kit.filter_of(ask)
    chosen = [(person, claim_set.within(kit.span_of(ask), wanted).listed) for person, claim_set in found.found]
    whose = {id(claim): person for person, claims in chosen for claim in claims}
    rows = (claim for _, claims in chosen for claim in claims)
    newest = sorted(rows, key=lambda claim: claim.service.sort_key, reverse=True)
    ordered = kit.choose(newest, kit.ClaimFilter(order=wanted.order, aspect=wanted.aspect)).claims
    shown, place = ask.paged([(whose[id(claim)], claim) for claim in ordered], PAGE)
    ask.cite("ExplanationOfBenefit", [claim.id for _, claim in shown])
    return FamilyClaims(
        wanted=wanted,
        rows=shown,
        people=tuple(person for person, _ in found.found),
        counts=tuple((person, len(claims)) for person, claims in chosen) if wanted.start else (),
        missing=found.missing,
        in_part=tuple(person for person, _ in found.found if person.number in found.partial),
        some=kit.of_some(ask),
        **place,
    )


async def _read(one: kit.Ask) -> kit.ClaimSet:
    """Return the claims of a person: all for a period or an order, otherwise only enough for the requested page."""
    one, (start, end) = kit.by_side(one), kit.span_of(one)
    if start:
        return await kit.period_claims(one, start, end)
    most, wanted = (one.page + 1) * PAGE, kit.filter_of(one)
    return await kit.newest_claims(one, enough=lambda so_far: len(so_far.within((start, end), wanted).listed) > most)
