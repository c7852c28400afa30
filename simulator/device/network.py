"""The device's network interface: link, IPv4 addresses, names, and what of it the world sees.

States (network sheet 3.2): link down; acquiring; bound to a lease; static; fallback. Which addresses the device
ought to hold follows from its configuration, its lease and its firmware (`_wanted`). Every change goes through one
place, which moves the sockets (`on_address`), mirrors the actual state into the parameters, and only then
publishes Network/Lost, AddressRemoved and AddressAdded: what a device says about a lost address leaves from the
next one.

Timing is not here: the DHCP face says when a lease came or ended and when the time to fall back has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.address_registry import AddressRegistry
from simulator.device.lease import HeldAddress, Lease, broadcast_of
from simulator.device.network_configuration import (
    ADDRESSING,
    INTERNAL_SETTINGS,
    LAST_LEASE,
    NAMING,
    REVERTED,
    read_configuration,
)
from simulator.device.network_mirror import Resolved, mirror, resolve
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device

__all__ = ["HeldAddress", "Lease", "Network"]

LOST = "tns1:Device/tnsaxis:Network/Lost"
ADDED = "tns1:Device/tnsaxis:Network/AddressAdded"
REMOVED = "tns1:Device/tnsaxis:Network/AddressRemoved"
INTERFACE = "eth0"
ORIGIN_TEXTS = {"dhcp": "DHCP", "static": "Static", "linkLocal": "Link local"}
"""Origins as the events write them (io-events sheet 2.2)."""

LEASE, STATIC, LINK_LOCAL = "lease", "static", "linkLocal"
_PREFERENCE = (LEASE, STATIC, LINK_LOCAL)


@dataclass(frozen=True, slots=True)
class _Wish:
    """An address the device ought to hold."""

    real: str
    address: str
    prefix_length: int
    origin: str
    scope: str
    broadcast: str = ""
    insist: bool = False
    """Use it even when somebody else has it (firmware up to 11.11)."""


class Network:
    """The wired interface `eth0` of one device.

    `translate` maps an address as a real network has it to the one this machine can bind.
    """

    def __init__(self, device: Device, translate: Callable[[str], str]) -> None:
        self._device = device
        self._translate = translate
        self._registry: AddressRegistry | None = None
        self.link = True
        """The cable is in and the switch port is up."""
        self.running = False
        """The interface is configured: the device has booted far enough."""
        self.primary: str | None = None
        """Where the sockets are; None while no address answers."""
        self.current_lease: Lease | None = None
        self.falling_back = False
        """DHCP has been silent for as long as the firmware waits."""
        self.conflict = False
        """The configured static address belongs to somebody else."""
        self._held: dict[str, HeldAddress] = {}
        self._mute: set[str] = set()
        self._pending: list[tuple[str, HeldAddress]] = []
        self._interrupted = False
        self._apply_timer: Timer | None = None
        self._address_listeners: list[Callable[[str | None, str | None], None]] = []
        self._link_listeners: list[Callable[[bool], None]] = []
        self._configuration_listeners: list[Callable[[], None]] = []
        self._change_listeners: list[Callable[[], None]] = []
        for definition in INTERNAL_SETTINGS:
            device.parameters.define(definition)
        self.configuration = read_configuration(device.parameters)
        self._unread = False
        """A parameter has changed since the configuration was read."""
        self.resolved = Resolved()
        device.parameters.on_change("", self._parameter_changed)

    # What is

    @property
    def registry(self) -> AddressRegistry:
        """Who answers for addresses on this network. The fleet shares one; a device by itself has its own."""
        if self._registry is None:
            self._registry = AddressRegistry(self._device.world.clock)
        return self._registry

    @registry.setter
    def registry(self, registry: AddressRegistry) -> None:
        self._registry = registry

    @property
    def addresses(self) -> tuple[HeldAddress, ...]:
        """All addresses on the interface, the preferred one first."""
        return tuple(self._held[slot] for slot in _PREFERENCE if slot in self._held)

    @property
    def host_name(self) -> str:
        """The name in use: the DHCP server's if the device takes it, else the configured one."""
        return self.resolved.host_name

    @property
    def legacy(self) -> bool:
        """Firmware up to 11.11: the static address, 192.168.0.90 by default, is there from the start of boot."""
        return self._device.profile.quirks.fallback_address == "legacy"

    @property
    def default_router(self) -> str:
        """The router in use, empty for none."""
        return self.resolved.router

    @property
    def link_local(self) -> HeldAddress | None:
        """The 169.254/16 address, if the device has one."""
        return self._held.get(LINK_LOCAL)

    @property
    def wants_link_local(self) -> bool:
        """Whether the device ought to have a 169.254/16 address now (network sheet 3.2)."""
        mode = self.configuration.link_local
        if not self.running or mode == "off":
            return False
        if mode == "on":
            return True
        return (self.falling_back or self.conflict) and LEASE not in self._held and STATIC not in self._held

    @property
    def last_lease(self) -> str:
        """The address of the last lease, for INIT-REBOOT; empty after a restore or factory default."""
        return self._device.parameters[LAST_LEASE]

    # Who listens

    def on_address(self, listener: Callable[[str | None, str | None], None]) -> None:
        """Call `listener(old, new)` when sockets have to move; before anybody hears of it by an event."""
        self._address_listeners.append(listener)

    def on_link(self, listener: Callable[[bool], None]) -> None:
        """Call `listener(up)` when the cable comes or goes."""
        self._link_listeners.append(listener)

    def on_configuration(self, listener: Callable[[], None]) -> None:
        """Call `listener()` when a new configuration is about to take effect."""
        self._configuration_listeners.append(listener)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after any change of what the interface holds or wants."""
        self._change_listeners.append(listener)

    # The cable

    def plug(self) -> None:
        """The cable goes in."""
        self._set_link(True)

    def unplug(self) -> None:
        """The cable comes out. Addresses stay on the interface; a lease runs on."""
        self._set_link(False)

    def _set_link(self, up: bool) -> None:
        if self.link == up:
            return
        self.link = up
        self._device.note(Kind.STATE, "network.link", up=up)
        for listener in tuple(self._link_listeners):
            listener(up)
        if self.running:
            self._publish_lost()

    # Boot and power-off

    def bring_up(self) -> None:
        """Configure the interface at boot. Static addresses come now, a lease when a server gives one."""
        self.running = True
        self.falling_back = self.conflict = False
        self._read_configuration()
        self._arrange()
        self._publish_lost()

    def take_down(self) -> None:
        """The device stops: no address answers any more, and nobody is told."""
        if self._apply_timer is not None:
            self._apply_timer.cancel()
            self._apply_timer = None
        self.running = False
        if self.current_lease is not None:
            self._device.parameters.put(LAST_LEASE, self.current_lease.address)
            self.current_lease = None
        self._arrange(why="stopped")

    def settled(self, lease: Lease) -> bool:
        """Come up already bound to `lease`, as a device that has been up for days. False on a conflict."""
        self.running = True
        self.falling_back = self.conflict = False
        if self._unread:
            self._read_configuration()
        self.current_lease = lease
        taken = self._take(LEASE, _lease_wish(lease))
        if not taken:
            self.current_lease = None
        self._pending.clear()
        self._commit("settled")
        return taken

    # The lease

    def lease(self, lease: Lease) -> bool:
        """A server gave or renewed a lease. False if somebody else has the address: decline it."""
        if lease.renews(self.current_lease):
            self.current_lease = lease
            self._commit("renewed")
            return True
        holder = self.registry.holder(lease.address)
        if holder not in (None, self._device.name):
            self._device.note(Kind.STATE, "network.conflict", address=lease.address, holder=holder)
            return False
        self.current_lease = lease
        self.falling_back = self.conflict = False
        self._device.parameters.put(LAST_LEASE, lease.address)
        self._arrange(why="leased")
        return True

    def drop_lease(self, reason: str) -> None:
        """The lease is over: expired, refused or given back. The address goes at once."""
        if reason == "nak":
            self._device.parameters.put(LAST_LEASE, "")
        if self.current_lease is None:
            return
        address, self.current_lease = self.current_lease.address, None
        self._interrupted = True
        self._device.note(Kind.STATE, "network.lease_lost", address=address, reason=reason)
        self._arrange(why=reason)

    def fall_back(self) -> None:
        """DHCP has not answered for long enough: use what the configuration offers instead."""
        if self.current_lease is not None or self.falling_back:
            return
        self.falling_back = True
        self._device.note(Kind.STATE, "network.fallback", mode=self._fallback_mode())
        self._arrange(why="fallback")

    def _fallback_mode(self) -> str:
        if self.configuration.static_fallback:
            return "static"
        return "linkLocal" if self.configuration.link_local != "off" else "none"

    # Link-local

    def hold_link_local(self, real: str) -> bool:
        """The probes for a 169.254/16 address went unanswered: use it. False if somebody was faster."""
        address = self._translate(real)
        wish = _Wish(real, address, 16, "linkLocal", "link", broadcast_of(address, 16))
        taken = self._take(LINK_LOCAL, wish)
        self._commit("linkLocal")
        return taken

    def drop_link_local(self, reason: str) -> None:
        """Give the 169.254/16 address up."""
        self._let_go(LINK_LOCAL)
        self._commit(reason)

    def link_local_taken(self, real: str) -> bool:
        """What an ARP probe for `real` would find: whether another host answers."""
        return self.registry.holder(self._translate(real)) not in (None, self._device.name)

    # Configuration

    def _parameter_changed(self, name: str, value: str) -> None:
        """A new address takes effect a moment later: the answer to the request leaves first (core sheet 3.1)."""
        if not self.running:
            self._unread = self._unread or name in ADDRESSING
        elif name in ADDRESSING:
            if self._apply_timer is None:
                delay = self._device.profile.quirks.address_apply_delay
                self._apply_timer = self._device.world.clock.call_later(delay, self._apply)
        elif name in NAMING:
            self._commit("names")

    def _apply(self) -> None:
        self._apply_timer = None
        if not self.running or not self._read_configuration():
            return
        for listener in tuple(self._configuration_listeners):
            listener()
        self.conflict = False
        if not self.configuration.dhcp:
            self.current_lease = None
            self.falling_back = False
        self._arrange(why="configured")

    def _read_configuration(self) -> bool:
        """Take the parameters over, or put back what was in force: the device reverts and only logs it."""
        try:
            fresh = read_configuration(self._device.parameters)
            if not fresh.dhcp or fresh.static_fallback or self.legacy:
                self._translate(fresh.address)
        except (ValueError, FleetError) as error:
            self._device.note(Kind.STATE, "network.reverted", reason=str(error))
            self._revert()
            return False
        self.configuration, self._unread = fresh, False
        return True

    def _revert(self) -> None:
        kept = self.configuration
        mask = HeldAddress(kept.address, kept.prefix_length, "static", "global", kept.address).netmask
        values = ("dhcp" if kept.dhcp else "none", kept.address, mask, kept.router)
        for name, value in zip(REVERTED, values, strict=True):
            if name in self._device.parameters:
                self._device.parameters.put(name, value)
        if self._apply_timer is not None:
            self._apply_timer.cancel()
            self._apply_timer = None

    # One place where addresses change

    def _wanted(self) -> dict[str, _Wish]:
        configuration, lease = self.configuration, self.current_lease
        if not self.running:
            return {}
        if not configuration.dhcp:
            return {STATIC: self._static("global")}
        if lease is not None:
            return {LEASE: _lease_wish(lease)}
        if configuration.static_fallback and self.falling_back:
            return {STATIC: self._static(self._device.profile.quirks.static_fallback_scope)}
        return {STATIC: self._static("global")} if self.legacy else {}

    def _static(self, scope: str) -> _Wish:
        real, length = self.configuration.address, self.configuration.prefix_length
        address = self._translate(real)
        insist = not self._device.profile.quirks.static_conflict_probe
        return _Wish(real, address, length, "static", scope, broadcast_of(address, length), insist)

    def _arrange(self, *, why: str = "") -> None:
        """Give up what is no longer wanted, take what is, then let everybody know."""
        wanted = self._wanted()
        for slot in (LEASE, STATIC):
            held, wish = self._held.get(slot), wanted.get(slot)
            if held is not None and (wish is None or held != _as_held(wish)):
                self._let_go(slot)
        for slot, wish in wanted.items():
            if slot not in self._held and not self._take(slot, wish):
                self.conflict = True
        if LINK_LOCAL in self._held and not self.wants_link_local:
            self._let_go(LINK_LOCAL)
        self._commit(why)

    def _take(self, slot: str, wish: _Wish) -> bool:
        name, held = self._device.name, _as_held(wish)
        alone = self.registry.claim(
            wish.address, name, lambda answers: self._answering(slot, held, answers), insist=wish.insist
        )
        if not alone:
            holder = self.registry.holder(wish.address)
            self._device.note(Kind.STATE, "network.conflict", address=wish.address, holder=holder)
            if not wish.insist:
                return False
            self._mute.add(slot)
        self._held[slot] = held
        self._pending.append((ADDED, held))
        return True

    def _let_go(self, slot: str) -> None:
        held = self._held.pop(slot, None)
        if held is None:
            return
        self._mute.discard(slot)
        self.registry.release(held.address, self._device.name)
        self._pending.append((REMOVED, held))

    def _answering(self, slot: str, held: HeldAddress, answers: bool) -> None:
        """The network begins or ends to believe that this device is the one with the address."""
        if self._held.get(slot) != held:
            return
        if answers:
            self._mute.discard(slot)
        else:
            self._mute.add(slot)
        self._commit("conflict")

    def _commit(self, why: str) -> None:
        """Move the sockets, mirror the state, publish what happened."""
        old = self.primary
        self.primary = next(
            (self._held[s].address for s in _PREFERENCE if s in self._held and s not in self._mute), None
        )
        if self.running:
            self.resolved = resolve(self, self._device.parameters)
            mirror(self._device.parameters, self)
        if old != self.primary:
            self._device.note(Kind.STATE, "network.address", old=old, new=self.primary, why=why)
            for listener in tuple(self._address_listeners):
                listener(old, self.primary)
        self._publish_pending()
        for heard in tuple(self._change_listeners):
            heard()

    # Events

    def _publish_pending(self) -> None:
        pending, self._pending = self._pending, []
        interrupted, self._interrupted = self._interrupted, False
        if not self.running:
            return
        if interrupted:
            self._publish(LOST, lost=True)
        for topic, held in pending:
            self._publish_address(topic, held)
        self._publish_lost()

    def _publish_address(self, topic: str, held: HeldAddress) -> None:
        if topic in self._device.events.catalogue:
            origin = ORIGIN_TEXTS[held.origin]
            self._device.events.publish(topic, {"interface": INTERFACE}, origin=origin, address=held.address)

    def _publish_lost(self) -> None:
        self._publish(LOST, lost=not self.link or self.primary is None)

    def _publish(self, topic: str, *, lost: bool) -> None:
        if topic in self._device.events.catalogue:
            for interface in (INTERFACE, "Any", "All"):
                self._device.events.publish(topic, {"interface": interface}, lost=lost)


def _lease_wish(lease: Lease) -> _Wish:
    broadcast = lease.broadcast or broadcast_of(lease.address, lease.prefix_length)
    return _Wish(lease.address, lease.address, lease.prefix_length, "dhcp", "global", broadcast)


def _as_held(wish: _Wish) -> HeldAddress:
    return HeldAddress(wish.address, wish.prefix_length, wish.origin, wish.scope, wish.real, wish.broadcast)
