"""Processes of this run, and what the kernel counts of them (Linux's /proc)."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM, _DEAD = 1, 11, 12, 15  # of /proc/PID/stat, counted behind the name (proc_pid_stat(5))
_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Process:
    """A child with its standard output; what it used so far can be asked at any time."""

    child: subprocess.Popen[str]

    @property
    def cpu(self) -> float:
        """Seconds of CPU in user and kernel mode, all threads."""
        fields = _fields(self.child.pid)
        return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS

    @property
    def resident(self) -> float:
        """MiB in memory now."""
        return self._status("VmRSS")

    @property
    def peak(self) -> float:
        """MiB in memory at the most so far."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Count the most memory from now on (proc_pid_clear_refs(5))."""
        Path(f"/proc/{self.child.pid}/clear_refs").write_text("5", encoding="utf-8")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.child.send_signal(number)

    def line(self) -> str:
        """The next line that it prints; empty when it ended."""
        output: IO[str] | None = self.child.stdout
        return output.readline() if output else ""

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _fields(pid: int) -> list[str]:
    """What the kernel tells of a process, behind its name; zeros where it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ["0"] * _DEAD


def family_cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children, those that ended included."""
    found = {int(folder.name): _fields(int(folder.name)) for folder in Path("/proc").iterdir() if folder.name.isdigit()}
    ticks = sum(map(int, found[pid][_USER:_DEAD]))
    ticks += sum(sum(map(int, one[_USER:_DEAD])) for one in found.values() if int(one[_PARENT]) == pid)
    return ticks / _TICKS


@contextmanager
def python(
    *arguments: str, settings: Mapping[str, str] | None = None, told: str = "", folder: Path | None = None
) -> Iterator[Process]:
    """`python ARGUMENTS` with these environment settings and first input line, stopped at the end."""
    child = subprocess.Popen(  # noqa: S603 -- our own modules
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **(settings or {})},
        cwd=folder,
    )
    try:
        if child.stdin:
            child.stdin.write(told + "\n")
            child.stdin.flush()
        yield Process(child)
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
