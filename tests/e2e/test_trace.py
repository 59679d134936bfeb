"""How far a Slack question travels through the house: files, functions, and functions that only pass the reply on."""

from pathlib import Path

from bench.trace import KNOWLEDGE, Way, relays_in, ways
from bot.sandbox.world import World

# What the warm question of a linked member passes (`make trace`), with room for a slow machine, on which leases are
# prolonged and waits are passed, and for what is heard and read. Whoever shortens the way lowers these.
MOST_FILES, MOST_FUNCTIONS = 117, 944
MOST_CARRYING = (52, 384)
MOST_RELAYS = 3


async def test_a_question_passes_no_more_than_it_did(world: World, tmp_path: Path) -> None:
    """The whole way, the part of it that carries question and reply, and what only passes replies or pages on."""
    warm = (await ways(world, tmp_path))["warm"]
    carrying = warm.without(*KNOWLEDGE)
    assert len(warm.files) <= MOST_FILES, warm.files
    assert len(warm.functions) <= MOST_FUNCTIONS
    assert len(carrying.files) <= MOST_CARRYING[0], carrying.files
    assert len(carrying.functions) <= MOST_CARRYING[1]
    assert len(warm.relays) <= MOST_RELAYS, warm.relays


def test_a_relay_yields_what_it_iterates_over() -> None:
    """Who asks in one way after the other is one; a context manager and a plain producer are none."""
    assert [name for _, name in relays_in("bot/payer/client.py")] == ["search"]
    assert [name for _, name in relays_in("bot/stores/base.py")] == []


def test_a_way_tells_its_rooms() -> None:
    """Folders and single files of `bot/` are rooms; the pack is one of its own."""
    way = Way(
        {
            ("bot/conversation/turn.py", "Turn.answer", 1),
            ("bot/payer/http.py", "Http.get", 2),
            ("intents/a/b.py", "answer", 3),
        }
    )
    assert way.rooms == ("conversation", "intents", "payer")
    assert way.within("payer").files == ("bot/payer/http.py",)
    assert way.without("payer", "intents").files == ("bot/conversation/turn.py",)
