"""Conditions that only the words of the record decide: the reason of the care, and whether a medicine is a brand."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice, pairwise

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, NamedCare
from bot.kit.spelling import stands_at, words_of
from bot.records.care_kind import Shown
from bot.records.claim import Claim

_VAGUE = frozenset({"high", "low", "routine", "type", "2", "1", "elevated", "of", "the", "and", "or", "like", "s"})
_LEADS = frozenset({"for", "about", "treated", "treating", "treat", "over", "because", "was", "on", "para", "por"})
_CARED = frozenset(
    {"visit", "visits", "claim", "claims", "bill", "bills", "appointment", "appointments", "night", "day", "stuff"}
    | {"reason", "care", "thing", "scare", "exam", "business", "issue", "problem", "problems", "trouble"}
    | {"injury", "surgery", "treatment", "treatments"}
)
# The words that lines of many kinds of care have.
_GENERAL = frozenset({"visit", "exam", "test", "session", "office", "care", "specialist", "health", "of", "and", "the"})
_OWN = frozenset({"i", "me", "my", "mine"})
_ELSEWHERE = frozenset({"outside", "not", "except", "besides", "other", "beyond", "fuera", "no", "excepto", "menos"})
_NEAR = 3  # words
_OF_PART = frozenset(
    {"my", "our", "left", "right", "lower", "for", "on"}
    | {"mi", "mis", "tu", "su", "de", "del", "izquierda", "izquierdo", "derecha", "derecho"}
)
_BEHIND = frozenset({"after", "before", "since", "despues", "antes", "desde"})  # "therapy after the knee MRI"
_ARTICLES, _ALSO = frozenset({"the", "la", "el"}), frozenset({"back"})  # "back in March" is no part of the body
_WHO = ("ist", "ists", "ista", "istas", "ologo", "ologa", "doctor", "doctors", "surgeon", "surgeons", "dr")


class ClaimTrait(msgspec.Struct, frozen=True):
    """A condition: the person's words for it, "" if another condition has them, and whether a claim meets it.

    `holds` returns None for a claim that lacks the data. `where`: the words name a place. `out`: claims that meet the
    condition are excluded.
    """

    said: str
    holds: Callable[[Claim], bool | None]
    where: bool = False
    out: bool = False


def part_asked(ask: Ask) -> ClaimTrait | None:
    """Return the part of the body that the care in question was for; None if there is none, or if the care names it.

    If the question names no kind of care, the words must mean a part of a body: "my knee" or "knee bills",
    but not "on the other hand".
    """
    own, whom = words_of(ask.words.get("service")), words_of(ask.words.get("specialty"))
    carried = bool(whom) and not ask.asked.body  # "no, the one from 2025" after "my knee MRI"
    body = ask.hears(ask.words["specialty"], {}).body if carried else ask.asked.body
    words = whom if carried else words_of(ask.said)
    taken = {
        word
        for slot in ("provider_name", "organization", "drug", "date_range")
        for word in words_of(ask.words.get(slot))
    } | ({*whom} if any(word.endswith(_WHO) for word in whom) else set())
    said = [
        word
        for at, word in enumerate(words)
        if word in body
        and word not in (*own, *taken)
        and ((own and word not in _ALSO and _BEHIND.isdisjoint(words[max(0, at - 2) : at])) or _is_part(words, at))
    ]
    if not said or any(word in body for word in own) or (ask.care and said[0] in words_of(ask.care.text)):
        return None
    if not any(word.endswith(_WHO) for word in words):
        ask.said_unmet("specialty")  # "my knee" names no kind of doctor here, and the answer says what it found of it
    elif not own:
        return None
    out = any(rest.partition(" ")[0] == said[0] for rest in ask.asked.barred)
    return ClaimTrait(said[0], _NamesPart(body[said[0]], body), out=out)


def _is_part(words: Sequence[str], at: int) -> bool:
    """Return whether the word at the index `at` is used for a part of a body, by the words next to it."""
    behind = words[at + 1] if at + 1 < len(words) else ""
    before = [word for word in words[max(0, at - 2) : at] if word not in _ARTICLES]
    beside = bool(before) and before[-1] in _OF_PART
    return (beside and behind not in {"of", "hurts", "hurting"}) or behind in _CARED


class _NamesPart(msgspec.Struct, frozen=True):
    """Whether the words of a claim name the part of the body; None if they name no part at all.

    `body` maps every word for a part of the body, in any language, to the name of the part.
    """

    name: str
    body: Mapping[str, str]

    def __call__(self, claim: Claim) -> bool | None:
        done = claim.performed
        texts = (*done.words, *claim.diagnosed, *(one for line in done.lines for one in line.words))
        named = {self.body[word] for text in texts for word in words_of(text) if word in self.body}
        return self.name in named if named else None


def of_care_named(claims: tuple[Claim, ...], care: NamedCare | None) -> tuple[Claim, ...]:
    """Return the claims with the word for the care on a line or in the reason of the care.

    Return the other ones if the question excludes this care, and all if none has the word or if `care` is None.
    """
    has = tuple(claim for claim in claims if care and lines_of_care(claim, care).lines)
    if care is None or not care.out:
        return has or claims
    rest = tuple(claim for claim in claims if claim not in has)
    care.claims = {claim.id for claim in rest}
    return rest


def lines_of_care(claim: Claim, care: NamedCare) -> Shown:
    """Return which lines of the claim have the word for the care, in singular or plural; all if a diagnosis has it.

    If there are any, the claim's id is added to `care.claims`.
    """
    word, lines = "".join(_singulars(care.word)[:1]), claim.performed.lines
    told = tuple(at for at, line in enumerate(lines) if any(word in _singulars(text) for text in line.words))
    if any(word in _singulars(text) for text in claim.diagnosed):
        told = tuple(range(len(lines)))
    if told:
        care.claims.add(claim.id)
    return Shown(told, len(lines))


@lru_cache(maxsize=4096)
def _singulars(text: str) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in words_of(text))


def with_traits(ask: Ask, claims: Sequence[Claim]) -> Ask:
    """Return the question with the conditions that the claims' own words give it; itself if there are none."""
    if ask.traits or not ask.said:
        return ask
    words, texts = words_of(ask.said), {one for claim in claims for one in claim.diagnosed}
    reasons = filter(None, (_reason(ask, words, text) for text in sorted(texts, key=len, reverse=True)))
    found = [one for one in reasons if any(one.holds(claim) and not claim.sensitive for claim in claims)][:1]
    says, told = ask.asked.says.keys(), {*ask.slots, *ask.excluded}
    if not found and not ask.care and "service" not in told:
        lines = {text for one in claims if not (one.sensitive or one.is_pharmacy) for text in one.titles}
        found = [*islice(_lines(ask, words, sorted(lines, key=len, reverse=True)), 1)]
    if len(kinds := {"brand", "generic"} & says) == 1 and "brand new" not in " ".join(words):
        said, brand = min(kinds), "brand" in kinds
        found.append(ClaimTrait(said, lambda claim: brand in {_is_brand(ask, one.drug) for one in claim.dispensed}))
    if "than_bearer" in says and {"one", "claims", "several", "any_one"} & says:
        first, after = ask.asked.runs["than_bearer"]
        own = _OWN.isdisjoint(words[first:after])  # what is set against the plan's payment is the member's share
        plan = ask.asked.runs.get("bearer", (first, first))[0]
        begin = next((at for at, word in enumerate(words) if word in _OWN), first) if own else min(plan, first)
        said = " ".join(words[begin : after + own])
        found.append(ClaimTrait(said, partial(_pays_more, mine=own is not ("cheaper" in says))))
        ask = ask.without("amount_kind", "order")
    if (how := {"nothing_to", "wholly_to"} & says) and "amount_kind" not in told:
        first, after = ask.asked.runs[min(how)]
        out = not {"not", "without", "never"}.isdisjoint(words[max(0, first - 2) : first])
        said = " ".join(words[max(0, first - 2 * out) : after])
        found.append(ClaimTrait(said, partial(_is_toward, whole="wholly_to" in how, out=out)))
    found += [one] if (one := _town(ask, words, claims)) else []
    return replace(ask, traits=tuple(found)) if found else ask


def _town(ask: Ask, words: Sequence[str], claims: Sequence[Claim]) -> ClaimTrait | None:
    """Return the condition that the care was in or outside a named town; None if no claim has a town."""
    place = ask.beside.get("location")
    city = str(place.get("city") or "") if isinstance(place, Mapping) else ""
    own = words_of(city)
    if (at := next(iter(stands_at(own, words)), None)) is None:
        return None
    towns = {words_of(town) for town in {claim.town for claim in claims} if town}
    texts = {name for claim in claims for name in (claim.billing, claim.place)}
    names = {word for name in texts for word in words_of(name)}
    if not towns or (own not in towns and names.issuperset(own)):  # "not at Limestone", a town too
        return None
    out = next((first for first in range(max(0, at - _NEAR), at) if words[first] in _ELSEWHERE), None)
    ask.said_unmet("location")
    said = " ".join((*words[at - 1 if out is None else out : at], city))
    return ClaimTrait(said, lambda one: (words_of(one.town) == own) is (out is None) if one.town else None, where=True)


def _reason(ask: Ask, words: Sequence[str], text: str) -> ClaimTrait | None:
    """Return the condition on the reason of the care, if the message names this reason: "for my blood pressure"."""
    name = tuple(word for word in words_of(text) if word not in _VAGUE)
    for at in stands_at(name, words):
        taken = _slot_words(ask) | {word for use in ask.asked.uses for word in words_of(use.said)}
        beside = {*words[max(0, at - _NEAR) : at]} & _LEADS | {*words[at + len(name) : at + len(name) + _NEAR]} & _CARED
        if (beside or name[-1] in _CARED) and taken.isdisjoint(name):
            said = " ".join(name)
            named = ask.care is not None and set(words_of(ask.care.text)).issuperset(name)
            return ClaimTrait("" if named else said, lambda claim: text in claim.diagnosed)
    return None


def _slot_words(ask: Ask) -> set[str]:
    """Return the words of the message that are a value of a slot."""
    return {word for told in ask.words.values() for word in words_of(told)}


def _lines(ask: Ask, words: Sequence[str], texts: Iterable[str]) -> Iterator[ClaimTrait]:
    """Yield a condition for each pair of words that the message and a claim's line have in common: "heart tracings"."""
    taken, said = _slot_words(ask), dict[tuple[str, str], int]()
    for at, two in enumerate(pairwise(word.removesuffix("s") for word in words)):
        if _GENERAL.isdisjoint(two) and two not in said:
            said[two] = at
    said = {two: at for two, at in said.items() if taken.isdisjoint(words[at : at + 2])}
    for two in (two for text in texts if said for two in pairwise(words_of(text)) if two in said):
        yield ClaimTrait(" ".join(words[said[two] : said[two] + 2]), partial(_is_called, two))


def _is_called(pair: tuple[str, str], claim: Claim) -> bool:
    return any(" ".join(pair) in " ".join(words_of(title)) for title in claim.titles)


def _is_toward(claim: Claim, *, whole: bool, out: bool) -> bool:
    """Return whether none of the share went to the deductible; with `whole` all of it, also with `out` not all."""
    part, share = claim.owed.deductible, claim.owed.amount
    if part is None or share is None:
        return False
    return (part.value == share.value > 0) is not out if whole else not part.value


def _pays_more(claim: Claim, *, mine: bool) -> bool:
    """Return whether the member's share is more than the plan's payment if `mine`, or else less."""
    share, paid = claim.owed.amount, claim.plan_paid
    more = share.value - paid.value if share and paid else None
    return more is not None and (more > 0 if mine else more < 0)


def _is_brand(ask: Ask, drug: str | None) -> bool | None:
    """Return whether a dispensed drug is named by a brand; None if the pack does not know it."""
    word = " ".join((drug or "").casefold().split()[:1])
    ingredient = ask.ingredients.get(word)
    return None if ingredient is None else ingredient != word
