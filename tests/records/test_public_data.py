"""HL7's public examples, where the folder with them lies beside the checkout."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.records.bundle import read_page
from bot.records.decode import read_typed
from bot.records.joined import join

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public FHIR examples (../shared/data) are not here")


def rows(folder: str, resource_type: str) -> list[bytes]:
    """The resources of one file."""
    return (DATA / folder / f"{resource_type}.ndjson").read_bytes().splitlines()


def everything() -> Iterator[tuple[str, bytes]]:
    """Each resource of each file with its type."""
    for path in sorted(DATA.glob("*/*.ndjson")):
        yield from ((path.stem, row) for row in path.read_bytes().splitlines())


def test_every_public_resource_is_read_strictly() -> None:
    """All 205 resources validate; the one insurance card without a payor is read with that said."""
    dropped = [(kind, read_typed(row, kind).dropped) for kind, row in everything()]
    assert len(dropped) == 205
    assert [(kind, places[0][0]) for kind, places in dropped if places] == [("Coverage", "payor")]


def test_the_public_directory_is_joined() -> None:
    """Six roles are seven listings in one network: one without a place stands at both of its hospital's."""
    kinds = ("PractitionerRole", "Practitioner", "Location", "Organization")
    entries = b",".join(b'{"resource":' + row + b"}" for kind in kinds for row in rows("hl7-plan-net-1.1.0", kind))
    listings = join(read_page(b'{"resourceType":"Bundle","entry":[' + entries + b"]}", "PractitionerRole").entries)
    assert len(listings) == 7
    assert {n.name for each in listings for n in each.networks} == {"ACME CT Preferred Provider Network"}
    assert "Hans Solo, MD" in {each.name for each in listings}
