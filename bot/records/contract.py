"""Whether the provider had a contract with the plan then, which is not how the claim was paid (fhir-notes 4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from bot.records.decode import decode
from bot.records.explanation import Adjudication, Explanation
from bot.records.shapes import Concept

Contract = Literal["contracted", "noncontracted", "other", "mixed"]
_CONTRACTS: dict[str, Contract] = {
    "contracted": "contracted",
    "noncontracted": "noncontracted",
    "innetwork": "contracted",
    "outofnetwork": "noncontracted",
    "other": "other",
}
_BY_WHOM = (
    frozenset({"performingnetworkcontractingstatus", "renderingnetworkstatus"}),
    frozenset({"billingnetworkcontractingstatus", "billingnetworkstatus"}),
)


def read_contract(raw: bytes | msgspec.Raw) -> Contract | None:
    """The contract of who gave the care, else of who billed it; `mixed` when lines differ, None when unsaid.

    C4BB 1.1 says it as supportingInfo, 2.0 as an adjudication's reason.

    Raises:
        Unreadable: damaged.
    """
    eob, _ = decode(raw, Explanation)
    for categories in _BY_WHOM:
        found = {_CONTRACTS[code] for code in _codes(eob, categories) if code in _CONTRACTS}
        if found:
            return found.pop() if len(found) == 1 else "mixed"
    return None


def _codes(eob: Explanation, categories: frozenset[str]) -> Iterable[str]:
    for info in eob.supporting_info:
        if info.code and _is(info.category, categories):
            yield from info.code.codes()
    for adjudication in _adjudications(eob):
        if adjudication.reason and _is(adjudication.category, categories):
            yield from adjudication.reason.codes()


def _adjudications(eob: Explanation) -> Iterable[Adjudication]:
    yield from eob.adjudication
    for item in eob.item:
        yield from item.adjudication


def _is(category: Concept | None, codes: frozenset[str]) -> bool:
    return category is not None and bool(codes & set(category.codes()))
