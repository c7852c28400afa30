"""How a specification sets a speaker up for SIP: as its installer would, through the call service's own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.device.audio_codec import chosen_codecs
from simulator.device.dtmf import DEFAULT_ID
from simulator.device.sip_account import (
    DISABLE_TCP_SWITCH,
    FACTORY_ID,
    MAX_CALL_DURATION,
    REGISTRATION_INTERVAL,
)
from simulator.errors import FleetError
from simulator.fleet.sip_specification import SITE, RegistrarPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.device.call_service import CallService
    from simulator.device.device import Device
    from simulator.fleet.sip_specification import SipAccountSpecification, SipSpecification

ENCRYPTION: Final = {"none": "None", "best_effort": "SRTPBestEffort", "mandatory": "SRTPMandatory"}


def set_up_sip(device: Device, chosen: SipSpecification, registrars: Sequence[RegistrarPlace]) -> None:
    """Raises FleetError where the device makes no calls, and for settings that it does not take.

    `registrars` are those of the site, the primary first.
    """
    service = device.call_service
    if service is None:
        raise FleetError(f"{device.name} makes no calls", hint="only a C1410 does")
    service.accounts.put({"Id": FACTORY_ID, "AutoAnswerEnabled": chosen.auto_answer})
    ids = [service.accounts.put(_account(device, account, registrars)) for account in chosen.accounts]
    if ids and not any(account.default for account in chosen.accounts):
        service.accounts.put({"Id": ids[0], "IsDefault": True})
    if not chosen.peer_to_peer:
        service.accounts.remove([FACTORY_ID])
    if not tuple(service.accounts):
        raise FleetError(f"{device.name} has no SIP account", hint="without peer_to_peer it needs accounts")
    _set_dtmf(service, chosen.dtmf)
    if chosen.codecs:
        service.set_codecs(chosen_codecs([{"Name": name} for name in chosen.codecs], service.quirks))
    for name in chosen.attributes:
        if name not in service.quirks.configuration_attributes:
            known = ", ".join(service.quirks.configuration_attributes)
            raise FleetError(f"{device.name} has no SIP attribute {name!r}", hint=f"known: {known}")
    service.configure(_configuration(chosen))


def _configuration(chosen: SipSpecification) -> dict[str, Any]:
    return {
        "SIPEnabled": chosen.enabled,
        "AllowIncomingCalls": chosen.allow_incoming,
        "SIPPort": chosen.port,
        "SIPTLSPort": chosen.tls_port,
        "RTPStartPort": chosen.rtp_start_port,
        "CallingTimeout": chosen.calling_timeout,
        "AnsweringTimeout": chosen.answering_timeout,
        "Attribute": _attributes(chosen.attributes),
    }


def _account(
    device: Device, chosen: SipAccountSpecification, registrars: Sequence[RegistrarPlace]
) -> dict[str, Any]:
    first, second = _registrar(device, chosen.registrar, registrars, 0), None
    if chosen.secondary_registrar:
        second = _registrar(device, chosen.secondary_registrar, registrars, 1)
    attributes = {
        MAX_CALL_DURATION: str(chosen.longest_call) if chosen.longest_call else "",
        REGISTRATION_INTERVAL: "" if chosen.register_every is None else str(chosen.register_every),
        DISABLE_TCP_SWITCH: "" if chosen.tcp_switch else "true",
    }
    return {
        "Name": chosen.name or chosen.user,
        "UserId": chosen.user,
        "Password": chosen.password,
        "AuthenticationId": chosen.authentication_id,
        "CallerId": chosen.caller_id,
        "Registrar": first.address or None,
        "PublicDomain": chosen.domain or first.domain or None,
        "SecondaryRegistrar": None if second is None else second.address,
        "SecondaryPublicDomain": chosen.secondary_domain or (second.domain if second is not None else "") or None,
        "SIPProxies": [{"Server": proxy} for proxy in chosen.proxies],
        "IsDefault": chosen.default,
        "Enabled": chosen.enabled,
        "AutoAnswerEnabled": chosen.auto_answer,
        "Transport": chosen.transport,
        "SIPSEnabled": chosen.sips,
        "MediaEncryption": ENCRYPTION[chosen.media_encryption],
        "Certificate": chosen.certificate or None,
        "VerifyServerCertificate": chosen.verify,
        "Attribute": _attributes({name: value for name, value in attributes.items() if value}),
    }


def _registrar(device: Device, named: str, registrars: Sequence[RegistrarPlace], place: int) -> RegistrarPlace:
    if named != SITE:
        return RegistrarPlace(named)
    if place >= len(registrars):
        which = "secondary registrar" if place else "registrar"
        raise FleetError(f"{device.name} is to register at the site, which has no {which}")
    return registrars[place]


def _set_dtmf(service: CallService, sequences: dict[str, str]) -> None:
    triggers = []
    for sequence, name in sequences.items():
        event = service.dtmf.set_event({"Name": name})
        triggers.append(service.dtmf.set_trigger({"DTMFSequence": sequence, "DTMFEventId": event}))
    if triggers:
        service.dtmf.set_configuration({"Id": DEFAULT_ID, "DTMFTriggerId": triggers})


def _attributes(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]
