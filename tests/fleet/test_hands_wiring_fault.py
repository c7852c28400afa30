"""Bad wires: corrosion, water, a loose terminal and wrong resistors, as a client reads them over HTTP.

Thresholds in ohms are those that io-events sheet 1.8 derives from the published ranges.
"""

from __future__ import annotations

import pytest
from engine_bench import EngineBench, module
from test_hands_wiring import told

from simulator.errors import FleetError

DEBOUNCED = 0.2
LOOP = "io-1/input/2"
LAYOUTS = ["ParallellFirst22k4k7", "SerialFirst1k", "SerialFirst2k2", "SerialFirst4k7", "SerialFirst10k"]
SERIES_LIMIT = dict(zip(LAYOUTS, (4234, 451, 922, 1884, 3718), strict=True))
"""Extra series ohms that turn closed into open."""
LEAKAGE_LIMIT = dict(zip(LAYOUTS, (12_800, 5_300, 10_800, 22_000, 43_700), strict=True))
"""Leakage in ohms that turns open into closed."""


def fleet(bench: EngineBench, layout: str = "SerialFirst1k") -> None:
    bench.fleet(module(supervised={2: layout}))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_corrosion_turns_a_closed_loop_into_an_open_one(bench: EngineBench, layout: str) -> None:
    fleet(bench, layout)
    bench.act("close", LOOP)
    for share, state in ((0.97, "closed"), (1.03, "open")):
        bench.act("corrode", LOOP, to=str(SERIES_LIMIT[layout] * share))
        bench.advance(DEBOUNCED)
        assert told(bench) == state
    bench.act("restore", LOOP)
    bench.advance(DEBOUNCED)
    assert told(bench) == "closed"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_water_turns_an_open_loop_into_a_closed_one(bench: EngineBench, layout: str) -> None:
    fleet(bench, layout)
    for share, state in ((1.04, "open"), (0.96, "closed")):
        bench.act("leak", LOOP, to=str(LEAKAGE_LIMIT[layout] * share))
        bench.advance(DEBOUNCED)
        assert told(bench) == state
    bench.act("leak", LOOP, to="inf")
    bench.advance(DEBOUNCED)
    assert told(bench) == "open"


def test_corrosion_takes_its_time_and_the_door_goes_on_moving(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("close", LOOP)
    bench.act("corrode", LOOP, to="800", over="1h")
    bench.advance(1800)
    assert bench.port(2)["ohms"] == pytest.approx(1400, rel=0.01)
    assert told(bench) == "closed"
    bench.act("open", LOOP)
    bench.advance(1800)
    assert bench.port(2)["ohms"] == pytest.approx(2800, rel=0.01)
    bench.act("close", LOOP)
    bench.advance(DEBOUNCED)
    assert told(bench) == "open", "a shut door that reads open"


def test_water_comes_in_by_equal_ratios(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("cut", LOOP)
    bench.act("leak", LOOP, to="1k", over="100s")
    bench.advance(50)
    assert bench.port(2)["ohms"] == pytest.approx(100_000, rel=0.01)
    assert told(bench) == "cut"
    bench.advance(51)
    assert bench.port(2)["ohms"] == 1000
    assert told(bench) == "closed", "a wet cut cable looks like a shut door"


def test_a_leak_that_ends_in_a_short(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("leak", LOOP, to="0", over="10s")
    bench.advance(11)
    assert (bench.port(2)["ohms"], told(bench)) == (0, "short")


def test_a_loose_terminal_is_seen_when_it_parts_for_longer_than_the_debounce(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("loosen", LOOP, open_for="2s", every="10s", **{"for": "2m"})
    bench.advance(130)
    states = [record["data"]["state"] for record in bench.records("state", "io-1", what="input")]
    assert states.count("cut") == states.count("open") >= 5
    assert told(bench) == "open"


def test_a_loose_terminal_that_parts_for_less_is_not(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("loosen", LOOP, open_for="40ms", every="1s", **{"for": "1m"})
    bench.advance(61)
    assert len(bench.records("state", "io-1", what="loop")) > 50
    assert bench.records("state", "io-1", what="input") == []


def test_the_same_seed_parts_at_the_same_moments(bench: EngineBench) -> None:
    moments = []
    for _ in range(2):
        bench.call("DELETE", "/v1/fleet")
        fleet(bench)
        bench.act("loosen", LOOP)
        bench.advance(31)
        moments.append([record["at"] for record in bench.records("state", "io-1", what="loop")])
    assert moments[0] == moments[1] != []


def test_restore_holds_a_loose_terminal(bench: EngineBench) -> None:
    fleet(bench)
    bench.act("loosen", LOOP, open_for="5s", every="5s", **{"for": "1m"})
    bench.advance_until(lambda: bench.port(2)["ohms"] == "inf", limit=20, step=0.5)
    bench.act("restore", LOOP)
    bench.advance(60)
    assert bench.port(2)["ohms"] == 2000


@pytest.mark.parametrize(
    ("fields", "closed", "opened"),
    [
        ({"layout": "SerialFirst4k7"}, 4700, 9400),
        ({"layout": "SerialFirst1k", "second": "47k"}, 1000, 48_000),
        ({"layout": "ParallellFirst22k4k7", "first": "2.2k", "second": "0"}, 0, 2200),
        ({"layout": "None"}, 0, "inf"),
    ],
)
def test_resistors_that_were_fitted(
    bench: EngineBench, fields: dict[str, str], closed: float, opened: object
) -> None:
    fleet(bench)
    bench.act("fit", LOOP, **fields)
    assert bench.port(2)["ohms"] == opened
    bench.act("close", LOOP)
    assert bench.port(2)["ohms"] == closed
    bench.act("restore", LOOP)
    assert bench.port(2)["ohms"] == closed, "resistors stay until others are fitted"


def test_what_no_wire_does(bench: EngineBench) -> None:
    fleet(bench)
    for verb, fields in (
        ("corrode", {"to": "inf"}),
        ("fit", {"layout": "SerialFirst3k3"}),
        ("leak", {"to": "-1"}),
    ):
        with pytest.raises(FleetError):
            bench.act(verb, LOOP, **fields)
    assert bench.port(2)["ohms"] == 2000
