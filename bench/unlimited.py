"""`bcbst-bot` as it is, but without the limits of a minute: the bench asks more than a person may."""

from __future__ import annotations

from bot.cli import main
from bot.limits import Limits
from bot.message import Person


def _any_number(_limits: Limits, _person: Person) -> None:
    """Nobody asks too much here."""


Limits.check = _any_number  # type: ignore[assignment, method-assign] # for the process of this module alone

if __name__ == "__main__":
    main()
