"""The commands of contract.md. Each imports its modules when it runs, so that short commands start at once."""

import gc
from pathlib import Path
from typing import TextIO, get_args

import click

from bot.cli import operators
from bot.cli.members import NOBODY
from bot.cli.terminal import Port, ShownGroup, open_streams, own_settings, run, settings_of, told
from bot.config import ClientMethod
from bot.ops.log import set_up

_CLIENT_METHODS: tuple[ClientMethod, ...] = get_args(ClientMethod)
_PORT = Port()
_SANDBOX = click.option("--sandbox", is_flag=True, help="Start a made-up payer and use it.")


@click.group(
    cls=ShownGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `bcbst-bot demo`. docs/running.md has the steps to a bot of your own.",
)
@click.version_option(package_name="bcbst-bot")
def main() -> None:
    """Answers members' questions about their health plan in Slack, in Microsoft Teams and in this terminal."""
    open_streams()


for _command in (
    operators.keys,
    operators.links,
    operators.audit,
    operators.feedback,
    operators.admin,
    operators.migrate,
):
    main.add_command(_command)


@main.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="FHIR data to serve.")
def demo(*, data: Path | None) -> None:
    """Play a short conversation with a made-up payer, then let you ask."""
    from bot.cli.demo import demo as play  # noqa: PLC0415 -- see the module docstring

    settings = own_settings(level="ERROR", file=".env" if data else None)  # without data nothing is anybody's own
    run(play(settings, data=data), until_interrupted=True)


@main.command()
@_SANDBOX
@click.option(
    *("--as", "member"),
    metavar="NAME",
    is_flag=False,
    flag_value=NOBODY,
    help="Sign a made-up member in first; --as alone lists them.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a reply.")
def chat(*, sandbox: bool, member: str | None, as_json: bool) -> None:
    """Chat in this terminal: one message a line; "quit" ends."""
    from bot.cli.chat import chat as talk  # noqa: PLC0415 -- see the module docstring

    settings = own_settings(level="ERROR")
    run(talk(settings, sandbox=sandbox, member=member, as_json=as_json), until_interrupted=True)


@main.command()
@_SANDBOX
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=_PORT, default=8765, show_default=True, help="Port to listen at.")
def serve(*, sandbox: bool, host: str, port: int) -> None:
    """Serve Slack, Microsoft Teams, the sign-in pages and health."""
    gc.disable()  # until it serves: a start makes much and drops little
    from bot.cli.serve import serve as run_server  # noqa: PLC0415 -- see the module docstring

    settings = own_settings(serving=not sandbox)
    run(run_server(settings, sandbox=sandbox, host=host, port=port), until_interrupted=True)


@main.command()
@click.option("--port", type=_PORT, default=9000, show_default=True, help="Port to listen at.")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="FHIR data to serve.")
@click.option("--client-auth", type=click.Choice(_CLIENT_METHODS), default=_CLIENT_METHODS[0], help="How apps sign in.")
@click.option("--client-keys", type=click.File(encoding="utf-8"), help="The app's JWK Set, for private_key_jwt.")
def sandbox(*, port: int, data: Path | None, client_auth: ClientMethod, client_keys: TextIO | None) -> None:
    """Serve the made-up payer alone: its sign-in and its FHIR server."""
    from bot.cli.rehearsal import behaviour_of, serve_payer  # noqa: PLC0415 -- see the module docstring

    with told():
        behaviour = behaviour_of(client_auth, client_keys.read() if client_keys else None)
    run(serve_payer(port, data, behaviour), until_interrupted=True)


@main.command()
@_SANDBOX
@click.option("--http", is_flag=True, help="Streamable HTTP in place of standard input and output.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=_PORT, default=8766, show_default=True, help="Port to listen at.")
def mcp(*, sandbox: bool, http: bool, host: str, port: int) -> None:
    """Serve the directory to assistants: read-only tools (MCP)."""
    from bot.cli.assistants import serve_tools  # noqa: PLC0415 -- see the module docstring

    settings = own_settings()
    run(serve_tools(settings, sandbox=sandbox, port=port if http else None, host=host), until_interrupted=True)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--network", "networks", required=True, multiple=True, help="A network, as in Blue Network S; or several."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("lookup.csv"), show_default=True)
@_SANDBOX
def lookup(*, file: Path, networks: tuple[str, ...], out: Path, sandbox: bool) -> None:
    """Check a file of names or NPIs against a network.

    One name or NPI a line, or a table whose first line names the column: name, NPI; a text, .csv or .xlsx. Exits with 0
    only when each of them was answered; the same command goes on with those that were not.
    """
    from bot.cli.lookup import look_up, summary, unread  # noqa: PLC0415 -- see the module docstring

    async def job() -> None:
        outcome = await look_up(settings, file, networks, out, sandbox=sandbox)
        click.echo(f"{out}: {summary(outcome)}")
        if outcome.unread:
            raise click.ClickException(unread(outcome))

    settings = own_settings(level="ERROR")
    run(job())


@main.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--dialogue", is_flag=True, help="The lines are turns of one conversation; an empty line starts a new one."
)
@click.option("--explain", is_flag=True, help="Show how each message was read.")
@click.option("--evidence", metavar="INTENT", help="Print what speaks most for an intent, and against it.")
def understand(file: TextIO, *, as_json: bool, dialogue: bool, explain: bool, evidence: str | None) -> None:
    """Show how messages are understood, one a line, without network or account."""
    from bot.cli.understand import evidence_of, readings  # noqa: PLC0415 -- see the module docstring

    if evidence:
        with told():
            for line in evidence_of(evidence):
                click.echo(line)
        return
    if file.isatty():
        click.echo("Type a message a line; Ctrl-D ends.", err=True)
    with told():
        for line in readings(file, as_json=as_json, dialogue=dialogue, explain=explain):
            click.echo(line)


@main.command()
@click.option("--pack", is_flag=True, help="Only rules, answers and words, for who writes them.")
def check(*, pack: bool) -> None:
    """Look for what is wrong: settings, keys, store, pack, payer, Slack, Teams.

    Exits with 0 only when the bot can serve. Nothing is written.
    """
    from bot.cli.check import check_all  # noqa: PLC0415 -- see the module docstring

    bad = 0

    async def report() -> None:
        nonlocal bad
        async for finding in check_all(pack=pack):
            click.echo(str(finding))
            bad += finding.state == "bad"

    set_up("ERROR")
    run(report())
    if bad:
        raise click.ClickException(f"{bad} to fix before the bot can serve")


@main.command()
def register() -> None:
    """Print the e-mail that asks the payer to register the bot."""
    from bot.cli.register import letter, printed  # noqa: PLC0415 -- see the module docstring

    settings = settings_of("BOT_", "PAYER_")
    with told():
        click.echo(printed(letter(settings)))


@main.command()
@click.option("--socket-mode", is_flag=True, help="For Socket Mode, in which Slack needs no address of the bot.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
@click.option("--teams", type=click.Path(dir_okay=False, path_type=Path), help="Write the Teams app package there.")
def manifest(*, socket_mode: bool, as_json: bool, teams: Path | None) -> None:
    """Print the Slack app manifest, or write the Teams app package."""
    from bot.cli.manifest import manifest as own  # noqa: PLC0415 -- see the module docstring
    from bot.cli.teams_package import write  # noqa: PLC0415 -- as above
    from bot.pack import find_pack, load_pack  # noqa: PLC0415 -- as above

    settings = settings_of("BOT_", *(("TEAMS_",) if teams else ("SLACK_APP_TOKEN",)))
    with told():
        if teams is not None:
            write(settings, load_pack(find_pack(settings.bot_pack), settings.bot_command), teams)
            click.echo(f"{teams} is written; an administrator uploads it in the Teams admin centre.", err=True)
            return
        socket_mode = socket_mode or settings.slack_app_token is not None
        click.echo(own(settings, find_pack(settings.bot_pack), socket_mode=socket_mode, as_json=as_json), nl=False)


@main.command()
def channels() -> None:
    """Print what each channel can do, as a table in Markdown."""
    from bot.cli.channels import table  # noqa: PLC0415 -- see the module docstring
    from bot.pack import find_pack, load_pack  # noqa: PLC0415 -- as above

    with told():
        folder = find_pack(settings_of("BOT_").bot_pack)
        for line in table(folder, load_pack(folder)):
            click.echo(line)
