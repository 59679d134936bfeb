import subprocess
import sys
from decimal import Decimal

import pytest

from bot.records.decode import Unreadable, decode
from bot.records.explanation import Explanation
from tests.records.made import eob, money, raw


def test_elements_of_the_wrong_shape_are_left_out_by_name() -> None:
    """A payer's slip costs that element and nothing else; the report names places, never values."""
    resource = eob(
        created=20240701,
        status={"value": "active"},
        careTeam=None,
        total=[money("submitted", 100), {"category": "submitted", "amount": {"value": "a lot"}}],
        processNote={"text": "one note, unwrapped"},
        item=[{"servicedDate": ["2024-06-17"]}, 7],
    )
    shape, dropped = decode(raw(resource), Explanation)
    assert shape.created == "20240701"
    assert shape.status is None
    assert [note.text for note in shape.process_note] == ["one note, unwrapped"]
    assert shape.total[0].amount is not None
    assert shape.total[0].amount.value == Decimal(100)
    assert "status" in dropped
    assert not any("a lot" in place for place in dropped)


def test_null_is_the_same_as_absent() -> None:
    """Servers that write null for absent elements are read like those that leave them out."""
    shape, _ = decode(raw({**eob(), "total": None, "item": None, "type": None, "id": None}), Explanation)
    assert shape.total == ()
    assert shape.item == ()
    assert shape.id == ""


def test_digits_are_kept_even_when_something_had_to_be_mended() -> None:
    """Amounts stay exact decimals on the slow way as well."""
    text = raw(eob(total=[money("submitted", "AMOUNT")], status=[])).replace(b'"AMOUNT"', b"1234567.10")
    shape, _ = decode(text, Explanation)
    assert shape.total[0].amount is not None
    assert str(shape.total[0].amount.value) == "1234567.10"


@pytest.mark.parametrize("body", [b"[]", b"3", b"null", b'{"id":1', b"<html/>"])
def test_what_cannot_be_mended_is_unreadable(body: bytes) -> None:
    """What is no object, or no JSON, is refused."""
    with pytest.raises(Unreadable):
        decode(body, Explanation)


def test_mending_is_bounded() -> None:
    """A record that is wrong in more places than anybody would count is given up."""
    with pytest.raises(Unreadable):
        decode(raw(eob(item=[3] * 100)), Explanation)


_AT_ONCE = """
import threading, sys
import msgspec
from bot.records.decode import decode

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct("Inner", [(f"part_{n}", "str | None", None) for n in range(30)])
    shape = msgspec.defstruct("Shape", [(f"part_{n}", tuple[inner, ...], ()) for n in range(30)])
    begin = threading.Barrier(6)

    def first(kind=shape, begin=begin):
        begin.wait()
        decode(b'{"part_1": [{"part_2": "x"}]}', kind)

    threads = [threading.Thread(target=first) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


def test_threads_that_meet_a_shape_at_once_do_not_end_the_process() -> None:
    """Its layout is made by one of them."""
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, check=False, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, b"")
