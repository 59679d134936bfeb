"""The built wheel, in an environment that holds it, the libraries that it declares, and nothing else."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import compiled
from bot.pack import _key
from bot.stores.sealed import new_key
from tests.commands.running import environment, left_in
from tests.commands.test_demo import played_in_order
from tests.days import DAY

ROOT = Path(__file__).parent.parent.parent
UUID = "1111abcd-2222-4333-8444-555555555555"
UV = os.environ.get("UV", "uv")


def _run(*command: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S603 -- our own commands
        command,
        cwd=folder,
        env=environment(BOT_TODAY=str(DAY), **settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it requires, lent by this one: neither an index nor a cache is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("hatchling", "build", "--target", "wheel", "--directory", str(folder))
    _run(sys.executable, "-m", *build, folder=ROOT, XDG_CACHE_HOME=str(_looked_over(folder / "cache")))
    (wheel,) = folder.glob("*.whl")
    _run(UV, "venv", "--quiet", "--offline", "--python", sys.executable, "env", folder=folder)
    env = folder / "env"
    for library in _closure(_required_by(wheel)):
        _lend(library, Path(sysconfig.get_path("purelib", vars={"base": str(env)})))
    _run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", "env", str(wheel), folder=folder)
    return env


def _looked_over(cache: Path) -> Path:
    """A user's cache in which the pack was looked over, which takes long and finds nothing: see `tests.test_pack`."""
    own = cache / "bcbst-bot"
    own.mkdir(mode=0o700, parents=True)
    for file in compiled.SHIPPED.glob("*.bin"):  # what the user's own has, as `tests.conftest` tells
        with contextlib.suppress(FileNotFoundError):  # another process has put a newer one there
            shutil.copy2(file, own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "cache_folder", lambda: own)
        compiled.keep("doubts", _key(ROOT), [])
    return cache


def _required_by(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as packed:
        (about,) = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        lines = message_from_bytes(packed.read(about)).get_all("Requires-Dist", [])
    return [one for one in map(Requirement, lines) if _applies(one, "")]


def _applies(wanted: Requirement, extra: str) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def _closure(todo: list[Requirement]) -> Iterator[Distribution]:
    """The distributions that are required, directly or through others, with the extras that are asked for."""
    seen: set[tuple[str, str]] = set()
    while todo:
        wanted = todo.pop()
        name, extras = canonicalize_name(wanted.name), {"", *wanted.extras}
        new = {extra for extra in extras if (name, extra) not in seen}
        if not new:
            continue
        library = distribution(wanted.name)
        if (name, "") not in seen:
            yield library
        seen |= {(name, extra) for extra in new}
        rest = [*map(Requirement, library.requires or ())]
        todo += [one for one in rest if any(_applies(one, extra) for extra in new)]


def _lend(library: Distribution, site: Path) -> None:
    """Link the files of a library, and what Python made of them here: to compile them all again takes long."""
    for file in library.files or ():
        source = Path(str(library.locate_file(file)))
        compiled = Path(cache_from_source(str(source))) if source.suffix == ".py" else source
        for path in {source, compiled}:
            target = site / path.relative_to(Path(str(library.locate_file("")))) if ".." not in file.parts else None
            if target and path.exists() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(path, target)


def _link(path: Path, target: Path) -> None:
    try:
        target.hardlink_to(path)
    except OSError:  # another file system
        shutil.copy2(path, target)


def test_the_demo_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """Rules, answers, templates and the sandbox's tables are in the wheel: the whole conversation is played."""
    done = _run(str(installed / "bin" / "bcbst-bot"), "demo", folder=tmp_path)
    played_in_order(done.stdout)
    assert done.stderr == ""
    assert left_in(tmp_path) == []


NEEDING = {
    "teams": ("TEAMS_APP_ID", {"TEAMS_APP_ID": UUID, "TEAMS_APP_PASSWORD": "p", "TEAMS_TENANT_ID": UUID}),
    "postgres": ("BOT_STORE_URL", {"BOT_STORE_URL": "postgresql://127.0.0.1:9/bot", "BOT_ENCRYPTION_KEYS": new_key()}),
}


@pytest.mark.parametrize("extra", NEEDING)
def test_a_setting_names_the_extra_that_it_needs(installed: Path, tmp_path: Path, extra: str) -> None:
    """Neither Teams' nor PostgreSQL's libraries are in this environment, so the one line says what to install."""
    setting, settings = NEEDING[extra]
    done = subprocess.run(  # noqa: S603 -- our own command
        [str(installed / "bin" / "bcbst-bot"), "serve", "--sandbox", "--port", "0"],
        cwd=tmp_path,
        env=environment(**settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {setting}: ")
    assert done.stderr.endswith(f"in the folder of the program's source, pip install '.[{extra}]'\n")
    assert done.stderr.count("\n") == 1


_ALL_THAT_IS_COMPILED = """
import os, sys
os.environ["XDG_CACHE_HOME"] = sys.argv[1]
from bot.pack import doubts_of, find_pack, load_pack
pack = load_pack(find_pack())
doubts_of(find_pack(), pack)
pack.places.read()
pack.words.fixed_labels()
"""


def test_the_pack_comes_compiled(installed: Path, tmp_path: Path) -> None:
    """The first start of an installation is no slower than the next: nothing is left to be made."""
    _run(str(installed / "bin" / "python"), "-c", _ALL_THAT_IS_COMPILED, str(tmp_path), folder=tmp_path)
    assert left_in(tmp_path) == []


def test_types_are_shipped(installed: Path) -> None:
    """PEP 561: a program that imports `bot` is type-checked against it."""
    assert list(installed.glob("lib/python*/site-packages/bot/py.typed"))


def test_only_the_package_reaches_site_packages(installed: Path) -> None:
    """Neither `intents` nor `templates` nor `tests` becomes an importable name of somebody's environment."""
    (record,) = installed.glob("lib/python*/site-packages/bcbst_bot-*.dist-info/RECORD")
    names = {
        line.split("/")[0] for line in record.read_text(encoding="utf-8").splitlines() if not line.startswith("..")
    }
    assert names == {"bot", record.parent.name}
