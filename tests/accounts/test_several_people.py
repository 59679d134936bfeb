"""A sign-in that opens the records of several people: who is known, and access to each of them alone (T11)."""

import pytest

from bot.accounts.accounts import PatientCandidate
from bot.errors import NotCovered
from tests.accounts.conftest import DANA, Bot
from tests.accounts.payer import FHIR


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
    linked = await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
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
    await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
    seen = len(bot.payer.seen)
    with pytest.raises(NotCovered):
        await bot.accounts.access(DANA, other)
    assert len(bot.payer.seen) == seen


@pytest.mark.threat("T11")
async def test_a_token_for_one_patient_opens_no_other(bot: Bot) -> None:
    """SMART's `patient` binds the token to one record, whatever else a search with it gives."""
    _opens(bot, user=f"{FHIR}/Patient/vera", patient="vera")
    linked = await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
    assert (linked.others, await people_of(bot)) == ((), ())
    with pytest.raises(NotCovered):
        await bot.accounts.access(DANA, "kid")


async def test_a_representative_of_one_has_no_record_of_their_own(bot: Bot) -> None:
    """A RelatedPerson whose sign-in opens one record: it is connected, and told to be somebody else's."""
    _opens(bot, user=f"{FHIR}/RelatedPerson/9", patient="kid")
    assert (await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))).member == "Kit S."
    (only,) = await people_of(bot)
    assert (only.patient, only.own) == ("kid", False)


async def test_a_renewed_token_stays_with_the_person_that_was_asked_about(bot: Bot) -> None:
    """A renewal in the middle of a question about the child goes on about the child."""
    bot.payer.gives_refresh = True
    _opens(bot, user=f"{FHIR}/Patient/vera")
    await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
    before = await bot.accounts.access(DANA, "kid")
    renewed = await bot.accounts.renew(DANA, before)
    assert renewed is not None
    assert (renewed.patient, renewed.token == before.token) == ("kid", False)


async def test_unlinking_ends_all_of_them(bot: Bot) -> None:
    """Nobody is known afterwards."""
    _opens(bot, user=f"{FHIR}/Patient/vera")
    await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
    await bot.accounts.unlink(DANA)
    assert await people_of(bot) == ()
