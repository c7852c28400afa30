"""Commands of the call service about calls (audio sheet 8.4). There is none to answer, reject or hold one.

An operator may use them [guess]; all others are for administrators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.call import CallState
from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.parameter import Level
from simulator.face.vapix.call_command import Asked, Command, Json

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.device.call import Call


def call(asked: Asked) -> Json:
    """Begin a call; the answer does not wait for the far end."""
    account = asked.get("SIPAccountId")
    account_id = asked.id("SIPAccountId") if account else None
    return {"CallId": asked.service.calls.place(asked.text("To").strip(), account_id).id}


def terminate_call(asked: Asked) -> Json:
    """End a call, whatever it is doing; a dead one is not found."""
    _named(asked, alive=True).hang_up()
    return {}


def get_call_status(asked: Asked) -> Json:
    return {"CallStatus": _status(asked, _named(asked))}


def get_call_statuses(asked: Asked) -> Json:
    """Those that are named and known, or all: calls in progress and the last ones that ended."""
    wanted = asked.ids("CallId")
    return {"CallStatus": [_status(asked, one) for one in asked.service.calls if not wanted or one.id in wanted]}


def _named(asked: Asked, *, alive: bool = False) -> Call:
    found = asked.service.calls.get(asked.text("CallId"))
    if found is None or (alive and found.over):
        raise CallServiceRefused(Fault.NOT_FOUND, "there is no such call")
    return found


def _status(asked: Asked, one: Call) -> Json:
    ringing = one.state is CallState.RINGING
    status: Json = {
        "CallId": one.id,
        "Source": asked.service.quirks.source,
        "CallState": asked.service.quirks.ringing_status if ringing else one.state.value,
        "CallStateReason": "" if one.reason is None else one.reason.value,
        "StartTime": _moment(one.started_at),
    }
    if one.stopped_at is not None:
        status["StopTime"] = _moment(one.stopped_at)
    return {
        **status,
        "Direction": one.direction,
        "DeviceURI": one.local,
        "RemoteURI": one.remote,
        "CallType": one.kind,
        "AudioCodec": one.codec,
        "VideoCodec": "",
        "SIPAccountId": one.account_id,
    }


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


CALL_COMMANDS: Final[dict[str, Command]] = {
    "Call": Command(call, Level.OPERATOR),
    "TerminateCall": Command(terminate_call, Level.OPERATOR),
    "GetCallStatus": Command(get_call_status, Level.OPERATOR),
    "GetCallStatuses": Command(get_call_statuses, Level.OPERATOR),
}
