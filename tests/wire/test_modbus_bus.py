"""A bus: one transaction at a time, two masters, silence for absent units, and every fault as the wire shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.wire.modbus.bus import Bus, LineTiming
from simulator.wire.modbus.crc import is_sealed, sealed
from simulator.wire.modbus.fault import BUS_FAULTS, BusFault
from simulator.wire.modbus.master import MasterSession
from simulator.wire.modbus.memory import Memory
from simulator.wire.modbus.request import read_request
from simulator.wire.modbus.unit import Unit

READ = bytes.fromhex("4003012C00020B2F")
ANSWER = bytes.fromhex("400304092E00078960")
WRITE = bytes.fromhex("400600CF1234BB93")


class Asker:
    """A master with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.heard: list[tuple[float, bytes]] = []
        self._due: list[tuple[float, int, object]] = []

    def hear(self, data: bytes) -> None:
        self.heard.append((round(self.now, 6), data))

    def later(self, delay, do) -> None:
        self._due.append((self.now + delay, len(self._due), do))

    def run(self) -> list[tuple[float, bytes]]:
        while self._due:
            first = min(self._due, key=lambda entry: entry[:2])
            self._due.remove(first)
            self.now = first[0]
            first[2]()
        return self.heard

    def ask(self, bus: Bus, frame: bytes = READ) -> bytes:
        self.heard.clear()
        bus.ask(self, frame)
        return b"".join(data for _, data in self.run())


def unit(address: int = 0x40, value: int = 2350) -> Unit:
    return Unit(address, Memory(holding={207: 0, 300: value, 301: 7}, shared=True))


def bus_with(kind: str = "", **more) -> Bus:
    bus = Bus()
    bus.add(unit())
    bus.add(unit(0x41))
    if kind:
        bus.faults.append(BusFault(kind, Chance(7).stream("bus"), **more))
    return bus


def test_the_unit_asked_answers_at_once():
    assert Asker().ask(bus_with()) == ANSWER


def test_an_absent_unit_is_silence_and_with_a_gateway_exception_0b():
    absent = sealed(bytes.fromhex("100300000001"))
    bus = bus_with()
    assert Asker().ask(bus, absent) == b""
    bus.gateway = True
    assert Asker().ask(bus, absent) == sealed(bytes.fromhex("10830B"))


def test_a_bus_without_power_is_silent():
    bus = bus_with()
    bus.powered = False
    assert Asker().ask(bus) == b""


def test_a_broadcast_reaches_every_slave():
    bus = bus_with()
    assert Asker().ask(bus, sealed(bytes.fromhex("000600CF0009"))) == b""
    assert Asker().ask(bus, sealed(bytes.fromhex("410300CF0001"))) == sealed(bytes.fromhex("4103020009"))


def test_a_slow_answer_makes_the_next_request_wait():
    bus = bus_with("slow", delay=0.2, count=1)
    first, second = Asker(), Asker()
    bus.ask(first, READ)
    bus.ask(second, READ)
    assert second.heard == []
    assert first.run() == [(0.2, ANSWER)]
    assert second.heard == [(0.0, ANSWER)]


def test_colliding_requests_are_both_lost():
    bus = bus_with("slow", delay=0.2)
    bus.collide = True
    first, second = Asker(), Asker()
    bus.ask(first, READ)
    bus.ask(second, READ)
    assert first.run() == second.run() == []
    assert bus.tally.errors == 2
    assert first.ask(bus) == ANSWER


def test_a_late_answer_comes_inside_the_next_transaction():
    bus = bus_with("late", delay=0.6, count=1)
    asker = Asker()
    bus.ask(asker, READ)
    bus.ask(asker, WRITE)
    assert asker.run() == [(0.0, WRITE), (0.6, ANSWER)]


def test_two_slaves_with_one_address_spoil_their_answer():
    bus = bus_with()
    bus.add(unit(value=1))
    spoiled = Asker().ask(bus)
    assert len(spoiled) == len(ANSWER)
    assert not is_sealed(spoiled)


def test_two_slaves_that_say_the_same_are_understood():
    bus = bus_with()
    bus.add(unit())
    assert Asker().ask(bus) == ANSWER


def test_line_timing_takes_as_long_as_the_table_says():
    bus = bus_with()
    bus.timing = LineTiming(baud=9600, bits=10, response=0.0)
    asker = Asker()
    bus.ask(asker, READ)
    assert asker.run() == [(round((8 + 9 + 3.5) * 10 / 9600, 6), ANSWER)]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("silent", {}, ""),
        ("dead", {}, ""),
        ("exception", {"code": 6}, sealed(bytes.fromhex("408306")).hex()),
        ("wrong-unit", {}, sealed(bytes.fromhex("410304092E0007")).hex()),
        ("wrong-function", {}, sealed(bytes.fromhex("400404092E0007")).hex()),
        ("wrong-count", {}, sealed(bytes.fromhex("400306092E0007")).hex()),
        ("crc", {}, ANSWER[:-1].hex() + f"{ANSWER[-1] ^ 0xFF:02x}"),
        ("truncated", {"size": 3}, "400304"),
        ("glued", {}, (ANSWER * 2).hex()),
        ("echo", {}, (READ + ANSWER).hex()),
        ("swapped-words", {}, sealed(bytes.fromhex("4003040007092E")).hex()),
    ],
)
def test_faults_on_the_wire(kind: str, more: dict, expected: str):
    assert Asker().ask(bus_with(kind, **more)) == bytes.fromhex(expected)


def test_pieces_and_dribbles_come_over_time():
    asker = Asker()
    assert asker.ask(bus_with("split", size=3, delay=0.01)) == ANSWER
    assert [at for at, _ in asker.heard] == [0.0, 0.01, 0.02]
    assert asker.ask(bus_with("dribble", delay=0.005)) == ANSWER
    assert len(asker.heard) == len(ANSWER)


def test_noise_stands_before_or_after_the_answer():
    assert Asker().ask(bus_with("noise")).endswith(ANSWER)
    assert Asker().ask(bus_with("noise-after")).startswith(ANSWER)


@pytest.mark.parametrize("kind", ["crc", "duplicate", "babble"])
def test_spoiled_answers_are_the_same_for_the_same_seed(kind: str):
    told = [Asker().ask(bus_with(kind, size=5)) for _ in range(2)]
    assert told[0] == told[1] != ANSWER


@pytest.mark.parametrize("kind", BUS_FAULTS)
def test_a_fault_ends_by_its_count_and_concerns_its_unit_only(kind: str):
    bus = bus_with(kind, count=1, units=frozenset({0x40}), delay=0.1, code=4)
    whole_bus = kind in ("dead", "babble")
    other = sealed(bytes.fromhex("4103012C0002"))
    if not whole_bus:
        assert Asker().ask(bus, other) == sealed(bytes.fromhex("410304092E0007"))
    Asker().ask(bus)
    assert Asker().ask(bus) == ANSWER


def test_a_fault_strikes_by_function_register_and_chance():
    bus = bus_with("silent", functions=frozenset({3}), registers=(300, 300))
    assert Asker().ask(bus) == b""
    assert Asker().ask(bus, WRITE) == WRITE
    bus = bus_with("silent", chance=0.5)
    heard = [bool(Asker().ask(bus)) for _ in range(200)]
    assert 60 < sum(heard) < 140


def test_a_silent_unit_does_not_execute():
    bus = bus_with("silent", count=1)
    Asker().ask(bus, WRITE)
    assert Asker().ask(bus, sealed(bytes.fromhex("400300CF0001"))) == sealed(bytes.fromhex("4003020000"))


def test_a_tap_sees_both_directions():
    bus, seen = bus_with(), []
    stop = bus.watch(lambda way, data: seen.append((way, data)))
    Asker().ask(bus)
    stop()
    Asker().ask(bus)
    assert seen == [("request", READ), ("answer", ANSWER)]


# The master


def session(**more) -> MasterSession:
    return MasterSession(timeout=0.5, retries=2, **more)


def test_a_master_takes_the_fitting_answer():
    master, request = session(), read_request(0x40, 3, 300, 2)
    master.send(request, 0.0)
    assert master.take_output() == READ
    outcome = master.receive(ANSWER, 0.1)
    assert outcome is not None
    assert request.words(outcome.answer) == [2350, 7]
    assert not master.busy
    assert master.next_deadline() is None


def test_a_master_tries_three_times_and_fails():
    master = session()
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    for round_ in (0.5, 1.0):
        assert master.take_output() == READ
        assert master.tick(round_ - 0.1) is None
        assert master.tick(round_) is None
    outcome = master.tick(1.5)
    assert outcome is not None
    assert (outcome.failure, outcome.tries) == ("no answer", 3)


@pytest.mark.parametrize(
    "wrong",
    [
        sealed(bytes.fromhex("410304092E0007")), sealed(bytes.fromhex("400404092E0007")), ANSWER[:-1] + b"\0",
        sealed(bytes.fromhex("400302092E")), READ,
    ],
)  # fmt: skip
def test_a_master_passes_over_what_does_not_fit(wrong: bytes):
    master = session()
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    assert master.receive(wrong, 0.1) is None
    outcome = master.receive(ANSWER, 0.2)
    assert outcome is not None
    assert outcome.answer == ANSWER


def test_a_strict_master_takes_no_answer_behind_rubbish():
    master = session(search=False)
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    assert master.receive(b"\x55" + ANSWER, 0.1) is None
    for now in (0.5, 1.0):
        assert master.tick(now) is None
    outcome = master.tick(1.5)
    assert outcome is not None
    assert outcome.failure == "no fitting answer"


def test_what_came_before_a_request_is_dropped():
    master = session()
    assert master.receive(ANSWER, 0.0) is None
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    assert master.receive(b"", 0.1) is None
    assert master.busy


@pytest.mark.parametrize(("code", "failure"), [(2, ""), (6, ""), (0x0B, "gateway: no answer")])
def test_exceptions_are_answers_except_those_of_gateways(code: int, failure: str):
    master = session()
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    outcome = master.receive(sealed(bytes((0x40, 0x83, code))), 0.1)
    assert outcome is not None
    assert (outcome.code, outcome.failure) == (code, failure)


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_a_master_takes_nothing_but_its_answer_from_rubbish(portions: list[bytes]):
    master = session()
    master.send(read_request(0x40, 3, 300, 2), 0.0)
    for portion in portions:
        outcome = master.receive(portion, 0.1)
        if outcome is not None:
            assert is_sealed(outcome.answer) if outcome.answer else 0 < outcome.code < 256
            return
    master.tick(0.5)
    assert master.receive(ANSWER, 0.6) is not None
