import pytest

from bot.records.shapes import Identifier, Key, Reference, key_of, name_of


@pytest.mark.fault("F34")
@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Practitioner/7", Key("Practitioner", "7")),
        ("Practitioner/7/_history/2", Key("Practitioner", "7")),
        ("https://fhir.example/r4/Practitioner/7", Key("Practitioner", "7")),
        ("https://fhir.example/r4/Practitioner/7/_history/2", Key("Practitioner", "7")),
        ("#doc", Key("", "doc")),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", Key("", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_every_form_of_reference(reference: str | None, expected: Key | None) -> None:
    """Relative, absolute, versioned, contained and urn references all give what they point at (F34)."""
    assert key_of(reference) == expected
    assert key_of(Reference(reference=reference)) == expected


def test_a_name_comes_from_what_came_along_else_from_the_display() -> None:
    """An included resource's name wins, a display stands in, and nothing is nothing (F34)."""
    names = {Key("Practitioner", "7"): "Grace Okafor, MD"}
    assert name_of(Reference(reference="Practitioner/7", display="Dr O"), names) == "Grace Okafor, MD"
    assert name_of(Reference(reference="Practitioner/8", display="Dr O"), names) == "Dr O"
    assert name_of(Reference(identifier=Identifier(value="123")), names) is None
    assert name_of(None, names) is None
