"""OperationOutcomes for rejected requests and ignored parameters."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.fhir.table import encode

FHIR_JSON = "application/fhir+json; charset=utf-8"


class FhirRefusal(Exception):
    """Raised for a rejected request, with an HTTP status and a code of the IssueType value set."""

    def __init__(self, status: int, code: str, words: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.headers = headers or {}


def outcome(severity: str, code: str, *words: str) -> dict[str, Any]:
    """Return an OperationOutcome with one issue for each text."""
    issues = [{"severity": severity, "code": code, "diagnostics": each} for each in words]
    return {"resourceType": "OperationOutcome", "issue": issues}


async def refusal(_request: Request, refused: Exception) -> Response:
    """Return the HTTP response for a rejected request; an exception handler for Starlette."""
    if not isinstance(refused, FhirRefusal):
        raise refused
    body = encode(outcome("error", refused.code, refused.words))
    return Response(body, refused.status, refused.headers, FHIR_JSON)


def ignored(names: Iterable[str]) -> dict[str, Any]:
    """Return an OperationOutcome with a warning for each ignored parameter of a search."""
    words = (f"Parameter {name} is not supported and was ignored." for name in names)
    return outcome("warning", "not-supported", *words)
