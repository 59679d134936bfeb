"""OperationOutcomes: how the server says no, or says what it left aside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.fhir.table import encode

FHIR_JSON = "application/fhir+json; charset=utf-8"


class FhirRefusal(Exception):
    """A request the server does not answer: an HTTP status and a code of the IssueType value set."""

    def __init__(self, status: int, code: str, words: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.headers = headers or {}


def outcome(severity: str, code: str, *words: str) -> dict[str, Any]:
    """An OperationOutcome with one issue for each text."""
    issues = [{"severity": severity, "code": code, "diagnostics": each} for each in words]
    return {"resourceType": "OperationOutcome", "issue": issues}


async def refusal(_request: Request, refused: Exception) -> Response:
    """The HTTP answer for a refused request, as Starlette's exception handler."""
    if not isinstance(refused, FhirRefusal):
        raise refused
    body = encode(outcome("error", refused.code, refused.words))
    return Response(body, refused.status, refused.headers, FHIR_JSON)


def ignored(names: Iterable[str]) -> dict[str, Any]:
    """What a searchset carries when parameters were left aside: a warning for each."""
    words = (f"Parameter {name} is not supported and was ignored." for name in names)
    return outcome("warning", "not-supported", *words)
