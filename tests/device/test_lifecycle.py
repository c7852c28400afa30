"""Power and boot: what a client would see, when, and what each kind of reset leaves."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.lifecycle import NEXT, SYSTEM_READY, Activity, Phase
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.errors import SimulatorBug
from simulator.journal import Journal, Kind

QUIRKS = load_profile("C1410", "12.9.57").quirks
TO_START = QUIRKS.boot_seconds + QUIRKS.boot_jitter_seconds
TO_RUN = TO_START + QUIRKS.starting_seconds
STATUS_OF_802_1X = "Network.Interface.I0.dot1x.Status"
ADMIN = ("root", "pass", ("admin", "ptz"))


class Bench:
    """One device on a stepped clock."""

    def __init__(self, *, seed: int = 1, name: str = "speaker-1", model: str = "C1410") -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(seed), Journal(self.clock))
        self.device = Device(name, 1, load_profile(model, "12.9.57"), self.world, lambda address: address)
        self.life = self.device.lifecycle

    def advance(self, seconds: float) -> None:
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    def advance_to(self, phase: Phase) -> None:
        while self.life.phase is not phase:
            due = self.clock.next_due()
            assert due is not None, f"nothing will ever make a device that is {self.life.phase} be {phase}"
            self.advance(due - self.clock.now())

    def running(self) -> Bench:
        self.life.running_from_the_start()
        return self

    def moves(self) -> list[tuple[str, str]]:
        notes = (r for r in self.world.journal.since(0) if r.kind is Kind.STATE and r.what == "phase")
        return [(record.data["left"], record.data["phase"]) for record in notes]


def ready_events(bench: Bench) -> list[str]:
    records = bench.world.journal.since(0)
    return [r.data["data"]["ready"] for r in records if r.kind is Kind.EVENT and r.what == SYSTEM_READY]


def test_power_on_leads_through_silence_and_not_ready_to_ready() -> None:
    bench = Bench()
    assert (bench.life.phase, bench.life.reachable, bench.life.uptime()) == (Phase.OFF, False, 0)
    bench.life.power_on()
    assert (bench.life.phase, bench.life.reachable) == (Phase.BOOTING, False)
    bench.advance_to(Phase.STARTING)
    assert QUIRKS.boot_seconds <= bench.clock.now() <= TO_START
    assert (bench.life.reachable, bench.life.ready) == (True, False)
    bench.advance(QUIRKS.starting_seconds)
    assert (bench.life.phase, bench.life.ready) == (Phase.RUNNING, True)
    assert bench.life.uptime() == bench.clock.now()
    assert ready_events(bench) == ["0", "1"]


def test_a_restart_still_says_yes_with_the_old_bootid_and_comes_back_with_another() -> None:
    bench = Bench().running()
    old, uptime = bench.life.bootid, bench.life.uptime()
    assert bench.life.restart("test")
    bench.advance(QUIRKS.stopping_seconds - 0.1)
    assert (bench.life.phase, bench.life.ready, bench.life.bootid) == (Phase.STOPPING, True, old)
    bench.advance(0.1)
    assert not bench.life.reachable
    bench.advance_to(Phase.STARTING)
    assert bench.life.bootid != old
    assert bench.life.uptime() < uptime
    assert uuid.UUID(bench.life.bootid).version == 4
    bench.advance_to(Phase.RUNNING)
    assert bench.life.boots > 1


def test_a_second_restart_command_while_stopping_changes_nothing() -> None:
    bench = Bench().running()
    assert bench.life.restart("first")
    bench.advance(1)
    assert not bench.life.restart("second")
    bench.advance(QUIRKS.stopping_seconds - 1)
    assert bench.life.phase is Phase.BOOTING


def test_a_device_restarted_while_starting_was_never_ready() -> None:
    bench = Bench()
    bench.life.power_on()
    bench.advance_to(Phase.STARTING)
    assert bench.life.restart("too early")
    assert (bench.life.phase, bench.life.ready) == (Phase.STOPPING, False)


def test_a_power_cut_is_at_once_and_nothing_moves_in_the_dark() -> None:
    bench = Bench().running()
    bench.life.restart("interrupted")
    bench.life.power_cut()
    assert (bench.life.phase, bench.life.reachable, bench.life.uptime()) == (Phase.OFF, False, 0)
    bench.advance(3600)
    assert bench.life.phase is Phase.OFF
    assert list(bench.device.events.states()) == []
    bench.life.power_on()
    bench.advance(TO_RUN)
    assert bench.life.phase is Phase.RUNNING


def test_a_hung_device_is_silent_until_the_watchdog_or_a_power_cycle() -> None:
    bench = Bench().running()
    bench.life.hang()
    bench.advance(3600)
    assert (bench.life.phase, bench.life.reachable, bench.life.ready) == (Phase.HUNG, False, False)
    assert not bench.life.restart("nobody hears")
    assert not bench.life.factory_default()
    bench.life.recover()
    bench.advance(TO_RUN)
    assert bench.life.ready
    assert bench.device.firmware.status()["resetSource"] == "crash"


def test_an_orderly_restart_is_no_crash() -> None:
    bench = Bench().running()
    bench.life.restart("test")
    bench.advance_to(Phase.RUNNING)
    assert "resetSource" not in bench.device.firmware.status()


def test_a_watchdog_restart_says_no_goodbye() -> None:
    bench = Bench().running()
    bench.life.restart("watchdog", orderly=False)
    assert bench.life.phase is Phase.BOOTING


def test_a_restart_keeps_settings_and_accounts_but_not_actual_state() -> None:
    bench = Bench().running()
    bench.device.accounts.add(*ADMIN)
    bench.device.parameters.write("Network.DomainName", "example.com")
    bench.device.parameters.put(STATUS_OF_802_1X, "Authorized")
    bench.life.restart("test")
    bench.advance_to(Phase.RUNNING)
    assert bench.device.parameters["Network.DomainName"] == "example.com"
    assert bench.device.parameters[STATUS_OF_802_1X] == "Unauthorized"
    assert not bench.device.needs_setup


@pytest.mark.parametrize(("hard", "address"), [(False, "10.0.0.7"), (True, "192.168.0.90")])
def test_a_restore_keeps_the_address_and_a_factory_default_does_not(hard: bool, address: str) -> None:
    bench = Bench().running()
    parameters = bench.device.parameters
    bench.device.accounts.add(*ADMIN)
    parameters.write("Network.IPAddress", "10.0.0.7")
    parameters.write("Network.DomainName", "example.com")
    bench.life.factory_default(hard=hard)
    assert bench.life.activity is Activity.DEFAULTING
    assert not bench.device.needs_setup, "until it has stopped, it is as it was"
    bench.advance_to(Phase.RUNNING)
    assert (parameters["Network.IPAddress"], parameters["Network.DomainName"]) == (address, "")
    assert bench.device.needs_setup
    assert bench.life.activity is Activity.NONE
    assert parameters["Properties.System.SerialNumber"] == bench.device.identity.serial


def test_the_button_held_at_power_on_begins_the_boot_anew_in_factory_state() -> None:
    bench = Bench().running()
    bench.device.accounts.add(*ADMIN)
    bench.life.power_cut()
    bench.life.power_on()
    bench.advance(10)
    assert bench.life.factory_default(hard=True)
    assert (bench.life.phase, bench.life.activity) == (Phase.BOOTING, Activity.DEFAULTING)
    bench.advance(TO_RUN + QUIRKS.default_extra_seconds)
    assert bench.life.ready
    assert bench.device.needs_setup


def test_a_default_asked_for_while_stopping_is_done_at_this_boot() -> None:
    bench = Bench().running()
    bench.device.accounts.add(*ADMIN)
    bench.life.restart("test")
    assert bench.life.factory_default()
    bench.advance_to(Phase.RUNNING)
    assert bench.device.needs_setup


def test_components_hear_of_a_default_and_of_each_phase_until_they_stop_listening() -> None:
    bench, heard, defaults = Bench(), [], []
    stop = bench.life.on_phase(heard.append)
    bench.life.on_default(defaults.append)
    bench.life.power_on()
    bench.advance_to(Phase.RUNNING)
    bench.life.factory_default(hard=True)
    stop()
    stop()
    bench.advance_to(Phase.RUNNING)
    assert heard == [Phase.BOOTING, Phase.STARTING, Phase.RUNNING, Phase.STOPPING]
    assert defaults == [True]


def test_a_listener_may_cut_the_power() -> None:
    bench = Bench()
    bench.life.on_phase(lambda phase: bench.life.power_cut() if phase is Phase.STARTING else None)
    bench.life.power_on()
    bench.advance(3600)
    assert bench.life.phase is Phase.OFF


def test_a_device_of_a_standing_fleet_runs_without_a_boot_and_has_for_a_while() -> None:
    bench = Bench()
    bench.device.accounts.add("root", "pass", ("admin", "operator", "viewer", "ptz"))
    bench.running()
    assert (bench.life.phase, bench.life.ready) == (Phase.RUNNING, True)
    assert bench.life.uptime() >= 3600
    assert bench.clock.now() - bench.life.phase_since >= 3600, "it has not just started"
    assert uuid.UUID(bench.life.bootid).version == 4
    assert ready_events(bench) == ["1"]


def test_a_device_in_factory_state_has_been_unpacked_lately() -> None:
    bench = Bench().running()
    assert 60 <= bench.life.uptime() <= 3600, "young enough for its preview mode (core sheet 1.6)"


def test_boots_are_the_same_for_a_seed_and_differ_between_devices() -> None:
    def boot(seed: int, name: str) -> tuple[str, float]:
        bench = Bench(seed=seed, name=name)
        bench.life.power_on()
        bench.advance_to(Phase.STARTING)
        return bench.life.bootid, bench.clock.now()

    assert boot(1, "a") == boot(1, "a")
    assert len({boot(1, "a"), boot(2, "a"), boot(1, "b")}) == 3


def test_an_impossible_move_is_a_bug_of_ours() -> None:
    bench = Bench()
    with pytest.raises(SimulatorBug, match="off to stopping"):
        bench.life._enter(Phase.STOPPING, "test")


HANDS = st.one_of(
    st.sampled_from(["power_on", "power_cut", "hang", "recover", "restart", "watchdog", "soft", "hard"]),
    st.floats(0, 60),
)


@given(st.lists(HANDS, max_size=30))
def test_whatever_hands_do_only_moves_of_the_table_happen(hands: list[str | float]) -> None:
    bench = Bench()
    todo = {
        "power_on": bench.life.power_on,
        "power_cut": bench.life.power_cut,
        "hang": bench.life.hang,
        "recover": bench.life.recover,
        "restart": lambda: bench.life.restart("hand"),
        "watchdog": lambda: bench.life.restart("hand", orderly=False),
        "soft": lambda: bench.life.factory_default(),
        "hard": lambda: bench.life.factory_default(hard=True),
    }
    for hand in hands:
        bench.advance(hand) if isinstance(hand, float) else todo[hand]()
        assert bench.life.reachable == (bench.life.phase in {Phase.STARTING, Phase.RUNNING, Phase.STOPPING})
        assert bench.device.network.running == bench.life.reachable
        assert bench.life.phase is not Phase.RUNNING or bench.life.activity is Activity.NONE
    for left, entered in bench.moves():
        assert Phase(entered) in NEXT[Phase(left)]
    bench.life.power_cut()
    bench.life.power_on()
    bench.advance(TO_RUN + QUIRKS.default_extra_seconds)
    assert bench.life.ready, "a power cycle brings back any device whose firmware is good"


def test_the_table_knows_every_phase() -> None:
    assert set(NEXT) == set(Phase)
