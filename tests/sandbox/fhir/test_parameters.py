import pytest

from bot.sandbox.fhir.query import PARAMS
from tests.sandbox.small import NUCC, Browser, ids

MEMBER = [
    ("ExplanationOfBenefit", "patient=ana", {"visit", "fill", "stay"}),
    ("ExplanationOfBenefit", "_id=visit", {"visit"}),
    ("ExplanationOfBenefit", "_id=visit,stay", {"visit", "stay"}),
    ("ExplanationOfBenefit", "_lastUpdated=ge2024-05-01", {"visit", "stay"}),
    ("ExplanationOfBenefit", "type=pharmacy", {"fill"}),
    ("ExplanationOfBenefit", "type=http://terminology.hl7.org/CodeSystem/claim-type|professional", {"visit"}),
    ("ExplanationOfBenefit", "type=urn:other|professional", set()),
    ("ExplanationOfBenefit", "type=http://terminology.hl7.org/CodeSystem/claim-type|", {"visit", "fill", "stay"}),
    ("ExplanationOfBenefit", "type:not=pharmacy", {"visit", "stay"}),
    ("ExplanationOfBenefit", "identifier=urn:claim|C-1", {"visit"}),
    ("ExplanationOfBenefit", "identifier:missing=true", {"fill", "stay"}),
    ("ExplanationOfBenefit", "identifier:missing=false", {"visit"}),
    ("ExplanationOfBenefit", "status=active", {"visit", "fill", "stay"}),
    ("ExplanationOfBenefit", "service-date=2024-03-05", {"visit"}),
    ("ExplanationOfBenefit", "service-date=2024-03", {"visit"}),
    ("ExplanationOfBenefit", "service-date=2024", {"visit", "fill"}),
    ("ExplanationOfBenefit", "service-date=ge2024-01-02", {"visit", "fill", "stay"}),
    ("ExplanationOfBenefit", "service-date=gt2024-03-05", {"fill"}),
    ("ExplanationOfBenefit", "service-date=lt2024", {"stay"}),
    ("ExplanationOfBenefit", "service-date=le2024-03-05", {"visit", "stay"}),
    ("ExplanationOfBenefit", "service-date=sa2024-03-31", {"fill"}),
    ("ExplanationOfBenefit", "service-date=eb2024-02", {"stay"}),
    ("ExplanationOfBenefit", "service-date=ap2024-04-10", {"fill"}),
    ("ExplanationOfBenefit", "service-date=ge2024-03&service-date=lt2024-04", {"visit"}),
    ("ExplanationOfBenefit", "service-date=2024-03,2024-04", {"visit", "fill"}),
    ("ExplanationOfBenefit", "service-start-date=2023-12-30", {"stay"}),
    ("ExplanationOfBenefit", "service-start-date=2024-03-05", {"visit"}),
    ("ExplanationOfBenefit", "billable-period-start=2023-12", {"stay"}),
    ("ExplanationOfBenefit", "_security:not=R", {"visit", "stay"}),
    ("ExplanationOfBenefit", "provider.name=nunez", {"visit", "fill", "stay"}),
    ("Patient", "_id=ana", {"ana"}),
    ("Patient", "identifier=urn:mb|M-ana", {"ana"}),
    ("Patient", "name=alva", {"ana"}),
    ("Patient", "name=ANA", {"ana"}),
    ("Patient", "family:exact=Álvarez", {"ana"}),
    ("Patient", "family:exact=alvarez", set()),
    ("Patient", "birthdate=1980-02-03&name=ana", {"ana"}),
    ("Patient", "gender=female&name=ana", {"ana"}),
    ("Coverage", "_id=cov-ana", {"cov-ana"}),
    ("Coverage", "patient=ana", {"cov-ana"}),
    ("Coverage", "beneficiary=Patient/ana", {"cov-ana"}),
    ("Coverage", "beneficiary:Patient=ana&status=active", {"cov-ana"}),
    ("CarePlan", "patient=ana&category=assess-plan", {"plan-a"}),
    ("Condition", "patient=ana", {"asthma"}),
    ("Condition", "subject=Patient/ana&clinical-status=active", {"asthma"}),
    ("Observation", "patient=ana&category=vital-signs", {"bp"}),
    ("Observation", "patient=ana&code=85354-9,4548-4", {"bp", "a1c"}),
    ("Observation", "patient=ana&category=laboratory&date=2023-06-01", {"a1c"}),
    ("Observation", "patient=ana&category=laboratory&date=gt2024", set()),
    ("Procedure", "patient=ana", {"scope"}),
    ("Procedure", "patient=ana&date=ge2024-02-01", {"scope"}),
    ("List", "_id=silver-drugs", {"silver-drugs"}),
    ("List", "identifier=PLAN1", {"silver-drugs"}),
    ("List", "item=MedicationKnowledge/metformin-1", {"silver-drugs"}),
    ("List", "status=current&code=urn:s|DRUGPOL", {"silver-drugs"}),
    ("MedicationKnowledge", "_id=insulin-1", {"insulin-1"}),
    ("MedicationKnowledge", "code=http://www.nlm.nih.gov/research/umls/rxnorm|860975", {"metformin-1", "metformin-2"}),
    ("MedicationKnowledge", "DrugName=metformin", set()),
    ("MedicationKnowledge", "DrugName:contains=METFORMIN", {"metformin-1", "metformin-2"}),
    ("MedicationKnowledge", "DrugName:contains=metformin&DrugName:contains=tablet&DrugPlan=PLAN1", {"metformin-1"}),
    ("MedicationKnowledge", "DrugName:exact=insulin glargine 100 UNT/ML", {"insulin-1"}),
    ("MedicationKnowledge", "DrugTier=urn:s|brand", {"metformin-2"}),
]
DIRECTORY = [
    ("PractitionerRole", "practitioner=Practitioner/dr-oak", {"heart-2", "skin"}),
    ("PractitionerRole", "practitioner=dr-nunez", {"heart"}),
    ("PractitionerRole", "organization=Organization/clinic", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "location=Location/chatt,Location/nash", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "service=HealthcareService/hs", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "network=Organization/blue", {"heart"}),
    ("PractitionerRole", "endpoint=Endpoint/ep&role=doctor&_id=skin", {"skin"}),
    ("PractitionerRole", f"specialty={NUCC}|207RC0000X,{NUCC}|207RI0011X", {"heart", "heart-2"}),
    ("PractitionerRole", "location.address-city=chattanooga", {"heart", "skin"}),
    ("PractitionerRole", "location.address-state=TN&location.address-postalcode=37402", {"heart", "skin"}),
    ("PractitionerRole", "location.address=nashville", {"heart-2"}),
    ("PractitionerRole", "location.organization=Organization/clinic", {"heart", "skin"}),
    ("PractitionerRole", "location.type=OF", {"heart-2"}),
    ("PractitionerRole", "practitioner.name=nunez", {"heart"}),
    ("PractitionerRole", "practitioner:Practitioner.family=oak", {"heart-2", "skin"}),
    ("PractitionerRole", "organization.name=river", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "organization.address=Chattanooga&organization.type=prvgrp", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "organization.partof=Organization/payer", set()),
    ("PractitionerRole", "network.name=blue", {"heart"}),
    ("PractitionerRole", "network.name:contains=NETWORK", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "network.partof=Organization/payer", {"heart"}),
    ("PractitionerRole", "network.type=ntwk", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "service.service-category=outpat&service.organization=clinic", {"heart", "heart-2", "skin"}),
    ("PractitionerRole", "service.location=Location/nash", set()),
    ("PractitionerRole", "location.organization.name=river", {"heart", "skin"}),
    ("Practitioner", "name=NUN", {"dr-nunez"}),
    ("Practitioner", "family=oak", {"dr-oak"}),
    ("Practitioner", "given=luz,pat", {"dr-nunez", "dr-oak"}),
    ("Practitioner", "_id=dr-oak", {"dr-oak"}),
    ("Organization", "name=blue", {"blue"}),
    ("Organization", "address=chattanooga", {"clinic"}),
    ("Organization", "partof=Organization/payer", {"blue"}),
    ("Organization", "endpoint=Endpoint/ep", {"clinic"}),
    ("Organization", "type=ntwk", {"blue", "green"}),
    ("Organization", "coverage-area=Location/nash", {"green"}),
    ("OrganizationAffiliation", "primary-organization=payer&participating-organization=clinic", {"aff"}),
    ("OrganizationAffiliation", "location=chatt&service=hs&network=blue&endpoint=ep", {"aff"}),
    ("OrganizationAffiliation", f"role=pharmacy&specialty={NUCC}|333600000X", {"aff"}),
    ("Location", "address=1 broad", {"chatt", "nash"}),
    ("Location", "address-city=nashville", {"nash"}),
    ("Location", "address-state=tn&address-postalcode=37402", {"chatt"}),
    ("Location", "partof=Location/chatt&endpoint=ep&type=OF", {"nash"}),
    ("Location", "organization=Organization/clinic", {"chatt"}),
    ("HealthcareService", "name=heart&service-category=outpat&service-type=cardio", {"hs"}),
    ("HealthcareService", f"specialty={NUCC}|207RC0000X&location=chatt&coverage-area=nash", {"hs"}),
    ("HealthcareService", "organization=clinic&endpoint=Endpoint/ep", {"hs"}),
    ("InsurancePlan", "name=silver&type=commppo&plan-type=silver&identifier=PLAN1", {"silver"}),
    ("InsurancePlan", "administered-by=payer&owned-by=Organization/payer&coverage-area=nash", {"silver"}),
    ("Endpoint", "organization=Organization/clinic", {"ep"}),
]


@pytest.mark.parametrize(("kind", "query", "expected"), MEMBER)
async def test_member_parameters(payer: Browser, kind: str, query: str, expected: set[str]) -> None:
    """Each parameter the guides oblige a payer to support finds what it should, and no more."""
    assert set(ids(await payer.http.get(f"{kind}?{query}", headers=await payer.bearer()))) == expected


@pytest.mark.parametrize(("kind", "query", "expected"), DIRECTORY)
async def test_directory_parameters(payer: Browser, kind: str, query: str, expected: set[str]) -> None:
    """Each Plan-Net parameter and chain finds what it should, and no more."""
    assert set(ids(await payer.http.get(f"{kind}?{query}"))) == expected


async def test_every_known_parameter_can_be_searched_and_sorted(payer: Browser) -> None:
    """No declared parameter fails or is reported as ignored, whatever its kind."""
    headers = await payer.bearer()
    examples = {"token": "a|b", "reference": "Organization/x", "string": "x", "date": "2024"}
    for kind, params in PARAMS.items():
        for param in params.values():
            query = {param.name: examples[param.kind], "_sort": f"-{param.name}"}
            answer = await payer.http.get(kind, params=query, headers=headers | {"prefer": "handling=strict"})
            assert answer.status_code == 200, (kind, param.name, answer.text)


@pytest.mark.parametrize(
    "query",
    [
        "service-date=yesterday",
        "service-date=ge2024-02-30",
        "type:text=x",
        "_count=many",
        "_count=-1",
        "provider.name:below=x",
    ],
)
async def test_values_that_cannot_be_read_are_a_400(payer: Browser, query: str) -> None:
    """A bad date, count or modifier is refused with an OperationOutcome."""
    answer = await payer.http.get(f"ExplanationOfBenefit?{query}", headers=await payer.bearer())
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["severity"] == "error"


async def test_escaped_separators_are_part_of_the_value(payer: Browser) -> None:
    r"""`\,` does not split, `\|` and `\$` stand for themselves."""
    assert ids(await payer.http.get(r"Organization?name=blue\,green")) == []
    assert ids(await payer.http.get(r"Organization?name=blue\$")) == []
    assert len(ids(await payer.http.get("Organization?name=blue,green"))) == 2
