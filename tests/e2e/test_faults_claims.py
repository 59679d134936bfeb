"""A member with ten thousand claims; what else is odd in claims is told by the dialogues of tests/intents."""

import pytest

from tests.e2e.house import OWED, House


@pytest.mark.fault("F44")
async def test_ten_thousand_claims_are_not_walked(house: House) -> None:
    """The server sorts and counts: one page is enough for the newest visit (F44)."""
    await house.sign_in("maria10k")
    said = await house.say(OWED)
    assert "of your visit" in said.text
    assert "I stopped before the end" not in said.text
    assert house.asked() <= 2
