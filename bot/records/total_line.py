"""The total of a UB-04 form, which some payers send as one more line (revenue code 0001): it is no line of care."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.records.explanation import ClaimItem
from bot.records.money import Amount, MixedCurrencies, total

_TOTAL = "1"
_FEWEST = 3


def total_lines(
    items: tuple[ClaimItem, ...], amounts: Callable[[ClaimItem], Mapping[str, Amount]], billed: Amount | None
) -> tuple[ClaimItem, ...]:
    """The lines that only add up the others; none where every line is one of care.

    It is known by revenue code 0001 beside other lines, or by its sums: without a procedure it carries, for every
    amount, what all others come to; with two other lines or more, or when `billed`, the claim's own total, says so.
    """
    if len(items) < _FEWEST - 1:
        return ()
    by_code = tuple(item for item in items if _is_total(item))
    if by_code and len(by_code) < len(items):
        return by_code
    for one in (items[-1], items[0]):
        others = tuple(item for item in items if item is not one)
        if not _has_procedure(one) and _adds_up(one, others, amounts, billed):
            return (one,)
    return ()


def _is_total(item: ClaimItem) -> bool:
    return item.revenue is not None and any(code.lstrip("0") == _TOTAL for code in item.revenue.codes())


def _has_procedure(item: ClaimItem) -> bool:
    codes = item.product_or_service.codes() if item.product_or_service else ()
    return any(code not in {"not-applicable", "unknown", "0001"} for code in codes)


def _adds_up(
    one: ClaimItem,
    others: tuple[ClaimItem, ...],
    amounts: Callable[[ClaimItem], Mapping[str, Amount]],
    billed: Amount | None,
) -> bool:
    own, rest = amounts(one), [amounts(item) for item in others]
    charge = own.get("billed")
    if charge is None or charge.value <= 0 or any(other.get("billed") is None for other in rest):
        return False
    if len(others) < _FEWEST - 1 and charge != billed:
        return False
    try:
        return all(_sum(rest, name) == amount.value for name, amount in own.items())
    except MixedCurrencies:
        return False


def _sum(rest: list[Mapping[str, Amount]], name: str) -> Decimal:
    found = total(amounts.get(name) for amounts in rest)
    return found.value if found else Decimal(0)
