"""Reads from a question about claims its conditions, whether one or several claims are meant, and provider names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from msgspec.structs import replace

from bot.kit.ask import Ask, excluded_of, text_of, values_of
from bot.kit.claim_filter import ClaimFilter, choose, drugs_asked
from bot.kit.conditions import as_codes, doctors_asked, is_title
from bot.kit.ranking import asks_order, fields_compared, sets_one_above
from bot.kit.spans import days_of, excluded_days, lag_asked, separate_times, span_of
from bot.kit.spelling import is_named, words_of
from bot.kit.traits import part_asked, with_traits
from bot.kit.which import (
    aspect_asked,
    exact_asked,
    excluded_setting,
    excluded_types,
    limits_asked,
    order_asked,
    shown_before,
    widens,
)
from bot.language.reading import Slot
from bot.records.care_kind import CareKind
from bot.records.claim import Claim
from bot.records.money import Amount

_LISTED = re.compile(r"\s*(?:,|\b(?:and|or|y|o|e|u|vs|versus)\b)\s*")
_WEEK, _WEEKEND = frozenset(range(1, 8)), frozenset({6, 7})
_EITHER = frozenset({"claim_types", "services"})
_THERAPY, _PHYSICAL, _OFFICE = "therapy", "physical_therapy", "office_visit"
_SEVERAL, _RANKS = 2, 3
_PARTS, _PRICED = frozenset({"DEDUCTIBLE", "COINSURANCE", "COPAY"}), frozenset({"allowed", "coinsurance", "copay"})
_SPOKEN = re.compile(r"[^\W\d_]+(?:['\u2019]\w+)?")
_WHOM, _OTHER, _BESIDE = "provider_name", "other_name", "dra?|doctora?|and|or|nor|y|o|ni"
_Spoken = Sequence[tuple[str, str]]  # the words of a message, each as it is written and folded
_LEADING = frozenset({"dr", "dra", "doctor", "doctora", "see", "saw", "with"})

CLAIM_TYPES = {
    **dict.fromkeys(("pharmacy", "drugstore", "pharmacies", "drugstores", "farmacia", "farmacias"), "pharmacy"),
    **dict.fromkeys(("doctor", "doctors", "doc", "docs", "dr", "doctores", "medico", "medicos"), "professional"),
    **dict.fromkeys(("visits", "appointments", "visitas", "citas", "consultas"), "professional"),
}
"""The type of claims that a word for a group of providers or visits means."""


def asks_one(ask: Ask) -> bool:
    """Return whether the question asks for the single most or least expensive claim, not for a reason, day or list."""
    says, form = ask.asked.says, ask.asked.form
    single = form == "which" or (not {"one", "only_one"}.isdisjoint(says) and "several" not in says)
    asks = single and not (ask.asked.by_size or ask.asked.each or ask.asked.sort) and form not in {"reason", "date"}
    return asks and order_asked(ask) in {"biggest", "smallest"}


def asks_parts(ask: Ask) -> bool:
    """Return whether the question asks for the parts of the member's share of one claim, or the share's percentage.

    The parts are the copay, the coinsurance and the deductible.
    """
    start, end = span_of(ask)
    one = exact_asked(ask) or (start and start == end) or {"claim_id", "provider_name"} & ask.slots.keys()
    priced = "percent" in ask.slots and text_of(ask, "amount_kind") in _PRICED
    return bool(one) and (priced or len(_PARTS & ask.concepts) > 1)


def confirms(ask: Ask, one: Amount | None, other: Amount | None) -> bool | None:
    """Return the answer to a yes-no question that compares two amounts: whether `one` is more, less or equal as asked.

    Return None if the question does not compare so, or if an amount is unknown or in another currency.
    """
    says = ask.asked.says
    more, less = "dearer" in says, "cheaper" in says
    both = "alike" in says and ask.asked.begins  # "did they cost the same, and if not, why"
    if (ask.asked.form and not both) or not (one and other) or one.currency != other.currency:
        return None
    if "alike" in says:
        return one.value == other.value
    if ("than" not in says and not compares_shown(ask)) or more == less:
        return None
    return one.value > other.value if more else one.value < other.value


def compares_shown(ask: Ask) -> bool:
    """Return whether the question compares two claims that were shown before: "did I pay the same for both"."""
    two = len(shown_before(ask)) == _SEVERAL and ask.asked.only_one_of is None
    return two and not {"alike", "apart", "dearer", "cheaper", "worst"}.isdisjoint(ask.asked.says)


def asks_several(ask: Ask, wanted: ClaimFilter) -> bool:
    """Return whether the question is about several visits: by plural words, or by a period longer than a day."""
    one = wanted.order or wanted.number or wanted.nth or "only_one" in ask.asked.says
    if one or not ask.said or len(wanted.services) > 1:
        return False
    said, (start, end) = set(words_of(ask.said)) - set(words_of(ask.words.get("date_range"))), span_of(ask)
    if wanted.weekdays and start and start != end:
        return True
    if "several" in ask.asked.says or said & plurals(wanted.kinds_of_care):
        return start is None or start != end
    return start is not None and start != end and "one" not in ask.asked.says


def plurals(kinds: Iterable[CareKind]) -> set[str]:
    """Return the words of the kinds' names with an "s" added, such as "mris" and "resonancias"."""
    return {f"{word}s" for kind in kinds for name in kind.names.values() for word in words_of(name)}


def by_side(ask: Ask) -> Ask:
    """Return the question with "in network" or "out of network" as a state of claims.

    Claims state whether they were paid in network, but not the name of the network. So the name of a network is
    reported as a condition that could not be applied.
    """
    side = (text_of(ask, "network") or "").casefold().replace("-", " ")
    state = {"out of network": "out_of_network", "in network": "in_network"}.get(side)
    if "network" in ask.slots and not state:
        ask.cannot("network")
    states = tuple(dict.fromkeys((*values_of(ask, "state_of_claim"), *([state] if state else []))))
    both = {"state_of_claim": Slot(" ".join(states), states[0], values=states, how="or")} if len(states) > 1 else {}
    slots = {"state_of_claim": state, **ask.slots} if state else ask.slots
    return replace(ask, slots=slots, several={**ask.several, **both}) if state else ask


def by_name(ask: Ask, claims: Sequence[Claim]) -> Ask:
    """Return the question with all providers that the message names and that occur on a claim, also excluded ones.

    A provider is named by two consecutive words of the name on the claim ("blue heron"); a person also by a family name
    that is no everyday word, or by any part of the name that is capitalized or follows a title or "with". Words of
    another slot are no name. A provider slot with everyday words only is dropped if no claim has that name.
    """
    ask = with_traits(ask, claims)
    spoken = [(word, key) for word in _SPOKEN.findall(ask.said) for key in words_of(word)[:1]]
    taken = {word for slot, text in ask.words.items() if slot not in {_WHOM, _OTHER} for word in words_of(text)}
    free = [at for at, (_, key) in enumerate(spoken) if len(key) > 1 and key not in taken]  # "I" is no name
    if not (_WHOM in ask.slots or any(_is_titled(spoken, at) or not ask.everyday(spoken[at][1]) for at in free)):
        return ask
    names = {name for claim in claims for name in (claim.seen, claim.billing, claim.place) if name}
    told, held, left = dict(_named_in(ask, spoken, names, taken)), values_of(ask, _WHOM), excluded_of(ask, _WHOM)
    row = rf"(?:(?:{'|'.join(told)}|{_BESIDE}) )*"  # "not counting Dr. Kim or Dr. Rao"
    barred = {run for typed, run in told.items() if any(re.match(rf"{row}{typed}\b", one) for one in ask.asked.barred)}
    barred |= {run for typed, run in told.items() if _is_same_name(left, typed, run)}
    if (out := [run for run in told.values() if run in barred]) and not left:
        ask.said_unmet("location")  # "not at Limestone", which is a town too
        slot = Slot(out[0], out[0], excluded=True, values=tuple(out) if len(out) > 1 else ())
        ask = replace(ask, excluded={**ask.excluded, _WHOM: slot})
    known, own = any(is_named(name, one) for name in names for one in held), words_of(ask.words.get(_WHOM))
    compares = bool(own) and set(ask.asked.says.values()).issuperset(own)  # "was it bigger or smaller"
    if not known and _WHOM in ask.slots and (compares or all(map(ask.everyday, own))):
        (ask.said_unmet if compares else ask.cannot)(_WHOM)
        ask = ask.without(_WHOM, _OTHER)
    if all(run in barred or _is_same_name(held, run, run) for run in told.values()):
        return ask
    more = [one for one in held if not any(_is_same_name((one,), typed, run) for typed, run in told.items())]
    every = tuple(dict.fromkeys([*(run for run in told.values() if run not in barred), *more]))
    ask.named[_WHOM] = every[0]
    if (beside := ask.beside.get(_WHOM)) and _is_same_name(every, str(beside), str(beside)):
        ask.said_unmet(_WHOM)  # the answer has each of them
    slots = {name: value for name, value in ask.slots.items() if name != _OTHER}
    several = {**ask.several, _WHOM: Slot(" ".join(every), every[0], values=every, how="and")}
    return replace(ask, slots={**slots, _WHOM: every[0]}, several=several if len(every) > 1 else ask.several)


def _is_same_name(names: Iterable[str], typed: str, run: str) -> bool:
    """Return whether one of the names is the name `run` on a claim, or the words `typed` in the message."""
    return any(words_of(typed) == words_of(one) or is_named(one, run) or is_named(run, one) for one in names)


def _is_titled(spoken: _Spoken, at: int) -> bool:
    """Return whether a word of the message is capitalized, or follows a title or "with"; the first word is not."""
    return at > 0 and (spoken[at - 1][1] in _LEADING or (spoken[at][0][0].isupper() and spoken[at][0] != "I"))


def _named_in(ask: Ask, spoken: _Spoken, names: Iterable[str], taken: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts of names in the `spoken` words that are not `taken` by other slots, longest first at each word.

    Each part is a pair: the folded words of the message, and the part as it is written on the claim.
    """
    written = {name: words_of(name.partition(",")[0]) for name in names}
    said = {word for _, key in spoken for word in (key, key.removesuffix("s"))}
    like = [name for name, words in written.items() if not said.isdisjoint(words)]
    parts = [[(part, words_of(part)[:1]) for part in name.partition(",")[0].split()] for name in like]
    able = {word for name in parts for _, keys in name for key in keys for word in (key, f"{key}s")}
    able -= {"of", "at", "de"}  # no name begins so: "outside of Chattanooga"
    persons = [words for name, words in written.items() if "," in name]
    people, family = {word for name in persons for word in name}, {word for name in persons for word in name[-1:]}
    firsts = [words[0] for name, words in written.items() if "," not in name and words]
    heads = {word for word in firsts if firsts.count(word) == 1}
    at = 0
    while like and at < len(spoken):
        begun = [(name, first) for name in parts for first in range(len(name))] if spoken[at][1] in able else []
        run = max((_run(spoken[at:], name[first:]) for name, first in begun), key=len, default=[])
        keys, led = [key for _, key in spoken[at : at + len(run)]], _is_titled(spoken, at)
        known = {word for part in run for word in words_of(part)}
        everyday = all(map(ask.everyday, keys))
        single = known <= people and (led or (known <= family and not everyday))
        single |= known <= heads and not everyday
        telling = single if len(run) == 1 else not everyday
        if telling and taken.isdisjoint(keys):
            yield " ".join(keys), " ".join(run)
        at += max(len(run), 1)


def _run(spoken: _Spoken, name: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Return the leading words of a name that are also the leading spoken words; "kims" matches "Kim"."""
    both = zip(spoken, name, strict=False)
    same = takewhile(lambda pair: any(pair[0][1] in {key, f"{key}s"} for key in pair[1][1]), both)
    return [part for _, (part, _) in same]


def filter_of(ask: Ask) -> ClaimFilter:
    """Return the conditions of a question about claims; the result is stored in `ask.claim_filter`, read once."""
    if ask.claim_filter is None:
        ask.claim_filter = replace(_wanted(ask), traits=ask.traits)
    return ask.claim_filter


def _wanted(ask: Ask) -> ClaimFilter:
    ask = ask.without(*(slot for slot in ("claim_type", "service", "drug") if slot in ask.slots and widens(ask, slot)))
    start, end = span_of(ask)
    services, specialists = _services(ask), _specialists(ask)
    types, either = _types(ask, services)
    alike = {"several", "doctors", "groups"} & ask.asked.says.keys() and not ask.arguments
    shared = ask.asked.same_time if alike else None
    drugs_out = "pharmacy" in excluded_of(ask, "claim_type")  # of which doctors are then the rest
    doctors = (shared or drugs_out) and types == ("professional",)  # they may have been seen in a hospital too
    # One of a group is no claim, and a step from the shown claim ("the one just before that") is no ordinal.
    apart = not {"id", "pick"}.isdisjoint(ask.arguments) or asks_order(ask) or ask.asked.nth_of
    nth = None if apart else ask.asked.nth
    says = ask.asked.says.keys()
    first = ask.asked.form == "date" and "earliest" in says and "newest" not in says  # "when did I first get it"
    in_time = ask.asked.first_and_last or (first if nth is None else nth > 0)
    by_size = ask.asked.by_size and text_of(ask, "order") in {"biggest", "smallest"} and nth is not None
    part = part_asked(ask)
    return ClaimFilter(
        doctor_kinds=doctors_asked(ask) if fields_compared(ask) or not (part or "provider_name" in ask.slots) else (),
        specialists=specialists,
        degrees=frozenset() if "specialty" in ask.slots else ask.asked.degrees,
        without=_left_out(ask, *(["pharmacy"] if doctors and not drugs_out else [])),
        start=start,
        end=end,
        times=separate_times(ask),
        claim_types=() if doctors else types,
        providers=() if sets_one_above(ask) else values_of(ask, "provider_name"),
        number=text_of(ask, "claim_id"),
        services=services,
        limits=limits_asked(ask),
        states=values_of(ask, "state_of_claim"),
        order="oldest" if in_time and not by_size else order_asked(ask) if by_size or not nth else None,
        aspect=aspect_asked(ask),
        exact=exact_asked(ask),
        drugs=drugs_asked(ask, excluded=False),
        paid=days_of(ask.slots["paid_range"]) if "paid_range" in ask.slots else None,
        lag=lag_asked(ask),
        weekdays=_weekdays(ask),
        part=part,
        nth=nth,
        by_size=by_size,
        through=ask.asked.through if nth is not None else None,
        fills="claims" in ask.asked.says or ask.asked.says.get("time") == "thing",
        shared=shared,
        either=_EITHER if either else fields_compared(ask),
        kinds=ask.care_kinds,
        care=ask.care,
        among=frozenset(shown_before(ask)),
    )


def _left_out(ask: Ask, *claim_types: str) -> ClaimFilter:
    """Return the conditions that the question excludes, with `claim_types` as excluded claim types."""
    told = {name: one.text if (one := ask.excluded.get(name)) else "" for name in ("claim_type", "service")}
    first, last = excluded_days(ask) or (None, None)
    excluded = ask.excluded.get("specialty")
    twice = excluded and any(one and (excluded.text in one or one in excluded.text) for one in told.values())
    codes = frozenset(code for one in (excluded.every if excluded else ()) for code in as_codes(one))
    return ClaimFilter(
        start=first,
        end=last,
        doctor_kinds=((codes, excluded.text if excluded and not twice else ""),) if codes else (),
        degrees=ask.asked.no_degrees,
        states=excluded_of(ask, "state_of_claim"),
        claim_types=(*excluded_types(ask), *claim_types, *excluded_setting(ask)),
        providers=excluded_of(ask, "provider_name"),
        services=() if told["claim_type"] in {told["service"]} - {""} else excluded_of(ask, "service"),
        drugs=drugs_asked(ask, excluded=True),
    )


def whole_of(ask: Ask, wanted: ClaimFilter) -> ClaimFilter | None:
    """Return the conditions of the whole, if the question counts a part of it; None otherwise.

    For example "how many visits did I have and how many of those were Dr. Kim's" counts a part of the visits. A
    question with "always" and an amount counts the claims with that amount among all.
    """
    if "always" in ask.asked.says and (wanted.limits or wanted.exact):
        return replace(wanted, limits=None, exact=None, nth=None)
    if (then := ask.asked.then) is None:
        return None
    told = {**ask.words, **ask.named}
    later = {name for name, text in told.items() if text and " ".join(words_of(text)) in then}
    first = replace(
        ask,
        slots={name: value for name, value in ask.slots.items() if name not in later},
        excluded={name: slot for name, slot in ask.excluded.items() if " ".join(words_of(slot.text)) not in then},
        several={name: slot for name, slot in ask.several.items() if name not in later},
    )
    whole, free = filter_of(first) if later else None, ask.asked.says.get("nothing")
    if free and free in then:  # "and how many of those were free"
        whole = replace(whole or wanted, exact=None)
    return None if whole == wanted else whole


def _weekdays(ask: Ask) -> frozenset[int]:
    """Return the requested days of the week, Monday as 1; all others if some are excluded."""
    days, out = (frozenset(map(int, "".join(of(ask, "weekday")))) for of in (values_of, excluded_of))
    own = "weekend" in ask.asked.says and "weekend" not in words_of(ask.words.get("date_range"))
    days |= _WEEKEND if own else frozenset()  # "Thanksgiving weekend" is a time
    return (days or (_WEEK if out else days)) - out


def _services(ask: Ask) -> tuple[str, ...]:
    """Return the keys of the requested kinds of care; the word "therapy" alone also adds physical therapy."""
    found = tuple(name for name in values_of(ask, "service") if ask.care_kinds.named(name))
    if _specialists(ask) in words_of(ask.words.get("service")):
        found = tuple(name for name in found if name != _OFFICE)  # "specialist visits" tells whose they are
    bare = _THERAPY in found and ask.asked.says.get("therapy") in words_of(ask.words.get("service"))
    return (*found, _PHYSICAL) if bare and _PHYSICAL not in found and ask.care_kinds.named(_PHYSICAL) else found


def _specialists(ask: Ask) -> str | None:
    """Return the person's word for any doctor except primary care, such as "specialist"; None if it is excluded.

    Also None if the question names a specialty or a provider.
    """
    word, out = ask.asked.says.get("specialist"), ask.excluded.get("specialty")
    barred = "provider_name" in ask.excluded or (out is not None and word in words_of(out.text))
    barred = barred or any(rest.startswith(word) for rest in ask.asked.barred if word)
    return None if barred or {"specialty", "provider_name"} & ask.slots.keys() else word


def _types(ask: Ask, services: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return the claim types, and whether they are alternatives to the kinds of care, as in "dental and ER claims".

    A claim type whose words also name a kind of care, as in "hospital stay", is left out.
    """
    types, own = values_of(ask, "claim_type"), set(words_of(ask.words.get("service")))
    bare = not (types or services) and {"provider_name", "number_of", "group"}.isdisjoint(ask.slots)
    start, end = span_of(ask)
    bare = bare and (start is None or start != end)  # on one day whoever was seen is meant, in a hospital too
    whom = ask.words.get("specialty", "")
    if bare and (
        words_of(whom) == (ask.asked.says.get("doctors"),) or ("several" in ask.asked.says and is_title(whom))
    ):
        return ("professional",), False
    says = ask.asked.says
    if bare and "claims" in says and CLAIM_TYPES.get(says.get("groups", "")) == "pharmacy":  # "from such pharmacies"
        return ("pharmacy",), False
    setting = None if excluded_setting(ask) else ask.asked.setting
    if setting and types in {(), ("institutional",)} and "claim_type" not in ask.excluded and not services:
        return (setting,), False
    if not services or not own.intersection(words_of(ask.words.get("claim_type"))):
        return types, False
    said = _LISTED.split(ask.words.get("claim_type", "").casefold())
    pairs = zip(types, said, strict=True) if len(types) == len(said) > 1 else ()
    kept = tuple(one for one, words in pairs if not own.intersection(words_of(words)))
    return kept, bool(kept)


def fitting(claims: Iterable[Claim], ask: Ask) -> tuple[Claim, ...]:
    """Return the claims that match all conditions of the question."""
    return choose(claims, filter_of(ask)).claims


def is_ranking(ask: Ask) -> bool:
    """Return whether the question asks for an order by size, or for a ranking."""
    return order_asked(ask) in {"biggest", "smallest"} or "ranked" in ask.asked.says


def with_sides(ask: Ask, wanted: ClaimFilter) -> ClaimFilter:
    """Return the conditions with claim types and kinds of care as the sides of one comparison, if there are several.

    "Doctors" in a list with other kinds is the claim type of doctor visits. Conditions with too few kinds for a
    comparison are returned unchanged.
    """
    ranks = is_ranking(ask) or not {"against", "split"}.isdisjoint(ask.asked.says) or ask.asked.by == "kind"
    several = len(wanted.claim_types) + len(wanted.services)
    doctors = several > 1 and "doctors" in ask.asked.says and "professional" not in wanted.claim_types
    types = ("professional", *wanted.claim_types) if doctors else wanted.claim_types
    if "doctor_kinds" in wanted.either and ask.asked.says.get("doctors") in words_of(ask.words.get("specialty")):
        return replace(wanted, claim_types=("professional",), doctor_kinds=(), either=_EITHER)  # "doctors' offices"
    if len(types) + len(wanted.services) < _RANKS and not (ranks and several > 1):
        return wanted
    either = _EITHER if types and wanted.services else wanted.either
    return replace(wanted, claim_types=types, doctor_kinds=(), either=either)
