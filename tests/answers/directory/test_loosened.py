"""A search that finds nobody says which of its wishes leave nobody, and each button asks the search without them."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.kit import loosened, sift
from bot.kit.conditions import Loosened
from bot.records.bundle import Entry
from bot.records.joined import join
from bot.records.listing import Listing
from tests.answers.directory.asking import answered, person, place, role

WISHES = ("network", "accepting_new", "gender", "language")
HEART = {"specialty": [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}]}]}
SLOTS: dict[str, object] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}}
MAIN = place("main", "1 Main St")


def _speaking(key: str, gender: str, *languages: str) -> tuple[dict[str, object], dict[str, object]]:
    spoken = [{"coding": [{"system": "urn:ietf:bcp:47", "code": one}]} for one in languages]
    one = {**person(key, f"{key.title()} Person"), "gender": gender, "communication": spoken}
    return one, role(f"r-{key}", key, "main", "S", **HEART)


async def test_each_wish_that_leaves_nobody_is_named_with_what_is_there_without_it() -> None:
    """Two men speak Spanish and one woman does not: both ways out are told, the larger first, with their buttons."""
    people = [*_speaking("al", "male", "es"), *_speaking("bo", "male", "es"), *_speaking("cy", "female", "en")]
    asked: dict[str, object] = {**SLOTS, "gender": "female", "language": "es"}
    summary, text, _ = await answered("provider.find", MAIN, *people, slots=asked)
    assert "But there are 2 if you include men; 1 if you include other languages." in text
    assert "[Show 2, with men] [Show 1, with other languages]" in text
    assert [one.argument for one in summary.loosened] == ["gender", "language"]  # type: ignore[attr-defined] # the pack's modules have no importable names


async def test_wishes_that_fail_together_are_given_up_together() -> None:
    """A man who speaks English is neither a woman nor speaks Spanish: only both at once lead to him."""
    asked: dict[str, object] = {**SLOTS, "gender": "female", "language": "es"}
    _, text, _ = await answered("provider.find", MAIN, *_speaking("al", "male", "en"), slots=asked)
    assert "But there is 1 if you include men and other languages." in text


async def test_in_spanish_and_farther_off() -> None:
    """Nobody is near; within 25 miles somebody is, but for one wish, and the button takes both along."""
    far = place("main", "3 Main St", "Ooltewah", "37363")
    asked: dict[str, object] = {**SLOTS, "language": "es", "radius": 5}
    _, text, _ = await answered("provider.find", far, *_speaking("al", "male", "en"), slots=asked, language="es")
    assert "A menos de 25 millas hay 1 si incluye también otros idiomas." in text
    assert "[Mostrar 1, también con otros idiomas]" in text


def _rows(count: int) -> tuple[Listing, ...]:
    raw = '{{"resourceType": "PractitionerRole", "id": "r{0}"}}'
    return join(Entry("PractitionerRole", f"r{n}", "match", raw.format(n).encode()) for n in range(count))


_FITS_SOME = st.frozensets(st.sampled_from(WISHES), max_size=len(WISHES) - 1)


@given(st.lists(_FITS_SOME, max_size=6))
def test_what_is_offered_is_there_and_no_smaller_change_would_do(has: list[frozenset[str]]) -> None:
    """Whoever is there: a count is what the loosened search finds, and fewer wishes given up find nobody."""
    rows = _rows(len(has))
    holds = dict(zip((row.role_id for row in rows), has, strict=True))
    filters = [(name, lambda row, name=name: name in holds[row.role_id]) for name in WISHES]
    found = loosened(rows, filters)
    assert bool(found) == bool(rows)
    for one in found:
        assert one.total == sum(frozenset(WISHES) - set(one.wishes) <= own for own in has) > 0
        assert one.argument.split(",") == list(one.wishes)
        for fewer in combinations(WISHES, len(one.wishes) - 1):
            assert not sift(rows, [pair for pair in filters if pair[0] not in fewer])
    assert sorted(found, key=lambda one: -one.total) == list(found) == [*dict.fromkeys(found)]
    assert all(isinstance(one, Loosened) for one in found)
