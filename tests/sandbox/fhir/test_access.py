import pytest

from bot.sandbox.world import DIRECTORY_TYPES, MEMBER_TYPES
from tests.sandbox.small import Browser, ids

BOUND = [each for each in MEMBER_TYPES if each not in ("List", "MedicationKnowledge")]


@pytest.mark.parametrize("kind", MEMBER_TYPES)
async def test_member_types_need_a_token(payer: Browser, kind: str) -> None:
    """Without a token, or with a made-up one, a member type is a 401 with a challenge and an OperationOutcome."""
    for headers in ({}, {"authorization": "Bearer made-up"}, {"authorization": "Basic eA=="}):
        answer = await payer.http.get(kind, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("kind", DIRECTORY_TYPES)
async def test_the_directory_is_open(payer: Browser, kind: str) -> None:
    """The eight directory types answer without a token."""
    assert ids(await payer.http.get(kind))


@pytest.mark.parametrize("kind", BOUND)
async def test_a_token_shows_only_its_patients(payer: Browser, kind: str) -> None:
    """Nothing of the Boones is found with Ana's token, by search, by naming them, or by id."""
    headers = await payer.bearer("ana")
    boones = await payer.bearer("boone")
    own = ids(await payer.http.get(kind, headers=headers))
    others = ids(await payer.http.get(kind, headers=boones))
    assert not set(own) & set(others)
    for name in ("patient", "_id", "identifier"):
        assert not set(ids(await payer.http.get(kind, params={name: "ben"}, headers=headers))) & set(others)
    for other in others:
        assert (await payer.http.get(f"{kind}/{other}", headers=headers)).status_code == 404
        assert (await payer.http.get(f"{kind}/{other}", headers=boones)).status_code == 200


async def test_a_claim_without_a_patient_is_nobodys(payer: Browser) -> None:
    """A record that names no patient is shown to no one."""
    headers = await payer.bearer("ana")
    assert "nobodys" not in ids(await payer.http.get("ExplanationOfBenefit", headers=headers))
    assert (await payer.http.get("ExplanationOfBenefit/nobodys", headers=headers)).status_code == 404


async def test_includes_stay_within_the_token(payer: Browser) -> None:
    """An include, a reverse include or a chain cannot reach another member's record."""
    headers = await payer.bearer("ana")
    found = await payer.http.get(
        "Coverage?_include=Coverage:*&_revinclude=ExplanationOfBenefit:coverage", headers=headers
    )
    assert set(ids(found, "include")) == {
        *("Patient/ana", "Organization/payer"),
        *(f"ExplanationOfBenefit/{each}" for each in ("visit", "fill", "stay")),
    }
    public = await payer.http.get("Organization?_id=payer&_revinclude=Coverage:payor")
    assert ids(public, "include") == []


async def test_one_patient_of_several_can_be_asked_for(payer: Browser) -> None:
    """With a sign-in for two patients, `patient` narrows to one."""
    headers = await payer.bearer("boone")
    for value in ("kid", "Patient/kid", f"{payer.sandbox.fhir_url}/Patient/kid"):
        found = await payer.http.get("ExplanationOfBenefit", params={"patient": value}, headers=headers)
        assert ids(found) == ["kids"]
    assert len(ids(await payer.http.get("ExplanationOfBenefit", headers=headers))) == 2


async def test_a_type_outside_the_scope_is_forbidden(payer: Browser) -> None:
    """A token for coverage alone opens no claims, and one for identity alone opens nothing."""
    coverage = await payer.bearer("ana", scope="patient/Coverage.read openid")
    assert (await payer.http.get("Coverage", headers=coverage)).status_code == 200
    assert (await payer.http.get("ExplanationOfBenefit", headers=coverage)).status_code == 403
    nothing = await payer.bearer("ana", scope="openid fhirUser")
    assert (await payer.http.get("Coverage/cov-ana", headers=nothing)).status_code == 403


async def test_the_formulary_needs_a_token_and_is_the_same_for_all(payer: Browser) -> None:
    """List and MedicationKnowledge belong to no patient."""
    for who in ("ana", "boone"):
        headers = await payer.bearer(who)
        assert ids(await payer.http.get("List", headers=headers)) == ["silver-drugs"]
        assert len(ids(await payer.http.get("MedicationKnowledge", headers=headers))) == 3


@pytest.mark.parametrize(
    "path", ["Encounter", "Encounter/1", "patient", "Organization/none", "Patient/ana/$everything"]
)
async def test_what_is_not_there_is_a_404(payer: Browser, path: str) -> None:
    """Types that the payer does not offer, and resources that are not there."""
    assert (await payer.http.get(path)).status_code == 404


async def test_reads_give_the_resource_alone(payer: Browser) -> None:
    """A read, with or without a version, answers with the resource as FHIR JSON."""
    for path in ("Organization/payer", "Organization/payer/_history/3"):
        answer = await payer.http.get(path)
        assert answer.headers["content-type"].startswith("application/fhir+json")
        assert answer.json()["name"] == "Sandbox Payer"


async def test_metadata_and_smart_configuration_agree(payer: Browser) -> None:
    """Both forms of discovery name the same endpoints, and the CapabilityStatement lists the 17 types."""
    sandbox = payer.sandbox
    metadata = (await payer.http.get("metadata")).json()
    smart = (await payer.http.get(".well-known/smart-configuration")).json()
    rest = metadata["rest"][0]
    uris = {each["url"]: each["valueUri"] for each in rest["security"]["extension"][0]["extension"]}
    assert uris["authorize"] == smart["authorization_endpoint"] == sandbox.authorize_url
    assert uris["token"] == smart["token_endpoint"] == sandbox.token_url
    assert uris["revoke"] == smart["revocation_endpoint"]
    declared = {each["type"]: each for each in rest["resource"]}
    assert set(declared) == {*MEMBER_TYPES, *DIRECTORY_TYPES}
    assert "ExplanationOfBenefit:care-team" in declared["ExplanationOfBenefit"]["searchInclude"]
    assert {"name": "DrugName", "type": "string"} in declared["MedicationKnowledge"]["searchParam"]
    sandbox.behaviour.ignored_parameters = frozenset({"network"})
    poorer = (await payer.http.get("metadata")).json()
    roles = next(each for each in poorer["rest"][0]["resource"] if each["type"] == "PractitionerRole")
    assert "network" not in [each["name"] for each in roles["searchParam"]]
