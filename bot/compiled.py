"""Results of expensive start-up work, stored as files of plain data: in the wheel, or in a cache.

A file is used only if it has the hash of its sources and of the code that reads them, and if nobody but its owner could
have written it. It is MessagePack decoded into declared types, not a pickle, which runs code, nor Python's marshal,
which crashes on malformed data. If files cannot be read or written, everything is made from the sources.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from mmap import ACCESS_READ, mmap
from operator import methodcaller
from pathlib import Path
from typing import TypeVar

import msgspec

from bot.errors import PackError

T = TypeVar("T")
ROOM = Path(__file__).parent
SHIPPED = ROOM / "_compiled"
"""The files that `python -m bot.pack` puts into an installation, protected as the program itself is."""
_NO_SOURCES = {"__pycache__", SHIPPED.name, "_pack"}
_MAGIC = b"bcbst-bot kept 1\n"
_DIGEST = 32
_OF_A_KIND = 8
"""How many files of one name the cache keeps: the most recently used ones, of different packs and versions."""
_collected: list[Path] = []


def find_pack(folder: str | None = None) -> Path:
    """Return the folder with `intents/` and `templates/`: the given one, the checkout's, or the wheel's.

    Raises:
        PackError: there is no pack.
    """
    here = ROOM.resolve()
    candidates = [Path(folder)] if folder else [here.parent, here / "_pack"]
    for candidate in candidates:
        if (candidate / "intents").is_dir() and (candidate / "templates").is_dir():
            return candidate
    raise PackError(f"BOT_PACK: no intents/ and templates/ in {candidates[0]}")


def key_of(*sources: Path, of: str = "") -> str:
    """Return a hash of `of` and of the names and contents of files, including all files in folders."""
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
    """Return a hash of the program's code in one package or in all, computed once in a process."""
    return key_of(ROOM / room)


def _files(source: Path) -> Iterator[str]:
    """Yield the paths of a file, or of all files in a folder, in order."""
    if source.is_file():
        yield str(source)
        return
    for folder, inner, names in os.walk(source):
        inner[:] = sorted(name for name in inner if name not in _NO_SOURCES)
        yield from (f"{folder}/{name}" for name in sorted(names))


def kept(name: str, key: str, kind: type[T], make: Callable[[], T]) -> T:
    """Return the value stored as `name` for this key; if there is none, make it and store it for the next start."""
    value = recalled(name, key, kind)
    if value is None:
        value = make()
        keep(name, key, value)
    return value


def recalled(name: str, key: str, kind: type[T]) -> T | None:
    """Return the value stored as `name` if it was stored for this key, else None."""
    for folder, own in ((SHIPPED, False), (cache_folder(), True)):
        content = _content(_file(folder, name, key), key, own=own) if folder else None
        if content is not None:
            with contextlib.suppress(msgspec.DecodeError):
                value = msgspec.msgpack.decode(content, type=kind, dec_hook=lambda of, data: of.from_plain_data(data))
                if _collected:
                    keep(name, key, value)
                return value
    return None


def keep(name: str, key: str, value: object) -> None:
    """Store a value for the next start if possible. It is replaced atomically."""
    content = msgspec.msgpack.encode(value, enc_hook=methodcaller("as_plain_data"))
    whole = b"".join((_MAGIC, key.encode(), hashlib.blake2b(content, digest_size=_DIGEST).digest(), content))
    own = cache_folder()
    for folder in _collected or ((own,) if own else ()):
        with contextlib.suppress(OSError):
            _write(_file(folder, name, key), whole, shared=bool(_collected))
            files = sorted(folder.glob(f"{name}-*.bin"), key=lambda file: file.stat().st_mtime)
            for file in files[:-_OF_A_KIND]:
                file.unlink(missing_ok=True)


def cache_folder() -> Path | None:
    """Return the bot's folder in the user's cache (XDG Base Directory); None for a user without a home."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):
        return (named if named.is_absolute() else Path.home() / ".cache") / "bcbst-bot"
    return None


@contextlib.contextmanager
def collected(folder: Path) -> Iterator[None]:
    """Within this context, also write everything that is stored or read into this folder."""
    _collected.append(folder)
    try:
        yield
    finally:
        _collected.clear()


def _file(folder: Path, name: str, key: str) -> Path:
    return folder / f"{name}-{key[:20]}.bin"


def _content(file: Path, key: str, *, own: bool) -> memoryview | None:
    """Return the content of an intact file made for this key. With `own`, only if nobody else can write the file.

    The file is memory-mapped, because a copy that is freed after the start would fragment the process's memory.
    """
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
            state = os.fstat(opened.fileno())
            if own and (state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
                return None
            whole = memoryview(mmap(opened.fileno(), 0, access=ACCESS_READ))
    except (OSError, ValueError):  # no such file, an empty one
        return None
    head = _MAGIC + key.encode()
    digest, content = whole[len(head) : len(head) + _DIGEST], whole[len(head) + _DIGEST :]
    sound = whole[: len(head)] == head and digest == hashlib.blake2b(content, digest_size=_DIGEST).digest()
    return content if sound else None


def _write(file: Path, whole: bytes, *, shared: bool) -> None:
    """Write a file that only its owner can write; a `shared` one can be read by everybody."""
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
