"""The engine as it runs without the extra `fast`: on asyncio's own event loop, uvloop hidden from it."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.modules["uvloop"] = None  # type: ignore[assignment] # an import of it raises ImportError, as if not installed
    from simulator.fleet.engine import main

    main(sys.argv[1:])
