"""The call service of a speaker: its settings as one immutable value, and the calls (audio sheet 8).

All doors to the settings come here: `/vapix/call`, the fleet's specification, hands. Settings outlive a restart, go
with a restore or factory default, and come back with a firmware rollback.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from simulator.device import dtmf, sip_setting
from simulator.device.audio_codec import AudioCodec, factory_codecs
from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.calls import Calls
from simulator.device.dtmf import Dtmf, DtmfSettings
from simulator.device.lifecycle import Phase
from simulator.device.sip_account import SipAccount, factory_account
from simulator.device.sip_accounts import SipAccounts
from simulator.device.sip_setting import SipConfiguration, configured
from simulator.device.vms_call import VmsCalls
from simulator.device.vms_setting import VmsCallConfiguration, factory_configuration
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from simulator.device.device import Device
    from simulator.device.sip_quirks import SipQuirks

Part = Literal["stack", "configuration", "accounts", "dtmf", "vms", "codecs"]
"""What a change was about. `stack`: SIP was switched, or has other ports, so that it starts anew."""
_STACK = ("sip_enabled", "sip_port", "sip_tls_port", "rtp_start_port")


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Everything that is set."""

    configuration: SipConfiguration
    accounts: tuple[SipAccount, ...]
    dtmf: DtmfSettings
    vms: VmsCallConfiguration
    codecs: tuple[AudioCodec, ...]
    """In order of priority."""


@lru_cache(maxsize=16)
def factory_settings(quirks: SipQuirks) -> CallSettings:
    """Shared by all speakers of a profile."""
    return CallSettings(
        sip_setting.FACTORY,
        (factory_account(quirks),),
        dtmf.FACTORY,
        factory_configuration(quirks),
        factory_codecs(quirks),
    )


def _differing(before: CallSettings, after: CallSettings) -> Iterator[Part]:
    if before.configuration != after.configuration:
        yield "stack" if _restarts(before.configuration, after.configuration) else "configuration"
    parts: tuple[Part, ...] = ("accounts", "dtmf", "vms", "codecs")
    yield from (part for part in parts if getattr(before, part) != getattr(after, part))


def _restarts(before: SipConfiguration, after: SipConfiguration) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _STACK)


class CallService:
    """Settings and calls of one speaker."""

    __slots__ = ("_listeners", "accounts", "calls", "device", "dtmf", "settings", "vms")

    def __init__(self, device: Device) -> None:
        self.device = device
        self.settings = factory_settings(self.quirks)
        self.accounts = SipAccounts(self)
        self.dtmf = Dtmf(self)
        self.calls = Calls(self)
        self.vms = VmsCalls(self)
        self._listeners: tuple[Callable[[Part], None], ...] = ()
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(lambda _hard: self.reset())

    @property
    def quirks(self) -> SipQuirks:
        """The profile's; only speakers have them."""
        quirks = self.device.profile.quirks.sip
        assert quirks is not None
        return quirks

    @property
    def configuration(self) -> SipConfiguration:
        return self.settings.configuration

    def configure(self, sent: object, *, keep_current: bool = True) -> None:
        """SetSIPConfiguration. Raises CallServiceRefused."""
        before = self.configuration
        after = configured(sent, before, self.quirks, keep_current=keep_current)
        self.change("stack" if _restarts(before, after) else "configuration", configuration=after)

    def configure_vms(self, after: VmsCallConfiguration) -> None:
        """SetVMSCallConfiguration."""
        self.change("vms", vms=after)

    def set_codecs(self, codecs: tuple[AudioCodec, ...]) -> None:
        """SetAudioCodecs."""
        self.change("codecs", codecs=codecs)

    def change(self, part: Part, **values: Any) -> None:
        """Store new values of `CallSettings` and tell everybody; nothing happens where they are the old ones."""
        after = replace(self.settings, **values)
        if after == self.settings:
            return
        if part == "stack":
            self.calls.hang_up_all()
        self.settings = after
        self._tell(part)

    def on_settings(self, listener: Callable[[Part], None]) -> Callable[[], None]:
        """Call `listener(part)` after each change of settings; returns the function that ends it."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def reset(self) -> None:
        """Restore or factory default."""
        self.restore(factory_settings(self.quirks))

    def snapshot(self) -> CallSettings:
        """All settings, as a firmware rollback restores them."""
        return self.settings

    def restore(self, settings: CallSettings) -> None:
        """Make the settings those of `settings`."""
        before, self.settings = self.settings, settings
        for part in _differing(before, settings):
            self._tell(part)

    # ---- what the parts share

    def check_room(self, present: int) -> None:
        """Raises CallServiceRefused where there are so many entities of a type that one more is too many."""
        if present >= self.quirks.most_entities:
            raise CallServiceRefused(Fault.FAILED, f"there are {present} already")

    def free_id(self, prefix: str, taken: Iterable[str]) -> str:
        """`sip_account_1`: the first that is free, counted from 1."""
        ids = set(taken)
        return next(name for n in range(1, len(ids) + 2) if (name := f"{prefix}{n}") not in ids)

    def uri_of(self, account: SipAccount) -> str:
        """`SIPURI`: `sip:6001@example.axis.com`, or from peer to peer `sip:192.168.0.90:5060`."""
        if not account.peer_to_peer:
            return account.address_of_record
        configuration = self.configuration
        port = configuration.sip_tls_port if account.transport == "tls" else configuration.sip_port
        host = self.device.network.primary or "0.0.0.0"
        return f"{account.scheme}:{f'[{host}]' if ':' in host else host}:{port}"

    def publish_states(self) -> None:
        """The event system starts."""
        self.calls.publish_state()

    def _tell(self, part: Part) -> None:
        self.device.note(Kind.STATE, "call settings", changed=part, sip=self.configuration.sip_enabled)
        if part == "stack":
            self.accounts.forget_registrations()
            if self.device.lifecycle.reachable:
                self.calls.publish_state()
        elif part == "vms":
            self.vms.judge()
        for listener in self._listeners:
            listener(part)

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.STOPPING:
            self.calls.hang_up_all()
        elif not self.device.lifecycle.reachable:
            self.calls.forget()
            self.vms.forget()
            self.accounts.forget_registrations()
        if phase is Phase.BOOTING:
            self.accounts.restore_factory_account()
