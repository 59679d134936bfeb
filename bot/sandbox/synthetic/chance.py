"""Repeatable random numbers. Each part of the data has its own stream, so that a change to one affects no other."""

import random
from datetime import date, timedelta


def stream(seed: int, *names: object) -> random.Random:
    """Return a random generator that yields equal numbers for equal seed and names."""
    key = "/".join(str(part) for part in (seed, *names))
    return random.Random(key)  # noqa: S311 - made-up data wants to be repeatable, it guards nothing


def npi(number: int) -> str:
    """Return an NPI made from a number, with a valid check digit: Luhn over 80840 and the number (45 CFR 162.406)."""
    body = f"1{number:08d}"
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    # 24 is what the fixed prefix 80840 adds to the sum.
    total = 24 + sum(value - 9 if value > 9 else value for value in doubled)  # noqa: PLR2004 - decimal digits
    return f"{body}{-total % 10}"


def before(today: date, days: int) -> date:
    """Return the date `days` before `today`."""
    return today - timedelta(days=days)


def instant(day: date, rng: random.Random) -> str:
    """Return a FHIR instant at a random second of that day, in UTC."""
    return f"{day}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}.000Z"
