"""The device's settings as those of its user agent and of its media (SIP sheet 1, 13 and 23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.sip_setting import CONTACT_REWRITE, VIA_REWRITE
from simulator.wire.rtp.negotiated import MediaSettings
from simulator.wire.sip.settings import Trying

if TYPE_CHECKING:
    from simulator.device.call_service import CallService
    from simulator.device.device import Device
    from simulator.device.sip_agent_quirks import SipAgentQuirks
    from simulator.wire.sip.settings import UserAgentSettings

UNLIMITED = 86_400.0
"""Seconds: the device itself counts how long a call may ring, on its own clock."""


def quirks_of(device: Device) -> SipAgentQuirks:
    """The profile's; only speakers have them."""
    quirks = device.profile.quirks.sip_agent
    assert quirks is not None
    return quirks


def set_agent(settings: UserAgentSettings, device: Device, service: CallService) -> None:
    """Let the user agent be as the device is set. Address and ports are not touched."""
    quirks, configuration = quirks_of(device), service.configuration
    settings.user_agent = quirks.user_agent.format(
        product=device.product.prod_full_name, version=device.firmware.running.version
    )
    settings.denied_status = quirks.denied_status
    settings.busy_status = quirks.busy_status
    settings.no_answer_status = quirks.no_answer_status
    settings.reject_status = quirks.rejected_status
    settings.trying = Trying(quirks.trying)
    settings.sips_only_over_tls = quirks.sips_only_over_tls
    settings.contact_parameters = quirks.contact_parameters
    settings.session_expires, settings.min_se = quirks.session_expires, quirks.min_se
    settings.register_retry = quirks.register_retry
    settings.register_retry_spread = quirks.register_retry_spread
    settings.refresh_lead = quirks.refresh_lead
    settings.unregister_wait = quirks.unregister_wait
    settings.service_route = quirks.service_route
    settings.udp_keepalive, settings.stream_keepalive = quirks.udp_keepalive, quirks.stream_keepalive
    settings.stream_pong = quirks.stream_pong
    settings.max_calls = 0  # the device decides: `Calls.incoming`
    settings.ringing_limit = 0
    settings.calling_timeout = UNLIMITED
    settings.via_rewrite = configuration.attribute_value(VIA_REWRITE, service.quirks) == "true"
    settings.contact_rewrite = configuration.attribute_value(CONTACT_REWRITE, service.quirks) == "true"
    settings.size_limit = quirks.switch_size if _switches(service) else 0
    settings.allow_mwi = any(account.allow_mwi for account in service.accounts if account.enabled)


def media_settings(quirks: SipAgentQuirks) -> MediaSettings:
    """How the device handles RTP."""
    return MediaSettings(
        port_policy=quirks.rtp_ports,
        latch=quirks.rtp_latch,
        rtcp_interval=quirks.rtcp_interval,
        timeout=quirks.rtp_timeout or None,
    )


def _switches(service: CallService) -> bool:
    """DisableTCPSwitch is an account's, the limit the stack's: one account that disables it does so for all [guess]."""
    return all(account.tcp_switch(service.quirks) for account in service.accounts if account.enabled)
