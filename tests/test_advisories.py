"""`make lint` ends with an error when a package of the lock has a known vulnerability (.ci/audit)."""

import json
import os
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

FIXED = {
    "aiohttp": "3.14.3",  # CVE-2026-69244, and -54273 to -54280: what a compressed or chunked answer may cost
    "authlib": "1.7.2",  # CVE-2026-41425, -44681: a state that is not bound, a redirect
    "cryptography": "50.0.0",  # CVE-2026-69247: answers that tell of a padding
    "jinja2": "3.1.6",  # CVE-2025-27516: a way out of the sandbox
    "joserfc": "1.7.1",  # CVE-2026-48990, -49852: a token that fills memory, an empty key that signs
    "python-multipart": "0.0.32",  # CVE-2026-42561, -53538 to -53540: parts that take the processor
    "starlette": "1.6.0",  # CVE-2026-48710, -54282, -54283: a Host header in request.url, forms without end
}
"""The version in which each fault that this program could meet was mended."""
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
def advisories(known: str) -> Iterator[str]:
    """The address of a service that knows of this package."""
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
    [("", 0, "no known vulnerabilities"), ("starlette", 1, "PYSEC-2026-1")],
    ids=["none is known", "one is known"],
)
def test_the_lock_is_held_against_a_service(known: str, code: int, words: str, tmp_path: Path) -> None:
    """By uv and pip-audit themselves: a fault that is known ends lint, whatever is allowed."""
    with advisories(known) as url:
        told = {"UV": UV, "AUDIT_SERVICES": "osv", "PIP_AUDIT_OSV_URL": url, "NO_PROXY": "127.0.0.1"}
        done = audited({**os.environ, **told, "XDG_CACHE_HOME": str(tmp_path), "AUDIT_UNREACHABLE": "allowed"})
    assert (done.returncode, words in done.stdout) == (code, True), done.stdout + done.stderr


def audited(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The script, run."""
    return subprocess.run(  # noqa: S603 -- our own script
        [shutil.which("bash") or "bash", str(ROOT / ".ci" / "audit")],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


SCANNER = """#!/bin/bash
[ "$1" = export ] && { printf '%s==1\\n' one two three >"${@: -1}"; exit; }
[ "$3" = python ] && exec "$PYTHON" "${@:4}"
told="$TOLD/${@: -1}"
[ -f "$told" ] || { echo ConnectionError >&2; exit 1; }
cat "$told"
"""
"""uv and pip-audit as .ci/audit calls them: a lock of three packages, and each service's answer from a file."""


SILENT = {
    "none": ({}, "", 1, "NOT CHECKED: 3 packages (reached: none; not reached: pypi osv)"),
    "none, no such word": ({}, "yes", 1, "NOT CHECKED: 3 packages (reached: none; not reached: pypi osv)"),
    "none, allowed": ({}, "allowed", 0, "NOT CHECKED: 3 packages (reached: none; not reached: pypi osv)"),
    "all": ({"pypi": "one two three"}, "", 0, "no known vulnerabilities, by pypi"),
    "by two": ({"pypi": "one", "osv": "one two three"}, "", 0, "no known vulnerabilities, by pypi osv"),
    "some": ({"pypi": "one"}, "", 1, "NOT CHECKED: 2 packages (reached: pypi; not reached: osv)"),
    "some, allowed": ({"pypi": "one"}, "allowed", 0, "NOT CHECKED: 2 packages (reached: pypi; not reached: osv)"),
    "some, all reached": (
        {"pypi": "one", "osv": "two"},
        "allowed",
        1,
        "NOT CHECKED: 1 packages (reached: pypi osv; not reached: none)",
    ),
    "a fault": ({"pypi": "one!", "osv": "one two three"}, "allowed", 1, "one 1: PYSEC-2026-1, mended in 2"),
    "a fault by the second": ({"pypi": "one", "osv": "two!"}, "allowed", 1, "two 1: PYSEC-2026-1, mended in 2"),
}


@pytest.mark.threat("T67")
@pytest.mark.attack("an advisory that one service leaves out")
@pytest.mark.attack("advisories that nobody can reach")
@pytest.mark.parametrize(("told", "allowed", "code", "words"), SILENT.values(), ids=SILENT)
def test_a_package_that_nobody_told_about_is_not_checked(
    told: dict[str, str], allowed: str, code: int, words: str, tmp_path: Path
) -> None:
    """A package without an answer is a failure unless a setting allows it; where each service was reached, always."""
    scanner = tmp_path / "uv"
    scanner.write_text(SCANNER, encoding="utf-8")
    scanner.chmod(0o755)
    for service, names in told.items():
        (tmp_path / service).write_text(json.dumps({"dependencies": [*_answers(names.split())]}), encoding="utf-8")
    own = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "UV": str(scanner), "TOLD": str(tmp_path)}
    done = audited({**own, "AUDIT_UNREACHABLE": allowed})
    assert (done.returncode, words in done.stdout) == (code, True), done.stdout + done.stderr


def _answers(names: Iterable[str]) -> Iterator[dict[str, object]]:
    """A service's answer of packages: `!` behind a name is a fault, and the others it does not know."""
    fault = {"id": ADVISORY["id"], "fix_versions": ["2"], "aliases": [], "description": ""}
    known = {name.rstrip("!"): [fault] if name.endswith("!") else [] for name in names}
    for name in ("one", "two", "three"):
        unknown = {"skip_reason": f"{name} could not be audited"}
        yield {"name": name, "version": "1", "vulns": known[name]} if name in known else {"name": name, **unknown}


@pytest.mark.threat("T67")
@pytest.mark.parametrize(("package", "fixed"), FIXED.items())
def test_no_floor_is_below_a_known_fault(package: str, fixed: str) -> None:
    """Who installs the oldest that pyproject.toml allows gets none of these."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (floor,) = [one.partition(">=")[2].partition(",")[0] for one in wanted if one.partition(">=")[0] == package]
    assert numbers(floor) >= numbers(fixed)


def numbers(version: str) -> tuple[int, ...]:
    """A version as it is compared."""
    return tuple(int(part) for part in version.split("."))
