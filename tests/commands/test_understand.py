"""`bcbst-bot understand`: readings as lines for machines and for rule authors."""

import json
import re

import pytest

from bot.cli.understand import evidence_of, readings
from bot.errors import ConfigError


def test_a_rule_author_sees_what_was_heard_and_why_others_lost() -> None:
    """Words as they were read, tags, concepts, the likeliest intents with their evidence, and how sure is enough."""
    (block,) = readings(["fnid a DERMATOLOGIST in knoxvillle"], as_json=False, dialogue=False, explain=True)
    lines = [line.split(maxsplit=1) for line in block.splitlines()]
    told = {first: rest for first, rest in lines if first not in {"tag", "slot"}}
    assert told["read"] == "as   fnid a dermatologist in knoxville"
    assert "FILLER" in told["concepts"]
    assert told["likely"].startswith("provider.find ")
    assert "'dermatologist' +" in told["provider.find"]
    assert told["provider.find"].startswith("(licensed): ")
    assert told["nearest"] == "dermatologist in Knoxville"
    assert re.match(r"provider\.find by who; sure (1\.00|0\.9\d), needed 0\.50", told["decided"])
    assert ["tag", "location = {'city': 'Knoxville', 'state': 'TN'} ('knoxvillle')"] in lines


def test_turns_of_a_conversation_are_resolved() -> None:
    """An empty line starts another; thanks between two turns change nothing."""
    said = ["my claims since march", "thanks", "only dental", "", "and the month before?"]
    answers = list(map(json.loads, readings(said, as_json=True, dialogue=True, explain=False)))
    assert [answer["resolved"]["intent"] for answer in answers] == [
        "claim.list",
        "thanks",
        "claim.list",
        "followup.date_shift",
    ]
    assert answers[2]["resolved"]["slots"].keys() == {"date_range", "claim_type", "specialty"}


def test_an_author_sees_what_speaks_for_an_intent_and_against_it() -> None:
    """Weight, kind and text, the strongest first; a name that is not known says the nearest."""
    lines = [line.split("\t") for line in evidence_of("claim.refill")]
    assert len(lines) == 40
    assert {kind for _, kind, _ in lines} <= {"words", "apart", "pieces", "found"}
    assert "'due'" in [text for weight, _, text in lines if weight.startswith("+")]
    with pytest.raises(ConfigError, match=r"no intent 'claim.refil' \(did you mean claim.refill\?\)"):
        list(evidence_of("claim.refil"))
