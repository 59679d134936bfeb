"""What the records of a directory say of a card, read without any of the bot: its phone, its networks, its place."""

from collections.abc import Iterator
from datetime import date

from bot.kit import Card, Site
from bot.sandbox.world import Resource, World


def wrong_facts(world: World, card: Card, today: date) -> Iterator[str]:
    """Every fact of the card's places that no active role of this provider at this very place states."""
    for site in card.sites:
        if site.spot is None:
            continue
        place = site.spot.location.id
        roles = [one for one in _roles(world, card, today) if f"Location/{place}" in _places(world, one)]
        numbers = {
            phone for one in (*roles, *_services(world, roles), _of(world, "Location", place)) for phone in _phones(one)
        }
        if len(card.sites) == 1:
            numbers |= set(_phones(_of(world, *card.key)))
        yield from (
            f"{card.name}: the phone {one} is not of {place}" for one in site.phones if _digits(one) not in numbers
        )
        yield from _networks(world, card, site, roles)


def _networks(world: World, card: Card, site: Site, roles: list[Resource]) -> Iterator[str]:
    proven = {_of(world, "Organization", key).get("name") for one in roles for key in _network_ids(one)}
    yield from (f"{card.name}: {one} is not proven at {site.address}" for one in site.networks if one not in proven)


def facts_of(card: Card) -> int:
    """How many facts `wrong_facts` looks at."""
    return sum(len(site.phones) + len(site.networks) for site in card.sites if site.spot)


def _roles(world: World, card: Card, today: date) -> Iterator[Resource]:
    whose = {f"{card.key.type}/{card.key.id}"}
    for kind in ("PractitionerRole", "OrganizationAffiliation", "HealthcareService"):
        for one in world.of_type(kind):
            end = one.get("period", {}).get("end", "9999")
            of = one.get("practitioner") or one.get("participatingOrganization") or one.get("providedBy") or {}
            named = {of.get("reference"), f"{kind}/{one['id']}"}
            if one.get("active") is not False and end >= str(today) and whose & named:
                yield one


def _services(world: World, roles: list[Resource]) -> Iterator[Resource]:
    for one in roles:
        for reference in one.get("healthcareService", ()):
            yield _of(world, "HealthcareService", reference["reference"].rpartition("/")[2])


def _places(world: World, role: Resource) -> set[str]:
    """What it names; an affiliation that names none is of every place that its organization runs."""
    named = {one.get("reference", "") for one in role.get("location", ())}
    if named or "participatingOrganization" not in role:
        return named
    owner = role["participatingOrganization"]
    run = (one for one in world.of_type("Location") if one.get("managingOrganization") == owner)
    return {f"Location/{one['id']}" for one in run}


def _network_ids(role: Resource) -> Iterator[str]:
    for one in role.get("extension", ()):
        if one["url"].endswith("network-reference"):
            yield one["valueReference"]["reference"].rpartition("/")[2]
    for one in role.get("network", ()):
        yield one["reference"].rpartition("/")[2]


def _phones(resource: Resource) -> Iterator[str]:
    for one in resource.get("telecom", ()):
        if one.get("system", "phone") == "phone":
            yield _digits(one["value"])


def _digits(number: str) -> str:
    """A number without its marks: how it is written is not what it is."""
    return "".join(filter(str.isdigit, number))


def _of(world: World, kind: str, key: str) -> Resource:
    return world.resources.get(kind, {}).get(key, {})
