"""Hands on wires: what is done to a loop is seen over HTTP and MQTT, and read back at the terminals."""

from __future__ import annotations

import json

import pytest
from engine_bench import EngineBench, module, speaker

from simulator.errors import FleetError

DEBOUNCED = 0.2
"""Device seconds after which the device has made up its mind."""
LOOP = "io-1/input/2"


def told(bench: EngineBench, port: int = 2, name: str = "io-1") -> str:
    """The state of a supervised input over HTTP."""
    items = bench.api("supervisedio", "getSupervised", name)["items"]
    return next(str(one["state"]) for one in items if one["port"] == port)


@pytest.mark.parametrize(
    ("verb", "state"), [("cut", "cut"), ("short", "short"), ("open", "open"), ("close", "closed")]
)
def test_a_deed_on_the_wires_is_seen_over_http(bench: EngineBench, verb: str, state: str) -> None:
    bench.fleet()
    bench.act("close", LOOP) if verb == "open" else bench.act("open", LOOP)
    bench.advance(1)
    bench.act(verb, LOOP)
    bench.advance(DEBOUNCED)
    assert told(bench) == state
    assert told(bench, 1) == "open"


def test_nothing_is_told_before_the_debounce_is_over(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("cut", LOOP)
    bench.advance(0.01)
    assert told(bench) == "open"
    bench.act("restore", LOOP)
    bench.advance(DEBOUNCED)
    assert told(bench) == "open"


def test_a_cut_wire_is_one_message_and_names_its_cause(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber()
    cause = bench.act("cut", LOOP)
    bench.advance(DEBOUNCED)
    topic, payload = subscriber.wait_for('"cut"')[-1]
    assert topic.startswith(f"axis/{bench.description()['serial']}/event/")
    assert payload["message"]["data"] == {"state": "cut", "tampered": "1"}
    assert len(subscriber.heard('"cut"')) == 1
    state = bench.records("state", "io-1", what="input")[-1]
    assert state["cause"] == cause


def test_restore_mends_cut_and_short_and_leaves_the_contact(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("close", LOOP)
    for damage in ("cut", "short"):
        bench.act(damage, LOOP)
        bench.advance(DEBOUNCED)
        bench.act("restore", LOOP)
        bench.advance(DEBOUNCED)
        assert told(bench) == "closed"


def test_a_bare_input_only_knows_open_and_closed(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("close", "io-1/input/5")
    bench.advance(DEBOUNCED)
    assert bench.get("/axis-cgi/io/port.cgi?check=6").text.strip() == "port6=1"
    bench.act("cut", "io-1/input/5")
    bench.advance(DEBOUNCED)
    assert bench.get("/axis-cgi/io/port.cgi?check=6").text.strip() == "port6=0"
    assert bench.port(5)["ohms"] == "inf"


def test_a_drift_at_once(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("drift", LOOP, to="100")
    assert bench.port(2)["ohms"] == 100
    bench.advance(DEBOUNCED)
    assert told(bench) == "short"
    bench.act("drift", LOOP, to="inf")
    assert bench.port(2)["ohms"] == "inf"
    bench.advance(DEBOUNCED)
    assert told(bench) == "cut"


def test_a_drift_over_time_goes_by_equal_steps(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("drift", LOOP, to="42k", over="100s")
    bench.advance(50)
    assert bench.port(2)["ohms"] == pytest.approx(32_000)
    bench.advance(50)
    assert bench.port(2)["ohms"] == 42_000
    bench.advance(60)
    assert bench.port(2)["ohms"] == 42_000


def test_a_drift_to_an_open_circuit_is_a_jump_at_its_end(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("drift", LOOP, to="inf", over="10s")
    bench.advance(9.9)
    assert bench.port(2)["ohms"] == 22_000
    bench.advance(0.2)
    assert bench.port(2)["ohms"] == "inf"


@pytest.mark.parametrize(
    ("deed", "ohms"),
    [
        ({"restore": LOOP}, 22_000),
        ({"cut": LOOP}, "inf"),
        ({"short": LOOP}, 10_000),  # what has corroded at the terminal stays in series
        ({"drift": LOOP, "to": "9k"}, 9_000),
    ],
)
def test_a_later_deed_ends_a_slow_drift(bench: EngineBench, deed: dict[str, str], ohms: object) -> None:
    bench.fleet()
    bench.act("drift", LOOP, to="42k", over="100s")
    bench.advance(50)
    bench.call("POST", "/v1/actions", deed)
    assert bench.port(2)["ohms"] == ohms
    bench.advance(100)
    assert bench.port(2)["ohms"] == ohms


def test_a_fast_chatter_is_debounced_away(bench: EngineBench) -> None:
    bench.fleet(module(mqtt=True))
    subscriber = bench.subscriber("axis/+/event/#")
    before = len(subscriber.heard("Supervised"))
    bench.act("chatter", LOOP, period="30ms", for_="1s")
    bench.advance(2)
    assert len(subscriber.heard("Supervised")) == before
    assert told(bench) == "open"


def test_a_slow_chatter_is_told_and_rests_where_it_was(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("close", LOOP)
    bench.advance(1)
    mark = bench.records()[-1]["number"]
    bench.act("chatter", LOOP, period="400ms", for_="2s")
    bench.advance(3)
    changes = [r["data"]["state"] for r in bench.records("state", "io-1", mark, "input")]
    assert changes == ["open", "closed"] * 5
    assert told(bench) == "closed"


@pytest.mark.parametrize(("verb", "state"), [("restore", "open"), ("open", "open"), ("close", "closed")])
def test_a_later_deed_ends_a_chatter(bench: EngineBench, verb: str, state: str) -> None:
    bench.fleet()
    bench.act("chatter", LOOP, period="400ms", for_="1h")
    bench.advance(1.05)
    bench.act(verb, LOOP)
    bench.advance(1)
    mark = bench.records()[-1]["number"]
    bench.advance(10)
    assert told(bench) == state
    assert bench.records("state", "io-1", mark, "input") == []


def test_an_hour_of_millisecond_bounces_costs_one_timer(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("chatter", LOOP, period="1ms", for_="1h")
    bench.advance(0.02)
    bench.act("restore", LOOP)


def test_a_cut_behind_a_device_without_power_shows_after_boot(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("power", "cut", device="io-1")
    bench.act("cut", LOOP)
    bench.advance(5)
    bench.act("power", "restore", device="io-1")
    bench.boot()
    assert told(bench) == "cut"


def test_a_pattern_means_all_it_fits(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), module("io-2"))
    bench.act("cut", "io-{1..2}/input/*")
    bench.advance(DEBOUNCED)
    assert [told(bench, port, name) for name in ("io-1", "io-2") for port in (1, 2)] == ["cut"] * 4


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("io-9/input/2", "io-1"),
        ("io-1/input/12", "'2' or '1'"),
        ("io-1/input/0", "1"),
        ("speaker-1/input/0", ""),
    ],
)
def test_an_unknown_target_is_refused_and_nothing_is_done(bench: EngineBench, target: str, near: str) -> None:
    bench.fleet(module(), speaker())
    with pytest.raises(FleetError) as refused:
        bench.act("cut", target)
    assert near in refused.value.hint
    action = bench.records("action")[-1]
    assert (action["what"], action["data"]) == ("cut", {"value": target}) or target in json.dumps(action)
    assert bench.records("state", after=action["number"]) == []


def test_one_port_that_is_not_there_leaves_the_others_alone(bench: EngineBench) -> None:
    bench.fleet(module("io-1"), speaker("io-2"))
    with pytest.raises(FleetError):
        bench.act("cut", "io-*/input/2")
    bench.advance(1)
    assert told(bench) == "open"


# The relay, read back at its terminals


def test_the_relay_follows_an_http_write(bench: EngineBench) -> None:
    bench.fleet()
    assert (bench.port(0)["active"], bench.port(0)["closed"]) == (False, False)
    assert bench.get("/axis-cgi/io/port.cgi?action=1:/").status == 200
    assert (bench.port(0)["active"], bench.port(0)["closed"]) == (True, True)
    bench.get("/axis-cgi/io/port.cgi?action=1:%5C")
    assert (bench.port(0)["active"], bench.port(0)["closed"]) == (False, False)


def test_the_relay_drops_with_the_power(bench: EngineBench) -> None:
    bench.fleet()
    bench.get("/axis-cgi/io/port.cgi?action=1:/")
    bench.act("power", "cut", device="io-1")
    assert bench.port(0)["closed"] is False
