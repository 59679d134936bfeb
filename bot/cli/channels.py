"""`bcbst-bot channels`: prints what each channel can do, as a Markdown table."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.channels.registry import ABILITIES, ASK, DONE_BY, FORM
from bot.cli.manifest import manifest_file
from bot.cli.teams_package import parts
from bot.config import Settings
from bot.pack import Pack, find_pack, load_pack

NamedOffers = Mapping[str, list[str]]


def lines(settings: Settings) -> Iterator[str]:
    """Yield the lines of the Markdown table for the configured pack."""
    folder = find_pack(settings.bot_pack)
    return table(folder, load_pack(folder))


def table(folder: Path, pack: Pack) -> Iterator[str]:
    """Yield the lines of the Markdown table: a row per ability, a column per channel.

    The names of commands, forms and prompts are read from the Slack manifest in `folder` and the Teams package of
    `pack`.
    """
    named = {"slack": in_slack(folder), "teams": in_teams(pack)}
    yield f"| | {' | '.join(name.capitalize() for name in DONE_BY)} |"
    yield f"|---|{'---|' * len(DONE_BY)}"
    for ability, words in ABILITIES.items():
        cells = (_cell(ability, platform, named.get(platform, {})) for platform in DONE_BY)
        yield f"| {words} | {' | '.join(cells)} |"


def _cell(ability: str, platform: str, names: NamedOffers) -> str:
    if ability not in DONE_BY[platform]:
        return "no"
    return ", ".join(names[ability]) if ability in names else "yes"


def in_slack(folder: Path) -> NamedOffers:
    """Return the names of the commands, forms and prompts in the Slack app manifest, by ability."""
    made = yaml.safe_load(manifest_file(folder).read_text(encoding="utf-8"))["features"]
    shortcuts = made["shortcuts"]
    return {
        "slash": [_coded(one["command"]) for one in made["slash_commands"]],
        "form": _titles(one["name"] for one in shortcuts if one["callback_id"].startswith(FORM)),
        "message": _titles(one["name"] for one in shortcuts if one["type"] == "message"),
        "starter": _titles(one["title"] for one in made["agent_view"]["suggested_prompts"]),
    }


def in_teams(pack: Pack) -> NamedOffers:
    """Return the names of the commands, forms and prompts in the Teams app package, by ability."""
    bot, box = parts(pack)
    lists: list[dict[str, Any]] = bot["commandLists"]
    slash = [one for listed in lists if "slash" in listed.get("triggers", ()) for one in listed["commands"]]
    prompts = [one for listed in lists for one in listed["commands"] if one.get("type") == "prompt"]
    return {
        "slash": [_coded(f"/{one['title']}") for one in slash],
        "form": _titles(one["title"] for one in box if one["id"].startswith(FORM)),
        "message": _titles(one["title"] for one in box if one["id"] == ASK),
        "starter": _titles(one["title"] for one in prompts),
        "search": _titles(one["title"] for one in box if one["type"] == "query"),
    }


def _coded(word: str) -> str:
    return f"`{word}`"


def _titles(words: Iterable[str]) -> list[str]:
    return [f"\u201c{word}\u201d" for word in words]
