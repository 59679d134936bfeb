"""Information in the message that no slot holds: the plan, the kind of visit, one, two or all visits, whose claims."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, span_of, text_of, values_of
from bot.kit.coverages import Coverages
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import PLURAL, SINGULAR
from bot.language.reading import Slot
from bot.records.care_kind import CareKind
from bot.records.claim import Claim
from bot.records.coverage import CostShare, Coverage
from bot.records.money import Amount

SCOPES = {"oral": "dental", "vision": "vision", "pharmacy": "drugs"}
"""The scope of a plan by the type of claim that it covers."""
Shares = tuple[Coverage, tuple[CostShare, ...]]
_WORDS = {
    "dental": ("dental", "dentist", "dentists", "teeth", "tooth", "dentista", "dientes", "muelas"),
    "vision": ("vision", "eye", "eyes", "glasses", "vista", "ojos", "lentes"),
    "drugs": (
        *("drug", "drugs", "pharmacy", "prescription", "prescriptions", "rx", "medication", "medications", "medicine"),
        *("medicinas", "medicamentos", "recetas", "farmacia"),
    ),
}

_NAMES: Mapping[str, tuple[str, ...]] = {
    "spvisit": ("specialist", "specialists", "specialty", "spec", "especialista", "especialistas", "espec"),
    "gpvisit": ("primary", "pcp", "gp", "primario", "primaria", "cabecera"),
    "emergency": ("emergency", "er", "emergencia", "emergencias"),
    "urgentcare": ("urgent", "urgente", "urgencia", "urgencias"),
    "televisit": ("telehealth", "virtual", "video", "telesalud", "telemedicina"),
    "inpthosp": ("hospital", "inpatient", "hospitalizacion"),
    "rx": ("prescription", "prescriptions", "rx", "receta", "recetas", "medicinas"),
}
"""Names of the services that copays are for, in both languages."""
# NUCC: family medicine, internal medicine, pediatrics, general practice.
_PRIMARY = frozenset({"207Q00000X", "207R00000X", "208000000X", "208D00000X"})

_FAMILY = frozenset({"family", "families", "familiar", "familia"})
_THAN, _MORE = frozenset({"than", "que"}), frozenset({"more", "pricier", "costlier", "higher", "mas", "mayor"})
_LESS = frozenset({"less", "cheaper", "lower", "menos", "menor"})
QuestionForm = Literal["amount", "date", "who", "which", "reason"]
_FORMS: Mapping[QuestionForm, re.Pattern[str]] = {
    "amount": re.compile(
        r"\b(?:how (?:much|many dollars)|what price|the (?:price|cost)|what d(?:o|id) i (?:owe|pay)|what did i spend"
        r"|cuant[oa]|precio)\b(?! (?:tiempo|dias|meses|semanas|falta|time)\b)"
    ),
    "date": re.compile(r"\b(?:when|wh(?:at|ich) da(?:y|te)|how long ago|cuando|que (?:dia|fecha)|hace cuanto)\b"),
    "who": re.compile(r"\b(?:who|whom|whose|quien|quienes)\b"),
    "which": re.compile(r"\b(?:which|what one|cual|cuales)\b"),
    "reason": re.compile(r"\b(?:why|how come|por que|what for)\b"),
}
"""The first words of each form of question; they determine how an answer begins. "Cuánto tiempo" asks for no amount."""

_ASKS_FOR = re.compile(
    r"\b(?:member|patient|caller|client|customer) (?:who )?"
    r"(?:wants?|needs?|wanted|is|asks?|asking|looking|lives?|would|has|called)\b"
    r"|\bfor (?:a|the|this|that) (?:member|patient|caller|client|customer)\b"
    r"|\b(?:miembro|afiliad[oa]|paciente|cliente) (?:que )?(?:quiere|necesita|busca|pide|pregunta|vive|llamo)\b"
    r"|\bpara (?:un|una|el|la|este|esta) (?:miembro|afiliad[oa]|paciente|cliente)\b"
)
"""Phrases of people who ask on behalf of someone else, such as a customer: their own network does not apply."""

_ONE = frozenset(
    {"one", "last", "latest", "newest", "recent", "first", "ultima", "ultimo", "reciente", "primera", "primer"}
)
_WHAT = ("what is", "whats", "what are", "how much is", "how much are", "how high", "cual es", "cuanto es", "de cuanto")
_SO_FAR = frozenset(
    {"met", "meet", "left", "remaining", "used", "close", "far", "spent", "hit", "reached", "progress", "toward", "at"}
    | {"still", "until", "more", "paid", "cumpli", "cumplido", "falta", "faltan", "queda", "quedan", "llevo", "usado"}
    | {"gastado", "pagado", "cerca", "alcance", "mas"}
)
"""Words about the standing with a yearly amount, which show that the amount itself is not in question."""
_MET = frozenset({"met", "meet", "hit", "reached", "reach", "satisfied", "maxed", "done", "full", "fully"}) | frozenset(
    {"cumpli", "cumplido", "cumplio", "cubri", "cubierto", "alcance", "alcanzado", "llegue", "llegado", "complete"}
)
_AUXILIARY = frozenset(
    {"am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "was", "were", "will", "would", "ya"}
)
"""Words that a question for a yes or a no begins with."""
_HOW = frozenset({"how", "what", "que", "como", "donde", "where"})


def form_asked(ask: Ask) -> QuestionForm | None:
    """Return the form of the question whose words come first; None for a button and for any other form."""
    said = " ".join(words_of(ask.said))
    found = [(match.start(), form) for form, words in _FORMS.items() if (match := words.search(said))]
    return min(found)[1] if found else None


def asks_one(ask: Ask) -> bool:
    """Return whether the single most or least expensive one is wanted, and not a reason, a day or a list."""
    said, form = set(words_of(ask.said)), form_asked(ask)
    single = form == "which" or bool(said & SINGULAR and not said & PLURAL)
    return single and form not in {"reason", "date"} and text_of(ask, "order") in {"biggest", "smallest"}


def asks_for_client(ask: Ask) -> bool:
    """Return whether the words mention a member, patient or caller whom the person serves."""
    return _ASKS_FOR.search(" ".join(words_of(ask.said))) is not None


def _asks_whether(ask: Ask) -> bool:
    """Return whether the words want a yes or a no: "have I met it", "¿ya lo cumplí?"."""
    said = words_of(ask.said)
    put = bool(said) and (said[0] in _AUXILIARY or ("?" in ask.said and ask.language != "en"))
    return put and form_asked(ask) is None and _HOW.isdisjoint(said)


def asks_yearly(ask: Ask) -> Literal["figure", "whether"] | None:
    """Return "figure" where a yearly amount itself is asked for, "whether" where it is asked if it is met."""
    said = words_of(ask.said)
    if any(what in " ".join(said) for what in _WHAT) and not _SO_FAR.intersection(said):
        return "figure"
    return "whether" if _asks_whether(ask) and not _MET.isdisjoint(said) else None


def scope_of(ask: Ask) -> str | None:
    """Return the kind of plan that the message names: dental, vision or drugs; None if there is none."""
    said = set(words_of(ask.said))
    return next((scope for scope, words in _WORDS.items() if said & set(words)), None)


def of_scope(plans: Iterable[Shares], scope: str | None) -> list[Shares]:
    """Return the plans of that kind with their shares; for drugs, also the drug shares of other plans."""
    found: list[Shares] = []
    for coverage, shares in plans if scope else ():
        own = tuple(share for share in shares if share.drugs or share.service == "rx")
        of_it = shares if coverage.scope == scope else own if scope == "drugs" else ()
        if of_it:
            found.append((coverage, of_it))
    return found


def of_family(plans: Iterable[Shares], ask: Ask) -> list[Shares]:
    """Return the plans with the family's shares alone, where the words ask for these and a plan names one."""
    every = list(plans)
    found = [(plan, own) for plan, shares in every if (own := tuple(one for one in shares if one.who == "family"))]
    if not found or _FAMILY.isdisjoint(words_of(ask.said)):
        return every
    ask.said_unmet("person")  # the family of a deductible is nobody whose record is asked for
    return found


def visit_kind(ask: Ask) -> str | None:
    """Return the code of the visit in question, by the words of the message or else by its specialty."""
    other = None if scope_of(ask) in {"dental", "vision"} else _visit_to(ask.slots.get("specialty"))
    return named_visit(ask) or other


def named_visit(ask: Ask) -> str | None:
    """Return the code of the visit that the message names."""
    words = set(words_of(ask.said))
    return next((code for code, names in _NAMES.items() if words & set(names)), None)


def side_named(ask: Ask) -> str | None:
    """In or out of network, when the question says it; a network's name says neither."""
    words = str(ask.slots.get("network") or "").casefold()
    return "out" if words.startswith("out") else "in" if words.startswith("in-") or words == "in network" else None


def named_visits(ask: Ask) -> tuple[str, ...]:
    """The codes of all visits that the message names, in the order of its words."""
    code_of = {word: code for code, names in _NAMES.items() for word in names}
    return tuple(dict.fromkeys(code_of[word] for word in words_of(ask.said) if word in code_of))


def confirms(ask: Ask, one: Amount | None, other: Amount | None) -> bool | None:
    """Whether the first is more, or less, than the second as it was asked; None where that was not, or is not told."""
    said = set(words_of(ask.said))
    more, less = bool(_MORE & said), bool(_LESS & said)
    if form_asked(ask) or not _THAN & said or more == less or not (one and other) or one.currency != other.currency:
        return None
    return one.value > other.value if more else one.value < other.value


def _visit_to(codes: object) -> str | None:
    """Return `gpvisit` or `spvisit`; plans distinguish primary care from specialists of any kind."""
    if not isinstance(codes, list) or not codes:
        return None
    return "gpvisit" if _PRIMARY.intersection(map(str, codes)) else "spvisit"


def asks_several(ask: Ask, wanted: ClaimWish) -> bool:
    """Return whether all visits are meant: plural words, or a time of several days without a single visit."""
    if wanted.order or wanted.number or not ask.said or len(wanted.services) > 1:
        return False
    said = set(words_of(ask.said)) - set(words_of(ask.words.get("date_range")))
    if said & _ONE:
        return False
    start, end = span_of(ask)
    if said & PLURAL or said & _plurals(wanted.kinds_of_care):
        return start is None or start != end
    return start is not None and start != end and not said & SINGULAR


def _plurals(kinds: Iterable[CareKind]) -> set[str]:
    """Return the plurals of the kinds' names: `mris`, `resonancias`."""
    return {f"{word}s" for kind in kinds for name in kind.names.values() for word in words_of(name)}


_SEVERAL = 2
_CAPITALS = re.compile(r"\b[^\W\d_a-z][^\W\d_]{2,}(?: [^\W\d_a-z][^\W\d_]{2,})*\b")


def by_side(ask: Ask) -> Ask:
    """Return the question with a named side of the network as the state of the claims.

    Claims say whether they were paid in network, but not in which one; a named network is reported as not applied.
    """
    side = (text_of(ask, "network") or "").casefold().replace("-", " ")
    state = {"out of network": "out_of_network", "in network": "in_network"}.get(side)
    if "network" in ask.slots and not state:
        ask.cannot("network")
    return replace(ask, slots={"state_of_claim": state, **ask.slots}) if state else ask


def by_name(ask: Ask, claims: Iterable[Claim]) -> Ask:
    """Return the question with the provider of a claim that it names without a slot.

    In full ("what I paid peak rehab"), or with two capitals or more of the name ("at Blue Heron").
    """
    if "provider_name" in ask.slots or "provider_name" in ask.excluded or not ask.said:
        return ask
    said, own = f" {' '.join(words_of(ask.said))} ", {word for text in ask.words.values() for word in words_of(text)}
    names = {name for claim in claims for name in (claim.seen, claim.billing, claim.place) if name}
    found = {name: words for name in names if len(words := words_of(name)) >= _SEVERAL and not own.issuperset(words)}
    named_ = [name for name, words in found.items() if f" {' '.join(words)} " in said]
    if not named_:
        parts = [run for run in _CAPITALS.findall(ask.said) if len(run.split()) >= _SEVERAL]
        parts = [run for run in parts if not own.intersection(words_of(run))]
        named_ = [run for run in parts if any(set(words).issuperset(words_of(run)) for words in found.values())]
    return replace(ask, slots={**ask.slots, "provider_name": max(named_, key=len)}) if named_ else ask


def by_names(ask: Ask, claims: Iterable[Claim]) -> Ask:
    """Return the question with every provider on a claim that it names with capitals: "compare Ríos with Prado".

    A provider in the slot that no claim names is kept, so that the answer can say that there is none.
    """
    own = {word for slot, text in ask.words.items() if slot != "provider_name" for word in words_of(text)}
    names = {frozenset(words_of(name)) - own for c in claims for name in (c.seen, c.billing)}
    found = [one for run in _CAPITALS.findall(ask.said) for one in _called(run, names)]
    known = {part for word in found for part in words_of(word)}
    held = [one for one in values_of(ask, "provider_name") if known.isdisjoint(words_of(one))]
    both = tuple(dict.fromkeys((*found, *held)))
    slot = Slot(" ".join(both), next(iter(both), None), values=both, how="and")
    return replace(ask, several={**ask.several, "provider_name": slot}) if len(both) > 1 else ask


def _called(run: str, names: Collection[frozenset[str]]) -> list[str]:
    """Return the names in a run of capitals: one of several words where a provider has them all, else each word."""
    every = frozenset[str]().union(*names)
    words = [word for word in run.split() if every.issuperset(words_of(word))]
    return [" ".join(words)] if any(name.issuperset(words_of(" ".join(words))) for name in names) and words else words


class TwoVisits(msgspec.Struct, frozen=True):
    """The copays of one plan for both, in the order of the words; `so`: what was asked of the two is so."""

    plan: Coverage
    one: CostShare
    other: CostShare
    so: bool | None


def two_visits(ask: Ask, coverages: Coverages) -> TwoVisits | None:
    """The two that the message names; None where it doesn't name two, or no plan of today has a copay for both."""
    named = named_visits(ask)
    for plan in coverages.current if len(named) == len(("one", "other")) else ():
        copays = {share.service: share for share in reversed(plan.costs) if share.amount and share.side != "out"}
        if copays.keys() >= set(named):
            one, other = (copays[code] for code in named)
            return TwoVisits(plan, one, other, confirms(ask, one.amount, other.amount))
    return None
