"""A hand-made payer of a few resources, and a browser that signs in there."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

from bot.sandbox.app import Sandbox
from bot.sandbox.synthetic.shapes import reference
from bot.sandbox.world import Account, Resource, World

CALLBACK = "http://127.0.0.1:1/oauth/callback"
SCOPE = "patient/*.read openid fhirUser"
VERIFIER = "v" * 43
PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition"
DF = "http://hl7.org/fhir/us/davinci-drug-formulary/StructureDefinition"
NUCC = "http://nucc.org/provider-taxonomy"
_WORLD = Path(__file__).with_name("small.yaml")


def concept(code: str, system: str = "urn:s", display: str = "") -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def claim(claim_id: str, patient: str, kind: str, **more: Any) -> Resource:
    """An ExplanationOfBenefit."""
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": claim_id,
        "meta": {"lastUpdated": "2024-05-01T10:00:00Z"},
        "status": "active",
        "type": concept(kind, "http://terminology.hl7.org/CodeSystem/claim-type"),
        "patient": reference(f"Patient/{patient}"),
        "insurer": reference("Organization/payer"),
        "provider": reference("Practitioner/dr-nunez"),
        "insurance": [{"focal": True, "coverage": reference(f"Coverage/cov-{patient}")}],
        **more,
    }


def role(role_id: str, who: str, code: str, place: str, net: str, **more: Any) -> Resource:
    """A PractitionerRole."""
    return {
        "resourceType": "PractitionerRole",
        "id": role_id,
        "extension": [{"url": f"{PN}/network-reference", "valueReference": reference(f"Organization/{net}")}],
        "practitioner": reference(f"Practitioner/{who}"),
        "organization": reference("Organization/clinic"),
        "location": [reference(f"Location/{place}")],
        "healthcareService": [reference("HealthcareService/hs")],
        "endpoint": [reference("Endpoint/ep")],
        "code": [concept("doctor")],
        "specialty": [concept(code, NUCC)],
        **more,
    }


def drug(drug_id: str, name: str, code: str, plan: str, tier: str) -> Resource:
    """A MedicationKnowledge of the STU1 formulary."""
    return {
        "resourceType": "MedicationKnowledge",
        "id": drug_id,
        "extension": [
            {"url": f"{DF}/usdf-PlanID-extension", "valueString": plan},
            {"url": f"{DF}/usdf-DrugTierID-extension", "valueCodeableConcept": concept(tier)},
        ],
        "code": concept(code, "http://www.nlm.nih.gov/research/umls/rxnorm", name),
    }


_DRUGS = (
    drug("metformin-1", "24 HR metformin 500 MG Oral Tablet", "860975", "PLAN1", "generic"),
    drug("metformin-2", "24 HR metformin 500 MG Oral Tablet", "860975", "PLAN2", "brand"),
    drug("insulin-1", "insulin glargine 100 UNT/ML", "261551", "PLAN1", "preferred-brand"),
)
_ROLES = (
    role("heart", "dr-nunez", "207RC0000X", "chatt", "blue"),
    role("heart-2", "dr-oak", "207RI0011X", "nash", "green"),
    role("skin", "dr-oak", "207N00000X", "chatt", "green"),
)


class _Loader(yaml.SafeLoader):
    """Reads the short forms of small.yaml."""


_Loader.add_constructor("!ref", lambda _, node: reference(node.value))
_Loader.add_constructor("!code", lambda _, node: concept(node.value))
_Loader.add_constructor("!nucc", lambda _, node: concept(node.value, NUCC))


def _claims() -> list[Resource]:
    return [
        claim(
            "visit",
            "ana",
            "professional",
            identifier=[{"system": "urn:claim", "value": "C-1"}],
            item=[{"sequence": 1, "servicedDate": "2024-03-05"}],
            careTeam=[{"sequence": 1, "provider": reference("Practitioner/dr-nunez")}],
            payee={"party": reference("Organization/clinic")},
            total=[{"amount": {"value": 12.5}}],
        ),
        claim(
            "fill",
            "ana",
            "pharmacy",
            item=[{"sequence": 1, "servicedDate": "2024-04"}],
            meta={"security": [{"code": "R"}]},
        ),
        claim("stay", "ana", "institutional", billablePeriod={"start": "2023-12-30", "end": "2024-01-02"}),
        claim("bens", "ben", "professional", item=[{"sequence": 1, "servicedDate": "2024-02-02"}]),
        claim("kids", "kid", "oral", item=[{"sequence": 1, "servicedDate": "2024-02-03"}]),
        {**claim("nobodys", "ana", "oral"), "patient": {"display": "Somebody"}},
    ]


@cache
def _written() -> str:
    return json.dumps(yaml.load(_WORLD.read_text(encoding="utf-8"), _Loader))  # noqa: S506 -- a safe one


def small_world() -> World:
    """Ana with three claims, the Boones with one each under one sign-in, and a small directory."""
    world = World()
    for kind, resources in json.loads(_written()).items():
        for resource in resources:
            world.add({"resourceType": kind, **resource})
    for resource in (*_claims(), *_DRUGS, *_ROLES):
        world.add(resource)
    world.accounts["ana"] = Account("ana", "Ana Álvarez", ("ana",), "Patient/ana", "three claims")
    world.accounts["boone"] = Account("boone", "The Boones", ("ben", "kid"), "RelatedPerson/pat", "two patients")
    return world


def question(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    """An authorization request as an app sends it."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": sandbox.client_id,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "state-1",
        "nonce": "nonce-1",
        "aud": sandbox.fhir_url,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **changes,
    }


def ticket(page: httpx.Response) -> str:
    """The hidden field that keeps a page's place."""
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


@dataclass
class Browser:
    """A person at the payer's pages, and the app's token requests."""

    http: httpx.AsyncClient
    sandbox: Sandbox

    async def to_consent(self, username: str = "ana", **changes: str) -> httpx.Response:
        """Open the authorization URL and sign in."""
        page = await self.http.get(self.sandbox.authorize_url, params=question(self.sandbox, **changes))
        form = {"ticket": ticket(page), "username": username}
        return await self.http.post(f"{self.sandbox.base_url}/as/sign-in", data=form)

    async def decide(self, consent: httpx.Response, decision: str = "allow") -> dict[str, str]:
        """Press a button on the consent page; the callback's parameters."""
        form = {"ticket": ticket(consent), "decision": decision}
        answer = await self.http.post(f"{self.sandbox.base_url}/as/consent", data=form)
        assert answer.status_code == 302
        return callback(answer)

    async def exchange(self, code: str, **changes: str) -> httpx.Response:
        """Send a code to the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "code_verifier": VERIFIER,
            "scope": SCOPE,
            **changes,
        }
        return await self.http.post(self.sandbox.token_url, data=form)

    async def token(self, username: str = "ana", **changes: str) -> dict[str, Any]:
        """The whole way, to the token answer."""
        returned = await self.decide(await self.to_consent(username, **changes))
        answer = await self.exchange(returned["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def bearer(self, username: str = "ana", **changes: str) -> dict[str, str]:
        """The whole way, to the header that opens the member types."""
        return {"authorization": f"Bearer {(await self.token(username, **changes))['access_token']}"}


def callback(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back to the app."""
    location = answer.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def ids(answer: httpx.Response, mode: str = "match") -> list[str]:
    """The ids of a searchset's matches, or `Type/id` of its other rows, in order."""
    assert answer.status_code == 200, answer.text
    rows = [entry["resource"] for entry in answer.json().get("entry", ()) if entry["search"]["mode"] == mode]
    return [row["id"] if mode == "match" else f"{row['resourceType']}/{row['id']}" for row in rows]
