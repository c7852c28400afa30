"""AXIS A9910 expansion modules as the A9210 knows them: names, addresses, key, firmware, and whether they answer.

What the head does follows the manual ("AXIS A9910") and io-events sheet 1.10; no public API shows modules, so that
clients see them by their ports alone. A module that does not answer leaves its ports as they were last, its
supervised inputs undefined and its relays out of reach; everything else goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from simulator.device.expansion_line import FieldModule, ModuleLine, check_address, is_version
from simulator.device.image_offer import version_numbers
from simulator.device.lifecycle import Phase
from simulator.device.loop import AUXILIARY
from simulator.device.parameter import Refused
from simulator.device.port_plan import PortKind, PortPlan, plan
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.log import Severity
    from simulator.device.terminal import Port

INPUTS_AND_OUTPUTS, RELAYS = 8, 4
FIRST_PORT = 11
PORTS_OF_A_MODULE = INPUTS_AND_OUTPUTS + RELAYS
DAEMON = "expansiond"
_KEY = re.compile(r"[!-~]{8,64}")
_LONGEST_NAME = 64


@cache
def module_ports(address: int) -> tuple[PortPlan, ...]:
    """The ports of the module at an address, shared by all devices: 12 numbers per module in order of addresses.

    I/Os 11+12(k-1) to 18+12(k-1) and relays 19+12(k-1) to 22+12(k-1): measured for the first module, continued by
    guess (io-events sheet 1.1).
    """
    first = FIRST_PORT + PORTS_OF_A_MODULE * (address - 1)
    inputs = [
        plan(first + n, PortKind.CONFIGURABLE, f"A9910 {address}, I/O {n + 1}", AUXILIARY, module=address)
        for n in range(INPUTS_AND_OUTPUTS)
    ]
    relays = [
        plan(first + INPUTS_AND_OUTPUTS + n, PortKind.RELAY, f"A9910 {address}, relay {n + 1}", module=address)
        for n in range(RELAYS)
    ]
    return (*inputs, *relays)


@dataclass(slots=True, eq=False)
class Module:
    """One configured module, as the head's web page lists it."""

    address: int
    name: str
    ports: tuple[Port, ...]
    firmware: str = ""
    """Of the last contact."""
    online: bool = False
    reason: str = ""
    """Why it is offline."""
    watch: Timer | None = None


def _older(version: str, than: str) -> bool:
    return bool(version) and version_numbers(version) < version_numbers(than)


class Expansion:
    """The modules of one A9210. `line` is what hands reach, the rest is what its administrator does."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._listeners: list[Callable[[Module], None]] = []
        self._modules: dict[int, Module] = {}
        self._key = ""
        self.line = ModuleLine(self._line_changed)
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(lambda _hard: self._forget())

    # ---- what it is

    @property
    def modules(self) -> dict[int, Module]:
        """Configured modules by address, in order."""
        return dict(sorted(self._modules.items()))

    @property
    def key_set(self) -> bool:
        """Whether an encryption key is set. It cannot be read back."""
        return bool(self._key)

    @property
    def bundled_firmware(self) -> str:
        """The version that comes with the head's own firmware, for `upgrade`."""
        return self._device.profile.quirks.module_firmware or self._device.firmware.running.version

    def upgradable(self, module: Module) -> bool:
        """Whether the bundled firmware is newer than the module's."""
        return _older(module.firmware, self.bundled_firmware)

    def on_change(self, listener: Callable[[Module], None]) -> None:
        """Hear of each module that was added, went offline, came back, or was removed (then `online` is False)."""
        self._listeners.append(listener)

    # ---- what the administrator does

    def set_key(self, key: str) -> None:
        """Type the encryption key in: 8 to 64 printable characters [guess].

        Raises Refused for another key than the one that is set: changing it needs a factory default.
        """
        if not _KEY.fullmatch(key):
            raise Refused("an encryption key has 8 to 64 printable characters without spaces")
        if self._key not in ("", key):
            raise Refused("the encryption key can be changed after a factory default only")
        self._key = key
        self._device.note(Kind.STATE, "module key set")

    def generate_key(self) -> str:
        """Have a key made, and exported this one time. Raises Refused."""
        stream = self._device.world.chance.stream("device", self._device.name, "module key")
        key = "".join(stream.choice("0123456789abcdef") for _ in range(32))
        self.set_key(key)
        return key

    def add(self, address: int, name: str = "") -> Module:
        """Add the module at an address. One from the box takes the head's key.

        Raises Refused without a key, for an address that is taken, and for a name that is too long; FleetError for
        an address that there is not.
        """
        check_address(address)
        if not self._key:
            raise Refused("set an encryption key before the first module is added")
        if address in self._modules:
            raise Refused(f"there is a module at address {address} already")
        if len(name) > _LONGEST_NAME:
            raise Refused(f"a module's name has at most {_LONGEST_NAME} characters")
        for found in self.line.at(address):
            self.pair(found)
        ports = self._device.ports.attach(module_ports(address))
        module = self._modules[address] = Module(address, name or f"AXIS A9910 {address}", ports)
        self._device.note(Kind.STATE, "module added", module=address, name=module.name)
        self._judge(module)
        if not module.online:
            self._tell(module)
        return module

    def pair(self, found: FieldModule) -> None:
        """A module from the box, or one that was reset, takes the head's key; one with a key keeps it."""
        found.key = found.key or self._key

    def remove(self, address: int) -> None:
        """Take a module out of the configuration: its ports are gone with their settings. Raises Refused."""
        module = self._of(address)
        self._stop_watching(module)
        module.online = False
        del self._modules[address]
        self._device.ports.detach(module.ports)
        self._device.note(Kind.STATE, "module removed", module=address)
        self._tell(module)

    def rename(self, address: int, name: str) -> None:
        """Raises Refused."""
        if not 0 < len(name) <= _LONGEST_NAME:
            raise Refused(f"a module's name has 1 to {_LONGEST_NAME} characters")
        self._of(address).name = name

    def upgrade(self, address: int, version: str = "") -> None:
        """Write the bundled firmware, or an uploaded one, into a module: it is offline until that is done.

        Raises Refused for a module that is offline, as one is whose update runs, and for what is no version.
        """
        module = self._of(address)
        if version and not is_version(version):
            raise Refused(f"{version!r} is no version of firmware")
        fault = self.fault_of(address)
        if fault or not module.online:
            raise Refused(f"module {address} is offline: {fault or module.reason}")
        (target,) = self.line.at(address)
        target.writing = version or self.bundled_firmware
        self._log("INFO", f"Module {address}: upgrading from {target.firmware} to {target.writing}")
        self._device.note(Kind.STATE, "module upgrade", module=address, version=target.writing)
        self._judge(module)
        wait = self._device.profile.quirks.module_upgrade_seconds
        self._device.world.clock.call_later(wait, lambda: self._written(target, target.writing))

    def _written(self, target: FieldModule, version: str) -> None:
        """The update ends. It needs power until here; one that fails leaves the firmware there was [guess]."""
        if not target.writing:
            return
        failed = target.broken_update or not (target.powered and target.connected)
        target.writing, target.broken_update = "", False
        outcome = "failed" if failed else "done"
        if not failed:
            target.firmware = version
        self._log("ERR" if failed else "INFO", f"Module {target.address}: upgrade {outcome}")
        self._device.note(Kind.STATE, f"module upgrade {outcome}", module=target.address, version=target.firmware)
        self.line.touch()

    def _of(self, address: int) -> Module:
        if address not in self._modules:
            raise Refused(f"no module is configured at address {address}")
        return self._modules[address]

    # ---- how it follows the line

    def publish_states(self) -> None:
        """The system starts: the line has been scanned while it booted. Before the ports publish theirs."""
        for module in self._modules.values():
            self._judge(module)

    def fault_of(self, address: int) -> str:
        """Why the module at an address cannot be reached; empty if it can."""
        found = self.line.at(address)
        quirks = self._device.profile.quirks
        if len(found) > 1:
            return "address conflict"
        if not found or not found[0].answers:
            return "upgrading" if found and found[0].writing else "no answer"
        if found[0].key != self._key:
            return "wrong encryption key"
        old = _older(found[0].firmware, self.bundled_firmware)
        return "firmware too old" if old and not quirks.module_old_firmware_works else ""

    def _line_changed(self) -> None:
        for module in tuple(self._modules.values()):
            self._inspect(module)

    def _inspect(self, module: Module) -> None:
        """Notice a change after the time it takes: some polls without an answer, or the next scan."""
        if not self._device.lifecycle.reachable:
            return
        found = not self.fault_of(module.address)
        if found == module.online:
            self._stop_watching(module)
            return
        quirks = self._device.profile.quirks
        wait = quirks.module_found_seconds if found else quirks.module_lost_seconds
        if module.watch is None:
            module.watch = self._device.world.clock.call_later(wait, lambda: self._judge(module))

    def _judge(self, module: Module) -> None:
        self._stop_watching(module)
        reason = self.fault_of(module.address)
        online = not reason
        if online:
            module.firmware = self.line.at(module.address)[0].firmware
        if (online, reason) == (module.online, module.reason):
            return
        changed = online != module.online
        module.online, module.reason = online, reason
        if changed or not online:
            told = "online" if online else f"offline: {reason}"
            self._log("NOTICE" if online else "WARNING", f"Module {module.address} is {told}")
            self._device.note(Kind.STATE, "module", module=module.address, online=online, reason=reason)
        if changed:
            for port in module.ports:
                (port.come_online if online else port.go_offline)()
            self._tell(module)

    def _phase_changed(self, phase: Phase) -> None:
        """Nobody is asked while the head is down; its modules are scanned for when it starts."""
        if not self._device.lifecycle.reachable:
            for module in self._modules.values():
                self._stop_watching(module)

    def _forget(self) -> None:
        """Factory default: no modules, no key. The modules keep theirs, and need a reset of their own [guess]."""
        for address in tuple(self._modules):
            self.remove(address)
        self._key = ""

    def _stop_watching(self, module: Module) -> None:
        if module.watch is not None:
            module.watch.cancel()
            module.watch = None

    def _tell(self, module: Module) -> None:
        for listener in tuple(self._listeners):
            listener(module)

    def _log(self, severity: Severity, text: str) -> None:
        self._device.logs.system(DAEMON, severity, text)
