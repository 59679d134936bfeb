"""A plan that the payer sells: its name, where it is sold, and its networks (fhir-notes 9.2)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.records.dates import Period, parse_instant
from bot.records.decode import decode
from bot.records.shapes import Concept, Identifier, Key, Meta, PeriodShape, Reference, Shape, keys_of, period_of
from bot.records.text import clean


class _Product(Shape, frozen=True):
    type: Concept | None = None
    network: tuple[Reference, ...] = ()
    coverage_area: tuple[Reference, ...] = ()


class _PlanShape(Shape, frozen=True):
    id: str = ""
    meta: Meta | None = None
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    type: tuple[Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    period: PeriodShape | None = None
    coverage_area: tuple[Reference, ...] = ()
    network: tuple[Reference, ...] = ()
    plan: tuple[_Product, ...] = ()


@dataclass(frozen=True, slots=True)
class InsurancePlan:
    """A plan. `kinds` are product type codes (commppo, mediadv …), `levels` codes such as gold or bronze.

    `networks` and `areas` are the references of the plan and of its products, without duplicates; `spoken` are the
    displays of the networks.
    """

    id: str
    name: str | None
    numbers: tuple[str, ...]
    active: bool
    period: Period
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    networks: tuple[Key, ...]
    spoken: tuple[tuple[Key, str], ...]
    areas: tuple[Key, ...]
    updated: str | None


def read_plan(raw: bytes | msgspec.Raw) -> InsurancePlan:
    """Return the plan. Raises Unreadable for damaged data."""
    shape, _ = decode(raw, _PlanShape)
    networks = (*shape.network, *(reference for product in shape.plan for reference in product.network))
    areas = (*shape.coverage_area, *(reference for product in shape.plan for reference in product.coverage_area))
    updated = parse_instant(shape.meta.last_updated) if shape.meta else None
    return InsurancePlan(
        id=shape.id,
        name=clean(shape.name) or next((name for alias in shape.alias if (name := clean(alias))), None),
        numbers=tuple(number for one in shape.identifier if (number := clean(one.value))),
        active=shape.status in {None, "active"},
        period=period_of(shape.period),
        kinds=tuple(code for kind in shape.type for code in kind.codes()),
        levels=tuple(code for product in shape.plan if product.type for code in product.type.codes()),
        networks=tuple(dict.fromkeys(keys_of(networks))),
        spoken=tuple((key, name) for one in networks for key in keys_of([one]) if (name := clean(one.display))),
        areas=tuple(dict.fromkeys(keys_of(areas))),
        updated=updated.isoformat() if updated else None,
    )
