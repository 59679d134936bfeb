"""`bcbst-bot chat` and `understand`: lines in, replies or readings out, and errors as one line."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from bot.cli.understand import evidence_of, readings
from bot.errors import ConfigError
from tests.commands.running import COMMAND, environment, inside, left_in

ASKED = "what did I owe for my last visit\n"
KEYS = {"in_reply_to", "intent", "language", "audience", "text", "title", "facts", "items", "actions", "notices"}
KEYS |= {"sources", "complete", "final", "error", "alarm", "unmet"}


def test_one_line_in_is_one_reply_out(tmp_path: Path) -> None:
    """A member is signed in over the pages, one question is answered, the end of input is the end; nothing stays."""
    done = inside(tmp_path, "chat", "--sandbox", "--as", "dana", said=ASKED)
    assert done.returncode == 0
    assert done.stdout.startswith("$54.87 is your share of your visit on ")
    assert " ".join(done.stdout.split()).count("Go by the office's bill.") == 1
    assert done.stderr == ""
    assert left_in(tmp_path) == []


def test_json_replies_are_the_contract(tmp_path: Path) -> None:
    """Each reply is one object with the contract's keys and the number of its line; empty lines count."""
    done = inside(tmp_path, "chat", "--sandbox", "--as", "dana", "--json", said=f"{ASKED}\ndetails\nmis reclamos\n")
    first, second, third = [json.loads(line) for line in done.stdout.splitlines()]
    assert first.keys() == second.keys() == third.keys() == KEYS
    assert (first["in_reply_to"], second["in_reply_to"], third["in_reply_to"]) == (1, 3, 4)
    assert (first["intent"], first["audience"], first["error"]) == ("claim.last_visit_cost", "private", None)
    assert {"label": "Coinsurance", "value": "$54.87"} in second["facts"]
    assert first["sources"][0]["type"] == "ExplanationOfBenefit"
    assert (third["intent"], third["language"], len(third["items"])) == ("claim.list", "es", 5)


def test_a_link_is_an_action_with_its_address(tmp_path: Path) -> None:
    """Who isn't connected gets the deep link, by its fixed id."""
    done = inside(tmp_path, "chat", "--sandbox", "--json", said=ASKED)
    (action,) = [one for one in json.loads(done.stdout)["actions"] if one["id"] == "link"]
    assert action["url"].startswith("http://127.0.0.1:")


def test_accents_need_no_locale(tmp_path: Path) -> None:
    """Spanish is read and shown in the C locale without Python's UTF-8 mode; a stray byte ends nothing."""
    done = subprocess.run(  # noqa: S603 -- our own command, with bytes as its input
        [*COMMAND, "understand"],
        input="¿cuánto debo de mi última visita?\nhel\n".encode() + b"caf\xe9\n",
        capture_output=True,
        cwd=tmp_path,
        env=environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    first, *_, last = done.stdout.decode().splitlines()
    assert first.startswith("claim.last_visit_cost\t")
    assert first.endswith("\t¿cuánto debo de mi última visita?")
    assert last.endswith("\tcaf\ufffd")


def test_a_line_that_only_says_quit_ends_it(tmp_path: Path) -> None:
    """In both languages, with a good-bye; what stands behind it is not answered."""
    done = inside(tmp_path, "chat", "--sandbox", said="thanks\nQuit.\nhelp\n")
    assert done.stdout.endswith("\nGoodbye.\n")
    assert "What you can ask" not in done.stdout
    assert inside(tmp_path, "chat", "--sandbox", said="salir\n").stdout == "Hasta luego.\n"


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
    assert told["nearest"] == "find me a specialist"
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
