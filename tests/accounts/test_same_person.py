"""A member whom the payer keeps under several ids, and a family that must never become one person (T11, F43)."""

import httpx
import pytest

from bot.accounts.rows import PatientCandidate
from bot.errors import NotCovered
from bot.message import Person
from bot.payer.budget import Budget, Gap
from tests.accounts.conftest import DANA, Bot
from tests.accounts.payer import FHIR
from tests.payer.wire import CLAIMS, ids, member, page, pages, refusal, rig
from tests.records.made import eob

ONE = ("Dana", "Morgan")
BORN = "1980-02-03"


def _keeps(bot: Bot, **others: tuple[str, str, str]) -> None:
    """The sign-in of dana opens these records too: given name, family name and day of birth of each."""
    bot.payer.family = {"dana": ["dana", *others]}
    bot.payer.names |= {key: (given, family) for key, (given, family, _) in others.items()}
    bot.payer.births |= {"dana": BORN} | {key: born for key, (_, _, born) in others.items()}


async def test_several_records_of_one_person_are_one_link(bot: Bot) -> None:
    """One for each of the payer's systems: the same written name and day of birth, in the token's own search."""
    _keeps(bot, second=(*ONE, BORN), third=("DANA", "morgan", BORN))
    assert (await bot.connect()).member == "Dana M."
    access = await bot.accounts.access(DANA)
    assert (access.patient, access.also) == ("dana", ("second", "third"))
    assert "second" not in repr(access)


async def test_a_member_is_one_whichever_of_their_ids_signed_in(bot: Bot) -> None:
    """Another chat that is connected under another id of the same member is told of (T23)."""
    other = Person("slack", "E1", "T1", "U9")
    _keeps(bot, second=(*ONE, BORN))
    await bot.connect()
    bot.payer.family = {"second": ["second", "dana"]}
    await bot.connect(other, "second")
    assert [(await bot.accounts.access(one)).patient for one in (DANA, other)] == ["dana", "second"]
    assert await bot.accounts.elsewhere(DANA) == (other,)


@pytest.mark.parametrize(
    "other",
    [
        ("Dana", "Morgan", "2004-05-06"),  # a namesake in the family
        ("Dora", "Morgan", BORN),  # a twin
        ("Dana", "Stone", BORN),
        ("Dana", "Morgan", "1980"),  # a year proves nothing
        ("", "Morgan", BORN),
    ],
)
async def test_a_family_is_never_one_person(bot: Bot, other: tuple[str, str, str]) -> None:
    """Whoever differs in name or birth stays somebody else, though the sign-in opens their record."""
    _keeps(bot, other=other)
    await bot.connect()
    assert (await bot.accounts.access(DANA)).also == ()


async def test_a_search_that_is_refused_takes_nothing_away(bot: Bot) -> None:
    """Without it there is one id, as before."""
    bot.payer.answers["/fhir/r4/Patient"] = lambda _: httpx.Response(403)
    assert (await bot.connect()).member == "Dana M."
    assert (await bot.accounts.access(DANA)).also == ()


async def test_one_person_is_not_offered_twice(bot: Bot) -> None:
    """Where the payer named nobody, the member chooses among people and not among a payer's systems."""
    _keeps(bot, second=(*ONE, BORN), kid=("Kit", "Morgan", "2015-01-02"))
    bot.payer.token_changes = {"patient": None}
    bot.payer.claim_changes = {"fhirUser": None}
    linked = await bot.connect()
    assert linked.choices == ("Dana M.", "Kit M.")
    await bot.accounts.choose(DANA, 0)
    assert (await bot.accounts.access(DANA)).also == ("second",)


async def test_rows_of_all_ids_of_the_person_are_theirs_and_a_strangers_is_not() -> None:
    """All ids are asked for at once; a row of somebody else is still dropped and counted."""
    rows = [eob(id=key, patient={"reference": f"Patient/{key}"}) for key in ("p1", "p2", "p3")]
    rigged = rig(page(*rows))
    budget = Budget(clock=rigged.clock)
    assert ids(await pages(member(rigged, also=("p2",)), CLAIMS, budget)) == ["p1", "p2"]
    assert rigged.payer.queries == [{"patient": ["p1,p2"], "_count": ["100"]}]
    assert budget.report.gaps == [Gap("left_out", "ExplanationOfBenefit", 1, "wrong patient")]


async def test_a_server_that_takes_one_id_only_is_asked_by_one() -> None:
    """Refusing several, or finding nothing under them, leaves what the link's own id finds."""
    for first in (refusal("unknown value of patient"), page()):
        rigged = rig(first, first, page(eob()))
        found = await pages(member(rigged, also=("p2",)), CLAIMS, Budget(clock=rigged.clock))
        assert ids(found) == ["one"]
        assert rigged.payer.queries[-1]["patient"] in (["p1"], ["Patient/p1"])


def _opens(bot: Bot, *, user: str | None = None, patient: str | None = None) -> None:
    """The sign-in of vera opens hers and her child's record; the token answer names `patient`, fhirUser `user`."""
    bot.payer.family = {"vera": ["kid", "vera"]}
    bot.payer.births = {"vera": "1985-02-03", "kid": "2016-01-02"}
    bot.payer.token_changes = {"patient": patient}
    bot.payer.claim_changes = {"fhirUser": user}


async def people_of(bot: Bot) -> tuple[PatientCandidate, ...]:
    """Whose records the connection opens, where one is not of who signed in."""
    row = await bot.accounts.connected(DANA)
    return row.people if row else ()


@pytest.mark.threat("T11")
async def test_who_signed_in_comes_first_and_the_others_follow(bot: Bot) -> None:
    """Nothing is to be chosen: the own record is shown until another is asked for, each under its own id only."""
    _opens(bot, user=f"{FHIR}/Patient/vera")
    linked = await bot.connect(DANA, "vera")
    assert (linked.member, linked.choices, [one.name for one in linked.others]) == ("Vera S.", (), ["Kit S."])
    people = await people_of(bot)
    assert [(one.patient, one.given, one.born, one.own) for one in people] == [
        ("vera", "Vera", "1985-02-03", True),
        ("kid", "Kit", "2016-01-02", False),
    ]
    own, child = await bot.accounts.access(DANA), await bot.accounts.access(DANA, "kid")
    assert (own.patient, child.patient, child.also) == ("vera", "kid", ())
    assert "kid" not in f"{child!r}{linked!r}{people!r}"


@pytest.mark.threat("T11")
@pytest.mark.parametrize("other", ["dana", "Patient/kid", "kid ", "../kid", "*"])
async def test_an_id_that_the_sign_in_does_not_open_gives_nothing(bot: Bot, other: str) -> None:
    """No token is handed out for it, and the payer is not asked."""
    _opens(bot, user=f"{FHIR}/Patient/vera")
    await bot.connect(DANA, "vera")
    seen = len(bot.payer.seen)
    with pytest.raises(NotCovered):
        await bot.accounts.access(DANA, other)
    assert len(bot.payer.seen) == seen


@pytest.mark.threat("T11")
async def test_a_token_for_one_patient_opens_no_other(bot: Bot) -> None:
    """SMART's `patient` binds the token to one record, whatever else a search with it gives."""
    _opens(bot, user=f"{FHIR}/Patient/vera", patient="vera")
    linked = await bot.connect(DANA, "vera")
    assert (linked.others, await people_of(bot)) == ((), ())
    with pytest.raises(NotCovered):
        await bot.accounts.access(DANA, "kid")


async def test_a_representative_of_one_has_no_record_of_their_own(bot: Bot) -> None:
    """A RelatedPerson whose sign-in opens one record: it is connected, and told to be somebody else's."""
    _opens(bot, user=f"{FHIR}/RelatedPerson/9", patient="kid")
    assert (await bot.connect(DANA, "vera")).member == "Kit S."
    (only,) = await people_of(bot)
    assert (only.patient, only.own) == ("kid", False)


async def test_a_renewed_token_stays_with_the_person_that_was_asked_about(bot: Bot) -> None:
    """A renewal in the middle of a question about the child goes on about the child."""
    bot.payer.gives_refresh = True
    _opens(bot, user=f"{FHIR}/Patient/vera")
    await bot.connect(DANA, "vera")
    before = await bot.accounts.access(DANA, "kid")
    renewed = await bot.accounts.renew(DANA, before)
    assert renewed is not None
    assert (renewed.patient, renewed.token == before.token) == ("kid", False)


async def test_unlinking_ends_all_of_them(bot: Bot) -> None:
    """Nobody is known afterwards."""
    _opens(bot, user=f"{FHIR}/Patient/vera")
    await bot.connect(DANA, "vera")
    await bot.accounts.unlink(DANA)
    assert await people_of(bot) == ()
