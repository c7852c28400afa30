"""Hands on the housing: the relay power jumper, and a meter at the relay connector."""

from __future__ import annotations

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError


def contacts(bench: EngineBench) -> dict[str, object]:
    read: dict[str, object] = bench.port(0)["contacts"]
    return read


def test_a_relay_driven_over_http_is_read_with_a_meter(bench: EngineBench) -> None:
    bench.fleet(module(relay_jumpers={0: 12}))
    assert contacts(bench) == {"com_no": False, "com_nc": True, "no_volts": 0, "nc_volts": 12}
    bench.get("/axis-cgi/io/port.cgi?action=1:/")
    assert contacts(bench) == {"com_no": True, "com_nc": False, "no_volts": 12, "nc_volts": 0}
    bench.act("jumper", "io-1/relay/0", volts=24)
    assert contacts(bench)["no_volts"] == 24
    bench.act("power", "cut", device="io-1")
    assert contacts(bench) == {"com_no": False, "com_nc": True, "no_volts": 0, "nc_volts": 0}


def test_jumpers_that_are_not_there(bench: EngineBench) -> None:
    bench.fleet(module(), speaker())
    with pytest.raises(FleetError):
        bench.act("jumper", "*/relay/0", volts=24)
    with pytest.raises(FleetError, match="5 V"):
        bench.act("jumper", "io-1/relay/0", volts=5)
    assert bench.port(3)["contacts"] is None


def test_alarms_are_told_on_the_broker(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber()
    bench.get("/axis-cgi/shockdetection/setenabled.cgi?schemaversion=1&enabled=true")
    bench.act("shake", "io-1", strength=80)
    subscriber.wait_for("ShockDetected")
    bench.act("casing", "open", device="io-1")
    subscriber.wait_for('"Open": "1"')
    assert bench.state()["alarms"] == {"casing_is_open": True, "casing_open": True, "external_tamper": False}
    bench.act("set", {"device": "io-1", "parameter": "Tampering.Internal.ExternalTamper", "value": "yes"})
    bench.act("close", "io-1/input/10")
    bench.advance(0.2)
    subscriber.wait_for('"active": "1"')
    assert bench.state()["alarms"]["external_tamper"] is True


def test_a_speaker_feels_no_hand(bench: EngineBench) -> None:
    bench.fleet(module(), speaker())
    for verb, value, fields in (("shake", "*", {}), ("casing", "open", {"device": "*"})):
        with pytest.raises(FleetError, match="neither motion"):
            bench.act(verb, value, **fields)
    assert bench.state()["alarms"]["casing_is_open"] is False
