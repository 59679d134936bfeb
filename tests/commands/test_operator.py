import inspect
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bot.cli.cli import COMMANDS, Job, function_of, main
from bot.stores.sealed import parse_keys
from tests.channels.slack_manifest import not_taken
from tests.commands.running import inside

WHO = {"BOT_CONTACT_NAME": "Ana Ruiz", "BOT_COMPANY": "Example Health", "BOT_PUBLIC_URL": "https://chat.example.org"}


def run(*words: str, **environment: str) -> tuple[int, str]:
    """Exit code and everything that a command prints."""
    result = CliRunner().invoke(main, list(words), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


_JOBS = [job for one in COMMANDS.values() for job in ([one] if isinstance(one, Job) else [*one.commands.values()])]


@pytest.mark.parametrize("job", [*_JOBS, COMMANDS["admin"].alone], ids=lambda job: job.does)  # type: ignore[union-attr]
def test_what_does_a_command_takes_what_the_command_takes(job: Job) -> None:
    """A row of the table names a function, which takes the row's parameters and the settings if there are any."""
    settings = () if job.settings is None else (None,)
    inspect.signature(function_of(job)).bind(*settings, **{str(one.name): None for one in job.takes})


def test_the_registration_letter_holds_what_the_payers_page_lists() -> None:
    """Contact, company, title, callback, description and scopes; never a secret."""
    code, text = run("register", **WHO, BOT_APP_TITLE="Plan Chat", PAYER_CLIENT_SECRET="planted")
    assert code == 0
    for wanted in ("Ana Ruiz", "Example Health", "Plan Chat", "patient/*.read openid fhirUser", "Description:"):
        assert wanted in text
    assert "42 CFR part 2" in text
    assert "Callback URL: https://chat.example.org/oauth/callback" in text
    assert "planted" not in text


def test_the_manifest_has_our_address_and_no_other() -> None:
    """Every URL is the deployment's; what is printed is YAML as Slack takes it."""
    code, text = run("manifest", **WHO)
    assert code == 0
    assert yaml.safe_load(text)["settings"]["interactivity"]["request_url"] == "https://chat.example.org/slack/events"
    assert "bot.example" not in text.replace("chat.example.org", "")


def test_the_manifest_of_socket_mode_names_no_address() -> None:
    """Slack calls none, so none has to be public; everything else is the same, and Slack takes it."""
    code, text = run("manifest", "--socket-mode")
    assert (code, text) == run("manifest", SLACK_APP_TOKEN="xapp-1")
    assert code == 0
    read = yaml.safe_load(text)
    assert read == json.loads(run("manifest", "--socket-mode", "--json")[1])
    assert read["settings"]["socket_mode_enabled"]
    assert "https://" not in text
    assert read["features"]["slash_commands"][0]["command"] == "/bcbst"
    assert not_taken(read) == []


def test_a_made_key_is_one_that_is_taken(tmp_path: Path) -> None:
    """`keys make` makes what `keys check` and the vault accept."""
    code, made = run("keys", "make")
    assert code == 0
    assert len(parse_keys(made)[0]) == 32
    assert run("keys", "check", BOT_ENCRYPTION_KEYS=made.strip()) == (0, "BOT_ENCRYPTION_KEYS\n")
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    assert run("keys", "check", BOT_STORE_URL=store)[0] == 0
    assert run("keys", "check", BOT_ENCRYPTION_KEYS="short")[0] == 1


def test_migrate_brings_a_store_up_to_date_and_ends(tmp_path: Path) -> None:
    """As a job before new replicas start: nothing but the store is needed, and an unusable one is one line."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    done = inside(tmp_path, "migrate", BOT_STORE_URL=url)
    assert (done.returncode, done.stdout) == (0, "the store is up to date\n")
    assert (tmp_path / "bot.db").exists()
    broken = inside(tmp_path, "migrate", BOT_STORE_URL=f"sqlite:///{tmp_path / 'none' / 'bot.db'}")
    assert (broken.returncode, broken.stderr.count("\n")) == (1, 1)
