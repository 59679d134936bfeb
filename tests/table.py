"""Tables of the marked tests: which fault, threat or attack each one proves, and what the person saw of it.

The doubles call `saw` with every word that a person reads, so a test gets its row by its mark alone. A number is proved
when every case of it passed: a case that failed or was skipped proves nothing, and the run ends with status 1. So it
does when a whole run has no case for one of the numbers that the reference lists.
"""

from collections.abc import Iterator

import pytest

from tests.cases import SEEN

MARKS = ("fault", "threat", "attack")
_TABLES = {"faults": ("fault", "threat"), "attacks": ("attack",)}
_EVERY = {"faults": {f"F{number:02}" for number in range(1, 65)}, "attacks": set[str]()}
_WORDS, _CASE, _NUMBER = 90, 62, 4
_UNSEEN = "(nothing is shown)"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--table faults` and `--table attacks`."""
    parser.addoption("--table", choices=sorted(_TABLES), help="print the marked tests as a table")


def pytest_runtest_setup() -> None:
    """A test begins with nothing seen."""
    SEEN.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Put marks and words into the report, which also comes home from another process."""
    if item.config.getoption("--table") is None:
        return  # what a person saw is long, and nobody asks for it
    if call.when != "teardown" and (call.when == "call" or call.excinfo is not None):
        marks = {name: _numbers(item, name) for name in MARKS}
        item.user_properties.append(("proves", marks))
        item.user_properties.append(("saw", SEEN[-1] if SEEN else _UNSEEN))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A table with a number that is not proved is a failed run, whatever pytest itself makes of skipped tests."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--table") is None or reporter is None or hasattr(session.config, "workerinput"):
        return
    rows = _table(reporter, session.config)
    if session.exitstatus == pytest.ExitCode.OK and (not rows or _unproved(rows, session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table that was asked for, and its sums."""
    table = config.getoption("--table")
    if table is None:
        return
    rows = _table(terminalreporter, config)
    terminalreporter.section(f"{table}: case, what the person saw, result")
    wide = max((len(number) for number, *_ in rows), default=0)
    room = _CASE if wide <= _NUMBER else _CASE // 3
    for number, case, words, result in rows:
        shown = f"{_cut(case, room):<{room}} | {_cut(words, _WORDS):<{_WORDS}}"
        terminalreporter.write_line(f"{number:<{wide}} | {shown} | {result}")
    told = {kind: sum(result == kind for *_, result in rows) for kind in ("pass", "FAIL", "skipped")}
    unproved = _unproved(rows, config)
    proved = len({number for number, *_ in rows} - {*unproved})
    counts = f"{told['pass']} pass, {told['FAIL']} fail, {told['skipped']} skipped"
    terminalreporter.write_line(f"{proved} {table} proved, {len(rows)} cases: {counts}")
    if unproved:
        terminalreporter.write_line(f"not proved: {', '.join(unproved)}")


Row = tuple[str, str, str, str]


def _table(reporter: pytest.TerminalReporter, config: pytest.Config) -> list[Row]:
    marks = _TABLES[str(config.getoption("--table"))]
    return sorted({row for report in _reports(reporter) for row in _rows(report, marks)})


def _unproved(rows: list[Row], config: pytest.Config) -> list[str]:
    """The numbers of which a case did not pass and, when all tests were asked for, those that have no case."""
    found = {number for number, *_, result in rows if result != "pass"}
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        found |= _EVERY[str(config.getoption("--table"))] - {number for number, *_ in rows}
    return sorted(found)


def _numbers(item: pytest.Item, name: str) -> list[str]:
    return sorted({str(number) for mark in item.iter_markers(name) for number in mark.args})


def _reports(reporter: pytest.TerminalReporter) -> Iterator[pytest.TestReport]:
    for outcome in ("passed", "failed", "error", "skipped"):
        yield from (each for each in reporter.stats.get(outcome, ()) if isinstance(each, pytest.TestReport))


def _rows(report: pytest.TestReport, marks: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
    kept = dict(report.user_properties)
    if "proves" not in kept:
        return
    proves, words = kept["proves"], str(kept["saw"])
    _, _, name = report.nodeid.rpartition("::")
    result = {"passed": "pass", "skipped": "skipped"}.get(report.outcome, "FAIL")
    for mark in marks:
        for number in proves[mark]:  # type: ignore[index]  # a mapping, as it was put
            _, _, parameters = name.rstrip("]").partition("[")
            played = parameters.removesuffix(f"-{number}")
            case = played if mark == "attack" and played else _spoken(name)
            yield number, case, words, result


def _spoken(name: str) -> str:
    test, bracket, parameters = name.partition("[")
    return test.removeprefix("test_").replace("_", " ") + bracket + parameters


def _cut(text: str, width: int) -> str:
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
