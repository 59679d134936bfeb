import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.app import serve_sandbox
from bot.sandbox.data import load, slug
from tests.sandbox.small import Browser, claim, ids

SHARED = Path(__file__).parents[3] / "shared" / "data"


def _put(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def _bundle(kind: str, *entries: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"fullUrl": url, "resource": each} for url, each in entries],
    }


def test_every_shape_of_file_is_read(tmp_path: Path) -> None:
    """Single resources, lists, Bundles, Bundles in Bundles and NDJSON, in any folder."""
    _put(tmp_path, "one.json", {"resourceType": "Patient", "id": "A1"})
    _put(tmp_path, "deep/er/list.json", [{"resourceType": "Location", "id": "l1"}])
    lines = [{"resourceType": "Coverage", "id": f"c{number}"} for number in range(3)]
    _put(tmp_path, "deep/lines.ndjson", "\n".join(map(json.dumps, lines)) + "\n\n")
    inner = _bundle("collection", ("", {"resourceType": "Endpoint", "id": "e1"}))
    _put(tmp_path, "outer.json", _bundle("searchset", ("", inner)))
    world = load(tmp_path)
    assert {kind: list(each) for kind, each in world.resources.items()} == {
        "Coverage": ["c0", "c1", "c2"],
        "Location": ["l1"],
        "Patient": ["A1"],
        "Endpoint": ["e1"],
    }


def test_what_is_not_fhir_is_left_aside_aloud(tmp_path: Path) -> None:
    """A line for each file or NDJSON line that cannot be used; the rest is read."""
    _put(tmp_path, "broken.json", "{")
    _put(tmp_path, "package.json", {"name": "not fhir"})
    _put(tmp_path, "mixed.ndjson", '{"resourceType":"Patient","id":"p"}\nnonsense\n')
    _put(tmp_path, "deep.json", "[" * 100_000)
    _put(tmp_path, "README.md", "text")
    said: list[str] = []
    world = load(tmp_path, said.append)
    assert list(world.resources["Patient"]) == ["p"]
    assert said == [
        "broken.json: not JSON",
        "deep.json: not JSON",
        "mixed.ndjson, line 2: not JSON",
        "package.json: no FHIR resource",
    ]


def test_references_within_bundles_lead_somewhere(tmp_path: Path) -> None:
    """urn:uuid, absolute and identifier references become Type/id; unknown ones stay."""
    eob = claim("x", "nobody", "oral", provider={"reference": "Practitioner?identifier=urn:npi|7"})
    del eob["id"]
    eob["patient"] = {"reference": "urn:uuid:p-1"}
    eob["insurer"] = {"reference": "https://other.example/fhir/Organization/o1"}
    eob["facility"] = {"reference": "https://other.example/fhir/Location/unknown"}
    patient = {"resourceType": "Patient"}
    _put(tmp_path, "a.json", _bundle("transaction", ("urn:uuid:p-1", patient), ("urn:uuid:e-1", eob)))
    doctor = {"resourceType": "Practitioner", "id": "dr", "identifier": [{"system": "urn:npi", "value": "7"}]}
    _put(
        tmp_path,
        "b.json",
        _bundle("batch", ("urn:uuid:d", doctor), ("urn:uuid:o", {"resourceType": "Organization", "id": "o1"})),
    )
    found = load(tmp_path).resources["ExplanationOfBenefit"]["e-1"]
    assert found["patient"]["reference"] == "Patient/p-1"
    assert found["provider"]["reference"] == "Practitioner/dr"
    assert found["insurer"]["reference"] == "Organization/o1"
    assert found["facility"]["reference"] == "https://other.example/fhir/Location/unknown"


def test_each_patient_can_sign_in_by_id_or_name(tmp_path: Path) -> None:
    """User name is the id in lower case, and the name as a slug works too; odd names break nothing."""
    names: list[Any] = [[{"family": "Núñez", "given": ["José"]}], [{"text": "Ana B"}], [], {"family": "Lone"}, "odd"]
    for number, name in enumerate(names):
        _put(tmp_path, f"{number}.json", {"resourceType": "Patient", "id": f"PAT-{number}", "name": name})
    accounts = load(tmp_path).accounts
    assert accounts["pat-0"] is accounts["jose-nunez"]
    assert accounts["jose-nunez"].patients == ("PAT-0",)
    assert [accounts[f"pat-{number}"].display for number in range(5)] == [
        "José Núñez",
        "Ana B",
        "PAT-2",
        "Lone",
        "PAT-4",
    ]


def test_ids_that_are_missing_follow_from_the_content(tmp_path: Path) -> None:
    """The same data gets the same ids at every start."""
    _put(tmp_path, "a.json", {"resourceType": "Location", "name": "Office"})
    first, second = (list(load(tmp_path).resources["Location"]) for _ in range(2))
    assert first == second


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """No folder, no empty payer."""
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")


def test_slugs() -> None:
    """Names as they are typed."""
    assert slug("O'Neil, María-José 3rd") == "o-neil-maria-jose-3rd"
    assert slug("小林") == ""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public FHIR examples are not beside the project")
@pytest.mark.parametrize(
    ("folder", "username", "kind"),
    [
        ("hl7-carin-bb-1.1.0", "patient1", "ExplanationOfBenefit"),
        ("hl7-carin-bb-2.0.0", "johnny-example1", "ExplanationOfBenefit"),
        ("hl7-us-core-3.1.1", "amy-v-shaw", "Observation"),
        ("hl7-c4dic-examples", "jane-doe", "Coverage"),
    ],
)
async def test_public_examples_are_served(folder: str, username: str, kind: str) -> None:
    """HL7's own examples: sign in as one of their patients and read their record."""
    said: list[str] = []
    world = load(SHARED / folder, said.append)
    assert said == []
    async with serve_sandbox(world) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        headers = await Browser(http, sandbox).bearer(username)
        assert ids(await http.get(f"{sandbox.fhir_url}/{kind}?_count=100", headers=headers))
