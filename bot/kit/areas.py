"""Where a plan is sold: what its coverage areas say of a place."""

from __future__ import annotations

from typing import Literal

from bot.kit.around import Around
from bot.kit.plans import Plan
from bot.kit.spelling import words_of
from bot.kit.states import STATES
from bot.records.area import holds
from bot.records.provider import Location

Sold = Literal["yes", "no", "unsaid"]


def sold_at(plan: Plan, where: Around) -> Sold:
    """Whether the plan is sold at the place; `unsaid` where no area of it came along or none can be told."""
    answers = {_covers(area, where) for area in plan.areas}
    if "yes" in answers:
        return "yes"
    return "no" if answers == {"no"} else "unsaid"


def sold_in(plan: Plan, state: str) -> Sold:
    """Whether the plan is sold in the state, somewhere at least: by the state of its areas, else by their names."""
    answers = {_lies_in(area, state) for area in plan.areas}
    if "yes" in answers:
        return "yes"
    return "no" if answers == {"no"} else "unsaid"


def _lies_in(area: Location, state: str) -> Sold:
    name = STATES.get(state, state)
    if area.state:
        return "yes" if area.state.upper() in {state.upper(), name.upper()} else "no"
    return "yes" if name in (area.name or "") or f"({state})" in (area.name or "") else "unsaid"


def _covers(area: Location, where: Around) -> Sold:
    """By its boundary, else by its county or city, else by its state: the finest that it gives decides."""
    if area.boundary:
        return "yes" if holds(area.boundary, where.center) else "no"
    if area.state and area.state.upper() not in {where.state.upper(), STATES.get(where.state, "").upper()}:
        return "no"
    if area.county:
        return _of_county(area.county, where)
    return "yes" if area.state or STATES.get(where.state, "?") in (area.name or "") else "unsaid"


def _of_county(county: str, where: Around) -> Sold:
    """Two counties by name; whether a ZIP or city lies in the county is not told from here."""
    if where.county is None:
        return "unsaid"
    return "yes" if set(words_of(county)) | {"county"} == set(words_of(where.name)) else "no"
