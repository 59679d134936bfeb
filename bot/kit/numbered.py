"""Finds providers by a number that the directory prints: an NPI, a tax number, or a telephone or fax number."""

from collections.abc import Sequence
from typing import Literal

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.directory import OF_PERSON, bring, listings
from bot.kit.facilities import places_of_care
from bot.kit.organizations import AT_PLACE, listings_of
from bot.kit.reading import ReadDirectory
from bot.payer.search import Search, any_of, token
from bot.records.directory import NPI
from bot.records.listing import Listing

_ROLES = (("PractitionerRole", OF_PERSON), ("OrganizationAffiliation", AT_PLACE))


async def with_number(ask: Ask, slot: Literal["npi", "tin"], number: str) -> tuple[Listing, ...]:
    """Return the listings of the practitioners and organizations with an NPI, or of the organizations with a TIN.

    Servers need not support a search by number (fhir-notes 9.1). If a server returns only other records, or the search
    fails, the slot is reported as not applied.
    """
    directory = ReadDirectory(ask=ask)
    value = token(NPI, number) if slot == "npi" else any_of([number, f"{number[:2]}-{number[2:]}"])
    for type_ in ("Practitioner", "Organization") if slot == "npi" else ("Organization",):
        await directory.pages(Search(type_, (("identifier", value),)), 1)
    people, houses = directory.practitioners, directory.organizations
    keys = [key for key, one in people.items() if one.npi == number]
    keys += [key for key, one in houses.items() if number in {one.npi, *one.tins}]
    if not keys and (people or houses or ask.report.gaps):
        ask.cannot(slot)
    return await listings_of(ask, keys)


async def with_phone(ask: Ask, number: str, where: SearchArea | None) -> tuple[Listing, ...]:
    """Return the active listings with a telephone or fax number, given as 423-555-0100.

    Servers search roles by number; the numbers of places are looked through in the area `where` only.
    """
    code, exchange, line = number.split("-")
    forms = (f"({code}) {exchange}-{line}", number, f"{code}{exchange}{line}", f"{code}.{exchange}.{line}")
    directory = ReadDirectory(ask=ask)
    for type_, elements in _ROLES:
        await directory.rows(Search(type_, (("phone", any_of(forms)),)), elements, optional=True)
    await bring(directory, OF_PERSON)
    found = _printing(ask, directory.listings(), number)
    if where and not found:
        found = _printing(ask, (*await listings(ask, where=where), *await places_of_care(ask, (), where)), number)
    return found


def _printing(ask: Ask, rows: Sequence[Listing], number: str) -> tuple[Listing, ...]:
    """Return the active listings that print the number, of the provider itself, the role or a location."""
    digits = number.replace("-", "")

    def prints(row: Listing) -> bool:
        theirs = [phone.value for rank in row.sources for source in rank for phone in source.phones]
        theirs += [phone.value for phone in row.own_telecoms(ask.today)]
        return any("".join(filter(str.isdecimal, one)).endswith(digits) for one in theirs)

    return tuple(row for row in rows if row.active(ask.today) and prints(row))
