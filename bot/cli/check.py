"""`bcbst-bot check`: checks everything that an operator can configure wrongly. It creates and changes nothing."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.accounts.signin import reads_claims
from bot.cli.check_servers import CheckResult, bad, note, ok, payer, slack, teams
from bot.config import LOOPBACK, Settings, causes, look_at_settings, misspelt_names, spelling
from bot.errors import ConfigError, PackError, StoreError
from bot.ops import set_up
from bot.ops.audit import Audit
from bot.pack import Pack, benefits_of, doubts_of, find_pack, load_pack
from bot.stores import opened_store
from bot.stores.sealed import SealedTable, Vault, key_doubts, key_file


def keys(settings: Settings) -> Iterator[CheckResult]:
    """Yield the results for the encryption keys: whether they can be used, and whether others can read the files."""
    file, doubts = key_file(settings), [note("keys", doubt) for doubt in key_doubts(settings)]
    if file is not None and not file.exists():
        yield from (*doubts, *_keys_to_be(settings, file))
        return
    try:
        Vault.from_settings(settings)
    except ConfigError as error:
        yield bad("keys", str(error))
        return
    yield from doubts or [ok("keys", "from BOT_ENCRYPTION_KEYS" if file is None else "from BOT_KEYS_FILE")]


def _keys_to_be(settings: Settings, file: Path) -> Iterator[CheckResult]:
    """Yield whether the first start can create a key file.

    A folder that the key file shares with the store is reported with the store.
    """
    path = settings.store_file
    beside = path is not None and file.parent == path.parent
    if why := lacking_folder(file):
        if not beside:
            yield bad("keys", f"BOT_KEYS_FILE: {why}")
    elif path is not None and path.exists():
        yield note("keys", f"{file.name} is missing: what the store holds cannot be read, and members connect again")
    elif settings.bot_keys_file is None:
        yield note("keys", "will be kept next to the database. Set BOT_KEYS_FILE to keep them elsewhere.")
    else:
        yield ok("keys", f"{file} is made at the first start")


async def store(settings: Settings) -> AsyncIterator[CheckResult]:
    """Yield the results for the store. An existing store is opened as at a start, which writes and removes a row."""
    path = settings.store_file
    if path is not None and not path.exists():
        why = lacking_folder(path)
        made = ok("store", f"{path.absolute()} is made at the first start")
        yield bad("store", f"BOT_STORE_URL: {why}") if why else made
    else:
        yield await _opened(settings)
    url = urlsplit(settings.bot_store_url)
    is_near = path is not None or (url.hostname or "localhost") in LOOPBACK
    if not is_near and "verify-full" not in parse_qs(url.query).get("sslmode", ()):  # libpq
        yield note("store", "BOT_STORE_URL: without sslmode=verify-full another may pose as the database")


def lacking_folder(file: Path) -> str | None:
    """Return the reason why a file cannot be created at this path, None if it can be created."""
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist; make it, or name another"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"this user may not write in the folder {folder}"


async def _opened(settings: Settings) -> CheckResult:
    file, opens = key_file(settings), True
    try:
        async with opened_store(settings) as store:
            with contextlib.suppress(ConfigError):  # told with the keys
                if file is None or file.exists():
                    opens = await Audit(SealedTable(store, Vault.from_settings(settings))).opens()
    except StoreError as error:
        return bad("store", f"BOT_STORE_URL: {error}")
    if not opens:
        return note("store", "none of the keys opens what is in it: members will be asked to connect again")
    return ok("store", "can be read and written")


async def report(*, pack: bool) -> AsyncIterator[CheckResult]:
    """Yield the results for this process's settings. With `pack`, check only the pack.

    If a setting is malformed, only the settings are checked.

    Raises:
        ConfigError: after the last result, if any result prevents serving.
    """
    set_up("ERROR")
    settings, malformed = look_at_settings()
    if malformed:
        found = [bad("settings", line) for line in look_at_settings(serving=True)[1]]
    else:
        found = of_pack(settings)[0] if pack else [one async for one in check(settings)]
    for finding in found:
        yield finding
    if to_fix := sum(finding.state == "bad" for finding in found):
        raise ConfigError(f"{to_fix} to fix before the bot can serve")


async def check(settings: Settings) -> AsyncIterator[CheckResult]:
    """Yield the results in the order of a start: settings, keys, store, pack, payer, Slack, Teams."""
    findings, pack = of_pack(settings)
    for finding in (*_settings(settings), *keys(settings), *[one async for one in store(settings)], *findings):
        yield finding
    for asked in (payer(settings, pack), slack(settings, find_pack(settings.bot_pack) if pack else None)):
        async for finding in asked:
            yield finding
    if settings.teams_app_id is not None:
        yield await teams(settings, settings.teams_app_id)


def of_pack(settings: Settings) -> tuple[list[CheckResult], Pack | None]:
    """Return the results for the pack and the benefit table, and the loaded pack, None if it cannot be loaded."""
    try:
        folder = find_pack(settings.bot_pack)
        pack = load_pack(folder, settings.bot_command)
    except PackError as error:
        return [bad("pack", fault) for fault in error.faults], None
    doubts, (table, faults) = doubts_of(folder, pack), benefits_of(pack, settings.bot_benefits)
    # A faulty template fails only the answers that need it, so it does not stop a start.
    found = [(bad if doubt.startswith("templates/") else note)("pack", doubt) for doubt in doubts]
    counted = f"{len(pack.intents)} intents, {len(pack.answered)} of them with data, {len(doubts)} notes"
    found.append(ok("pack", counted))
    found += [bad("benefits", fault) for fault in faults]
    if table.rows:
        services = {row.service for row in table.rows}
        found.append(ok("benefits", f"{len(services)} services in {len(table.rows)} rows of the table"))
    return found, pack


def _settings(settings: Settings) -> Iterator[CheckResult]:
    meant = misspelt_names()
    unready = [*settings.unready()]
    for name, right in meant.items():
        needed = causes(unready, [right]) != unready
        yield (bad if needed else note)("settings", spelling(name, right))
    yield from (bad("settings", line) for line in causes(unready, meant.values()))
    if not settings.missing:
        yield ok("settings", f"sign-in comes back to {settings.callback_url}")
    if not settings.has_channel:
        yield note("settings", "neither Slack nor Teams is set: nobody but `bcbst-bot chat` can ask")
    elif not settings.bot_public_url.startswith("https:"):
        yield note("settings", "BOT_PUBLIC_URL: only this machine can open it: members' browsers and Slack cannot")
    if not reads_claims(settings.payer_scope.split()):
        yield note("settings", "PAYER_SCOPE: asks for no claims, as patient/*.read would")
