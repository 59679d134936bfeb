"""A search that finds nobody says which of its wishes leave nobody, and each button asks the search without them."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.kit import loosened, sift
from bot.kit.conditions import Loosened
from bot.records.bundle import Entry
from bot.records.joined import join
from bot.records.listing import Listing

WISHES = ("network", "accepting_new", "gender", "language")


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
