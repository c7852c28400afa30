"""The device's idea of the time: its clock, its time zone and where it takes both from.

A zone set by hand goes before the one a DHCP server offers, and that before the factory's `UTC0`. By hand it is an
IANA name or a POSIX string, and setting one clears the other (core sheet 3.2). The POSIX string and its daylight
saving switch are the parameters `Time.POSIXTimeZone` and `Time.DST.Enabled`; the IANA name has no parameter that
anybody sees.
"""

from __future__ import annotations

import io
import re
import struct
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from simulator.device.parameter import Definition, Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

POSIX_ZONE = "Time.POSIXTimeZone"
DAYLIGHT_SAVING = "Time.DST.Enabled"
SYNC_SOURCE = "Time.SyncSource"
MANUAL_ZONE = "Time.Internal.ManualZone"

LATEST_YEAR = 2069
"""`maxYearSupported` of `time.cgi`."""
_EARLIEST_YEAR = 1970

_BY_POSIX = "posix"
"""Value of `MANUAL_ZONE` that points at `Time.POSIXTimeZone`; other values are IANA names, empty is none."""

_STANDARD_PART = re.compile(r"(?:<[A-Za-z0-9+-]{3,10}>|[A-Za-z]{3,10})[+-]?\d{1,2}(?::\d\d){0,2}", re.ASCII)
_WITH_RULES = re.compile(r"[A-Za-z0-9<>+:,./-]{4,80}", re.ASCII)
_USUAL_RULES = ",M3.2.0,M11.1.0"
"""What the C library takes for a daylight saving zone without rules."""


class TimeSetting:
    """Clock and time zone of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._offset = timedelta()
        self._listeners: tuple[Callable[[], None], ...] = ()
        hidden = frozenset({"int", "hid"})
        device.parameters.define(Definition(MANUAL_ZONE, "", "7777", longest=64, flags=hidden))
        device.parameters.on_change(POSIX_ZONE, self._posix_written)

    def utc(self) -> datetime:
        """The device's date and time, UTC: the fleet's clock plus what somebody set this device's clock off by."""
        return self.at(self._device.world.clock.now())

    def at(self, seconds: float) -> datetime:
        """What this device's clock, as it is set now, says of a moment of device time, UTC."""
        return self._device.world.clock.epoch + timedelta(seconds=seconds) + self._offset

    def local(self) -> datetime:
        """The same in the active time zone, for log stamps and `localDateTime`."""
        return self.utc().astimezone(self.zone)

    def set_clock(self, moment: datetime) -> None:
        """Set the clock (`setDateTime`); it runs on over restarts and resets.

        Raises Refused outside the years 1970 to 2069.
        """
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not _EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise Refused(f"the clock takes the years {_EARLIEST_YEAR} to {LATEST_YEAR}")
        self._offset = moment - self._device.world.clock.wall()
        self._device.note(Kind.STATE, "clock set", utc=moment.isoformat())
        self._changed()

    @property
    def offset(self) -> timedelta:
        """How far the clock was set off that of the fleet."""
        return self._offset

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after the clock was set or the zone may have changed."""
        self._listeners += (listener,)

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    @property
    def sync_source(self) -> str:
        """`NTP`, `PC` or `None`."""
        return self._device.parameters.get(SYNC_SOURCE)

    @property
    def iana(self) -> str:
        """The IANA zone set by hand, or empty."""
        manual = self._device.parameters[MANUAL_ZONE]
        return "" if manual == _BY_POSIX else manual

    @property
    def posix(self) -> str:
        """The POSIX zone, set by hand or the factory's; empty while another rules."""
        return self._device.parameters.get(POSIX_ZONE)

    @property
    def daylight_saving(self) -> bool:
        """Does a POSIX zone change to daylight saving time?"""
        return self._device.parameters.enabled(DAYLIGHT_SAVING)

    @property
    def offered(self) -> str:
        """The zone of the DHCP lease, IANA before POSIX (options 101 and 100); empty without a usable one."""
        lease = self._device.network.current_lease
        for zone in (lease.iana_time_zone, lease.posix_time_zone) if lease is not None else ():
            if zone and _zone_of(zone, daylight_saving=True) is not None:
                return zone
        return ""

    @property
    def offer_used(self) -> bool:
        """`dhcpTimeZoneUtilized`: no zone is set by hand, and the lease has one."""
        return not self._device.parameters[MANUAL_ZONE] and bool(self.offered)

    @property
    def active(self) -> str:
        """Name of the zone that rules: IANA name or POSIX string."""
        return self.iana or (self.offered if self.offer_used else self.posix)

    @property
    def zone(self) -> tzinfo:
        """The zone that rules; UTC where it cannot be understood."""
        daylight_saving = self.daylight_saving or self.active != self.posix
        return _zone_of(self.active, daylight_saving=daylight_saving) or UTC

    def set_iana(self, name: str) -> None:
        """Use an IANA zone (`setTimeZone`); clears a POSIX one. Raises Refused for a name that does not exist."""
        if name not in iana_zones():
            raise Refused(f"no time zone {name[:64]!r}")
        self._device.parameters.put(POSIX_ZONE, "")
        self._device.parameters.put(MANUAL_ZONE, name)
        self._changed()

    def set_posix(self, zone: str, *, daylight_saving: bool) -> None:
        """Use a POSIX zone (`setPosixTimeZone`); clears an IANA one. Raises Refused for text that is none."""
        if posix_zone(zone, daylight_saving=daylight_saving) is None:
            raise Refused(f"no POSIX time zone {zone[:64]!r}")
        self._device.parameters.put(DAYLIGHT_SAVING, "yes" if daylight_saving else "no")
        self._device.parameters.put(POSIX_ZONE, zone)
        self._device.parameters.put(MANUAL_ZONE, _BY_POSIX)
        self._changed()

    def reset_zone(self) -> None:
        """Forget what was set by hand (`resetTimeZone`): DHCP's zone, else the factory's."""
        parameters = self._device.parameters
        parameters.put(POSIX_ZONE, parameters.definition(POSIX_ZONE).default)
        parameters.put(MANUAL_ZONE, "")
        self._changed()

    def _posix_written(self, _name: str, zone: str) -> None:
        """Somebody wrote the parameter, or a reset did: it rules from now on, unless it is the factory's."""
        factory = self._device.parameters.definition(POSIX_ZONE).default
        self._device.parameters.put(MANUAL_ZONE, "" if zone in {"", factory} else _BY_POSIX)
        self._changed()


@cache
def iana_zones() -> frozenset[str]:
    """All IANA names this machine's time zone database knows, and UTC."""
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"}) | {"UTC"}


@lru_cache(maxsize=256)
def posix_zone(text: str, *, daylight_saving: bool) -> tzinfo | None:
    """A POSIX string such as `CET-1CEST,M3.5.0,M10.5.0/3` as a zone, without its summer half if so wished.

    None for text that is no such string (POSIX.1 8.3).
    """
    standard = _STANDARD_PART.match(text)
    if standard is None or not _WITH_RULES.fullmatch(text):
        return None
    candidate = text if daylight_saving else standard[0]
    if candidate != standard[0] and "," not in candidate:
        candidate += _USUAL_RULES
    return _read_posix(candidate)


def _read_posix(text: str) -> tzinfo | None:
    """The standard library reads POSIX strings only at the end of a zone file (RFC 8536 3.3): give it one."""
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    one_type = struct.pack(">lBB", 0, 0, 0) + b"UTC\0"
    data = (header + one_type) * 2 + b"\n" + text.encode("ascii") + b"\n"
    try:
        zone = ZoneInfo.from_file(io.BytesIO(data), key=text)
        for month in (1, 7):
            datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset()  # 24 hours and more raise
    except (ValueError, OverflowError):
        return None
    return zone


def _zone_of(name: str, *, daylight_saving: bool) -> tzinfo | None:
    zone = posix_zone(name, daylight_saving=daylight_saving)
    if zone is None and name in iana_zones():
        return UTC if name == "UTC" else ZoneInfo(name)
    return zone
