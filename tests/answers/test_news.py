"""What is new since a person last asked: by digests of then and now, or by the records' own dates."""

from collections.abc import Collection
from typing import Any

import pytest

from bot.kit import Coverage
from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.directory.asking import person, place, role
from tests.answers.made import PART_2, claim, coverage
from tests.records.made import raw

NETWORK = {
    "resourceType": "Organization",
    "id": "S",
    "active": True,
    "type": [concept("ntwk", "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS")],
    "name": "Blue Network S",
}
KIM, MAIN = person("kim", "Minh Kim, DO"), place("main", "1 Main St")
IN, OUT = role("r1", "kim", "main", "S"), role("r1", "kim", "main", "P")
OWN = coverage(network="Blue Network S")
DIRECTORY = (NETWORK, KIM, MAIN)


def visit(key: str, owed: float, day: str = "2026-04-02", **more: Any) -> Resource:
    """A claim of that doctor."""
    return claim(key, day, {"memberliability": owed}, provider={"display": "Minh Kim, DO"}, **more)


async def asked(*resources: Resource, down: Collection[str] = (), torn: str = "", **more: Any) -> tuple[Any, str]:
    """The summary and its words, where the record looked like `before` the last time."""
    own = [Coverage(raw(one)) for one in resources if one["resourceType"] == "Coverage"]
    said = await answered("record.news", shelf=Shelf(resources, down=down, torn=torn), own=own, **more)
    return said.summary, said.text


async def test_nothing_is_new_where_nothing_changed() -> None:
    """The second time compares with the first, and says so in three lines."""
    shelf = (*DIRECTORY, IN, OWN, visit("a", 9), visit("b", 10, "2026-03-01"))
    first, words = await asked(*shelf)
    assert first.first
    assert "This is your first time asking" in words
    again, words = await asked(*shelf, before=first.seen)
    assert (again.new, again.changed, again.gone) == ((), (), ())
    assert words.startswith(
        "No new claims since May 20, 2026.\nNo earlier claim changed.\nThe doctor seen last hasn't left your network."
    )


async def test_a_new_claim_a_changed_one_and_a_doctor_who_left() -> None:
    """Each is a line; a claim that replaces one is a change, though it has another id."""
    numbered = {"identifier": [{"value": "n1"}]}
    first, _ = await asked(*DIRECTORY, IN, OWN, visit("a", 9), visit("b", 10, "2026-03-01", **numbered))
    corrected = visit("b2", 4, "2026-03-01", related=[{"relationship": concept("prior"), "reference": {"value": "n1"}}])
    now = (visit("a", 12.5), visit("b", 10, "2026-03-01", **numbered), corrected, visit("c", 7, "2026-05-02"))
    found, words = await asked(*DIRECTORY, OUT, OWN, *now, before=first.seen)
    assert [one.id for one in found.new] == ["c"]
    assert {one.id for one in found.changed} == {"a", "b2"}
    assert found.gone == (("Minh Kim, DO", "Blue Network S"),)
    assert "1 new claim since May 20, 2026: Minh Kim, DO, May 2, 2026, $7.00." in words
    assert "2 claims changed; the newest: " in words
    assert "Minh Kim, DO isn't listed in Blue Network S any more." in words
    _, words = await asked(*DIRECTORY, OUT, OWN, *now, ids=found.ids, since="2026-05-20")
    assert words.startswith("What is new or changed since May 20, 2026:")
    assert "$12.50" in words


async def test_only_a_doctor_who_was_listed_before_has_stayed() -> None:
    """Of one who was not looked up the last time nothing is said but what is known from now on."""
    lee = claim("l", "2026-04-20", {"memberliability": 5}, provider={"display": "Ann Lee, MD"})
    ann = (person("lee", "Ann Lee, MD"), role("r2", "lee", "main", "S"))
    first, _ = await asked(*DIRECTORY, IN, OWN, visit("a", 9))
    found, words = await asked(*DIRECTORY, IN, *ann, OWN, visit("a", 9), lee, before=first.seen)
    assert (found.looked, found.still) == (2, 1)
    assert "1 of the 2 doctors seen last is listed in your network as before." in words
    assert "haven't left" not in words
    none, words = await asked(*DIRECTORY, *ann, OWN, lee, before=first.seen)
    assert (none.looked, none.still) == (1, 0)
    assert "doctor" not in words


async def test_a_first_look_without_all_pages_is_not_kept() -> None:
    """Else the claims of the page that was missing would be new the next time."""
    found, words = await asked(OWN, visit("a", 9), torn="ExplanationOfBenefit")
    assert found.is_partial
    assert found.seen is None
    assert "Not everything arrived, so I compare from the next time on that all of it does." in words
    first, _ = await asked(OWN, visit("a", 9))
    again, _ = await asked(OWN, visit("a", 9), before=first.seen, torn="ExplanationOfBenefit")
    assert again.seen.claims == first.seen.claims


@pytest.mark.threat("T76")
async def test_digests_are_of_the_records_own_key() -> None:
    """Nobody finds a doctor's or a claim's digest out by the directory's names without it."""
    one, other = [(await asked(*DIRECTORY, IN, OWN, visit("a", 9), mark_key=key))[0].seen for key in ("k1", "k2")]
    assert not {*one.claims, *one.claims.values(), *one.doctors} & {
        *other.claims,
        *other.claims.values(),
        *other.doctors,
    }


async def test_a_claim_that_is_marked_as_private_is_not_described() -> None:
    """It counts, and no name of it is said."""
    first, _ = await asked(OWN, visit("a", 9))
    found, words = await asked(OWN, visit("a", 9), visit("s", 30, "2026-05-03", meta=PART_2), before=first.seen)
    assert len(found.new) == 1
    assert "1 new claim since May 20, 2026: a claim that your plan marks as private." in words
    assert "Kim" not in words


async def test_since_a_day_goes_by_the_records_own_dates() -> None:
    """When the plan decided; a system that touched all records at once says nothing by that."""
    touched = {"meta": {"lastUpdated": "2026-05-10T06:00:00Z"}}
    old = [visit(f"o{n}", 5, "2026-01-0" + str(n), created="2026-01-20", **touched) for n in (1, 2, 3)]
    since = {"date_range": {"start": "2026-05-01", "end": None}}
    fresh = visit("n", 8, "2026-04-28", created="2026-05-04", **touched)
    found, words = await asked(OWN, *old, fresh, slots=since)
    assert ([one.id for one in found.new], found.changed) == (["n"], ())
    assert "1 new claim since May 1, 2026" in words
    found, words = await asked(
        OWN, *[{**one, "meta": {}} for one in old[:2]], old[2], fresh, slots=since, language="es"
    )
    assert [one.id for one in found.changed] == ["o3"]
    assert "Cambió 1 reclamación" in words


@pytest.mark.fault("F68")
async def test_a_directory_that_does_not_answer_takes_nothing_from_the_claims() -> None:
    """That is said, and what was known of the doctors stays for the next time."""
    first, _ = await asked(*DIRECTORY, IN, OWN, visit("a", 9))
    assert first.seen.doctors
    down = ("Organization", "PractitionerRole", "Practitioner", "InsurancePlan")
    found, words = await asked(OWN, visit("a", 9), before=first.seen, down=down)
    assert "No new claims" in words
    assert "I couldn't look in the directory just now" in words
    assert found.seen.doctors == first.seen.doctors
