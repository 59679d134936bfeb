"""Vital signs as recorded, newest first: blood pressure, weight, heart rate and others, or a named one."""

from collections.abc import Mapping

from bot.kit import Ask, TestsOnRecord, as_of, results, series, shield, tests_on_record

CODES: Mapping[str, frozenset[str]] = {
    "pressure": frozenset({"85354-9", "55284-4", "8480-6", "8462-4"}),
    "heart": frozenset({"8867-4"}),
    "weight": frozenset({"29463-7", "3141-9"}),
    "height": frozenset({"8302-2"}),
    "bmi": frozenset({"39156-5"}),
    "temperature": frozenset({"8310-5"}),
    "oxygen": frozenset({"2708-6", "59408-5"}),
    "breathing": frozenset({"9279-1"}),
}
"""The LOINC codes of US Core for vital signs."""


async def answer(ask: Ask) -> TestsOnRecord:
    """Return the vital signs by test, newest first; those with a sensitivity label only if a button asks for them."""
    read = await results(ask, "vital-signs")
    described, shielded = shield(ask, read)
    every = as_of(ask, series(described))
    named = ",".join(ask.asked.vitals) or ask.arguments.get("named")
    kinds = [kind for kind in (named or "").split(",") if kind in CODES]
    heard = {test.key: ask.hears(test.newest.main.name or "", {}).vitals for test in every}
    pairs = ((test, kind) for kind in kinds for test in every)
    alike = [test for test, one in pairs if not CODES[one].isdisjoint(test.newest.main.codes) or one in heard[test.key]]
    found = tests_on_record(ask, every, len(read), shielded, named=named, alike=alike)
    ask.report.cite("Observation", [one.id for one in found.shown])
    if named and alike:
        ask.named["named"] = named
    return found
