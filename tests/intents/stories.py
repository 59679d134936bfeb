"""Dialogues as data: what a story may say, and what it may expect of each reply."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.language.rules import read_yaml

HERE = Path(__file__).parent
_ACTS = {"say", "press", "sign_in"}
_SIGNED_IN = re.compile(r"(?P<name>.+) \((?P<member>\w+)\)")


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one reply has to be. Only what is written down is checked.

    `text` is the whole reply; `has` and `lacks` are phrases. `items` is how many entries, or a phrase of each in
    order; `table` are the names of the columns of a table, none where there is none.
    `actions` are the labels of the buttons below the reply, in order, but for the one
    that stands under every member answer; `buttons` are labels that must be there.
    """

    intent: str | None = None
    language: str | None = None
    audience: str | None = None
    text: str | None = None
    has: list[str] = []
    lacks: list[str] = []
    facts: dict[str, str] = {}
    items: int | list[str] | None = None
    table: list[str] | None = None
    actions: list[str] | None = None
    buttons: list[str] = []
    sources: list[str] | None = None
    complete: bool = True
    alarm: str | None = None
    error: bool = False


class Step(Expected, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that the person does, and what the last reply to it has to be.

    `say` types a message, `press` clicks a button of the reply before (the first with that label, or the one of
    `item`), `sign_in` follows the last link in a browser and types its code. `first` is what the replies before the
    last one have to be. `reads` are the FHIR types that the payer was asked for because of it, each once, sorted.
    """

    say: str | None = None
    press: str | None = None
    item: int | None = None
    sign_in: str | None = None
    place: str | None = None
    first: list[Expected] = []
    reads: list[str] | None = None


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A conversation of one person. `member` is signed in before it starts.

    `place` is "chat" (one to one) or "channel"; `guest` marks a person who may only see the directory; `answers` is
    BOT_MEMBER_ANSWERS, or "benefits" for a bot with the sandbox's benefit table and a help desk's address.
    """

    name: str
    turns: list[Step]
    member: str | None = None
    place: str = "chat"
    guest: bool = False
    answers: str = "dm"


@cache
def stories() -> Mapping[str, Story]:
    """Every story by "topic/intent: name", read once in a process."""
    found = {}
    for path in sorted(HERE.rglob("*.yaml")):
        where = path.relative_to(HERE).with_suffix("").as_posix()
        found.update({f"{where}: {story.name}": story for story in stories_of(path)})
    return found


def stories_of(path: Path) -> list[Story]:
    """The stories of a file, which is a table from a story's name to its turns.

    Behind the name stands in brackets who is signed in. What else the story is may stand before its turns. A turn is a
    step, or a list: what is said, the intent, and what else the step has. A story of one turn may be that list.

    What a member or anybody asks first of all is also asked by others (`_by_others`), unless the file tells how.
    """
    written = [_story(name, turns) for name, turns in read_yaml(path, path.name).items()]
    told = {story.name for story in written}
    return [*written, *(other for story in written for other in _by_others(story) if other.name not in told)]


def _by_others(story: Story) -> Iterator[Story]:
    """The first question of a file's first story, asked by who gets no member's answer here, or not yet.

    Who is not connected is answered by itself afterwards, of a guest nothing is read, and of the directory and the
    system everybody gets the same, also where others read.
    """
    first = story.turns[0]
    if story.name == "asked by a member":
        nothing = replace(first, reads=[], has=[], lacks=first.has, items=None, actions=None)
        offered = replace(nothing, buttons=["Connect my account"])
        linked = Step(sign_in=story.member, first=[Expected(intent="account.link")], intent=first.intent, has=first.has)
        yield Story(name="not connected, and answered by itself afterwards", turns=[offered, linked])
        yield Story(
            name="a guest is told what is answered here", turns=[replace(nothing, audience="shareable")], guest=True
        )
    elif story.name == "asked by anybody":
        yield replace(story, name="in a channel, by a guest", turns=[first], guest=True, place="channel")


def _story(name: str, written: list[Any]) -> Story:
    turns = [written] if isinstance(written[0], str) else written
    beside = turns[0] if isinstance(turns[0], dict) and not _ACTS & turns[0].keys() else {}
    signed_in = _SIGNED_IN.fullmatch(name)
    about = {"name": name} if signed_in is None else signed_in.groupdict()
    return msgspec.convert({**about, **beside, "turns": [_step(one) for one in turns[bool(beside) :]]}, Story)


def _step(written: Any) -> Any:
    if isinstance(written, dict):
        return written
    first, *rest = written
    step = {"say": first} if isinstance(first, str) else {**first}
    for one in rest:
        step |= {"intent": one} if isinstance(one, str) else one
    return step
