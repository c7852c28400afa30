"""Why a call ended, in the words of the call service (SIP sheet 1: its guess follows the words of the enumeration)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.call import Outcome, Reason
from simulator.wire.sip.event import End

if TYPE_CHECKING:
    from simulator.wire.sip.event import CallEnded

_BY_STATUS: dict[int, Reason | Outcome] = {
    408: Reason.NO_ANSWER,
    480: Reason.NO_ANSWER,
    486: Reason.BUSY,
    600: Reason.BUSY,
    603: Outcome.DECLINED,
}
_BY_END: dict[End, Reason | Outcome] = {
    End.NO_ANSWER: Reason.NO_ANSWER,
    End.CANCELLED: Reason.NO_ANSWER,
    End.PEER_CANCELLED: Outcome.CANCELLED,
}


def reason_of(ended: CallEnded, *, active: bool) -> Reason | Outcome:
    """The reason of the end of a call that was `active`, or was still to be answered.

    Every end of an active call is Terminated; a call that was refused with a status tells by it.
    """
    if active:
        return Reason.TERMINATED
    if ended.end is End.REFUSED:
        return _BY_STATUS.get(ended.status, Reason.FAILED)
    return _BY_END.get(ended.end, Reason.FAILED)
