"""A text for the plan about a listing that is wrong: what it says, which records say it, and when. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from bot.kit import Ask, Card, Choice, Listing, Summary, Who, cards, who

Wrong = Literal["phone", "address", "accepting", "gone", "network"]


@dataclass(frozen=True, slots=True)
class Report(Summary):
    """The listing that is reported; `wrong` is None while the person has not said what is wrong.

    `records` are the records that make up the listing, shown where it is `technical`; `read` is when they were read.
    """

    state: Literal["one", "several", "ended", "unknown", "unnamed"]
    name: str | None
    choices: tuple[Choice, ...] = ()
    total: int = 0
    card: Card | None = None
    wrong: Wrong | None = None
    records: tuple[str, ...] = ()
    read: datetime | None = None
    technical: bool = False

    @property
    def read_time(self) -> str:
        """The time of day in UTC."""
        return f"{self.read:%H:%M} UTC" if self.read else ""


async def answer(ask: Ask) -> Report:
    """The listing of the provider of the name, or of the one that a button named."""
    found = await who(ask)
    found.cite(ask)
    return summarize(found, ask)


def summarize(found: Who, ask: Ask) -> Report:
    """The facts that the plan needs to find the listing again."""
    rows = found.only
    if rows is None:
        return Report(found.state, found.name, found.choices, len(found.found))
    wrong = next((one for one in get_args(Wrong) if one == ask.arguments.get("wrong")), None)
    return Report(
        state="one",
        name=rows[0].name,
        card=cards(ask, rows, None)[0],
        wrong=wrong,
        records=records(rows),
        technical="technical" in ask.arguments,
        read=max((source.fetched_at for source in ask.report.sources), default=None),
    )


def records(rows: Sequence[Listing]) -> tuple[str, ...]:
    """Whose listing it is, the roles that make it up, and their places, as type and id."""
    of_rows = [(row.role.type, row.role_id) for row in rows]
    places = [("Location", place.id) for row in rows for place in row.locations]
    named = [(rows[0].key.type, rows[0].key.id), *of_rows, *places]
    return tuple(dict.fromkeys(f"{kind}/{id_}" for kind, id_ in named))
