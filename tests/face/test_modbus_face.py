"""The module as master, on virtual time: values, status, limits, late answers, and polls in turn."""

from __future__ import annotations

import pytest

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.sensor import LIMIT, STATUS, SensorRefused, SensorSettings, Threshold
from simulator.device.sensor_model import sensor_model
from simulator.device.sensor_template import template_from
from simulator.device.world import World
from simulator.face.modbus import ModbusFace, plan_reads
from simulator.journal import Journal, Kind
from simulator.site.modbus.curve import Constant, Ramp
from simulator.site.modbus.probe import Probe
from simulator.site.modbus.rs485 import Rs485
from simulator.site.modbus.tibbo import TibboProbe
from simulator.wire.modbus.bus import Bus
from simulator.wire.modbus.fault import BusFault


class Module:
    """A running A9210 with sensors on its own port."""

    def __init__(self) -> None:
        self.clock = SimClock(stepped=True)
        world = World(self.clock, Chance(1), Journal(self.clock))
        self.journal = world.journal
        self.device = Device("io-1", 1, load_profile("A9210", "12.9.57"), world, lambda address: address)
        self.place = Rs485(world, "io-1", 0, Bus())
        self.events: list = []
        self.device.events.listen(lambda event: self.events.append(event) if "Modbus" in event.topic else None)
        self.face = ModbusFace(self.device, lambda _box: self.place)
        self.frames: list[tuple[str, bytes]] = []
        self.place.bus.watch(lambda way, data: self.frames.append((way, data)))
        self.device.lifecycle.running_from_the_start()

    def sensor(self, name: str, kind: str, address: int, interval: float = 1.0, **limits: Threshold) -> Probe:
        template = sensor_model(kind)
        made = TibboProbe if kind.startswith("tibbo") else Probe
        probe = made(len(self.place.probes) + 1, name, address, template, self.clock.now)
        self.place.stand(probe)
        self.list(name, kind, address, interval, **limits)
        return probe

    def list(self, name: str, kind: str, address: int, interval: float = 1.0, **limits: Threshold) -> None:
        settings = SensorSettings(name, address, sensor_model(kind), 0, interval, tuple(limits.items()))
        self.device.sensors.add(settings)

    def run(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(end)

    def value(self, name: str, measurand: str) -> tuple[float | None, str]:
        reading = self.device.sensors.get(name).readings[measurand]
        return reading.value, reading.quality

    def online(self, name: str) -> bool | None:
        return self.device.sensors.get(name).online

    def fault(self, kind: str, **more) -> BusFault:
        fault = BusFault(kind, Chance(1).stream("fault"), **more)
        self.place.begin(fault)
        return fault

    def told(self, topic: str) -> list[dict[str, str]]:
        return [dict(event.data) for event in self.events if event.topic == topic]

    def requests(self) -> list[bytes]:
        return [data for way, data in self.frames if way == "request"]


@pytest.fixture
def module() -> Module:
    return Module()


def test_values_of_every_sensor_that_ships(module: Module):
    for number, kind in enumerate(("tibbo-bp01", "tibbo-bp02", "hugo", "generic", "tibbo-bp03"), 1):
        module.sensor(kind, kind, number)
    module.run(1)
    assert module.value("tibbo-bp01", "temperature") == (21.5, "good")
    assert module.value("tibbo-bp02", "humidity") == (45.0, "good")
    assert module.value("hugo", "dewPoint") == (9.1, "good")
    assert module.value("hugo", "pressure") == (1013.2, "good")
    assert module.value("hugo", "luminance") == (400, "good")
    assert module.value("generic", "temperature") == (21.5, "good")
    assert module.value("tibbo-bp03", "luminance") == (400, "good")
    assert module.told(STATUS) == [{"online": "1"}] * 5


def test_the_frames_of_a_poll_are_those_of_the_sheet(module: Module):
    probe = module.sensor("probe", "tibbo-bp01", 0x40)
    probe.follow("temperature", Constant(-5.25))
    module.run(0)
    assert module.frames == [
        ("request", bytes.fromhex("4004012C0001FEEE")), ("answer", bytes.fromhex("400402FDF385EA")),
    ]  # fmt: skip
    assert module.value("probe", "temperature") == (-5.25, "good")


def test_sensors_are_polled_at_their_own_intervals_in_turn(module: Module):
    module.sensor("fast", "generic", 1, 1.0)
    module.sensor("slow", "generic", 2, 5.0)
    module.run(10)
    polled = [frame[0] for frame in module.requests()]
    assert polled.count(1) == 11
    assert polled.count(2) == 3
    assert polled[:2] == [1, 2]


def test_a_silent_sensor_is_offline_after_three_polls_and_keeps_its_value(module: Module):
    module.sensor("one", "generic", 1)
    module.sensor("two", "generic", 2)
    module.run(0.5)
    fault = module.fault("silent", units=frozenset({1}))
    module.run(2.6)
    assert module.online("one") is True
    assert module.value("one", "temperature") == (21.5, "stale")
    module.run(4)
    assert module.online("one") is False
    assert module.online("two") is True
    assert module.device.sensors.get("one").reason == "no answer"
    module.place.end(fault)
    module.run(2)
    assert module.online("one") is True
    assert module.told(STATUS) == [{"online": "1"}, {"online": "1"}, {"online": "0"}, {"online": "1"}]


def test_a_request_is_tried_three_times_half_a_second_apart(module: Module):
    module.list("absent", "generic", 9, 60.0)
    module.run(10)
    assert len(module.requests()) == 3
    assert module.device.sensors.get("absent").failures == 1


@pytest.mark.parametrize(
    "kind", ["crc", "wrong-unit", "wrong-function", "wrong-count", "truncated", "dead", "babble"]
)
def test_broken_answers_are_no_answers(module: Module, kind: str):
    module.sensor("one", "generic", 1)
    module.fault(kind)
    module.run(12)
    assert module.online("one") is False
    assert module.value("one", "temperature") == (None, "invalid")


@pytest.mark.parametrize("kind", ["echo", "noise", "noise-after", "glued", "dribble", "split"])
def test_untidy_answers_are_answers(module: Module, kind: str):
    module.sensor("one", "generic", 1)
    module.fault(kind, delay=0.01, size=3)
    module.run(2)
    assert module.value("one", "temperature") == (21.5, "good")


@pytest.mark.parametrize(("code", "online"), [(2, True), (4, True), (6, True), (0x0A, False), (0x0B, False)])
def test_an_exception_is_a_sensor_without_a_value_but_for_those_of_gateways(
    module: Module, code: int, online: bool
):
    module.sensor("one", "generic", 1)
    module.fault("exception", code=code)
    module.run(12)
    assert module.online("one") is online
    assert module.value("one", "temperature")[1] == "invalid"


def test_a_late_answer_is_not_taken_for_the_next_one(module: Module):
    first = module.sensor("first", "generic", 1)
    module.sensor("second", "generic", 2)
    first.follow("temperature", Constant(50))
    module.fault("late", units=frozenset({1}), delay=0.7)
    module.run(20)
    assert module.value("second", "temperature") == (21.5, "good")


def test_a_slow_sensor_delays_the_others_and_nothing_is_lost(module: Module):
    module.sensor("slow", "generic", 1, 2.0)
    module.sensor("other", "generic", 2, 2.0)
    module.fault("slow", units=frozenset({1}), delay=0.3)
    module.run(8)
    assert module.online("slow") is module.online("other") is True


def test_limits_with_hysteresis_are_one_event_per_edge(module: Module):
    probe = module.sensor("one", "generic", 1, temperature=Threshold(10, 30, 2))
    module.run(1)
    for value in (31, 32, 29, 27.9, 9, 11, 12.1):
        probe.follow("temperature", Constant(value))
        module.run(3)
    assert [told["limit"] for told in module.told(LIMIT)] == ["above", "normal", "below", "normal"]
    assert module.told(LIMIT)[0]["value"] == "31.000000"
    assert module.device.sensors.get("one").last_event == "temperature normal"


def test_no_value_is_no_limit(module: Module):
    probe = module.sensor("one", "hugo", 1, temperature=Threshold(high=30))
    module.run(1)
    probe.spoil("temperature", "sentinel")
    module.run(2)
    assert module.value("one", "temperature") == (21.5, "invalid")
    assert module.told(LIMIT) == []
    probe.spoil("temperature", "out-of-range")
    module.run(2)
    assert module.told(LIMIT)[0]["limit"] == "above"
    assert module.value("one", "temperature")[0] == 98.0


def test_a_stuck_sensor_does_not_follow(module: Module):
    probe = module.sensor("one", "generic", 1)
    probe.follow("temperature", Ramp(20, 40, 0, 10))
    module.run(5)
    probe.spoil("temperature", "stuck")
    module.run(20)
    assert module.value("one", "temperature") == (30.0, "good")
    assert probe.truth("temperature") == 40


def test_two_sensors_with_one_address_are_not_understood(module: Module):
    module.sensor("one", "generic", 1)
    twin = Probe(9, "twin", 1, sensor_model("generic"), module.clock.now, {"temperature": -40, "humidity": 99})
    module.place.stand(twin)
    module.run(12)
    assert module.online("one") is False
    assert module.device.sensors.get("one").reason == "no fitting answer"


def test_nothing_is_polled_while_the_module_boots(module: Module):
    module.sensor("one", "generic", 1)
    module.run(2)
    module.device.lifecycle.restart("test")
    module.run(8)
    before = len(module.requests())
    module.run(10)
    assert len(module.requests()) == before
    assert module.online("one") is None
    module.run(60)
    assert module.online("one") is True


def test_a_factory_default_empties_the_list(module: Module):
    module.sensor("one", "generic", 1)
    module.device.lifecycle.factory_default()
    module.run(120)
    assert len(module.device.sensors) == 0


def test_an_event_names_what_was_done_to_the_sensor(module: Module):
    probe = module.sensor("one", "generic", 1, temperature=Threshold(high=30))
    module.run(1)
    hand = module.journal.append(Kind.ACTION, "io-1", "sensor")
    module.place.blame(hand, 1)
    probe.follow("temperature", Constant(40))
    module.run(2)
    limit = next(r for r in module.journal.since(0) if r.what == "sensor limit")
    assert limit.cause == hand.number


def test_polls_are_not_journalled(module: Module):
    module.sensor("one", "generic", 1)
    module.run(1)
    before = module.journal.last_number
    module.run(100)
    assert module.journal.last_number == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"address": 0}, "outside 1 to 247"),
        ({"address": 248}, "outside 1 to 247"),
        ({"name": "one"}, "named 'one' already"),
        ({"address": 1}, "taken by sensor 'one'"),
        ({"thresholds": (("pressure", Threshold(high=1)),)}, "no pressure"),
        ({"box": 17}, "outside 0"),
    ],
)
def test_settings_that_are_refused(module: Module, changes: dict, message: str):
    module.sensor("one", "generic", 1)
    wanted = {"name": "two", "address": 2, "template": sensor_model("generic")} | changes
    with pytest.raises(SensorRefused, match=message):
        module.device.sensors.add(SensorSettings(**wanted))


def test_the_own_port_takes_eight_and_the_system_sixty_four(module: Module):
    sensors = module.device.sensors
    for number in range(8):
        sensors.add(SensorSettings(f"own-{number}", number + 1, sensor_model("generic")))
    with pytest.raises(SensorRefused, match="box 0 takes no more than 8"):
        sensors.add(SensorSettings("ninth", 9, sensor_model("generic")))
    for box in range(1, 15):
        for number in range(4):
            sensors.add(SensorSettings(f"box-{box}-{number}", number + 1, sensor_model("generic"), box))
    with pytest.raises(SensorRefused, match="no more than 64"):
        sensors.add(SensorSettings("more", 1, sensor_model("generic"), 15))


def test_a_box_that_is_not_there_takes_its_sensors_offline(module: Module):
    module.device.sensors.add(SensorSettings("far", 1, sensor_model("generic"), 3, 1.0))
    module.run(1)
    assert module.online("far") is False
    assert module.device.sensors.get("far").reason == "the box is offline"


def test_registers_are_read_together_over_small_gaps():
    points = [
        {"name": f"{function}-{register}", "register": register, "function": function}
        for register, function in ((0, 3), (5, 3), (11, 3), (0, 4), (13, 3))
    ]
    template = template_from({"name": "t", "points": points})
    planned = plan_reads(1, template.points, 4)
    assert [(read.request.function, read.request.start, read.request.count) for read in planned] == [
        (3, 0, 6), (3, 11, 3), (4, 0, 1),
    ]  # fmt: skip
