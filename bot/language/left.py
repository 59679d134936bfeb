"""What the answer to a message uses, and what it ignores: words and conditions for which the intent has no slot."""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date

from bot.language.asked import ClaimsAsked, ClaimsQuestion
from bot.language.calendar import adds_nothing, ends_of, lies_within, months_back
from bot.language.classed import words_key
from bot.language.clauses import ClauseRole, is_question
from bot.language.hearing import Heard
from bot.language.kernel import FOLLOW, REFINE
from bot.language.lexicon import WISH, WISH_PLACE, WISH_TIME
from bot.language.matcher import Grammar, phrase_before, plain
from bot.language.reading import Cell, Slot
from bot.language.rules import IntentRules
from bot.language.slots import UNNAMED_NETWORKS, slot_of
from bot.language.text import Tag, Utterance, of_doctor, places_of, read

# Slot types that choose among records or providers: left out, the answer is about more than was asked.
CONDITIONS = (
    "service", "location", "radius", "gender", "language", "accepting_new", "network", "claim_type", "date_range",
    "provider_name", "person", "drug", "amount", "amount_kind", "claim_id", "specialty", "facility_type",
    "amount_over", "amount_under", "amount_own", "order", "state_of_claim", "telehealth", "wheelchair", "open_at",
    "age_group", "npi", "nucc", "tin", "organization", "procedure_code", "ndc", "wish", "date_ahead", "date_out",
    "weekday", WISH_TIME, WISH_PLACE,
)  # fmt: skip
# What an answer that does not honour it has to say: who, when, where, how much, which network or drug; of the directory
# also what is wished of a provider; of claims, which name no kind of doctor, the kind. A kind of care that no slot
# holds is what the question is about.
_TOLD = frozenset({
    "person", "date_range", "date_out", "date_ahead", "amount", "amount_over", "amount_under", "amount_own", "network",
    "drug", "provider_name", "organization", "claim_id", "location",
})  # fmt: skip
CARE = "care"
"""The key of a kind of care that only the person's own words name, among the ignored conditions."""
# What the care, or whoever gave it, is already named by.
_NAMED = frozenset({
    "service", "drug", "provider_name", "organization", "claim_type", "claim_id", "specialty", "facility_type",
    "procedure_code", "person",
})  # fmt: skip
# What stands before a name of care: "my lithotripsy", "for lithotripsy", "la litotricia". What was spoken of before is
# pointed at: "on that occasion", "the same stretch".
_BEFORE_CARE = frozenset({
    *("my", "the", "a", "an", "our", "his", "her", "for", "on", "and"),
    *("mi", "la", "el", "los", "las", "una", "un", "su", "por", "para", "de", "del"),
})  # fmt: skip
_FOR, _LEAD = frozenset({"for", "por", "para"}), 2
_POINTED = frozenset({"that", "this", "same", "then", "esa", "ese", "mismo", "misma", "entonces"})
_WORDS_OF_CARE = 2
WORDS = "words"
"""The key of the phrases that narrow a question and change nothing in its answer, among the ignored conditions."""
_OR, _THAN = frozenset({"or", "o"}), frozenset({"than", "least", "exactly", "menos", "exactamente"})
_SAID, _CUE = 7, 4  # words of it that are said, and of what begins it
_NARROWING = frozenset({
    *("always", "gap_of", "had_times", "in_order", "never_before", "nth_of", "only_one_of", "same_time"),
    *("sole", "than_all", "weekend"),
})  # fmt: skip
"""The classes of words that narrow a question by themselves."""
_TOLD_OF_DIRECTORY = _TOLD | {
    "radius", "gender", "language", "accepting_new", "telehealth", "wheelchair", "open_at", "age_group", "order", WISH,
    WISH_TIME, WISH_PLACE, "facility_type",
}  # fmt: skip
# An answer that nothing narrows down is about no more than was asked: where it was, with whom and for how much only
# tell of what it is about.
_CIRCUMSTANCES = frozenset({"location", "provider_name", "organization", "amount", "amount_over", "amount_under"})
# A wanted city or kind of doctor excludes the others anyway.
_OPEN = frozenset({"network", "date_range", "location"})
# Slot types of which each value that is named asks for something of its own.
_ONE_EACH = frozenset({"network", "provider_name", "drug", "service", "claim_id", "date_range", "state_of_claim"})
_OWNER = re.compile(r"(?P<name>(?!s?he\b|it\b)[^\W\d_]{2,})['\u2019]s", re.IGNORECASE)
_JOINED = re.compile(r"^-\w+")  # the "-day" of "90-day"
# Signs on each side of a word that are looked at for what hangs on it.
_HANGS = 40


# "Before the plan stepped in" is an amount and no time, and names no care; nor does "the doctor oftener".
_OURS = frozenset({"PLAN", "DOCTOR"})


def taken_by(*intents: IntentRules | None) -> frozenset[str]:
    """Return every slot type that the slots of these intents can hold."""
    return frozenset[str]().union(*(intent.takes for intent in intents if intent))


def owner_left(heard: Heard, taken: AbstractSet[str]) -> Slot | None:
    """Return the person whose record is requested by a name on no list: the Mai of "Mai's claims"; None if none.

    A word after an article is a kind of person, not a name: "the women's exam"; nor is a word for a sex or an age.
    Only words in `heard.content` that belong to no slot type in `taken` are considered.
    """
    used, meant = heard.at(*taken, "gender", "age_group", "own_name"), heard.at(*filter(str.isupper, heard.marks))
    other, records = heard.at("OTHER_PERSON"), heard.area("people").keys("record")
    meant -= {place for place in other if not records.isdisjoint(heard.keys[place + 1 : place + 2])}
    free = (
        place
        for place in heard.content
        if place not in used and (_POINTED | {"the", "a", "an"}).isdisjoint(heard.keys[place - 1 : place])
    )
    words = [(_whole(heard.said, place), place in meant) for place in free]
    # "The plan's rate" is no Plan's, but "Bill's claims" are Bill's.
    owners = (match for word, known in words if not (known and word.islower()) and (match := _OWNER.fullmatch(word)))
    return next((Slot(match.group(), {"name": match["name"]}) for match in owners), None)


def others_aside(heard: Heard) -> frozenset[int]:
    """Return the indexes of words for another person ("my neighbor") if the writer asks about their own care.

    Empty if no other clause is about the writer ("do I", "mine"), or if another one is about the person.
    """
    words, other = heard.area("clauses"), heard.at("OTHER_PERSON")
    told = places_of(one for one in heard.clauses if not other.isdisjoint(one.places))
    rest = {word for at, word in enumerate(heard.said.words) if at not in told}
    if rest.isdisjoint(words.any("writer", "mine")) or not rest.isdisjoint(words.personal):
        return frozenset()
    return other.union(at for at in told if heard.said.words[at] in words.personal)


def _whole(said: Utterance, index: int) -> str:
    """Return the word at `index` with the characters attached to it, because a part of "Hunter2-abc" is no word."""
    first, after = said.spans[index]
    before = said.text[max(0, first - _HANGS) : first].rpartition(" ")[2]
    following = said.text[after : after + _HANGS].partition(" ")[0]
    return f"{before}{said.text[first:after]}{following}".strip('.,;:!?()"\n\t\u201c\u201d\u00bf\u00a1')


def asked_of(heard: Heard, words: Mapping[str, str]) -> ClaimsAsked:
    """Return what a message requests about claims, cached in `heard`. `words` are the words of its slots, by slot."""
    key = words_key(heard.said.text, words)
    found = heard.asked[key] = heard.asked.get(key) or ClaimsQuestion(heard.said, heard.lexed, words).asked()
    return found


def unmet(heard: Heard, slots: Mapping[str, Slot], intent: IntentRules) -> dict[str, Slot]:
    """Return the conditions in a message that the answer ignores: by slot type, and under `CARE` a kind of care."""
    words = {name: slot.text for name, slot in slots.items()}
    asked = asked_of(heard, words).places if intent.reads_claims else frozenset[int]()
    care = care_left(heard, intent, asked)
    # Values that are in no slot, because their slot has another one: the MRI of "what did my ER visit cost, and was the
    # MRI more", the P of "in network S but not in P".
    held = [value for slot in slots.values() for one in (slot, slot.out) if one for value in one.every]
    held += UNNAMED_NETWORKS  # a side of the network that is named
    found: dict[str, Slot] = {}
    for tag in heard.tags:
        kinds = _OPEN if tag.excluded else _ONE_EACH
        if tag.kind not in kinds & slots.keys() or tag.first not in heard.asking or of_doctor(tag, heard.tags):
            continue
        if tag.value not in held and (tag.excluded or not _within(tag, heard, slots[tag.kind])):
            found.setdefault(tag.kind, Slot(heard.said.text_of(tag), tag.value, tag.excluded))
    return {
        **conditions(heard, intent, asked),
        **({CARE: care} if care else {}),
        **not_honoured(slots, intent),
        **found,
    }


def conditions(heard: Heard, intent: IntentRules, asked: frozenset[int] = frozenset()) -> dict[str, Slot]:
    """Return the conditions in a message that no slot of the intent supports, by slot type; one for the same words.

    The words at the indexes `asked` have another meaning: "para la tiroides" of a medicine names no kind of doctor.
    """
    if intent.needs == "nothing":
        return {}
    told = _reported_by(intent)
    honoured = heard.at(*intent.takes)
    found = dict[str, Slot]()
    for kind in CONDITIONS:
        if kind not in heard.marks or kind not in told:
            continue
        held = frozenset[int]() if kind == WISH and WISH not in intent.heard.values() else honoured
        places = (heard.marks[kind] & heard.asking) - held - (asked if kind == "specialty" else frozenset())
        if not places:
            continue
        beside = [tag for tag in heard.tags if places.intersection(tag.places)]
        slot = slot_of(heard.said, beside, kind, heard.joining)
        if kind == "date_range" and slot and _is_now(slot, heard.today):
            continue
        if slot is not None and kind == "facility_type" and not slot.excluded:
            continue  # it says what is asked about, but "not at a hospital" limits it
        if slot is not None and kind == "network" and intent.needs == "member" and heard.at("PLAN") & places:
            continue  # "covered by my plan": the record is this plan's
        if slot is not None and f"{kind}:{slot.value}" not in intent.about:
            found[kind] = slot
            honoured |= places
    return found


def _reported_by(intent: IntentRules) -> frozenset[str]:
    """Return the slot types of conditions that the intent's answer must report as ignored.

    An amount is a condition on claims. In a question about a plan or a drug it is only what the person knows.
    """
    told = _TOLD if intent.needs == "member" else _TOLD_OF_DIRECTORY
    if REFINE.removeprefix(FOLLOW) not in intent.follows and not intent.walks:
        told = _TOLD - _CIRCUMSTANCES
    if intent.reads_claims:
        return told | {"specialty", "order", "state_of_claim", "weekday"}
    return told - {"amount"} if intent.needs == "member" else told


def care_left(heard: Heard, intent: IntentRules, asked: AbstractSet[int]) -> Slot | None:
    """Return the care in a question about claims that a complaint or an unknown word outside `asked` names; or None."""
    if not intent.reads_claims or "service" not in intent.heard.values():
        return None
    if (reason := next((one for one in heard.complaints if _is_reason(heard, one, asked)), None)) is not None:
        first, last, out = reason.start, reason.stop, heard.area("polarity").phrases("negated")
        first += last - first > 1 and heard.keys[first] in _BEFORE_CARE  # "a cough"
        barred = any((word,) in out for word in heard.lexed.words[max(0, first - _LEAD - 1) : first])
        return Slot(heard.said.said(first, last), heard.said.said(last - 1, last), excluded=barred)
    if not _NAMED.isdisjoint(heard.marks):
        return None
    ours = heard.at(*_OURS)
    for place in sorted(heard.strange - asked):
        for first in range(place, max(-1, place - _WORDS_OF_CARE), -1):
            if first in ours:
                break
            leads = heard.keys[first - 1] if first else ""
            if leads in _BEFORE_CARE and _POINTED.isdisjoint(heard.keys[first:place]):
                barred = phrase_before(heard.lexed.words, first - 1, heard.area("polarity").phrases("cue")) > 0
                return Slot(heard.said.said(first, place + 1), heard.said.said(place, place + 1), excluded=barred)
    return None


def _is_reason(heard: Heard, complaint: range, asked: AbstractSet[int]) -> bool:
    """Return whether the care was for a complaint: "claims for a cough", but not "for my cough medicine"."""
    taken = asked | {at for tag in heard.tags for at in range(tag.first, tag.after)}
    if len(complaint) == 1 and complaint.start in heard.lexed.at("asked.body"):  # "for my knee"
        return False
    led = heard.keys[max(0, complaint.start - _LEAD) : complaint.start]
    return taken.isdisjoint(complaint) and not _FOR.isdisjoint(led)


def may_narrow(text: str, grammar: Grammar, classes: Iterable[str]) -> bool:
    """Return whether `narrowings` may find a phrase in these words. `classes` are the word classes in the message."""
    words = [] if not _NARROWING.isdisjoint(classes) else [plain(word) for word in read(text).words]
    first = grammar.area("polarity").starts("cue"), grammar.area("asked").condition
    counted = grammar.area("asked").count
    return not words or any(word.isdecimal() or any(word in one for one in (*first, counted)) for word in words)


def narrowings(heard: Heard, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the phrases without a value that narrow the question, such as "still not finished".

    Each has its words and the message without it. Words between commas without a value and without a part of the
    question are an aside: "I'm not good with computers, just tell me". `words` are the words of the slots, by slot.
    """
    said, listed, asked = heard.said, heard.area("polarity"), asked_of(heard, words)
    folded, begin = heard.lexed.words, heard.area("asked").condition
    weak = {**listed.phrases("negated"), **listed.phrases("absent"), **listed.phrases("comparing")}
    cues = listed.phrases("cue").keys() - weak.keys()
    held, ours = heard.at(*({tag.kind for tag in heard.tags} - {"filter"})), heard.at(*_OURS)
    pointing = {at for at, word in enumerate(folded) if word in _POINTED and at + 1 not in held}  # "after that"
    led = {at for at in heard.asking if folded[at] in begin and at + 1 not in pointing}
    cued = ((at, at + n) for at in heard.asking for n in range(1, _CUE + 1) if tuple(folded[at : at + n]) in cues)
    strong = {at for at, after in cued if listed.of_all.isdisjoint(folded[after : after + 1])}
    led -= {at + 1 for at, word in enumerate(folded) if word in listed.no_cue_after}
    ever = asked.runs.get("ever", (0, -1))[1]  # "has it ever once been"
    whole = dict(run for name, run in asked.runs.items() if name in _NARROWING and run[0] != ever)
    whole |= {tag.first: tag.after for tag in heard.tags if tag.excluded and tag.kind in _TOLD}
    told = held | heard.at("filter") | asked.places
    spelled = heard.lexed.at("asked.count")  # "two or more", "at least two"
    counted = {at for at in spelled if not _OR.isdisjoint(folded[at + 1 : at + 2]) or folded[at - 1] in _THAN}
    judged, writer = heard.area("asked").helping, heard.area("clauses").any("writer", "mine")
    form, end = range(*asked.runs.get("form", (0, 0))), 0
    asking = [
        one for one in heard.clauses if one.role is ClauseRole.ASKS or is_question(said, one, heard.area("clauses"))
    ]
    for clause in asking or heard.clauses:
        for place in sorted({*clause.places} - held | whole.keys() & {*clause.places}):
            beside, number = _between_commas(said, place), said.words[place].isdecimal() or place in counted
            of_writer = len(beside) < len(said.words) and not writer.isdisjoint(folded[beside.start : beside.stop])
            cue = place in strong or (place in led and not (of_writer and held.isdisjoint(beside)))
            cue = cue and place + 1 < clause.after and ours.isdisjoint(range(place, place + _SAID))
            number = number and place not in form and folded[place - 1] not in judged  # "is 105 okay"
            aside = len(beside) < len(said.words) and told.isdisjoint(beside)  # "meetings in 5"
            if place < end or not ((number and not aside) or cue or place in whole):
                continue
            first, last = _measured(heard, place, held), min(clause.after, beside.stop)
            end = next((at for at in range(place + 1, last) if at in held or at == place + _SAID), last)
            if end in held and end > place + 1 and said.words[end - 1] in listed.glue:
                end -= 1  # the "in" of a year that is taken
            if place in whole:
                first, end = place, whole[place]
            # Of a number alone is known what hangs on it; a value that hangs on a word stays.
            start, stop = said.spans[first][0], said.spans[place if number and first == place else end - 1][1]
            if end == first + 1 and (folded[first],) in weak:  # "no, the one from 2025"
                continue
            bare = listed.glue.issuperset(folded[place + 1 : end])
            following = next((at for at in range(end, last) if folded[at] not in listed.glue), end)
            added = place + 1 < len(folded) and folded[place + 1] in heard.area("clauses").adding
            if place in led and (added or (bare and following in held)):
                continue  # "during the autumn", whose value is taken, or "it was 9 before and is 7 now"
            value = next((tag.after for tag in heard.tags if bare and tag.first == end > place), end)
            if end > first + 1 and value == end and (listed.glue | writer).issuperset(folded[place + 1 : end]):
                continue
            yield (
                said.said(first, value),
                f"{said.text[:start].rstrip()} {_JOINED.sub('', said.text[stop:]).lstrip()}".strip(),
            )


def _measured(heard: Heard, index: int, held: AbstractSet[int]) -> int:
    """Return the first index of the measure that ends right before `index`: "more than two weeks after".

    `held` are the indexes of the words of values, which are in no measure.
    """
    said, measures = heard.said.words, heard.area("asked").any("lesser_or_more", "than", "count", "spell")
    while index and index - 1 not in held and (said[index - 1] in measures or said[index - 1].isdecimal()):
        index -= 1
    return index


def _between_commas(said: Utterance, index: int) -> range:
    """Return the token range around `index` up to the nearest comma on each side."""
    ends = said.begins(",")
    return range(max(at for at in ends if at <= index), min((at for at in ends if at > index), default=len(said.words)))


def _is_now(slot: Slot, today: date) -> bool:
    """Return whether a period of at most 13 months includes today: "is it slow today".

    An answer without a date filter is about now, so that it does not ignore such a period.
    """
    start, end = ends_of(slot.value)
    recent = not start or start > months_back(today, 13).isoformat()
    return slot.is_plain and recent and end in {"", today.isoformat()}


def not_honoured(slots: Mapping[str, Slot], intent: IntentRules) -> dict[str, Slot]:
    """Return the slots with an excluded value or several values, if the intent's answer does not support them.

    Words that another slot excludes are left out: "nobody at Erlanger".
    """
    out = {slot.text for name, slot in slots.items() if slot.excluded and name in intent.excludes}
    return {
        name: slot
        for name, slot in slots.items()
        if (slot.excluded and name not in intent.excludes and slot.text not in out)
        or (slot.values and name not in intent.several)
    }


def _within(tag: Tag, heard: Heard, slot: Slot) -> bool:
    """Return whether the tag's words are part of the slot's words, or one of the two periods contains the other."""
    if tag.kind == "date_range":
        return any(adds_nothing(tag.value, one) or lies_within(one, tag.value) for one in slot.every)
    return heard.said.text_of(tag) in slot.text


def cells(heard: Heard, cell_of: Mapping[str, str]) -> Iterator[Cell]:
    """Yield each concept and slot value of each clause, with its words."""
    for clause in heard.clauses:
        inside = frozenset(clause.places)
        for name, places in heard.marks.items():
            if said := sorted(places & inside):
                words = heard.said.said(said[0], said[-1] + 1)
                yield Cell(clause.role.value, cell_of.get(name, "other"), name, words)
