"""The hostile directory on every kind of server: no fact of another place, no proof that is none, nothing dropped."""

import pytest

from tests.answers.directory.odd_world import SPECIALTIES, odd_world
from tests.desk.desk import SERVERS, TODAY, Case, ask, cases, fits, listed
from tests.desk.plain_reading import facts_of, wrong_facts


def test_there_are_cases_enough() -> None:
    """Sixty at least, no name twice."""
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.fault("F32", "F33", "F34")
@pytest.mark.threat("T44")
@pytest.mark.parametrize("server", SERVERS)
async def test_the_hostile_directory_is_told_as_it_is(server: str) -> None:
    """Every card and sentence of every case."""
    wrong = {}
    for case in cases():
        if fits(server, case):
            result = await ask(server, case)
            if result.wrong:
                wrong[case.name] = (*result.wrong, result.said[:300])
    assert wrong == {}


@pytest.mark.threat("T44")
@pytest.mark.parametrize("zip_code", ["37402", "37203"])
async def test_no_card_bears_a_fact_of_another_place(zip_code: str) -> None:
    """Over a directory of oddities: what the cards say is what a plain reading of the records finds at that place."""
    of, wrong, looked_at = odd_world(60, TODAY), [], 0
    for code in SPECIALTIES:
        case = Case(code, near=zip_code, slots={"specialty": [code]})
        cards, _ = await listed("full", case, of)
        looked_at += sum(map(facts_of, cards))
        wrong += [fact for card in cards for fact in wrong_facts(of, card, TODAY)]
    assert wrong == []
    assert looked_at > 25
