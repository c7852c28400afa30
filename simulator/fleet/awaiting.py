"""Blocking calls awaited in whichever event loop the tester runs."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def in_thread(function: Callable[[], None]) -> None:
    """Run `function` in a worker thread of the library whose loop runs: trio, or asyncio."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        await trio.to_thread.run_sync(function)
    else:
        await asyncio.get_running_loop().run_in_executor(None, function)
