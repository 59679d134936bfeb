"""What a start would work out anew each time, kept as a file of plain data: shipped in the wheel, else in a cache.

A file is used only when it names what it was made from, by a hash of the sources and of the code that reads them, and
when nobody but its owner could have written it. It is MessagePack that is read into declared types and not a pickle,
which runs what its writer likes, nor Python's marshal, which crashes on what is forged: a wrong file is a wrong word at
worst. Where none can be read or written everything is made from the sources, as at a first start.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bot.errors import PackError

T = TypeVar("T")
ROOM = Path(__file__).parent
SHIPPED = ROOM / "_compiled"
"""What `python -m bot.cli.compile` puts into an installation; whoever can write there can write the program too."""
_NO_SOURCES = {"__pycache__", SHIPPED.name, "_pack"}
_MAGIC = b"bcbst-bot kept 1\n"
_DIGEST = 32
_OF_A_KIND = 8
"""How many files of one kind a cache holds: those of other packs and versions that were in use last."""
_collected: list[Path] = []


def find_pack(folder: str | None = None) -> Path:
    """The folder that holds `intents/` and `templates/`: the given one, the checkout's, or the wheel's.

    Raises:
        PackError: no pack is there.
    """
    here = ROOM.resolve()
    candidates = [Path(folder)] if folder else [here.parent, here / "_pack"]
    for candidate in candidates:
        if (candidate / "intents").is_dir() and (candidate / "templates").is_dir():
            return candidate
    raise PackError(f"BOT_PACK: no intents/ and templates/ in {candidates[0]}")


def key_of(*sources: Path, of: str = "") -> str:
    """A hash over the names and the content of files, and of all files under folders; and `of` what else it is."""
    found = hashlib.blake2b(of.encode(), digest_size=_DIGEST)
    for source in sources:
        beside = len(str(source.parent))
        for path in _files(source):
            with open(path, "rb") as opened:  # noqa: PTH123 -- a thousand files at each start: a Path for each doubles it
                content = opened.read()
            found.update(f"{path[beside:]}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


@cache
def code_of(room: str = "") -> str:
    """A hash of the program's own code in one room or in all, which stays as it is while a process runs."""
    return key_of(ROOM / room)


def _files(source: Path) -> Iterator[str]:
    """The paths of a file, or of all files under a folder, in order."""
    if source.is_file():
        yield str(source)
        return
    for folder, inner, names in os.walk(source):
        inner[:] = sorted(name for name in inner if name not in _NO_SOURCES)
        yield from (f"{folder}/{name}" for name in sorted(names))


def kept(name: str, key: str, kind: type[T], make: Callable[[], T]) -> T:
    """What was kept under a name for this key; where there is none it is made, and kept for the next start."""
    value = recalled(name, key, kind)
    if value is None:
        value = make()
        keep(name, key, value)
    return value


def recalled(name: str, key: str, kind: type[T]) -> T | None:
    """What was kept under a name for this key, or None."""
    for folder, own in ((SHIPPED, False), (cache_folder(), True)):
        content = _content(_file(folder, name, key), key, own=own) if folder else None
        if content is not None:
            with contextlib.suppress(msgspec.DecodeError):
                value = msgspec.msgpack.decode(content, type=kind, dec_hook=_of_plain)
                if _collected:
                    keep(name, key, value)
                return value
    return None


def keep(name: str, key: str, value: object) -> None:
    """Keep a value for the next start, where one can be written; who reads meanwhile sees the old or the new."""
    content = msgspec.msgpack.encode(value, enc_hook=_plain)
    whole = b"".join((_MAGIC, key.encode(), hashlib.blake2b(content, digest_size=_DIGEST).digest(), content))
    own = cache_folder()
    for folder in _collected or ((own,) if own else ()):
        with contextlib.suppress(OSError):
            _write(_file(folder, name, key), whole, shared=bool(_collected))
            _forget_old(folder, name)


def cache_folder() -> Path | None:
    """The bot's folder in the user's cache (XDG Base Directory); None for a user without a home."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):
        return (named if named.is_absolute() else Path.home() / ".cache") / "bcbst-bot"
    return None


@contextlib.contextmanager
def collected(folder: Path) -> Iterator[None]:
    """All that is asked for meanwhile is written into this folder."""
    _collected.append(folder)
    try:
        yield
    finally:
        _collected.clear()


def _plain(value: Any) -> object:
    """The plain data of an object that has its own way to say them."""
    return value.plain()


def _of_plain(kind: Any, data: object) -> object:
    """The object of such data."""
    return kind.of_plain(data)


def _file(folder: Path, name: str, key: str) -> Path:
    return folder / f"{name}-{key[:20]}.bin"


def _content(file: Path, key: str, *, own: bool) -> bytes | None:
    """The data of a file that is whole and was made for this key; of the user's `own` only what nobody else writes."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            state = os.fstat(opened.fileno())
            if own and (state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
                return None
            whole = opened.read()
    except OSError:
        return None
    head = _MAGIC + key.encode()
    digest, content = whole[len(head) : len(head) + _DIGEST], whole[len(head) + _DIGEST :]
    sound = whole.startswith(head) and digest == hashlib.blake2b(content, digest_size=_DIGEST).digest()
    return content if sound else None


def _write(file: Path, whole: bytes, *, shared: bool) -> None:
    """Write a file that only its owner writes; what is shipped can be read by everybody."""
    file.parent.mkdir(mode=0o755 if shared else 0o700, parents=True, exist_ok=True)
    number, new = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(number, "wb") as opened:
            os.fchmod(number, 0o644 if shared else 0o600)
            opened.write(whole)
        Path(new).replace(file)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise


def _forget_old(folder: Path, name: str) -> None:
    files = sorted(folder.glob(f"{name}-*.bin"), key=lambda file: file.stat().st_mtime)
    for file in files[:-_OF_A_KIND]:
        file.unlink(missing_ok=True)
