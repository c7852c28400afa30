"""Notifications on the wire: net-snmp's snmptrapd takes them, in v1 and v2c, and answers informs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from snmp_fleet import TrapDaemon, agent_of, snmptrapd
from vapix_fleet import WORKER, fleet, until

from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("snmptrapd", "snmpget")

DEVICE = ".1.3.6.1.4.1.368.1.1"
VIDEO = ".1.3.6.1.4.1.368.4.2"
TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0 = OID: "
TRAPS = ".1.3.6.1.6.3.1.1.5"


@pytest.fixture
def daemon() -> Iterator[TrapDaemon]:
    with snmptrapd() as made:
        yield made


def watched(daemon: TrapDaemon, versions: tuple[str, ...], **trap: Any) -> dict[str, Any]:
    """A module with a supervised input that tells this receiver everything."""
    generic = ["coldStart", "warmStart", "linkUp", "linkDown", "authenticationFailure"]
    chosen = {"to": f"127.0.0.1:{daemon.port}", "ports": True, "generic": generic, **trap}
    return {
        "name": "io-1",
        "model": "A9210",
        "supervised": {"1": "SerialFirst4k7"},
        "snmp": {"versions": list(versions), "trap": chosen},
    }


def _boot(session: Session) -> None:
    session.act({"power": "cut", "device": "io-1"})
    session.act({"power": "restore", "device": "io-1"})
    session.advance(60)


def test_v1_from_the_address_of_the_device(daemon: TrapDaemon) -> None:
    with fleet(watched(daemon, ("v1",)), block=WORKER) as session:
        _boot(session)
        source, enterprise, generic, specific, bound = daemon.next()
        assert f"[{session.device('io-1')['address']}]" in source
        assert (enterprise, generic, specific, bound) == (DEVICE, "0", "0", "")
        _, enterprise, generic, specific, bound = daemon.next()
        assert (enterprise, generic, specific) == (DEVICE, "3", "0")
        assert ".2.2.1.1.2 = INTEGER: 2" in bound
        session.act({"cut": "io-1/input/1"})
        session.advance(1)
        supervised = daemon.next()
        assert [part.lstrip(".") for part in supervised[1:4]] == [VIDEO[1:], "6", "3"]
        assert 'STRING: "Port 1 cut"' in "|".join(supervised)


@pytest.mark.parametrize("inform", [False, True])
def test_v2c_and_informs(daemon: TrapDaemon, inform: bool) -> None:
    with fleet(watched(daemon, ("v2c", "v3"), inform=inform, ports=False), block=WORKER) as session:
        place = agent_of(session.device("io-1"))
        for _ in range(3):
            place.get(f"{TRAPS[1:]}.0", community="wrong", quick=True)
        told = "|".join(daemon.next())
        assert f"{TRAP_OID}{TRAPS}.5" in told
        assert f"[{place.address}]" in told
        if inform:
            until(lambda: _answered(session) == 1)
        _boot(session)
        assert f"{TRAP_OID}{TRAPS}.1" in "|".join(daemon.next()), "one refusal in ten seconds is told, not three"
        told = "|".join(daemon.next())
        assert f"{TRAP_OID}{TRAPS}.4" in told
        assert f".1.3.6.1.6.3.1.1.4.3.0 = OID: {DEVICE}" in told
        if inform:
            until(lambda: _answered(session) == 3)
        assert daemon.lines.empty()


def _answered(session: Session) -> int:
    records = session.journal(kinds="datagram")["records"]
    return [record["what"] for record in records].count("snmp inform answered")


def test_a_link_that_comes_back_is_told_and_one_that_goes_cannot_be(daemon: TrapDaemon) -> None:
    with fleet(watched(daemon, ("v2c",)), block=WORKER) as session:
        session.act({"unplug": "io-1"})
        session.advance(5)
        session.act({"plug": "io-1"})
        told = "|".join(daemon.next())
        assert f"{TRAP_OID}{TRAPS}.4" in told
        lost = [
            record for record in session.journal(kinds="state")["records"] if record["what"] == "snmp trap lost"
        ]
        assert [record["data"]["trap"] for record in lost] == ["linkDown"]
        assert daemon.lines.empty()
