"""A plan that the payer sells: its name, where it is sold, and its networks (fhir-notes 9.2)."""

from __future__ import annotations

from bot.records.record import Record, Resource
from bot.records.shapes import Concept, Identifier, PeriodShape, RecordShape, Reference, Shape, keys_of, period_of
from bot.records.text import clean


class _Product(Shape, frozen=True):
    type: Concept | None = None
    network: tuple[Reference, ...] = ()
    coverage_area: tuple[Reference, ...] = ()


class _PlanShape(RecordShape, frozen=True):
    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    type: tuple[Concept, ...] = ()
    name: str | None = None
    alias: tuple[str, ...] = ()
    period: PeriodShape | None = None
    coverage_area: tuple[Reference, ...] = ()
    network: tuple[Reference, ...] = ()
    plan: tuple[_Product, ...] = ()


class InsurancePlan(Record):
    """A plan. `kinds` are product type codes (commppo, mediadv …), `levels` codes such as gold or bronze.

    `networks` and `areas` are the references of the plan and of its products, without duplicates; `spoken` are the
    displays of the networks.
    """

    TYPE = "InsurancePlan"

    def __init__(self, raw: Resource, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _PlanShape, labels)
        networks = (*shape.network, *(reference for product in shape.plan for reference in product.network))
        areas = (*shape.coverage_area, *(reference for product in shape.plan for reference in product.coverage_area))
        self.name = clean(shape.name) or next((name for alias in shape.alias if (name := clean(alias))), None)
        self.numbers = tuple(number for one in shape.identifier if (number := clean(one.value)))
        self.active = shape.status in {None, "active"}
        self.period = period_of(shape.period)
        self.kinds = tuple(code for kind in shape.type for code in kind.codes())
        self.levels = tuple(code for product in shape.plan if product.type for code in product.type.codes())
        self.networks = tuple(dict.fromkeys(keys_of(networks)))
        self.spoken = {key: name for one in networks for key in keys_of([one]) if (name := clean(one.display))}
        self.areas = tuple(dict.fromkeys(keys_of(areas)))
