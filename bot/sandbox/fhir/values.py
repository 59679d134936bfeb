"""Converts FHIR elements to the values that a search compares, by the search rules of FHIR R4."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

DateSpan = tuple[datetime, datetime]

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$")
_NAME_AND_ADDRESS_PARTS = (
    *("text", "family", "given", "prefix", "suffix"),
    *("line", "city", "district", "state", "postalCode", "country"),
)


@cache
def _steps(path: str) -> tuple[tuple[str, str], ...]:
    return tuple((step.partition("[")[0], step.partition("[")[2].rstrip("]")) for step in path.split("."))


def walk(resource: Any, path: str) -> list[Any]:
    """Return the elements at a dotted path; `extension[name]` selects those whose URL ends with the name."""
    found = [resource]
    for key, url in _steps(path):
        found = [each for node in found if isinstance(node, dict) for each in _many(node.get(key))]
        if url:
            found = [each for each in found if isinstance(each, dict) and _ends(each.get("url"), url)]
    return found


def _ends(url: Any, name: str) -> bool:
    return str(url).rsplit("/", 1)[-1] == name


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def token_keys(value: Any) -> Iterator[str]:
    """Yield the forms in which a search may give a code or identifier: code, system|code, |code and system|."""
    if isinstance(value, dict) and "coding" in value:
        for coding in _many(value["coding"]):
            yield from token_keys(coding)
    elif isinstance(value, dict):
        code = value.get("code", value.get("value"))
        system = value.get("system", "")
        if system:
            yield f"{system}|"
        if code is not None:
            yield from (str(code), f"{system}|{code}")
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield from (text, f"|{text}")


def reference_key(value: Any) -> str:
    """Return `Type/id` of a literal reference, without server and version; empty for a contained resource."""
    text = str(value.get("reference") or "") if isinstance(value, dict) else str(value)
    match = _REFERENCE.search(text)
    return f"{match[1]}/{match[2]}" if match else ""


def folded(text: str) -> str:
    """Return text without case and accents, as FHIR string searches compare it."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))


def texts(value: Any) -> Iterator[str]:
    """Yield the searchable strings of an element: itself, or the parts of a HumanName or Address."""
    if isinstance(value, dict):
        for part in _NAME_AND_ADDRESS_PARTS:
            yield from (str(each) for each in _many(value.get(part)))
    else:
        yield str(value)


def display_name(patient: dict[str, Any]) -> str:
    """Return a Patient's name as written, or combined from its parts; empty if there is none."""
    for name in walk(patient, "name"):
        parts = walk(name, "text") or [*walk(name, "given"), *walk(name, "family")]
        text = " ".join(str(part) for part in parts).strip()
        if text:
            return text
    return ""


def span(value: Any) -> DateSpan | None:
    """Return the time covered by a date, dateTime, instant or Period, end excluded; None if it is invalid."""
    if not isinstance(value, dict):
        return moment(str(value))
    start, end = (moment(value[key]) if key in value else None for key in ("start", "end"))
    if start is None and end is None:
        return None
    return (start[0] if start else _FIRST, end[1] if end else _LAST)


@lru_cache(maxsize=16_384)
def moment(text: str) -> DateSpan | None:
    """Return the time covered by a written date at its own precision, end excluded; the default time zone is UTC."""
    try:
        partial = _DATE.match(text)
        return _dated(partial) if partial else _timed(text)
    except (ValueError, OverflowError):
        return None


def _dated(match: re.Match[str]) -> DateSpan:
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    start = datetime(year, month, day, tzinfo=UTC)
    if match[3]:
        return start, start + timedelta(days=1)
    if match[2]:
        return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return start, datetime(year + 1, 1, 1, tzinfo=UTC)


def _timed(text: str) -> DateSpan:
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at, at + (timedelta(microseconds=1) if at.microsecond else timedelta(seconds=1))


def holds(prefix: str, target: DateSpan, asked: DateSpan) -> bool:
    """Return whether a span matches `prefix` and the search's (FHIR R4, 3.1.1.5.3); `ge` and `le` take overlaps."""
    inside = asked[0] <= target[0] and target[1] <= asked[1]
    return {
        "eq": inside,
        "ne": not inside,
        "gt": target[1] > asked[1],
        "lt": target[0] < asked[0],
        "ge": target[1] > asked[0],
        "le": target[0] < asked[1],
        "sa": target[0] >= asked[1],
        "eb": target[1] <= asked[0],
        "ap": target[0] < asked[1] and asked[0] < target[1],
    }[prefix]
