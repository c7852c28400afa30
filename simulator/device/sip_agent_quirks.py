"""How a speaker's SIP user agent behaves where no document says so: the entry `sip_agent` of `quirks.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class SipAgentQuirks(BaseModel):
    """SIP sheet, sections 1, 3, 7 to 10, 13 and 19. Times are wire seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_agent: str
    """User-Agent and Server; `{product}` and `{version}` are the device's. Empty leaves both out."""
    denied_status: int
    """Where incoming calls are not allowed."""
    unlisted_status: int
    """Where the access list refuses the caller."""
    busy_status: int
    no_answer_status: int
    """Where nobody answers an incoming call in time."""
    rejected_status: int
    """Where the device ends a call that still rings."""
    unknown_user_status: int
    """Where no account has the user part of the Request-URI, and none is peer-to-peer."""
    trying: Literal["always", "auto", "never"]
    """When 100 Trying is sent."""
    rings_before_answer: bool
    """An account that answers automatically sends 180 first."""
    answer_delay: float
    """From the INVITE to the 200 of an account that answers automatically."""
    sips_only_over_tls: bool
    """A `sips:` request over UDP or TCP gets 416."""
    contact_parameters: str
    """Behind the URI in Contact; pjsip has `;ob`."""
    session_expires: int
    """Asked for in INVITE; 0 for none."""
    min_se: int
    register_retry: float
    register_retry_spread: float
    refresh_lead: float
    """So long before a registration ends it is renewed."""
    unregister_wait: float
    """For the answer to the last REGISTER, before the sockets are closed."""
    service_route: bool
    """A registrar's Service-Route is followed."""
    udp_keepalive: float
    """Between two CRLF to the registrar; 0 for none."""
    stream_keepalive: float
    stream_pong: bool
    """CRLFCRLF on a stream is answered."""
    stream_idle: float
    """An unused connection is closed after it."""
    most_connections: int
    """TCP and TLS connections at one time."""
    switch_size: int
    """Requests above so many bytes go by TCP, where that is not disabled."""
    address_change: Literal["reinvite", "lose"]
    """Calls when the device gets another address: offered anew from there, or left without media."""
    own_codec_order: bool
    """An answer goes by the device's own order of codecs and not by the offer's."""
    session_name: str
    """`s=` of its session descriptions."""
    rtp_ports: Literal["advance", "reuse_lowest"]
    """Where the next call's ports are looked for."""
    rtp_latch: Literal["after_n", "first", "never"]
    """Whether RTP follows to where the caller's packets come from."""
    rtp_timeout: float
    """Without RTP for so long a call is ended; 0 for never."""
    rtcp_interval: float
