"""Hands on expansion modules, and what the head's administrator does about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.expansion_line import ADDRESSES, FieldModule
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.action.module import Module
    from simulator.device.device import Device
    from simulator.device.expansion import Expansion
    from simulator.fleet.bench import Bench
    from simulator.fleet.specification import ModuleSpecification

FOREIGN_KEY = "the-key-of-another-head"


def module(bench: Bench, action: Module) -> None:
    """Raises FleetError for a device that takes no modules, a module that is not there, and what its head refuses."""
    deeds: list[Callable[[], None]] = []
    for host in bench.targets(action.target):
        expansion = host.device.expansion
        if expansion is None:
            raise FleetError(f"{host.name} takes no expansion modules", hint="only the A9210 does")
        deeds += [_deed(expansion, action, address) for address in _addresses(expansion, action)]
    for deed in deeds:
        deed()


def install_modules(device: Device, modules: Sequence[ModuleSpecification]) -> None:
    """Mount these modules and add them to the head, as an installer has done before. Raises FleetError."""
    if not modules:
        return
    expansion = device.expansion
    if expansion is None:
        raise FleetError(f"{device.name} takes no expansion modules", hint="only the A9210 does")
    expansion.generate_key()
    for module in modules:
        key = FOREIGN_KEY if module.key == "other" else ""
        firmware = module.firmware or expansion.bundled_firmware
        expansion.line.mount(FieldModule(module.address, firmware, metres=module.metres, key=key))
        expansion.add(module.address, module.name)


def _addresses(expansion: Expansion, action: Module) -> tuple[int, ...]:
    """Raises UnknownTarget."""
    if action.do == "add":
        return action.target.indices(ADDRESSES)
    return action.target.indices({*expansion.modules, *(found.address for found in expansion.line.modules)})


def _deed(expansion: Expansion, action: Module, address: int) -> Callable[[], None]:
    if action.do == "add":
        return lambda: _add(expansion, action, address)
    if action.do == "remove":
        return lambda: expansion.remove(address)
    if action.do == "upgrade":
        return lambda: _upgrade(expansion, action, address)
    found = expansion.line.at(address)
    if not found:
        raise FleetError(f"no module with address {address} stands on the line", hint="module: add")
    return lambda: _change(expansion, action, found[0])


def _add(expansion: Expansion, action: Module, address: int) -> None:
    if not expansion.key_set:
        expansion.generate_key()
    if not expansion.line.at(address):
        expansion.line.mount(FieldModule(address, action.firmware or expansion.bundled_firmware))
    expansion.add(address, action.name)


def _upgrade(expansion: Expansion, action: Module, address: int) -> None:
    expansion.upgrade(address, action.firmware)
    expansion.line.at(address)[0].broken_update = action.fails


def _change(expansion: Expansion, action: Module, found: FieldModule) -> None:
    """A fact of the module changes, and the line tells the head's next poll."""
    facts: dict[str, tuple[str, object]] = {
        "lose": ("connected", False),
        "return": ("connected", True),
        "power-cut": ("powered", False),
        "power-restore": ("powered", True),
        "take-over": ("key", FOREIGN_KEY),
        "pair": ("key", ""),
        "readdress": ("address", action.to),
        "move": ("metres", action.metres),
    }
    name, value = facts[action.do]
    setattr(found, name, value)
    if action.do == "pair":
        expansion.pair(found)
    expansion.line.touch()
