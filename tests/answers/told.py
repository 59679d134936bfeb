"""Answers as data: what a payer's shelf holds, what is asked over it, and what each answer has to be.

A file is a table from a case's name to a list. Its first entry is the shelf: `holds` are resources in the short form of
`tests.answers.shorthand`, the rest are the fields of `Shelf`. Each other entry is a question: the intent, or a list of
them, and what else `Asked` has. The entry `shared` is no case, and holds what others repeat by a YAML alias.
"""

import re
from pathlib import Path
from typing import Any

import msgspec

from bot.kit import Coverage
from bot.language.rules import read_yaml
from tests.answers.asking import Said, Shelf, answered, answered_for_all, owned, public
from tests.answers.claim.shapes import asks, lines_of
from tests.answers.shorthand import resource
from tests.records.made import raw

HERE = Path(__file__).parent
DIRECTORY = frozenset({"endpoint", "facility", "pharmacy", "plan", "provider"})
"""Topics that are asked about without an account."""


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"button": "with"}):
    """One question, and what its answer has to be.

    `with` are a button's arguments. `plus` are more resources for this question alone, `but` are elements that the
    first of the shelf has in it. `starts`, `has`, `lacks` and `matches` are of the words, `lines` are all words but the
    buttons, `in_order` stand one behind the other. `presses` are the arguments of a button by its label. `sources` are
    the ids of records, `gaps` the kinds of what is missing. `queries` are values of parameters by type, `reads` types.
    """

    asks: str
    said: str = ""
    slots: dict[str, Any] = {}
    language: str = "en"
    button: dict[str, str] = {}
    known: dict[str, str] = {}
    own: list[dict[str, Any]] = []
    plus: list[dict[str, Any]] = []
    but: dict[str, Any] = {}
    starts: str = ""
    has: list[str] = []
    lacks: list[str] = []
    matches: str = ""
    lines: list[str] | None = None
    in_order: list[str] = []
    presses: dict[str, dict[str, str]] = {}
    sources: list[str] | None = None
    gaps: list[str] | None = None
    queries: dict[str, dict[str, list[str]]] = {}
    reads: list[str] | None = None
    private: bool | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shelf and the questions over it; `proves` are the numbers of faults and threats.

    `public` are HL7's examples by folder and type, made this member's; of those only the `first` few.
    `kin` are the resources of each of Ana, Leo and Sam B.; of who has a number in `no_claims` no claims come, of `half`
    a part of them.
    """

    asked: list[Asked]
    proves: list[str] = []
    holds: list[dict[str, Any]] = []
    kin: list[list[dict[str, Any]]] = []
    no_claims: list[int] = []
    half: int = 0
    included: list[dict[str, Any]] = []
    refused: list[str] = []
    forbidden: list[str] = []
    down: list[str] = []
    blind: list[str] = []
    full_urls: bool = False
    public: dict[str, list[str]] = {}
    first: int | None = None


def cases() -> dict[str, Case]:
    """Every case by its file and name."""
    found = {}
    for path in sorted(HERE.rglob("*.yaml")):
        written = read_yaml(path, path.name)
        written.pop("shared", None)
        found.update({f"{path.stem}: {name}": _case(entries) for name, entries in written.items()})
    return found


def _case(entries: list[Any]) -> Case:
    shelf, questions = (entries[0], entries[1:]) if isinstance(entries[0], dict) else ({}, entries)
    asked: list[dict[str, Any]] = []
    for intents, *more in questions:
        for intent in [intents] if isinstance(intents, str) else intents:
            asked.append({"asks": intent})
            for one in more:
                asked[-1] |= one
    return msgspec.convert(_days_as_text({**shelf, "asked": asked}), Case)


def _days_as_text(value: Any) -> Any:
    """YAML reads a day that stands unquoted as a date."""
    if isinstance(value, dict):
        return {name: _days_as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_days_as_text(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


async def ask(case: Case, asked: Asked) -> Said:
    """The answer to one of its questions."""
    if case.kin:
        return await answered_for_all(asked.asks, _shelves(case), asked.slots, "es" if asked.language == "es" else "en")
    held = [resource(one) for one in [*case.holds, *asked.plus]]
    held += [one for folder, kinds in case.public.items() for kind in kinds for one in owned(public(folder, kind))]
    held = held[: case.first]
    if asked.but:
        held[0] = resource({**case.holds[0], **asked.but})
    included = tuple(resource(one) for one in case.included)
    knobs = {name: getattr(case, name) for name in ("refused", "forbidden", "down", "blind", "full_urls")}
    button: dict[str, Any] = dict(asked.button)
    return await answered(
        asked.asks,
        shelf=Shelf(tuple(held), included=included, **knobs),
        said=asked.said,
        slots=asked.slots,
        language=asked.language,
        known=asked.known,
        own=[Coverage(raw(resource(one))) for one in asked.own],
        member=asked.asks.partition(".")[0] not in DIRECTORY,
        **button,
    )


def _shelves(case: Case) -> list[Shelf]:
    return [
        Shelf(
            tuple(owned((resource(one) for one in held), f"p{number}")),
            down={"ExplanationOfBenefit"} if number in case.no_claims else (),
            torn="ExplanationOfBenefit" if number == case.half else "",
        )
        for number, held in enumerate(case.kin, 1)
    ]


def faults(said: Said, asked: Asked) -> list[str]:
    """What of the answer is not as it has to be."""
    text, report = said.text, said.ask.report
    found = ["says nothing"] * (not text)
    found += [f"{words!r} is not said" for words in asked.has if words not in text]
    found += [f"{words!r} is said" for words in asked.lacks if words in text]
    found += [f"nothing like {asked.matches!r} is said"] * (re.search(asked.matches, text) is None)
    found += [f"begins otherwise than {asked.starts!r}"] * (not text.startswith(asked.starts))
    at = 0
    for words in asked.in_order:
        place = text.find(words, at)
        found += [f"{words!r} is not said behind the others"] * (place < 0)
        at = max(at, place)
    wanted: list[tuple[object, object]] = [
        (asked.lines, lines_of(said)),
        (asked.sources, [source.id for source in report.sources]),
        (asked.gaps, [gap.kind for gap in report.gaps for _ in range(gap.count)]),
        (asked.reads, sorted({kind for kind, _ in said.shelf.queries})),
        (asked.private, said.ask.private),
        *((arguments, asks(said, label)) for label, arguments in asked.presses.items()),
    ]
    found += [f"not {due}, but {is_}" for due, is_ in wanted if due is not None and due != is_]
    for kind, values in asked.queries.items():
        first = next((query for name, query in said.shelf.queries if name == kind), {})
        found += [f"{kind} asked by {first}"] * (values.items() > {name: first.get(name) for name in values}.items())
    return found
