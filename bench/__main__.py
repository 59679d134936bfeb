"""Measures and prints; it judges nothing, so it ends with 0 whatever it finds."""

import os
import sys
import time
from pathlib import Path

import uvloop

from bench import far, teams
from bench.run import rows
from bench.table import markdown
from bot.ops import set_up


def main() -> None:
    """Print the table, with a line on what it was measured on and how long it took."""
    if not Path("/proc/self/stat").exists():
        print("The bench reads CPU and memory from /proc: it runs on Linux only.")  # noqa: T201 -- what it prints is its result
        return
    set_up("ERROR")
    started = time.perf_counter()
    table = markdown([*uvloop.run(rows()), *uvloop.run(far.rows()), *uvloop.run(teams.rows())])
    print(table)  # noqa: T201 -- as above
    version = ".".join(map(str, sys.version_info[:3]))
    took = time.perf_counter() - started
    print(f"\n{os.cpu_count()} CPUs shared by bot, payer, Slack and load; Python {version}; {took:.0f} s in all.")  # noqa: T201 -- as above


if __name__ == "__main__":
    main()
