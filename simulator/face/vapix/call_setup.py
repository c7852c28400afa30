"""Commands of the call service about the service itself: capabilities, SIP configuration, VMS calls, codecs
(audio sheet 8.1, 8.2, 8.6 and 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.audio_codec import AudioCodec, chosen_codecs, factory_codecs, supported_codecs
from simulator.device.call_setting import CallServiceRefused, Fault, read
from simulator.device.sip_setting import attribute_list
from simulator.device.vms_setting import VmsCallConfiguration
from simulator.face.vapix.call_command import Asked, Command, Json

if TYPE_CHECKING:
    from collections.abc import Iterable

_CAPABILITIES: Final = ("SIP", "DTMF", "AudioCodec", "MediaEncryption", "Certificate", "Attribute")


def get_service_capabilities(asked: Asked) -> Json:
    """What there is of the service."""
    return {"Capabilities": dict.fromkeys(_CAPABILITIES, True)}


def get_sip_configuration(asked: Asked) -> Json:
    return {"SIPConfiguration": asked.service.configuration.as_json()}


def set_sip_configuration(asked: Asked) -> Json:
    """Values that are not named stay, or with `KeepCurrent` false get their defaults."""
    asked.service.configure(asked.required("SIPConfiguration"), keep_current=asked.flag("KeepCurrent", True))
    return {}


def get_supported_configuration_attributes(asked: Asked) -> Json:
    return {"AttributeInfo": attribute_list(asked.service.quirks.configuration_attributes)}


def get_vms_configuration(asked: Asked) -> Json:
    return {"VMSCallConfiguration": asked.service.settings.vms.as_json()}


def set_vms_configuration(asked: Asked) -> Json:
    """What is not named stays [guess]."""
    sent, present = asked.required("VMSCallConfiguration"), asked.service.settings.vms
    asked.service.configure_vms(read(VmsCallConfiguration, sent, base=present))
    return {}


def get_default_codecs(asked: Asked) -> Json:
    return _codecs(asked, factory_codecs(asked.service.quirks))


def get_supported_codecs(asked: Asked) -> Json:
    return _codecs(asked, supported_codecs(asked.service.quirks))


def get_codecs(asked: Asked) -> Json:
    return _codecs(asked, asked.service.settings.codecs)


def set_codecs(asked: Asked) -> Json:
    """The first is the preferred one."""
    sent = asked.get("AudioCodec")
    if sent is None:
        raise CallServiceRefused(Fault.MISSING, "AudioCodec is missing")
    asked.service.set_codecs(chosen_codecs(sent, asked.service.quirks))
    return {}


def _codecs(asked: Asked, codecs: Iterable[AudioCodec]) -> Json:
    return {"AudioCodec": [one.shown(asked.service.quirks) for one in codecs]}


SETUP_COMMANDS: Final[dict[str, Command]] = {
    "GetServiceCapabilities": Command(get_service_capabilities),
    "GetSIPConfiguration": Command(get_sip_configuration),
    "SetSIPConfiguration": Command(set_sip_configuration),
    "GetSupportedSIPConfigurationAttributes": Command(get_supported_configuration_attributes),
    "GetVMSCallConfiguration": Command(get_vms_configuration),
    "SetVMSCallConfiguration": Command(set_vms_configuration),
    "GetDefaultAudioCodecs": Command(get_default_codecs),
    "GetSupportedAudioCodecs": Command(get_supported_codecs),
    "GetAudioCodecs": Command(get_codecs),
    "SetAudioCodecs": Command(set_codecs),
}
