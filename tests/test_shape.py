"""The house: who may import whom, and which outside library belongs to which room (docs/decisions.md)."""

import ast
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.conftest import LONG
from tests.trees import nodes_of, tree_of

ROOT = Path(__file__).resolve().parent.parent

LOOSE = {"__init__", "__main__", "app", "compiled", "errors", "message", "pack", "serving"}
COMPOSITION = {"app", "cli", "__main__", "__init__"}
"""Who may import from everywhere: they put the rooms together."""
MAY_IMPORT = {
    "errors": set(),
    "compiled": {"errors"},
    "message": set(),
    "records": set(),
    "serving": {"errors"},
    "sandbox": {"serving"},
    "config": {"errors", "message"},
    "language": {"compiled", "errors"},
    "stores": {"config", "errors"},
    "payer": {"errors", "records"},
    "replies": {"compiled", "message"},
    "kit": {"errors", "language", "payer", "records"},
    "pack": {"compiled", "errors", "kit", "language", "message", "replies"},
    "delivery": {"errors", "message", "stores"},
    "ops": {"config", "errors", "message", "stores"},
    "accounts": {"config", "errors", "message", "ops", "payer", "records", "replies", "stores"},
    "documents": {"accounts", "errors", "message", "ops", "replies", "stores"},
    "conversation": {
        *("accounts", "delivery", "documents", "errors", "kit", "language"),
        *("message", "ops", "pack", "payer", "records", "stores"),
    },
    "channels": {
        *("config", "conversation", "delivery", "errors", "language", "message", "ops", "pack", "replies", "stores"),
    },
}
"""What each room may import, lowest first: a row names only rooms above it, so that there is no circle."""
OUTSIDE = {
    "httpx": {"payer", "channels"},
    "httpx_aiohttp": {"payer"},
    "jinja2": {"replies", "accounts", "documents", "sandbox"},
    "rapidfuzz": {"kit", "language", "replies"},
    "starlette": {"accounts", "channels", "documents", "ops", "sandbox", "serving"},
    "slack_bolt": {"channels"},
    "slack_sdk": {"channels"},
    "microsoft_teams": {"channels"},
    "authlib": {"accounts", "sandbox"},
    "joserfc": {"accounts", "documents", "sandbox"},
    "segno": {"documents"},
    "prometheus_client": {"ops"},
    "psycopg": {"stores"},
    "psycopg_pool": {"stores"},
    "cryptography": {"sandbox", "stores"},
    "sqlite_utils": {"stores"},
    "fhir": {"records"},
    "icalendar": {"documents"},
}


@cache
def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names if node.module == "bot")}
    return found


def _room(path: Path) -> str:
    return path.relative_to(ROOT / "bot").parts[0].removesuffix(".py")


BOT = sorted((ROOT / "bot").rglob("*.py"))
ANSWERS = sorted((ROOT / "intents").rglob("*.py"))
AROUND = [
    path
    for part in ("tests", "bench")
    for path in sorted((ROOT / part).rglob("*.py"))
    if "node_modules" not in path.parts
]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_room_imports_only_what_the_table_gives_it() -> None:
    """Imports run one way: a file that reaches past its room's row fails here by name."""
    rooms = {path: _room(path) for path in BOT if _room(path) not in COMPOSITION}
    reached = {path: {name.split(".")[1] for name in _imports(path) if name.startswith("bot.")} for path in rooms}
    past = {_name(path): reached[path] - {room} - MAY_IMPORT[room] for path, room in rooms.items()}
    assert {name: sorted(others) for name, others in past.items() if others} == {}


def test_the_table_is_what_the_code_needs() -> None:
    """No row grants what nobody imports, each row stands below the rows it names, and few files stand loose."""
    needed: dict[str, set[str]] = {room: set() for room in MAY_IMPORT}
    for path in (one for one in BOT if _room(one) in MAY_IMPORT):
        needed[_room(path)] |= {name.split(".")[1] for name in _imports(path) if name.startswith("bot.")}
    assert {room: others - {room} for room, others in needed.items()} == MAY_IMPORT
    rows = list(MAY_IMPORT)
    assert [room for at, room in enumerate(rows) if MAY_IMPORT[room] - set(rows[:at])] == []
    assert {path.stem for path in (ROOT / "bot").glob("*.py")} == LOOSE


def test_only_what_rehearses_imports_the_made_up_payer() -> None:
    """Nothing of the product's way does, and what rehearses is imported by a line of its own, when it is asked for."""
    importers = {_name(path) for path in BOT if any(name.startswith("bot.sandbox") for name in _imports(path))}
    outside = {name for name in importers if not name.startswith("bot/sandbox/")}
    assert outside == {f"bot/cli/{name}.py" for name in ("chat", "rehearsal")}
    for path in BOT:
        at_once = {one.module for one in tree_of(path).body if isinstance(one, ast.ImportFrom)}
        rehearses = _name(path) in outside - {"bot/cli/chat.py"} or _name(path).startswith("bot/sandbox/")
        assert rehearses or not at_once & {"bot.cli.rehearsal"}, path


def test_an_outside_library_stays_in_its_room() -> None:
    """The wire, the templates and the stores can each be exchanged in one place."""
    strangers = {
        (_name(path), library)
        for path in BOT
        for library in {name.split(".")[0] for name in _imports(path)} & OUTSIDE.keys()
        if _room(path) not in OUTSIDE[library] | COMPOSITION
    }
    assert strangers == set()


def test_a_start_imports_nothing_that_few_questions_need() -> None:
    """An annotation that names such a library is enough to import it: sign-in, typos and checks have theirs later."""
    libraries = ("authlib", "joserfc", "rapidfuzz", "icalendar", "fhir", "mcp", "yaml")
    rare = (*libraries, "bot.language.checker", "bot.replies.lint")
    told = f"import sys, bot.cli.serve, bot.channels.slack.app; print([one for one in {rare} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 -- our own words
    assert done.stdout.strip() == "[]"


def test_a_value_is_a_struct() -> None:
    """A dataclass takes a millisecond to define, and `dataclasses.replace` of a struct fails only when it runs."""
    found = {_name(path) for path in BOT + ANSWERS if "dataclasses" in _imports(path)}
    assert {name for name in found if not name.startswith("bot/sandbox/")} == set()


def test_an_answer_imports_the_kit_and_the_standard_library() -> None:
    """An intent can see neither a token nor a channel: it has no way to name them."""
    ours = {(_name(path), name) for path in ANSWERS for name in _imports(path) if name.split(".")[0] == "bot"}
    assert {one for one in ours if one[1] not in {"bot", "bot.kit"}} == set()


def test_files_and_functions_stay_small() -> None:
    """Files: median at most 240 lines, none above 400; functions: median at most 8, none above 60."""
    lengths, functions = [], []
    for path in BOT + ANSWERS:
        lengths.append(path.read_text(encoding="utf-8").count("\n"))
        functions += [
            (node.end_lineno or node.lineno) - node.lineno + 1
            for node in nodes_of(path)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    assert statistics.median(lengths) <= 240
    assert max(lengths) <= 400
    assert statistics.median(functions) <= 8
    assert max(functions) <= 60


def test_no_file_around_the_bot_is_long() -> None:
    """Tests and bench are read too: at most 400 lines a file."""
    assert [_name(path) for path in AROUND if path.read_text(encoding="utf-8").count("\n") > 400] == []


def test_no_line_of_a_template_is_long() -> None:
    """At most 140 characters: a branch, a sentence or a button a line can be read, and changed alone."""
    lines = {
        (path.name, number): len(line)
        for path in (ROOT / "templates").rglob("*.j2")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    }
    assert len(lines) > 5000
    assert {where for where, length in lines.items() if length > 140} == set()


def test_the_modules_that_begin_first_are_there() -> None:
    """A name that stays behind when its file goes would put nothing first."""
    assert [name for name in LONG if not (ROOT / "tests" / f"{name}.py").is_file()] == []
