"""What people tell of appeals: sealed, theirs alone, gone with them, and whole when two things are told at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bot.accounts.rows import LinkRow
from bot.conversation.reminding import Cases
from bot.kit import AppealCase, CallNote, CaseChange
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import open_sqlite
from tests.reminded import DANA, VAULT, WALTER

DAY = date(2026, 5, 20)
CALL = CallNote(DAY, "Ann", "12345", "I spoke to Ann")


@pytest.fixture
async def cases(tmp_path: Path) -> AsyncIterator[Cases]:
    """An empty store."""
    store = open_sqlite(tmp_path / "bot.db")
    yield Cases(SealedTable(store, VAULT))
    await store.close()


def _called(claim: str, note: CallNote = CALL) -> CaseChange:
    return CaseChange(claim, lambda case: case.with_call(note))


@pytest.mark.threat("T68")
@pytest.mark.attack("an appeal is read in the store")
async def test_a_row_says_nothing(cases: Cases) -> None:
    """Neither the claim, the day nor the person who answered can be read, not even in its key."""
    await cases.change(DANA, "patient-1", _called("claim-1"))
    [row] = await cases._store.listed("appeal_case")
    held = row.value + row.key.encode()
    assert not [word for word in (b"claim-1", b"Ann", b"12345", b"2026", b"patient-1") if word in held]


@pytest.mark.threat("T68")
@pytest.mark.attack("an appeal is read by somebody else, or for another record")
async def test_it_is_of_one_person_and_one_record(cases: Cases) -> None:
    """Somebody else's are others, another record's are not shown, and all of them go with their person."""
    await cases.change(DANA, "patient-1", _called("claim-1"))
    await cases.change(WALTER, "patient-1", _called("claim-1", CallNote(DAY, "Bo")))
    await cases.change(DANA, "patient-2", _called("claim-2"))
    assert [one.claim for one in await cases.of(DANA, "patient-1")] == ["claim-1"]
    assert [note.who for one in await cases.of(WALTER, "patient-1") for note in one.calls] == ["Bo"]
    await cases.end_private(DANA, LinkRow(id="x", patient="patient-2", name="", since=0.0))
    assert (await cases.of(DANA, "patient-1"), len(await cases.of(DANA, "patient-2"))) == ((), 1)
    await cases._store.drop_owned(DANA.key)
    assert (await cases.of(DANA, "patient-2"), len(await cases.of(WALTER, "patient-1"))) == ((), 1)


@pytest.mark.fault("F65")
async def test_two_notes_at_once_are_both_kept(cases: Cases) -> None:
    """Each is made of what the other has left."""
    notes = [CallNote(DAY, who) for who in ("Ann", "Bo", "Cy")]
    await asyncio.gather(*(cases.change(DANA, "patient-1", _called("claim-1", note)) for note in notes))
    [case] = await cases.of(DANA, "patient-1")
    assert sorted(note.who for note in case.calls) == ["Ann", "Bo", "Cy"]


async def test_a_case_of_which_nothing_is_left_is_gone(cases: Cases) -> None:
    """Undone, it catches nothing that is told of another claim later."""
    step = await cases.change(DANA, "patient-1", CaseChange("claim-1", lambda case: case.sent_on(DAY)))
    assert step
    undone = CaseChange("claim-1", lambda case: case.reopened(step.step))
    assert await cases.change(DANA, "patient-1", undone) == AppealCase(claim="claim-1")
    assert await cases.of(DANA, "patient-1") == ()


async def test_a_forgotten_case_is_gone(cases: Cases) -> None:
    """By its own button; a new one begins empty."""
    await cases.change(DANA, "patient-1", _called("claim-1"))
    assert await cases.change(DANA, "patient-1", CaseChange("claim-1", lambda _: None)) is None
    assert await cases.of(DANA, "patient-1") == ()


def test_the_stages_follow_what_is_told_and_each_can_be_taken_back() -> None:
    """Sent, refused again, at the reviewers, over; and the same way back."""
    case = AppealCase(claim="claim-1")
    after = [case, case.sent_on(DAY)]
    after.append(after[-1].answered("upheld", DAY))
    after.append(after[-1].sent_on(DAY, review=True))
    after.append(after[-1].answered("approved", DAY, review=True))
    assert [one.stage for one in after] == ["open", "sent", "lost", "review", "over"]
    back = [after[-1]]
    for _ in range(4):
        back.append(back[-1].reopened(back[-1].step))
    assert [one.stage for one in back] == ["over", "review", "lost", "sent", "open"]
    assert back[-1] == case
    assert after[-1].reopened(after[1].step) == after[-1]  # an old button, and one that is pressed twice
    assert case.reopened("") == case


def test_a_days_order_is_that_of_the_steps() -> None:
    """Behind the denial, and each behind the one before; what is not told is left out."""
    sent = AppealCase(claim="claim-1").sent_on(DAY)
    assert sent.in_order(None)
    assert sent.in_order(DAY)
    assert not sent.in_order(date(2026, 5, 21))
    assert not sent.answered("upheld", date(2026, 5, 19)).in_order(None)
    assert sent.sent_on(date(2026, 5, 21), review=True).in_order(None)


def test_a_note_is_taken_off_by_its_name() -> None:
    """Pressed again, its button takes off no other."""
    case = AppealCase(claim="claim-1").with_call(CALL).with_call(CallNote(DAY, "Bo"))
    once = case.without_call(CALL.key)
    assert [note.who for note in once.calls] == ["Bo"]
    assert once.without_call(CALL.key) == once


def test_of_too_many_calls_the_oldest_goes() -> None:
    """Twenty stay, in the order of their days."""
    case = AppealCase(claim="claim-1")
    for day in range(1, 26):
        case = case.with_call(CallNote(date(2026, 5, day)))
    assert [note.day.day for note in case.calls] == list(range(6, 26))
    assert msgspec.json.decode(msgspec.json.encode(case), type=AppealCase) == case
