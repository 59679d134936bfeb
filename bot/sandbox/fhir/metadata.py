"""What the server says of itself: CapabilityStatement and SMART configuration (SMART App Launch 1.0.0, both forms)."""

from __future__ import annotations

from typing import Any

from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.params import PARAMS, references

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SCOPES = ("openid", "fhirUser", "patient/*.read")
REVERSE_INCLUDES = {
    "Practitioner": ("PractitionerRole:practitioner",),
    "Location": ("PractitionerRole:location", "HealthcareService:location"),
    "Organization": (
        "PractitionerRole:organization",
        "OrganizationAffiliation:primary-organization",
        "OrganizationAffiliation:participating-organization",
        "HealthcareService:organization",
        "InsurancePlan:administered-by",
        "InsurancePlan:owned-by",
        "Endpoint:organization",
        "Location:organization",
    ),
}


def capability_statement(authorize_url: str, token_url: str, revoke_url: str, behaviour: Behaviour) -> dict[str, Any]:
    """The CapabilityStatement, with the parameters that the server knows at this moment."""
    uris = (("authorize", authorize_url), ("token", token_url), ("revoke", revoke_url))
    security = {
        "service": [{"coding": [{"system": "http://hl7.org/fhir/restful-security-service", "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": OAUTH_URIS, "extension": [{"url": name, "valueUri": url} for name, url in uris]}],
    }
    rest = {"mode": "server", "security": security, "resource": [_resource(each, behaviour) for each in PARAMS]}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2024-01-01",
        "kind": "instance",
        "software": {"name": "Sandbox payer"},
        "implementation": {"description": "Sandbox payer with synthetic members"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [rest],
    }


def _resource(resource_type: str, behaviour: Behaviour) -> dict[str, Any]:
    known = [param for param in PARAMS[resource_type].values() if param.name not in behaviour.ignored_parameters]
    declared: dict[str, Any] = {
        "type": resource_type,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": param.name, "type": param.kind} for param in known],
    }
    includes = [f"{resource_type}:{param.name}" for param in references(resource_type) if param in known]
    if behaviour.includes and includes:
        declared["searchInclude"] = [*includes, f"{resource_type}:*"]
    if behaviour.includes and resource_type in REVERSE_INCLUDES:
        declared["searchRevInclude"] = list(REVERSE_INCLUDES[resource_type])
    return declared


_CLIENTS = {"none": "client-public", "private_key_jwt": "client-confidential-asymmetric"}


def smart_configuration(
    issuer: str, authorize_url: str, token_url: str, revoke_url: str, client_auth: str
) -> dict[str, Any]:
    """The well-known SMART configuration beneath the FHIR base."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/pf/JWKS",
        "authorization_endpoint": authorize_url,
        "token_endpoint": token_url,
        "revocation_endpoint": revoke_url,
        "token_endpoint_auth_methods_supported": [client_auth],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(SCOPES),
        "capabilities": [
            *(
                "launch-standalone",
                _CLIENTS.get(client_auth, "client-confidential-symmetric"),
                "context-standalone-patient",
            ),
            *("permission-patient", "sso-openid-connect"),
        ],
    }
