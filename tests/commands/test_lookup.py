"""`lookup`: a file of names against a network, part by part, into a file that a later run goes on with."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.cli.lookup import MOST, lines_of, look_up
from bot.config import Settings
from bot.errors import ConfigError
from tests.days import DAY
from tests.shipped import shipped_pack


def _settings() -> Settings:
    """Those of a bot that serves elsewhere and lets each person ask once a minute."""
    elsewhere = "https://bot.example"
    return Settings(_env_file=None, bot_today=DAY, bot_public_url=elsewhere, bot_questions_per_minute=1)  # type: ignore[call-arg]


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


async def test_a_run_goes_on_where_the_last_one_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks and doubles are left out; no line is asked twice, and one header stands above all rows."""
    monkeypatch.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    names, out = tmp_path / "names.txt", tmp_path / "out.csv"
    nobody = [f"Nobody Number{number}" for number in range(26)]
    names.write_text("\n".join(["Grace Okafor", "", "Minh  Kim", "Minh Kim", *nobody, "=1+1"]), encoding="utf-8")
    await look_up(_settings(), names, "Blue Network S", out, sandbox=True)
    header, *rows = _rows(out)
    answers = {row[0]: row[2] for row in rows}
    assert (header[0], header[2], header[9]) == ("Asked", "Answer", "Directory read (UTC)")
    assert list(answers) == ["Grace Okafor", "Minh Kim", *nobody, "'=1+1"]
    assert (answers["Grace Okafor"], answers["Minh Kim"], answers["'=1+1"]) == ("listed", "not listed", "nobody found")
    # The run before was killed after two rows.
    out.write_bytes(b"\r\n".join(out.read_bytes().split(b"\r\n")[:3]) + b"\r\n")
    before = out.read_bytes()
    assert await look_up(_settings(), names, "Blue Network S", out, sandbox=True) == 29
    assert out.read_bytes().startswith(before)
    assert [row[0] for row in _rows(out)[1:]] == list(answers)
    with pytest.raises(ConfigError, match="no network called"):
        await look_up(_settings(), names, "Blue Network Q", tmp_path / "other.csv", sandbox=True)
    assert not (tmp_path / "other.csv").exists()


async def test_no_proxy_is_told_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document lies on this machine: a proxy of the environment, at a port where nobody listens, is not asked."""
    monkeypatch.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    names, out = tmp_path / "names.txt", tmp_path / "out.csv"
    names.write_text("Grace Okafor\nMinh Kim\n", encoding="utf-8")
    assert await look_up(_settings(), names, "Blue Network S", out, sandbox=True) == 2
    assert len(_rows(out)) == 3


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", "holds no names"),
        (b" \n\n", "holds no names"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        ("\n".join(map(str, range(MOST + 1))).encode(), "at most 5,000"),
        (b"x" * 2_000_000, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_no_list_is_named(tmp_path: Path, held: bytes, said: str) -> None:
    """What is wrong with it, and what to do."""
    file = tmp_path / "names.txt"
    file.write_bytes(held)
    with pytest.raises(ConfigError, match=said):
        lines_of(file)


async def test_a_file_of_somebody_else_is_not_written_into(tmp_path: Path) -> None:
    """An answer file is ours, or there is none."""
    names, out = tmp_path / "names.txt", tmp_path / "out.csv"
    names.write_text("Minh Kim\n", encoding="utf-8")
    out.write_text("my notes\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no answer file"):
        await look_up(_settings(), names, "Blue Network S", out, sandbox=True)
    assert out.read_text(encoding="utf-8") == "my notes\n"
