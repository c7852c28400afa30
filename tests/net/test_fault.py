"""Link faults as data and as pure stages: bytes and wire time in, portions out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulator.net.fault as room
from simulator.chance import Chance
from simulator.errors import FleetError, MissingCapability, UnknownTarget
from simulator.net.fault import FAULTS, NEEDS, make, schema
from simulator.net.fault.bandwidth import BandwidthStage
from simulator.net.fault.kind import DatagramFault, Dice, StreamFault
from simulator.net.fault.latency import LatencyStage
from simulator.net.pipe import Ending, Portion

STREAM_FAULTS = sorted(name for name, kind in FAULTS.items() if issubclass(kind, StreamFault))
WHOLE = ("latency", "bandwidth", "slicer", "slow_answer", "hang", "hang_response")
"""Those that let every byte through in the end."""
CHUNKS = st.lists(st.binary(max_size=300), max_size=12)


def carried(fault: StreamFault, chunks: list[bytes], step: float = 0.01) -> list[Portion]:
    stage = fault.stage(Chance(1).stream("test"))
    return [portion for n, chunk in enumerate(chunks) for portion in stage.carry(chunk, n * step)]


def stream_fault(name: str, **parameters: Any) -> StreamFault:
    fault = make(name, parameters)
    assert isinstance(fault, StreamFault)
    return fault


# ---- as data


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_says_how_it_is_done(name: str) -> None:
    assert make(name).name == name
    assert len(FAULTS[name].mechanism) > 10


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_described_by_a_schema(name: str) -> None:
    described = schema(FAULTS[name])
    assert {"chance", "count", "after", "duration"} <= set(described["properties"])
    assert described["additionalProperties"] is False
    defaults = {key: value["default"] for key, value in described["properties"].items() if "default" in value}
    assert make(name, defaults) == make(name)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_what_this_mode_cannot_do_truthfully_names_the_capability(name: str) -> None:
    with pytest.raises(MissingCapability, match=NEEDS[name]) as caught:
        make(name)
    assert NEEDS[name] in caught.value.capability


def test_unknown_names_list_near_ones() -> None:
    with pytest.raises(UnknownTarget, match="latency"):
        make("latancy")
    with pytest.raises(FleetError, match="jitter"):
        make("latency", {"jiter": 1})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("latency", {"chance": 1.5}),
        ("latency", {"chance": -1}),
        ("latency", {"delay": "soon"}),
        ("latency", {"delay": math.nan}),
        ("latency", {"delay": math.inf}),
        ("latency", {"count": 1.5}),
        ("latency", {"count": True}),
        ("latency", {"direction": "up"}),
        ("bandwidth", {"rate": 0}),
        ("slicer", {"size": 0}),
        ("slicer", {"size": 4, "variation": 4}),
        ("half_answer", {"share": 1}),
        ("slow_answer", {"size": 0}),
        ("udp_duplicate", {"copies": 10**12}),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(FleetError):
        make(name, parameters)


@given(
    st.sampled_from(sorted(FAULTS)),
    st.dictionaries(
        st.sampled_from(["chance", "count", "delay", "rate", "direction", "size", "part"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers())
        ),
    ),
)
def test_any_parameters_give_a_fault_or_a_clear_error(name: str, parameters: dict[str, Any]) -> None:
    try:
        make(name, parameters)
    except FleetError as error:
        assert name in str(error)


def test_faults_are_small() -> None:
    folder = Path(room.__file__).parent
    sizes = {path.name: len(path.read_text().splitlines()) for path in folder.glob("*.py")}
    registry = ("__init__.py", "kind.py")
    assert not {name: size for name, size in sizes.items() if size >= 90 and name not in registry}


# ---- who is struck


@given(st.integers(0, 5), st.integers(0, 5))
def test_after_and_count_bound_who_is_struck(after: int, count: int) -> None:
    dice = Dice(make("latency", {"after": after, "count": count}), Chance(1).stream("dice"))
    assert [dice.strikes() for _ in range(12)] == [after <= n < after + count for n in range(12)]


def test_chance_strikes_its_share() -> None:
    dice = Dice(make("udp_loss", {"chance": 0.1}), Chance(5).stream("dice"))
    struck = sum(dice.strikes() for _ in range(5000))
    assert 400 <= struck <= 600


def test_the_same_seed_strikes_the_same() -> None:
    draws = [
        [Dice(make("udp_loss", {"chance": 0.5}), Chance(9).stream("x")).strikes() for _ in range(3)] for _ in "ab"
    ]
    assert draws[0] == draws[1]


# ---- what becomes of the bytes


@pytest.mark.parametrize("name", WHOLE)
@given(chunks=CHUNKS)
def test_no_byte_is_lost_added_or_moved(name: str, chunks: list[bytes]) -> None:
    portions = carried(stream_fault(name), chunks)
    assert b"".join(portion.data for portion in portions) == b"".join(chunks)
    assert all(portion.ending is Ending.NONE for portion in portions)


@pytest.mark.parametrize("name", STREAM_FAULTS)
@given(chunks=CHUNKS)
def test_time_never_runs_backwards(name: str, chunks: list[bytes]) -> None:
    times = [portion.at for portion in carried(stream_fault(name), chunks)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("name", "bound"), [("rst", "after_bytes"), ("limit_data", "limit"), ("half_answer", "after_bytes")]
)
@given(chunks=CHUNKS, limit=st.integers(0, 400))
def test_cutting_faults_let_exactly_their_bytes_through(
    name: str, bound: str, chunks: list[bytes], limit: int
) -> None:
    sent = b"".join(chunks)
    portions = carried(stream_fault(name, **{bound: limit}), chunks)
    ending = Ending.RESET if name == "rst" else Ending.ORDERLY
    passed = b"".join(portion.data for portion in portions)
    assert passed == sent[:limit]
    assert (ending in {portion.ending for portion in portions}) == (bool(chunks) and len(sent) >= limit)


def test_half_an_answer_is_half_of_what_is_written() -> None:
    (portion,) = carried(stream_fault("half_answer"), [b"x" * 100])
    assert portion == Portion(b"x" * 50, 0.0, Ending.ORDERLY)


def test_a_reset_in_time_is_counted_from_the_first_byte() -> None:
    stage = stream_fault("rst", after_time=0.5).stage(Chance(1).stream("x"))
    assert stage.ends_at() is None
    assert list(stage.carry(b"one", 10.0)) == [Portion(b"one", 10.0)]
    assert stage.ends_at() == 10.5
    assert list(stage.carry(b"two", 10.2)) == [Portion(b"two", 10.2)]
    assert stage.ends_at() == 10.5


def test_latency_delays_and_never_overtakes() -> None:
    stage = LatencyStage(0.1, 0.09, Chance(3).stream("jitter"))
    times = [portion.at for n in range(200) for portion in stage.carry(b"x", n * 0.001)]
    assert times == sorted(times)
    assert all(n * 0.001 + 0.01 <= at for n, at in enumerate(times))
    assert max(times) <= 0.199 + 0.19


def test_bandwidth_is_kept_to_over_pauses() -> None:
    stage = BandwidthStage(1000)
    first = list(stage.carry(b"x" * 500, 0.0))
    later = list(stage.carry(b"x" * 100, 10.0))
    assert first[-1].at == pytest.approx(0.5)
    assert max(len(portion.data) for portion in first) == 10
    assert later[-1].at == pytest.approx(10.1)


def test_the_slicer_slices() -> None:
    portions = carried(stream_fault("slicer", size=4, pause=0.1), [b"0123456789"])
    assert [portion.data for portion in portions] == [b"0123", b"4567", b"89"]
    assert [portion.at for portion in portions] == pytest.approx([0.0, 0.1, 0.2])


ANSWER = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nbody"


@pytest.mark.parametrize(
    ("part", "pieces"),
    [
        ("start", [b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"body"]),
        ("body", [b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"b", b"o", b"d", b"y"]),
    ],
)
def test_a_slow_answer_is_slow_where_it_is_told(part: str, pieces: list[bytes]) -> None:
    portions = carried(stream_fault("slow_answer", part=part, size=1, pause=0.25, delay=2.0), [ANSWER])
    assert [portion.data for portion in portions] == pieces
    assert portions[0].at == 2.0
    assert portions[-1].at == pytest.approx(2.0 + 0.25 * (len(pieces) - 2 if part == "body" else 0))


def test_every_answer_of_a_connection_starts_late() -> None:
    portions = carried(stream_fault("slow_answer", part="start", delay=1.0), [ANSWER, ANSWER], step=5.0)
    assert [portion.at for portion in portions] == [1.0, 1.0, 6.0, 6.0]


@pytest.mark.parametrize(
    ("name", "parameters", "fates"),
    [
        ("udp_loss", {}, []),
        ("udp_duplicate", {"copies": 2}, [0.0, 0.0, 0.0]),
        ("udp_reorder", {"delay": 0.2}, [0.2]),
    ],
)
def test_fates_of_datagrams(name: str, parameters: dict[str, Any], fates: list[float]) -> None:
    fault = make(name, parameters)
    assert isinstance(fault, DatagramFault)
    assert list(fault.fates(Chance(1).stream("x"))) == fates
