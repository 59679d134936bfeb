"""Vital signs as recorded, newest first: blood pressure, weight, heart rate and others, or a named one."""

from bot.kit import Ask, TestsOnRecord, tests_of


async def answer(ask: Ask) -> TestsOnRecord:
    """Return the vital signs by test, newest first; those with a sensitivity label only if a button asks for them."""
    return await tests_of(ask, "vital-signs")
