"""The pack: rules with their answers (`intents/`) and templates (`templates/`), loaded and checked together.

A faulty pack stops the start with a line for each fault, by file and key, so that no member's question reveals it.
Checks that take too long for a start, such as compiling every template, are in `doubts_of`, for tests and for an
operator's command. A pack that passed is not checked again until one of its files changes (`bot.compiled`).
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial
from itertools import chain
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

import msgspec
from msgspec.structs import replace

from bot import compiled
from bot.compiled import find_pack
from bot.errors import PackError, each_of, every_error
from bot.kit import NO_BENEFITS, NO_KINDS, Answer, Ask, Benefits, CareKinds, Summary, care_kinds, read_benefits
from bot.kit.query import query_asked
from bot.language.engine import Engine
from bot.language.findings import hint
from bot.language.nearby import Gazetteer
from bot.language.offers import Offers, offers_of
from bot.language.rules import WORDS, IntentRules, kept_words, read_yaml
from bot.message import COMMAND, AReply, Block, Language
from bot.replies.catalogues import ByLanguage
from bot.replies.messages import sources
from bot.replies.render import Words

__all__ = [
    "NUMBERS", "Pack", "answer_of", "benefits_of", "compile_into", "doubts_of", "find_pack", "load_care_kinds",
    "load_pack", "template_of", "with_benefits",
]  # fmt: skip

_SENTENCES = frozenset({"_sentences", "_talks"})
"""The folders that the weights are fitted from: nothing else reads them."""
BENEFITS = "benefits.csv"
NUMBERS = ("crisis", "emergency", "poison", "veterans", "violence")
KERNEL_TOPICS = ("account", "followup")
KERNEL_TARGETS = frozenset({"account", "answer", "feedback", "handoff"})
"""The topics of buttons that need no intent of the pack, such as `answer.sources`."""
_TARGET = re.compile(r"\]\(([a-z_]+\.[a-z_]+)[?)]")
KERNEL_TEMPLATES = (
    *("_footer", "_own_doctor", "_shared", "_unmet", "ask/location", "choices", "commands", "how", "menu"),
    *("not_understood", "no_list", "still_looking", "safety/crisis", "safety/emergency"),
    *(f"account/{name}" for name in ("choose", "code_words", "declined", "link", "linked", "other_record")),
    *(f"account/{name}" for name in ("privacy", "quoted", "status", "unlink")),
    *(f"reminder/{name}" for name in ("due", "end", "list")),
    *(f"problems/{name}" for name in ("button_over", "directory_only", "options")),
)


class Pack(msgspec.Struct, frozen=True, dict=True):
    """All content that is written for a plan: rules, answers and templates. `payer` are its details in all texts."""

    engine: Engine
    words: Words
    answers: Mapping[str, Answer]
    templates: Path
    care_kinds: CareKinds = NO_KINDS
    command: str = COMMAND
    benefits: Benefits = NO_BENEFITS
    payer: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def commands(self) -> tuple[str, ...]:
        """The slash commands of intents, such as `/bcbst-find`, without duplicates."""
        names = (rules.command for rules in self.engine.intents.values() if rules.command)
        return tuple(f"/{self.command}-{name}" for name in dict.fromkeys(names))

    @cached_property
    def places(self) -> Gazetteer:
        """The places in the area that the plan covers."""
        return Gazetteer(self.engine.lexicon.area)

    @cached_property
    def intents(self) -> Mapping[str, IntentRules]:
        """The rules of each intent, by name."""
        return self.engine.intents

    def is_of_member(self, intent: str) -> bool:
        """Return whether the answer reads a member's own record."""
        rules = self.engine.intents.get(intent)
        return rules is not None and rules.needs == "member"

    def answer_of(self, intent: str, ask: Ask) -> str:
        """Return the answer function for a question; composed, ranked and counting questions have separate ones."""
        if self.intents[intent].tells not in {"sums", "days"} or not query_asked(ask):
            return intent
        return next(one.composed for one in self.intents.values() if one.composed)

    @property
    def answered(self) -> tuple[IntentRules, ...]:
        """The rules of the intents that have an answer."""
        return tuple(self.engine.intents[name] for name in self.answers if name in self.engine.intents)

    @property
    def offers(self) -> Offers:
        """Return the forms and prompts of all intents."""
        rules = self.engine.intents.values()
        return offers_of((one.intent, one.needs == "member", one.form, one.prompt) for one in rules)

    def render(
        self, template: str, values: Mapping[str, object], language: Language, links: Mapping[str, str] | None = None
    ) -> tuple[Block, ...]:
        """Render a template in a language. Return its blocks."""
        return self.words.render(template, {"payer": self.payer, **values}, language=language, links=links or {})

    def reply(  # noqa: PLR0917 -- what every reply is made of
        self,
        kind: type[AReply],
        intent: str,
        template: str,
        values: Mapping[str, object],
        language: Language,
        links: Mapping[str, str] | None = None,
        **more: Any,
    ) -> AReply:
        """Render a template into a reply of this kind; `more` are the reply's other fields."""
        blocks = self.render(template, values, language, links)
        return kind(intent=intent, language=language, blocks=blocks, **more)


def load_pack(folder: Path, command: str = COMMAND) -> Pack:
    """Load the pack in a folder; `command` is the name of its slash commands.

    Raises:
        PackError: by file and key: an unknown key, a missing answer or template, an untranslated message, a slot
            without a type, rules that tie or never match, an example that does not reach its own intent.
    """
    try:
        engine = Engine.load(folder / "intents")
    except PackError as error:
        raise PackError(*error.faults, *_faults_beside_rules(folder)) from error
    kinds = load_care_kinds(folder)
    words = _words(folder / "templates", engine, command, kinds)
    load, key = cache(partial(answer_of, folder)), _key(folder)
    rules = engine.intents.values()
    every = [one for one in rules if one.answer == "aside" or (one.needs != "nothing" and one.answer == "built")]
    names = dict.fromkeys((*(one.intent for one in every), *chain.from_iterable(map(_other_answers, rules))))
    if not compiled.recalled("sound", key, bool):
        faults = [f"templates/{fault}" for fault in words.faults()]
        faults += [*_missing_templates(engine, words), *_rule_faults(folder, engine)]
        try:
            each_of(names, load)
        except PackError as error:
            faults = [*error.faults, *faults]
        if faults:
            faults += [*_template_faults(folder), *_target_faults(folder / "templates", engine)]
            raise PackError(*dict.fromkeys(faults))
        compiled.keep("sound", key, value=True)
    answers = {name: partial(_noted, load, name) for name in names}
    return Pack(engine, words, answers, folder / "templates", kinds, command)


def with_benefits(pack: Pack, file: Path | None = None) -> Pack:
    """Return the pack with the benefit table in a file, or in its own `benefits.csv`; unchanged if there is neither.

    Raises:
        PackError: the first fault of the table, by row and column.
    """
    table, faults = benefits_of(pack, file)
    for fault in faults:
        raise PackError(fault)
    return replace(pack, benefits=table)


def benefits_of(pack: Pack, file: Path | None = None) -> tuple[Benefits, tuple[str, ...]]:
    """Return the benefit table and all its faults, each starting with the file's name."""
    folder = pack.templates.parent
    own = folder / BENEFITS
    if file is None and not own.is_file():
        return NO_BENEFITS, ()
    file = file or own
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        return NO_BENEFITS, (f"{file}: {why}",)
    networks = read_yaml(folder / "intents" / WORDS / "networks.yaml", "networks.yaml")
    table, faults = read_benefits(text, pack.care_kinds, list(networks))
    return table, tuple(f"{file.name}: {fault}" for fault in faults)


def load_care_kinds(folder: Path) -> CareKinds:
    """Return the kinds of care in the pack's services.yaml; empty if it has no such file.

    Raises:
        PackError: a fault, by file and key.
    """
    try:
        return care_kinds(kept_words(folder / "intents", "services.yaml", dict[str, Any], optional=True))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackError(f"intents/{WORDS}/services.yaml: {error}") from error


def _words(templates: Path, engine: Engine, command: str, kinds: CareKinds) -> Words:
    try:
        titles = {name: rules.title for name, rules in engine.intents.items()}
        glossary = ByLanguage(engine.lexicon.glossary.terms)
        return Words(templates, {"glossary": glossary, "titles": titles, "command": f"/{command}", "care_kinds": kinds})
    except ValueError as error:
        raise PackError(f"templates/{error}") from error


def doubts_of(folder: Path, pack: Pack) -> list[str]:
    """Return the faults of a pack loaded from this folder that do not stop a start.

    These are phrases in two concepts, slow patterns and faulty templates.
    """
    from bot.language import checker  # noqa: PLC0415 -- as below

    key = _key(folder)
    found = compiled.recalled("doubts", key, list[str])
    if found is None:
        spoken = checker.doubts(folder / "intents", pack.engine)
        found = [*(f"intents/{doubt}" for doubt in spoken), *_template_faults(folder)]
        found += _target_faults(folder / "templates", pack.engine)
        if all(doubt.line for doubt in spoken):  # what has no line was slow: on this machine, today
            compiled.keep("doubts", key, found)
    return found


def _key(folder: Path) -> str:
    """Return a hash of the folder's pack and of all code, under which the result of a check is cached."""
    parts = (part for part in sorted((folder / "intents").iterdir()) if part.name not in _SENTENCES)
    return compiled.key_of(*parts, folder / "templates", of=compiled.code_of())


def template_of(intent: str) -> str:
    """Return the template of an intent's answer: the same path."""
    return intent.replace(".", "/")


def _other_answers(rules: IntentRules) -> tuple[str, ...]:
    """Return an intent's additional answers: for a household, for rules of plans, and for composed questions."""
    return tuple(name for name in (rules.household and rules.household.answer, rules.workings, rules.composed) if name)


def answer_of(folder: Path, intent: str) -> Answer:
    """Return the answer function of an intent of the pack in a folder.

    Raises:
        PackError: the file or its `answer` is missing, or importing it fails.
    """
    path = folder / "intents" / f"{template_of(intent)}.py"
    if not path.is_file():
        raise PackError(f"intents/{template_of(intent)}.yaml: needs: member or directory asks for an answer beside it")
    try:
        answer = getattr(_module(path, intent), "answer", None)
    except Exception as error:  # an answer may raise anything while it is imported
        lines = [one.lineno for one in extract_tb(error.__traceback__) if one.filename == str(path)]
        where = f"line {lines[-1]}: " if lines else ""
        raise PackError(f"intents/{template_of(intent)}.py: {where}{type(error).__name__}: {error}") from error
    if not callable(answer):
        raise PackError(f"intents/{template_of(intent)}.py: answer: missing")
    found: Answer = answer
    return found


async def _noted(load: Callable[[str], Answer], name: str, ask: Ask) -> Summary:
    """Return an answer's result, with what could not be read; its module is imported on first use."""
    found, report = await load(name)(ask), ask.report
    return replace(found, today=ask.today, partial=not report.complete, is_partial=report.is_partial)


def _module(path: Path, intent: str) -> ModuleType:
    """Import an answer's module under a name of its own, so that it shadows no package."""
    name = f"bcbst_pack.{intent}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PackError(f"{path.name}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _rule_faults(folder: Path, engine: Engine) -> Iterator[str]:
    from bot.language import checker  # noqa: PLC0415 -- two MiB that no start needs whose pack has passed before

    for finding in checker.faults(folder / "intents", engine):
        yield f"intents/{finding}"


def _faults_beside_rules(folder: Path) -> Iterator[str]:
    """Yield the faults of answers, catalogues and templates, for a pack whose rules or words cannot be loaded."""
    intents = folder / "intents"
    names = (path.relative_to(intents).with_suffix("").as_posix() for path in sorted(intents.rglob("*.py")))
    try:
        each_of((name.replace("/", ".") for name in names if not name.startswith("_")), partial(answer_of, folder))
    except PackError as error:
        yield from error.faults
    try:
        yield from (f"templates/{fault}" for fault in Words(folder / "templates").faults())
    except ValueError as error:
        yield f"templates/{error}"
    yield from _template_faults(folder)


def _template_faults(folder: Path) -> Iterator[str]:
    from bot.replies.lint import lint  # noqa: PLC0415 -- as above

    yield from (f"templates/{fault}" for fault in lint(folder / "templates"))


def _target_faults(templates: Path, engine: Engine) -> Iterator[str]:
    """Yield the buttons of templates whose intent the pack does not have."""
    for path in sources(templates):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name in _TARGET.findall(line):
                if name not in engine.intents and name.split(".")[0] not in KERNEL_TARGETS:
                    shown = f"templates/{path.relative_to(templates).as_posix()}: line {number}"
                    yield f"{shown}: a button to unknown intent {name!r}{hint(name, engine.intents)}"


def _missing_templates(engine: Engine, words: Words) -> Iterator[str]:
    yield from (f"templates/numbers.yaml: {name}: missing" for name in NUMBERS if name not in words.numbers)
    for template in {*KERNEL_TEMPLATES, *(error.template for error in every_error())}:
        if not words.has(template):
            yield f"templates/{template}.md.j2: missing"
    for name, rules in engine.intents.items():
        if name.split(".")[0] in KERNEL_TOPICS and rules.needs == "nothing" and not words.has(template_of(name)):
            continue
        lacking = (template_of(one) for one in (*_other_answers(rules), name) if not words.has(template_of(one)))
        yield from (f"templates/{one}.md.j2: missing" for one in lacking)


def compile_into(folder: Path) -> None:
    """Write the compiled form of the bot's own pack, and of the table of towns and ZIP codes, to a folder.

    An image or a wheel has it from `python -m bot.pack`. An installation with a writable user cache does not need it:
    the first start stores the same data there.

    Raises:
        PackError: the pack is invalid.
    """
    with compiled.collected(folder):
        pack = load_pack(find_pack())
        doubts_of(find_pack(), pack)
        pack.places.read()
        pack.words.fixed_labels()


if __name__ == "__main__":
    compile_into(compiled.SHIPPED)
