"""Clock and time zone: what is set by hand, what DHCP offers, and which of them rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.lease import Lease
from simulator.device.parameter import Refused, Survival
from simulator.device.profile import load_profile
from simulator.device.time_setting import POSIX_ZONE, iana_zones, posix_zone
from simulator.device.world import World
from simulator.journal import Journal

CENTRAL_EUROPE = "CET-1CEST,M3.5.0,M10.5.0/3"
SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def made() -> Device:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock))
    return Device("io-1", 1, load_profile("A9210", "12.9"), world, lambda address: address)


def offset(device: Device, moment: datetime) -> float:
    device.time.set_clock(moment)
    shift = device.time.local().utcoffset()
    assert shift is not None
    return shift.total_seconds() / 3600


def offer(device: Device, **zones: str) -> None:
    device.network.current_lease = Lease("192.168.0.77", **zones)


def test_factory_state_is_utc() -> None:
    device = made()
    assert (device.time.active, device.time.iana, device.time.posix) == ("UTC0", "", "UTC0")
    assert (offset(device, SUMMER), device.time.sync_source) == (0, "NTP")
    assert device.time.daylight_saving


def test_the_clock_is_the_fleets_until_somebody_sets_it() -> None:
    device = made()
    assert device.time.utc() == device.world.clock.wall()
    device.time.set_clock(datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC))
    device.world.clock.step_to(60)
    assert device.time.utc() == datetime(2030, 5, 6, 7, 9, 9, tzinfo=UTC)


@pytest.mark.parametrize("year", [1969, 2070])
def test_years_outside_the_clock_are_refused(year: int) -> None:
    device = made()
    with pytest.raises(Refused, match="1970 to 2069"):
        device.time.set_clock(datetime(year, 1, 1, tzinfo=UTC))
    assert device.time.utc() == device.world.clock.wall()


@pytest.mark.parametrize(
    ("zone", "daylight_saving", "winter", "summer"),
    [
        ("UTC0", True, 0, 0),
        (CENTRAL_EUROPE, True, 1, 2),
        (CENTRAL_EUROPE, False, 1, 1),
        ("EST5EDT,M3.2.0,M11.1.0", True, -5, -4),
        ("EST5EDT", True, -5, -4),
        ("EST5EDT", False, -5, -5),
        ("<+03>-3", True, 3, 3),
        ("NST3:30NDT,M3.2.0,M11.1.0", True, -3.5, -2.5),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", True, 11, 10),
    ],
)
def test_posix_zones(zone: str, daylight_saving: bool, winter: float, summer: float) -> None:
    device = made()
    device.time.set_posix(zone, daylight_saving=daylight_saving)
    assert (offset(device, WINTER), offset(device, SUMMER)) == (winter, summer)
    assert device.parameters[POSIX_ZONE] == device.time.active == zone


@pytest.mark.parametrize(
    "zone", ["", "CET", "-1", "CET-99", "AAA24", "CET-1CEST,M13.5.0,M10.5.0", "UTC0\n", "\0", "x" * 100]
)
def test_what_is_no_posix_zone_is_refused(zone: str) -> None:
    device = made()
    with pytest.raises(Refused):
        device.time.set_posix(zone, daylight_saving=True)
    assert device.time.active == "UTC0"


def test_iana_and_posix_clear_each_other() -> None:
    device = made()
    device.time.set_posix(CENTRAL_EUROPE, daylight_saving=True)
    device.time.set_iana("America/New_York")
    assert (device.time.active, device.time.posix) == ("America/New_York", "")
    assert (offset(device, WINTER), offset(device, SUMMER)) == (-5, -4)
    device.time.set_posix(CENTRAL_EUROPE, daylight_saving=False)
    assert (device.time.active, device.time.iana) == (CENTRAL_EUROPE, "")
    assert offset(device, SUMMER) == 1


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "europe/stockholm", "posixrules", "x" * 500]
)
def test_unknown_iana_names_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        made().time.set_iana(name)


def test_daylight_saving_is_no_matter_of_iana_zones() -> None:
    device = made()
    device.time.set_posix(CENTRAL_EUROPE, daylight_saving=False)
    device.time.set_iana("Europe/Stockholm")
    assert offset(device, SUMMER) == 2


def test_writing_the_parameter_is_setting_the_zone() -> None:
    """One state, two doors (core sheet A.4)."""
    device = made()
    device.time.set_iana("Europe/Stockholm")
    device.parameters.write(POSIX_ZONE, "EST5EDT,M3.2.0,M11.1.0")
    assert (device.time.iana, offset(device, SUMMER)) == ("", -4)
    device.parameters.write(POSIX_ZONE, "nonsense")
    assert offset(device, SUMMER) == 0


def test_by_hand_goes_before_dhcp_and_that_before_the_factory() -> None:
    device = made()
    offer(device, posix_time_zone="EST5EDT,M3.2.0,M11.1.0")
    assert (device.time.active, device.time.offer_used) == ("EST5EDT,M3.2.0,M11.1.0", True)
    assert offset(device, SUMMER) == -4
    device.time.set_iana("Europe/Stockholm")
    assert (device.time.active, device.time.offer_used) == ("Europe/Stockholm", False)
    assert device.time.offered == "EST5EDT,M3.2.0,M11.1.0"
    device.time.reset_zone()
    assert device.time.offer_used
    device.network.current_lease = None
    assert (device.time.active, device.time.offered) == ("UTC0", "")


def test_dhcp_prefers_iana_and_nonsense_is_passed_over() -> None:
    """Manual, Time zone: "the device prefers IANA time zones over POSIX"."""
    device = made()
    offer(device, iana_time_zone="Europe/Stockholm", posix_time_zone="EST5EDT")
    assert device.time.offered == "Europe/Stockholm"
    offer(device, iana_time_zone="Mars/Olympus", posix_time_zone="EST5EDT")
    assert device.time.offered == "EST5EDT"
    offer(device, iana_time_zone="Mars/Olympus", posix_time_zone="\x00")
    assert (device.time.offered, device.time.offer_used) == ("", False)


@pytest.mark.parametrize("by_hand", ["iana", "posix"])
def test_a_zone_outlives_a_restart_and_not_a_default(by_hand: str) -> None:
    device = made()
    if by_hand == "iana":
        device.time.set_iana("Europe/Stockholm")
    else:
        device.time.set_posix(CENTRAL_EUROPE, daylight_saving=True)
    device.parameters.reset(frozenset({Survival.RESTART, Survival.RESTORE, Survival.ALWAYS}))
    assert offset(device, SUMMER) == 2
    device.parameters.reset(frozenset({Survival.ALWAYS}))
    assert (device.time.active, device.time.iana) == ("UTC0", "")


def test_a_zone_set_by_hand_comes_back_with_a_rollback() -> None:
    device = made()
    device.time.set_iana("Europe/Stockholm")
    saved = device.parameters.snapshot()
    device.parameters.reset(frozenset({Survival.ALWAYS}))
    device.parameters.restore(saved)
    assert (device.time.active, device.time.posix) == ("Europe/Stockholm", "")


def test_the_list_of_zones_has_what_integrators_pick() -> None:
    assert {"UTC", "Europe/Stockholm", "Europe/Prague", "America/New_York"} <= iana_zones()
    assert not {"localtime", "posixrules", "Factory"} & iana_zones()


@pytest.mark.fuzz
@given(
    st.text() | st.from_regex(r"[A-Z]{3}[+-]?\d{1,2}([A-Z]{3}(,[JM0-9./]{1,8}){2})?", fullmatch=True),
    st.booleans(),
)
def test_any_text_is_a_zone_or_none(text: str, daylight_saving: bool) -> None:
    zone = posix_zone(text, daylight_saving=daylight_saving)
    if zone is not None:
        for day in range(0, 366, 61):
            shift = (WINTER + timedelta(days=day)).astimezone(zone).utcoffset()
            assert shift is not None
            assert abs(shift) < timedelta(days=1)
