"""Pages that state facts about this repository, held against it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _installed() -> set[str]:
    """The packages that run with the program, by the lock file: dependencies of dependencies and their extras."""
    packages = {package["name"]: package for package in tomllib.loads(_page("uv.lock"))["package"]}
    found: set[str] = set()
    ours = packages["bcbst-bot"]
    ours["dependencies"] += [one for extra in ours["optional-dependencies"].values() for one in extra]
    wanted = ["bcbst-bot"]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found.add(name)
        for dependency in packages[name].get("dependencies", []):
            wanted.append(dependency["name"])
            extras = packages[dependency["name"]].get("optional-dependencies", {})
            wanted += [one["name"] for extra in dependency.get("extra", []) for one in extras.get(extra, [])]
    return found - {"bcbst-bot"}


def test_every_package_that_runs_has_its_licence_listed() -> None:
    """A new dependency comes with its licence, and one that went is listed no longer."""
    rows = re.findall(r"^\| ([a-z0-9.-]+) \| (.+) \|$", _page("docs/licences.md"), re.MULTILINE)
    listed = dict(rows) | {}
    listed.pop("package", None)
    assert listed.keys() == _installed()
    assert all(listed.values())


def test_every_locked_file_has_its_hash() -> None:
    """What is installed is what was looked at: no file of the lock lacks a SHA-256."""
    packages = tomllib.loads(_page("uv.lock"))["package"]
    files = [file for one in packages for file in (*one.get("wheels", ()), *filter(None, [one.get("sdist")]))]
    assert len(files) > 100
    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []


def test_every_command_and_setting_that_a_page_names_exists() -> None:
    """What an operator copies from README, SECURITY.md, PRIVACY.md or docs/deploy.md is there."""
    from bot.cli import main  # noqa: PLC0415 -- the commands are what is looked at
    from bot.config import Settings  # noqa: PLC0415 -- as above

    text = "\n".join(map(_page, ("README.md", "SECURITY.md", "PRIVACY.md", "docs/deploy.md", "docs/settings.md")))
    named = set(re.findall(r"\b(?:BOT|PAYER|SLACK|TEAMS)_[A-Z_]+[A-Z]\b", text))
    assert named <= {name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"\bbcbst-bot ([a-z]+)", text)) <= main.commands.keys()
