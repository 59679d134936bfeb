"""References that lead nowhere, elsewhere, inside or to the wrong kind of thing."""

from collections.abc import Iterator

from bot.sandbox.synthetic.shapes import NPI, reference
from bot.sandbox.world import Resource
from tests.kit.hostile.people import NPIS
from tests.kit.hostile.shapes import organization, person, place, role, simple


def build() -> Iterator[Resource]:
    """The cases about references."""
    away = {"reference": "https://other.example/fhir/Practitioner/away-who", "display": "Otto Away, MD"}
    yield from simple("away", "Nora Here, MD", "s", practitioner=away)
    versioned = {"reference": "Practitioner/versioned-who/_history/2"}
    yield from simple("versioned", "Paul Version, MD", "s", practitioner=versioned)
    yield from simple(
        "gonewho", "Quin Unused, MD", "s", practitioner={**reference("Practitioner/nobody"), "display": "Rae Shown"}
    )
    yield from simple(
        "goneplace", "Sol Placed, MD", "s", location=[reference("Location/nowhere"), reference("Location/goneplace-at")]
    )
    yield from simple(
        "wrongtype",
        "Tom Typed, MD",
        "s",
        location=[reference("Organization/wrongtype-at"), reference("Location/wrongtype-at")],
    )
    yield organization("wrongtype-at", "Not A Place")
    logical = {"identifier": {"system": NPI, "value": NPIS[0]}, "display": "Uri Logical, MD"}
    yield from simple("logical", "Unused, MD", "s", practitioner=logical)
    yield from _contained()


def _contained() -> Iterator[Resource]:
    """Two roles, each with a #p and an #l of its own."""
    for number, name in enumerate(("Vera Inside, MD", "Walt Inside, MD")):
        inside = [person("p", name), place("l", f"{number} inside St", phone=f"(423) 555-040{number}")]
        where = [{"reference": "#l"}, reference("Location/inside-at")]
        yield role(
            f"inside-r{number}",
            None,
            None,
            "inside",
            "s",
            contained=inside,
            practitioner={"reference": "#p"},
            location=where,
        )
    yield place("inside-at", "9 inside St", phone="(423) 555-0409", town=("Ooltewah", "37363"))
