"""Two sides by side: the same facts of each, proven, and no side that is not there."""

from tests.answers.directory.asking import answered, person, place, role

KIM, LEE = person("kim", "Minh Kim, DO"), person("lee", "Ana Lee, MD")
MAIN, OAK = place("main", "1 Main St"), place("oak", "2 Oak St", "Memphis", "38103")
CARDIOLOGY = {
    "specialty": [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}], "text": "Heart"}]
}
NAMES: dict[str, object] = {"provider_name": "Kim", "other_name": "Lee"}
HEART: dict[str, object] = {
    "network": "Blue Network S",
    "other_network": "Blue Network P",
    "specialty": ["207RC0000X"],
    "location": {"zip": "37402"},
}


def network(letter: str) -> dict[str, object]:
    """A network of the payer."""
    kind = "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS"
    return {
        "resourceType": "Organization",
        "id": letter,
        "active": True,
        "name": f"Blue Network {letter}",
        "type": [{"coding": [{"system": kind, "code": "ntwk"}]}],
    }


async def test_only_proven_networks_are_shared() -> None:
    """A network that lists one of the two is not shared, and a side that names none is no proof either way."""
    rows = (KIM, LEE, MAIN, role("r1", "kim", "main", "S", "P"), role("r2", "lee", "main", "P"))
    _, text, _ = await answered("provider.compare", *rows, slots=NAMES)
    assert "Both are listed in Blue Network P." in text
    _, text, _ = await answered("provider.compare", *rows[:-1], role("r2", "lee", "main"), slots=NAMES)
    assert "doesn't name networks for both" in text
    assert "Networks · Ana Lee, MD: not said" in text
    _, text, _ = await answered("provider.compare", *rows[:-1], role("r2", "lee", "main", "L"), slots=NAMES)
    assert "No network lists both." in text


async def test_a_side_that_is_not_found_is_named_and_not_denied() -> None:
    """The other one is not shown alone as if there were nothing else."""
    _, text, _ = await answered("provider.compare", KIM, MAIN, role("r1", "kim", "main", "S"), slots=NAMES)
    assert "I didn't find Lee in the directory" in text
    assert "the directory may be behind" in text


async def test_of_several_the_ones_near_the_place() -> None:
    """A place tells two people of a name apart."""
    other = person("kim2", "Ana Kim, MD")
    rows = (
        *(KIM, other, LEE, MAIN, OAK),
        *(role("r1", "kim", "main", "S"), role("r2", "kim2", "oak", "S"), role("r3", "lee", "main", "S")),
    )
    _, text, _ = await answered("provider.compare", *rows, slots={**NAMES, "location": {"zip": "37402"}})
    assert "Takes new patients · Minh Kim, DO" in text
    _, text, _ = await answered("provider.compare", *rows, slots=NAMES)
    assert "2 providers are called Kim" in text


async def test_networks_are_counted_by_provider_with_every_filter_held() -> None:
    """Two roles are one provider, another specialty and another city are nobody, whatever the server sends."""
    rows = (
        *(network("S"), network("P"), KIM, LEE, MAIN, OAK),
        *(role("r1", "kim", "main", "S", "P", **CARDIOLOGY), role("r2", "kim", "main", "S", **CARDIOLOGY)),
        *(role("r3", "lee", "oak", "S", **CARDIOLOGY), role("r4", "lee", "main", "S")),
    )
    _, text, _ = await answered("provider.compare", *rows, slots=HEART)
    assert "1 is listed in both." in text
    assert "Listed · Blue Network S: 1 provider" in text
    assert "Listed · Blue Network P: 1 provider" in text


async def test_an_unlisted_network_and_twice_the_same() -> None:
    """Neither is compared with anything."""
    _, text, _ = await answered("provider.compare", network("S"), slots=HEART)
    assert "no network called Blue Network P" in text
    _, text, _ = await answered("provider.compare", network("S"), slots={**HEART, "other_network": "network s"})
    assert "nothing to compare" in text
