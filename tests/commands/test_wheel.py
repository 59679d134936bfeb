"""The built wheel, in an environment that holds nothing else of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.commands.running import environment, left_in

ROOT = Path(__file__).parent.parent.parent
UV = os.environ.get("UV", "uv")


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 -- our own commands
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the locked dependencies, from the cache that the set-up filled, and the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(UV, "build", "--wheel", "--offline", "--quiet", "--out-dir", str(folder), folder=ROOT)
    locked = _run(UV, "export", "--frozen", "--no-dev", "--no-emit-project", "--quiet", folder=ROOT)
    (folder / "locked.txt").write_text(locked, encoding="utf-8")
    (wheel,) = folder.glob("*.whl")
    _run(UV, "venv", "--quiet", "--python", sys.executable, "env", folder=folder)
    install = (UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", "env")
    _run(*install, "--requirements", "locked.txt", folder=folder)
    _run(*install, str(wheel), folder=folder)
    _lend_bytecode(folder / "env")
    return folder / "env"


def _lend_bytecode(env: Path) -> None:
    """Give the same files what Python made of them here; to compile all libraries again would take most of the test."""
    ours, theirs = (Path(sysconfig.get_path("purelib", vars={"base": str(at)})) for at in (sys.prefix, env))
    for cache in ours.rglob("__pycache__"):
        beside = theirs / cache.relative_to(ours).parent
        if beside.is_dir():
            shutil.copytree(cache, beside / "__pycache__", dirs_exist_ok=True)


def test_the_demo_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """Rules, answers, templates and the sandbox's tables are in the wheel: the whole conversation is played."""
    played = _run(str(installed / "bin" / "bcbst-bot"), "demo", folder=tmp_path)
    assert "$54.87 for your visit on" in played
    assert "is disconnected from this chat" in played
    assert left_in(tmp_path) == []


def test_only_the_package_reaches_site_packages(installed: Path) -> None:
    """Neither `intents` nor `templates` nor `tests` becomes an importable name of somebody's environment."""
    (record,) = installed.glob("lib/python*/site-packages/bcbst_bot-*.dist-info/RECORD")
    names = {
        line.split("/")[0] for line in record.read_text(encoding="utf-8").splitlines() if not line.startswith("..")
    }
    assert names == {"bot", record.parent.name}
