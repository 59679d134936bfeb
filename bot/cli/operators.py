"""The operators' commands: keys, links and the audit trail."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, TextIO

import click

from bot.cli.terminal import ShownCommand, ShownGroup, own_settings, run, settings_of, told
from bot.config import Settings
from bot.errors import ConfigError

_PROGRESS = 1_000  # lines


@click.group(cls=ShownGroup)
def keys() -> None:
    """Make, check and rotate the keys that seal what is stored."""


@keys.command()
def make() -> None:
    """Print a new key; put it in front of the others in BOT_ENCRYPTION_KEYS."""
    from bot.cli.keys import make as new  # noqa: PLC0415 -- see bot/cli/cli.py

    click.echo(new())


@keys.command(name="check")
def check_keys() -> None:
    """Say where the keys come from, when they can be used."""
    from bot.cli.keys import check as where  # noqa: PLC0415 -- see bot/cli/cli.py

    settings = own_settings()
    with told():
        click.echo(where(settings))


@keys.command(name="jwks")
def client_keys() -> None:
    """Print the public half of PAYER_CLIENT_KEY_FILE for the payer; make the key when there is none."""
    from bot.cli.keys import jwks  # noqa: PLC0415 -- see bot/cli/cli.py

    settings = settings_of("PAYER_CLIENT_KEY_FILE")
    with told():
        click.echo(jwks(settings))


@keys.command(name="rotate")
def rotate_keys() -> None:
    """Seal everything anew under the newest key, while the bot serves."""
    from bot.cli.keys import rotate  # noqa: PLC0415 -- see bot/cli/cli.py

    _tell(rotate)


@keys.command(name="prune")
def prune_keys() -> None:
    """Remove the older keys from the key file, when no row needs them any more."""
    from bot.cli.keys import prune  # noqa: PLC0415 -- see bot/cli/cli.py

    _tell(prune, "{:,} older keys removed")


@click.group(cls=ShownGroup, invoke_without_command=True)
@click.pass_context
def links(context: click.Context) -> None:
    """List which chat identities are connected; end a connection."""
    if context.invoked_subcommand is None:
        context.invoke(list_links)


@links.command(name="list")
def list_links() -> None:
    """List every connection, oldest first, as `links` alone does."""
    from bot.cli.links import listed  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(listed, none="No chat is connected.")


@links.command(name="of")
@click.argument("identity")
def links_of(identity: str) -> None:
    """List the connections of PLATFORM/ENTERPRISE/TEAM/USER; a part that is * stands for any."""
    from bot.cli.links import listed  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(partial(listed, pattern=identity), none="No chat of that identity is connected.")


@links.command()
@click.argument("identity")
def revoke(identity: str) -> None:
    """End the connections of PLATFORM/ENTERPRISE/TEAM/USER, as `links` lists it; a part that is * stands for any."""
    from bot.cli.links import revoke as end  # noqa: PLC0415 -- see bot/cli/cli.py

    _tell(partial(end, pattern=identity))


@click.group(cls=ShownGroup, invoke_without_command=True)
@click.pass_context
def audit(context: click.Context) -> None:
    """Read and check the trail of who asked for what."""
    if context.invoked_subcommand is None:
        context.invoke(list_audit)


@audit.command(name="list")
def list_audit() -> None:
    """Print every row, oldest first."""
    from bot.cli.audit import lines  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(partial(lines, as_json=False))


@audit.command(name="of")
@click.argument("identity")
def audit_of(identity: str) -> None:
    """Print the rows of PLATFORM/ENTERPRISE/TEAM/USER, newest first."""
    from bot.cli.links import rows_of  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(partial(rows_of, identity=identity))


@audit.command(name="export")
def export_audit() -> None:
    """Print every row as a line of JSON."""
    from bot.cli.audit import lines  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(partial(lines, as_json=True))


@audit.command(name="archive")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--days", default=365, show_default=True, type=click.IntRange(1), help="Rows that are older are moved.")
def archive_audit(file: Path, days: int) -> None:
    """Move old rows to the end of FILE, as lines of JSON: the trail goes on behind them."""
    from bot.cli.audit import archive  # noqa: PLC0415 -- see bot/cli/cli.py

    _tell(partial(archive, file=file, days=days), "{:,} rows moved")


@audit.command(name="checkpoint")
def checkpoint_audit() -> None:
    """Print where the trail ends, sealed, to be kept elsewhere; accept the trail as it is, as after a restore."""
    from bot.cli.audit import checkpoint  # noqa: PLC0415 -- see bot/cli/cli.py

    _tell(checkpoint)


_TEXT = click.File(encoding="utf-8", errors="replace")  # odd bytes are a line that cannot be read, as others are


@audit.command(name="verify")
@click.option("--against", type=_TEXT, help="Checkpoints that were kept elsewhere, one a line.")
@click.option("--archive", type=_TEXT, help="What `archive` wrote: checked with the rest.")
def verify_audit(against: TextIO | None, archive: TextIO | None) -> None:
    """Say whether the trail is whole; exit 0 only then."""
    from bot.cli.audit import archived, verify  # noqa: PLC0415 -- see bot/cli/cli.py

    async def job() -> None:
        verdict, anchored = await verify(settings, given, archived(archive or ()))
        for fault in verdict.faults:
            click.echo(fault)
        if verdict.faults:
            raise click.ClickException(f"the trail of {verdict.entries} rows is not whole")
        click.echo(f"{verdict.entries} rows, whole")
        if not anchored:
            click.echo("no checkpoint outside the store confirms its end: `bcbst-bot audit checkpoint` makes one")

    given = [line.strip() for line in against or () if line.strip()]

    settings = _of_a_store()
    run(job())


@click.command(cls=ShownCommand)
def feedback() -> None:
    """Print what people said of answers: counts by month, intent and rule, and what was wrong."""
    from bot.cli.admin import ratings_of  # noqa: PLC0415 -- see bot/cli/cli.py

    _print(ratings_of)


@click.group(cls=ShownGroup, invoke_without_command=True)
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="As 2026-11; this month when it is not given.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "es"]))
@click.pass_context
def admin(context: click.Context, month: datetime | None, language: Literal["en", "es"]) -> None:
    """Print a one-time link, and its code, to a page of counts: what is asked, what fails, what is not understood."""
    from bot.cli.admin import page  # noqa: PLC0415 -- see bot/cli/cli.py

    if context.invoked_subcommand is None:
        _print(partial(page, month=month, language=language))


@admin.command(name="sentences")
@click.option("--drop", is_flag=True, help="Throw all of them away.")
def admin_sentences(*, drop: bool) -> None:
    """Print the sentences that people gave because they were not understood."""
    from bot.cli.admin import drop as thrown_away  # noqa: PLC0415 -- see bot/cli/cli.py
    from bot.cli.admin import sentences  # noqa: PLC0415 -- as above

    if drop:
        _tell(thrown_away)
    else:
        _print(sentences, none="Nobody has given a sentence yet.")


@click.command(cls=ShownCommand)
def migrate() -> None:
    """Bring the store's tables up to date and end, before new replicas start."""
    from bot.stores.opening import open_store  # noqa: PLC0415 -- see bot/cli/cli.py

    async def job() -> None:
        store = await open_store(settings.bot_store_url, **settings.store_options)
        await store.close()
        click.echo("the store is up to date")

    settings = own_settings(level="ERROR")
    run(job())


def _print(lines: Callable[[Settings], AsyncIterator[str]], *, none: str = "The trail is empty.") -> None:
    """Print each line of an operator's list, or on stderr that it is empty."""

    async def job() -> None:
        count = 0
        async for line in lines(settings):
            click.echo(line)
            count += 1
            if count % _PROGRESS == 0 and not sys.stdout.isatty():
                click.echo(f"{count:,} lines so far", err=True)
        if not count:
            click.echo(none, err=True)

    settings = _of_a_store()
    run(job())


def _tell(job: Callable[[Settings], Awaitable[object]], said: str = "{}") -> None:
    """Run an operation on the store and print its result."""

    async def told_of() -> None:
        click.echo(said.format(await job(settings)))

    settings = _of_a_store()
    run(told_of())


def _of_a_store() -> Settings:
    """Return the settings if their store exists; an empty list from a new store would be misleading."""
    from bot.stores.opening import sqlite_path  # noqa: PLC0415 -- see bot/cli/cli.py

    settings = own_settings(level="ERROR")
    path = sqlite_path(settings.bot_store_url)
    with told():
        if path is not None and not path.exists():
            raise ConfigError(
                f"BOT_STORE_URL: there is no store {path.absolute()}; run this with the settings, and in the folder, "
                "of the bot that serves"
            )
    return settings
