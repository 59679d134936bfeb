"""Commands that pages tell people to run: each is one, and those of docs/first-workspace.md are run."""

import json
import re
import shlex
import subprocess
import zipfile
from pathlib import Path

import click
import pytest
import yaml

from bot.cli.cli import main
from tests.commands.running import inside, line_with, started
from tests.doubles.slack import APP_TOKEN, TOKEN, SlackDouble

ROOT = Path(__file__).parents[2]
FIRST = "docs/first-workspace.md"
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "PRIVACY.md",
    *(f"docs/{one.name}" for one in ROOT.glob("docs/*.md")),
]
_BLOCK = re.compile(r"^ *```(?:console|bash|sh)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"[\w-]+\.(?:txt|csv|json)")
_BEFORE = re.compile(r"uv|run|env|export|--quiet|--extra|teams|[A-Z_]+=.*")
"""What may stand before the program: what runs it, and settings."""


def lines_of(page: str) -> list[str]:
    """The lines of a page's console blocks, without remarks; a line that ends with a backslash goes on."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ")
    return [line.strip() for line in blocks.splitlines() if line.strip()]


def commands_of(line: str) -> list[list[str]]:
    """The arguments of each `bcbst-bot` in a line: behind a pipe, in $(…), or beside another."""
    if "bcbst-bot" not in line:
        return []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in lexer:
        if {*word} <= {*"|&;()"}:
            parts.append([])
        elif not _BEFORE.fullmatch(word):
            parts[-1].append(word)
    return [words[1:] for words in parts if words[:1] == ["bcbst-bot"]]


def parse(words: list[str]) -> None:
    """Let click read a command with its options, and run nothing."""
    command: click.Command = main
    context = click.Context(main, info_name="bcbst-bot")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its options; in the README's and the first workspace's blocks as this folder has it, by uv."""
    monkeypatch.chdir(tmp_path)
    for line in lines_of(page):
        for words in commands_of(line):
            for named in filter(_FILE.fullmatch, words):
                Path(named).touch()
            parse(words)
        if page in {"README.md", FIRST} and "bcbst-bot" in line:
            assert re.search(r"uv run (--extra teams )?bcbst-bot", line), line


def environment_of(line: str) -> dict[str, str]:
    """What a line sets, before its command or by `export`."""
    return dict(word.split("=", 1) for word in shlex.split(line) if re.match(r"[A-Z_]+=", word))


def test_the_readmes_line_is_answered(tmp_path: Path) -> None:
    """`printf … | uv run bcbst-bot chat …`, as it is written there."""
    [line] = [one for one in lines_of("README.md") if one.startswith("printf")]
    asked = shlex.split(line)[1].replace("\\n", "\n")
    [words] = commands_of(line)
    done = inside(tmp_path, *words, said=asked)
    assert json.loads(done.stdout)["intent"] == "claim.last_visit_cost"


def test_the_commands_of_the_first_workspace(tmp_path: Path) -> None:
    """All but those that serve, which the test below starts: the manifest, the members, the Teams package."""
    lines = lines_of(FIRST)
    settings = {
        name: value for line in lines if line.startswith("export") for name, value in environment_of(line).items()
    }
    told = [words for line in lines for words in commands_of(line) if "serve" not in words]
    assert told == [["manifest", "--socket-mode"], ["chat", "--as"], ["manifest", "--teams", "bcbst.zip"]]
    assert yaml.safe_load(inside(tmp_path, *told[0]).stdout)["settings"]["socket_mode_enabled"]
    assert "dana" in inside(tmp_path, *told[1]).stderr
    assert inside(tmp_path, *told[2], **settings).returncode == 0
    assert "manifest.json" in zipfile.ZipFile(tmp_path / "bcbst.zip").namelist()


def test_slacks_command_line_starts_the_same() -> None:
    """.slack/hooks.json: the manifest of step 1 as JSON, and step 4 with the tokens that `slack run` hands over."""
    hooks = json.loads((ROOT / ".slack" / "hooks.json").read_text(encoding="utf-8"))
    assert hooks["config"]["sdk-managed-connection-enabled"]
    project = json.loads((ROOT / ".slack" / "config.json").read_text(encoding="utf-8"))
    assert project == {"manifest": {"source": "local"}}
    [manifest], [start] = commands_of(hooks["hooks"]["get-manifest"]), commands_of(hooks["hooks"]["start"])
    assert manifest == ["manifest", "--socket-mode", "--json"]
    assert environment_of(hooks["hooks"]["start"]) == {
        "SLACK_BOT_TOKEN": "$SLACK_CLI_XOXB",
        "SLACK_APP_TOKEN": "$SLACK_CLI_XAPP",
    }
    [line] = [one for one in lines_of(FIRST) if one.startswith("SLACK_BOT_TOKEN=")]
    assert [start] == commands_of(line)
    assert environment_of(line).keys() == environment_of(hooks["hooks"]["start"]).keys()
    for words in (manifest, start):
        parse(list(words))


async def test_the_made_up_payer_answers_in_ones_own_slack(tmp_path: Path) -> None:
    """Step 4 as a process beside a double of Slack, with tokens of its own: a question is answered in the chat."""
    [line] = [one for one in lines_of(FIRST) if one.startswith("SLACK_BOT_TOKEN=")]
    [words] = commands_of(line)
    tokens = dict(zip(environment_of(line), (TOKEN, APP_TOKEN), strict=True))
    async with (
        SlackDouble() as slack,
        started(tmp_path, *words, "--port", "0", SLACK_API_URL=slack.api_url, **tokens) as process,
    ):
        await line_with(process.stderr, '"serving"')
        await slack.deliver_by_socket(slack.direct_message("thanks"))
        await slack.wait_for("chat.postMessage")


def test_make_demo_says_what_it_sets_up_first() -> None:
    """The first time installs packages for a while, and uv is quiet."""
    shown = subprocess.run(["make", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 -- the README's command
    steps = ("Setting up: the packages", "uv sync", "Starting: a made-up payer", "bcbst-bot demo")
    assert [shown.index(step) for step in steps] == sorted(shown.index(step) for step in steps)
