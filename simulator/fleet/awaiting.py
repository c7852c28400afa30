"""Blocking calls awaited in whichever event loop the tester runs."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


async def in_thread(function: Callable[[], Answer]) -> Answer:
    """Run `function` in a worker thread of the library whose loop runs, trio or asyncio; returns its answer."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        answer: Answer = await trio.to_thread.run_sync(function)
        return answer
    return await asyncio.get_running_loop().run_in_executor(None, function)
