"""Checks whether each provider in a list is in a network: a line for each, and a file with the data and time."""

import asyncio
import re
from datetime import UTC, datetime

from msgspec.structs import replace

from bot import kit

MOST = 25  # that one message asks; `bcbst-bot lookup` takes longer lists, part by part
_BETWEEN = ";"  # of the lines, as the kernel and the buttons pass them on
_PAGES, _RESOURCES, _BYTES = 14, 600, 4 * 1024 * 1024  # for each name
_NUMBER = re.compile(r"(?:NPI\D{0,2})?(\d{10})", re.IGNORECASE)
_AMONG = re.compile(r"(?<![\w-])\d{10}(?![\w-])")  # in a line that holds more, such as a name
_MOST_NEAR = 3
_INSIDE = frozenset({"listed", "partly"})
_ABSENT = frozenset({"other", "silent"})  # what may be otherwise by a row that did not come
_ROLES = frozenset({"PractitionerRole", "OrganizationAffiliation"})
_LASTS = re.compile(r"([^,]+), *([^,]+)")


class Checked(kit.OfProvider, frozen=True, kw_only=True):
    """One line of the list: its text `asked`, and the `proof` for the only provider that it names.

    `verdict` is "unread" if the directory could not be searched; "no_npi" for ten digits that are not an NPI. `near`
    are names with a similar spelling, if nobody has the name; `inside` are those of several with it who are listed.
    """

    asked: str
    verdict: str
    found: kit.Who = kit.Who(None, ())
    proof: kit.Proof | None = None
    near: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The provider's name in the directory."""
        return self.found.only[0].name if self.found.only else None

    @property
    def npi(self) -> str | None:
        """The provider's NPI."""
        return self.found.only[0].npi if self.found.only else None

    @property
    def is_number(self) -> bool:
        """Whether the line is an NPI, valid or not."""
        return _number_in(self.asked) is not None

    @property
    def places(self) -> tuple[kit.ProvenPlace, ...]:
        """The provider's places."""
        return self.proof.places if self.proof else ()

    @property
    def shown(self) -> kit.ProvenPlace | None:
        """The place for the line in the file: a proven one, or else another one."""
        return next((place for place in self.places if place.wanted), None) or next(iter(self.places), None)


class CheckedList(kit.WithDocument, frozen=True, kw_only=True):
    """The whole list; `left` lines were not checked, `doubles` are duplicates, checked once.

    With `every`, a provider must be in all of the networks. Without `wanted`, a network must be chosen first:
    `networks` are the choices, and `items` the list to continue with.
    """

    rows: tuple[Checked, ...] = ()
    wanted: tuple[str, ...] = ()
    every: bool = False
    networks: tuple[str, ...] = ()
    unclear: kit.Wanted | None = None
    left: int = 0
    most: int = MOST
    doubles: int = 0
    read: datetime | None = None
    items: str = ""

    @property
    def read_text(self) -> str:
        """The time at which the directory was read, in ISO 8601, UTC, to the second."""
        return self.read.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.read else ""

    @property
    def listed(self) -> int:
        """The number of lines whose provider is listed in a wanted network, at all or some places."""
        return sum(row.verdict in _INSIDE for row in self.rows)

    @property
    def unsure(self) -> int:
        """The number of lines that match several providers."""
        return sum(row.verdict == "several" for row in self.rows)


async def answer(ask: kit.Ask) -> CheckedList:
    """Return the result for each line, all at once; equal searches are combined."""
    lines = [" ".join(line.split()) for line in ask.arguments.get("items", "").split(_BETWEEN) if line.strip()]
    kept = tuple(dict.fromkeys(lines))
    named = await kit.in_own(ask, await kit.asked_networks(ask))
    wanted = named.names
    items = _BETWEEN.join(kept[:MOST])
    if not kept or named.unclear or not wanted:
        offered = await kit.network_names(ask) if kept else ()
        return CheckedList(unclear=named.unclear if kept else None, networks=offered, items=items)
    ask.budget.widen(pages=_PAGES * MOST, resources=_RESOURCES * MOST, total=_BYTES * MOST)
    pooled = ask.in_parts(named.searches)
    rows = await asyncio.gather(*(_checked(pooled, line, wanted, every=named.how == "and") for line in kept[:MOST]))
    ask.cite("PractitionerRole", [])
    found = CheckedList(
        rows=tuple(rows),
        wanted=wanted,
        every=named.how == "and" and len(wanted) > 1,
        left=max(0, len(kept) - MOST),
        doubles=len(lines) - len(kept),
        read=ask.moment(),
    )
    return replace(found, document=kit.Document("checked", {"list": found}, ("html", "csv")))


async def _checked(ask: kit.Ask, line: str, wanted: tuple[str, ...], *, every: bool) -> Checked:
    number = _number_in(line)
    if number and not kit.is_npi(number):
        return Checked(asked=line, verdict="no_npi")
    turned = _LASTS.fullmatch(line)  # "Kim, Minh" is Minh Kim in the directory
    slots = {"npi": number} if number else {"provider_name": f"{turned[2]} {turned[1]}" if turned else line}
    budget = ask.budget.alone()  # what one name misses says nothing of the others
    alone = replace(ask, slots=slots, words={}, said="", excluded={}, several={}, unmet={}, budget=budget)
    try:
        found = await kit.who(alone)
    except (kit.PayerError, kit.Unreadable):
        return Checked(asked=line, verdict="unread")
    finally:
        ask.report.absorb(budget.report)
    return summarize(line, alone, found, wanted, every=every)


def _number_in(line: str) -> str | None:
    """Return the ten digits of the line, or the only NPI among other words."""
    whole = _NUMBER.fullmatch(line)
    npis = {one for one in _AMONG.findall(line) if kit.is_npi(one)}
    return whole[1] if whole else npis.pop() if len(npis) == 1 else None


def summarize(line: str, ask: kit.Ask, found: kit.Who, wanted: tuple[str, ...], *, every: bool = False) -> Checked:
    """Return what the directory proves for the provider that a line names."""
    if found.only is None:
        unread = "npi" in ask.unmet or (found.state == "unknown" and not ask.report.complete)
        state = found.state if found.state in {"ended", "several"} else "unread" if unread else "unknown"
        near = tuple(one.name for one in found.near if one.name) if state == "unknown" else ()
        inside = [
            rows[0].name for rows in found.found if kit.proof_of(ask, rows, wanted, every=every).verdict in _INSIDE
        ]
        names = tuple(name for name in inside if name)
        return Checked(asked=line, verdict=state, found=found, near=near[:_MOST_NEAR], inside=names)
    proof = kit.proof_of(ask, found.only, wanted, every=every)
    if proof.verdict in _ABSENT and any(gap.kind != "type_refused" or gap.type in _ROLES for gap in ask.report.gaps):
        return Checked(asked=line, verdict="unread")
    return Checked(asked=line, verdict=proof.verdict, found=found, proof=proof)
