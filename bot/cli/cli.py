"""The commands of contract.md, as a table.

A command's module is imported when the command runs, so that it starts fast.

A command's function gets the settings, if it needs any, and its parameters by name. If it returns a text, the text is
printed; if it returns an iterator, each item is printed as a line. A `BotError` ends the command with one line
(`bot.cli.terminal`).
"""

import gc
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from bot.cli import terminal
from bot.config import ClientMethod, Settings
from bot.errors import ConfigError

_PROGRESS = 1_000  # lines
_CLIENT_METHODS: tuple[ClientMethod, ...] = get_args(ClientMethod)

Given = Mapping[str, Any]
"""A command's parameters, as click has read them."""
_Option = partial(click.Option, show_default=True)
_Flag = partial(click.Option, is_flag=True)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_TEXT = click.File(encoding="utf-8", errors="replace")  # odd bytes are a line that cannot be read, as others are
_SANDBOX = _Flag(["--sandbox"], help="Start a made-up payer and use it.")
_HOST = _Option(["--host"], metavar="ADDRESS", default="127.0.0.1", help="Address to listen at.")
_DATA = click.Option(["--data"], type=_FOLDER, help="FHIR data to serve.")
_PORT = click.IntRange(0, 65_535)
_IDENTITY = click.Argument(["identity"])


def _port(number: int) -> click.Option:
    return _Option(
        ["--port"], metavar="PORT", type=_PORT, default=number, help="Port to listen at; 0 takes a free one."
    )


def _quiet(_: Given) -> Settings:
    return terminal.own_settings(level="ERROR")


def _to_serve(given: Given) -> Settings:
    gc.disable()  # until it serves: a start makes much and drops little
    return terminal.own_settings(serving=not given["sandbox"])


def _of_a_store(_: Given) -> Settings:
    """Return the settings if their store exists; otherwise fail, because a new, empty store would mislead."""
    settings = terminal.own_settings(level="ERROR")
    path = settings.store_file
    with terminal.errors_as_text():
        if path is not None and not path.exists():
            raise ConfigError(
                f"BOT_STORE_URL: there is no store {path.absolute()}; run this with the settings, and in the folder, "
                "of the bot that serves"
            )
    return settings


class Job(msgspec.Struct, frozen=True):
    """A command: its help text, and the function in `bot.cli` that does it, as `module:function`.

    `settings` reads the settings for the function. `takes` are the command's parameters. `none` is printed to stderr if
    the function yields no lines. `until_interrupted`: the command usually ends by Ctrl-C.
    """

    help: str
    does: str
    takes: tuple[click.Parameter, ...] = ()
    settings: Callable[[Given], Settings] | None = None
    none: str = ""
    until_interrupted: bool = False


class Jobs(msgspec.Struct, frozen=True):
    """A group of commands; `alone` is the command that runs if none of the group is named."""

    help: str
    commands: Mapping[str, Job]
    alone: Job | None = None


_of_store = partial(Job, settings=_of_a_store, none="The trail is empty.")

# fmt: off
_KEYS = {
    "make": Job("Print a new key; put it in front of the others in BOT_ENCRYPTION_KEYS.", "keys:make"),
    "check": Job("Say where the keys come from, when they can be used.", "keys:check",
        settings=lambda _: terminal.own_settings()),
    "jwks": Job("Print the public half of PAYER_CLIENT_KEY_FILE for the payer; make the key when there is none.",
        "keys:jwks", settings=lambda _: terminal.own_settings("PAYER_CLIENT_KEY_FILE")),
    "rotate": _of_store("Seal everything anew under the newest key, while the bot serves.", "keys:rotate"),
    "prune": _of_store("Remove the older keys from the key file, when no row needs them any more.", "keys:prune"),
}
_LINKS = {
    "list": _of_store("List every connection, oldest first, as `links` alone does.", "admin:links",
        none="No chat is connected."),
    "of": _of_store("List the connections of PLATFORM/ENTERPRISE/TEAM/USER; a part that is * stands for any.",
        "admin:links", (_IDENTITY,), none="No chat of that identity is connected."),
    "revoke": _of_store(
        "End the connections of PLATFORM/ENTERPRISE/TEAM/USER, as `links` lists it; a part that is * stands for any.",
        "admin:revoke", (_IDENTITY,)),
}
_AUDIT = {
    "list": _of_store("Print every row, oldest first.", "admin:lines"),
    "of": _of_store("Print the rows of PLATFORM/ENTERPRISE/TEAM/USER, newest first.", "admin:rows_of", (_IDENTITY,)),
    "export": _of_store("Print every row as a line of JSON.", "admin:json_lines"),
    "archive": _of_store("Move old rows to the end of FILE, as lines of JSON: the trail goes on behind them.",
        "admin:archive", (click.Argument(["file"], type=_FILE),
        _Option(["--days"], default=365, type=click.IntRange(1), help="Rows that are older are moved."))),
    "checkpoint": _of_store(
        "Print where the trail ends, sealed, to be kept elsewhere; accept the trail as it is, as after a restore.",
        "admin:checkpoint"),
    "verify": _of_store("Say whether the trail is whole; exit 0 only then.", "admin:verify",
        (click.Option(["--against"], type=_TEXT, help="Checkpoints that were kept elsewhere, one a line."),
        click.Option(["--archive"], type=_TEXT, help="What `archive` wrote: checked with the rest."))),
}
_ADMIN = {
    "sentences": _of_store("Print the sentences that people gave because they were not understood.", "admin:sentences",
        (_Flag(["--drop"], help="Throw all of them away."),), none="Nobody has given a sentence yet."),
}
# fmt: on
_PAGE = _of_store(
    "Print a one-time link, and its code, to a page of counts: what is asked, what fails, what is not understood.",
    "admin:page",
    (
        click.Option(["--month"], type=click.DateTime(["%Y-%m"]), help="As 2026-11; this month when it is not given."),
        _Option(["--language"], default="en", type=click.Choice(["en", "es"])),
    ),
)

# fmt: off
COMMANDS: Mapping[str, Job | Jobs] = {
    "keys": Jobs("Make, check and rotate the keys that seal what is stored.", _KEYS),
    "links": Jobs("List which chat identities are connected; end a connection.", _LINKS, _LINKS["list"]),
    "audit": Jobs("Read and check the trail of who asked for what.", _AUDIT, _AUDIT["list"]),
    "feedback": _of_store("Print what people said of answers: counts by month, intent and rule, and what was wrong.",
        "admin:ratings_of"),
    "admin": Jobs(_PAGE.help, _ADMIN, _PAGE),
    "migrate": Job("Bring the store's tables up to date and end, before new replicas start.", "admin:migrate",
        settings=_quiet),
    "demo": Job("Play a short conversation with a made-up payer, then let you ask.", "rehearsal:demo", (_DATA,),
        # Without data nothing is anybody's own.
        lambda given: terminal.own_settings(level="ERROR", file=".env" if given["data"] else None),
        until_interrupted=True),
    "chat": Job('Chat in this terminal: one message a line; "quit" ends.', "chat:chat", (_SANDBOX,
        click.Option(["--as", "member"], metavar="NAME", is_flag=False, flag_value=terminal.NOBODY,
            help="Sign a made-up member in first; --as alone lists them."),
        _Flag(["--json", "as_json"], help="One JSON object a reply.")), _quiet, until_interrupted=True),
    "serve": Job("Serve Slack, Microsoft Teams, the sign-in pages and health.", "serve:serve", (_SANDBOX, _HOST,
        _port(8765)), _to_serve, until_interrupted=True),
    "sandbox": Job("Serve the made-up payer alone: its sign-in and its FHIR server.", "rehearsal:serve_payer",
        (_port(9000), _DATA,
        click.Option(["--client-auth"], type=click.Choice(_CLIENT_METHODS), default=_CLIENT_METHODS[0],
            help="How apps sign in."),
        click.Option(["--client-keys"], type=click.File(encoding="utf-8"),
            help="The app's JWK Set, for private_key_jwt.")),
        until_interrupted=True),
    "mcp": Job("Serve the directory to assistants: read-only tools (MCP).", "serve:serve_tools", (_SANDBOX,
        _Flag(["--http"], help="Streamable HTTP in place of standard input and output."), _HOST, _port(8766)),
        lambda _: terminal.own_settings(), until_interrupted=True),
    "lookup": Job("""Check a file of names or NPIs against a network.

        One name or NPI a line, or a table whose first line names the column: name, NPI; a text, .csv or .xlsx. Exits
        with 0 only when each of them was answered; the same command goes on with those that were not.
        """, "lookup:report", (click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.Option(["--network", "networks"], required=True, multiple=True,
            help="A network, as in Blue Network S; or several."),
        _Option(["--out"], type=_FILE, default=Path("lookup.csv")), _SANDBOX), _quiet),
    "understand": Job("Show how messages are understood, one a line, without network or account.", "understand:lines",
        (click.Argument(["file"], type=_TEXT, default="-"),
        _Flag(["--json", "as_json"], help="One JSON object a line."),
        _Flag(["--dialogue"], help="The lines are turns of one conversation; an empty line starts a new one."),
        _Flag(["--explain"], help="Show how each message was read."),
        click.Option(["--evidence"], metavar="INTENT", help="Print what speaks most for an intent, and against it."))),
    "check": Job("""Look for what is wrong: settings, keys, store, pack, payer, Slack, Teams.

        Exits with 0 only when the bot can serve. Nothing is written.
        """, "check:report", (_Flag(["--pack"], help="Only rules, answers and words, for who writes them."),)),
    "register": Job("Print the e-mail that asks the payer to register the bot.", "manifest:letter",
        settings=lambda _: terminal.own_settings("BOT_", "PAYER_")),
    "manifest": Job("Print the Slack app manifest, or write the Teams app package.", "manifest:of_apps",
        (_Flag(["--socket-mode"], help="For Socket Mode, in which Slack needs no address of the bot."),
        _Flag(["--json", "as_json"], help="Print the manifest as JSON."),
        click.Option(["--teams"], type=_FILE, help="Write the Teams app package there.")),
        lambda given: terminal.own_settings("BOT_", "TEAMS_" if given["teams"] else "SLACK_APP_TOKEN")),
    "channels": Job("Print what each channel can do, as a table in Markdown.", "manifest:of_channels",
        settings=lambda _: terminal.own_settings("BOT_")),
}
# fmt: on
"""The commands, and the groups of commands, by name."""


def function_of(job: Job) -> Callable[..., Any]:
    """Import the module of a command, and return the function that does the command."""
    module, _, name = job.does.partition(":")
    function: Callable[..., Any] = getattr(import_module(f"bot.cli.{module}"), name)
    return function


def _run_job(job: Job, **given: Any) -> None:
    """Run a command and print its result. Asynchronous functions run in an event loop."""
    settings = () if job.settings is None else (job.settings(given),)
    with terminal.errors_as_text():
        made = function_of(job)(*settings, **given)
        if isinstance(made, Iterator):
            for line in made:
                click.echo(line)
        elif isinstance(made, str):
            click.echo(made)
    if isinstance(made, AsyncIterator) or inspect.isawaitable(made):
        terminal.run(_print_result(made, job.none), until_interrupted=job.until_interrupted)


async def _print_result(made: Any, none: str) -> None:
    """Print the lines that an asynchronous iterator yields, or the result of a coroutine unless it is None.

    `none` is printed to stderr if there are no lines.
    """
    if not isinstance(made, AsyncIterator):
        if (result := await made) is not None:
            click.echo(result)
        return
    count = 0
    async for line in made:
        click.echo(line)
        count += 1
        if count % _PROGRESS == 0 and not sys.stdout.isatty():
            click.echo(f"{count:,} lines so far", err=True)
    if not count and none:
        click.echo(none, err=True)


def _do_alone(job: Job | None, **given: Any) -> None:
    if job is not None and click.get_current_context().invoked_subcommand is None:
        _run_job(job, **given)


def _made(name: str, job: Job | Jobs) -> click.Command:
    text = inspect.cleandoc(job.help)
    short = " ".join(text.partition("\n\n")[0].split())  # whole, where click would cut it
    if isinstance(job, Job):
        return click.Command(name, params=[*job.takes], help=text, short_help=short, callback=partial(_run_job, job))
    return click.Group(
        name,
        commands={one: _made(one, each) for one, each in job.commands.items()},
        params=[*job.alone.takes] if job.alone else [],
        invoke_without_command=job.alone is not None,
        callback=partial(_do_alone, job.alone),
        help=text,
        short_help=short,
    )


@click.group(
    commands={name: _made(name, job) for name, job in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `bcbst-bot demo`. docs/running.md has the steps to a bot of your own.",
)
@click.version_option(package_name="bcbst-bot")
def main() -> None:
    """Answers members' questions about their health plan in Slack, in Microsoft Teams and in this terminal."""
    terminal.open_streams()
