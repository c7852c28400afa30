"""The three logs: lines as the device writes them, bounded, and each one in the journal."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.log import AUDIT_TOPIC, CAPACITY, LONGEST_MESSAGE
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal, Kind

ENTRY = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d) (?P<host>axis-[0-9a-f]{12}) "
    r"\[ (?P<severity>[A-Z ]{7}) \] (?P<daemon>[\w-]+)\[(?P<pid>\d+)\]: (?P<text>.*)"
)
"""Core sheet 4.6, from the recorded entry."""


def made(*, firmware: str = "12.9", name: str = "io-1", seed: int = 1) -> Device:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(seed), Journal(clock))
    return Device(name, 1, load_profile("A9210", firmware), world, lambda address: address)


def only_line(lines: tuple[str, ...]) -> re.Match[str]:
    assert len(lines) == 1
    match = ENTRY.fullmatch(lines[0])
    assert match is not None, lines[0]
    return match


def test_an_entry_has_the_recorded_form() -> None:
    device = made()
    device.world.clock.step_to(1.25)
    device.logs.system("udhcpc", "INFO", "udhcpc: sending renew to 172.16.4.1")
    entry = only_line(device.logs.system_lines())
    assert datetime.fromisoformat(entry["time"]) == device.world.clock.wall()
    assert entry["time"].endswith("01.250+00:00")
    assert entry["host"] == device.identity.host_name
    assert (entry["severity"], entry["daemon"]) == ("INFO   ", "udhcpc")
    assert entry["text"] == "udhcpc: sending renew to 172.16.4.1"


def test_stamps_are_local_time() -> None:
    device = made()
    device.time.set_posix("EST5EDT", daylight_saving=True)
    device.logs.system("systemd", "NOTICE", "hello")
    assert only_line(device.logs.system_lines())["time"].endswith("-05:00")


def test_every_entry_is_in_the_journal() -> None:
    device = made()
    device.logs.system("systemd", "WARNING", "hello")
    records = [record for record in device.world.journal.since(0) if record.kind is Kind.LOG]
    assert [(r.device, r.what, r.data) for r in records] == [
        ("io-1", "system", {"daemon": "systemd", "severity": "WARNING", "text": "hello"})
    ]


def test_process_ids_are_stable_and_a_daemon_has_one() -> None:
    first, again, other = made(), made(), made(name="io-2")
    for device in (first, again, other):
        for daemon in ("systemd", "udhcpc", "systemd"):
            device.logs.system(daemon, "INFO", "x")
    pids = [[ENTRY.fullmatch(line)["pid"] for line in d.logs.system_lines()] for d in (first, again, other)]  # type: ignore[index]
    assert pids[0] == pids[1] != pids[2]
    assert pids[0][0] == pids[0][2] != pids[0][1]


def test_the_access_log_is_off_in_factory_state() -> None:
    device = made()
    device.logs.access("GET /")
    assert device.logs.access_lines() == ()
    device.parameters.write("System.AccessLog", "On")
    device.logs.access("GET /")
    assert only_line(device.logs.access_lines())["text"] == "GET /"


def test_an_audit_entry_is_an_event_too() -> None:
    device, heard = made(), []
    device.events.listen(heard.append)
    device.logs.audit("fwmgr", "Entity Management", "Upgrade completed (12.9.57).")
    entry = only_line(device.logs.audit_lines())
    assert entry["text"] == "Entity Management: Upgrade completed (12.9.57)."
    assert [(e.topic, dict(e.data)) for e in heard] == [
        (AUDIT_TOPIC, {"class": "Entity Management", "message": "Upgrade completed (12.9.57)."})
    ]


@pytest.mark.parametrize("firmware", ["10.12", "11.11"])
def test_firmwares_before_12_have_no_audit_log(firmware: str) -> None:
    device = made(firmware=firmware)
    device.logs.audit("fwmgr", "Entity Management", "Upgrade completed.")
    assert device.logs.audit_lines() == ()


def test_logs_are_bounded_and_the_oldest_goes_first() -> None:
    device = made()
    for number in range(CAPACITY + 5):
        device.logs.system("systemd", "INFO", f"entry {number}")
    lines = device.logs.system_lines()
    assert len(lines) == CAPACITY
    assert lines[0].endswith("entry 5")


def test_entries_can_be_picked_by_text_and_daemon() -> None:
    device = made()
    device.logs.system("systemd", "INFO", "started udhcpc")
    device.logs.system("udhcpc", "INFO", "lease of 10.0.0.5 obtained")
    assert len(device.logs.system_lines("udhcpc")) == 2
    assert only_line(device.logs.system_lines(daemon="udhcpc"))["text"] == "lease of 10.0.0.5 obtained"
    assert device.logs.system_lines("lease", daemon="systemd") == ()


def test_a_restart_empties_them() -> None:
    device = made()
    device.logs.system("systemd", "INFO", "x")
    device.logs.clear()
    assert device.logs.system_lines() == ()


@pytest.fixture(scope="module")
def one_device() -> Device:
    return made()


@pytest.mark.fuzz
@given(text=st.text())
def test_no_text_forges_a_second_entry(one_device: Device, text: str) -> None:
    one_device.logs.clear()
    one_device.logs.system("httpd", "INFO", text)
    entry = only_line(one_device.logs.system_lines())
    assert len(entry[0].splitlines()) == 1
    entry[0].encode()


def test_long_messages_are_cut() -> None:
    device = made()
    device.logs.system("httpd", "INFO", "x" * 100_000)
    assert only_line(device.logs.system_lines())["text"] == "x" * LONGEST_MESSAGE
