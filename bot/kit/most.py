"""A list of claims ranked, counted or averaged: by doctors, places, drugs, kinds of care, months, visits or fills."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import asdict, replace

from bot.kit.amounts import amount_in
from bot.kit.ask import Ask, span_of, text_of
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import SINGULAR, count_asked, order_asked
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.live import Live
from bot.records.money import Amount
from bot.records.shapes import grouped

Measure = Literal["amount", "count", "average"]
SHOWN, MOST_SHOWN = 6, 10
LONG = timedelta(days=730)
"""How far back an average or a count looks where no time is named."""
_YEARS, _DECADE = 3, timedelta(days=3653)
_CENT = Decimal("0.01")
_EVER = frozenset({"ever", "lifetime", "jamas", "vida"})
# With these words "the most" is the most money; without them it is how often.
_MONEY = frozenset(
    {"pay", "pays", "paid", "paying", "spend", "spent", "spending", "cost", "costs", "costing", "charge", "charges"}
    | {"charged", "bill", "billed", "owe", "owed", "money", "price", "priced", "much", "dollars", "share", "copay"}
    | {"pague", "pago", "paga", "pagado", "pagamos", "gaste", "gasto", "gastado", "gastamos", "costo", "cuesta"}
    | {"cobro", "cobra", "cobraron", "cobrado", "debo", "debi", "dinero", "precio", "cuanto", "salio", "sale", "copago"}
    | {"budget", "wallet", "expense", "expenses", "expensive", "presupuesto", "cartera", "caro", "cara", "costado"}
)


# How often is compared, and no money, where one of each is said and no word of money.
_MORE = frozenset({"more", "less", "fewer", "often", "oftener", "mas", "menos"})
_HAD = frozenset(
    {"often", "oftener", "times", "visits", "appointments", "sessions", "fills", "refills", "prescriptions", "claims"}
    | {"go", "went", "gone", "going", "been", "see", "saw", "seen", "visit", "visited", "use", "used", "fill", "filled"}
    | {"veces", "seguido", "menudo", "visitas", "citas", "consultas", "recetas", "reclamos", "reclamaciones", "voy"}
    | {"fui", "ido", "vamos", "fuimos", "veo", "vi", "visto", "visite", "uso", "use", "surti", "surto", "surtido"}
)


_GROUPS: Mapping[str, frozenset[str]] = {
    "kind": frozenset({"kind", "kinds", "type", "category", "tipo", "clase", "categoria"}),
    "doctor": frozenset({"doctor", "doctors", "provider", "providers", "medico", "doctora", "proveedor"}),
    "place": frozenset({"place", "facility", "office", "clinic", "lugar", "clinica"}),
    "pharmacy": frozenset({"pharmacy", "pharmacies", "drugstore", "farmacia"}),
    "drug": frozenset({"drug", "drugs", "medicine", "med", "medication", "prescription", "medicina", "medicamento"}),
    "month": frozenset({"month", "months", "mes", "meses"}),
    "year": frozenset({"year", "years", "ano", "anos"}),
}
"""What a sum is divided by, by the words behind "by"."""
_EACH, _USUAL = (
    frozenset({"each", "every", "cada"}),
    frozenset({"average", "usually", "typically", "promedio", "suelo"}),
)
_ONE_BY_ONE = SINGULAR | {
    *("one", "time", "fill", "refill", "prescription", "una", "uno", "vez", "receta"),
}


class Share(msgspec.Struct, frozen=True):
    """One of a group: how many claims it has, their sum, and how many `times` care was had. Of visits, `claim` is one.

    The times are days of care, or fills of prescriptions, or claims where those were counted.
    """

    name: str
    claims: int
    amount: Amount | None
    claim: Claim | None = None
    times: int = 0

    @property
    def average(self) -> Amount | None:
        """The sum by each time, to the cent."""
        return (
            Amount((self.amount.value / self.times).quantize(_CENT), self.amount.currency)
            if self.amount and self.times
            else None
        )

    def size(self, measure: Measure) -> Decimal | None:
        """Return what the group is ranked by; None where this one does not tell it."""
        amount = self.average if measure == "average" else self.amount
        return Decimal(self.times) if measure == "count" else amount.value if amount else None


class Ranking(msgspec.Struct, frozen=True):
    """What a question ranks: a `group`, by `measure`, the `least` first or the most; `counted` is what times are.

    `most` is how many of them are shown.
    """

    group: str
    least: bool
    measure: Measure
    counted: str
    most: int = SHOWN


class Most(Ranking, frozen=True):
    """The shares of a group in the order that was asked for; `of` counts them all, `ties` those that are first."""

    of: int = 0
    ties: int = 0
    shares: tuple[Share, ...] = ()

    @property
    def first(self) -> Share:
        """The one that is asked for."""
        return self.shares[0]


def grouped_by(ask: Ask) -> str | None:
    """Return the group that the words divide a sum by: "by pharmacy", "split by month", "por tipo"; None if none."""
    said = words_of(ask.said)
    behind = [word for at, word in enumerate(said) if {"by", "por"} & set(said[max(0, at - 2) : at])]
    return next((group for word in behind for group, words in _GROUPS.items() if word in words), None)


def each_asked(ask: Ask) -> bool:
    """Return whether every visit, fill or claim is asked for by itself: "what did each one run me"."""
    said = words_of(ask.said)
    near = (set(said[at + 1 : at + 4]) for at, word in enumerate(said) if word in _EACH)
    return not _USUAL & set(said) and any(_ONE_BY_ONE & words for words in near)


def ranking_asked(ask: Ask) -> Ranking | None:
    """The ranking that was asked for: of the providers where only the most or the least is named."""
    order, rank = order_asked(ask), text_of(ask, "rank")
    unit, group = text_of(ask, "unit"), text_of(ask, "group")
    one = group or (_ONE_OF.get(unit or "") if "average" not in ask.slots else None)
    money = bool(_MONEY.intersection(words_of(ask.said)))
    shown = count_asked(ask, MOST_SHOWN) if "average" not in ask.slots else None
    if shown and not unit:
        one = one or "claim"  # "my five biggest" names no group
    if order in {"biggest", "smallest"}:
        least, measure = order == "smallest", _by_money(ask)
    elif rank in {"most", "least"} and (one or unit):
        least, measure = rank == "least", _by_money(ask) if money else "count"
    elif rank in {"often", "seldom"}:
        least, measure = rank == "seldom", "count"
    elif (by := grouped_by(ask)) in _RANKED_BY:
        one, least, measure = by, False, "amount"
    else:
        return None
    if measure == "count" and one in _SINGLE:  # each of them was had once
        one = "drug" if unit == "fill" else None
    return Ranking(one or "provider", least, measure, _counted(one, unit), shown or SHOWN)


def _by_money(ask: Ask) -> Measure:
    return "average" if "average" in ask.slots else "amount"


def _counted(group: str | None, unit: str | None) -> str:
    """Return what counts as one time: a claim, a fill, or a day of care."""
    return "claim" if unit == "claim" else "fill" if unit == "fill" or group in {"drug", "pharmacy"} else "visit"


def counts_asked(ask: Ask, wanted: ClaimWish) -> str | None:
    """Return what is counted where two sides are compared by how often: visits, fills or claims; None for money."""
    said = set(words_of(ask.said))
    if said & _MONEY or not (said & _MORE and said & _HAD):
        return None
    if said & {"claims", "reclamos", "reclamaciones"}:
        return "claim"
    return "fill" if unit_asked(ask, wanted) == "fill" else "visit"


def unit_asked(ask: Ask, wanted: ClaimWish) -> str:
    """Return what an average is for: each visit, fill, claim, month or year."""
    unit = text_of(ask, "unit")
    fills = wanted.claim_type == "pharmacy" or bool(wanted.drugs)
    care = bool(wanted.services) or wanted.claim_type == "professional"
    if unit in {"visit", "doctor"}:
        return "fill" if fills else "visit"
    return unit or ("fill" if fills else "visit" if care else "claim")


def times_asked(ask: Ask, back: timedelta | None = None) -> tuple[date | None, timedelta | None]:
    """Return since when, or else how far back, a ranking or average looks where the question names no time.

    All of the record where "ever" is said, years where one of them is asked for, and two years for how often and for
    an average; (None, `back`) otherwise.
    """
    ranking, this_year = ranking_asked(ask), date(ask.today.year, 1, 1)
    if span_of(ask) != (None, None):
        return None, back
    if says_ever(ask):
        return ask.today - _DECADE, None
    if ranking and ranking.group == "year":
        return this_year.replace(year=this_year.year - _YEARS), None
    many = "average" in ask.slots or (ranking and ranking.measure != "amount")
    return None, LONG if many or "number_of" in ask.slots else back


def says_ever(ask: Ask) -> bool:
    """Return whether the whole record is meant, by "ever" without a time."""
    return span_of(ask) == (None, None) and not _EVER.isdisjoint(words_of(ask.said))


def of_unit(ask: Ask, wanted: ClaimWish) -> ClaimWish:
    """Return the conditions with what the counted or averaged visits or fills are, unless other care is named."""
    unit, counted = text_of(ask, "unit"), counts_asked(ask, wanted)
    ranks = ranking_asked(ask) is not None or "average" in ask.slots or counted in {"visit", "fill"}
    if not ranks or wanted.claim_types or wanted.services or wanted.drugs:
        return wanted
    if kind := {"doctor": "professional", "fill": "pharmacy"}.get(unit or ""):
        return replace(wanted, claim_types=(kind,))
    visits = (unit == "visit" or counted == "visit") and not wanted.providers
    return replace(wanted, without_types=(*wanted.without_types, "pharmacy")) if visits else wanted


def most_of(ask: Ask, claims: Iterable[Claim], wanted: ClaimWish) -> Most | None:
    """The group that was asked for by what its claims come to; None where none was, or nothing in it has an amount."""
    ranking, open_ = ranking_asked(ask), [claim for claim in claims if not claim.sensitive]
    if ranking is None:
        return None
    found = _ranked(ranking, open_, wanted)
    return (
        _ranked(replace(ranking, group="provider"), open_, wanted) if ranking.group == "doctor" and not found else found
    )


def number_of(ask: Ask, claims: Iterable[Claim], wanted: ClaimWish) -> Most | None:
    """The members of a group whose number is asked for ("how many different doctors"), the most seen first."""
    group = text_of(ask, "number_of")
    ranking = Ranking(group, least=False, measure="count", counted=_counted(group, None)) if group else None
    return _ranked(ranking, [claim for claim in claims if not claim.sensitive], wanted) if ranking else None


def _ranked(ranking: Ranking, claims: Sequence[Claim], wanted: ClaimWish) -> Most | None:
    """The group in order; None where it has nothing, or nothing but zeros of which one would be the most."""
    counts, least = ranking.measure == "count", ranking.least
    is_of, key = _IS.get(ranking.group, _any), _KEYS.get(ranking.group, _whom)
    if ranking.group == "doctor" and ranking.counted == "fill":
        is_of, key = _any, _prescriber
    told = [claim for claim in claims if is_of(claim) and (counts or amount_in(claim, wanted) is not None)]
    sized = [
        (size, one)
        for one in _shares(told, key, wanted, ranking.counted)
        if one.name and (size := one.size(ranking.measure)) is not None
    ]
    sized.sort(key=lambda pair: (pair[0] if least else -pair[0], pair[1].name))
    if not sized or (sized[0][0] <= 0 and not least):
        return None
    ties = sum(1 for size, _ in sized if size == sized[0][0])
    return Most(**asdict(ranking), of=len(sized), ties=ties, shares=tuple(one for _, one in sized[: ranking.most]))


def shares_by(claims: Iterable[Claim], key: Callable[[Claim], str], wanted: ClaimWish) -> tuple[Share, ...]:
    """The sums by a key, the biggest first; a key whose claims are in several currencies has none."""
    sized = [(one.amount.value, one) for one in _shares(claims, key, wanted) if one.amount]
    return tuple(one for _, one in sorted(sized, key=lambda pair: (-pair[0], pair[1].name)))


def month_of(claim: Claim) -> str:
    """The month of the care, `2026-05`; the year alone where the claim tells no month, "" without a day."""
    day = claim.service.day
    return f"{day.year:04}-{day.month:02}" if day and day.month else str(day.year) if day else ""


def times_of(claims: Iterable[Claim], counted: str) -> int:
    """Return how many times care was had: days of care, or claims where fills or claims are counted."""
    rows = list(claims)
    return len(rows) if counted in {"fill", "claim"} else len({str(claim.service.day or claim.id) for claim in rows})


def since_first(ask: Ask, alive: Live) -> Ask:
    """Return a question about "ever" with the time that the record covers: from its first day of care until today."""
    days = [claim.service.day.first for claim in alive.claims if claim.service.day] if says_ever(ask) else []
    span = {"start": min(days).isoformat(), "end": ask.today.isoformat()} if days else None
    return replace(ask, slots={**ask.slots, "date_range": span}) if span else ask


def _shares(
    claims: Iterable[Claim], key: Callable[[Claim], str], wanted: ClaimWish, counted: str = "visit"
) -> list[Share]:
    return [_share(name, rows, wanted, counted) for name, rows in grouped(claims, key).items()]


def _share(name: str, rows: list[Claim], wanted: ClaimWish, counted: str) -> Share:
    given = [amount for claim in rows if (amount := amount_in(claim, wanted)) is not None]
    total = added(given) if len({amount.currency for amount in given}) == 1 else None
    return Share(name, len(rows), total, rows[0], times_of(rows, counted))


def _any(_claim: Claim) -> bool:
    return True


def _whom(claim: Claim) -> str:
    return claim.seen or claim.billing or claim.place or ""


def _where(claim: Claim) -> str:
    return claim.place or claim.billing or claim.seen or ""


def _prescriber(claim: Claim) -> str:
    return claim.prescriber or ""


def _drug(claim: Claim) -> str:
    return next((one.drug for one in claim.dispensed if one.drug), "")


def _year(claim: Claim) -> str:
    return str(claim.service.day.year) if claim.service.day else ""


_RANKED_BY = frozenset({"place", "pharmacy", "drug"})
_SINGLE = frozenset({"visit", "fill", "claim"})
# What one of a unit is ranked as, where no group is named.
_ONE_OF: Mapping[str, str] = {"visit": "visit", "doctor": "visit", "fill": "fill", "claim": "claim", "month": "month"}
_FACILITY = frozenset({"inpatient", "outpatient", "institutional"})
_IS: Mapping[str, Callable[[Claim], bool]] = {
    "doctor": lambda claim: claim.kind == "professional",
    "hospital": lambda claim: claim.kind in _FACILITY,
    "place": lambda claim: not claim.is_pharmacy,
    "pharmacy": lambda claim: claim.is_pharmacy,
    "drug": lambda claim: claim.is_pharmacy,
    "fill": lambda claim: claim.is_pharmacy,
    "visit": lambda claim: not claim.is_pharmacy,
}
_KEYS: Mapping[str, Callable[[Claim], str]] = {
    "hospital": _where,
    "place": _where,
    "pharmacy": lambda claim: claim.billing or claim.place or claim.seen or "",
    "drug": _drug,
    "kind": lambda claim: claim.kind or "",
    "month": month_of,
    "year": _year,
    "fill": lambda claim: claim.id,
    "visit": lambda claim: claim.id,
    "claim": lambda claim: claim.id,
}
