"""The facts about a provider that a message asks for, such as phone or languages, and what the listings say of each."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from bot.kit.around import SearchArea, street_of
from bot.kit.ask import Ask
from bot.kit.cards import Card, bare_name, cards
from bot.kit.conditions import conditions, is_title, kind_codes
from bot.kit.givers import care_done
from bot.kit.network_names import is_named_network
from bot.kit.opening import OpenAt, open_at
from bot.kit.organizations import telling_words
from bot.kit.plans import among
from bot.kit.spelling import outermost, stands_at, words_of
from bot.language.context import FACTS
from bot.records.listing import Listing

_CALLERS = frozenset({
    *("mbr", "mbrs", "member", "members", "pt", "pts", "patient", "patients", "caller", "calling", "client", "phone"),
    *("daughter", "son", "wife", "husband", "mother", "father", "mom", "dad", "line", "hold", "for", "my", "the", "a"),
})  # fmt: skip
"""The words of a desk for whom it asks, which narrow nothing."""
FactTest = Literal["said", "unsaid", "yes", "no", "partly"]
_WOMAN, _MAN = "woman|female|lady|mujer", "man|male|guy|hombre|var[oó]n"
_CALLER = re.compile(r"\b(?:an?|the|this) \w+ (?:is )?on (?:the |my )?(?:phone|line)\b", re.IGNORECASE)
_ASKS: Mapping[str, re.Pattern[str]] = {
    about: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for about, words in {
        "phone": r"(?:tele)?phones?|ph|call|numbers?|tel[eé]fonos?|n[uú]meros?|llamar(?:le)?|tel"
        r"|book|schedule|set up|agendar|(?:make|get|hacer|sacar) (?:\w+ )?(?:an? |una )?(?:app(?:oin)?t\w*|cita)",
        "fax": r"fax(?:es)?(?: numbers?)?|n[uú]meros? de fax",
        "npi": r"npis?(?: numbers?)?|n[uú]mero npi",
        "tin": r"tins?|tax[ -]?ids?(?: numbers?)?|eins?",
        "email": r"e-?mails?(?: address(?:es)?)?|write|message|correos?(?: electr[oó]nicos?)?|escr[ií]b\w*|mensaje",
        "web": r"web(?: ?(?:sites?|pages?|address))?|urls?|homepages?|online|sitio|p[aá]gina",
        "address": r"addr\w*|(?:suites?|stes?)(?: numbers?)?|street|where|locat(?:ed|ion)|directions?"
        r"|(?<!in )(?:town|city)|(?:what|which) office|(?:(?<=and )|(?<=[,+&] ))office(?= ?(?:[?.,;]|and\b|$))"
        r"|direcci[oó]n\w*|d[oó]nde|llegar|ciudad",
        "places": r"moved?(?: (?:offices|locations|out))?|mud[oóa]\w*|otra direcci[oó]n"
        r"|still (?:at|with|in(?!(?: \w+){0,2} (?:netw?(?:ork)?s?|ntwk|plan|[pslem])\b))"
        r"|(?:more than one|multiple|(?:an)?other|second|same|old|main|only)"
        r" (?:addr\w*|offices?|loc(?:ation)?s?|places?)",
        "hours": r"hours?|hrs|times?|opens?|closes?(?! (?:to|by)\b)|when|cu[aá]ndo|horarios?|horas?"
        r"|(?:what|which|qu[eé]) (?:days|d[ií]as)|abren?|cierran?",
        "specialty": r"specs?|special(?:i?t)\w+|speciali[sz](?!ts?\b)\w+|what kind of (?:doctor|doc|dr|provider)"
        r"|especiali\w+|qu[eé] tipo de (?:m[eé]dico|doctor)",
        "taxonomy": r"taxonom\w+(?: codes?)?",
        "languages": r"langs?|languages?|idiomas?|lenguas?",
        "gender": rf"gender|sex|g[eé]nero|sexo|(?:{_WOMAN}|{_MAN}) (?:or|o) (?:an? |una? )?(?:{_WOMAN}|{_MAN})",
        "female": _WOMAN,
        "male": _MAN,
        "networks": r"nets?|networks?|red|redes",
        "practice": r"(?:clinic|practice|group|office|facility)(?:'?s)? name|name of (?:the |h?er |his |their )?"
        r"(?:clinic|practice|group|office)|(?:which|what) (?:clinic|practice|group)"
        r"|(?:(?<=and )|(?<=[,+&] ))group(?= ?(?:[?.,;]|and\b|$))|nombre (?:de la|del) \w+",
        "affiliations": r"(?:hosp\w*(?: \w+){0,3} )?(?:affs?|affil\w*|privs?|privileg\w*)|admits?|afiliad\w+"
        r"|(?:what|which|qu[eé]) hosp\w*",
        "accepting_new": r"new (?:patients?|pts?)|accepting(?! (?:blue|net\w*|bcbst?|\w)\b)|panel|anp"
        r"|(?:tak|accept|acc)\w* (?:\w+ )?(?:new|patients|pts)|pacientes nuevos",
        "active": r"active|activ[oa]|retired|jubil\w+|still (?:there|listed|practic\w+)|sigue (?:ah[ií]|all[ií])",
        "updated": r"how (?:old|current|recent)|(?:when\b.*)?(?:last )?(?:updated|checked|verified)(?: when)?"
        r"|out of date|(?:cu[aá]ndo\b.*)?actualiz\w+|qu[eé] tan vieja",
        "distance": r"how (?:far(?! (?:out|ahead|behind|in))|close|near)|distances?|miles"
        r"|qu[eé] tan lejos|distancia|a cu[aá]ntas millas",
    }.items()
}
_SLOTS = ("accepting_new", "language", "telehealth", "wheelchair", "open_at", "age_group", "wish")
_FEW = 2  # words
_THERE = re.compile(r"\b(?:does|has|is|still|sees?|tiene|atiende)\b.* (?:in|at|en) $", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:more than one|multiple|(?:an)?other|second|otra|m[aá]s de un[oa]?)\b", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|[uú]nic[oa]) \w+", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:when|what time|how (?:late|early)|cu[aá]ndo|qu[eé] hora)\b", re.IGNORECASE)
_GOES_ON = re.compile(r" (?!and\b|or\b|any|now\b|still\b|too\b|also\b|y\b|o\b|todav)\w")  # "is the lab in Memphis open"
_NEAR = re.compile(r"\b(near|nearby|close|far|cerca|lejos)\b", re.IGNORECASE)  # asks how far, beside a place
_TOLD_BY = {"address": "places", "languages": "language", "hours": "open_at", "networks": "network"}
_TOLD_BY |= {"npi": "npi", "tin": "tin"}
"""Facts that are not asked for by their own word if this slot or fact is, too: "taking patients in network P"."""
OF_PLACE = frozenset({"phone", "fax", "email", "web", "address", "hours"})
"""The facts that each place of a provider has for itself."""
_NOT_SHOWN = frozenset({"npi", "fax", "email", "web", "tin", "taxonomy", "hours", "gender", "practice", "affiliations"})
ONE_OF_A_LIST = _NOT_SHOWN - {"gender"} | {"phone", "address"}
"""The facts that a question which names a provider asks of that one, and not of a list."""
_TOLD_APART = _NOT_SHOWN | frozenset(
    {"phone", "specialty", "languages", "accepting_new", "places", "language", "telehealth", "wheelchair"}
)


class ProviderFact(msgspec.Struct, frozen=True):
    """What the listings say about one fact: values ("said"), an answer "yes", "no" or "partly", or no value ("unsaid").

    Attributes:
        about: The fact that was asked for: a slot, or a fact such as "phone".
        yes: The values. For new patients, the networks that accept them; for a language or gender, those that are
            listed.
        no: The networks that do not accept new patients.
        words: The person's words for a condition; `opening`: when a place has to be open.
        own: The member's own networks, where some networks accept new patients and others do not.
    """

    about: str
    verdict: FactTest
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    words: str = ""
    opening: OpenAt | None = None
    own: tuple[str, ...] = ()

    @property
    def in_own(self) -> bool | None:
        """Whether all of the own networks accept new patients; False if none does, None if some do or it is unknown."""
        accepting = {name in self.yes for name in self.own if name in self.yes or name in self.no}
        return accepting.pop() if len(accepting) == 1 else None

    @property
    def is_unsaid(self) -> bool:
        """Whether no listing states it; telehealth or wheelchair access that is not listed may still be there."""
        return self.verdict == "unsaid" or (self.verdict == "no" and self.about in {"telehealth", "wheelchair"})

    @property
    def is_value(self) -> bool:
        """Whether the fact has values instead of an answer of yes or no."""
        return self.verdict == "said" or (self.about in _VALUES and self.verdict == "unsaid")


def facts_asked(ask: Ask, name: str | None = None) -> tuple[str, ...]:
    """Return the facts that the message asks for, in the order of its words; the provider's `name` is ignored.

    If the message asks for none, return the facts that the previous question asked for.
    """
    own, held = set(words_of(name)), {**ask.beside, **ask.slots}
    asks = _CALLER.sub(lambda found: " " * len(found[0]), ask.said)
    spans = [one for one in _spans(asks) if not own.issuperset(words_of(ask.said[one[0] : one[1]]))]
    if "location" in ask.slots and "open_at" not in held:
        spans += [(*found.span(), "distance") for found in _NEAR.finditer(ask.said)]
    place, (before, _, after) = held.get("location"), asks.partition(ask.words.get("location") or "\n")
    placed = isinstance(place, Mapping) and not place.keys().isdisjoint(("city", "zip"))
    spans += [(len(before), len(before), "places")] if "location" in ask.excluded else []
    there = placed and _THERE.search(before) and not _GOES_ON.match(after)
    for slot in (*_SLOTS, "location") if there else _SLOTS:
        said = ask.words.get(slot, "").split(", ")[0]
        if held.get(slot) and (said or slot != "wish") and (at := ask.said.casefold().find(said.casefold())) >= 0:
            told = slot == "wish" and any(one[0] <= at and at + len(said) <= one[1] for one in spans)
            few = slot == "wish" and len(said.split()) <= _FEW  # "hrs tmrw"
            told = told or (few and any(at <= one[0] and one[1] <= at + len(said) for one in spans))
            spans += [] if told else [(at, at + len(said), slot)]
    # Words within longer ones ask for nothing, such as the number of "fax number".
    asked = tuple(dict.fromkeys(about for *_, about in sorted(outermost(spans))))
    asked = tuple(about for about in asked if _TOLD_BY.get(about) not in {*ask.slots} | {*asked} & {"places"}) or asked
    if _WHEN.search(ask.said):
        asked = tuple(dict.fromkeys("hours" if about == "open_at" else about for about in asked))
    two = "provider_name" in ask.several or "other_name" in ask.slots  # "which one is the surgeon and takes Network S"
    if two and "specialty" in held and "specialty" not in asked and not is_title(ask.words.get("specialty", "")):
        asked = (*asked, "specialty")
    if "network" in (held if two else ask.beside) and {*asked}.isdisjoint(("networks", "accepting_new")):
        asked = (*asked, "networks")  # new patients are told by network
    if asked:
        ask.named[FACTS] = " ".join(asked)
    return asked or tuple(ask.arguments.get(FACTS, "").split())


def facts_in(said: str) -> frozenset[str]:
    """Return the facts of a listing for which a text asks."""
    return frozenset(about for *_, about in _spans(said))


def asks_fact(said: str, about: str) -> bool:
    """Return whether a text asks for this fact of a listing."""
    return _ASKS[about].search(said) is not None


def _spans(said: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and the fact of each phrase in a text that asks for a fact."""
    for about, asks in _ASKS.items():
        yield from ((*found.span(), about) for found in asks.finditer(said))


def without_facts(name: str) -> str:
    """Return a name without the words that ask for a fact: "Hamza Beasley" for "Hamza Beasley specialize"."""
    return " ".join(word for word in name.split() if not any(asks.fullmatch(word) for asks in _ASKS.values()))


def words_unknown(ask: Ask) -> str:
    """Return the unknown words in the description of the requested provider; "" if there are none."""
    return ask.words.get("wish", "") if ask.slots.get("wish") == "words" else str(ask.beside.get("unknown", ""))


def tells_caller(ask: Ask) -> bool:
    """Return whether the unknown words only say for whom a desk asks: "mbr's daughter calling"."""
    words = words_of(words_unknown(ask))
    return bool(words) and _CALLERS.issuperset(words)


def name_said(ask: Ask) -> str:
    """Return the words of the message that may be a name; "" if there are none.

    These are words unknown to the pack, or else the first words in a row that are no everyday words and not those of
    a slot, or else two words or more in capitals: "Iron Gate".
    """
    wish = words_unknown(ask)
    if wish and "," not in wish:
        return wish
    own = {word for slot, text in ask.words.items() if slot != "wish" for word in words_of(text)}
    said = [(word.strip(",.?!"), words_of(word)) for word in ask.said.split()]
    rare = (any(keys) and not any(ask.everyday(key) or key in own for key in keys) for _, keys in said)
    capital = (word[:1].isupper() and not own.intersection(keys) and at > 0 for at, (word, keys) in enumerate(said))
    for flags, least in ((rare, 1), (capital, 2)):
        rows = groupby(zip(said, flags, strict=True), key=lambda pair: pair[1])
        runs = [[word for (word, _), _ in row] for flag, row in rows if flag]
        if name := next((without_facts(" ".join(run)) for run in runs if len(run) >= least), ""):
            return name
    return ""


def name_among(ask: Ask, rows: Iterable[Listing]) -> str:
    """Return the words of the message that name one of the listings; "" if there are none.

    These are the first two distinguishing words of its name, or words that are neither everyday words nor of a slot.
    """
    texts = (text for slot, text in ask.words.items() if slot != "wish")
    said, own = words_of(ask.said), {word for text in (*texts, street_of(ask)) for word in words_of(text)}
    out = {word for phrase in ask.asked.barred for word in words_of(phrase)}
    best, names = "", tuple(dict.fromkeys(bare_name(row.name) for row in rows))
    out |= set.intersection(*map(set, map(words_of, names))) if len(names) > 1 else set()  # tells none from the others
    for name in names:
        beside = [word for word in words_of(name) if word in said]
        first = words_of(" ".join(telling_words(name)[:2])) if beside else ()
        rare = [word for word in beside if word not in own and not ask.everyday(word)]
        run = " ".join(first if len(first) > 1 and stands_at(first, said) else rare)
        best = run if len(run) > len(best) and out.isdisjoint(run.split()) else best
    return best.title()


def facts_of(ask: Ask, card: Card, rows: Sequence[Listing], asked: Iterable[str]) -> tuple[ProviderFact, ...]:
    """Return what the listings of one provider say about each of the facts `asked`.

    The slots that these facts answer are recorded, so that the reply does not report them as unmet.
    """
    asked = tuple(asked)
    for slot in ask.beside.keys() & {"network", *(_TOLD_BY.get(about, about) for about in asked)}:
        ask.said_unmet(slot)
    ask = replace(ask, slots={**ask.beside, **ask.slots})
    return tuple(
        _ANSWERS[about](ask, card, rows) if about in _ANSWERS else _stated(about, card, rows) for about in asked
    )


def other_facts(
    ask: Ask, rows: Sequence[Listing] | None, shown: Iterable[Sequence[Listing]], own: str
) -> dict[str, Any]:
    """Return the provider's other facts as fields for an answer about the fact `own`.

    They are the provider's card, and the facts that are asked for before `own` and those asked for after it; facts that
    the answer shows anyway are left out. Without `rows`, they are all facts of each provider in `shown`.
    """
    if not rows:
        return {"each": facts_each(ask, shown, tuple(dict.fromkeys((*facts_asked(ask), own))))}
    card = cards(ask, rows, None)[0]
    asked = facts_asked(ask, card.name)
    at = asked.index(own) if own in asked else 0
    apart = _TOLD_APART - ({own, "practice", "places"} if own == "affiliations" else {own})
    first, last = ([about for about in part if about in apart] for part in (asked[:at], asked[at:]))
    return {"listing": card, "first": facts_of(ask, card, rows, first), "last": facts_of(ask, card, rows, last)}


def facts_each(
    ask: Ask, found: Iterable[Sequence[Listing]], asked: Sequence[str], where: SearchArea | None = None
) -> tuple[tuple[Card, tuple[ProviderFact, ...]], ...]:
    """Return the card of each provider with what its listings say about each of the facts; () if `asked` is empty."""
    shown = ((cards(ask, rows, where)[0], rows) for rows in found if asked)
    return tuple((card, facts_of(ask, card, rows, asked)) for card, rows in shown)


def facts_beside(ask: Ask, cards: Sequence[Card], rows: Sequence[Listing]) -> tuple[tuple[ProviderFact, ...], ...]:
    """Return, for each card, the facts that are asked for and that cards in a list do not show; () if there are none.

    `rows` are the listings of all cards.
    """
    told = _NOT_SHOWN - ({"gender"} if "no_matter" in ask.asked.says else set())
    asked = [about for about in facts_asked(ask) if about in told]
    own = ([row for row in rows if row.key == card.key] for card in cards)
    return tuple(facts_of(ask, card, found, asked) for card, found in zip(cards, own, strict=True)) if asked else ()


def _of_sites(name: str, card: Card, _rows: Sequence[Listing]) -> Iterator[str]:
    return (one for site in card.sites for one in getattr(site, name))


_VALUES: Mapping[str, Callable[[Card, Sequence[Listing]], Iterable[str | None]]] = {
    "phone": lambda card, _: (card.phone,),
    "fax": partial(_of_sites, "faxes"),
    "email": partial(_of_sites, "emails"),
    "web": partial(_of_sites, "webs"),
    "npi": lambda card, _: (card.npi,),
    "tin": lambda _, rows: (tin for row in rows if row.organization for tin in row.organization.tins),
    **dict.fromkeys(("address", "places"), lambda card, _: (site.address for site in card.sites)),
    "hours": lambda card, _: (day for one in card.site.hours for day in one.days),
    "specialty": lambda card, _: (one.words for site in card.sites for one in site.specialties),
    "taxonomy": lambda card, _: (one.codes[0] for site in card.sites for one in site.specialties if one.codes),
    "languages": lambda card, _: card.languages,
    "gender": lambda card, _: (card.gender if card.gender in {"female", "male"} else None,),
    "networks": lambda card, _: card.every_network,
    **dict.fromkeys(("practice", "affiliations"), lambda _, rows: (row.organization_name for row in rows)),
    "active": lambda card, _: (card.reference,),  # only active listings make a card
    "updated": lambda card, _: (card.site.updated.isoformat() if card.site.updated else None,),
    "distance": lambda card, _: (None if card.miles is None else f"{card.miles:.1f}",),
}


def _stated(about: str, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    values = tuple(dict.fromkeys(value for value in _VALUES[about](card, rows) if value))
    return ProviderFact(about, "said" if values else "unsaid", values)


def _sex(about: str, _ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    told = _stated("gender", card, rows)
    return replace(told, verdict="yes" if about in told.yes else "no") if told.yes else told


def _is_of_kind(ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    """Return the listed specialties, and if the question names a kind of provider, whether it is among them."""
    told, codes = _stated("specialty", card, rows), set(kind_codes(ask)) if "specialty" in ask.slots else set()
    ask.said_unmet("specialty")
    yes = any(row.specialty_codes & codes for row in rows)
    return replace(told, verdict="yes" if yes else "no") if codes and told.yes else told


def _elsewhere(ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    """Return the addresses, and if asked, whether there are several or any outside a named place."""
    told, barred = _stated("places", card, rows), ask.excluded.get("location")
    town = str(barred.value.get("city") or barred.value.get("zip")).casefold() if barred else ""  # type: ignore[attr-defined]
    others = [one for one in told.yes if town not in one.casefold()] if town else told.yes[1:]
    only = _ONLY.search(ask.said) is not None
    asks = bool(town) or only or _SEVERAL.search(ask.said)
    return replace(told, verdict="yes" if bool(others) != only else "no") if asks and told.yes else told


def _takes_new(_ask: Ask, card: Card, _rows: Sequence[Listing]) -> ProviderFact:
    """Return the answer about new patients, by network if the listing distinguishes networks."""
    answers = [(one.network, one.answer) for site in card.sites for one in site.answers if one.answer]
    yes = tuple(sorted({network for network, answer in answers if answer == "newpt"}))
    no = tuple(sorted({network for network, answer in answers} - set(yes)))
    open_ = bool(yes) or any(site.openings for site in card.sites)
    known = open_ or bool(no) or any(site.openings_known for site in card.sites)
    return ProviderFact("accepting_new", ("partly" if no else "yes") if open_ else "no" if known else "unsaid", yes, no)


def _located(ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    """Return whether the provider has a place in the town or ZIP code in question, and the addresses of all places."""
    named = {str(one).casefold() for one in ask.slots["location"].values()}  # type: ignore[attr-defined]
    towns = {(town or "").casefold() for row in rows for place in row.locations for town in (place.city, place.zip5)}
    where = tuple(site.address for site in card.sites if site.address)
    return ProviderFact("location", "unsaid" if not where else "yes" if named & towns else "no", where)


def _in_networks(ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    """Return the listed networks, and if the question names networks, whether these are listed."""
    told = _stated("networks", card, rows)
    asked = among(ask, rows)
    held = [any(one.holds(row) for row in rows) for one in asked.wanted]
    named = told.verdict == "said" and (held or is_named_network(ask.slots.get("network")))
    yes = held and (all if asked.how == "and" else any)(held)
    return replace(told, verdict="yes" if yes else "no") if named else told


def _speaks(ask: Ask, card: Card, rows: Sequence[Listing]) -> ProviderFact:
    passes = dict(conditions(ask).filters(ask, None))["language"]
    verdict: FactTest = "yes" if any(map(passes, rows)) else "no" if card.languages else "unsaid"
    return ProviderFact("language", verdict, card.languages)


def _known(about: str, ask: Ask, _card: Card, rows: Sequence[Listing]) -> ProviderFact:
    """Return whether the provider satisfies the condition in the slot `about`, as a search for the condition would."""
    known = dict(conditions(ask).knowable(ask)).get(about)
    answers = {known(row) for row in rows} if known else set()
    verdict: FactTest = "yes" if True in answers else "no" if False in answers else "unsaid"
    return ProviderFact(about, verdict, words=str(ask.slots.get(about)), opening=open_at(ask))


_ANSWERS: Mapping[str, Callable[[Ask, Card, Sequence[Listing]], ProviderFact]] = {
    "accepting_new": _takes_new,
    "language": _speaks,
    **{about: partial(_sex, about) for about in ("female", "male")},
    **{about: partial(_known, about) for about in ("telehealth", "wheelchair", "open_at", "age_group")},
    "location": _located,
    "specialty": _is_of_kind,
    "places": _elsewhere,
    "networks": _in_networks,
    "wish": lambda ask, _card, _rows: ProviderFact("wish", "unsaid", words=ask.words.get("wish", "")),
    "does": lambda ask, card, rows: ProviderFact(
        "does", "unsaid", _stated("specialty", card, rows).yes, words=care_done(ask.said)
    ),
}
"""The facts that are answered by yes or no, each with its function."""
