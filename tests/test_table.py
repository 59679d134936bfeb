"""The tables of `make faults` and `make attacks` judge: what failed or was skipped proves nothing, and ends the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAD = "import pytest\n"
PASSES = '@pytest.mark.fault("F01")\ndef test_one(): pass\n'
FAILS = '@pytest.mark.fault("F02")\ndef test_two(): assert not "so"\n'
SKIPS = '@pytest.mark.fault("F03")\n@pytest.mark.skip(reason="no browser")\ndef test_three(): pass\n'


@pytest.mark.parametrize(
    ("tests", "status", "words"),
    [
        (PASSES, 0, "1 faults proved, 1 cases: 1 pass, 0 fail, 0 skipped"),
        (PASSES + FAILS, 1, "not proved: F02"),
        (PASSES + SKIPS, 1, "not proved: F03"),
        ("def test_nothing_marked(): pass\n", 1, "0 faults proved"),
    ],
)
def test_a_table_ends_a_run_by_what_it_proves(tmp_path: Path, tests: str, status: int, words: str) -> None:
    """Rows are counted by their result, and an empty table proves nothing."""
    (tmp_path / "test_made.py").write_text(HEAD + tests, encoding="utf-8")
    marks = ["-o", "markers=fault", "-p", "tests.table", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(  # noqa: S603 -- our own interpreter and plugin
        [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), *marks, "--table", "faults", "test_made.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, words in done.stdout) == (status, True), done.stdout + done.stderr
