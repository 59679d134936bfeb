"""Codes that people type, and what is no code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.codes import new_code, new_secret, read_code, same, with_dash


@given(st.text(" -\u2013\t\u00a0*_`~", max_size=5), st.booleans())
def test_a_code_is_read_however_it_is_written(between: str, lower: bool) -> None:
    """Spaces, dashes, case and formatting do not matter."""
    code = new_code()
    typed = f"{between}{code[:3]}{between}{code[3:]}{between}"
    assert read_code(typed.lower() if lower else typed) == code
    assert read_code(with_dash(code)) == code


def test_no_half_of_a_code_is_a_word() -> None:
    """A half of letters alone could be read as a word: "BABY-MJP6" is no call for help."""
    halves = [half for code in (new_code() for _ in range(500)) for half in (code[:4], code[4:])]
    assert not [half for half in halves if half.isalpha()]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7PM-4RTX", "K7PM4RTX"),
        ("k7pm4rtx.", "K7PM4RTX"),
        ("<p>K7PM-4RTX</p>\r\n&nbsp;", "K7PM4RTX"),
        ('<span style="color:red">K7PM</span>-4RTX', "K7PM4RTX"),
        ("\u201cK7PM\u20114RTX\u201d", "K7PM4RTX"),
        ("KOPM-4RTX", "KOPM4RTX"),
        ("K0PM-4RTX", "KOPM4RTX"),
        ("K1PM-8RTX", "KIPMBRTX"),
        ("ABCD-EFGH", "ABCDEFGH"),
    ],
)
def test_what_people_and_chats_do_to_codes(typed: str, code: str) -> None:
    """Formatting is taken off, and signs that base32 does not have are read as the ones they look like."""
    assert read_code(typed) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hospital",
        "Pharmacy",
        "my claim",
        "benefits",
        "37402",
        "K7PM-4RT",
        "K7PM-4RTXA",
        "K7PM 9RTX",
        "unlink",
        "x" * 300,
    ],
)
def test_questions_are_no_codes(text: str) -> None:
    """Words of eight letters are questions; a wrong length or sign is no code."""
    assert read_code(text) is None


@given(st.text())
def test_any_text_is_read_without_trouble(text: str) -> None:
    """What comes back is a code or None."""
    code = read_code(text)
    assert code is None or (len(code) == 8 and code == code.upper())


def test_any_two_texts_can_be_compared() -> None:
    """Also those that no file could hold: a payer's JSON may have half of a surrogate pair as its nonce."""
    assert not same("\ud800", "x")
    assert same("\ud800", "\ud800")


def test_secrets_are_long_and_never_repeat() -> None:
    """256 bits in 43 signs."""
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {43}
