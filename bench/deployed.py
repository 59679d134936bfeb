"""The bot as it is deployed: without what only developers install, which its libraries import where they find it.

sqlite-utils looks for numpy, structlog for greenlet and rich, and httpx's own command for both rich and pygments.
"""

from __future__ import annotations

import sys

_LACKING = ("greenlet", "numpy", "pandas", "pygments", "rich")
sys.modules |= dict.fromkeys(_LACKING)  # type: ignore[arg-type] # what an import fails by

from bot.__main__ import main  # noqa: E402 -- as above

__all__ = ["main"]

if __name__ == "__main__":
    main()
