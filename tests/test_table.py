"""The tables of `make faults` and `make attacks` judge: what failed or was skipped proves nothing, and ends the run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAD = "import pytest\n"
PASSES = '@pytest.mark.fault("F01")\ndef test_one(): pass\n'
FAILS = '@pytest.mark.fault("F02")\ndef test_two(): assert not "so"\n'
SKIPS = '@pytest.mark.fault("F03")\n@pytest.mark.skip(reason="no browser")\ndef test_three(): pass\n'


CASES = {
    "passed": (PASSES, 0, "1 faults proved, 1 cases: 1 pass, 0 fail, 0 skipped"),
    "failed": (PASSES + FAILS, 1, "not proved: F02"),
    "skipped": (PASSES + SKIPS, 1, "not proved: F03"),
    "empty": ("def test_nothing_marked(): pass\n", 1, "0 faults proved"),
}
_EACH = """
import sys, pytest
for name in sys.argv[2:]:
    status = pytest.main(["-q", "-o", "markers=fault", "-p", "tests.table", "-p", "no:cacheprovider", "-p", "no:xdist",
                          "--rootdir", sys.argv[1], "--table", "faults", f"test_{name}.py"])
    print(f"END {name} {int(status)}")
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """The status and the words of a run of each case, all in one process of their own."""
    folder = tmp_path_factory.mktemp("tables")
    for name, (tests, _, _) in CASES.items():
        (folder / f"test_{name}.py").write_text(HEAD + tests, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 -- our own interpreter and plugin
        [sys.executable, "-c", _EACH, str(folder), *CASES],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.split(r"^END (\w+) (\d)\n", done.stdout, flags=re.MULTILINE)
    return {name: (int(status), words) for words, name, status in zip(*[iter(shown[:-1])] * 3, strict=True)}


@pytest.mark.parametrize("case", CASES)
def test_a_table_ends_a_run_by_what_it_proves(case: str, ended: dict[str, tuple[int, str]]) -> None:
    """Rows are counted by their result, and an empty table proves nothing."""
    _, wanted, words = CASES[case]
    status, shown = ended[case]
    assert (status, words in shown) == (wanted, True), shown
