"""What the tests of several rooms share."""

import asyncio
import asyncio.runners
import gc
import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from pydantic_settings import EnvSettingsSource
from pydantic_settings.sources.base import PydanticBaseEnvSettingsSource
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from bot import compiled
from bot.pack import Pack, find_pack, load_pack
from bot.stores import open_store
from bot.stores.base import Store
from tests.doubles.postgres import Postgres, postgres
from tests.intents.shapes import LINES, figures
from tests.intents.stories import stories
from tests.shipped import compiled_in, pages_compiled, shipped_pack
from tests.stage import Stage, staged
from tests.watch import watching
from tests.worlds import tables_shared, worlds_shared

# Without bytecode each worker and each command that is started compiles every library, and rewrites every test, anew:
# ten seconds of a start. The Makefile takes this away, too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing of the rule.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# httpx looks for it at every request, through all folders of the path: where it is not, that is said at once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment] # what an import then fails by

# Each client would read the trusted certificates anew, which takes longer than what most of them ask for.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)  # type: ignore[attr-defined]

# An address is read letter by letter, a tenth of what a question to the directory takes; tests ask for the same ones.
httpx._urls.urlparse = lru_cache(20_000)(httpx._urls.urlparse)  # type: ignore[attr-defined]


def _looked_at_once(source: type, method: str) -> None:
    """Settings look at the types of all their fields anew, which is half of what it takes to set a bot up."""
    look, seen = getattr(source, method), dict[tuple[Any, ...], Any]()

    def kept(self: Any, field: Any, *name: str) -> Any:
        key = (self.settings_cls, id(field), *name)
        if key not in seen:
            seen[key] = look(self, field, *name)
        return seen[key]

    setattr(source, method, kept)


_looked_at_once(PydanticBaseEnvSettingsSource, "_extract_field_info")
_looked_at_once(EnvSettingsSource, "_field_is_complex")

_OFFENCES: list[str] = []


def _cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End what a test's loop still runs, again where a library swallowed the first cancellation; else name it."""
    tasks = asyncio.all_tasks(loop)
    for _ in range(100):
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        _, tasks = loop.run_until_complete(asyncio.wait(tasks, timeout=0.1))
    sys.stderr.write(f"\nnever ended: {[task.get_coro() for task in tasks]}\n")


# asyncio waits for ever for a task that swallows its one cancellation, and with it would the whole run.
asyncio.runners._cancel_all_tasks = _cancel_all_tasks  # type: ignore[attr-defined]


def _interrupted(number: int, frame: FrameType | None) -> None:
    """What Python does at Ctrl-C, under a name of its own: asyncio then puts no handler of each loop in its place.

    Python writes such a handler out as text twice a test, with all that its task returned: a payer's whole world.
    """
    signal.default_int_handler(number, frame)


signal.signal(signal.SIGINT, _interrupted)
HERE = Path(__file__).parent
# Modules that take long, begun first, so that no worker is left alone with one at the end.
LONG = (
    "chaos/test_chaos",
    "e2e/test_privacy",
    "intents/test_dialogues",
    "desk/test_desk",
    "e2e/test_browser",
    "commands/test_wheel",
    "accounts/test_linking_attacks",
    "e2e/test_two_members",
    "test_pack",
    "language/test_bad_packs",
    "e2e/test_playground",
    "e2e/test_accessible",
    "e2e/test_replicas",
    "answers/directory/test_poor_servers",
    "e2e/test_faults_pages",
    "commands/test_serve",
    "commands/test_trust",
    "commands/test_chat",
    "sandbox/synthetic/test_world",
    "e2e/test_faults_wire",
)


TOGETHER = {
    "browsers": ("e2e/test_accessible", "e2e/test_browser", "e2e/test_playground", "e2e/test_popup"),
    "packs": ("test_pack", "language/test_bad_packs", "language/test_page", "commands/test_check"),
    "trees": ("test_kernel", "test_promises", "test_shape", "stores/test_opening", "channels/teams/test_import"),
}
"""Modules that need a Chromium, that load packs (`words_kept`) or read the code (`tests.trees`).

One process has what each group needs.
"""
_SCOPES = {f"tests/{module}.py": scope for scope, modules in TOGETHER.items() for module in modules}
STORIES = "tests/intents/test_dialogues.py"


class _Together(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """A module's tests in one process, and those of the modules that are `TOGETHER`.

    Stories are a fifth of all in one module: each file of them is a part of its own, and a worker's bot plays several.
    """

    def _split_scope(self, nodeid: str) -> str:
        scope = str(super()._split_scope(nodeid))
        if scope == STORIES:
            return nodeid.partition(": ")[0]
        return _SCOPES.get(scope, scope)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Where tests stay together by module, Chromium starts once."""
    return _Together(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Compile the pack once before there are workers: without a kept one, each would take its seconds for it."""
    load_pack(find_pack()).places.read()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long modules first, all others as they were found."""
    places = {HERE / f"{name}.py": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_sessionstart() -> None:
    """Look for no garbage while all modules are imported: there is none, and looking costs each worker a second."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, seldom, and pass over what was imported: looking took a third of some modules."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Pass over what is left when pytest looks for garbage a second time: it has just looked at all of it."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over how long the replies are that a worker saw."""
    LINES.update(getattr(node, "workeroutput", {}).get("lines", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Over all stories replies are short, lists apart; a run of some stories says nothing of that."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["lines"] = LINES
    elif LINES and (found := figures(stories())) is not None:
        sys.stderr.write(f"\n{found}\n")
        if not found.are_short:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The workers of a run share what they compiled, and leave it to the next run."""
    if pytestconfig.pluginmanager.has_plugin("cacheprovider"):
        compiled_in(pytestconfig.cache.mkdir("compiled"))
    else:
        own = tmp_path_factory.getbasetemp()
        compiled_in(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
    with pytest.MonkeyPatch.context() as patch:
        pages_compiled(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_kept_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is made in this process, where tests put doubles in place of parts, is kept for no other.

    What the program itself has kept is read: of the pack as it stands, a process of tests makes nothing anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        if (kept := compiled.cache_folder()) is not None:
            patch.setattr(compiled, "SHIPPED", kept)
        patch.setattr(compiled, "cache_folder", lambda: tmp_path_factory.getbasetemp() / "kept")
        yield


@pytest.fixture(scope="session", autouse=True)
def _watched() -> Iterator[None]:
    """What every payer of the suite is asked is looked at."""
    with watching(_OFFENCES), pytest.MonkeyPatch.context() as patch:
        tables_shared(patch)
        worlds_shared(patch)
        yield


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command that a test ran in this process has set the log up: the next test finds it as it was."""
    before = structlog.get_config() if structlog.is_configured() else None
    yield
    if before is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**before)


@pytest.fixture(autouse=True)
def _no_directory_hears_of_a_member(request: pytest.FixtureRequest) -> Iterator[None]:
    """No token, cookie, member's id or name goes to a directory (T24, fhir-notes 9), whatever a test asks the bot."""
    yield
    told, _OFFENCES[:] = list(_OFFENCES), []
    assert not told or "tests/sandbox/" in request.node.nodeid, told


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The pack that ships."""
    return shipped_pack()


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    url = f"sqlite:///{tmp_path}/bot.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = await open_store(url)
    yield opened
    await opened.close()


pytest_plugins = ["tests.table"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A payer and its bots for all the tests of a module, which run in the module's event loop."""
    async with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL for all tests of a process; its folder's name is short because its socket lies there."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder, postgres(Path(folder)) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """An empty database."""
    return postgres_server.emptied()
