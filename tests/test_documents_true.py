"""Pages that state facts about this repository, held against it."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.config import Settings
from tests.settings_page import EXAMPLE, PAGE, default_of, example, meanings, page

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


@pytest.mark.threat("T67")
def test_every_locked_file_has_its_hash() -> None:
    """What is installed is what was looked at: no file of the lock lacks a SHA-256."""
    packages = tomllib.loads(_page("uv.lock"))["package"]
    files = [file for one in packages for file in (*one.get("wheels", ()), *filter(None, [one.get("sdist")]))]
    assert len(files) > 100
    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []


def test_every_command_and_setting_that_a_page_names_exists() -> None:
    """What an operator copies from README, SECURITY.md, PRIVACY.md or docs/deploy.md is there."""
    from bot.cli.cli import main  # noqa: PLC0415 -- the commands are what is looked at
    from bot.config import Settings  # noqa: PLC0415 -- as above

    text = "\n".join(
        map(_page, ("README.md", "SECURITY.md", "PRIVACY.md", "docs/running.md", "docs/deploy.md", "docs/settings.md"))
    )
    named = set(re.findall(r"\b(?:BOT|PAYER|SLACK|TEAMS)_[A-Z_]+[A-Z]\b", text))
    assert named <= {name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"\bbcbst-bot ([a-z]+)", text)) <= main.commands.keys()


FIRST = {
    *("BOT_PUBLIC_URL", "BOT_STORE_URL", "BOT_ENCRYPTION_KEYS", "PAYER_CLIENT_ID", "PAYER_CLIENT_SECRET"),
    *("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "TEAMS_APP_ID", "TEAMS_APP_PASSWORD", "TEAMS_TENANT_ID"),
}


def test_every_setting_says_what_it_means() -> None:
    """A setting without a meaning cannot be set by somebody who has not read the code."""
    assert [name for name, meaning in meanings().items() if not meaning.endswith((".", "…"))] == []
    assert meanings().keys() == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(("file", "made"), [(PAGE, page), (EXAMPLE, example)], ids=["page", "example"])
def test_what_is_written_is_what_the_settings_say(file: Path, made: object) -> None:
    """`make settings` writes both anew."""
    assert callable(made)
    assert file.read_text(encoding="utf-8") == made()


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    """Copied to .env it sets nothing; with every default's # taken away it sets what would be anyway."""
    text = EXAMPLE.read_text(encoding="utf-8")
    (tmp_path / "copied").write_text(text, encoding="utf-8")
    (tmp_path / "opened").write_text(re.sub(r"^# (?=[A-Z_]+=.)", "", text, flags=re.MULTILINE), encoding="utf-8")
    copied, opened = (Settings(_env_file=tmp_path / name) for name in ("copied", "opened"))  # type: ignore[call-arg]
    assert copied.model_fields_set == set()
    assert opened.model_fields_set == {name.lower() for name in meanings() if default_of(name)}
    assert opened == Settings(_env_file=None)  # type: ignore[call-arg]


def test_the_first_steps_have_the_ten_of_a_first_deployment() -> None:
    """Every other setting is on the settings' page alone."""
    rows = re.findall(r"^ *\| (`[A-Z_`, ]+) \|", _page("docs/running.md"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"[A-Z_]{4,}", row)} == FIRST


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "PRIVACY.md",
    *sorted(f"docs/{one.name}" for one in ROOT.glob("docs/*.md")),
]


def test_the_index_names_every_page() -> None:
    """A page that no reader is sent to is found by nobody."""
    index = _page("docs/README.md")
    named = {(ROOT / "docs" / one).resolve() for one in re.findall(r"\]\(([^)#]+\.md)\)", index)}
    assert {Path(one).resolve() for one in PAGES} - named == {
        Path("docs/README.md").resolve(),
        Path("README.md").resolve(),
    }


@pytest.mark.parametrize("name", PAGES)
def test_every_file_and_target_that_a_page_names_exists(name: str) -> None:
    """Links lead to files of the repository, and `make` knows what it is told to make."""
    text = _page(name)
    prose = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    links = [one for one in re.findall(r"\]\(([^)#]+)\)", prose) if "://" not in one]
    assert [one for one in links if not ((ROOT / name).parent / one).exists()] == []
    targets = re.findall(r"(?:^|`)make ([a-z-]+(?: [a-z-]+)*)", text, re.MULTILINE)
    phony = re.findall(r"^([a-z-]+):", _page("Makefile"), re.MULTILINE)
    assert {one for told in targets for one in told.split()} <= {*phony}
