"""Who is one and who is not, and names that try to be something else."""

from collections.abc import Iterator

from bot.sandbox.synthetic.shapes import NUCC, concept, reference
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import affiliation, code, organization, person, phones, place, role, simple

NPIS = ("1234567893", "1679576722", "1245319599", "1003000126", "1043200001")


def build() -> Iterator[Resource]:
    """The cases about people, organizations and their names."""
    pairs = (
        ("samenpi", ("Grace Okafor, MD", "Okafor, Grace A."), NPIS[0]),
        ("lentnpi", ("Ana Kim, MD", "Minh Kim, DO"), NPIS[1]),
        ("badnpi", ("Olga Wrong, MD", "Olga Wrong, MD"), "1234567890"),
        ("ninenpi", ("Pat Nine, MD", "Pat Nine, MD"), "9999999999"),
        ("accent", ("José Núñez", "NUNEZ JOSE JR"), NPIS[2]),
    )
    for case, names, npi in pairs:
        yield place(f"{case}-at", f"1 {case} St", phone="(423) 555-0130")
        for number, name in enumerate(names):
            yield person(f"{case}-{number}", name, npi=npi)
            yield role(f"{case}-r{number}", f"{case}-{number}", f"{case}-at", case, "s")
    yield from _chain()
    yield from _odd_names()
    yield from _group()
    yield from _taxed()
    yield from _wishes()
    yield from simple("byid", "Zed Number, MD", "s", who={"npi": NPIS[3]})


def _chain() -> Iterator[Resource]:
    """A chain with one NPI and three stores, and another firm of the same NPI next door."""
    yield organization("chain", "Hostile Drugs", "fac", npi=NPIS[4], telecom=phones("(800) 555-0199"))
    stores = (("1", "(423) 555-0141"), ("2", "(423) 555-0142"), ("3", ""))
    for number, phone in stores:
        yield place(f"store-{number}", f"{number} Store St", phone=phone, name=f"Hostile Drugs #{number}")
    yield affiliation("chain-tie", "chain", ("store-1", "store-2", "store-3"), "pharmacy", "s")
    yield organization("rival", "Rival Drugs", "fac", npi=NPIS[4])
    yield place("rival-at", "4 Store St", phone="(423) 555-0144")
    yield affiliation("rival-tie", "rival", ("rival-at",), "pharmacy", "p")


def _odd_names() -> Iterator[Resource]:
    yield from simple("markup", "<script>alert(1)</script> [Free](https://evil.example) **Bold**", "s")
    yield from simple("long", "Q" + "x" * 300 + ", MD", "s")
    yield from simple("bidi", "Rob\u202eDM ,nos\u200b", "s")
    yield from simple("noname", "", "s")
    yield from simple("newline", "Sam\nListed in Blue Network P", "s")
    yield place("anon-at", "1 anon St", phone="(423) 555-0150")
    yield organization("anon-org", "Anonymous Group")
    yield role("anon-r", None, "anon-at", "anon", "s", organization=reference("Organization/anon-org"))


def _group() -> Iterator[Resource]:
    """A group with a daughter, in a ring of partOf; a group of a like name; an inactive daughter."""
    part_of_b = reference("Organization/ring-b")
    yield organization("ring-a", "Summit Ring Health", partOf=part_of_b)
    yield organization("ring-b", "North Practice", partOf=reference("Organization/ring-a"))
    yield organization("ring-c", "Closed Practice", partOf=reference("Organization/ring-a"), active=False)
    yield organization("ring-d", "Summit Other Health")
    yield place("ring-at", "1 ring St", phone="(423) 555-0160")
    for letter, name in (
        ("a", "Tia Mother, MD"),
        ("b", "Uma Daughter, MD"),
        ("c", "Val Closed, MD"),
        ("d", "Wes Other, MD"),
    ):
        yield person(f"ring-who-{letter}", name)
        house = reference(f"Organization/ring-{letter}")
        yield role(f"ring-r-{letter}", f"ring-who-{letter}", "ring-at", "ring", "s", organization=house)


def _taxed() -> Iterator[Resource]:
    """A group with a tax number, and a hospital that is no more than a place, with somebody who works there."""
    tax = [{"system": "urn:oid:2.16.840.1.113883.4.4", "value": "62-7654321"}]
    yield organization("taxed", "Taxed Family Practice", identifier=tax)
    yield place("taxed-at", "1 Tax St", phone="(423) 555-0180", managingOrganization=reference("Organization/taxed"))
    yield affiliation("taxed-tie", "taxed", ("taxed-at",), "member", "s")
    yield place("stjude-at", "1 Jude St", phone="(423) 555-0181", name="Saint Jude Place Hospital")
    for name, tongues in (("Lou Lingua, MD", ("es", "fr")), ("Sol Solo, MD", ("es",)), ("Eve Else, MD", ())):
        key = f"tongue-{name[:3].lower()}"
        spoken = [concept("urn:ietf:bcp:47", tongue) for tongue in tongues]
        yield person(key, name, **({"communication": spoken} if spoken else {}))
        yield role(f"{key}-r", key, "stjude-at", "tongue", "s")


def _wishes() -> Iterator[Resource]:
    """Genders, names to leave out, and whom a specialty treats."""
    yield place("wish-at", "1 wish St", phone="(423) 555-0170")
    for name, gender in (
        ("Ann Kim, MD", "female"),
        ("Bob Li, MD", "male"),
        ("Cam Po, MD", "unknown"),
        ("Dot Ra, MD", ""),
    ):
        key = f"wish-{name[:3].lower()}"
        yield person(key, name, **({"gender": gender} if gender else {}))
        child = [concept(NUCC, "2080P0202X")] if name.startswith("Bob") else []
        adult = [concept(NUCC, "207RC0000X")] if name.startswith("Ann") else []
        every = [concept(NUCC, code("wish")), *child, *adult]
        yield role(f"{key}-r", key, "wish-at", "wish", "s", specialty=every)
