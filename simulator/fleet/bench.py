"""One fleet in the engine: the ground, the premises, and a host per device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulator.action.vocabulary import vocabulary
from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.door import DoorSetting
from simulator.device.model import profile_of
from simulator.device.mqtt_setting import ClientSettings
from simulator.device.network_configuration import STATIC_FALLBACK
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.errors import FleetError, UnknownTarget, did_you_mean
from simulator.fleet.course import Courses
from simulator.fleet.hands.module import install_modules
from simulator.fleet.hands.table import apply
from simulator.fleet.host import Host
from simulator.fleet.multicast_specification import set_up_multicast
from simulator.fleet.premises import Premises
from simulator.fleet.rule_setting import install_rules
from simulator.fleet.sip_setting import set_up_sip
from simulator.fleet.sip_specification import SipSpecification
from simulator.fleet.snapshot import snapshot
from simulator.fleet.snmp_setting import switch_on
from simulator.fleet.specification import SnmpSpecification
from simulator.journal import Journal, Kind, Record
from simulator.resources import VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable

    from simulator.action.action import Action
    from simulator.action.target import Target
    from simulator.fleet.specification import DeviceSpecification, FleetSpecification
    from simulator.net.fault import Fault
    from simulator.net.patchbay import ActiveFault, Endpoint

MOMENT = 0.05
"""Wire seconds that `pass_time` lets pass on a running clock, at most."""
ALL_EVENTS = "//."
CLIENT_SETTINGS = frozenset(field.alias or name for name, field in ClientSettings.model_fields.items())
"""Keys of mqtt/client.cgi's configureClient."""


class Bench:
    """A fleet. Made by `build`, ended by `close`; everything of it lives on the running event loop."""

    def __init__(self, specification: FleetSpecification, world: World, premises: Premises) -> None:
        self.specification = specification
        self.world = world
        self.clock, self.journal = world.clock, world.journal
        self.premises: Premises = premises
        self.courses = Courses(self.clock)
        """What hands have begun."""
        self.running_rate = self.clock.rate or 1.0
        """Rate of the clock while it is not paused."""
        self.last_action: Record
        """The record of what hands did last, while they do it."""
        self.hosts: dict[str, Host] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        premises.telephony.hosts = self.hosts

    @classmethod
    async def build(cls, specification: FleetSpecification, *, block: int | None = None) -> Bench:
        """Start the fleet, in this address block if one is given. Raises FleetError, and leaves nothing behind then."""
        chosen = specification.clock
        first_choice = block if block is not None else specification.block or 0
        rate = chosen.rate if chosen.mode == "scaled" else 1.0
        clock = SimClock(rate=rate, stepped=chosen.mode == "stepped", epoch=chosen.epoch)
        world = World(clock, Chance(specification.seed), Journal(clock, capacity=specification.capacity))
        bench = cls(specification, world, await Premises.open(specification, world, first_choice))
        try:
            for number, device in specification.numbered():
                bench._place(number, device)
            await bench.premises.pacer.settle()
        except BaseException:
            await bench.close()
            raise
        return bench

    async def close(self) -> None:
        """End the fleet: no socket, task or timer is left."""
        for host in self.hosts.values():
            host.close()
        for task in self._tasks:
            task.cancel()
        await self.premises.close()

    async def add(self, specification: DeviceSpecification) -> Host:
        """Put one more device on the bench. Raises FleetError for a name or number that is taken."""
        if specification.name in self.hosts:
            raise FleetError(f"there is a device named {specification.name} already")
        taken = {host.device.number for host in self.hosts.values()}
        number = specification.number or max(taken, default=0) + 1
        if number in taken:
            raise FleetError(f"device number {number} is taken")
        placed = specification.model_copy(update={"number": number})
        host = self._place(number, placed)
        devices = (*self.specification.devices, placed)
        self.specification = self.specification.model_copy(update={"devices": devices})
        await self.premises.pacer.settle()
        return host

    # Hands

    async def apply(self, action: Action) -> Record:
        """Write the action into the journal and do it; what follows from it names it as its cause."""
        record = self.journal.append(Kind.ACTION, _device_of(action), action.verb, **_fields_of(action))
        self.last_action = record
        with self.journal.because(record):
            await apply(self, action)
        if self.clock.stepped:
            await self.premises.pacer.settle()
        return record

    def targets(self, target: Target) -> list[Host]:
        """The hosts that a target names. Raises UnknownTarget with near names."""
        return [self.hosts[name] for name in target.devices(tuple(self.hosts))]

    def start_faults(self, fault: Fault, endpoints: Iterable[Endpoint], seconds: float | None) -> None:
        """Let a link fault act, for a time on the device clock if one is given; on all endpoints or on none."""
        begun: list[ActiveFault] = []
        try:
            for endpoint in endpoints:
                begun.append(self.premises.patchbay.apply(fault, endpoint))
        except FleetError:
            for active in begun:
                active.clear()
            raise
        for active in begun:
            name, device = active.fault.name, active.target.device
            self.journal.append(Kind.FAULT, device, f"{name} mechanism", mechanism=active.mechanism)
            if seconds is not None:
                self.clock.call_later(seconds, active.clear)

    def end_faults(self, endpoints: Iterable[Endpoint], *, others: bool = False) -> None:
        """End the faults on these devices or services. Raises FleetError where there is none at all, nor `others`."""
        places = tuple(endpoints)
        acting = self.premises.patchbay.faults()
        ended = [active for active in acting if any(place.covers(active.target) for place in places)]
        if not ended and not others:
            raise FleetError(f"no fault acts on {', '.join(map(str, places))}")
        for active in ended:
            active.clear()

    def faults(self) -> list[dict[str, Any]]:
        """Faults in force."""
        return [
            {
                "on": str(active.target),
                "kind": active.fault.name,
                "struck": active.struck,
                "mechanism": active.mechanism,
            }
            for active in self.premises.patchbay.faults()
        ] + [
            fault
            for host in self.hosts.values()
            for fault in (*host.buses.faults(), *host.snmp.faults(), *host.sip.faults())
        ]

    def after(self, key: Hashable, seconds: float, make: Callable[[], Iterable[Awaitable[None]]]) -> None:
        """Do what `make` returns after `seconds` of device time, unless something else befalls `key` before."""

        async def run() -> None:
            with self.premises.pacer.activity.token():
                for step in make():
                    await step

        def due() -> None:
            task = asyncio.get_running_loop().create_task(run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self.courses.begin(key, [(seconds, due)])

    # Time

    async def advance(self, seconds: float) -> None:
        """Move a stepped clock."""
        await self.premises.pacer.advance(seconds)

    async def pass_time(self, limit: float) -> None:
        """Let time pass up to `limit`: a stepped clock until something is journalled, another one a moment."""
        if self.clock.stepped:
            last = self.journal.last_number
            await self.premises.pacer.run_until(lambda: self.journal.last_number != last, limit)
            return
        wait = MOMENT if not self.clock.rate else min(MOMENT, max(0.0, limit - self.clock.now()) / self.clock.rate)
        changed = asyncio.Event()
        stop = self.journal.watch(lambda _record: changed.set())
        try:
            await asyncio.wait_for(changed.wait(), wait)
        except TimeoutError:
            pass
        finally:
            stop()

    def clock_state(self) -> dict[str, Any]:
        """Device time, and when something is due next."""
        return {
            "now": round(self.clock.now(), 6),
            "stepped": self.clock.stepped,
            "rate": self.clock.rate,
            "next_due": self.clock.next_due(),
            "epoch": self.clock.epoch.isoformat(),
            "unsettled": self.premises.pacer.unsettled,
            "last": self.journal.last_number,
        }

    # What is told

    def description(self, control: str) -> dict[str, Any]:
        """What fleet.json holds."""
        return {
            "version": VERSION,
            "seed": self.specification.seed,
            "mode": self.specification.mode,
            "clock": self.specification.clock.model_dump(mode="json"),
            "control": {"url": control, "openapi": f"{control}/v1/openapi.json", "actions": vocabulary()},
            "site": {
                "broker": self.premises.broker_description(),
                "dhcp": {"address": self.premises.plan.infrastructure("dhcp")},
                **self.premises.telephony.description(),
                "traps": dict(zip(("host", "port"), self.premises.trap_receiver, strict=True)),
                "receivers": None if self.premises.receivers is None else self.premises.receivers.description(),
                "observer": self.premises.plan.infrastructure("client") if self.premises.own_addresses else None,
            },
            "authority": self.premises.tls.authority_pem.decode(),
            "capabilities": self.premises.provider.capabilities.as_dict(),
            "features": self.features(),
            "devices": [host.description() for host in self.hosts.values()],
        }

    def features(self) -> list[str]:
        """What tests may ask for by the marker `axis_feature`."""
        features = [self.specification.mode, "http", "https", "mqtt", "stream", "snmp", "modbus"]
        features += ["dhcp", "own-addresses"] if self.premises.own_addresses else []
        features += ["embedded-broker"] if self.premises.broker is not None else []
        features += ["stepped"] if self.clock.stepped else []
        return features + [
            name for name, present in self.premises.provider.capabilities.as_dict().items() if present is True
        ]

    def host(self, name: str) -> Host:
        """Raises UnknownTarget."""
        if name not in self.hosts:
            raise UnknownTarget("device", name, self.hosts)
        return self.hosts[name]

    def snapshot(self, name: str) -> dict[str, Any]:
        """The true state of one device. Raises UnknownTarget."""
        return snapshot(self.host(name))

    def silent(self) -> list[str]:
        """Devices that nobody can reach now, so that observers need not wait for a word of them."""
        return [name for name, host in self.hosts.items() if host.silent]

    def states(self, name: str) -> list[dict[str, Any]]:
        """Topic, source and data of every lasting state of a device. Raises UnknownTarget."""
        events = self.host(name).device.events.states()
        return [{"topic": e.topic, "source": dict(e.source), "data": dict(e.data)} for e in events]

    def authority_pem(self) -> str:
        return self.premises.tls.authority_pem.decode()

    def open_ends(self) -> dict[str, list[str]]:
        """What clients hold open: connections to devices, and subscriptions at the site's own broker."""
        ends = [
            f"{name} {line.endpoint.service} from {line.peer}"
            for name, host in self.hosts.items()
            for line in self.premises.patchbay.lines(host.endpoint)
            if line.endpoint.service in ("http", "https") and not self.premises.is_observer(line.peer)
        ]
        devices = {host.device.mqtt.client.client_id for host in self.hosts.values()}
        return {"connections": ends, "subscriptions": self.premises.foreign_subscriptions(devices)}

    # Devices come onto the bench

    def _place(self, number: int, specification: DeviceSpecification) -> Host:
        profile = _profile(specification)
        device = Device(specification.name, number, profile, self.world, self.premises.plan.translate)
        host = Host(device, specification, self.premises)
        self.hosts[specification.name] = host
        self.premises.introduce(device)
        try:
            self._set_up(host)
            if specification.state != "off":
                host.run_from_the_start()
        except BaseException:
            del self.hosts[specification.name]
            host.close()
            raise
        return host

    def _set_up(self, host: Host) -> None:
        """The state in which a device enters: settings first, as its installer made them."""
        device, specification = host.device, host.specification
        if specification.state != "factory":
            account = specification.account
            device.accounts.add(account.user, account.password, ("admin", "operator", "viewer", "ptz"))
        for name, value in specification.parameters.items():
            device.parameters.write(name.removeprefix("root."), value)
        _set_network(device, specification)
        device.power.wire(specification.power)
        for relay, volts in specification.relay_jumpers.items():
            device.relays.fit_jumper(relay, volts)
        install_modules(device, specification.modules)
        for port, preset in specification.supervised.items():
            if port not in device.ports:
                raise UnknownTarget("port", f"{device.name}/input/{port}", [str(p.id) for p in device.ports])
            device.ports[port].install(preset)
        host.buses.set_up()
        _set_doors(device, specification)
        install_rules(device, specification, self.premises)
        _install_certificates(device, specification)
        if specification.mqtt:
            self._enrol_at_broker(device, specification)
        if specification.snmp:
            chosen = SnmpSpecification() if specification.snmp is True else specification.snmp
            switch_on(device, chosen, self.premises.trap_receiver)
        if specification.sip:
            sip = SipSpecification() if specification.sip is True else specification.sip
            set_up_sip(device, sip, self.premises.registrars)
        if specification.multicast is not None:
            set_up_multicast(device, specification.multicast)

    def _enrol_at_broker(self, device: Device, specification: DeviceSpecification) -> None:
        settings = dict(specification.mqtt) if isinstance(specification.mqtt, dict) else {}
        transport = settings.pop("transport", "")
        qos, retain = settings.pop("qos", 0), settings.pop("retain", "none")
        for strange in settings.keys() - CLIENT_SETTINGS:
            raise FleetError(
                f"{device.name}: no MQTT setting {strange!r}", hint=did_you_mean(strange, CLIENT_SETTINGS)
            )
        broker = self.premises.broker_description()
        client: dict[str, object] = {
            "server": _broker_address(broker, str(transport)),
            "username": broker["user"],
            "password": broker["password"],
            "ssl": {"validateServerCert": False},
            "lastWillTestament": {"useDefault": True},
            "connectMessage": {"useDefault": True},
            "disconnectMessage": {"useDefault": True},
        }
        device.mqtt.configure_client(client | _whole_seconds(settings))
        device.mqtt.configure_publication(
            {"eventFilterList": [{"topicFilter": ALL_EVENTS, "qos": qos, "retain": retain}]}
        )
        device.mqtt.activate()


def _broker_address(broker: dict[str, Any], transport: str) -> dict[str, object]:
    """`server` of configureClient. A broker that is another program has one port, whatever it speaks there."""
    protocol = transport or ("ssl" if broker["tls"] else "tcp")
    own = {"tcp": "port", "ssl": "tls_port", "ws": "ws_port", "wss": "wss_port"}
    if protocol not in own:
        raise FleetError(f"no MQTT transport {protocol!r}", hint="use tcp, ssl, ws or wss")
    port = broker[own[protocol]] if broker["embedded"] else broker["port"]
    path = {"basepath": str(broker.get("path", "/mqtt")).strip("/")} if protocol in ("ws", "wss") else {}
    return {"protocol": protocol, "host": broker["host"], "port": port, **path}


def _profile(specification: DeviceSpecification) -> Any:
    """A version that ships (or the first parts of one), else the nearest track with that version on its label."""
    try:
        return load_profile(specification.model, specification.firmware)
    except UnknownTarget:
        if specification.firmware.count(".") < 2:
            raise
        model = load_profile(specification.model, "12.9.57").model
        return profile_of(model, specification.firmware)


def _set_doors(device: Device, specification: DeviceSpecification) -> None:
    for number, door in specification.doors.items():
        if device.door_monitoring is None:
            raise FleetError(f"{device.name} has no AXIS Door Monitoring", hint="only an A9210 has it")
        setting = DoorSetting(number, door.dps, door.rex, door.open_too_long, door.access)
        device.door_monitoring.configure(setting)


def _install_certificates(device: Device, specification: DeviceSpecification) -> None:
    for alias, pem in specification.certificates.authorities.items():
        device.certificates.install_authority(alias, pem.encode())
    for alias, pem in specification.certificates.clients.items():
        device.certificates.install_client(alias, pem.encode())


def _set_network(device: Device, specification: DeviceSpecification) -> None:
    network = specification.network
    if network.address:
        device.parameters.write("Network.BootProto", "none")
        device.parameters.write("Network.IPAddress", network.address)
    if network.static_fallback:
        device.parameters.write("Network.IPAddress", network.static_fallback)
        device.parameters.put(STATIC_FALLBACK, "yes")


def _whole_seconds(settings: dict[str, object]) -> dict[str, object]:
    """Durations as the API takes them: whole seconds."""
    return {key: int(value) if isinstance(value, float) else value for key, value in settings.items()}


def _device_of(action: Action) -> str:
    target = next((getattr(action, name) for name in ("target", "device", "on") if hasattr(action, name)), None)
    return "" if target is None else str(target.device)


def _fields_of(action: Action) -> dict[str, Any]:
    from simulator.action.action import to_json

    fields = to_json(action)[action.verb]
    return fields if isinstance(fields, dict) else {"value": fields}
