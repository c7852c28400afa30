"""The multicast groups that a speaker listens to, while its controller is on and the device runs (audio sheet 7.1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.journal import Kind
from simulator.wire.rtp.negotiated import MediaSettings, Playout

if TYPE_CHECKING:
    from simulator.device.multicast import MulticastController, MulticastSource
    from simulator.fleet.host import Host
    from simulator.fleet.premises import Premises
    from simulator.net.media.group import GroupSession

_Wanted = tuple[str, str, int, str, str, str]
"""Own address, group, port, codec, key and latency profile: what a socket is made from."""


class MulticastService:
    """One socket for each source of one speaker; none on other products, and none while the controller is off."""

    def __init__(self, host: Host, premises: Premises) -> None:
        self._device = host.device
        self._premises = premises
        self._groups: dict[str, tuple[_Wanted, GroupSession]] = {}
        if host.device.multicast is not None:
            host.device.multicast.on_change(self.refresh)

    @property
    def joined(self) -> tuple[str, ...]:
        """Ids of the sources whose groups are joined."""
        return tuple(self._groups)

    @property
    def refused(self) -> int:
        """Packets that a source's key did not open."""
        return sum(session.statistics.unauthenticated for _, session in self._groups.values())

    def refresh(self) -> None:
        """Join and leave so that it fits the device; what fits stays."""
        controller = self._device.multicast
        if controller is None or (not self._groups and not controller.enabled):
            return
        wanted = self._wanted(controller)
        for gone in [name for name, (place, _) in self._groups.items() if wanted.get(name) != place]:
            self._leave(gone)
        for source in controller.sources:
            if source.id in wanted and source.id not in self._groups:
                self._join(controller, source, wanted[source.id])

    def close(self) -> None:
        """The device is down, or the fleet ends."""
        for source in tuple(self._groups):
            self._leave(source)

    def _wanted(self, controller: MulticastController) -> dict[str, _Wanted]:
        address = self._device.network.primary
        if not controller.enabled or address is None or not self._device.lifecycle.reachable:
            return {}
        codec = controller.codec
        return {
            source.id: (address, source.address, source.port, codec, source.srtp_key, source.profile)
            for source in controller.sources
        }

    def _join(self, controller: MulticastController, source: MulticastSource, wanted: _Wanted) -> None:
        address, group, port, codec, key, profile = wanted
        target = controller.quirks.profiles[profile]
        try:
            session = self._premises.media.join(
                self._device.name,
                address,
                group,
                port,
                codec,
                MediaSettings(playout=Playout(target, min(0.02, target), max(0.2, 2 * target))),
                bytes.fromhex(key) or None,
                controller.quirks.idle_seconds,
            )
        except FleetError as error:
            self._device.note(Kind.STATE, "group not joined", source=source.id, group=group, reason=str(error))
            return
        self._groups[source.id] = (wanted, session)
        session.on_active(partial(self._active, controller, source.id, session))
        self._device.note(Kind.STATE, "group joined", source=source.id, group=group, port=port)

    def _active(self, controller: MulticastController, source: str, session: GroupSession, active: bool) -> None:
        """A page begins or ends."""
        if active:
            controller.began(source, session.heard)
        else:
            controller.ended(source)
            self._device.note(Kind.STATE, "page ended", source=source, packets=session.statistics.received_packets)

    def _leave(self, source: str) -> None:
        _, session = self._groups.pop(source)
        session.leave()
        self._device.note(Kind.STATE, "group left", source=source)
