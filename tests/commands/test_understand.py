"""`bcbst-bot understand` as a process: how messages are read, without network or account."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.running import run


def test_json_readings_are_the_contract(tmp_path: Path) -> None:
    """One object a line, slots with the person's words and their value."""
    done = run(
        tmp_path, "understand", "--json", said="find a cardiologist near 37402\ncuánto debo de mi última visita\n"
    )
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {"text", "intent", "slots", "rule", "score", "language", "ms"} <= first.keys()
    assert first["slots"]["location"] == {"text": "37402", "value": {"zip": "37402"}}
    assert (second["intent"], second["language"]) == ("claim.last_visit_cost", "es")


def test_a_dialogue_resolves_its_turns_and_an_empty_line_starts_another(tmp_path: Path) -> None:
    """A refinement takes the question before with it; after an empty line there is nothing before."""
    lines = tmp_path / "said.txt"
    lines.write_text("find a cardiologist near 37402\nwithin 25 miles\n\nwithin 25 miles\n", encoding="utf-8")
    done = run(tmp_path, "understand", "--json", "--dialogue", str(lines))
    _, refined, alone = [json.loads(line) for line in done.stdout.splitlines()]
    assert refined["resolved"]["intent"] == "provider.find"
    assert {"specialty", "location", "radius"} <= refined["resolved"]["slots"].keys()
    assert alone["resolved"]["intent"] != "provider.find"


def test_explain_shows_what_fired(tmp_path: Path) -> None:
    """A rule's author sees the rule and its concepts."""
    done = run(tmp_path, "understand", "--explain", said="what did I owe for my last visit\n")
    assert "claim.last_visit_cost by " in done.stdout
    assert "OWE" in done.stdout
