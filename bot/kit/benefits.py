"""The benefit table supplied by the operator: what a service costs a member, by plan and network.

The table's data does not come from the payer's records, and answers say so.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from bot.kit.spelling import words_of
from bot.records.coverage import Coverage
from bot.records.money import Amount

SIDES = ("in", "out", "")


class Benefit(msgspec.Struct, frozen=True):
    """One row of the benefit table: the rule for a service under one plan, or under every plan if `plan` is empty.

    Attributes:
        plan: The id or the name of the plan.
        network: "in", "out", the name of a network, or empty for any.
        copay: In US dollars; may be combined with `percent`.
        percent: The member's share of the plan's price.
        deductible: Whether the deductible must be paid first.
        approval: Whether approval is required; None if the table does not say.
        limits: The limits on the service, such as a number of visits, as text by language.
        names: The names of the service by language; answers use the first one.
    """

    service: str
    plan: str = ""
    network: str = ""
    copay: Amount | None = None
    percent: Decimal | None = None
    deductible: bool = False
    approval: bool | None = None
    covered: bool = True
    limits: Mapping[str, str] = msgspec.field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def is_outside(self) -> bool:
        """Whether the rule is for out-of-network care."""
        return self.network == "out"

    @property
    def is_free(self) -> bool:
        """Whether the member pays nothing: the rule has no deductible, copay or coinsurance."""
        return not (self.deductible or (self.copay and self.copay.value) or self.percent)

    def name(self, language: str) -> str:
        """Return the name of the service in a language, or else in English, or else its key."""
        return next(iter(self.names.get(language) or self.names.get("en") or (self.service,)))

    def limit(self, language: str) -> str:
        """Return the limit in a language, or else in English, in the operator's words; "" if there is none."""
        return self.limits.get(language) or self.limits.get("en") or ""


class Benefits(msgspec.Struct, frozen=True):
    """All rows of the benefit table, in its order; `phrases` are (words, service) pairs, longest first."""

    rows: tuple[Benefit, ...] = ()
    phrases: tuple[tuple[tuple[str, ...], str], ...] = ()

    def of(self, coverage: Coverage, service: str) -> tuple[Benefit, ...]:
        """Return the rules for a service under a coverage, in-network rules first.

        A row without a plan applies to medical plans only, and only if the plan has no row of its own for that side of
        the network.
        """
        fit = [one for one in self.rows if one.service == service and _of_network(one, coverage)]
        own = [one for one in fit if one.plan and _named_alike(one.plan, _plan_names(coverage))]
        told = {one.is_outside for one in own} | {True for one in own if not one.network}
        every = [one for one in fit if not one.plan and coverage.scope == "medical"]
        others = [one for one in every if not own or (one.network and one.is_outside not in told)]
        return tuple(sorted((*own, *others), key=lambda one: (one.is_outside, not one.network)))


NO_BENEFITS = Benefits()


def stands(words: Sequence[str], within: Sequence[str]) -> bool:
    """Return whether the words occur consecutively in `within`."""
    size = len(words)
    return bool(size) and any(tuple(within[at : at + size]) == tuple(words) for at in range(len(within)))


def _plan_names(coverage: Coverage) -> list[str]:
    """Return the numbers and names of the coverage's plan and subplan."""
    classes = (coverage.classes.get("plan"), coverage.classes.get("subplan"))
    return [text for one in classes if one for text in (one.value, one.name) if text]


def _named_alike(plan: str, names: Iterable[str]) -> bool:
    return any(words_of(plan) == words_of(name) for name in names)


def _of_network(one: Benefit, coverage: Coverage) -> bool:
    return one.network in SIDES or stands(words_of(one.network), words_of(coverage.networks))
