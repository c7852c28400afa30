"""A reset gives the same fleet at the same addresses, although a lower block of addresses has become free meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.fleet.child import Child
from simulator.fleet.session import Session
from simulator.net.address import AddressPlan


@pytest.fixture
def session() -> Iterator[Session]:
    engine = Child("simulator.fleet.engine")
    session = Session(engine.caller)
    yield session
    session.close()
    engine.stop()


def test_a_reset_fleet_stays_where_it_was(session: Session) -> None:
    first = AddressPlan.claim()
    try:
        before = session.populate({"seed": 3, "devices": [{"name": "io-1", "model": "A9210"}]})
    finally:
        first.close()
    session.act({"unplug": "io-1"})
    after = session.caller.call("POST", "/v1/fleet/reset", wait=30)
    assert after["devices"] == before["devices"]
    assert session.populate({"seed": 3, "devices": [{"name": "io-1", "model": "A9210"}]}) == after
