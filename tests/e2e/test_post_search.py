"""Where the payer takes searches as POST, a member's id stands in no URL (T28)."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bot.message import Person
from bot.replies.plain import plain
from bot.sandbox.app import serve_sandbox
from bot.sandbox.world import World
from tests.stage import Talk, serving_bot

ASKED = (
    "what did I owe for my last visit",
    "what is my deductible",
    "my lab results",
    "how much did I spend this year",
)
NAMES = {"patient", "beneficiary", "subject", "_id"}


@pytest.mark.threat("T28")
@pytest.mark.attack("a member's id in a URL")
async def test_the_searches_of_a_member_go_as_post_and_answer_the_same(world: World, tmp_path: Path) -> None:
    """Only pages that the server itself links to are got by their URL, which is the server's own."""
    async with serve_sandbox(world) as sandbox:
        said: dict[bool | None, list[str]] = {}
        for posts in (False, True, None):
            async with serving_bot(sandbox, tmp_path / f"{posts}.db", payer_post_search=posts) as bot:
                talk = Talk(bot, sandbox, Person("console", "", "", f"{posts}", name="Sam P."))
                await talk.connect("dana")
                before = len(sandbox.requests)
                said[posts] = ["\n".join(plain(one.blocks) for one in await talk.say(words)) for words in ASKED]
                seen = list(sandbox.requests)[before:]
                if posts is False:
                    continue
                urls = [one for one in seen if one.in_url and "page=" not in one.query]
                assert [one.path for one in urls if NAMES & set(parse_qs(one.query))] == []
                by_post = [one for one in seen if one.method == "POST" and one.path.endswith("/_search")]
                assert len(by_post) >= len(ASKED)
        assert said[True] == said[False] == said[None]
