"""How a specification switches a speaker's SIP on: as its installer would, by the settings of the call service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.call_setting import CallServiceRefused
from simulator.device.sip_setting import FAILBACK_TIMEOUT, MAX_RETRANSMISSIONS
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.device.device import Device
    from simulator.fleet.telephony_specification import SipSpecification
    from simulator.site.sip.phone import RegistrarAt


def switch_on(device: Device, chosen: SipSpecification, registrars: Sequence[RegistrarAt]) -> None:
    """Raises FleetError where the device makes no calls, or a setting does not do.

    Its default account registers at these registrars, the second one being the secondary; without any it is called
    by address.
    """
    service = device.call_service
    if service is None:
        raise FleetError(f"{device.name} makes no calls", hint="only a speaker has SIP")
    default = service.accounts.default
    account = {
        **({} if default is None else {"Id": default.id}),
        "Name": device.name,
        "UserId": chosen.user or device.name,
        "AuthenticationId": chosen.login,
        "Password": chosen.password,
        "AutoAnswerEnabled": chosen.auto_answer,
        "Transport": chosen.transport,
        **_registrars(registrars if chosen.registers else ()),
    }
    try:
        service.accounts.put(account)
        service.configure(_configuration(chosen))
    except CallServiceRefused as refused:
        raise FleetError(f"{device.name}: {refused}") from None


def _registrars(registrars: Sequence[RegistrarAt]) -> dict[str, str]:
    found = {}
    for at, kind in zip(registrars, ("", "Secondary"), strict=False):
        found[f"{kind}Registrar"] = f"{at.host}:{at.port}"
        found[f"{kind}PublicDomain"] = at.domain_and_port
    return found


def _configuration(chosen: SipSpecification) -> dict[str, Any]:
    attributes = {MAX_RETRANSMISSIONS: chosen.attempts, FAILBACK_TIMEOUT: chosen.failback}
    return {
        "SIPEnabled": True,
        "AllowIncomingCalls": chosen.incoming,
        "CallingTimeout": chosen.calling_timeout,
        "AnsweringTimeout": chosen.answering_timeout,
        "Attribute": [
            {"Name": name, "Value": str(value)} for name, value in attributes.items() if value is not None
        ],
    }
