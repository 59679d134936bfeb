"""What a question ranks, counts, divides or averages, read from its words: doctors, months, drugs, kinds, visits."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, span_of, text_of
from bot.kit.sized import AmountLimits, Threshold, limits_asked
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import COUNTS, PLURAL, SINGULAR, count_asked, order_asked
from bot.records.live import Live

Measure = Literal["amount", "count", "average"]
SHOWN, MOST_SHOWN = 6, 10
LONG = timedelta(days=730)
"""How far back an average or a count looks where no time is named."""
YEAR, _YEARS, _DECADE = 12, 3, timedelta(days=3653)
_EVER = frozenset({"ever", "lifetime", "altogether", "overall", "jamas", "vida"})
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
_GROUPS: Mapping[str, tuple[str, str]] = {
    "kind": ("kind type category tipo clase categoria", "kinds types categories tipos clases categorias"),
    "doctor": (
        "doctor provider medico doctora proveedor",
        "doctors docs providers doctores doctoras medicos proveedores",
    ),
    "place": ("place facility office clinic lugar clinica", "places facilities offices clinics lugares clinicas"),
    "pharmacy": ("pharmacy drugstore farmacia", "pharmacies drugstores farmacias"),
    "drug": (
        "drug medicine med medication prescription medicina medicamento",
        "drugs medicines meds medications medicinas medicamentos",
    ),
    "month": ("month mes", "months meses"),
    "year": ("year ano", "years anos"),
}
"""The words for one of what claims are grouped by, and for several of them, in both languages."""
_GROUP_OF = {word: group for group, words in _GROUPS.items() for one in words for word in one.split()}
_EACH, _USUAL = (
    frozenset({"each", "every", "cada"}),
    frozenset({"average", "usually", "typically", "promedio", "suelo"}),
)
_ASKING = frozenset(
    {"have", "has", "had", "did", "do", "does", "am", "are", "is", "was", "were", "will"}
    | {"he", "hemos", "gaste", "gastamos", "pague", "pagamos", "debo", "costaron", "costo"}
)
_YES_OR_NO = frozenset({("yes", "or", "no"), ("yes", "no"), ("si", "o", "no")})
_ANY = SINGULAR | PLURAL | {"any", "anything", "each", "single", "one", "every", "something", "alguna", "algo", "cada"}
_BEGINS = 3
_LOWEST = frozenset({"lowest", "smallest", "cheapest", "least", "minimum", "menor", "minimo", "barato", "barata"})
_HIGHEST = frozenset({"highest", "biggest", "largest", "most", "maximum", "mayor", "maximo", "caro", "cara"})
_SENTENCE = re.compile(r"[.?!;]+(?:\s|$)")
_ONCE = {"once": 1, "twice": 2, "thrice": 3}
_HOW_OFTEN = re.compile(
    r"(?:(?P<over>more than|over|mas de)|(?P<under>less than|fewer than|under|menos de)|(?P<least>at least|al menos))?"
    r" ?(?:(?P<once>once|twice|thrice)|(?P<n>\d{1,3}|[a-z]+) (?P<or>or more |o mas )?(?:times|vez|veces))"
    r"(?P<more> or more| o mas)?\b"
)
_NONE = re.compile(
    r"\b(?:no|without|without any|zero|sin|ningun|ninguna) (?:claims?|visits?|care|appointments?|bills?|charges?|costs?"
    r"|reclamos?|reclamacion(?:es)?|visitas?|citas?|gastos?)\b"
    r"|\b(?:not|didnt|never|no) (?:see|go|have|visit|get|fui|vi|tuve)\b|\bnothing\b|\bnada\b"
)
_NUMBER = re.compile(
    r"\b(?P<times>how often|how many times|cuantas veces)\b"
    r"|\b(?:number of|how many|cuantos|cuantas|numero de) (?P<of>\w+)"
)
_IN_ONE = re.compile(
    r"\b(?:in|any|per|by|for|which|what|each|every|en|algun|que|cada|por) (?:a |an |one |any |each |single |un |una )*"
    r"(month|year|mes|ano)(?:s|es)?\b"
)
_ONE_BY_ONE = SINGULAR | {
    *("one", "time", "fill", "refill", "prescription", "una", "uno", "vez", "receta"),
}
_ONE_OF_A_GROUP = re.compile(
    r"\b(?:any|which|what|each|every|one|algun|alguna|que|cual|cada) "
    f"({'|'.join(words[0].replace(' ', '|') for words in _GROUPS.values())})\\b"
    f"|\\b({'|'.join(words[1].replace(' ', '|') for words in _GROUPS.values())})\\b"
)
_FILLS = frozenset({"fills", "refills", "prescriptions", "surtidos", "recetas"})
_RANKED_BY = frozenset({"place", "pharmacy", "drug"})
_SINGLE = frozenset({"visit", "fill", "claim"})
# What one of a unit is ranked as, where no group is named.
_ONE_OF: Mapping[str, str] = {"visit": "visit", "doctor": "visit", "fill": "fill", "claim": "claim", "month": "month"}


class Ranking(msgspec.Struct, frozen=True):
    """What a question ranks: a `group`, by `measure`, the `least` first or the most; `counted` is what times are.

    `most` is how many of them are shown. `sizes` are what each has to come to, in place of an order: "doctors that I
    saw only once"; with `every` each month is told in the order of time.
    """

    group: str
    least: bool
    measure: Measure
    counted: str
    most: int = SHOWN
    sizes: AmountLimits | None = None
    every: bool = False


def ends_asked(ask: Ask) -> bool:
    """Return whether both the least and the most are asked for: "the lowest and the highest that I paid"."""
    said = set(words_of(ask.said))
    return bool(said & _LOWEST and said & _HIGHEST)


def grouped_by(ask: Ask) -> str | None:
    """Return the group that the words divide a sum by: "by pharmacy", "split by month", "por tipo"; None if none."""
    said = words_of(ask.said)
    behind = [word for at, word in enumerate(said) if {"by", "por"} & set(said[max(0, at - 2) : at])]
    return next((_GROUP_OF[word] for word in behind if word in _GROUP_OF), None)


def each_asked(ask: Ask) -> bool:
    """Return whether every visit, fill or claim is asked for by itself: "what did each one run me"."""
    said = words_of(ask.said)
    near = (set(said[at + 1 : at + 4]) for at, word in enumerate(said) if word in _EACH)
    return not _USUAL & set(said) and any(_ONE_BY_ONE & words for words in near)


def ranking_asked(ask: Ask) -> Ranking | None:
    """The ranking that was asked for: of the providers where only the most or the least is named."""
    if (sized := _sized_group(ask)) is not None:
        return sized
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
    return Ranking(one or "provider", least, measure, counted_as(one, unit), shown or SHOWN)


def _sized_group(ask: Ask) -> Ranking | None:
    """Return a group of which each has to come to a size: "any doctor more than four times", "months without claims".

    Also each month with how often care was had: "the number of visits per month".
    """
    sentences = [" ".join(words_of(one)) for one in _SENTENCE.split(ask.said)]
    said = " ".join(sentences)
    for sentence in sentences:  # "two doctors. Did you charge me twice?" counts no doctors
        group = text_of(ask, "group") or ((one := _ONE_OF_A_GROUP.search(sentence)) and _GROUP_OF[one[1] or one[2]])
        if group in {*_GROUPS, "provider"} and (sizes := _often(sentence, group)):
            counted = counted_as(group, "claim" if "claim" in sentence else None)
            return Ranking(group, least=False, measure="count", counted=counted, most=MOST_SHOWN, sizes=sizes)
    period = text_of(ask, "group") or ((one := _IN_ONE.search(said)) and _GROUP_OF[one[1]])
    if period not in {"month", "year"}:
        return None
    number = _NUMBER.search(said)
    if number and (number["times"] or number["of"] in PLURAL | _FILLS):
        of = number["of"] or ""
        unit = "claim" if "claim" in of else "fill" if of in _FILLS else "visit"
        return Ranking(period, least=False, measure="count", counted=unit, most=YEAR, every=True)
    limits = limits_asked(ask)
    return Ranking(period, least=False, measure="amount", counted="claim", most=YEAR, sizes=limits) if limits else None


def threshold_asked(ask: Ask) -> Threshold | None:
    """Return the amount that the whole sum is compared with: "have I spent more than $1,000 this year".

    None where the limit is one of single claims, or the words ask for something else than a yes or no.
    """
    limits, words = limits_asked(ask), words_of(ask.said)
    said = any(words[at : at + len(run)] == run for run in _YES_OR_NO for at in range(len(words)))
    if limits is None or None not in (limits.over, limits.under) or not (said or _ASKING.intersection(words[:_BEGINS])):
        return None
    return None if _ANY.intersection(words) or _sizes_months(ask) else Threshold(limits)


def summed_wish(ask: Ask, wanted: ClaimWish) -> ClaimWish:
    """Return the conditions of a sum, without the limits of the sum itself, or of a month's."""
    return replace(wanted, limits=None) if threshold_asked(ask) or _sizes_months(ask) else wanted


def _sizes_months(ask: Ask) -> bool:
    """Return whether the limits are those of months or years, and not of single claims."""
    ranking = _sized_group(ask)
    return ranking is not None and ranking.sizes is not None and ranking.measure == "amount"


def sizes_group(ask: Ask) -> bool:
    """Return whether each of a group has to come to a size, or each month is told by itself."""
    return _sized_group(ask) is not None


def _often(said: str, group: str) -> AmountLimits | None:
    """Return how often each of a group has to be had; None if the words tell no number of times."""
    if group == "month" and _NONE.search(said):
        return _exactly(Decimal(0))
    for found in _HOW_OFTEN.finditer(said):
        word = found["once"] or found["n"] or ""
        count = int(word) if word.isdecimal() else _ONCE.get(word) or COUNTS.get(word)
        if count is None:
            continue
        number = Decimal(count)
        if found["over"] or found["under"]:
            return AmountLimits(over=number) if found["over"] else AmountLimits(under=number)
        more = found["least"] or found["or"] or found["more"]
        return AmountLimits(over=number, over_too=True) if more else _exactly(number)
    return None


def _exactly(size: Decimal) -> AmountLimits:
    return AmountLimits(size, size, over_too=True, under_too=True)


def _by_money(ask: Ask) -> Measure:
    return "average" if "average" in ask.slots else "amount"


def counted_as(group: str | None, unit: str | None) -> str:
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
    ranking = ranking_asked(ask)
    ranks = (
        ranking is not None
        or "number_of" in ask.slots
        or ends_asked(ask)
        or "average" in ask.slots
        or counted in {"visit", "fill"}
    )
    if "doctor" in {text_of(ask, "number_of"), ranking.group if ranking else None}:
        unit = "fill" if ranking and ranking.counted == "fill" else "visit"
        wanted = replace(wanted, claim_types=()) if wanted.claim_type == "professional" else wanted
    unit = ranking.counted if ranking and ranking.every else unit
    if not ranks or wanted.claim_types or wanted.services or wanted.drugs:
        return wanted
    unit = "fill" if text_of(ask, "number_of") in {"pharmacy", "drug"} else unit
    if kind := {"doctor": "professional", "fill": "pharmacy"}.get(unit or ""):
        return replace(wanted, claim_types=(kind,))
    visits = (unit == "visit" or counted == "visit") and not wanted.providers
    return replace(wanted, without_types=(*wanted.without_types, "pharmacy")) if visits else wanted


def since_first(ask: Ask, alive: Live) -> Ask:
    """Return a question about "ever" with the time that the record covers: from its first day of care until today."""
    days = [claim.service.day.first for claim in alive.claims if claim.service.day] if says_ever(ask) else []
    span = {"start": min(days).isoformat(), "end": ask.today.isoformat()} if days else None
    return replace(ask, slots={**ask.slots, "date_range": span}) if span else ask
