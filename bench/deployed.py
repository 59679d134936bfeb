"""The bot as deployed: its libraries find nothing of developers' (numpy for sqlite-utils, rich, pygments)."""

import sys

sys.modules |= dict.fromkeys(("numpy", "pandas", "pygments", "rich"))  # type: ignore[arg-type] # what an import fails by

from bot.__main__ import main  # noqa: E402 -- as above

__all__ = ["main"]

if __name__ == "__main__":
    main()
