"""Whom a specialty treats by age: the NUCC codes that say so themselves."""

from __future__ import annotations

from collections.abc import Collection

# By the codes' beginnings: pediatrics, and what is pediatric within other specialties.
_CHILDREN = (
    *("2080", "1223P0221X", "2084P0804X", "207YP0228X", "207XP3100X", "2086S0120X", "207PP0204X", "2085P0229X"),
    *("2088P0231X", "207WX0110X", "152WP0200X", "207NP0225X", "2081P0010X", "2251P0200X", "225XP0200X"),
    *("363LP0200X", "364SP0200X", "163WP0200X", "103TC2200X", "207LP3000X", "282NC2000X"),
)
_TEENS = ("2080A0000X", "207QA0000X", "207RA0000X")
_SENIORS = ("207QG0300X", "207RG0300X", "2084P0805X", "363LG0600X", "364SG0600X", "2251G0304X", "225XG0600X")
_ADULTS = ("207QA0505X", "363LA2200X", "364SA2200X", "103TA0700X", "207R")


def treats(codes: Collection[str], group: str) -> bool | None:
    """Whether the codes say that a child, teen, adult or senior is treated; None when they don't tell."""
    children = any(code.startswith(_CHILDREN) for code in codes)
    teens = any(code.startswith(_TEENS) for code in codes)
    seniors = any(code.startswith(_SENIORS) for code in codes)
    adults = any(code.startswith(_ADULTS) for code in codes)
    said = {"child": children, "teen": teens or children, "adult": adults or seniors, "senior": seniors or adults}
    if said.get(group):
        return True
    return False if children or teens or seniors or adults else None
