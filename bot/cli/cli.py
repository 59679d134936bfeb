"""The commands of contract.md. Each imports what it needs when it runs, so that the short ones start at once."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import gc
import io
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO, get_args

import click

from bot.config import ClientMethod, Settings, load_settings
from bot.errors import BotError, StoreError
from bot.ops.log import set_up

_CLIENT_METHODS: tuple[ClientMethod, ...] = get_args(ClientMethod)
_PORT = click.IntRange(0, 65535)
# A start makes much and drops little: with the usual 700 the collector walks over it hundreds of times, a third of the
# time of `chat`.
_MADE_BEFORE_A_LOOK = (100_000, 20, 20)
_SANDBOX = click.option("--sandbox", is_flag=True, help="Start the embedded payer and use it.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bcbst-bot")
def main() -> None:
    """A chat assistant over health-plan data: claims, coverage and the provider directory."""
    gc.set_threshold(*_MADE_BEFORE_A_LOOK)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _take_any_letter(stream)


def _take_any_letter(stream: TextIO) -> None:
    """Files and pipes are UTF-8, and so is a terminal of the C locale; what cannot be read or shown becomes a mark.

    Python would use ASCII there when its UTF-8 mode is off, and end at the first accent.
    """
    if isinstance(stream, io.TextIOWrapper):
        own = stream.isatty() and codecs.lookup(stream.encoding).name != "ascii"
        stream.reconfigure(encoding=stream.encoding if own else "utf-8", errors="replace")


def _settings() -> Settings:
    settings = load_settings()
    set_up(settings.bot_log_level)
    return settings


def _run(job: Coroutine[Any, Any, None]) -> None:
    """Run a command, on uvloop where there is one; what keeps the bot from starting is one line on stderr."""
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 -- see the module docstring

    try:
        with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(job)
    except StoreError as error:
        raise click.ClickException(f"BOT_STORE_URL: {error}") from None
    except BotError as error:
        raise click.ClickException(str(error)) from None


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except BotError as error:
        raise click.ClickException(str(error)) from None


@main.command()
def demo() -> None:
    """Play a short conversation against the embedded payer, then chat."""
    from bot.cli.demo import demo as play  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        settings = Settings(_env_file=None)  # type: ignore[call-arg] # a rehearsal reads nobody's .env
        set_up("ERROR")
    _run(play(settings))


@main.command()
@_SANDBOX
@click.option("--as", "member", metavar="NAME", help="Sign this sandbox member in first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a reply.")
def chat(*, sandbox: bool, member: str | None, as_json: bool) -> None:
    """Talk on the console: one message a line."""
    from bot.cli.chat import chat as talk  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        settings = load_settings()
        set_up("ERROR" if settings.bot_log_level == "INFO" else settings.bot_log_level)
    _run(talk(settings, sandbox=sandbox, member=member, as_json=as_json))


@main.command()
@_SANDBOX
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=_PORT, default=8765, show_default=True)
def serve(*, sandbox: bool, host: str, port: int) -> None:
    """Serve Slack, the linking pages and health."""
    gc.disable()  # until it serves: a start makes much and drops little
    from bot.cli.serve import serve as run_server  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        settings = _settings()
    _run(run_server(settings, sandbox=sandbox, host=host, port=port))


@main.command()
@click.option("--port", type=_PORT, default=9000, show_default=True)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="FHIR data to serve.")
@click.option("--client-auth", type=click.Choice(_CLIENT_METHODS), default=_CLIENT_METHODS[0], help="How apps sign in.")
@click.option("--client-keys", type=click.File(encoding="utf-8"), help="The app's JWK Set, for private_key_jwt.")
def sandbox(*, port: int, data: Path | None, client_auth: ClientMethod, client_keys: Any) -> None:
    """Serve the embedded payer alone: its sign-in and its FHIR server."""
    from bot.cli.payer import behaviour_of, serve_payer  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        behaviour = behaviour_of(client_auth, client_keys.read() if client_keys else None)
    _run(serve_payer(port, data, behaviour))


@main.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--dialogue", is_flag=True, help="The lines are turns of one conversation; an empty line starts a new one."
)
@click.option("--explain", is_flag=True, help="Show how each message was read.")
def understand(file: Any, *, as_json: bool, dialogue: bool, explain: bool) -> None:
    """Read one message a line and print how it is understood. No network, no account."""
    from bot.cli.understand import readings  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        for line in readings(file, as_json=as_json, dialogue=dialogue, explain=explain):
            click.echo(line)


@main.command()
def check() -> None:
    """Look at settings, keys, store, pack, payer and Slack; exit 0 only when the bot can serve."""
    from bot.cli.check import check as look  # noqa: PLC0415 -- see the module docstring

    bad = 0

    async def report() -> None:
        nonlocal bad
        async for finding in look(settings):
            click.echo(str(finding))
            bad += finding.state == "bad"

    with _one_line():
        settings = _settings()
    _run(report())
    if bad:
        raise click.ClickException(f"{bad} to put right before the bot can serve")


@main.command()
def register() -> None:
    """Print the registration e-mail that the payer's developer page asks for."""
    from bot.cli.register import letter, printed  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        click.echo(printed(letter(load_settings())))


@main.command()
@click.option("--teams", type=click.Path(dir_okay=False, path_type=Path), help="Write the Teams app package there.")
def manifest(*, teams: Path | None) -> None:
    """Print the Slack app manifest with this deployment's address, or write the Teams app package."""
    from bot.cli.manifest import manifest as own  # noqa: PLC0415 -- see the module docstring
    from bot.cli.teams_package import write  # noqa: PLC0415 -- as above
    from bot.pack import find_pack  # noqa: PLC0415 -- as above

    with _one_line():
        settings = load_settings()
        if teams is not None:
            write(settings, teams)
            return
        click.echo(own(settings, find_pack(settings.bot_pack)), nl=False)


@main.group()
def keys() -> None:
    """Make, check and rotate the keys that seal what is stored."""


@keys.command()
def make() -> None:
    """Print a new key; put it in front of the others in BOT_ENCRYPTION_KEYS."""
    from bot.cli.keys import make as new  # noqa: PLC0415 -- see the module docstring

    click.echo(new())


@keys.command(name="check")
def check_keys() -> None:
    """Say where the keys come from, when they can be used."""
    from bot.cli.keys import check as where  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        click.echo(where(load_settings()))


@keys.command(name="jwks")
def client_keys() -> None:
    """Print the public half of PAYER_CLIENT_KEY_FILE for the payer; make the key when there is none."""
    from bot.cli.keys import jwks  # noqa: PLC0415 -- see the module docstring

    with _one_line():
        click.echo(jwks(load_settings()))


@keys.command(name="rotate")
def rotate_keys() -> None:
    """Seal everything anew under the newest key, while the bot serves."""
    from bot.cli.keys import rotate  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        click.echo(str(await rotate(settings)))

    with _one_line():
        settings = load_settings()
    _run(job())


@keys.command(name="prune")
def prune_keys() -> None:
    """Remove the older keys from the key file, when no row needs them any more."""
    from bot.cli.keys import prune  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        click.echo(f"{await prune(settings)} older keys removed")

    with _one_line():
        settings = load_settings()
    _run(job())


@main.group(invoke_without_command=True)
@click.pass_context
def links(context: click.Context) -> None:
    """List which chat identities are connected; revoke one."""
    from bot.cli.links import listed  # noqa: PLC0415 -- see the module docstring

    if context.invoked_subcommand is None:
        _print(listed)


@links.command(name="of")
@click.argument("identity")
def links_of(identity: str) -> None:
    """List the connections of PLATFORM/ENTERPRISE/TEAM/USER; a part that is * stands for any."""
    from bot.cli.links import listed  # noqa: PLC0415 -- see the module docstring

    _print(partial(listed, pattern=identity))


@links.command()
@click.argument("identity")
def revoke(identity: str) -> None:
    """End the connections of PLATFORM/ENTERPRISE/TEAM/USER, as `links` lists it; a part that is * stands for any."""
    from bot.cli.links import revoke as end  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        click.echo(await end(settings, identity))

    with _one_line():
        settings = load_settings()
    _run(job())


@main.group(invoke_without_command=True)
@click.pass_context
def audit(context: click.Context) -> None:
    """Read and check the trail of who asked for what."""
    if context.invoked_subcommand is None:
        context.invoke(list_audit)


@audit.command(name="list")
def list_audit() -> None:
    """Print every row, oldest first."""
    from bot.cli.audit import lines  # noqa: PLC0415 -- see the module docstring

    _print(partial(lines, as_json=False))


@audit.command(name="of")
@click.argument("identity")
def audit_of(identity: str) -> None:
    """Print the rows of PLATFORM/ENTERPRISE/TEAM/USER, newest first."""
    from bot.cli.links import rows_of  # noqa: PLC0415 -- see the module docstring

    _print(partial(rows_of, identity=identity))


@audit.command(name="export")
def export_audit() -> None:
    """Print every row as a line of JSON."""
    from bot.cli.audit import lines  # noqa: PLC0415 -- see the module docstring

    _print(partial(lines, as_json=True))


@audit.command(name="checkpoint")
def checkpoint_audit() -> None:
    """Print where the trail ends, sealed, to be kept elsewhere; accept the trail as it is, as after a restore."""
    from bot.cli.audit import checkpoint  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        click.echo(await checkpoint(settings))

    with _one_line():
        settings = load_settings()
    _run(job())


@audit.command(name="verify")
@click.option("--against", type=click.File(encoding="ascii"), help="Checkpoints that were kept elsewhere, one a line.")
def verify_audit(against: TextIO | None) -> None:
    """Say whether the trail is whole; exit 0 only then."""
    from bot.cli.audit import verify  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        verdict, anchored = await verify(settings, given)
        for fault in verdict.faults:
            click.echo(fault)
        if verdict.faults:
            raise click.ClickException(f"the trail of {verdict.entries} rows is not whole")
        click.echo(f"{verdict.entries} rows, whole")
        if not anchored:
            click.echo("no checkpoint outside the store confirms its end: `bcbst-bot audit checkpoint` makes one")

    given = [line.strip() for line in against or () if line.strip()]

    with _one_line():
        settings = load_settings()
    _run(job())


@main.command()
def feedback() -> None:
    """Print what people said of answers: counts by month, intent and rule, and what was wrong."""
    from bot.cli.feedback import lines  # noqa: PLC0415 -- see the module docstring

    _print(lines)


def _print(lines: Callable[[Settings], AsyncIterator[str]]) -> None:
    """Print each line of an operator's list."""

    async def job() -> None:
        async for line in lines(settings):
            click.echo(line)

    with _one_line():
        settings = load_settings()
        set_up("ERROR")
    _run(job())
