"""The bot as deployed: its libraries find nothing of developers' (numpy, greenlet, rich, pygments)."""

import sys

_LACKING = ("greenlet", "numpy", "pandas", "pygments", "rich")
sys.modules |= dict.fromkeys(_LACKING)  # type: ignore[arg-type] # what an import fails by

from bot.__main__ import main  # noqa: E402 -- as above

__all__ = ["main"]

if __name__ == "__main__":
    main()
