"""The engine process: one event loop, one bench at a time, and the control API in front of it.

`python -m simulator.fleet.engine <socket> [--tcp HOST:PORT]`. It prints `ready` when the control API answers,
and ends when its standard input does (the parent is gone), on SIGTERM, or when the parent asks.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulator.errors import FleetError
from simulator.fleet.bench import Bench
from simulator.fleet.collection import collect_all, making_what_stays
from simulator.fleet.control.application import application
from simulator.fleet.parent import serve_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from simulator.fleet.specification import FleetSpecification


class Engine:
    """Holds the bench. Populate is idempotent, reset is one call; calls that change it go one at a time."""

    def __init__(self) -> None:
        self.control_address = ""
        """`http://host:port` of the control API for outside programs."""
        self.calls = 0
        """Control calls in progress."""
        self._bench: Bench | None = None
        self._ending = False
        self._changing = asyncio.Lock()
        self._own: dict[str, int] = {}
        self._control_connections: Callable[[], int] = lambda: 0

    @property
    def bench(self) -> Bench:
        """Raises FleetError while there is none."""
        if self._bench is None:
            raise FleetError("there is no fleet yet", hint="PUT /v1/fleet makes one")
        return self._bench

    @property
    def populated(self) -> bool:
        return self._bench is not None

    async def populate(self, specification: FleetSpecification) -> Bench:
        """Make this fleet; the one that stands there if it was made from the same specification."""
        async with self._changing:
            if self._bench is not None and self._bench.specification == specification:
                return self._bench
            return await self._make(specification)

    async def reset(self) -> Bench:
        """The same fleet anew: same seed, identities and addresses, nothing left of what happened."""
        async with self._changing:
            return await self._make(self.bench.specification, block=self.bench.premises.plan.block)

    async def clear(self) -> None:
        """No fleet."""
        async with self._changing:
            await self._clear()

    async def end(self) -> None:
        """No fleet, and none any more: calls that still come are refused."""
        self._ending = True
        await self.clear()

    def leaks(self) -> dict[str, int]:
        """Tasks and files that are left although there is no fleet; nothing is told while there is one."""
        if self._bench is not None:
            return {}
        held = self._held()
        return {what: max(0, count - self._own[what]) for what, count in held.items()}

    def settle_in(self, control_connections: Callable[[], int]) -> None:
        """Remember what the engine itself holds. Each control connection has one file and one task."""
        self._control_connections = control_connections
        self._own = self._held()

    def _held(self) -> dict[str, int]:
        """aiohttp has a task per connection, and one more per request."""
        control = self._control_connections()
        return {"tasks": len(asyncio.all_tasks()) - control - self.calls, "files": _open_files() - control}

    async def _make(self, specification: FleetSpecification, *, block: int | None = None) -> Bench:
        if self._ending:
            raise FleetError("the engine is ending")
        await self._clear()
        with making_what_stays():
            self._bench = await Bench.build(specification, block=block)
        return self._bench

    async def _clear(self) -> None:
        bench, self._bench = self._bench, None
        if bench is not None:
            await bench.close()
            collect_all()


async def serve(spelled: str, tcp: tuple[str, int] | None) -> None:
    """Run until the parent goes away."""
    engine = Engine()

    async def listen(runner: web.AppRunner) -> None:
        if tcp is not None:
            try:
                await web.TCPSite(runner, *tcp).start()
            except OSError as error:
                raise SystemExit(f"the control API cannot listen on {tcp[0]}:{tcp[1]}: {error.strerror}") from None
            engine.control_address = "http://{}:{}".format(*runner.addresses[-1][:2])
        engine.settle_in(lambda: len(runner.server.connections) if runner.server is not None else 0)

    await serve_parent(application(engine), spelled, listen=listen, close=engine.end)


def _open_files() -> int:
    """Open file descriptors; 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m simulator.fleet.engine")
    parser.add_argument("socket")
    parser.add_argument("--tcp", default="127.0.0.1:0", help="host:port of the control API; none to leave it out")
    options = parser.parse_args(arguments)
    host, _, port = options.tcp.rpartition(":")
    tcp = (host, int(port)) if host else None
    with contextlib.suppress(BrokenPipeError):
        _run(serve(options.socket, tcp))


def _run(main_task: Coroutine[Any, Any, None]) -> None:
    """On uvloop where the extra `fast` is installed; nothing depends on it."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main_task)
    else:
        uvloop.run(main_task)


if __name__ == "__main__":
    main(sys.argv[1:])
