"""The first use of a shape by several threads at once: claims of several people are read beside each other."""

import subprocess
import sys

_AT_ONCE = """
import threading, sys
import msgspec
from bot.records.decode import decode

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct("Inner", [(f"part_{n}", "str | None", None) for n in range(30)])
    shape = msgspec.defstruct("Shape", [(f"part_{n}", tuple[inner, ...], ()) for n in range(30)])
    begin = threading.Barrier(6)

    def first(kind=shape, begin=begin):
        begin.wait()
        decode(b'{"part_1": [{"part_2": "x"}]}', kind)

    threads = [threading.Thread(target=first) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


def test_threads_that_meet_a_shape_at_once_do_not_end_the_process() -> None:
    """Its layout is made by one of them."""
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, check=False, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, b"")
