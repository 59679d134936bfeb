"""The resources of one type as a searchable table, by the search rules of FHIR R4.

The values of a search parameter are extracted at its first use.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any

from bot.sandbox.fhir.query import Criterion, Param, encode
from bot.sandbox.world import Resource

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
            dicts = (each for each in found if isinstance(each, dict))
            found = [each for each in dicts if str(each.get("url")).rsplit("/", 1)[-1] == url]
    return found


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def token_keys(value: Any) -> Iterator[str]:
    """Yield all forms in which a search may write a code or identifier: code, system|code, |code and system|."""
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
    """Return `Type/id` of a literal reference, without server and version; "" for a contained resource."""
    text = str(value.get("reference") or "") if isinstance(value, dict) else str(value)
    match = _REFERENCE.search(text)
    return f"{match[1]}/{match[2]}" if match else ""


def folded(text: str) -> str:
    """Return text without case and accents, as FHIR string searches compare it."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))


def texts(value: Any) -> Iterator[str]:
    """Yield the texts that a string search compares: the element itself, or the parts of a HumanName or Address."""
    if isinstance(value, dict):
        for part in _NAME_AND_ADDRESS_PARTS:
            yield from (str(each) for each in _many(value.get(part)))
    else:
        yield str(value)


def display_name(patient: dict[str, Any]) -> str:
    """Return the name of a Patient as written, or combined from its parts; "" if there is none."""
    for name in walk(patient, "name"):
        parts = walk(name, "text") or [*walk(name, "given"), *walk(name, "family")]
        text = " ".join(str(part) for part in parts).strip()
        if text:
            return text
    return ""


def span(value: Any) -> DateSpan | None:
    """Return the start and the end (exclusive) of a date, dateTime, instant or Period; None if it is invalid."""
    if not isinstance(value, dict):
        return moment(str(value))
    start, end = (moment(value[key]) if key in value else None for key in ("start", "end"))
    if start is None and end is None:
        return None
    return (start[0] if start else _FIRST, end[1] if end else _LAST)


@lru_cache(maxsize=16_384)
def moment(text: str) -> DateSpan | None:
    """Return the start and the end (exclusive) of the time that a written date covers at its precision.

    None if it is invalid. The default time zone is UTC.
    """
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
    """Return whether a resource's time span `target` matches the span `asked` by the comparison `prefix`.

    The rules are those of FHIR R4 (3.1.1.5.3); for `ge` and `le` an overlap is enough.
    """
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


_PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})


class TableRow:
    """A resource, and its JSON, which is encoded at its first use."""

    __slots__ = ("_body", "key", "resource")

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.key = f"{resource['resourceType']}/{resource['id']}"
        self._body = b""

    @property
    def body(self) -> bytes:
        """The resource as JSON."""
        if not self._body:
            self._body = encode(self.resource)
        return self._body


class Table:
    """The resources of one type that one search can find."""

    def __init__(self, rows: Sequence[TableRow], server_base: str) -> None:
        self.rows = rows
        self._base = f"{server_base}/"
        self._values: dict[str, list[tuple[Any, ...]]] = {}
        self._places: dict[str, dict[Any, list[int]]] = {}

    @cached_property
    def everything(self) -> frozenset[int]:
        """The positions of all rows."""
        return frozenset(range(len(self.rows)))

    def matching(self, criterion: Criterion) -> AbstractSet[int]:
        """Return the positions of the rows that match a search parameter.

        Raises:
            ValueError: the parameter's type does not support the value or the modifier.
        """
        param, modifier = criterion.param, criterion.modifier
        if modifier == "missing":
            empty = {at for at, values in enumerate(self._of(param)) if not values}
            return empty if criterion.values == ("true",) else self.everything - empty
        if param.kind == "date":
            asked = [_asked(value) for value in criterion.values]
            return self._where(param, lambda span: any(holds(prefix, span, want) for prefix, want in asked))
        if param.kind == "string":
            return self._strings(param, modifier, criterion.values)
        found = self.any_of(param, (self._lookup(param, modifier, value) for value in criterion.values))
        return self.everything - found if modifier == "not" else found

    def any_of(self, param: Param, keys: Iterable[str]) -> set[int]:
        """Return the positions of the rows that have one of these keys for a token or reference parameter."""
        places = self._by_value(param)
        return {at for key in set(keys) if key in places for at in places[key]}

    def ordered(self, sort: Sequence[tuple[Param, bool]], positions: AbstractSet[int]) -> list[int]:
        """Return positions sorted by these parameters; `True` means descending. Rows without the value come last."""
        result = sorted(positions)
        for param, descending in reversed(sort):
            values = self._of(param)
            keys = {at: _sort_key(param, values[at], descending=descending) for at in result}
            present = [at for at, key in keys.items() if key is not None]
            absent = [at for at, key in keys.items() if key is None]
            result = sorted(present, key=keys.__getitem__, reverse=descending) + absent
        return result

    def _lookup(self, param: Param, modifier: str, value: str) -> str:
        if param.kind == "token":
            if modifier not in ("", "not"):
                raise ValueError(f"{param.name} has no modifier :{modifier}")
            return value
        value = value.removeprefix(self._base)
        if "/" in value:
            return reference_key(value)
        if modifier:
            return f"{modifier}/{value}"
        return f"{param.targets[0]}/{value}" if len(param.targets) == 1 else f"*/{value}"

    def _strings(self, param: Param, modifier: str, values: tuple[str, ...]) -> set[int]:
        if modifier == "exact":
            return self._where(param, lambda found: found[0] in values)
        if modifier not in ("", "contains"):
            raise ValueError(f"{param.name} has no modifier :{modifier}")
        parts = tuple(folded(value) for value in values)
        if modifier == "contains":
            return self._where(param, lambda found: any(part in found[1] for part in parts))
        return self._where(param, lambda found: found[1].startswith(parts))

    def _where(self, param: Param, fits: Callable[[Any], bool]) -> set[int]:
        """Return the positions of the rows that have a value for which `fits` is true."""
        return {at for value, places in self._by_value(param).items() if fits(value) for at in places}

    def _by_value(self, param: Param) -> dict[Any, list[int]]:
        """Return the positions of the rows by value: many rows have the same few towns, days and plans."""
        if param.name not in self._places:
            places = self._places[param.name] = {}
            for at, values in enumerate(self._of(param)):
                for value in values:
                    places.setdefault(value, []).append(at)
        return self._places[param.name]

    def _of(self, param: Param) -> list[tuple[Any, ...]]:
        if param.name not in self._values:
            self._values[param.name] = [self._extract(param, row.resource) for row in self.rows]
        return self._values[param.name]

    def _extract(self, param: Param, resource: Resource) -> tuple[Any, ...]:
        found = [each for path in param.paths for each in walk(resource, path)]
        if param.kind == "token":
            return tuple(key for each in found for key in token_keys(each))
        if param.kind == "string":
            return tuple((text, folded(text)) for each in found for text in texts(each))
        if param.kind == "date":
            return tuple(each for each in map(span, found) if each)
        keys = [key for key in map(reference_key, found) if key]
        return tuple(form for key in keys for form in (key, f"*/{key.partition('/')[2]}"))


def _asked(value: str) -> tuple[str, DateSpan]:
    prefix = value[:2] if value[:2] in _PREFIXES else "eq"
    want = moment(value.removeprefix(prefix) if value[:2] in _PREFIXES else value)
    if want is None:
        raise ValueError(f"{value!r} is not a date")
    return prefix, want


def _sort_key(param: Param, values: tuple[Any, ...], *, descending: bool) -> Any:
    if not values:
        return None
    if param.kind == "date":
        starts = [start for start, _ in values]
        return max(starts) if descending else min(starts)
    if param.kind == "string":
        return values[0][1]
    return values[0]
