"""`make lint` ends with an error when a package of the lock has a known vulnerability (.ci/audit)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

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
        ("starlette", 1, "PYSEC-2026-1"),
        ("", 0, "no known vulnerabilities"),
        (None, 0, "advisories cannot be reached from here; nothing was checked"),
    ],
    ids=["one is known", "none is known", "nobody answers"],
)
def test_a_known_vulnerability_ends_lint(known: str | None, code: int, words: str, tmp_path: Path) -> None:
    """The package is named; where nobody can be asked, that is said."""
    with advisories(known) as url:
        done = subprocess.run(  # noqa: S603 -- our own script
            [shutil.which("bash") or "bash", str(ROOT / ".ci" / "audit")],
            env={
                **os.environ,
                "UV": UV,
                "AUDIT_SERVICES": "osv",
                "PIP_AUDIT_OSV_URL": url,
                "NO_PROXY": "127.0.0.1",
                "XDG_CACHE_HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert (done.returncode, words in done.stdout) == (code, True), done.stdout + done.stderr
