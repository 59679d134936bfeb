"""A search as a value. What people type goes in as one parameter value, escaped; never as a name or a path (T48)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bot.errors import PayerForbids, PayerLacks, PayerRejects
from bot.records.bundle import Page

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.:]{0,127}")
_OPEN = frozenset({"service-date", "date", "_sort"})
_TECHNICAL = frozenset({"_include", "_revinclude", "_count"})
_SPECIAL = re.compile(r"([\\,$|])")


class SearchValue(str):
    """A search value that is already escaped: `escape`, `token` and `any_of` make them."""

    __slots__ = ()


def escape(value: str) -> SearchValue:
    r"""The value with FHIR's separators escaped: `\`, `,`, `$` and `|` stand for themselves (R4 search 3.1.1.4.0)."""
    return value if isinstance(value, SearchValue) else SearchValue(_SPECIAL.sub(r"\\\1", value))


def token(system: str, code: str) -> SearchValue:
    """A code of a system: `system|code`."""
    return SearchValue(f"{escape(system)}|{escape(code)}")


def any_of(values: Iterable[str]) -> SearchValue:
    """One value that matches any of them: FHIR's comma is OR."""
    return SearchValue(",".join(escape(value) for value in values))


@dataclass(frozen=True, slots=True)
class Search:
    """A resource type and its parameters in order. Parameters repeat for AND.

    Plain strings among the values are escaped; a `SearchValue` goes as it is.
    """

    type: str
    params: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a type or a parameter name that is no FHIR name."""
        if not _TYPE.fullmatch(self.type):
            raise ValueError("not a resource type")
        for name, _ in self.params:
            if not _NAME.fullmatch(name):
                raise ValueError("not a search parameter")
        object.__setattr__(self, "params", tuple([(name, escape(value)) for name, value in self.params]))

    def where(self, *pairs: tuple[str, str | None], **named: str | None) -> Search:
        """The same search with more parameters; those without a value are left out.

        Keywords are for names that Python can spell: an inner `_` stands for `-`, so `service_date` is `service-date`.
        """
        spelled = ((name[:1] + name[1:].replace("_", "-"), value) for name, value in named.items())
        more = tuple((name, value) for name, value in (*pairs, *spelled) if value)
        return replace(self, params=self.params + more)

    def without(self, *names: str) -> Search:
        """The same search without the parameters of these names."""
        kept = tuple([pair for pair in self.params if pair[0] not in names])
        return self if len(kept) == len(self.params) else replace(self, params=kept)

    def has(self, name: str) -> bool:
        """True when the parameter is set."""
        return any(own == name for own, _ in self.params)

    def shown(self) -> str:
        """The search as a person may see it: type and parameters, with values only of days and of the order."""
        pairs = (f"{name}={value}" if name in _OPEN else name for name, value in self.params if name not in _TECHNICAL)
        asked = "&".join(pairs)
        return f"{self.type}?{asked}" if asked else self.type

    def encoded(self) -> str:
        """The parameters as a query string or form body."""
        return urlencode(self.params)


async def given(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """The same pages; none when the payer refuses or lacks the type. The question's report then has a gap."""
    try:
        async for page in pages:
            yield page
    except (PayerForbids, PayerLacks, PayerRejects):
        return
