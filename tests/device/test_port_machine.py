"""One truth of all ports, whatever is done to them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from port_bench import AUXILIARIES, INPUTS, OUTPUTS, SUPERVISED, module

from simulator.device.alarm import TAMPER_ENABLED, TAMPER_PORT
from simulator.device.door import DoorSetting
from simulator.device.lifecycle import Phase
from simulator.device.loop import EndOfLine
from simulator.device.parameter import Refused
from simulator.device.port import Port
from simulator.device.power_supply import PowerSource

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 2000)), min_size=1, max_size=8)


# ---- one truth, whatever happens


class PortMachine(RuleBasedStateMachine):
    """Hands, clients and power in any order: events, parameters and port never disagree."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = module()
        self.ports = self.bench.device.ports

    @property
    def live(self) -> bool:
        return self.ports.live

    @rule(
        number=st.sampled_from(INPUTS + AUXILIARIES),
        deed=st.sampled_from(["cut", "short", "open_switch", "close_switch", "part", "join", "restore"]),
    )
    def rewire(self, number: int, deed: str) -> None:
        getattr(self.ports[number].loop, deed)()

    @rule(number=st.sampled_from(INPUTS + AUXILIARIES), ohms=st.floats(0, 1e6))
    def drift(self, number: int, ohms: float) -> None:
        self.ports[number].loop.drift(ohms)

    @rule(
        number=st.sampled_from(INPUTS + AUXILIARIES),
        fault=st.sampled_from(["corrode", "leak"]),
        ohms=st.floats(0, 1e6),
    )
    def age(self, number: int, fault: str, ohms: float) -> None:
        getattr(self.ports[number].loop, fault)(ohms)

    @rule(number=st.sampled_from(INPUTS + AUXILIARIES), fitted=st.sampled_from(list(EndOfLine)))
    def fit(self, number: int, fitted: EndOfLine) -> None:
        self.ports[number].loop.fit(fitted)

    @rule(source=st.sampled_from(list(PowerSource)), lost=st.booleans())
    def feed(self, source: PowerSource, lost: bool) -> None:
        power = self.bench.device.power
        (power.lose if lost else power.regain)(source)

    @rule(opened=st.booleans())
    def unscrew(self, opened: bool) -> None:
        self.bench.device.enclosure.set_casing(opened)

    @rule(strength=st.integers(1, 100), enabled=st.booleans())
    def shake(self, strength: int, enabled: bool) -> None:
        alarms = self.bench.device.alarms
        alarms.set_shock_detection(enabled)
        alarms.shake(strength)

    @rule(enabled=st.booleans(), number=st.sampled_from(INPUTS + AUXILIARIES))
    def watch_the_cabinet(self, enabled: bool, number: int) -> None:
        self.bench.device.parameters.write(TAMPER_PORT, str(number))
        self.bench.device.parameters.write(TAMPER_ENABLED, "yes" if enabled else "no")

    @rule(
        number=st.integers(1, 5),
        dps=st.sampled_from(INPUTS + AUXILIARIES),
        rex=st.sampled_from([None, *AUXILIARIES]),
        seconds=st.sampled_from([0.2, 5.0, 60.0]),
    )
    def watch_a_door(self, number: int, dps: int, rex: int | None, seconds: float) -> None:
        monitoring = self.bench.device.door_monitoring
        try:
            monitoring.configure(DoorSetting(number, dps, rex, seconds, seconds))
        except Refused:
            monitoring.remove(number)

    @rule(number=st.sampled_from(AUXILIARIES), direction=st.sampled_from(["input", "output"]))
    def turn(self, number: int, direction: str) -> None:
        self.ports[number].set_direction(direction)

    @rule(number=st.integers(0, 10), circuit=st.sampled_from(["open", "closed"]))
    def set_normal(self, number: int, circuit: str) -> None:
        self.ports[number].set_normal_state(circuit)

    @rule(
        number=st.sampled_from(INPUTS + AUXILIARIES), on=st.booleans(), scheme=st.sampled_from(list(EndOfLine)[1:])
    )
    def supervise(self, number: int, on: bool, scheme: EndOfLine) -> None:
        port = self.ports[number]
        if port.supervisable:
            port.set_supervised(on, port.preset(scheme))

    @precondition(lambda self: self.live)
    @rule(number=st.sampled_from(OUTPUTS + AUXILIARIES), each=steps)
    def pulse(self, number: int, each: list[tuple[bool, int]]) -> None:
        if not self.ports[number].is_input:
            self.ports[number].run_sequence(each)

    @rule(deed=st.sampled_from(["power_cut", "power_on", "hang", "recover", "factory_default"]))
    def life(self, deed: str) -> None:
        getattr(self.bench.device.lifecycle, deed)()

    @rule(seconds=st.sampled_from([0.01, 0.05, 0.3, 5.0, 120.0]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @invariant()
    def events_say_what_ports_are(self) -> None:
        if not self.live:
            return  # nobody can ask a device that is down
        ports = list(self.ports)
        inputs, outputs = [p for p in ports if p.is_input], [p for p in ports if not p.is_input]
        any_active = {"-1": str(int(any(p.active for p in inputs)))} if inputs else {}
        states = self.bench.states
        assert {e["port"]: e["state"] for e in states("IO/Port")} == any_active | shown(inputs)
        assert {e["InputToken"]: e["LogicalState"] for e in states("Trigger/DigitalInput")} == shown(inputs)
        assert {e["port"]: e["state"] for e in states("IO/OutputPort")} == shown(outputs)
        told = {e["port"]: (e["state"], e["tampered"]) for e in states(SUPERVISED)}
        watched = {str(p.id): (p.state.event_word, str(int(p.state.tampered))) for p in inputs if p.supervised}
        assert told == watched

    @invariant()
    def a_device_has_power_from_a_source_that_carries_some(self) -> None:
        power = self.bench.device.power
        assert self.bench.device.lifecycle.powered == (power.source is not None)
        assert power.source is None or power.source in power.live

    @invariant()
    def alarms_and_doors_say_what_is(self) -> None:
        if not self.live:
            return
        device, states = self.bench.device, self.bench.states
        assert [e["Open"] for e in states("Casing/Open")] == [str(int(device.enclosure.casing_told))]
        port, on = device.alarms.tamper_port, device.parameters.enabled(TAMPER_ENABLED)
        tampered = [{"port": str(port.id), "active": str(int(device.alarms.external_tamper))}]
        assert states("Tampering/External") == (tampered if on else [])
        doors = {door.token: door.physical.value for door in device.door_monitoring.doors}
        assert {e["DoorToken"]: e["State"] for e in states("DoorPhysicalState")} == doors
        assert len(doors) == len(device.door_monitoring.settings())
        for door in device.door_monitoring.doors:
            sensor = self.ports[door.setting.dps]
            assert (door.physical.value == "Unknown") == (not sensor.is_input)
            if door.physical.value in ("Open", "Closed"):
                assert (door.physical.value == "Closed") == sensor.closed
            if door.physical.value == "Closed":
                assert door.alarm.value == "Normal"

    @invariant()
    def outputs_are_open_while_no_system_drives_them(self) -> None:
        if self.bench.device.lifecycle.phase in (Phase.OFF, Phase.BOOTING):
            assert not any(port.closed for port in self.ports)

    @invariant()
    def a_meaning_follows_from_circuit_and_normal_state(self) -> None:
        for port in self.ports:
            assert port.active == (("closed" if port.closed else "open") != port.normal_state)


def shown(ports: list[Port]) -> dict[str, str]:
    return {str(port.id): str(int(port.active)) for port in ports}


TestPortMachine = PortMachine.TestCase
