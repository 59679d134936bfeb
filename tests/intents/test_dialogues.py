"""Every dialogue of this folder, played against the running bot and its payer over real HTTP."""

from collections.abc import Mapping
from functools import cache

import pytest

from bot.message import Block, Language
from bot.replies import cards
from bot.replies.render import Words
from bot.sandbox.world import DIRECTORY_TYPES
from tests.channels.parity import differences
from tests.intents.playing import act, faults, shown, untypable
from tests.intents.shapes import LINES, lines_of, shape_faults
from tests.intents.stories import Step, stories
from tests.parity import unlike
from tests.pseudo import Pseudo
from tests.shipped import keep_compiled, shipped_pack
from tests.stage import Stage, Talk
from tests.voice import theirs_faults, voice_faults

STORIES = stories()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", STORIES, ids=str)
async def test_the_dialogue_goes_as_it_is_written(name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn gets the replies that the story expects, the same in every channel, and in the other language.

    Three buttons are seen in a row, none leads to where one is or connects who is connected (`tests.intents.shapes`).

    Every label of a button can be typed, at once and later in the conversation, and asks what its button asks.

    In the made language of `tests.pseudo` no word is outside the catalogues, and nothing is too long for a card. Both
    languages keep to the voice, and speak of somebody else's record as of theirs.
    """
    story = STORIES[name]
    talk = stage.somebody(story.answers, guest=story.guest)
    if story.member:
        await talk.connect(story.member)  # `account/link` looks at what is said then
    rendered, seen = _recording(monkeypatch), dict[str, set[str]]()
    for number, step in enumerate(story.turns, 1):
        stage.sandbox.requests.clear()  # it holds only so many
        shown_before = talk.replies
        replies = await act(talk, step, step.place or story.place)
        LINES.setdefault(name, []).extend(n for reply in replies if not reply.passing for n in lines_of(reply))
        connected = bool(story.member) and (step.place or story.place) == "chat" and await _is_connected(talk)
        problems = [*faults(replies, step), *_reads(stage, step)]
        pressed = step.press is not None
        for reply in replies:
            dealt = cards.pages(reply)
            problems += differences(reply, dealt)
            problems += shape_faults(reply, dealt, shown_before, connected=connected, pressed=pressed)
        problems += await untypable(talk, seen) if (step.place or story.place) == "chat" else []
        assert not problems, f"turn {number} ({step.say or step.press or step.sign_in}): {problems}\n{shown(replies)}"
    monkeypatch.undo()
    await talk.leave()
    words = stage.bots["dm"].pack.words
    for template, values, links, language, blocks in rendered:
        said = template, language, "theirs" in values, repr(blocks)
        if said in _LOOKED_AT:
            continue  # another story has shown the same, word for word
        _LOOKED_AT.add(said)
        both: dict[Language, tuple[Block, ...]] = {
            one: blocks if one == language else words.render(template, values, language=one, links=links)
            for one in ("en", "es")
        }
        assert (fault := unlike(template, both["en"], both["es"])) is None, fault
        assert _made_language().faults(template, values, links) == []
        for one, made in both.items():
            assert voice_faults(template, values, made, one) == []
            if "theirs" in values and template[0] != "_":
                about = words.render(template, {**values, "theirs": "Noor"}, language=one, links=links)
                assert theirs_faults(template, about, one) == []


async def _is_connected(talk: Talk) -> bool:
    return await talk.bot.accounts.link(talk.person) is not None


@cache
def _made_language() -> Pseudo:
    made = Pseudo(shipped_pack().templates, shipped_pack().words.common)
    keep_compiled(made._jinja, "made")
    return made


_LOOKED_AT: set[tuple[str, Language, bool, str]] = set()
Rendered = tuple[str, Mapping[str, object], Mapping[str, str], Language, tuple[Block, ...]]


def _recording(monkeypatch: pytest.MonkeyPatch) -> list[Rendered]:
    """What every template is rendered with from here on, the language and the blocks."""
    kept: list[Rendered] = []
    render = Words.render

    def recording(
        self: Words, template: str, values: Mapping[str, object], *, language: Language, links: Mapping[str, str]
    ) -> tuple[Block, ...]:
        blocks = render(self, template, values, language=language, links=links)
        kept.append((template, values, links, language, blocks))
        return blocks

    monkeypatch.setattr(Words, "render", recording)
    return kept


def _reads(stage: Stage, step: Step) -> list[str]:
    """What the payer's FHIR server was asked for because of this turn, if that was not expected.

    What the open directory gave to an earlier story may have been kept, so its types may be fewer, and never more.
    """
    if step.reads is None:
        return []
    paths = [seen.path for seen in stage.sandbox.requests if seen.path.startswith("/fhir/r4/")]
    names = {path.removeprefix("/fhir/r4/").split("/")[0] for path in paths}
    types = sorted(name for name in names if name[:1].isupper())
    owed = {name for name in step.reads if name not in DIRECTORY_TYPES}
    return [] if owed <= set(types) <= set(step.reads) else [f"the payer was asked for {types}"]
