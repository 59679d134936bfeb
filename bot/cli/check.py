"""`bcbst-bot check`: checks everything that an operator can configure wrongly, and creates or changes nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.accounts.signin import reads_claims
from bot.cli.check_channels import slack, teams
from bot.cli.check_payer import payer
from bot.cli.check_store import keys, store
from bot.cli.findings import CheckResult, bad, note, ok
from bot.config import Settings, look_at_settings, misspelt_names
from bot.config.faults import causes, spelling
from bot.errors import PackError
from bot.pack import Pack, benefits_of, doubts_of, find_pack, load_pack

__all__ = ["CheckResult", "check", "check_all"]


async def check_all(*, pack: bool = False) -> AsyncIterator[CheckResult]:
    """Yield the results for this process's settings, only these if one is malformed; with `pack`, for the pack only."""
    settings, malformed = look_at_settings()
    if malformed:
        for line in look_at_settings(serving=True)[1]:
            yield bad("settings", line)
        return
    if pack:
        for finding in of_pack(settings)[0]:
            yield finding
        return
    async for finding in check(settings):
        yield finding


async def check(settings: Settings) -> AsyncIterator[CheckResult]:
    """Yield the results in the order of a start: settings, keys, store, pack, payer, Slack, Teams."""
    for finding in (*_settings(settings), *keys(settings)):
        yield finding
    async for finding in store(settings):
        yield finding
    findings, pack = of_pack(settings)
    for finding in findings:
        yield finding
    async for finding in payer(settings, pack):
        yield finding
    async for finding in slack(settings, find_pack(settings.bot_pack) if pack else None):
        yield finding
    if settings.teams_app_id is not None:
        yield await teams(settings, settings.teams_app_id)


def of_pack(settings: Settings) -> tuple[list[CheckResult], Pack | None]:
    """Return the results for the pack, and the pack, None if it cannot be loaded."""
    try:
        folder = find_pack(settings.bot_pack)
        pack = load_pack(folder, settings.bot_command)
    except PackError as error:
        return [bad("pack", fault) for fault in error.faults], None
    return [*_pack(folder, pack), *_benefits(settings, pack)], pack


def _settings(settings: Settings) -> Iterator[CheckResult]:
    meant = misspelt_names()
    unready = [*settings.unready()]
    for name, right in meant.items():
        needed = causes(unready, [right]) != unready
        yield (bad if needed else note)("settings", spelling(name, right))
    yield from (bad("settings", line) for line in causes(unready, meant.values()))
    if not settings.missing:
        yield ok("settings", f"sign-in comes back to {settings.callback_url}")
    yield from _reach(settings)


def _reach(settings: Settings) -> Iterator[CheckResult]:
    """Yield whether people can reach the bot and return from sign-in; members need both, a trial neither."""
    if not settings.has_channel:
        yield note("settings", "neither Slack nor Teams is set: nobody but `bcbst-bot chat` can ask")
    elif not settings.bot_public_url.startswith("https:"):
        yield note("settings", "BOT_PUBLIC_URL: only this machine can open it: members' browsers and Slack cannot")
    if not reads_claims(settings.payer_scope.split()):
        yield note("settings", "PAYER_SCOPE: asks for no claims, as patient/*.read would")


def _pack(folder: Path, pack: Pack) -> Iterator[CheckResult]:
    faults = doubts_of(folder, pack)
    yield from (note("pack", fault) for fault in faults)
    yield ok("pack", f"{len(pack.intents)} intents, {len(pack.answers)} of them with data, {len(faults)} notes")


def _benefits(settings: Settings, pack: Pack) -> Iterator[CheckResult]:
    """Yield every error of the benefit table, by row and column."""
    table, faults = benefits_of(pack, settings.bot_benefits)
    yield from (bad("benefits", fault) for fault in faults)
    if table.rows:
        services = {row.service for row in table.rows}
        yield ok("benefits", f"{len(services)} services in {len(table.rows)} rows of the table")
