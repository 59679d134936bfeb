"""Processes that begin at once: forked from one that has imported the program and read the pack, and does nothing else.

What a siege kills is the same program on the same store; of its start only imports and pack are spared, which take
seconds, so that hundreds of kills fit into an hour.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.commands.running import environment

_MOST = 65_536  # bytes of an order
_LOOKS = 0.02  # seconds between two looks whether a process is gone


class Forked:
    """A process that was forked. `stderr` is what it prints."""

    def __init__(self, pid: int, stderr: asyncio.StreamReader) -> None:
        self.pid, self.stderr = pid, stderr

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it lives."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as nothing else does."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> None:
        """Until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self.pid, 0)
                await asyncio.sleep(_LOOKS)


class Forks:
    """The process that forks, at the other end of a socket."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._turn = line, asyncio.Lock()

    async def start(self, arguments: Sequence[str], folder: Path, settings: Mapping[str, str]) -> Forked:
        """A process of the program with these arguments and settings, in that folder."""
        loop = asyncio.get_running_loop()
        reads, writes = os.pipe()
        order = json.dumps({"arguments": arguments, "folder": str(folder), "settings": dict(settings)}).encode()
        async with self._turn:
            socket.send_fds(self._line, [order], [writes])
            os.close(writes)
            pid = int(await loop.sock_recv(self._line, _MOST))
        stderr = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), os.fdopen(reads, "rb"))
        return Forked(pid, stderr)


@asynccontextmanager
async def forking(module: str = "bot.__main__") -> AsyncIterator[Forks]:
    """Forks of a module's `main`."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.chaos.forks", module, str(theirs.fileno())),
                env=environment(PYTHONUNBUFFERED="1", PYTHONPATH=str(Path.cwd())),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        try:
            yield Forks(ours)
        finally:
            process.kill()
            await process.wait()


def _serve(module: str, line: socket.socket) -> None:
    """Fork a process for each order, until nobody gives any."""
    main = importlib.import_module(module).main
    app, pack, _ = map(importlib.import_module, ("bot.app", "bot.pack", "bot.cli.serve"))
    kept = pack.load_pack(pack.find_pack(None))
    kept.places.read()
    vars(app)["load_pack"] = lambda *_: kept
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is gone leaves nothing to wait for
    gc.freeze()
    while True:
        order, files, *_ = socket.recv_fds(line, _MOST, 1)
        if not order:
            return
        if pid := os.fork():
            os.close(files[0])
            line.send(str(pid).encode())
            continue
        line.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(files[0], 2)
        sys.stderr = os.fdopen(files[0], "w", buffering=1, encoding="utf-8")
        told = json.loads(order)
        os.chdir(told["folder"])
        os.environ.update(told["settings"])
        sys.argv = ["bcbst-bot", *told["arguments"]]
        try:
            main()
        except BaseException:  # noqa: BLE001 -- of whatever kind, nobody else would see it
            traceback.print_exc()
        os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
