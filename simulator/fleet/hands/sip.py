"""Hands on a speaker's SIP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.face.sip.fault import SipFault
from simulator.wire.rtp.fault import RtpFault
from simulator.wire.sip.misbehaviour import Scripted

if TYPE_CHECKING:
    from simulator.action.sip import Sip
    from simulator.fleet.bench import Bench


def sip(bench: Bench, action: Sip) -> None:
    """Raises FleetError for a device that makes no calls."""
    hosts = bench.targets(action.device)
    for host in hosts:
        if host.device.call_service is None:
            raise FleetError(f"{host.name} makes no calls", hint="only a C1410 does")
    for host in hosts:
        fault, faults = _made(action), host.sip.face.faults
        faults.begin(fault)
        if action.for_ is not None:
            bench.clock.call_later(action.for_, partial(faults.end, fault))


def _made(action: Sip) -> SipFault:
    match action.do:
        case "answer" | "silent":
            headers = () if action.retry_after is None else (("Retry-After", str(action.retry_after)),)
            answer = Scripted(action.status, headers=headers, delay=action.delay or 0.0, times=action.count)
            return SipFault(action.do, action.method, answer=answer)
        case "slow":
            return SipFault(action.do, delay=action.delay or 0.0)
        case "omit":
            return SipFault(action.do, action.method, omits=True)
    return SipFault(action.do, rtp=_rtp(action))


def _rtp(action: Sip) -> RtpFault:
    match action.do:
        case "rtp-stop":
            return RtpFault(stop=True)
        case "rtp-one-way":
            return RtpFault(one_way=True)
        case "rtp-loss":
            return RtpFault(loss=action.chance or 0.0)
        case "rtp-jitter":
            return RtpFault(jitter=action.delay or 0.0)
        case "rtp-type":
            return RtpFault(payload_type=action.type)
        case "rtp-ssrc":
            return RtpFault(new_ssrc=True)
    return RtpFault(drift=float(action.drift or 0))
