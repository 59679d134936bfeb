"""Searches. Text that people type becomes one escaped parameter value, never a name or a path (T48)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from urllib.parse import urlencode

import msgspec
from msgspec.structs import force_setattr, replace

from bot.errors import PayerForbids, PayerLacks, PayerRejects
from bot.records.bundle import Page

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]{0,127}")
_OPEN = frozenset({"service-date", "date", "_sort"})
_TECHNICAL = frozenset({"_include", "_revinclude", "_count"})
_SPECIAL = re.compile(r"([\\,$|])")


class SearchValue(str):
    """A search value that is already escaped, made by `escape`, `token` and `any_of`."""

    __slots__ = ()


def escape(value: str) -> SearchValue:
    r"""Return the value with `\`, `,`, `$` and `|` escaped, FHIR's separators (R4 search 3.1.1.4.0)."""
    return value if isinstance(value, SearchValue) else SearchValue(_SPECIAL.sub(r"\\\1", value))


def token(system: str, code: str) -> SearchValue:
    """Return a code with its system: `system|code`."""
    return SearchValue(f"{escape(system)}|{escape(code)}")


def any_of(values: Iterable[str]) -> SearchValue:
    """Return one value that matches any of the values: FHIR's comma is OR."""
    return SearchValue(",".join(escape(value) for value in values))


class Search(msgspec.Struct, frozen=True):
    """A resource type and its ordered search parameters, repeated ones by AND; a `SearchValue` is not escaped."""

    type: str
    params: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a type or a parameter name that is not a valid FHIR name."""
        if not _TYPE.fullmatch(self.type):
            raise ValueError("not a resource type")
        for name, _ in self.params:
            if not _NAME.fullmatch(name):
                raise ValueError("not a search parameter")
        force_setattr(self, "params", tuple([(name, escape(value)) for name, value in self.params]))

    def where(self, *pairs: tuple[str, str | None], **named: str | None) -> Search:
        """Return the search with more parameters that have a value; `service_date` is `service-date`."""
        spelled = ((name[:1] + name[1:].replace("_", "-"), value) for name, value in named.items())
        more = tuple((name, value) for name, value in (*pairs, *spelled) if value)
        return replace(self, params=self.params + more)

    def without(self, *names: str) -> Search:
        """Return the search without the parameters of these names."""
        kept = tuple([pair for pair in self.params if pair[0] not in names])
        return self if len(kept) == len(self.params) else replace(self, params=kept)

    def has(self, name: str) -> bool:
        """Return whether the parameter is set."""
        return any(own == name for own, _ in self.params)

    def shown(self) -> str:
        """Return the search for display: type and parameters, with values only of dates and of the order."""
        pairs = (f"{name}={value}" if name in _OPEN else name for name, value in self.params if name not in _TECHNICAL)
        asked = "&".join(pairs)
        return f"{self.type}?{asked}" if asked else self.type

    def encoded(self) -> str:
        """Return the parameters as a query string or form body."""
        return urlencode(self.params)


async def given(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Yield the same pages; none if the payer refuses or lacks the type, which is in the question's report."""
    try:
        async for page in pages:
            yield page
    except (PayerForbids, PayerLacks, PayerRejects):
        return
