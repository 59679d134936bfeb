"""Siege and soak judge: each thing that must not be is found in a Slack that was made to show it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.documents.publisher import HealthLinks
from bot.errors import StoreBusy
from bot.ops.audit import Audit
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import open_sqlite
from tests.chaos.beside import opens
from tests.chaos.soak import Look, faults
from tests.chaos.toll import Question, Toll, count
from tests.doubles.slack import Call, SlackDouble

FIRST, SECOND = Question("M", "1.1", is_members=True), Question("M", "1.2", is_members=True)
SORRY = "I was interrupted while answering this. If the answer isn't here, please ask again."


def said(thread: str, text: str, *, done: bool | None = True) -> dict[str, Any]:
    """A message of the bot's in a thread."""
    mark = {} if done is None else {"metadata": {"event_payload": {"key": "k", "done": done}}}
    return {"channel": "D-M", "thread_ts": thread, "text": text, **mark}


def judged(*messages: dict[str, Any]) -> tuple[str, ...]:
    """What is found where these were written, in this order, to two questions of a member."""
    slack = SlackDouble()
    for number, message in enumerate(messages):
        slack.messages["D-M", f"2.{number}"] = message
        slack.calls.append(Call("chat.postMessage", message, at=float(number)))
    return count(slack, [FIRST, SECOND]).faults


GOOD = (said("1.1", "$1.00"), said("1.2", "$2.00"))
BAD = {
    "lost": (said("1.1", "$1.00"),),
    "doubled": (*GOOD, said("1.2", "$2.00")),
    "left_neutral": (*GOOD, said("1.1", "Your answer is here.", done=False)),
    "wrong": (said("1.1", "Connect your account."), said("1.2", "$2.00")),
    "disordered": (said("1.2", "$2.00"), said("1.1", "$1.00")),
    "repeated": (*GOOD, said("1.2", SORRY, done=None), said("1.2", SORRY)),
}


def test_what_is_well_is_not_found_fault_with() -> None:
    """Two answers, in order, with their amounts."""
    assert judged(*GOOD) == ()


@pytest.mark.parametrize("fault", BAD)
def test_each_fault_is_found(fault: str) -> None:
    """By its name."""
    assert fault in judged(*BAD[fault])


def test_a_siege_that_met_no_work_or_no_member_proves_nothing() -> None:
    """A kill of an idle process loses nothing; nor do strangers show what becomes of members."""
    found = Toll(asked=10, answered=10, kills=4, busy=1).faults
    assert found == ("no member was answered", "too few kills met work")


def test_a_process_that_grows_is_found() -> None:
    """Memory, descriptors and store, from the end of its first quarter on."""
    well = Toll(asked=600, answered=600, members=200)
    flat = [Look(minute, 100.0, 20, 5.0 + minute, 600 * minute) for minute in range(1, 9)]
    assert faults(flat, well) == ()
    grown = Look(9, 200.0, 90, 500.0, 5_400)
    assert len(faults([*flat, grown], well)) == 3
    assert faults([], well) == ("nobody looked at the process",)
    assert "lost" in faults(flat, Toll(asked=600, members=1, lost=1))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((404, 401, 200), ""),
        ((404, 503, 200), ""),
        ((404, 200, 200), "replaced, wrong and right code: [404, 200, 200]"),
        ((503, 503, 500), "replaced, wrong and right code: [503, 503, 500]"),
    ],
)
async def test_a_card_is_judged_by_what_a_free_store_answers(
    tmp_path: Path, answers: tuple[int, ...], said: str
) -> None:
    """A replaced, a wrongly and a rightly opened one; a busy store says nothing of any of them."""
    assert await card(tmp_path, answers) == said


async def test_a_card_of_a_store_that_was_never_free_shows_nothing(tmp_path: Path) -> None:
    """It is not counted at all."""
    with pytest.raises(StoreBusy):
        await card(tmp_path, (503, 503, 503))


async def card(folder: Path, answers: tuple[int, ...]) -> str:
    """What is found of a card whose three tries are answered so."""
    statuses = iter(answers)
    desk = httpx.MockTransport(lambda _: httpx.Response(next(statuses)))
    store = open_sqlite(folder / "bot.db")
    table = SealedTable(store, Vault([bytes(32)]))
    try:
        async with httpx.AsyncClient(transport=desk, base_url="http://bot.example") as http:
            return await opens(HealthLinks(table, Audit(table), "http://bot.example"), http)
    finally:
        await store.close()
