"""Every dialogue of this folder, played against the running bot and its payer over real HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.message import Actions, Block, Language, Reply
from bot.replies.data import as_data
from bot.replies.render import Words
from bot.sandbox.world import DIRECTORY_TYPES
from tests.intents.stories import Expected, Step, stories
from tests.parity import difference
from tests.stage import Stage, Talk, buttons

pytestmark = pytest.mark.asyncio(loop_scope="module")
STORIES = stories()
ALWAYS = {"How do you know?", "¿Cómo lo sabe?"}


@pytest.mark.parametrize("name", STORIES)
async def test_the_dialogue_goes_as_it_is_written(name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn gets the replies that the story expects, and the other language would say and offer the same."""
    story, rendered = STORIES[name], _recording(monkeypatch)
    talk = stage.somebody(story.answers, guest=story.guest)
    if story.member:
        await talk.connect(story.member)
    for number, step in enumerate(story.turns, 1):
        before = len(stage.sandbox.requests)
        replies = await _act(talk, step, step.place or story.place)
        problems = [*_faults(replies, step), *_reads(stage, step, before)]
        assert not problems, f"turn {number} ({step.say or step.press or step.sign_in}): {problems}\n{_shown(replies)}"
    monkeypatch.undo()
    words = stage.bots["dm"].pack.words
    for template, values, links in rendered:
        unlike = difference(template, lambda language: words.render(template, values, language=language, links=links))  # noqa: B023 -- called before the loop goes on
        assert unlike is None, unlike


def _recording(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, object], Mapping[str, str]]]:
    """What every template is rendered with from here on."""
    kept: list[tuple[str, Mapping[str, object], Mapping[str, str]]] = []
    render = Words.render

    def recording(
        self: Words, template: str, values: Mapping[str, object], *, language: Language, links: Mapping[str, str]
    ) -> tuple[Block, ...]:
        kept.append((template, values, links))
        return render(self, template, values, language=language, links=links)

    monkeypatch.setattr(Words, "render", recording)
    return kept


async def _act(talk: Talk, step: Step, place: str) -> list[Reply]:
    if step.sign_in is not None:
        return await talk.sign_in(step.sign_in)
    if step.press is not None:
        return await talk.press(step.press, step.item, place=place)
    return await talk.say(step.say or "", place=place)


def _faults(replies: Sequence[Reply], step: Step) -> list[str]:
    """What is not as expected, of every reply."""
    wanted = [*step.first, step]
    if len(replies) != len(wanted):
        return [f"{len(wanted)} replies expected, {len(replies)} came"]
    finals = [reply.final for reply in replies]
    faults = [] if finals == [False] * (len(replies) - 1) + [True] else [f"final: {finals}"]
    return faults + [fault for reply, one in zip(replies, wanted, strict=True) for fault in _differences(reply, one)]


def _differences(reply: Reply, wanted: Expected) -> list[str]:
    data = as_data(reply, 0)
    text, items = str(data["text"]), _list(data["items"])
    below = [label for label in _below(reply) if label not in ALWAYS]
    facts = {str(fact["label"]): fact["value"] for fact in _list(data["facts"])}
    faults = [
        f"{name}: {data[name]!r} instead of {want!r}"
        for name in ("intent", "language", "audience", "text", "complete")
        if (want := getattr(wanted, name)) is not None and data[name] != want
    ]
    faults += [f"error: {data['error']}"] if (data["error"] is not None) != wanted.error else []
    faults += [f"lacks {phrase!r}" for phrase in wanted.has if phrase not in text]
    faults += [f"has {phrase!r}" for phrase in wanted.lacks if phrase.casefold() in text.casefold()]
    faults += [f"{label}: {facts.get(label)}" for label, value in wanted.facts.items() if facts.get(label) != value]
    faults += _item_faults(items, wanted)
    faults += [f"actions: {below}"] if wanted.actions is not None and below != wanted.actions else []
    labels = {button.label for button in buttons(reply)}
    faults += [f"no button {label!r}" for label in wanted.buttons if label not in labels]
    types = sorted({source.type for source in reply.sources})
    faults += [f"sources: {types}"] if wanted.sources is not None and types != wanted.sources else []
    return faults


def _below(reply: Reply) -> list[str]:
    return [button.label for block in reply.blocks if isinstance(block, Actions) for button in block.buttons]


def _item_faults(items: Sequence[dict[str, object]], wanted: Expected) -> list[str]:
    if wanted.items is None:
        return []
    if isinstance(wanted.items, int):
        return [] if len(items) == wanted.items else [f"{len(items)} items"]
    shown = [" ".join(map(str, _list(item["lines"]))) for item in items]
    fits = len(shown) == len(wanted.items) and all(want in line for want, line in zip(wanted.items, shown, strict=True))
    return [] if fits else [f"items: {shown}"]


def _reads(stage: Stage, step: Step, before: int) -> list[str]:
    """What the payer's FHIR server was asked for because of this turn, if that was not expected.

    What the open directory gave to an earlier story may have been kept, so its types may be fewer, and never more.
    """
    if step.reads is None:
        return []
    paths = [seen.path for seen in list(stage.sandbox.requests)[before:] if seen.path.startswith("/fhir/r4/")]
    names = {path.removeprefix("/fhir/r4/").split("/")[0] for path in paths}
    types = sorted(name for name in names if name[:1].isupper())
    owed = {name for name in step.reads if name not in DIRECTORY_TYPES}
    return [] if owed <= set(types) <= set(step.reads) else [f"the payer was asked for {types}"]


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def _shown(replies: Sequence[Reply]) -> str:
    return "\n---\n".join(f"[{reply.intent}]\n{as_data(reply, 0)['text']}" for reply in replies)
