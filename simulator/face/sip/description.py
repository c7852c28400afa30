"""What a call's session descriptions say: the device's settings as an offer, and what was agreed as RTP (sheet 12, 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.sip_setting import AUDIO_DIRECTION
from simulator.wire.rtp.negotiated import Negotiated
from simulator.wire.rtp.srtp import Keys
from simulator.wire.sip.agreement import AudioSettings, Encryption, LocalMedia
from simulator.wire.sip.audio_format import G722, L16_8000, L16_16000, OPUS, PCMA, PCMU, AudioFormat
from simulator.wire.sip.offer_answer import Negotiation
from simulator.wire.sip.sdp import Direction, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.device.call_service import CallService
    from simulator.device.sip_account import SipAccount
    from simulator.device.sip_agent_quirks import SipAgentQuirks
    from simulator.face.sip.way import Media
    from simulator.wire.sip.agreement import Agreed

FORMATS: dict[str, AudioFormat] = {
    "PCMU": PCMU,
    "PCMA": PCMA,
    "G722": G722,
    "opus": OPUS,
    "L16/8000": L16_8000,
    "L16/16000": L16_16000,
}
"""By the names of the call service; a codec of another name is in no offer."""
_NTP_OF_1970 = 2_208_988_800
"""Seconds from the beginning of 1900, which `o=` counts from as pjmedia writes it."""


def audio_settings(service: CallService, account: SipAccount, quirks: SipAgentQuirks) -> AudioSettings:
    """What the device is ready for in calls of this account."""
    configuration = service.configuration
    dtmf = service.dtmf.configuration(account.dtmf_configuration_id)
    by_rtp = dtmf is None or dtmf.rfc2833
    return AudioSettings(
        formats=tuple(FORMATS[codec.name] for codec in service.settings.codecs if codec.name in FORMATS),
        own_order=quirks.own_codec_order,
        direction=Direction(configuration.attribute_value(AUDIO_DIRECTION, service.quirks)),
        encryption=Encryption(service.accounts.media_encryption(account)),
        event_payload_type=configuration.dtmf_payload_type(service.quirks) if by_rtp else None,
        session_name=quirks.session_name,
    )


def negotiation_of(
    settings: AudioSettings, media: Media, moment: datetime, random_bytes: Callable[[int], bytes]
) -> Negotiation:
    """Offers and answers of a call whose media ports are open."""
    return Negotiation(settings, local_media(media, int(moment.timestamp()) + _NTP_OF_1970), random_bytes)


def described(negotiation: Negotiation, offer: bytes) -> bytes:
    """Our answer to an offer, or our own full offer where there is none.

    Raises MalformedMessage or NotAcceptable, both ClientViolation.
    """
    if not offer:
        return negotiation.offer().encode()
    return negotiation.answer(parse(offer))[0].encode()


def local_media(media: Media, session_id: int) -> LocalMedia:
    """Where a call receives."""
    return LocalMedia(
        media.address, media.port, session_id, ssrc=media.ssrc, cname=media.cname, rtcp_port=media.rtcp_port
    )


def agreed_media(agreed: Agreed) -> Negotiated:
    """What the media follow."""
    keys = None
    if agreed.local_crypto is not None and agreed.remote_crypto is not None:
        keys = Keys(agreed.local_crypto.suite, agreed.local_crypto.key, agreed.remote_crypto.key)
    return Negotiated(
        codec=str(agreed.format),
        payload_type=agreed.payload_type,
        remote=(agreed.address, agreed.port),
        remote_rtcp=(agreed.address, agreed.rtcp_port),
        ptime=agreed.ptime,
        direction=agreed.direction.value,
        digits_type=agreed.event_payload_type,
        also={number: str(form) for number, form in agreed.receives.items() if number != agreed.payload_type},
        keys=keys,
        rtcp_mux=agreed.rtcp_mux,
    )


def codec_name(agreed: Agreed) -> str:
    """The format in the words of the call service."""
    return next((name for name, form in FORMATS.items() if form.is_same(agreed.format)), agreed.format.name)
