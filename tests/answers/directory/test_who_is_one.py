"""Two listings are one provider by what they point at, or by a valid NPI and a like name; stores stay stores."""

from itertools import pairwise

import pytest

from bot.kit.cards import are_alike
from bot.kit.network_names import named_in, wanted
from bot.records.details import is_npi
from bot.records.listing import Network
from bot.records.shapes import Key
from tests.answers.asking import Resource
from tests.answers.directory.asking import answered, person, place, role

HEART = [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}]}]
FOUND: dict[str, object] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}, "radius": 10}
NPI = "http://hl7.org/fhir/sid/us-npi"


def numbered(key: str, name: str, npi: str) -> Resource:
    """A person with a number."""
    return person(key, name, identifier=[{"system": NPI, "value": npi}])


@pytest.mark.parametrize(
    ("npi", "names", "count"),
    [
        ("1234567893", ("Grace Okafor, MD", "Okafor, Grace A."), 1),
        ("1234567893", ("Grace Okafor, MD", "Minh Kim, DO"), 2),
        ("1234567893", ("Ana Kim", "Minh Kim"), 2),
        ("1234567890", ("Grace Okafor, MD", "Grace Okafor"), 2),
        ("9999999999", ("Grace Okafor, MD", "Grace Okafor"), 2),
        ("123456789", ("Grace Okafor, MD", "Grace Okafor"), 2),
    ],
)
async def test_a_number_alone_joins_nobody(npi: str, names: tuple[str, str], count: int) -> None:
    """A wrong check digit, a placeholder or another name keeps them apart."""
    people = [numbered(f"p{at}", name, npi) for at, name in enumerate(names)]
    rows = [role(f"r{at}", f"p{at}", "main", "S", specialty=HEART) for at in range(2)]
    summary, _, _ = await answered("provider.find", place("main", "1 Main St"), *people, *rows, slots=FOUND)
    assert len(summary.cards) == count  # type: ignore[attr-defined] # the pack's modules have no importable names


async def test_lists_of_like_names_differ_in_what_they_show() -> None:
    """The same name, specialty and city: the street tells them apart; the same street too: the NPI's end."""
    ids = ("1234567893", "1679576722", "1245319599")
    people = [numbered(f"p{at}", "Ana Cruz", npi) for at, npi in enumerate(ids)]
    people = [one | {"name": [{"text": f"Ana {'MLK'[at]}. Cruz"}]} for at, one in enumerate(people)]
    people = [one | {"name": [{"text": "Ana Cruz"}]} for one in people]
    rows = [role(f"r{at}", f"p{at}", "main" if at else "oak", "S", specialty=HEART) for at in range(3)]
    places = (place("main", "1 Main St"), place("oak", "2 Oak St"))
    _, text, _ = await answered("provider.detail", *places, *people, *rows, slots={"provider_name": "Ana Cruz"})
    lines = text.splitlines()
    assert len({below for line, below in pairwise(lines) if line.endswith("Ana Cruz")}) == 3
    assert "NPI ending" in text


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Grace Okafor, MD", "OKAFOR GRACE", True),
        ("José Núñez", "Jose Nunez Jr", True),
        ("G. Okafor", "Grace Okafor", True),
        ("Grace Okafor", "Grace Okaforr", True),
        ("Grace Okafor", "Samuel Okafor", False),
        (None, "Grace Okafor", False),
        ("MD", "Grace Okafor, MD", False),
    ],
)
def test_like_names(one: str | None, other: str, *, alike: bool) -> None:
    """Order, accents, initials, suffixes and one slip do not matter."""
    assert are_alike(one, other) is alike


@pytest.mark.parametrize(
    ("text", "valid"), [("1234567893", True), ("1234567890", False), ("9999999999", False), ("", False)]
)
def test_the_check_digit(text: str, *, valid: bool) -> None:
    """45 CFR 162.406 with the prefix 80840."""
    assert is_npi(text) is valid


NAMES = (
    "Blue Network S",
    "Blue Network S Dental",
    "BlueCare Network",
    "BlueCare Plus",
    "Blue Network M (Medicare)",
    "Aurora Select",
)
LISTED = tuple(Network(Key("Organization", f"n{at}"), name) for at, name in enumerate(NAMES))


@pytest.mark.parametrize(
    ("said", "ways", "found"),
    [
        ("is kim in network s", ("network s", "Blue Network S"), ["Blue Network S"]),
        ("is kim in network s dental", ("network s", "Blue Network S"), ["Blue Network S Dental"]),
        ("is kim in network s vision", ("network s", "Blue Network S"), []),
        ("is kim in blue network s dental", ("blue network s", "Blue Network S"), ["Blue Network S Dental"]),
        ("does kim take bluecare", ("bluecare", "BlueCare"), ["BlueCare Network"]),
        ("does kim take bluecare plus", ("bluecare", "BlueCare"), ["BlueCare Plus"]),
        ("network m", ("network m", "Blue Network M"), ["Blue Network M (Medicare)"]),
        ("network e", ("network e", "Blue Network E"), []),
    ],
)
def test_the_exact_name_or_none(said: str, ways: tuple[str, ...], found: list[str]) -> None:
    """Whole names, aliases and what tells a name; never a part of one."""
    assert [one.name for one in wanted(said, ways, LISTED).networks] == found


def test_a_name_that_goes_on_is_another() -> None:
    """The directory has BlueCare and no BlueCare Plus: asked for the one it does not take the other."""
    only = tuple(one for one in LISTED if one.name != "BlueCare Plus")
    found = wanted("who takes bluecare plus near 37402", ("bluecare", "BlueCare"), only)
    assert (found.is_clear, found.like) == (False, ("BlueCare Network",))
    assert named_in("who takes bluecare plus", only) == ()


def test_what_fits_several_is_asked_and_what_is_only_like_is_offered() -> None:
    """Two networks of one core, and none of the name."""
    twins = (*LISTED, Network(Key("Organization", "x"), "Network S"))
    assert not wanted("", ("s", "S"), twins).is_clear
    odd = wanted("", ("Aurora", "Aurora"), LISTED)
    assert (odd.is_clear, odd.like) == (False, ("Aurora Select",))


def test_names_of_the_directory_are_found_in_a_message() -> None:
    """Of names that overlap only the longer one was said."""
    said = "is dr kim in aurora select or blue network s dental"
    assert [one.name for one in named_in(said, LISTED)] == ["Aurora Select", "Blue Network S Dental"]
