"""What a well-formed scenario may still get wrong: names and ports that the fleet does not have, and the like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from simulator.action.action import Action
from simulator.action.alarm import Casing, Shake
from simulator.action.broker import Broker
from simulator.action.client import Client
from simulator.action.clock import Clock
from simulator.action.declaration import fields_of
from simulator.action.dhcp import Dhcp
from simulator.action.door import MonitorDoor
from simulator.action.module import Module
from simulator.action.phone import PhoneUse
from simulator.action.receiver import Receiver
from simulator.action.registrar import RegistrarOrder
from simulator.action.set import Set
from simulator.action.target import PORT_COMPONENTS, Target, is_pattern
from simulator.errors import UnknownTarget
from simulator.expect.expectation import Expectation, Face
from simulator.expect.query import (
    ClientQuery,
    EventQuery,
    EverywhereQuery,
    NeverQuery,
    Query,
    StateQuery,
    VapixQuery,
)
from simulator.scenario.check_parts import check_parts
from simulator.scenario.check_telephony import phone_misuse, query_misuse, registrar_misuse
from simulator.scenario.modbus_plan import check_sensors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.errors import Place
    from simulator.scenario.language import Document
    from simulator.scenario.plan import DevicePlan
    from simulator.scenario.step import Draft
    from simulator.scenario.tree import FileReading

_INPUTS: Final = (1, 2, 5, 7, 8, 9, 10)
PORTS: Final[Mapping[str, Mapping[str, tuple[int, ...]]]] = {
    "A9210": {
        "input": _INPUTS,
        "output": (3, 4, 6, 7, 8),
        "relay": (0,),
        "port": tuple(range(11)),
    },
    "C1410": {},
}
"""Port ids by model and component; 7 and 8 are either (io-events sheet 1.1). The speaker has no ports."""

TAKES_MODULES: Final = frozenset({"A9210"})
MODULES: Final = tuple(range(1, 17))


def ports_of_module(address: int, component: str) -> tuple[int, ...]:
    """Port ids of an A9910: eight that are either, then four relays (io-events sheet 1.1)."""
    first = 11 + 12 * (address - 1)
    both, relays = tuple(range(first, first + 8)), tuple(range(first + 8, first + 12))
    return {"input": both, "output": both, "relay": relays, "port": (*both, *relays)}.get(component, ())


_PORT_EVENTS: Final = ("input", "supervised", "tampering", "digital-input")
"""Events that tell which input they are about: the port of the step's verb is meant unless one is named."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices of a case by name, with model and firmware as the profiles name them."""

    plans: Mapping[str, DevicePlan]
    growing: bool = False
    """Modules may be added while it runs, so that every port that there can be is known."""

    def ports(self, name: str, component: str) -> tuple[int, ...]:
        """Port ids of a component: those of the device and of its expansion modules."""
        plan = self.plans[name]
        own = PORTS.get(plan.model, {}).get(component, ())
        return (*own, *(port for address in self.modules(name) for port in ports_of_module(address, component)))

    def modules(self, name: str) -> tuple[int, ...]:
        """Addresses of the expansion modules that a device has or may come to have."""
        plan = self.plans[name]
        if plan.model not in TAKES_MODULES:
            return ()
        return MODULES if self.growing else tuple(sorted(module.address for module in plan.modules))


def checked_fleet(plans: Mapping[str, DevicePlan], reading: FileReading) -> Fleet:
    """The fleet with its models known, after noting what is wrong with single devices."""
    known: dict[tuple[str, str], tuple[str, str] | None] = {}
    fleet: dict[str, DevicePlan] = {}
    for name, plan in plans.items():
        spelled = plan.model, plan.firmware
        if spelled not in known:
            known[spelled] = _product(plan, reading)
        found = known[spelled]
        if found is not None:
            fleet[name] = replace(plan, model=found[0], firmware=found[1])
            _check_modules(plan, found[0], reading)
            fitted = Fleet({name: fleet[name]})
            check_parts(plan, found[0], {part: fitted.ports(name, part) for part in ("input", "relay")}, reading)
    _check_numbers(plans, reading)
    return Fleet(fleet)


def _product(plan: DevicePlan, reading: FileReading) -> tuple[str, str] | None:
    """Model by its own name, and firmware in full where the first parts of a shipped one are given."""
    from simulator.device.profile import (
        firmwares,
        models,
    )  # the profiles are read when a fleet is checked, not before

    try:
        shipped = firmwares(plan.model)
    except UnknownTarget as error:
        reading.problem(("fleet", plan.name, "model"), error.what, error.hint)
        return None
    words = plan.model.casefold().split()
    model = next(known for known in models() if known.casefold() in words)
    matching = [version for version in shipped if f"{version}.".startswith(f"{plan.firmware}.")]
    return model, matching[-1] if matching else plan.firmware


def _check_modules(plan: DevicePlan, model: str, reading: FileReading) -> None:
    if plan.modules and model not in TAKES_MODULES:
        reading.problem(("fleet", plan.name, "modules"), f"{model} takes no expansion modules", at_key=True)
    addresses = [module.address for module in plan.modules]
    for address in sorted({one for one in addresses if addresses.count(one) > 1}):
        hint = "give each an address of its own; module: readdress makes them clash in the run"
        reading.problem(("fleet", plan.name, "modules"), f"two modules have address {address}", hint, at_key=True)


def _check_numbers(plans: Mapping[str, DevicePlan], reading: FileReading) -> None:
    owners: dict[int, str] = {}
    for position, plan in enumerate(plans.values(), 1):
        number = plan.number or position
        other = owners.setdefault(number, plan.name)
        if other != plan.name:
            reading.problem(("fleet", plan.name), f"{plan.name} and {other} both have number {number}")


NO_RECEIVERS = ("the site has no receivers", "ask for them: site: {receivers: yes}")


class Checker:
    """Holds the steps and invariants of one case against its fleet."""

    def __init__(self, document: Document, fleet: Fleet, reading: FileReading, *, site_known: bool = True) -> None:
        """`site_known` is False where the site could not be read: nothing is said of what it lacks."""
        self._document = document
        self._site_known = site_known
        growing = any(isinstance(draft.action, Module) and draft.action.do == "add" for draft in document.timeline)
        self._fleet = replace(fleet, growing=growing)
        self._names = tuple(fleet.plans)
        self._reading = reading

    def draft(self, draft: Draft) -> Draft:
        """The step with its expectations completed: device and port of the verb where none are named."""
        if draft.action is not None:
            self._action(draft.action, draft.action_place)
        expectations = tuple(self.expectation(e, draft.action) for e in draft.expectations)
        when = None if draft.when is None else self.expectation(draft.when, draft.action)
        return replace(draft, expectations=expectations, when=when)

    def expectation(self, expected: Expectation, action: Action | None = None) -> Expectation:
        """The expectation with device and port completed from the verb beside it."""
        target = _target(action)
        device = expected.device or (Target(target.device) if target is not None else None)
        complete = replace(expected, device=device, query=_with_port(expected, target))
        self._check_expectation(complete)
        return complete

    def _action(self, action: Action, place: Place) -> None:
        for field in fields_of(type(action)):
            value = getattr(action, field.name)
            if isinstance(value, Target):
                self._target(value, place)
        complaint = self._misuse(action)
        if complaint:
            self._reading.at(place, *complaint)

    def _target(self, target: Target, place: Place | None) -> None:
        try:
            devices = target.devices(self._names)
            if target.component in PORT_COMPONENTS:
                self._ports(target, devices)
            elif target.component == "module":
                self._modules(target, devices)
            elif target.component == "sensor":
                check_sensors(target, [self._fleet.plans[name] for name in devices])
        except UnknownTarget as error:
            self._reading.at(place, error.what, error.hint)

    def _ports(self, target: Target, devices: Iterable[str]) -> None:
        """A glob of devices needs one that has the port; a name or a range needs it of each."""
        refusals: list[UnknownTarget] = []
        fitting = 0
        for name in devices:
            try:
                target.indices(self._fleet.ports(name, target.component))
                fitting += 1
            except UnknownTarget as error:
                refusals.append(self._refusal(error, name, target))
        if refusals and not (fitting and is_pattern(target.device)):
            raise refusals[0]

    def _modules(self, target: Target, devices: Iterable[str]) -> None:
        """Modules are named by address; a device that takes none has none."""
        for name in devices:
            known = self._fleet.modules(name)
            try:
                target.indices(known)
            except UnknownTarget as error:
                error.hint = f"its modules: {', '.join(map(str, known))}" if known else f"{name} has no modules"
                raise

    def _refusal(self, error: UnknownTarget, name: str, target: Target) -> UnknownTarget:
        known = self._fleet.ports(name, target.component)
        told = UnknownTarget(target.component, error.name, ())
        told.what = f"{name} has no {target.component} {error.name}"
        told.hint = (
            f"its {target.component}s: {', '.join(map(str, known))}"
            if known
            else f"{self._fleet.plans[name].model} has none"
        )
        return told

    def _misuse(self, action: Action) -> tuple[str, str] | None:
        document = self._document
        if isinstance(action, Client) and document.client is None:
            return "there is no client to act on", "add a client section with its command"
        if isinstance(action, Broker) and document.site.broker.address:
            return "the broker at an address is somebody else's program", "use the embedded broker"
        if isinstance(action, Receiver) and self._site_known and not document.site.receivers.on:
            return NO_RECEIVERS
        if isinstance(action, Clock):
            return self._clock_misuse(action)
        if isinstance(action, Dhcp) and document.mode == "ephemeral":
            return "DHCP needs an address per device, which mode ephemeral has not", "use mode: loopback"
        if isinstance(action, RegistrarOrder) and self._site_known:
            return registrar_misuse(action, document.site)
        if isinstance(action, PhoneUse) and self._site_known:
            return phone_misuse(action, document.site, self._called(action))
        if isinstance(action, Shake | Casing | MonitorDoor):
            return self._part_misuse(action)
        if isinstance(action, Set) and action.fact:
            return self._fact_misuse(action)
        return None

    def _called(self, action: PhoneUse) -> list[DevicePlan]:
        try:
            names = () if action.device is None else action.device.devices(self._names)
        except UnknownTarget:
            return []  # told already
        return [self._fleet.plans[name] for name in names]

    def _part_misuse(self, action: Shake | Casing | MonitorDoor) -> tuple[str, str] | None:
        try:
            devices = action.device.devices(self._names)
        except UnknownTarget:
            return None  # told already
        without = [name for name in devices if self._fleet.plans[name].model != "A9210"]
        return (f"{without[0]} knows no {action.verb}", "only an A9210 does") if without else None

    def _clock_misuse(self, action: Clock) -> tuple[str, str] | None:
        stepped = self._document.clock.mode == "stepped"
        if stepped and action.do in {"rate", "pause", "resume"}:
            return f"a stepped clock takes no {action.do}", "it stands still between the instants anyway"
        if not stepped and action.do == "advance":
            return "only a stepped clock can be advanced", "add clock: stepped"
        return None

    def _fact_misuse(self, action: Set) -> tuple[str, str] | None:
        component, _, index = action.fact.partition("/")
        try:
            devices = action.device.devices(self._names)
        except UnknownTarget:
            return None  # told already
        for name in devices:
            model = self._fleet.plans[name].model
            if component == "motion" and model != "C1410":
                return f"{name} has no motion sensor", "only the speaker has one"
            if component in PORT_COMPONENTS and int(index) not in self._fleet.ports(name, component):
                known = ", ".join(map(str, self._fleet.ports(name, component)))
                return (
                    f"{name} has no {action.fact}",
                    f"its {component}s: {known}" if known else f"{model} has none",
                )
        return None

    def _check_expectation(self, expected: Expectation) -> None:
        place = expected.place
        wrong = query_misuse(expected.query, self._document.site) if self._site_known else None
        if wrong is not None:
            self._reading.at(place, *wrong)
            return
        devices: tuple[str, ...] = self._names
        if expected.device is not None:
            try:
                devices = expected.device.devices(self._names)
            except UnknownTarget as error:
                self._reading.at(place, error.what, error.hint)
                return
        self._check_faces(expected, devices)
        if isinstance(expected.query, ClientQuery) and self._document.client is None:
            hint = "add a client section with its command"
            self._reading.at(place, "nobody is there to be watched: there is no client", hint)

    def _check_faces(self, expected: Expectation, devices: tuple[str, ...]) -> None:
        faces = (
            tuple(getattr(expected.query, "on", ())) if expected.face is Face.ONLINE else (expected.face.value,)
        )
        told = expected.face in (Face.MAIL, Face.NOTIFICATION)
        if told and self._site_known and not self._document.site.receivers.on:
            self._reading.at(expected.place, *NO_RECEIVERS)
        if "mqtt" in faces:
            silent = [name for name in devices if self._fleet.plans[name].mqtt is None]
            if silent and expected.device is not None:
                what = f"{silent[0]} is not on the broker"
                self._reading.at(expected.place, what, "add mqtt: yes to the device, or enrol it by the client")


def _target(action: Action | None) -> Target | None:
    """Whom an action is done to."""
    for field in fields_of(type(action)) if action is not None else ():
        value = getattr(action, field.name)
        if isinstance(value, Target):
            return value
    return None


def _with_port(expected: Expectation, target: Target | None) -> Query:
    query = expected.query
    if target is None or expected.query.device is not None:
        return query
    if target.component == "module" and isinstance(query, StateQuery) and not query.module:
        return replace(query, module=target.index) if query.online is not None or query.module_firmware else query
    if target.component not in PORT_COMPONENTS:
        return query
    if not isinstance(query, EventQuery | EverywhereQuery | NeverQuery | StateQuery | VapixQuery) or query.port:
        return query
    asks_ports = isinstance(query, EverywhereQuery) and bool(query.condition)
    about_port = asks_ports or getattr(query, "event", "") in _PORT_EVENTS
    if isinstance(query, StateQuery):
        about_port = bool(query.supervised) or query.active is not None or query.closed is not None
    return replace(query, port=target.index) if about_port else query
