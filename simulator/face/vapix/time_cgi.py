"""time.cgi: date, time and time zone (core sheet 3.2). Viewers read, operators write.

The zone set by hand goes before DHCP's and that before the factory's; a POSIX zone clears an IANA one and the
other way round. `TimeSetting` knows the rules, the parameters `Time.*` show the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.device.time_setting import LATEST_YEAR, iana_zones
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import PRETTY, Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_A

if TYPE_CHECKING:
    from simulator.device.time_setting import TimeSetting

LONGEST_TEXT = 128


def get_date_time(asked: Invocation) -> Json:
    """Zone members are present as far as they apply: the IANA zone, the POSIX zone, the offer of DHCP."""
    time = asked.call.device.time
    data: Json = {
        "dateTime": _zulu(time.utc()),
        "localDateTime": time.local().isoformat(timespec="seconds"),
        "maxYearSupported": LATEST_YEAR,
    }
    if time.iana:
        data["timeZone"] = time.iana
    if time.posix:
        data |= {"posixTimeZone": time.posix, "dstEnabled": time.daylight_saving}
    return data | _offer(time)


def _offer(time: TimeSetting) -> Json:
    if not time.offered:
        return {}
    return {"dhcpTimeZone": time.offered, "dhcpTimeZoneUtilized": time.offer_used}


def get_all(asked: Invocation) -> Json:
    """The same and the list of IANA zones."""
    return get_date_time(asked) | {"timeZones": sorted(iana_zones())}


def set_date_time(asked: Invocation) -> Json:
    text = _text(asked, "dateTime")
    try:
        moment = datetime.fromisoformat(text)
        asked.call.device.time.set_clock(moment)
    except (ValueError, OverflowError, Refused):
        raise asked.invalid("dateTime") from None
    return {"dateTime": _zulu(asked.call.device.time.utc())}


def set_time_zone(asked: Invocation) -> Json:
    zone = _text(asked, "timeZone")
    try:
        asked.call.device.time.set_iana(zone)
    except Refused:
        raise asked.invalid("timeZone") from None
    return {"timeZone": zone}


def set_posix_time_zone(asked: Invocation) -> Json:
    zone, daylight_saving = _text(asked, "posixTimeZone"), asked.boolean("enableDst", False)
    try:
        asked.call.device.time.set_posix(zone, daylight_saving=daylight_saving)
    except Refused:
        raise asked.invalid("posixTimeZone") from None
    return {"posixTimeZone": zone, "dstEnabled": daylight_saving}


def reset_time_zone(asked: Invocation) -> Json:
    asked.call.device.time.reset_zone()
    return {"status": "success"}


def _text(asked: Invocation, name: str) -> str:
    text = asked.text(name)
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise asked.invalid(name)
    return text


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


SERVICE = JsonService(
    "time-service",
    FAMILY_A,
    {
        "getDateTimeInfo": Method(get_date_time),
        "getAll": Method(get_all),
        "setDateTime": Method(set_date_time, Level.OPERATOR),
        "setTimeZone": Method(set_time_zone, Level.OPERATOR),
        "setPosixTimeZone": Method(set_posix_time_zone, Level.OPERATOR),
        "resetTimeZone": Method(reset_time_zone, Level.OPERATOR),
    },
    writing=PRETTY,
)

ROUTES = (Route(("/axis-cgi/time.cgi",), SERVICE, methods=("POST",), level=Level.VIEWER, api="time-service"),)
