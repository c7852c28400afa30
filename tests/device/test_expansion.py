"""AXIS A9910 modules from outside: what the administrator does, what hands do to the line, what ports and events show."""

from __future__ import annotations

import pytest
from device_bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from simulator.device.expansion import Expansion, Module, module_ports
from simulator.device.expansion_line import FieldModule
from simulator.device.loop import EndOfLine
from simulator.device.parameter import Refused
from simulator.device.port_plan import PortKind
from simulator.device.terminal import NO_READING
from simulator.errors import FleetError

FIRMWARE = "12.9.57"
KEY = "correct-horse-battery"
SUPERVISED = "IO/SupervisedPort"
LOST, FOUND, UPGRADE = 2.0, 5.0, 60.0
OWN_PORTS = list(range(11))


def head(bench: Bench) -> Expansion:
    assert bench.device.expansion is not None
    return bench.device.expansion


def with_modules(*addresses: int) -> Bench:
    """A module in service with these A9910, all online."""
    bench = Bench("A9210")
    head(bench).set_key(KEY)
    for address in addresses:
        head(bench).line.mount(FieldModule(address, FIRMWARE))
        head(bench).add(address)
    bench.published.clear()
    return bench


def on_wall(bench: Bench, address: int) -> FieldModule:
    return head(bench).line.at(address)[0]


def lose(bench: Bench, address: int, seconds: float = LOST) -> None:
    on_wall(bench, address).connected = False
    head(bench).line.touch()
    bench.advance(seconds)


def bring_back(bench: Bench, address: int) -> None:
    on_wall(bench, address).connected = True
    head(bench).line.touch()
    bench.advance(FOUND)


def numbers(bench: Bench) -> list[int]:
    return [port.id for port in bench.device.ports]


# ---- ports


def test_numbers_of_the_first_module_are_the_measured_ones() -> None:
    plans = module_ports(1)
    assert [plan.id for plan in plans] == list(range(11, 23))
    assert [plan.id for plan in plans if plan.kind is PortKind.RELAY] == [19, 20, 21, 22]
    assert all(plan.configurable for plan in plans if plan.kind is not PortKind.RELAY)


def test_sixteen_modules_have_128_ios_and_64_relays_and_end_at_202() -> None:
    bench = with_modules(*range(1, 17))
    assert numbers(bench) == list(range(203))
    added = [port for port in bench.device.ports if port.id > 10]
    assert sum(port.configurable for port in added) == 128
    assert sum(port.kind is PortKind.RELAY for port in added) == 64
    assert bench.device.parameters["Input.NbrOfInputs"] == str(7 + 128)
    assert bench.device.parameters["Output.NbrOfOutputs"] == str(4 + 64)


def test_modules_keep_their_numbers_whatever_stands_between() -> None:
    bench = with_modules(3, 1)
    assert numbers(bench) == [*OWN_PORTS, *range(11, 23), *range(35, 47)]
    assert bench.device.parameters["IOPort.I35.Input.Name"] == "Port 36"


def test_ports_come_with_their_states_and_go_with_everything() -> None:
    bench = with_modules(1)
    assert "11" in {state["port"] for state in bench.states("IO/Port")}
    assert {"19", "22"} <= {state["RelayToken"] for state in bench.states("Trigger/Relay")}
    bench.device.parameters.write("IOPort.I11.Usage", "Door")
    head(bench).remove(1)
    assert numbers(bench) == OWN_PORTS
    assert not [name for name in bench.device.parameters.names() if name.startswith("IOPort.I11.")]
    assert {int(state["port"]) for state in bench.states("IO/Port")} <= {-1, *OWN_PORTS}
    head(bench).add(1)
    assert bench.device.parameters["IOPort.I11.Usage"] == ""


def test_an_input_of_a_module_is_supervised_like_any_other() -> None:
    bench = with_modules(2)
    port = bench.device.ports[23]
    port.install(EndOfLine.PARALLEL_22K_4K7)
    assert port.loop is not None
    port.loop.cut()
    bench.advance(0.05)
    assert bench.states(SUPERVISED) == [{"port": "23", "state": "cut", "tampered": "1"}]


# ---- a module that does not answer


def test_a_lost_module_takes_its_own_inputs_and_relays_along_and_nothing_else() -> None:
    bench = with_modules(1, 2)
    first, second = bench.device.ports[11], bench.device.ports[23]
    for port in (first, second):
        port.install(EndOfLine.PARALLEL_22K_4K7)
    bench.device.ports[19].set_active(True)
    lose(bench, 1)
    assert [module.online for module in head(bench).modules.values()] == [False, True]
    assert {state["port"]: state["state"] for state in bench.states(SUPERVISED)} == {
        "11": "undefined",
        "23": "open",
    }
    assert (first.level, second.level != NO_READING) == (NO_READING, True)
    assert bench.device.ports[19].active, "the last value stays"
    with pytest.raises(Refused, match="offline"):
        bench.device.ports[19].set_active(False)
    bench.device.ports[31].set_active(True)
    bench.device.ports[0].set_active(True)


def test_wires_touched_meanwhile_are_told_when_the_module_is_back() -> None:
    bench = with_modules(1)
    port = bench.device.ports[11]
    port.install(EndOfLine.SERIAL_4K7)
    lose(bench, 1)
    assert port.loop is not None
    port.loop.cut()
    bench.advance(60)
    assert bench.states(SUPERVISED)[0]["state"] == "undefined"
    bring_back(bench, 1)
    assert bench.states(SUPERVISED)[0]["state"] == "cut"


def test_a_short_interruption_is_not_noticed() -> None:
    bench = with_modules(1)
    lose(bench, 1, LOST / 2)
    bring_back(bench, 1)
    assert head(bench).modules[1].online
    assert not bench.published


def test_a_pulse_on_a_lost_relay_ends_for_who_waits() -> None:
    bench = with_modules(1)
    ended: list[bool] = []
    bench.device.ports[19].run_sequence([(True, 60_000), (False, 0)], lambda: ended.append(True))
    lose(bench, 1)
    assert ended == [True]


def test_after_its_return_a_module_is_set_to_normal() -> None:
    bench = with_modules(1)
    bench.device.ports[19].set_active(True)
    lose(bench, 1)
    bring_back(bench, 1)
    assert not bench.device.ports[19].active
    bench.device.ports[19].set_active(True)


# ---- why it does not answer


@pytest.mark.parametrize(
    ("fact", "value", "reason"),
    [
        ("connected", False, "no answer"),
        ("powered", False, "no answer"),
        ("metres", 1000.5, "no answer"),
        ("key", "somebody-elses-key", "wrong encryption key"),
    ],
)
def test_each_fault_of_a_module_has_its_reason_and_its_line_in_the_log(
    fact: str, value: object, reason: str
) -> None:
    bench = with_modules(5)
    setattr(on_wall(bench, 5), fact, value)
    head(bench).line.touch()
    bench.advance(LOST)
    module = head(bench).modules[5]
    assert (module.online, module.reason) == (False, reason)
    assert bench.device.logs.system_lines(f"Module 5 is offline: {reason}", "expansiond")


def test_two_modules_with_one_address_are_both_offline() -> None:
    bench = with_modules(1, 2)
    on_wall(bench, 2).address = 1
    head(bench).line.touch()
    bench.advance(LOST)
    assert {m.address: m.reason for m in head(bench).modules.values()} == {1: "address conflict", 2: "no answer"}


def test_the_last_metre_counts() -> None:
    bench = Bench("A9210")
    head(bench).set_key(KEY)
    head(bench).line.mount(FieldModule(1, FIRMWARE, metres=1000))
    assert head(bench).add(1).online


def test_old_firmware_is_upgradable_and_works_or_not_as_the_profile_says() -> None:
    bench = Bench("A9210")
    head(bench).set_key(KEY)
    head(bench).line.mount(FieldModule(1, "11.0.1"))
    module = head(bench).add(1)
    assert (module.online, module.firmware, head(bench).upgradable(module)) == (True, "11.0.1", True)


# ---- the key


def test_without_a_key_no_module_is_added() -> None:
    bench = Bench("A9210")
    head(bench).line.mount(FieldModule(1, FIRMWARE))
    with pytest.raises(Refused, match="encryption key"):
        head(bench).add(1)


def test_a_key_is_told_once_and_changed_after_a_factory_default_only() -> None:
    bench = Bench("A9210")
    first = head(bench).generate_key()
    assert len(first) == 32
    head(bench).set_key(first)
    with pytest.raises(Refused, match="factory default"):
        head(bench).set_key("another-key")
    bench.device.lifecycle.factory_default()
    bench.advance(600)
    assert not head(bench).key_set
    head(bench).set_key("another-key")


@given(st.text(max_size=80))
@settings(max_examples=50)
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    expansion = head(Bench("A9210"))
    try:
        expansion.set_key(text)
    except Refused:
        assert not expansion.key_set
    else:
        assert text.isascii()
        assert expansion.key_set


@pytest.mark.parametrize("address", [0, 17, -1])
def test_addresses_that_no_switch_has(address: int) -> None:
    expansion = head(with_modules())
    with pytest.raises(FleetError, match="1 to 16"):
        expansion.add(address)
    with pytest.raises(FleetError, match="1 to 16"):
        expansion.line.mount(FieldModule(address, FIRMWARE))


# ---- upgrade


def test_an_upgrade_takes_its_time_and_the_module_is_offline_meanwhile() -> None:
    bench = with_modules(1)
    on_wall(bench, 1).firmware = "11.0.1"
    head(bench).upgrade(1)
    module = head(bench).modules[1]
    assert (module.online, module.reason) == (False, "upgrading")
    with pytest.raises(Refused, match="upgrading"):
        head(bench).upgrade(1)
    bench.advance(UPGRADE + FOUND)
    assert (module.online, module.firmware) == (True, head(bench).bundled_firmware)


@pytest.mark.parametrize("failure", ["power", "image"])
def test_an_upgrade_that_fails_leaves_the_old_firmware(failure: str) -> None:
    bench = with_modules(1)
    target = on_wall(bench, 1)
    target.firmware, target.broken_update = "11.0.1", failure == "image"
    head(bench).upgrade(1, "12.9.60")
    bench.advance(UPGRADE / 2)
    target.powered = failure != "power"
    head(bench).line.touch()
    bench.advance(UPGRADE / 2)
    target.powered = True
    head(bench).line.touch()
    bench.advance(FOUND)
    module = head(bench).modules[1]
    assert (module.online, module.firmware) == (True, "11.0.1")
    assert bench.device.logs.system_lines("Module 1: upgrade failed")


def test_what_is_no_version_is_not_written() -> None:
    bench = with_modules(1)
    with pytest.raises(Refused, match="no version"):
        head(bench).upgrade(1, "newest")
    assert head(bench).modules[1].online


# ---- the life of the head


def test_modules_are_found_again_after_a_restart_and_lost_ones_are_not() -> None:
    bench = with_modules(1, 2)
    bench.device.ports[11].install(EndOfLine.PARALLEL_22K_4K7)
    bench.device.lifecycle.power_cut()
    lose(bench, 1)
    bench.device.lifecycle.power_on()
    bench.advance(600)
    assert [module.online for module in head(bench).modules.values()] == [False, True]
    assert {"port": "11", "state": "undefined", "tampered": "0"} in bench.states(SUPERVISED)
    bring_back(bench, 1)
    assert head(bench).modules[1].online


def test_a_factory_default_forgets_the_modules_and_their_ports() -> None:
    bench = with_modules(1, 2)
    bench.device.lifecycle.factory_default()
    bench.advance(600)
    assert head(bench).modules == {}
    assert numbers(bench) == OWN_PORTS
    head(bench).set_key("a-new-key-of-the-head")
    assert head(bench).add(1).reason == "wrong encryption key"


def test_who_listens_hears_of_every_module() -> None:
    bench = with_modules()
    heard: list[tuple[int, bool]] = []
    head(bench).on_change(lambda module: heard.append((module.address, module.online)))
    head(bench).line.mount(FieldModule(4, FIRMWARE))
    head(bench).add(4)
    lose(bench, 4)
    bring_back(bench, 4)
    head(bench).remove(4)
    assert heard == [(4, True), (4, False), (4, True), (4, False)]


class ExpansionMachine(RuleBasedStateMachine):
    """Administrator and hands in any order: the ports are those of the configured modules, and events say what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = with_modules(1)
        self.expansion = head(self.bench)

    addresses = st.integers(1, 3)

    @rule(address=addresses)
    def mount(self, address: int) -> None:
        if len(self.expansion.line.modules) < 5:
            self.expansion.line.mount(FieldModule(address, FIRMWARE))

    @rule(address=addresses)
    def add(self, address: int) -> None:
        known = address in self.expansion.modules
        if known:
            with pytest.raises(Refused):
                self.expansion.add(address)
        elif self.expansion.key_set:
            self.expansion.add(address)
            self.bench.device.ports[11 + 12 * (address - 1)].set_supervised(True)

    @rule(address=addresses)
    def remove(self, address: int) -> None:
        if address in self.expansion.modules:
            self.expansion.remove(address)

    @rule(
        number=st.integers(0, 4),
        fact=st.sampled_from(("connected", "powered", "broken_update")),
        value=st.booleans(),
    )
    def touch(self, number: int, fact: str, value: bool) -> None:
        if number < len(self.expansion.line.modules):
            setattr(self.expansion.line.modules[number], fact, value)
            self.expansion.line.touch()

    @rule(number=st.integers(0, 4), address=addresses, key=st.sampled_from((KEY, "another-key")))
    def replace(self, number: int, address: int, key: str) -> None:
        if number < len(self.expansion.line.modules):
            found = self.expansion.line.modules[number]
            found.address, found.key = address, key
            self.expansion.line.touch()

    @rule(address=addresses)
    def upgrade(self, address: int) -> None:
        module = self.expansion.modules.get(address)
        if module is None or not module.online or self.expansion.fault_of(address):
            with pytest.raises(Refused):
                self.expansion.upgrade(address)
        else:
            self.expansion.upgrade(address)

    @rule(deed=st.sampled_from(("power_cut", "power_on", "factory_default")))
    def life(self, deed: str) -> None:
        getattr(self.bench.device.lifecycle, deed)()

    @rule(seconds=st.sampled_from((0.05, 3.0, 70.0, 600.0)))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @rule()
    def key(self) -> None:
        if not self.expansion.key_set:
            self.expansion.set_key(KEY)

    @invariant()
    def ports_are_those_of_the_configured_modules(self) -> None:
        wanted = {plan.id for address in self.expansion.modules for plan in module_ports(address)}
        assert numbers(self.bench) == [*OWN_PORTS, *sorted(wanted)]
        names = {n.split(".")[1] for n in self.bench.device.parameters.names() if n.startswith("IOPort.I")}
        assert names == {f"I{number}" for number in (*OWN_PORTS, *wanted)}

    @invariant()
    def states_are_those_of_the_ports(self) -> None:
        if not self.bench.device.ports.live:
            return
        supervised = [port for port in self.bench.device.ports if port.supervised]
        told = {state["port"]: state["state"] for state in self.bench.states(SUPERVISED)}
        assert told == {str(port.id): port.supervised_word for port in supervised}
        assert all((told[str(port.id)] == "undefined") is not port.online for port in supervised)

    @invariant()
    def a_module_is_online_with_all_of_its_ports(self) -> None:
        for module in self.expansion.modules.values():
            assert {port.online for port in module.ports} == {module.online}

    @invariant()
    def after_a_while_what_is_shown_is_what_stands_on_the_line(self) -> None:
        if self.bench.device.lifecycle.reachable and not any(m.watch for m in self.expansion.modules.values()):
            assert all(self._shown(module) for module in self.expansion.modules.values())

    def _shown(self, module: Module) -> bool:
        return module.online is (not self.expansion.fault_of(module.address))


TestExpansionMachine = ExpansionMachine.TestCase
