"""`make lint` ends with an error when a package of the lock has a known vulnerability (.ci/audit)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

FIXED = {
    "aiohttp": "3.13.3",  # CVE-2025-69223 and those after it: what a compressed or chunked request may cost
    "authlib": "1.6.6",  # CVE-2025-59420, -61920, -68158: critical headers, sizes, a state that is not bound
    "cryptography": "46.0.5",  # CVE-2026-26007: points of elliptic curves that are not checked
    "jinja2": "3.1.6",  # CVE-2025-27516: a way out of the sandbox
    "joserfc": "1.4.2",  # CVE-2025-65015: a token that fills the log
    "python-multipart": "0.0.22",  # CVE-2026-24486: a file name that leaves its folder
    "starlette": "0.49.1",  # CVE-2025-62727: what a Range header may cost
}
"""The version in which each fault that this program could meet was mended."""
SENTENCES = (
    "PYSEC-2026-1",
    "no known vulnerabilities",
    "NOT CHECKED: advisories cannot be reached from here",
)
ROOT = Path(__file__).resolve().parent.parent
UV = shutil.which("uv") or str(Path.home() / ".local" / "bin" / "uv")
ADVISORY = {
    "id": "PYSEC-2026-1",
    "summary": "planted",
    "affected": [{"package": {"name": "starlette", "ecosystem": "PyPI"}, "ranges": []}],
}


class _Advisories(BaseHTTPRequestHandler):
    """OSV's query endpoint (google.github.io/osv.dev, POST /v1/query), which knows of one package or of none."""

    known = ""

    def do_POST(self) -> None:
        """Tell what is known of the package that is asked about."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["package"]["name"]
        body = json.dumps({"vulns": [ADVISORY]} if asked == self.known else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def advisories(known: str | None) -> Iterator[str]:
    """The address of a service that knows of this package; of nobody for None."""
    if known is None:
        yield "http://127.0.0.1:1/v1/query"
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Known", (_Advisories,), {"known": known}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(not Path(UV).exists(), reason="uv reads the lock, and is not here")
@pytest.mark.parametrize(
    ("known", "code", "words"),
    [
        ("", 0, "no known vulnerabilities"),
        (None, 1, "NOT CHECKED: advisories cannot be reached from here"),
    ],
    ids=["none is known", "nobody answers"],
)
def test_what_was_not_checked_ends_lint(known: str | None, code: int, words: str, tmp_path: Path) -> None:
    """Where nobody can be asked, nothing was checked, and that is a failure."""
    assert audited(known, tmp_path) == (code, words)


@pytest.mark.skipif(not Path(UV).exists(), reason="uv reads the lock, and is not here")
@pytest.mark.attack("advisories that nobody can reach")
def test_only_a_setting_lets_an_unchecked_lock_pass(tmp_path: Path) -> None:
    """By its name and value; a fault that is known is one all the same, and its package is named."""
    unchecked = "NOT CHECKED: advisories cannot be reached from here"
    assert audited(None, tmp_path, AUDIT_UNREACHABLE="allowed") == (0, unchecked)
    assert audited(None, tmp_path, AUDIT_UNREACHABLE="yes") == (1, unchecked)
    assert audited("starlette", tmp_path, AUDIT_UNREACHABLE="allowed") == (1, "PYSEC-2026-1")


def audited(known: str | None, folder: Path, **setting: str) -> tuple[int, str]:
    """The script's exit code, and which of the sentences it said."""
    with advisories(known) as url:
        done = subprocess.run(  # noqa: S603 -- our own script
            [shutil.which("bash") or "bash", str(ROOT / ".ci" / "audit")],
            env={
                **{name: value for name, value in os.environ.items() if name != "AUDIT_UNREACHABLE"},
                "UV": UV,
                "AUDIT_SERVICES": "osv",
                "PIP_AUDIT_OSV_URL": url,
                "NO_PROXY": "127.0.0.1",
                "XDG_CACHE_HOME": str(folder),
                **setting,
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    said = [words for words in SENTENCES if words in done.stdout]
    assert len(said) == 1, done.stdout + done.stderr
    return done.returncode, said[0]


@pytest.mark.parametrize(("package", "fixed"), FIXED.items())
def test_no_floor_is_below_a_known_fault(package: str, fixed: str) -> None:
    """Who installs the oldest that pyproject.toml allows gets none of these."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (floor,) = [one.partition(">=")[2].partition(",")[0] for one in wanted if one.partition(">=")[0] == package]
    assert numbers(floor) >= numbers(fixed)


def numbers(version: str) -> tuple[int, ...]:
    """A version as it is compared."""
    return tuple(int(part) for part in version.split("."))
