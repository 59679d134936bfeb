"""An attack on linking, by Mallory, who wants Vera's records in his chat or his in hers; both are new each time."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from bot.errors import LinkError
from bot.message import Person
from tests.accounts.conftest import code_on
from tests.accounts.grounds import Ground
from tests.cases import saw

Attack = Callable[[Ground, Person, Person], Awaitable[None]]
LATER = 4_000_000_000.0


THREATS: dict[str, tuple[str, ...]] = {}
"""The threats that an attack proves to be met, by its name."""


class Attacks(dict[str, Attack]):
    """Attacks by their names."""

    def named(self, name: str, *threats: str) -> Callable[[Attack], Attack]:
        """Put an attack on the list, with the threats that it plays."""

        def listed(play: Attack) -> Attack:
            self[name], THREATS[name] = play, threats
            return play

        return listed


def refused(page: httpx.Response, *statuses: int) -> None:
    """The page shows no code, and one of these statuses."""
    assert page.status_code in statuses
    assert code_on(page) == ""


async def said_no(ground: Ground, person: Person, text: str, *errors: type[LinkError]) -> None:
    """A message with this code is refused in the chat."""
    with pytest.raises(errors) as told:
        await ground.accounts.prove(person, text)
    saw(f"in the chat: {(told.value.__doc__ or '').partition('.')[0].splitlines()[0]}")
