"""The rule files of a pack: what each intent needs, its rules, and its example sentences."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec.structs import force_setattr

from bot import compiled
from bot.errors import PackError, each_of
from bot.language.findings import hint
from bot.language.kernel import DANGER, FALLBACK, FOLLOW, HELP
from bot.language.offers import Form, Prompt
from bot.language.slots import kinds_of

LARGEST_FILE = 1_000_000
WORDS, CLAIMS = "_words", "ExplanationOfBenefit"
# Whose record is asked for: the kernel decides on it before any member answer.
PERSON = "person"

Phrases = dict[str, list[str]]


def _mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> Any:
    """Return a YAML mapping; a duplicate key is refused, because YAML would drop the first."""
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
        seen.add(key.value)
    return yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep=deep)


# A safe loader, in C where there is one.
_Loader = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {"construct_mapping": _mapping})


class _RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    all: list[str] = []
    any: list[str] = []
    after: list[str] = []
    set: dict[str, str] = {}


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence whose weight for an intent its author sets (zero forbids it) in place of the counted one, and `why`."""

    kind: Literal["words", "pieces", "found"]
    text: str
    why: Annotated[str, msgspec.Meta(min_length=1)]
    weight: Annotated[float, msgspec.Meta(ge=-4, le=4)] = 0.0


class _SubjectFile(msgspec.Struct, forbid_unknown_fields=True):
    slots: tuple[str, ...]
    whole: frozenset[str] = frozenset()


class _InsteadFile(msgspec.Struct, forbid_unknown_fields=True):
    intent: str
    has: str
    lacks: str


class HouseholdRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer for all people (or `of_some`) of a sign-in; `when` holds required slot values."""

    answer: str
    when: dict[str, tuple[str, ...]] = {}
    of_some: bool = False

    def fits(self, values: Mapping[str, object]) -> bool:
        """Return whether it can answer a question with these slot values."""
        return all(values.get(slot) in known for slot, known in self.when.items())


class Reads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The FHIR type that an answer reads, and the search parameters without which the bot filters itself."""

    type: str
    by: tuple[str, ...] = ()


class _IntentFile(msgspec.Struct, forbid_unknown_fields=True):
    needs: Literal["member", "directory", "nothing"]
    licence: list[str] = []
    rules: list[_RuleFile] = []
    pins: tuple[Pin, ...] = ()
    title: dict[str, str] = {}
    subject: list[str] = []
    never: list[str] = []
    whole: list[str] | None = None
    instead: _InsteadFile | None = None
    of_entry: bool = False
    small_talk: bool = False
    covered: str | None = None
    household: HouseholdRule | None = None
    for_others: dict[str, tuple[str, ...]] | None = None
    walks: bool = False
    acts: str | None = None
    sure: float = 0.0
    of_list: str | None = None
    answer: Literal["built", "later", "aside"] = "built"
    slots: dict[str, str] = {}
    excludes: list[str] = []
    several: list[str] = []
    shapes: list[str] = []
    about: list[str] = []
    follows: list[str] = []
    asks: list[str] = []
    command: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{1,11}$")] | None = None
    """The part of a slash command after the dash; with the longest BOT_COMMAND within Slack's 32 characters."""
    reads: Reads | None = None
    form: Form | None = None
    prompt: Prompt | None = None
    examples: Phrases = {}
    afterwards: Phrases = {}
    counterexamples: Phrases = {}


class Rule(msgspec.Struct, frozen=True):
    """What a message of an intent may say besides its slot values.

    Names in capitals are concepts, others are slot types. One name of each set in `all`, and one of `any`, is required.
    `after` are previous intents after which the rule applies, as evidence for its intent. `set` are slots that it sets.
    """

    intent: str
    name: str
    all: tuple[frozenset[str], ...]
    any: frozenset[str]
    after: frozenset[str]
    set: Mapping[str, str]
    concepts: frozenset[str] = frozenset()
    """Every name in the rule's conditions, cached."""

    def __post_init__(self) -> None:
        """Compute `concepts`."""
        force_setattr(self, "concepts", frozenset().union(*self.all) | self.any)


class Subject(msgspec.Struct, frozen=True):
    """The subject of a question, identified by `slots`; with the concepts or slot types in `whole` it is complete."""

    name: str
    slots: tuple[str, ...]
    whole: frozenset[str]


class Instead(msgspec.Struct, frozen=True):
    """Another intent that answers if the whole question has one slot and lacks another."""

    intent: str
    has: str
    lacks: str


class IntentRules(msgspec.Struct, frozen=True):
    """An intent of the pack: `needs` says whose data it reads, `slots` what its answer honours (name to type).

    `licence` is what a message has to hold before its answer may look anything up (`bot.language.choosing`); `pins` are
    weights that are not counted. `excludes` are the slots of which it honours a "not", `several` those of which it
    honours more than one value. `about` are slot types whose words only name what the intent is about ("pharmacy" in
    "my pharmacy claims"), or one value of a type ("service:lab"). `subjects` are what it is about and may take over
    from the answer before, without the slots that stand in `never`.

    `answer` "later": only words about what it will need are there so far; "aside": an intent that needs nothing has an
    answer all the same, which leaves the topic as it was. `follows` are the follow-ups that its answer accepts, `asks`
    the slots that are asked for once when missing. `title` names it on a button. `of_entry`: without a name it is about
    the first entry of the list that was shown. `small_talk`: it answers nothing, so it is no reading to choose.
    `reads` is what its answer asks a server for; `form` and `prompt` are what a channel offers. `covered` is the intent
    that answers instead, from the record of a person whom the asker's sign-in opens; `household` is the answer for all
    of them, and `for_others` when it holds for everybody on the plan. `walks`: "the one before" repeats it one record
    back. `of_list` answers when the message goes on with a list. `acts`: it keeps what is told, so that another's words
    never do it, and names who answers where they only ask. `examples` reach it alone, `afterwards` after its rules.
    """

    intent: str
    title: Mapping[str, str]
    needs: Literal["member", "directory", "nothing"]
    answer: Literal["built", "later", "aside"]
    licence: tuple[str, ...]
    rules: tuple[Rule, ...]
    pins: tuple[Pin, ...]
    slots: Mapping[str, str]
    excludes: frozenset[str]
    several: frozenset[str]
    shapes: frozenset[str]
    about: frozenset[str]
    follows: tuple[str, ...]
    asks: tuple[str, ...]
    subjects: tuple[Subject, ...]
    never: frozenset[str]
    instead: Instead | None
    of_entry: bool
    small_talk: bool
    covered: str | None
    household: HouseholdRule | None
    for_others: Mapping[str, tuple[str, ...]] | None
    walks: bool
    acts: str | None
    sure: float
    of_list: str | None
    command: str | None
    reads: Reads | None
    form: Form | None
    prompt: Prompt | None
    examples: Mapping[str, tuple[str, ...]]
    afterwards: Mapping[str, tuple[str, ...]]
    counterexamples: Mapping[str, tuple[str, ...]]
    file: Path
    heard: Mapping[str, str] = {}
    """The slots to look for in its messages: its own, and the person if it reads a member's record."""
    takes: frozenset[str] = frozenset()
    """The kinds of values that its slots can hold, and those in `about`."""

    def __post_init__(self) -> None:
        """Compute `heard` and `takes`."""
        heard = {**self.slots, PERSON: PERSON} if self.needs == "member" else self.slots
        kinds = (*heard.values(), *self.about)
        force_setattr(self, "heard", heard)
        force_setattr(self, "takes", frozenset(name for kind in kinds for name in kinds_of(kind)))

    @property
    def reads_claims(self) -> bool:
        """Whether its answer reads the member's claims."""
        return self.reads is not None and self.reads.type == CLAIMS

    @property
    def is_choice(self) -> bool:
        """Whether it can be offered as a choice: not small talk, a follow-up or an emergency."""
        return not (self.small_talk or self.intent in {FALLBACK, HELP} or self.intent.startswith((FOLLOW, DANGER)))


def read_yaml(file: Path, shown: str) -> Any:
    """Return the content of a YAML file of the pack, at most `LARGEST_FILE` bytes in UTF-8.

    Raises:
        PackError: If it cannot be read; the message starts with `shown`.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise PackError(f"{shown}: file: larger than {LARGEST_FILE} bytes")
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- a safe loader, in C
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


_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_LACKING = re.compile(r"Object missing required field `(.+)`")
# Every key of an intent's file and of its parts.
_FIELDS = frozenset(
    name for kind in (_IntentFile, _RuleFile, _InsteadFile, Reads, Form, Prompt) for name in kind.__struct_fields__
)


def converted(raw: Any, kind: type[Any], shown: str) -> Any:
    """Return `raw` converted to a struct; raises PackError with a fault for each invalid key."""
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


def _rule(intent: str, raw: _RuleFile, shown: str) -> Rule:
    if not raw.all and not raw.any:
        raise PackError(f"{shown}: rules.{raw.name}: needs `all` or `any`")
    return Rule(
        intent=intent,
        name=raw.name,
        all=tuple(frozenset(part.strip() for part in entry.split("|")) for entry in raw.all),
        any=frozenset(raw.any),
        after=frozenset(raw.after),
        set=raw.set,
    )


def _subjects(shown: str, raw: _IntentFile, known: Mapping[str, _SubjectFile]) -> tuple[Subject, ...]:
    """Return the subjects of an intent."""
    for name in raw.subject:
        if name not in known:
            raise PackError(f"{shown}: subject: {name!r} is not in {WORDS}/subjects.yaml{hint(name, known)}")
    whole = None if raw.whole is None else frozenset(raw.whole)
    return tuple(
        Subject(name, known[name].slots, known[name].whole if whole is None else whole) for name in raw.subject
    )


def _intent(shown: str, raw: _IntentFile, folder: Path, subjects: Mapping[str, _SubjectFile]) -> IntentRules:
    """Return one intent; its name is the path of its file under `folder`."""
    file = folder / shown
    intent = ".".join(file.relative_to(folder).with_suffix("").parts)
    names = [rule.name for rule in raw.rules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise PackError(f"{shown}: rules: two rules are called {min(twice)!r}")
    for key, listed in (("asks", raw.asks), ("excludes", raw.excludes), ("several", raw.several)):
        unknown = [slot for slot in listed if slot not in raw.slots]
        if unknown:
            raise PackError(f"{shown}: {key}: {unknown[0]!r} is not among its slots{hint(unknown[0], raw.slots)}")
    return IntentRules(
        intent=intent,
        title=raw.title,
        needs=raw.needs,
        answer=raw.answer,
        licence=tuple(raw.licence),
        rules=tuple(_rule(intent, rule, shown) for rule in raw.rules),
        pins=raw.pins,
        slots=raw.slots,
        excludes=frozenset(raw.excludes),
        several=frozenset(raw.several),
        shapes=frozenset(raw.shapes),
        about=frozenset(raw.about),
        follows=tuple(raw.follows),
        asks=tuple(raw.asks),
        subjects=_subjects(shown, raw, subjects),
        never=frozenset(raw.never),
        instead=Instead(raw.instead.intent, raw.instead.has, raw.instead.lacks) if raw.instead else None,
        of_entry=raw.of_entry,
        small_talk=raw.small_talk,
        covered=raw.covered,
        household=raw.household,
        for_others=raw.for_others,
        walks=raw.walks,
        acts=raw.acts,
        sure=raw.sure,
        of_list=raw.of_list,
        command=raw.command,
        reads=raw.reads,
        form=raw.form,
        prompt=raw.prompt,
        examples={language: tuple(said) for language, said in raw.examples.items()},
        afterwards={language: tuple(said) for language, said in raw.afterwards.items()},
        counterexamples={language: tuple(said) for language, said in raw.counterexamples.items()},
        file=file,
    )


def _known_subjects(folder: Path) -> dict[str, _SubjectFile]:
    shown = f"{WORDS}/subjects.yaml"
    found: dict[str, _SubjectFile] = converted(read_yaml(folder / shown, shown), dict[str, _SubjectFile], shown)
    return found


def load_rules(folder: Path) -> tuple[IntentRules, ...]:
    """Return every intent in the pack's `intents/` folder, by name; folders that start with `_` contain words.

    Raises:
        PackError: "file: key: what" for every fault.
    """
    files = sorted(folder.rglob("*.yaml"))
    kept = [file for file in files if not any(part.startswith("_") for part in file.relative_to(folder).parts)]
    if not kept:
        raise PackError(f"{folder.name}: folder: holds no intent file")
    names = [file.relative_to(folder).as_posix() for file in kept]
    key = compiled.key_of(*kept, of=" ".join((compiled.code_of("language"), *names)))

    def read() -> dict[str, _IntentFile]:
        return dict(each_of(names, lambda name: (name, converted(read_yaml(folder / name, name), _IntentFile, name))))

    raws: dict[str, _IntentFile] = compiled.kept("rules", key, dict[str, _IntentFile], read)
    subjects = _known_subjects(folder) if any(raw.subject for raw in raws.values()) else {}
    return tuple(each_of(raws.items(), lambda one: _intent(*one, folder, subjects)))
