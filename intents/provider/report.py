"""A text with which the person can report an incorrect listing to the plan; nothing is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

from bot.kit import Ask, Card, OfProvider, cards, facts_in, who

Wrong = Literal["phone", "address", "accepting", "gone", "network"]
_WRONG: Mapping[str, Wrong] = {
    "phone": "phone", "address": "address", "places": "address", "accepting_new": "accepting", "networks": "network",
}  # fmt: skip


class Report(OfProvider, frozen=True, kw_only=True):
    """The listing to report.

    Attributes:
        wrong: What is wrong; None until the person says it.
        records: The provider, the roles and the locations of the listing as `Type/id`, shown if `technical`.
        read: When the records were read.
    """

    card: Card | None = None
    wrong: Wrong | None = None
    records: tuple[str, ...] = ()
    read: datetime | None = None
    technical: bool = False


async def answer(ask: Ask) -> Report:
    """Return the listing of the named provider, or of a button's, with the data by which the plan can find it."""
    found = await who(ask)
    found.cite(ask)
    rows = found.only
    if rows is None:
        return Report(found=found)
    said = {_WRONG[about] for about in facts_in(ask.said) & _WRONG.keys()}
    pressed = next((one for one in get_args(Wrong) if one == ask.arguments.get("wrong")), None)
    read = max((source.fetched_at for source in ask.report.sources), default=None)
    places = [("Location", place.id) for row in rows for place in row.locations]
    keys = [(rows[0].key.type, rows[0].key.id), *((row.role.type, row.role_id) for row in rows), *places]
    return Report(
        found=found,
        card=cards(ask, rows, None)[0],
        wrong=pressed or (said.pop() if len(said) == 1 else None),
        records=tuple(dict.fromkeys(f"{kind}/{id_}" for kind, id_ in keys)),
        technical="technical" in ask.arguments,
        read=read.astimezone(ask.moment().tzinfo) if read else None,
    )
