"""The rule files of a pack: what each intent needs, its rules, and its example sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from bot import compiled
from bot.errors import PackError, each_of
from bot.language.findings import hint, refuse_unknown
from bot.language.kernel import DANGER, FALLBACK, FOLLOW, HELP, SHARE
from bot.language.offers import Form, Prompt
from bot.language.slots import kinds_of

LARGEST_FILE = 1_000_000
WORDS, CLAIMS = "_words", "ExplanationOfBenefit"
# Whose record is asked for: the kernel decides on it before any member answer.
_PROVIDER = "provider"
PERSON = "person"

T = TypeVar("T")
Phrases = Mapping[str, tuple[str, ...]]


@cache
def _loader() -> Any:
    """Return a safe YAML loader that rejects duplicate keys, of which YAML keeps only the last; in C if available."""
    import yaml  # noqa: PLC0415 -- a start reads what was kept

    def mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep=deep)

    return type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {"construct_mapping": mapping})


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence whose weight for an intent is set by its author instead of counted; `why` is the reason.

    A weight of 0 removes the evidence.
    """

    kind: Literal["words", "pieces", "found"]
    text: str
    why: Annotated[str, msgspec.Meta(min_length=1)]
    weight: Annotated[float, msgspec.Meta(ge=-4, le=4)] = 0.0


class Instead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another intent that answers if the question has the slot `has` and lacks the slot `lacks`."""

    intent: str
    has: str
    lacks: str


class HouseholdRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The intent that answers for all people of a sign-in, or with `of_some` also for some of them.

    `when` has the accepted values of slots; other values are not answered for a household.
    """

    answer: str
    when: dict[str, tuple[str, ...]] = {}
    of_some: bool = False

    def fits(self, values: Mapping[str, object]) -> bool:
        """Return whether the intent can answer a question with these slot values."""
        return all(values.get(slot) in known for slot, known in self.when.items())


class Reads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The FHIR resource type that an answer reads.

    `by` are the search parameters that the server must support, otherwise the bot filters the results itself.
    """

    type: str
    by: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A condition on the concepts and slot types in a message, with slots to set if the message meets it.

    Names in capitals are concepts, others are slot types. One name of each entry of `all` ("BILL | OWE"), and one of
    `any`, is required. `after` are previous intents, or groups in `_words/answers.yaml`; only after these the
    rule applies, as evidence for its intent. `set` are slots to set.
    """

    name: str
    all: tuple[str, ...] = ()
    any: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    set: Mapping[str, str] = {}

    @cached_property
    def groups(self) -> tuple[frozenset[str], ...]:
        """The alternative names of each entry of `all`."""
        return tuple(frozenset(part.strip() for part in entry.split("|")) for entry in self.all)

    @cached_property
    def concepts(self) -> frozenset[str]:
        """Every name in the rule's conditions."""
        return frozenset().union(*self.groups) | self.any


class Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The subject of a question, identified by the values of `slots`.

    A message with a concept or slot type in `whole` names the subject completely. `reads`: what its answers read.
    """

    slots: tuple[str, ...]
    whole: frozenset[str] = frozenset()
    reads: Reads | None = None
    name: str = ""


Tells = Literal["one", "several", "days", "fills", "sums", "two"]
"""The form in which an intent presents claims: one, several, their days, fills or sums, or two sides compared."""


class IntentFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of an intent's file.

    Attributes:
        needs: whose data the answer reads.
        licence: what a message must contain before the answer may look anything up (`bot.language.licences`).
        pins: weights set by the author instead of counted.
        title: the label of the intent's button, by language.
        subject: the subjects, by which slots may be taken over from the previous answer, except those in `never`;
            `whole` replaces the same entry of the subjects.
        of_entry: True if without a name the first entry of the list that was shown is meant.
        small_talk: True if the intent is never offered as a choice.
        covered: the intent that answers from the record of another person, if the asker's sign-in gives access to it.
        household: the answer for all people of a sign-in.
        for_others: slot values, "*" for any, with which the answer is the same for everybody.
        anybody: by a concept ("" is any), the rule of how plans work that is asked for if the record is not open.
        walks: True if "the one before" repeats the question for the record before.
        to_come: how it answers about future care: "tells" the cost and the last such care, "takes" such questions from
            others, "hands" them over if no record shows the care, "dates" too, and takes those of when it is due.
        tells: how the answer presents claims (`bot.language.shapes`).
        workings: the answer to questions about a rule of how plans work; `composed`: of composed ones (`kit.query`).
        acts: the intent that answers instead if the message does not say that an action was done; this intent stores
            one.
        sure: the probability needed to answer without asking back, if higher than usual.
        of_list: the intent that answers a message with a list of names.
        answer: "built"; "later" if there is none yet; "aside" if it leaves the topic as it was.
        slots: the slots that the answer uses, with their types; `excludes`: those that may be excluded; `several`:
            those that may have more than one value; `asks`: those that the bot asks for once if missing.
        shapes: the forms of answer that it gives; `about`: slot types or values ("service:lab") of its topic.
        follows: the follow-ups that the answer accepts.
        command: the part of a slash command after the dash. Slack limits the whole to 32 characters.
        reads: what the answer requests from a FHIR server, if it is not what its first subject says.
        examples: sentences that reach the intent alone, `afterwards` only after another answer, `counterexamples`
            never.
    """

    needs: Literal["member", "directory", "nothing"]
    licence: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    pins: tuple[Pin, ...] = ()
    title: Mapping[str, str] = {}
    subject: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()
    whole: frozenset[str] | None = None
    instead: Instead | None = None
    of_entry: bool = False
    small_talk: bool = False
    covered: str | None = None
    household: HouseholdRule | None = None
    for_others: Mapping[str, tuple[str, ...]] | None = None
    anybody: Mapping[str, str] = {}
    walks: bool = False
    to_come: Literal["tells", "takes", "hands", "dates"] | None = None
    tells: Tells | None = None
    workings: str | None = None
    composed: str | None = None
    acts: str | None = None
    sure: float = 0.0
    of_list: str | None = None
    answer: Literal["built", "later", "aside"] = "built"
    slots: Mapping[str, str] = {}
    excludes: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    shapes: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    follows: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    command: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{1,11}$")] | None = None
    reads: Reads | None = None
    form: Form | None = None
    prompt: Prompt | None = None
    examples: Phrases = {}
    afterwards: Phrases = {}
    counterexamples: Phrases = {}


class IntentRules(IntentFile, frozen=True, kw_only=True, dict=True):
    """An intent of the pack: the content of its file, its name, and the subjects that the file names."""

    intent: str
    subjects: tuple[Subject, ...]
    file: Path

    @cached_property
    def heard(self) -> Mapping[str, str]:
        """The slots to look for in a message, with their types: the intent's own, and `person` for member data."""
        return {**self.slots, PERSON: PERSON} if self.needs == "member" else self.slots

    @cached_property
    def takes(self) -> frozenset[str]:
        """The kinds of tags that the intent's slots can hold, and those in `about`."""
        return self.kinds.union(*map(kinds_of, self.about))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of tags that the intent's slots can hold."""
        return frozenset(name for kind in self.heard.values() for name in kinds_of(kind))

    @property
    def options(self) -> frozenset[str]:
        """The kinds of option values that the intent accepts: the main kind of each slot's type."""
        return frozenset(kinds_of(kind)[0] for kind in self.slots.values())

    @cached_property
    def reads_claims(self) -> bool:
        """Whether the answer reads the member's claims."""
        return self.reads is not None and self.reads.type == CLAIMS

    @property
    def chooses_records(self) -> bool:
        """Whether the answer selects among the member's records, so that conditions on these can apply."""
        read = self.reads.type if self.reads and "date_range" in self.slots else "Coverage"
        return read != "Coverage" and (read != CLAIMS or self.tells is not None)

    @cached_property
    def shows_claims(self) -> bool:
        """Whether the answer shows the member's claims and stores nothing."""
        return self.reads_claims and self.acts is None

    @cached_property
    def is_of_provider(self) -> bool:
        """Whether the intent is about a provider in the directory."""
        return self.needs == "directory" and any(one.name == _PROVIDER for one in self.subjects)

    @cached_property
    def is_choice(self) -> bool:
        """Whether the intent can be offered as a choice: it is not small talk, a follow-up or an emergency."""
        return not (self.small_talk or self.intent in {FALLBACK, HELP} or self.intent.startswith((FOLLOW, DANGER)))


def read_yaml(file: Path, shown: str) -> Any:
    """Return the content of a YAML file of the pack, at most `LARGEST_FILE` bytes in UTF-8.

    Raises:
        PackError: the file cannot be read; the message starts with `shown`.
    """
    import yaml  # noqa: PLC0415 -- as above

    try:
        if file.stat().st_size > LARGEST_FILE:
            raise PackError(f"{shown}: file: larger than {LARGEST_FILE} bytes")
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506 -- a safe loader, in C
    except OSError as error:
        raise PackError(f"{shown}: file: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PackError(f"{shown}: file: is not UTF-8 (byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        raise PackError(f"{shown}: {where}: is not YAML ({getattr(error, 'problem', None) or error})") from error
    except (RecursionError, ValueError) as error:
        raise PackError(f"{shown}: file: is not usable YAML ({error})") from error


def read_words(folder: Path, name: str, kind: type[T], *, optional: bool = False) -> T:
    """Return a file of `intents/_words/` converted to `kind`; an `optional` file that is missing is empty.

    Raises:
        PackError: "_words/file: key: what" for every fault.
    """
    file, shown = folder / WORDS / name, f"{WORDS}/{name}"
    found: T = converted({} if optional and not file.is_file() else read_yaml(file, shown), kind, shown)
    return found


def kept_words(folder: Path, name: str, kind: type[T], *, optional: bool = False) -> T:
    """Return the same as `read_words`, cached by an earlier start if the file is unchanged (`bot.compiled`)."""
    key = compiled.key_of(folder / WORDS / name, of=compiled.code_of("language"))
    return compiled.kept(Path(name).stem, key, kind, lambda: read_words(folder, name, kind, optional=optional))


_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_LACKING = re.compile(r"Object missing required field `(.+)`")
_FIELDS = frozenset(
    name for kind in (IntentFile, Rule, Instead, Reads, Form, Prompt) for name in kind.__struct_fields__
)


def converted(raw: Any, kind: type[Any], shown: str) -> Any:
    """Return `raw` converted to the type `kind`.

    Raises:
        PackError: "shown: key: what" for each invalid key.
    """
    faults, dropped = [], set[str]()
    while True:
        try:
            value = msgspec.convert(raw, kind)
            break
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at ")
        key = where.replace("`", "").removeprefix("$").removeprefix(".")
        unknown, lacking = _UNKNOWN.fullmatch(what), _LACKING.fullmatch(what)
        if lacking and lacking[1] in dropped:
            break
        near = hint(unknown[1], _FIELDS) if unknown else ""
        faults.append(f"{shown}: {key or 'file'}: {what}{near}")
        # msgspec tells the first fault alone: without the entry that has it, the next one is found.
        faulty = re.split(r"[.\[]", key)[0] or (unknown[1] if unknown else "")
        if not isinstance(raw, dict) or faulty not in raw:
            break
        raw = {name: value for name, value in raw.items() if name != faulty}
        dropped.add(faulty)
    if faults:
        raise PackError(*faults)
    return value


def _intent(
    shown: str, raw: IntentFile, folder: Path, subjects: Mapping[str, Subject], groups: Mapping[str, tuple[str, ...]]
) -> IntentRules:
    """Return one intent; its name is the path of its file under `folder`, with dots."""
    names = [rule.name for rule in raw.rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise PackError(f"{shown}: rules: two rules are called {min(twice)!r}")
    for rule in raw.rules:
        if not rule.all and not rule.any:
            raise PackError(f"{shown}: rules.{rule.name}: needs `all` or `any`")
    for key, listed in (("asks", raw.asks), ("excludes", raw.excludes), ("several", raw.several)):
        refuse_unknown(sorted(listed), raw.slots, f"{shown}: {key}: {{}} is not among its slots")
    refuse_unknown(raw.subject, subjects, f"{shown}: subject: {{}} is not in {WORDS}/subjects.yaml")
    own = {} if raw.whole is None else {"whole": raw.whole}
    about = tuple(replace(subjects[name], name=name, **own) for name in raw.subject)
    reads = raw.reads or next((one.reads for one in about if one.reads and raw.needs != "nothing"), None)
    rules = tuple(replace(rule, after=frozenset(_members(rule.after, groups))) for rule in raw.rules)
    known = {**asdict(raw), "rules": rules, "reads": reads}
    return IntentRules(intent=".".join(Path(shown).with_suffix("").parts), subjects=about, file=folder / shown, **known)


def _members(names: Iterable[str], groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the intents of these names, those of a group of `_words/answers.yaml` for its name."""
    for name in names:
        yield from _members(groups[name], groups) if name in groups else (name,)


def _with_types(file: Path, shown: str) -> Any:
    """Return the content of an intent's file; a slot in a list is called like its type, or is a pair "slot: type"."""
    raw = read_yaml(file, shown)
    listed = raw.get("slots") if isinstance(raw, dict) else None
    if not isinstance(listed, list):
        return raw
    return {**raw, "slots": {k: v for one in listed for k, v in (one if isinstance(one, dict) else {one: one}).items()}}


def load_rules(folder: Path) -> tuple[IntentRules, ...]:
    """Return every intent in the pack's `intents/` folder, by name. Folders that start with `_` have no intents.

    Raises:
        PackError: "file: key: what" for every fault.
    """
    files = sorted(folder.rglob("*.yaml"))
    kept = [file for file in files if not any(part.startswith("_") for part in file.relative_to(folder).parts)]
    if not kept:
        raise PackError(f"{folder.name}: folder: holds no intent file")
    names = [file.relative_to(folder).as_posix() for file in kept]
    key = compiled.key_of(*kept, of=" ".join((compiled.code_of("language"), *names)))

    def read() -> dict[str, IntentFile]:
        return dict(each_of(names, lambda name: (name, converted(_with_types(folder / name, name), IntentFile, name))))

    raws: dict[str, IntentFile] = compiled.kept("rules", key, dict[str, IntentFile], read)
    subjects = kept_words(folder, "subjects.yaml", dict[str, Subject], optional=True)
    groups = kept_words(folder, "answers.yaml", dict[str, tuple[str, ...]], optional=True)
    return tuple(each_of(raws.items(), lambda one: _intent(*one, folder, subjects, groups)))


def shows_one(intents: Mapping[str, IntentRules]) -> str:
    """Return the name of the intent that shows a single provider; "" if the pack has none."""
    rules = intents.get(SHARE)
    return rules.instead.intent if rules is not None and rules.instead is not None else ""
