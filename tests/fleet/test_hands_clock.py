"""Device time by hand: what each mode can do, and refuses; and remarks."""

from __future__ import annotations

import pytest
from engine_bench import EngineBench, eventually

from simulator.errors import FleetError


def uptime(bench: EngineBench) -> float:
    return float(bench.state()["uptime"])


def test_a_stepped_clock_moves_only_by_advance(bench: EngineBench) -> None:
    bench.fleet()
    before = uptime(bench)
    bench.act("clock", "advance", by="90s")
    assert uptime(bench) - before == 90
    assert bench.now == 90


@pytest.mark.parametrize("order", ["pause", "resume", {"do": "rate", "rate": 2}])
def test_a_stepped_clock_has_no_rate(bench: EngineBench, order: object) -> None:
    bench.fleet()
    with pytest.raises(FleetError, match="stepped clock has no rate"):
        bench.act("clock", order)
    assert bench.records("action")[-1]["what"] == "clock"


def test_a_real_clock_pauses_and_resumes(bench: EngineBench) -> None:
    bench.fleet(clock="real")
    bench.act("clock", "pause")
    standing = bench.now
    assert bench.ready(), "wire time goes on"
    assert bench.now == standing
    bench.act("clock", "resume")
    eventually(lambda: bench.now > standing)
    assert bench.call("GET", "/v1/clock")["rate"] == 1


def test_resume_goes_on_at_the_last_rate(bench: EngineBench) -> None:
    bench.fleet(clock="real")
    bench.act("clock", "rate", rate=5)
    bench.act("clock", "pause")
    bench.act("clock", "resume")
    assert bench.call("GET", "/v1/clock")["rate"] == 5


def test_a_scaled_clock_resumes_at_its_own_rate(bench: EngineBench) -> None:
    bench.call("PUT", "/v1/fleet", {"clock": {"mode": "scaled", "rate": 10}, "devices": []})
    bench.act("clock", "pause")
    assert bench.call("GET", "/v1/clock")["rate"] == 0
    bench.act("clock", "resume")
    assert bench.call("GET", "/v1/clock")["rate"] == 10


def test_a_faster_clock_boots_a_device_sooner(bench: EngineBench) -> None:
    bench.fleet(clock="real")
    bench.act("clock", "rate", rate=20)
    bench.act("reboot", "io-1")
    eventually(lambda: bench.state()["phase"] == "booting")
    eventually(lambda: bench.state()["phase"] == "running")
    assert uptime(bench) < 60


@pytest.mark.parametrize("rate", [0, 21, -1])
def test_no_rate_beyond_what_clients_can_keep_up_with(bench: EngineBench, rate: float) -> None:
    bench.fleet(clock="real")
    with pytest.raises(FleetError):
        bench.act("clock", "rate", rate=rate)
    assert bench.call("GET", "/v1/clock")["rate"] == 1


def test_only_a_stepped_clock_advances(bench: EngineBench) -> None:
    bench.fleet(clock="real")
    with pytest.raises(FleetError, match="only a stepped clock"):
        bench.act("clock", "advance", by="1s")


@pytest.mark.parametrize("order", ["rate", "advance", "stop", {"do": "pause", "by": "1s"}])
def test_orders_that_make_no_sense(bench: EngineBench, order: object) -> None:
    bench.fleet()
    with pytest.raises(FleetError):
        bench.act("clock", order)


def test_a_note_stands_in_the_journal(bench: EngineBench) -> None:
    bench.fleet()
    number = bench.act("note", "here the guard comes by")
    note = bench.records("note")[-1]
    assert (note["what"], note["device"], note["cause"]) == ("here the guard comes by", "", number)


@pytest.mark.parametrize("verb", ["client", "call"])
def test_what_belongs_to_the_runner_is_refused(bench: EngineBench, verb: str) -> None:
    bench.fleet()
    value = {"client": "stop", "call": "arm"}[verb]
    with pytest.raises(FleetError):
        bench.act(verb, value)
