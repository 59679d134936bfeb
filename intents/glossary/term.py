"""The meaning of a term, and what the person's own coverage says about it: "Yours is $1,500.00"."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from bot import kit

_SHARES: Mapping[str, tuple[str, str | None]] = {
    "deductible": ("deductible", None),
    "out_of_pocket_max": ("out_of_pocket_max", None),
    "copay": ("copay", None),
    "coinsurance": ("coinsurance", None),
    "specialist": ("copay", "spvisit"),
    "pcp": ("copay", "gpvisit"),
    "urgent_care": ("copay", "urgentcare"),
    "emergency_care": ("copay", "emergency"),
    "telehealth": ("copay", "televisit"),
}
_KINDS = {"hmo": "HMO", "ppo": "PPO", "pos": "POS"}
_NETWORK, _GROUP, _ROLES = ("network", "in_network", "out_of_network"), "group_number", ("subscriber", "dependent")
_MODIFIER = re.compile(r"\bmodif(?:ier|icador)\s+([0-9a-z]{2})\b", re.IGNORECASE)
_ADJUSTMENT = re.compile(
    r"\b(?:(co|pr|oa|pi)[\s-]?|(?:adjustment|reason|denial|carc|de motivo|de ajuste|code|c[oó]digo)\s+)(\d{1,3})\b",
    re.IGNORECASE,
)
_EITHER = frozenset({"copay", "coinsurance"})
_OWN = {*_SHARES, *_KINDS, *_NETWORK, _GROUP, *_ROLES}


class Own(msgspec.Struct, frozen=True):
    """What the member's coverage states about a term.

    Attributes:
        kind: The kind of statement: "shares", "service", "network", "group", "kind" or "role".
        shares: The cost shares of that kind.
        text: The statement as text, such as the network's name.
        of_it: Whether the plan is of the kind that the term means.
    """

    kind: str
    coverage: kit.Coverage
    shares: tuple[kit.CostShare, ...] = ()
    text: str | None = None
    of_it: bool = False


class BillCode(NamedTuple):
    """A code on a bill or an explanation of benefits; `group` is the group code of an adjustment, such as "CO"."""

    kind: Literal["adjustment", "modifier", "procedure"]
    value: str
    group: str = ""


class Meaning(kit.Summary, frozen=True):
    """The one or two terms to explain, each with what the member's coverage states about the term.

    `code` is the code in the message, and `care` the kind of care for which the code is used.
    """

    terms: tuple[tuple[str, Own | None], ...]
    code: BillCode | None = None
    care: kit.CareKind | None = None

    @property
    def own(self) -> tuple[str, Own] | None:
        """The first term about which the coverage states something, with that statement; None if there is none."""
        return next(((term, own) for term, own in self.terms if own), None)


async def answer(ask: kit.Ask) -> Meaning:
    """Return the meaning of the terms, and in a private chat what the member's coverage states about them.

    If the coverage cannot be read, the meaning is returned without it.

    Raises:
        Reroute: The question is whether a copay or a coinsurance applies, or how long an approval takes;
            `coverage.workings` answers it.
    """
    kit.hand_over_waiting(ask, "coverage.workings")
    if code := code_in(ask.said, kit.text_of(ask, "procedure_code")):
        kinds = ask.care_kinds
        return Meaning((), code, kinds.narrowest(kinds.of_code(code.value)) if code.kind == "procedure" else None)
    keys = [key for key in (kit.text_of(ask, "term"), kit.text_of(ask, "other_term")) if key]
    if _EITHER.intersection(keys) and _asks_which(ask):
        raise kit.Reroute("coverage.workings", workings="copay_or_percent")
    every = await ask.own_coverages() if _OWN.intersection(keys) else ()
    current = [one for one in every if one.state(ask.today) == "current" and one.scope == "medical" and not one.labels]
    only = current[0] if len(current) == 1 else None  # with two medical plans it depends on the claim
    found = Meaning(tuple((key, _own(key, only) if only else None) for key in keys))
    ask.private = found.own is not None
    if found.own:
        ask.also_cite("Coverage", [found.own[1].coverage.id])
    return found


def _asks_which(ask: kit.Ask) -> bool:
    """Return whether the question is which of a copay and a coinsurance applies, or when."""
    said = set(kit.words_of(ask.said))
    both = len({"term", "other_term"} & ask.slots.keys()) > 1
    return "why_sometimes" in ask.asked.says or (kit.visit_kind(ask) is not None if both else said >= _EITHER)


def code_in(said: str, procedure: str | None) -> BillCode | None:
    """Return the first billing code in the message; `procedure` is a procedure code that was found before. Or None."""
    if found := _MODIFIER.search(said):
        return BillCode("modifier", found[1].upper())
    if procedure:
        return BillCode("procedure", procedure)
    found = _ADJUSTMENT.search(said)
    return BillCode("adjustment", str(int(found[2])), (found[1] or "").upper()) if found else None


def _own(term: str, coverage: kit.Coverage) -> Own | None:
    if term in _SHARES:
        kind, service = _SHARES[term]
        own = (one for one in coverage.costs if one.kind == kind and one.who != "family" and not one.drugs)
        shares = tuple(one for one in own if service in {None, one.service})
        return Own("service" if service else "shares", coverage, shares) if shares else None
    if term in _KINDS:
        return Own("kind", coverage, of_it=coverage.kind == _KINDS[term]) if coverage.kind else None
    if term in _ROLES:
        return Own("role", coverage) if coverage.relationship else None
    if term in _NETWORK:
        return Own("network", coverage, text=coverage.networks) if coverage.networks else None
    group = coverage.group if term == _GROUP else None
    return Own("group", coverage, text=group.value) if group and group.value else None
