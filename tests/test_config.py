"""A setting that is missing or malformed stops the start with one line that names it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.config import Day, Settings, look_at_settings

UUID = "1111abcd-2222-4333-8444-555555555555"


MALFORMED = {
    "BOT_PUBLIC_URL": ("bot.example", "http://bot.example"),
    "PAYER_FHIR_URL": (
        "",
        "https://payer.example/fhir?tenant=1",
        "https://user@payer.example/fhir",
        "https://payer.example/a b",
        "https://payer.example:99999/fhir",
    ),
    "PAYER_TOKEN_URL": ("https://[::1",),
    "PAYER_ISSUER": ("the payer",),
    "PAYER_SCOPE": ("", "openid\nfhirUser"),
    "BOT_STORE_URL": ("mysql://db", "sqlite:///", "sqlite:////", "sqlite:///folder/.."),
    "BOT_COMPANY": (" ",),
    "BOT_APP_TITLE": ("two\nlines",),
    "BOT_COMMAND": ("/bcbst", "Green Mountain", "a-name-of-21-letters-"),
    "BOT_MEMBER_ANSWERS": ("everywhere",),
    "BOT_LOG_LEVEL": ("LOUD",),
    "BOT_METRICS_BIND": ("9090", "127.0.0.1:99999", "http://127.0.0.1:9090"),
    "BOT_LINKS_PER_MEMBER": ("0",),
    "BOT_TIMEZONE": ("Mars/Olympus",),
    "BOT_TODAY": ("tomorrow", "2026-02-29", "1790000000"),
    "BOT_HANDOFF_CHANNEL": ("#help-desk", "D0123ABCDE", "C…", "19:chat@unq.gbl.spaces"),
    "BOT_HANDOFF_EMAIL": ("help desk", "help@desk", "help@acme.example?bcc=all@acme.example"),
    "SLACK_API_URL": ("ftp://slack.example",),
    "SLACK_BOT_TOKEN": ("xoxb-your-token", "foo"),
    "SLACK_SIGNING_SECRET": ("<signing secret>",),
    "SLACK_CLIENT_ID": ("your-client-id",),
    "TEAMS_APP_PASSWORD": ("…",),
    "PAYER_CLIENT_ID": ("<client id>",),
    "PAYER_CLIENT_SECRET": ("change-me",),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in MALFORMED for value in MALFORMED[name]])
def test_a_malformed_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The line begins with the setting, and never holds its value where that could be a secret."""
    monkeypatch.setenv(name, value)
    (fault,) = look_at_settings({"_env_file": None})[1]
    assert fault.startswith(f"{name}: ")
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN"),
        ({"BOT_STORE_URL": "postgresql://db/bot"}, "BOT_ENCRYPTION_KEYS"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"TEAMS_APP_PASSWORD": "p"}, "TEAMS_APP_ID"),
        ({"BOT_HANDOFF_CHANNEL": "C0123ABCDE"}, "SLACK_BOT_TOKEN"),
        ({"BOT_HANDOFF_CHANNEL": "19:help@thread.tacv2"}, "TEAMS_APP_ID"),
        ({"TEAMS_TENANT_ID": "00000000-0000-0000-0000-000000000000"}, "TEAMS_APP_ID"),
    ],
)
def test_half_a_pair_names_the_other_half(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str) -> None:
    """What belongs together is asked for together."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert look_at_settings({"_env_file": None})[1][0].startswith(f"{missing}: required")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ("PAYER_CLIENT_ID", "PAYER_CLIENT_SECRET")),
        ({"payer_client_id": "", "payer_client_secret": "s"}, ("PAYER_CLIENT_ID",)),
        ({"payer_client_id": "c"}, ("PAYER_CLIENT_SECRET",)),
        ({"payer_client_id": "c", "payer_client_secret": ""}, ("PAYER_CLIENT_SECRET",)),
        ({"payer_client_id": "c", "payer_client_secret": "s"}, ()),
    ],
)
def test_what_sign_in_needs_is_told_by_name(given: dict[str, str], missing: tuple[str, ...]) -> None:
    """An empty client id or secret is as good as none."""
    assert Settings(_env_file=None, **given).missing == missing  # type: ignore[arg-type,call-arg] # pydantic checks


def test_an_issuer_keeps_its_last_slash() -> None:
    """Issuers are compared letter by letter; every other address loses it."""
    settings = Settings(_env_file=None, payer_issuer="https://sso.example/", payer_fhir_url="https://payer.example/r4/")  # type: ignore[call-arg] # pydantic-settings takes it
    assert (settings.payer_issuer, settings.payer_fhir_url) == ("https://sso.example/", "https://payer.example/r4")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ("TEAMS_APP_PASSWORD", "TEAMS_TENANT_ID")),
        ({"teams_app_password": ""}, ("TEAMS_APP_PASSWORD", "TEAMS_TENANT_ID")),
        ({"teams_app_password": "p"}, ("TEAMS_TENANT_ID",)),
        ({"teams_app_password": "p", "teams_tenant_id": f"{UUID}, {UUID.replace('1', '2')}"}, ()),
    ],
)
def test_what_teams_needs_is_told_by_name(given: dict[str, str], missing: tuple[str, ...]) -> None:
    """Without a secret nothing can be sent, and without tenants anybody in the world could ask."""
    settings = Settings(_env_file=None, teams_app_id=UUID.upper(), **given)  # type: ignore[arg-type,call-arg] # pydantic checks
    assert settings.teams_missing == missing
    assert settings.teams_app_id == UUID
    assert len(settings.teams_tenants) == (0 if "TEAMS_TENANT_ID" in missing else 2)


@pytest.mark.parametrize("name", ["TEAMS_APP_ID", "TEAMS_TENANT_ID"])
def test_an_entra_id_is_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A name or an address in place of an id stops the start."""
    monkeypatch.setenv(name, "contoso.onmicrosoft.com")
    assert look_at_settings({"_env_file": None})[1][0].startswith(f"{name}: must be an id")


CHANGES = [date(2027, 3, 14), date(2026, 11, 1)]


@pytest.mark.calendar
@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Tokyo", "Pacific/Honolulu"])
@pytest.mark.parametrize("day", [*CHANGES, date(2026, 12, 31), date(2028, 2, 29)])
def test_a_made_up_day_lasts(day: date, zone: str) -> None:
    """The date is the one that was set, in every zone and at every hour; its noon is a real moment."""
    moment = Day(_env_file=None, bot_today=day, bot_timezone=zone).now()  # type: ignore[call-arg]
    assert moment.date() == day
    assert moment.astimezone(UTC).astimezone(moment.tzinfo) - moment in {timedelta(0), timedelta(hours=1)}
    assert (moment - timedelta(days=1)).date() == day - timedelta(days=1)


@pytest.mark.calendar
def test_without_one_it_is_the_clock() -> None:
    """In the zone that was set, whatever the machine's own is."""
    day = Day(_env_file=None, bot_timezone="Pacific/Kiritimati")  # type: ignore[call-arg]
    before, moment, after = datetime.now(UTC), day.now(), datetime.now(UTC)
    assert before <= moment <= after
    assert moment.utcoffset() == timedelta(hours=14)


@pytest.mark.calendar
@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        ({}, True),
        ({"payer_fhir_url": "http://127.0.0.1:9000/fhir/r4"}, False),
        ({"payer_fhir_url": "http://localhost:9000", "payer_directory_url": "https://directory.example/fhir"}, True),
    ],
)
def test_real_records_have_real_days(addresses: dict[str, str], *, refused: bool) -> None:
    """A made-up day is taken only where member and directory data are both of this machine."""
    settings = Settings(_env_file=None, bot_today=date(2026, 5, 20), **addresses)  # type: ignore[call-arg, arg-type]
    assert bool(settings.made_up_day) == refused
    assert not Settings(_env_file=None, **addresses).made_up_day  # type: ignore[call-arg, arg-type]
