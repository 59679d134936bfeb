"""The watch over the whole suite: the directory is never told of a member, and it would be seen if it were."""

import pytest

from bot.sandbox.app import SeenRequest
from bot.sandbox.synthetic.members import members
from tests.watch import told

DANA = next(member for member in members() if member.username == "dana")


@pytest.mark.parametrize(
    ("path", "query", "headers", "seen"),
    [
        ("PractitionerRole", "specialty=207RC0000X", {"accept"}, 0),
        ("ExplanationOfBenefit", f"patient={DANA.patient}", {"authorization", "cookie"}, 0),
        ("PractitionerRole", "specialty=207RC0000X", {"authorization"}, 1),
        ("Organization/payer", "", {"cookie"}, 1),
        ("Location", f"_id=a,{DANA.patient}", set(), 1),
        ("Practitioner", f"name={DANA.given}%20{DANA.family}", set(), 1),
        ("Practitioner", f"name={DANA.given}", set(), 0),
    ],
)
def test_a_member_who_is_told_of_is_seen(path: str, query: str, headers: set[str], seen: int) -> None:
    """A token, a cookie, an id or a whole name in a directory request is an offence; elsewhere it is none."""
    assert len(told(SeenRequest("GET", f"/fhir/r4/{path}", query, frozenset(headers)))) == seen
