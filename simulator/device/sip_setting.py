"""The SIP configuration of a speaker: SIPConfiguration of the call service (audio sheet 8.2; C1410 manual, SIP).

Off from the factory, and without incoming calls when it is switched on. Times are seconds. Names and defaults of the
attributes, which stand for the settings under "Additional" and "Call handling" of the web page, are guesses of the
profile (`quirks.yaml`, `sip`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from simulator.device.call_setting import (
    Attribute,
    AttributeInfo,
    CallServiceRefused,
    Fault,
    Flag,
    Number,
    Port,
    Setting,
    Text,
    Word,
    read,
    with_known_attributes,
)

if TYPE_CHECKING:
    from simulator.device.sip_quirks import SipQuirks

LONGEST_CALLING = 600
"""Seconds of CallingTimeout and of AnsweringTimeout at most (C1410 manual: "max 10 min")."""
MOST_ENTRIES = 100
"""Entries of a list: what the API recommends for entities (audio sheet 8.1)."""

VIA_REWRITE = "AllowViaRewrite"
CONTACT_REWRITE = "AllowContactRewrite"
DTMF_PAYLOAD_TYPE = "DTMFPayloadType"
MAX_RETRANSMISSIONS = "MaxRetransmissions"
FAILBACK_TIMEOUT = "FailbackTimeout"
AUDIO_DIRECTION = "AudioDirection"
"""sendrecv, sendonly (only from the device) or recvonly (only to it: "speak to site")."""

_PORT = re.compile(r"(?<=[^:]):[0-9]*$")


class StunServer(Setting):
    """`host` or `host:port`."""

    server: Text = Field(min_length=1)


class TurnServer(Setting):
    """A relay and the login for it."""

    server: Text = Field(min_length=1)
    username: Text = ""
    password: Text = Field(default="", repr=False)


class SipConfiguration(Setting):
    """SIPConfiguration. A field's JSON name is its capitalised form: `rtp_start_port` is RTPStartPort."""

    sip_enabled: Flag = False
    allow_incoming_calls: Flag = False
    sip_port: Port = 5060
    """UDP and TCP."""
    sip_tls_port: Port = 5061
    rtp_start_port: Port = 4000
    """First RTP port of calls; RTSP media have another."""
    calling_timeout: Annotated[Number, Field(ge=1, le=LONGEST_CALLING)] = 60
    """An outgoing call that nobody answers for so long ends with NoAnswer."""
    answering_timeout: Annotated[Number, Field(ge=1, le=LONGEST_CALLING)] = 60
    """"Incoming call duration" of the web page [inferred]: how long an incoming call rings."""
    stun_enabled: Flag = False
    stun_servers: tuple[StunServer, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    turn_enabled: Flag = False
    turn_servers: tuple[TurnServer, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    ice_enabled: Flag = False
    apply_user_authentication: Flag = False
    """For future use; nothing follows from it."""
    allowed_users: tuple[Text, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    apply_allowed_uris: Flag = Field(default=False)
    """Deprecated, still returned; nothing follows from it."""
    allowed_uris: tuple[Text, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    apply_access_list: Flag | None = None
    """None on real devices until it is set; then the access list decides who may call."""
    access_list: tuple[Text, ...] | None = Field(default=None, max_length=MOST_ENTRIES, strict=False)
    access_list_policy: Annotated[Literal["Allow", "Block"] | None, Word] = None
    """Allow: only who is on the list; Block: all but those. None is Allow."""
    attribute: tuple[Attribute, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)

    def as_json(self) -> dict[str, Any]:
        """Without the members of the access list while they were never set (live devices lack them)."""
        shown = super().as_json()
        return {name: value for name, value in shown.items() if value is not None}

    def attribute_value(self, name: str, quirks: SipQuirks) -> str:
        """Value of an attribute, or its default."""
        found = next((one.value for one in self.attribute if one.name == name), None)
        return quirks.configuration_attributes[name].default if found is None else found

    def dtmf_payload_type(self, quirks: SipQuirks) -> int:
        """Payload type of telephone-event in the device's offers."""
        return int(self.attribute_value(DTMF_PAYLOAD_TYPE, quirks))

    def admits(self, caller: str) -> bool:
        """Whether the access list lets a caller's SIP URI in: `user@host`, or `host` alone (SIP sheet 19)."""
        if not self.apply_access_list:
            return True
        listed = _address(caller)
        host = listed.rpartition("@")[2]
        found = any(_address(one) in (listed, host) for one in self.access_list or ())
        return found is (self.access_list_policy != "Block")


def _address(uri: str) -> str:
    """`sip:Bob@HOST:5060;transport=udp` -> `Bob@host`; the user part keeps its case (RFC 3261, 19.1.4)."""
    bare = uri.strip().strip("<>")
    scheme, colon, rest = bare.partition(":")
    if colon and scheme.lower() in ("sip", "sips"):
        bare = rest
    bare = bare.partition(";")[0].partition("?")[0]
    user, at, host = bare.rpartition("@")
    name = _PORT.sub("", host).lower()
    return f"{user}{at}{name}"


def configured(
    sent: object, present: SipConfiguration, quirks: SipQuirks, *, keep_current: bool = True
) -> SipConfiguration:
    """The configuration after SetSIPConfiguration. Raises CallServiceRefused.

    Unnamed values stay with `keep_current`, else they get their defaults. Unknown attributes are ignored.
    """
    wanted = read(SipConfiguration, sent, base=present if keep_current else None)
    attributes = with_known_attributes(wanted.attribute, quirks.configuration_attributes)
    if wanted.sip_port == wanted.sip_tls_port:
        raise CallServiceRefused(Fault.INVALID, "SIPPort and SIPTLSPort are the same")
    return wanted.model_copy(update={"attribute": attributes})


FACTORY = SipConfiguration()
"""Shared by all speakers."""


def attribute_list(known: dict[str, AttributeInfo]) -> list[dict[str, Any]]:
    """AttributeInfo of the `GetSupported...` commands."""
    return [info.as_json() for info in known.values()]
