"""Networks whose names hold one another, that have no name, that are no more, that the pack does not know."""

from collections.abc import Iterator

from bot.sandbox.synthetic.shapes import PLANNET, extension, reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import organization, person, place, role, simple, takes

NAMES = {
    "s": "Blue Network S",
    "p": "Blue Network P",
    "l": "Blue Network L",
    "sd": "Blue Network S Dental",
    "bc": "BlueCare",
    "bcp": "BlueCare Plus",
    "au": "Aurora Select",
    "s2": "Blue Network S",
}


def build() -> Iterator[Resource]:
    """The networks and the cases about them."""
    for key, name in NAMES.items():
        yield organization(f"net-{key}", name, "ntwk")
    yield organization("net-gone", "Blue Network Z", "ntwk", active=False)
    nameless = organization("net-none", "", "ntwk")
    nameless.pop("name")
    yield nameless
    yield from simple("bluecareplus", "Ada Plus, MD", "bcp")
    yield from simple("bluecare", "Ben Care, MD", "bc")
    yield from simple("dental", "Cy Tooth, DDS", "sd")
    yield from simple("learned", "Di Aurora, MD", "au")
    yield from simple("nameless", "Ed None, MD", "none")
    yield from simple("gonenet", "Fay Gone, MD", "gone")
    yield from simple("twin", "Gus Twin, MD", "s2")
    yield from simple("twice", "Hal Twice, MD", "s", "s")
    shown = {**reference("Organization/not-there"), "display": "Elsewhere Network"}
    yield from simple(
        "display", "Ivy Shown, MD", extension=[extension(f"{PLANNET}network-reference", "Reference", shown)]
    )
    yield from _both()
    yield from simple("closed", "Kit Closed, MD", "s", extension=[takes("nopt", "s")])
    yield from simple("current", "Lee Current, MD", "s", extension=[takes("existptonly", "s")])
    yield from simple("split", "May Split, MD", "s", "p", extension=[takes("newpt", "s"), takes("nopt", "p")])
    yield from simple("contra", "Ned Contra, MD", "s", extension=[takes("newpt", "s"), takes("nopt", "s")])


def _both() -> Iterator[Resource]:
    """S and P at one place, S and P at two places, S alone: in records of one network each."""
    yield place("both-a", "1 both St", phone="(423) 555-0121")
    yield place("both-b", "2 both St", phone="(423) 555-0122")
    for key, name in (("one", "Jo Both, MD"), ("two", "Jim Apart, MD"), ("three", "Jan Single, MD")):
        yield person(f"both-{key}", name)
    yield role("both-1s", "both-one", "both-a", "both", "s")
    yield role("both-1p", "both-one", "both-a", "both", "p")
    yield role("both-2s", "both-two", "both-a", "both", "s")
    yield role("both-2p", "both-two", "both-b", "both", "p")
    yield role("both-3s", "both-three", "both-b", "both", "s")
