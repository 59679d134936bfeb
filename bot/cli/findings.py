"""The results of `bcbst-bot check`, one per line."""

from typing import Literal

import msgspec


class CheckResult(msgspec.Struct, frozen=True):
    """The result of one check. `bad` prevents serving; a `note` is information."""

    state: Literal["ok", "note", "bad"]
    area: str
    text: str

    def __str__(self) -> str:
        """Return one line of the report."""
        return f"{self.state:<5}{self.area:<9}{self.text}"


def ok(area: str, text: str) -> CheckResult:
    """Return a result without a problem."""
    return CheckResult("ok", area, text)


def note(area: str, text: str) -> CheckResult:
    """Return a result with information that does not prevent serving."""
    return CheckResult("note", area, text)


def bad(area: str, text: str) -> CheckResult:
    """Return a result that must be fixed before the bot can serve."""
    return CheckResult("bad", area, text)
