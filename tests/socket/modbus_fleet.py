"""A module whose RS-485 bus listens on TCP, and what masters say to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vapix_fleet import WORKER

from simulator.fleet.child import Child
from simulator.fleet.session import Session

PROBE = {"name": "probe", "type": "tibbo-bp01", "address": 64, "values": {"temperature": 23.5}}
PATIENCE = 5.0


@contextmanager
def wired(
    engine: Child, *sensors: dict[str, Any], clock: str = "real", box: int = 0, **settings: Any
) -> Iterator[tuple[Session, dict[str, Any]]]:
    """One A9210 with these sensors; its bus listens unless told otherwise. Gives the session and the bus's entry."""
    device = {
        "name": "io-1",
        "model": "A9210",
        "sensors": list(sensors or (PROBE,)),
        "modbus": {str(box): {"mode": "listen"} | settings},
    }
    session = Session(engine.caller)
    try:
        session.populate({"seed": 7, "block": WORKER, "clock": {"mode": clock}, "devices": [device]})
        yield session, session.fleet()["devices"][0]["modbus"][0]
        notes = [record["what"] for record in session.journal(kinds="note")["records"]]
        assert [what for what in notes if "bug" in what] == []
    finally:
        session.close()
        engine.caller.call("DELETE", "/v1/fleet")


class Raw:
    """A plain TCP connection to a bus."""

    def __init__(self, place: dict[str, Any]) -> None:
        self.socket = socket.create_connection((place["host"], place["port"]), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, data: bytes, size: int) -> bytes:
        self.socket.sendall(data)
        return self.read(size)

    def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            portion = self.socket.recv(size - len(got))
            if not portion:
                break
            got += portion
        return got

    def silent(self, seconds: float = 0.2) -> bool:
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)
