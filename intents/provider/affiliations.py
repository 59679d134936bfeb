"""The hospitals, groups and practices that a provider is affiliated with in the directory."""

import msgspec

from bot import kit


class Tie(msgspec.Struct, frozen=True):
    """An organization with which the provider is affiliated, its cities, and whether the organization is a hospital."""

    name: str
    cities: tuple[str, ...]
    hospital: bool


class Affiliations(kit.OfProvider, frozen=True, kw_only=True):
    """The affiliations of a provider.

    Attributes:
        groups: The organizations in the provider's own listings; `beyond`: those with which these are affiliated.
        asked: The organization that the question is about, unless it is the provider itself.
        tied: The affiliations with organizations of that name.
        of_group: True if the question asks for the provider's group, and not for a hospital.
    """

    groups: tuple[Tie, ...] = ()
    beyond: tuple[Tie, ...] = ()
    asked: str | None = None
    tied: tuple[Tie, ...] = ()
    addresses: tuple[str, ...] = ()
    of_group: bool = False

    @property
    def hospitals(self) -> tuple[Tie, ...]:
        """The affiliations with hospitals."""
        return tuple(tie for tie in (*self.groups, *self.beyond) if tie.hospital)


async def answer(ask: kit.Ask) -> Affiliations:
    """Return each organization in the provider's listings once, and those with which these are affiliated.

    Raises:
        Reroute: The question is who works at an organization, or beside a provider; `provider.find` lists them.
    """
    found = await kit.who(ask, guesses=True)
    further = await kit.affiliations_of(ask, found.only) if found.only else ()
    found.cite(ask)
    house = kit.text_of(ask, "organization")
    of_hospital = not ask.said or "at_hospital" in ask.asked.says
    if house and found.only and not found.only[0].is_person and not of_hospital:
        raise kit.Reroute("provider.find")
    kit.others_there(ask, found, "provider.find", asks="else" in ask.arguments or "who_else" in ask.asked.says)
    asked = None if found.only and house == kit.text_of(ask, "provider_name") else house
    of_group = not of_hospital and "of_group" in ask.asked.says
    where = () if asked or of_hospital or of_group else kit.sites(ask, found.only or (), None)
    beside = kit.other_facts(ask, found.only, found.shown, "affiliations")
    cities: dict[str, dict[str, None]] = {}
    for row in found.only or ():
        for name in (row.organization_name,) if row.practitioner_key else row.place_names:
            if name:
                cities.setdefault(name, {}).update(dict.fromkeys(p.city for p in row.locations if p.city))
    groups = tuple(Tie(name, tuple(towns), "hospital" in name.casefold()) for name, towns in cities.items())
    asked = None if asked and (not found.only or kit.is_named(found.only[0].name, asked)) else asked
    beyond = tuple(Tie(name, (), hospital) for name, hospital in further if name not in cities)
    return Affiliations(
        found=found,
        groups=groups,
        beyond=beyond,
        asked=asked,
        tied=tuple(tie for tie in (*groups, *beyond) if asked and kit.is_named(tie.name, asked)),
        addresses=tuple(dict.fromkeys(site.address for site in where if site.address)),
        of_group=of_group,
        **beside,
    )
