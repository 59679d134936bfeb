from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.synthetic.chance import npi, stream


@given(st.integers(0, 99_999_999))
def test_an_npi_passes_luhn(number: int) -> None:
    """The check digit is right over the prefix 80840 and the ten digits (45 CFR 162.406)."""
    value = npi(number)
    digits = [int(digit) for digit in reversed(f"80840{value}")]
    doubled = sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    assert len(value) == 10
    assert doubled % 10 == 0


def test_streams_are_repeatable_and_apart() -> None:
    """One seed and name give one row of numbers, another name another."""
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()
