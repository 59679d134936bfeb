"""A network is the one of that name: a subset of words is asked about, never taken."""

import pytest

from bot.kit.network_names import named_in, wanted
from bot.records.listing import Network
from bot.records.shapes import Key

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
