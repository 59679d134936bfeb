"""What `bcbst-bot check` found, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at. `bad` keeps the bot from serving; a `note` is worth knowing."""

    state: Literal["ok", "note", "bad"]
    area: str
    text: str

    def __str__(self) -> str:
        """One line of the report."""
        return f"{self.state:<5}{self.area:<9}{self.text}"


def ok(area: str, text: str) -> CheckResult:
    """Something that is as it should be."""
    return CheckResult("ok", area, text)


def note(area: str, text: str) -> CheckResult:
    """Something that is worth knowing, and keeps nobody from serving."""
    return CheckResult("note", area, text)


def bad(area: str, text: str) -> CheckResult:
    """Something that is to be put right before the bot can serve."""
    return CheckResult("bad", area, text)
