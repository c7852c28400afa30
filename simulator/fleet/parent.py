"""The child's side of `child.py`: serve a control socket, say so, and end when the parent does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LONGEST_GOOD_BYE = 20.0
"""Seconds for closing what the process has open."""


def address_of(spelled: str) -> str:
    """`@name` is the usual spelling of an abstract Unix address, whose first byte is NUL."""
    return spelled.replace("@", "\0", 1) if spelled.startswith("@") else spelled


async def serve_parent(
    app: web.Application,
    spelled: str,
    *,
    listen: Callable[[web.AppRunner], Awaitable[None]] | None = None,
    close: Callable[[], Awaitable[None]],
) -> None:
    """Serve `app` on the Unix socket until standard input ends or SIGTERM comes, then `close`.

    `listen` may open more doors of the same application.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.UnixSite(runner, address_of(spelled)).start()
    if listen is not None:
        await listen(runner)
    print("ready", flush=True)
    try:
        await _parent_gone()
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_GOOD_BYE):  # nobody is left who could end a process that hangs
                await close()
        await runner.cleanup()


async def _parent_gone() -> None:
    loop, gone = asyncio.get_running_loop(), asyncio.Event()

    def readable() -> None:
        with contextlib.suppress(OSError):
            if os.read(0, 4096):
                return
        loop.remove_reader(0)
        gone.set()

    loop.add_reader(0, readable)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gone.set)
    await gone.wait()
