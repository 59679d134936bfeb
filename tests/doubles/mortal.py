"""A store whose process is killed before one of its writes."""

from collections.abc import Awaitable, Callable

from bot.stores.base import Store


class Killed(BaseException):
    """The process ends here."""


def mortal(store: Store, left: int, *writes: str) -> None:
    """The process of that store dies before the one of these writes that comes after so many."""
    lives = iter(range(left))

    def dying(write: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def written(*given: object, **named: object) -> object:
            if next(lives, None) is None:
                raise Killed
            return await write(*given, **named)

        return written

    for name in writes:
        setattr(store, name, dying(getattr(type(store), name).__get__(store)))
