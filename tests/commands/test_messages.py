"""What each command says of what is wrong: the cause, and the next step. A table of command and message."""

import contextlib
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from bot.cli.check import report
from bot.cli.check_servers import why_silent
from bot.cli.cli import main
from bot.cli.serve import welcome
from bot.cli.terminal import run
from bot.config import Settings
from bot.errors import ConfigError
from bot.ops import set_up
from bot.serving import listen, listen_for
from tests.commands.running import inside, left_in

UUID = "1111abcd-2222-4333-8444-555555555555"
PUBLIC = {"BOT_PUBLIC_URL": "https://chat.example.org"}
CLIENT_ID_AMISS = {"PAYER_CLIENTID": "c", "PAYER_CLIENT_SECRET": "s"}
CLIENT = {"PAYER_CLIENT_ID": "c", "PAYER_CLIENT_SECRET": "s"}
NO_STORE = "BOT_STORE_URL: there is no store {folder}/bot.db; run this with the settings, and in the folder, …"
REQUIRED = "{}: required; the payer gives it at registration (`bcbst-bot register`)".format
BOTH = f"Fix these 2 settings:\n  {REQUIRED('PAYER_CLIENT_ID')}\n  {REQUIRED('PAYER_CLIENT_SECRET')}"


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port that another program uses."""
    with contextlib.closing(listen()) as sock:
        yield sock.getsockname()[1]


# Command, settings, and message: "…" stands for anything, {folder} for where the command runs, {taken} for the port.
MESSAGES: list[tuple[str, dict[str, str], str]] = [
    ("serv", {}, "No such command 'serv'. Did you mean 'serve'?"),
    ("serve --prot 1", {}, "No such option '--prot'. (Did you mean …"),
    ("serve --port x", {}, "Invalid value for '--port': 'x' is not a valid integer range."),
    ("serve", {}, BOTH),
    ("serve", CLIENT_ID_AMISS, "PAYER_CLIENTID: no such setting; did you mean PAYER…?"),
    ("serve", {**CLIENT, "BOT_TODAY": "2026-10-01"}, "BOT_TODAY: only with the sandbox payer (--sandbox); unset it, …"),
    (
        "chat",  # at a port that no other test's process has
        {**CLIENT, "BOT_TODAY": "2026-10-01", "BOT_PUBLIC_URL": "http://127.0.0.1:18765"},
        "BOT_TODAY: only with the sandbox payer (--sandbox); unset it, …",
    ),
    ("serve --sandbox --port {taken}", {}, "--port: another program uses port {taken}; try --port …"),
    ("serve --sandbox --host 192.0.2.1", {}, "--host: 192.0.2.1 is no address of this machine; try 127.0.0.1"),
    (
        "serve --sandbox --port 0",
        {"BOT_METRICS_BIND": "127.0.0.1:{taken}"},
        "BOT_METRICS_BIND: another program uses port {taken}; set another, such as 127.0.0.1:…",
    ),
    ("sandbox --port {taken}", {}, "--port: another program uses port {taken}; try --port …"),
    ("sandbox --data nowhere", {}, "Invalid value for '--data': Directory 'nowhere' does not exist."),
    (
        "chat",
        {"BOT_PUBLIC_URL": "http://127.0.0.1:{taken}"},
        "BOT_PUBLIC_URL: another program uses port {taken}, and sign-in comes back there; set another, such as 127…",
    ),
    (
        "chat",
        {"BOT_PUBLIC_URL": "https://192.0.2.1"},
        "BOT_PUBLIC_URL: 192.0.2.1 is no address of this machine, and sign-in comes back there; unset it, …",
    ),
    ("chat --as dana", {}, "--as: only the made-up payer's members can be signed in from here; add --sandbox"),
    ("chat --as", {}, "--as: give one of these names:\n  dana      Employer PPO on Blue Network S; …\n  rosa …"),
    ("chat --sandbox --as danna", {}, "--as: the made-up payer has no member danna; did you mean dana?\n  dana …"),
    ("chat --sandbox", {"BOT_TIMEZONE": "Mars/Olympus"}, "BOT_TIMEZONE: is not a time zone, such as America/Chicago"),
    ("demo", {"BOT_LINK_DAYS": "0"}, "BOT_LINK_DAYS: must be 1 or more"),
    (
        "chat --sandbox",
        {"BOT_STORE_URL": "sqlite:////nowhere/at/all/bot.db"},
        "BOT_STORE_URL: the folder /nowhere/at/all does not exist; make it, or name another",
    ),
    ("chat --sandbox", {"BOT_KEYS_FILE": "/nowhere/keys"}, "BOT_KEYS_FILE: the folder /nowhere does not exist; …"),
    ("understand nofile", {}, "Invalid value for '[FILE]': 'nofile': No such file or directory"),
    ("links", {}, NO_STORE),
    ("links list", {}, NO_STORE),
    ("links revoke a/b/c/d", {}, NO_STORE),
    ("audit verify", {}, NO_STORE),
    ("audit of a/b/c/d", {}, NO_STORE),
    ("keys rotate", {}, NO_STORE),
    ("keys prune", {}, NO_STORE),
    ("keys check", {"BOT_ENCRYPTION_KEYS": "short"}, "BOT_ENCRYPTION_KEYS: must be comma-separated keys, …"),
    ("register", {}, "Fix these 3 settings:\n  BOT_CONTACT_NAME: …\n  BOT_COMPANY: …\n  BOT_PUBLIC_URL: must be the …"),
    ("manifest", {}, "BOT_PUBLIC_URL: must be an https address, …; without one use --socket-mode"),
    ("manifest --socket-mode", {"BOT_PACK": "/nowhere"}, "BOT_PACK: no intents/ and templates/ in /nowhere"),
    ("manifest --teams x.zip", PUBLIC, "TEAMS_APP_ID: required; Azure gives it when the bot is registered"),
    (
        "manifest --teams /nowhere/x.zip",
        {**PUBLIC, "TEAMS_APP_ID": UUID, "BOT_COMPANY": "Acme"},
        "--teams: /nowhere/x.zip cannot be written: No such file or directory",
    ),
]


@pytest.mark.parametrize(("words", "settings", "message"), MESSAGES)
def test_a_message_names_the_cause_and_the_next_step(
    tmp_path: Path, taken: int, words: str, settings: dict[str, str], message: str
) -> None:
    """Nothing is printed beside it, no traceback, and nothing is left in the folder."""
    given = {name: value.replace("{taken}", str(taken)) for name, value in settings.items()}
    done = inside(tmp_path, *words.replace("{taken}", str(taken)).split(), **given)
    wanted = message.replace("{taken}", str(taken)).replace("{folder}", str(tmp_path))
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert re.search(re.escape(f"Error: {wanted}").replace("…", r"[\s\S]*") + r"\n\Z", done.stderr), done.stderr
    assert left_in(tmp_path) == []


IS_APP, IS_BOT = "this is an app-level token (SLACK_APP_TOKEN)", "this is a bot token (SLACK_BOT_TOKEN)"
WRONG: list[tuple[dict[str, str], list[str]]] = [
    (
        {"BOT_MEMBER_ANSWERS": "everywhere", "BOT_LINK_DAYS": "x", "PAYER_PROMPT_LOGIN": "maybe", **CLIENT},
        [
            "BOT_MEMBER_ANSWERS: must be dm or off",
            "BOT_LINK_DAYS: must be a whole number",
            "PAYER_PROMPT_LOGIN: must be true or false",
        ],
    ),
    (
        {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1", **CLIENT},
        [
            f"SLACK_BOT_TOKEN: must be a bot token, which begins with xoxb-; {IS_APP}",
            f"SLACK_APP_TOKEN: must be an app-level token, which begins with xapp-; {IS_BOT}",
        ],
    ),
    (
        {"SLACK_BOT_TOKEN": "xoxb-…", "SLACK_APP_TOKEN": "xapp-...", **CLIENT},
        [
            "SLACK_BOT_TOKEN: is still a placeholder; put your own value here",
            "SLACK_APP_TOKEN: is still a placeholder; put your own value here",
        ],
    ),
    (
        {"SLACK_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "BOT_PUBLICURL": "https://x.example", **CLIENT},
        [
            "BOT_PUBLICURL: no such setting; did you mean BOT_PUBLIC_URL?",
            "SLACK_TOKEN: no such setting; did you mean SLACK_BOT_TOKEN?",
        ],
    ),
    (
        {"SLACK_SIGNING_SECRET": "xoxb-1", "TEAMS_APP_PASSWORD": UUID, "TEAMS_APP_ID": UUID, "BOT_LINK_DAYS": "0"},
        [
            "BOT_LINK_DAYS: must be 1 or more",
            f'SLACK_SIGNING_SECRET: must be the one under "Basic Information"; {IS_BOT}',
            "TEAMS_APP_PASSWORD: must be the secret's value, which Azure shows once; this is its id",
            REQUIRED("PAYER_CLIENT_ID"),
            REQUIRED("PAYER_CLIENT_SECRET"),
            "TEAMS_TENANT_ID: required with TEAMS_APP_ID",
        ],
    ),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
async def test_all_wrong_settings_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: list[str]
) -> None:
    """By `check` and by the start, the same lines: the causes first, and nothing that only follows from them."""
    done = inside(tmp_path, "serve", **given)
    assert done.stderr.splitlines()[1:] == [f"  {line}" for line in told]
    monkeypatch.chdir(tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bot.cli.check.set_up", lambda _: None)  # the log is the tests' own
    findings = report(pack=False)
    assert [str(await anext(findings)) for _ in told] == [f"bad  settings {line}" for line in told]
    with pytest.raises(ConfigError, match=f"{len(told)} to fix"):
        await anext(findings)


def test_check_tells_causes_and_leaves_nothing(tmp_path: Path) -> None:
    """A payer that cannot be reached, a store without a folder, no pack: one line each, and a count."""
    here = "http://127.0.0.1:1"
    done = inside(
        tmp_path,
        "check",
        **CLIENT,
        PAYER_FHIR_URL=f"{here}/fhir",
        PAYER_TOKEN_URL=f"{here}/token",
        BOT_PACK="/nowhere",
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_APP_TOKEN="xapp-1",
        SLACK_API_URL=f"{here}/api",
        BOT_STORE_URL="sqlite:////nowhere/bot.db",
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("bad")] == [
        "bad  store    BOT_STORE_URL: the folder /nowhere does not exist; make it, or name another",
        "bad  pack     BOT_PACK: no intents/ and templates/ in /nowhere",
        "bad  payer    PAYER_FHIR_URL: nothing listens at 127.0.0.1, port 1",
        "bad  payer    PAYER_TOKEN_URL: nothing listens at 127.0.0.1, port 1",
        "bad  slack    SLACK_API_URL: nothing listens at 127.0.0.1, port 1",
    ]
    assert done.stderr == "Error: 5 to fix before the bot can serve\n"
    assert not re.search("PayerDown|Connector|PAYER_ISSUER|smart-configuration", done.stdout)
    assert left_in(tmp_path) == []


def test_a_settings_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Windows' notepad may save Latin-1."""
    (tmp_path / ".env").write_bytes(b"BOT_COMPANY=Caf\xe9\n")
    assert inside(tmp_path, "check").stderr == "Error: .env: must be UTF-8 text; save it again as UTF-8\n"


def test_a_stream_that_was_closed_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """`bcbst-bot understand <&-`: Python has no stdin then."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        main(["keys", "make"])
    assert ended.value.code == 0
    with sys.stdin:
        assert sys.stdin.read() == ""


def test_no_command_is_cut_on_a_narrow_terminal() -> None:
    """At 40 columns a description is wrapped, and ends with its full stop."""
    for words in ([], ["keys"], ["links"], ["audit"]):
        shown = CliRunner().invoke(main, [*words, "--help"], terminal_width=40).output
        assert re.findall(r"\.\.\.", shown) == ["..."] * shown.count("[ARGS]...")
    assert "Microsoft" in " ".join(CliRunner().invoke(main, ["serve", "--help"]).output.split())


def test_a_port_without_the_right_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024, an ordinary user."""

    def refuse(_: str, port: int) -> socket.socket:
        if port < 1024:
            raise PermissionError(13, "Permission denied")
        return socket.socket()

    monkeypatch.setattr("bot.serving.listen", refuse)
    with pytest.raises(ConfigError, match="--port: this user may not use port 80; try --port 8765"):
        listen_for("--port", "127.0.0.1", 80)


async def test_why_a_server_is_silent(taken: int) -> None:
    """In words, and never by the name of a class."""
    assert await why_silent("http://no-such-host.invalid/fhir") == (
        "no host is called no-such-host.invalid, or this machine cannot look names up"
    )
    assert await why_silent(f"http://127.0.0.1:{taken}/") == "127.0.0.1 takes the connection and gives no answer"


@pytest.mark.parametrize(
    ("given", "sandbox", "said"),
    [
        ({}, True, ["serves at http://127.0.0.1:8791", "http://127.0.0.1:8791/dev/chat", "docs/first-workspace.md"]),
        ({}, False, ["Neither Slack nor Teams is set, so nobody can ask. Step 2 of docs/running.md"]),
        ({"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}, True, ["/dev/chat", "connected by Socket Mode"]),
        ({"slack_bot_token": "xoxb-1", "slack_signing_secret": "s"}, False, ["https://chat.example.org/slack/events"]),
        ({"slack_client_id": "1", "slack_client_secret": "s"}, False, ["https://chat.example.org/slack/install"]),
        ({"teams_app_id": UUID}, False, ["https://chat.example.org/teams/messages"]),
    ],
)
def test_serve_says_on_a_terminal_where_it_is_and_what_to_do_next(
    given: dict[str, str], sandbox: bool, said: list[str]
) -> None:
    """Its address, the chat page of a made-up payer, and what each channel waits for."""
    settings = Settings(_env_file=None, bot_public_url=PUBLIC["BOT_PUBLIC_URL"], **given)  # type: ignore[arg-type,call-arg] # pydantic checks
    lines = welcome(settings, "0.0.0.0", 8791, sandbox=sandbox)  # noqa: S104 -- nothing listens
    assert [part for part in ["serves at http://127.0.0.1:8791", *said] if part not in lines] == []
    assert ("/dev/chat" in lines) == sandbox


def test_a_terminal_reads_the_log_in_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever collects it reads JSON."""
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda on=terminal: on, raising=False)
        set_up("INFO")
        structlog.get_logger("serve").warning("the keys lie beside the data", setting="BOT_KEYS_FILE")
    plain, line = capsys.readouterr().err.splitlines()
    assert plain == "warning: the keys lie beside the data (setting BOT_KEYS_FILE)"
    assert json.loads(line)["event"] == "the keys lie beside the data"


def test_what_was_interrupted_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends `chat` and `serve`; `check` has not found then that the bot can serve."""

    async def pressed() -> None:
        raise KeyboardInterrupt

    run(pressed(), until_interrupted=True)
    with pytest.raises(SystemExit) as ended:
        run(pressed())
    assert (ended.value.code, capsys.readouterr().err) == (130, "Interrupted.\n")
