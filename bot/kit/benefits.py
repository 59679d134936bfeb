"""The operator's benefit table: what a service costs a member, by plan and network, and how the table is read from CSV.

The table's data does not come from the payer's records, and answers say so.
"""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec.structs import replace

from bot.kit.spelling import stands_at, words_of
from bot.records.care_kind import NO_KINDS, CareKinds
from bot.records.coverage import Coverage
from bot.records.money import Amount

SIDES = ("in", "out", "")


class Benefit(msgspec.Struct, frozen=True):
    """What a service costs the member under one plan, or under every plan if `plan` is empty.

    That is one row of the benefit table, or a share that a Coverage states.

    Attributes:
        plan: The id or the name of the plan.
        network: "in", "out", the name of a network, or empty for any.
        copay: In US dollars; may be combined with `percent`.
        percent: The member's share of the plan's price.
        text: The share in the plan's words, if these are neither an amount nor a percentage.
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
    text: str | None = None
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
        in_networks = words_of(coverage.networks)
        fit = [
            one
            for one in self.rows
            if one.service == service and (one.network in SIDES or stands_at(words_of(one.network), in_networks))
        ]
        classes = (coverage.classes.get(name) for name in ("plan", "subplan"))
        names = {words_of(text) for one in classes if one for text in (one.value, one.name) if text}
        own = [one for one in fit if one.plan and words_of(one.plan) in names]
        told = {one.is_outside for one in own} | {True for one in own if not one.network}
        every = [one for one in fit if not one.plan and coverage.scope == "medical"]
        others = [one for one in every if not own or (one.network and one.is_outside not in told)]
        return tuple(sorted((*own, *others), key=lambda one: (one.is_outside, not one.network)))


NO_BENEFITS = Benefits()


_NEEDED = ("service", "copay", "coinsurance", "deductible")
COLUMNS = ("plan", "network", *_NEEDED, "approval", "covered")
"""The columns besides `limit_en`, `words_en` and the same for other languages."""
_COLUMN = re.compile("|".join((*COLUMNS, r"(?:limit|words)_[a-z]{2}")))
_YES_NO = {"yes": True, "no": False, "": None}
_MOST_ROWS, _LONGEST = 5_000, 160
_HUNDRED, _CENTS = 100, -2


def read_benefits(
    text: str, kinds: CareKinds = NO_KINDS, networks: Collection[str] = ()
) -> tuple[Benefits, tuple[str, ...]]:
    """Return the table from a CSV text, and all errors by row and column; with any error the table is empty.

    `kinds` are the kinds of care of the pack, which need no words of their own in the table. `networks` are the names
    that a row may have as its network.
    """
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=False))
    head = [name.strip().casefold() for name in lines[0]] if lines else []
    faults = [
        *(f"row 1, column {name}: missing" for name in _NEEDED if name not in head),
        *(f"row 1, column {name or '(empty)'}: unknown" for name in head if not _COLUMN.fullmatch(name)),
        *(f"row 1, column {name}: twice" for name in dict.fromkeys(head) if head.count(name) > 1),
    ]
    if faults:
        return NO_BENEFITS, tuple(faults)
    table = _Table(kinds, networks)
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            table.add(number, head, [cell.strip() for cell in cells])
    faults += table.faults
    if not table.rows and not faults:
        faults.append("row 2: the table has no rows")
    return (NO_BENEFITS if faults else table.benefits()), tuple(faults)


class _Table:
    """Collects the rows of the CSV that were parsed so far, and their errors."""

    def __init__(self, kinds: CareKinds, networks: Collection[str]) -> None:
        self._kinds, self._networks = kinds, {name.casefold() for name in networks}
        self.rows: list[Benefit] = []
        self.faults: list[str] = []
        self._seen: dict[tuple[str, str, str], int] = {}
        self._words: dict[tuple[str, ...], tuple[str, int]] = {}
        self._number, self._cells = 0, dict[str, str]()

    def benefits(self) -> Benefits:
        """Return the table; a row without words takes the words of another row for the same service."""
        names = {row.service: row.names for row in self.rows if row.names}
        rows = tuple(replace(one, names=names.get(one.service, one.names)) for one in self.rows)
        told = [(words, service) for words, (service, _) in self._words.items()]
        return Benefits(rows, tuple(sorted(told, key=lambda one: (-len(one[0]), one[0]))))

    def add(self, number: int, head: Sequence[str], cells: Sequence[str]) -> None:
        """Parse one row of the CSV and add its rule and errors; `number` is the row number, `head` the column names."""
        self._number = number
        if len(cells) != len(head):
            self.faults.append(f"row {number}: {len(cells)} cells where the first row has {len(head)}")
            return
        if len(self.rows) >= _MOST_ROWS:
            self.faults += [f"row {number}: more than {_MOST_ROWS:,} rows"] if len(self.rows) == _MOST_ROWS else []
            return
        self._cells = dict(zip(head, cells, strict=True))
        for column, text in self._cells.items():
            if len(text) > _LONGEST or not text.isprintable():
                self._fault(column, f"more than {_LONGEST} characters, or some that cannot be shown")
        row = self._row()
        self._check(row)
        self.rows.append(row)

    def _row(self) -> Benefit:
        service = self._text("service").casefold().replace(" ", "_").replace("-", "_")
        kind = self._kinds.named(service)
        copay, percent = self._number_in("copay", "dollars"), self._number_in("coinsurance", "per cent")
        network = self._text("network")
        return Benefit(
            service=service,
            plan=self._text("plan"),
            network=network.casefold() if network.casefold() in SIDES else network,
            copay=Amount(copay or Decimal(0)) if copay is not None or percent == 0 else None,
            percent=percent or None,
            deductible=bool(self._yes_no("deductible")),
            approval=self._yes_no("approval"),
            covered=self._yes_no("covered") is not False,
            limits=self._by_language("limit"),
            names={language: tuple(text.split("|")) for language, text in self._by_language("words").items()}
            or ({language: (kind.bare(language),) for language in kind.names} if kind else {}),
        )

    def _text(self, column: str) -> str:
        return self._cells.get(column, "")

    def _fault(self, column: str, what: str) -> None:
        self.faults.append(f"row {self._number}, column {column}: {what}")

    def _check(self, row: Benefit) -> None:
        """Report what is wrong with the share, the place and the phrases of a row, and store the phrases."""
        told, plain = self._text("copay") or self._text("coinsurance"), row.network.casefold()
        known = row.names or any(one.service == row.service and one.names for one in self.rows)
        before = self._seen.setdefault((row.plan.casefold(), plain, row.service), self._number)
        for column, is_wrong, what in (
            ("copay", row.covered and not told, "a copay, a coinsurance or both are needed (0 where nothing is paid)"),
            ("copay", not row.covered and told, "a service that is not covered has no share"),
            ("deductible", row.covered and not self._text("deductible"), "yes or no is needed"),
            ("coinsurance", (row.percent or 0) > _HUNDRED, "more than 100 per cent"),
            ("service", not row.service, "missing"),
            (
                "service",
                row.service and not known,
                f'"{row.service}" is no kind of care of the pack: its words_en are needed',
            ),
            (
                "network",
                plain not in {*SIDES, *self._networks},
                f'"{row.network}" is neither in, out, nor a network of the pack',
            ),
            ("service", before != self._number, f"the same plan, network and service as row {before}"),
        ):
            if is_wrong:
                self._fault(column, what)
        for text in (text for texts in row.names.values() for text in texts):
            words = words_of(text)
            if not words:
                self._fault("words_en", "an empty phrase")
                continue
            service, number = self._words.setdefault(words, (row.service, self._number))
            if service != row.service:
                self._fault("words_en", f'"{text}" means {service} in row {number}')

    def _number_in(self, column: str, unit: str) -> Decimal | None:
        text = self._text(column).removeprefix("$").removesuffix("%").replace(",", "")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0 or value.as_tuple().exponent < _CENTS:  # type: ignore[operator] # it is finite
            self._fault(column, f'"{self._text(column)}" is no number of {unit}')
            return None
        return value

    def _yes_no(self, column: str) -> bool | None:
        text = self._text(column).casefold()
        if text not in _YES_NO:
            self._fault(column, f'"{self._text(column)}" is neither yes nor no')
        return _YES_NO.get(text)

    def _by_language(self, what: str) -> dict[str, str]:
        """Return the texts of columns such as "limit" by language; report a missing one, unless all are missing."""
        columns = [name for name in self._cells if name.startswith(f"{what}_")]
        given = {name.removeprefix(f"{what}_"): self._text(name) for name in columns if self._text(name)}
        for name in columns if given else ():
            if not self._text(name):
                self._fault(name, "missing beside the other language")
        return given
