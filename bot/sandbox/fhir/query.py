"""The parameters of a search (conditions, order, includes, number of results), and how a request is rejected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.params import PARAMS, Param
from bot.sandbox.fhir.table import Criterion, encode

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


CONTROLS = frozenset({"_count", "_sort", "_include", "_revinclude", "_summary", "_total", "_format", "_pretty"})
_SEPARATOR = re.compile(r"(?<!\\),")
_ESCAPE = re.compile(r"\\([,|$\\])")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chain:
    """A condition on the resources that a reference points to."""

    param: Param
    target: str
    inner: Criterion | Chain


@dataclass(frozen=True, slots=True)
class Include:
    """One `_include` or `_revinclude`: `source:param`; `*` means every reference of the source."""

    source: str
    param: str
    target: str = ""
    iterate: bool = False


@dataclass(slots=True)
class Query:
    """A parsed search."""

    criteria: list[Criterion | Chain] = field(default_factory=list)
    sort: list[tuple[Param, bool]] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    count: int = 0
    only_count: bool = False
    total: bool = True
    unknown: list[str] = field(default_factory=list)


def read(resource_type: str, pairs: Pairs, behaviour: Behaviour) -> Query:
    """Return a parsed search; FhirRefusal with status 400 for an invalid value."""
    query = Query(count=behaviour.default_count, total=behaviour.totals)
    for name, value in pairs:
        base = re.split(r"[:.]", name, maxsplit=1)[0]
        if base in behaviour.ignored_parameters or name in behaviour.ignored_parameters:
            query.unknown.append(name)
        elif base in CONTROLS:
            _control(query, resource_type, name, value, behaviour)
        elif value and (condition := condition_of(resource_type, name, value)) is not None:
            query.criteria.append(condition)
        elif value:
            query.unknown.append(name)
    return query


def condition_of(resource_type: str, name: str, value: str) -> Criterion | Chain | None:
    """Return one parameter and its value as a condition on this type; None if the type has no such parameter."""
    head, _, rest = name.partition(".")
    base, _, modifier = head.partition(":")
    param = PARAMS.get(resource_type, {}).get(base)
    if param is None:
        return None
    if not rest:
        return Criterion(param, modifier, tuple(_ESCAPE.sub(r"\1", part) for part in _SEPARATOR.split(value) if part))
    for target in (modifier,) if modifier else param.targets:
        inner = condition_of(target, rest, value)
        if inner is not None:
            return Chain(param, target, inner)
    return None


def _control(query: Query, resource_type: str, name: str, value: str, behaviour: Behaviour) -> None:
    base = name.partition(":")[0]
    if base == "_count":
        query.count = min(_number(value), behaviour.max_count)
        query.only_count = query.only_count or query.count == 0
    elif base == "_sort":
        for key in value.split(","):
            _sort_by(query, resource_type, key)
    elif base == "_summary":
        query.only_count = query.only_count or value == "count"
    elif base == "_total":
        query.total = value != "none"
    elif base in ("_include", "_revinclude"):
        _include(query, name, value, behaviour)


def _include(query: Query, name: str, value: str, behaviour: Behaviour) -> None:
    source, _, rest = value.partition(":")
    param, _, target = rest.partition(":")
    known = source in PARAMS and (param == "*" or getattr(PARAMS[source].get(param), "kind", "") == "reference")
    if not behaviour.includes or not known:
        query.unknown.append(f"{name}={value}")
        return
    include = Include(source, param, target, iterate=name.endswith((":iterate", ":recurse")))
    (query.revincludes if name.startswith("_rev") else query.includes).append(include)


def _sort_by(query: Query, resource_type: str, key: str) -> None:
    param = PARAMS[resource_type].get(key.removeprefix("-"))
    if param is None:
        query.unknown.append(f"_sort={key}")
    else:
        query.sort.append((param, key.startswith("-")))


def _number(value: str) -> int:
    if not value.isdecimal():
        raise FhirRefusal(400, "invalid", "_count is a whole number.")
    return int(value)
