"""Reads the tables in `data/`: CSV files, lists with one entry per line, and names separated by commas."""

import csv
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
BENEFITS = _DATA / "benefits.csv"
"""An operator's benefit table for the plans of this payer."""


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `data/<name>.csv`, by column name, in file order."""
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def lines(name: str) -> tuple[str, ...]:
    """Return the lines of `data/<name>.txt` that are not empty."""
    text = (_DATA / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


@cache
def names(name: str) -> tuple[str, ...]:
    """Return the names of `data/<name>.txt`, in file order."""
    return tuple(one.strip() for one in (_DATA / f"{name}.txt").read_text(encoding="utf-8").split(","))
