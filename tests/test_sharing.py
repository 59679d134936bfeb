"""An answer that is handed on: the directory's alone, asked again as anybody would."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.followups import to_share
from bot.conversation.state import Asked, Memory
from bot.kit.ask import MEMBER_TYPES
from bot.language.reading import Slot
from bot.message import Shareable
from tests.shipped import shipped_pack
from tests.stage import TODAY, Stage, staged

FIND = Asked("provider.find", {"specialty": Slot("cardiologist", ["207RC0000X"])}, {"page": "2"})
OWED = Asked("claim.last_visit_cost")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot beside its payer."""
    async with staged(tmp_path) as opened:
        yield opened


def shared(words: str, memory: Memory) -> Asked:
    """The question whose answer these words hand on, after that conversation."""
    pack = shipped_pack()
    reading = pack.engine.understand(words, today=TODAY, context=memory.context())
    assert reading.intent == "followup.share", words
    return to_share(memory, reading, pack.intents)


def test_the_last_answer_of_the_directory_is_meant_whatever_came_between() -> None:
    """From its first page, with its file; a claim in between is passed over."""
    asked = shared("share this list with my coworker", Memory(asked=OWED, earlier=(FIND,)))
    assert asked.intent == "provider.find"
    assert dict(asked.arguments) == {"share": "yes", "file": "yes", "contact": "yes"}


@pytest.mark.threat("T72")
@pytest.mark.parametrize(
    "words", ["share this with my coworker", "comparta esto con mi colega", "forward this, please"]
)
def test_nothing_of_a_member_is_ever_meant(words: str) -> None:
    """After their own answers alone there is nothing to hand on."""
    asked = shared(words, Memory(asked=OWED, earlier=(Asked("clinical.labs"),)))
    assert (asked.intent, dict(asked.arguments), dict(asked.slots)) == ("followup.share", {}, {})


def test_of_several_entries_one_is_asked_for_and_of_one_it_is_that() -> None:
    """A contact card is one provider's."""
    one, other = (Asked("provider.detail", {"provider_name": Slot(name, name)}) for name in ("Okafor", "Kim"))
    several = shared("send me the contact card", Memory(asked=FIND, choices=(one, other), numbers=(1, 2)))
    assert (several.intent, several.values) == ("followup.share", {"entries": 2})
    alone = shared("send me the contact card", Memory(asked=FIND, choices=(other,), numbers=(1,), lead=1))
    assert (alone.intent, alone.values["provider_name"]) == ("provider.detail", "Kim")


@pytest.mark.threat("T72")
async def test_what_is_shown_on_is_asked_again_without_the_asker(stage: Stage) -> None:
    """A list that their plan had cut, and that was theirs alone, comes back as anybody gets it."""
    talk = stage.somebody()
    await talk.connect("dana")
    await talk.say("find a cardiologist near 37402")
    before = len(stage.sandbox.requests)
    [shown] = await talk.say("share this list with my coworker")
    assert isinstance(shown, Shareable)
    assert shown.intent == "provider.find"
    assert not {source.type for source in shown.sources} & MEMBER_TYPES
    kinds = {request.path.rpartition("/")[2] for request in list(stage.sandbox.requests)[before:]}
    assert not kinds & MEMBER_TYPES
