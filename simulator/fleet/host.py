"""One device on the bench: the device, its faces, and the sockets that stand for them.

What the device is decides what is open: its phase, its address and its cable. Nothing here decides by itself; it
follows `Lifecycle.on_phase`, `Network.on_address` and `Network.on_link` (network sheet, section 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.device import Device
from simulator.device.lifecycle import Activity, Phase
from simulator.device.snmp import USER
from simulator.errors import AddressTaken
from simulator.face.dhcp import DhcpFace
from simulator.face.modbus import ModbusFace
from simulator.face.mqtt import MqttFace
from simulator.face.notification.front import NotificationFace
from simulator.face.vapix.front import VapixFace
from simulator.fleet.buses import Buses
from simulator.fleet.multicast_service import MulticastService
from simulator.fleet.sip_service import SipService
from simulator.fleet.snmp_service import SnmpService
from simulator.journal import Kind
from simulator.net.patchbay import Endpoint

if TYPE_CHECKING:
    from simulator.fleet.premises import Premises
    from simulator.fleet.specification import DeviceSpecification
    from simulator.net.acceptor import Acceptor

STALE_SECONDS = 60.0
"""Wire seconds for which connections to an address that is gone stay silent before they are reset (sheet 10)."""
_DEAD = frozenset({Phase.OFF, Phase.HUNG})
_DOWN = _DEAD | {Phase.BOOTING}
_PORTS = {"http": "System.BoaPort", "https": "HTTPS.Port"}
_POLICY = "System.BoaGroupPolicy.admin"
_WEB_SERVER = (*_PORTS.values(), "HTTPS.Enabled", _POLICY)
"""Parameters that decide what listens."""


class Host:
    """Holds one device. `close` ends its sockets and timers, not the device's story."""

    def __init__(self, device: Device, specification: DeviceSpecification, premises: Premises) -> None:
        self.device = device
        self.name = device.name
        self.specification = specification
        self._premises = premises
        self._acceptors: dict[str, Acceptor] = {}
        self._places: dict[str, tuple[str, int]] = {}
        """Address and the device's own port of each listener."""
        self._left = Phase.OFF
        """The phase before this one."""
        self.first_address: str | None = None
        """The address with which it came onto the bench, by which `old` and `new` are told apart."""
        self.vapix = VapixFace(device)
        self.dialer = premises.dialer(device)
        self.mqtt = MqttFace(device, self.dialer)
        self.notifications = NotificationFace(device, lambda: premises.notification_dialer(device))
        self.buses = Buses(device, specification, premises)
        self.modbus = ModbusFace(device, self.buses.of)
        device.network.registry = premises.registry
        device.lifecycle.on_phase(self._phase)
        device.network.on_link(self._link)  # before the DHCP client, which sends as soon as the cable is in
        self.dhcp = DhcpFace(device, premises.dhcp_way(device, self._dhcp_received))
        device.network.on_address(self._moved)
        for name in _WEB_SERVER:
            device.parameters.on_change(name, self._web_server_changed)
        self.snmp = SnmpService(self, premises)
        self.sip = SipService(self, premises)
        self.multicast = MulticastService(self, premises)
        premises.patchbay.tallies[device.name] = device.traffic

    def run_from_the_start(self) -> None:
        """Be a device that has been up for a while: booted, leased, connected, without a word on the wire."""
        device = self.device
        leased = device.parameters["Network.BootProto"] == "dhcp"
        if not leased or not self.dhcp.settle(self._premises.lease_from_before(device)):
            self.dhcp.start()
        self.first_address = device.network.primary
        device.lifecycle.running_from_the_start()

    @property
    def real_address(self) -> str | None:
        """The address as a real network would have it: 169.254.a.b where the machine binds 127.17.a.b."""
        primary = self.device.network.primary
        return None if primary is None else self._premises.plan.claimed(primary)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.name)

    @property
    def silent(self) -> bool:
        """Nothing listens, or the cable is out."""
        return not self._acceptors or self._premises.patchbay.frozen(self.name)

    @property
    def ports(self) -> dict[str, int]:
        """Wire ports of the services that listen."""
        ports = {service: acceptor.address[1] for service, acceptor in self._acceptors.items()}
        if self.snmp.port is not None:
            ports["snmp"] = self.snmp.port
        return ports | self.sip.wire_ports

    @property
    def places(self) -> dict[str, tuple[str, int]]:
        """Address and the device's own port of each listener of the web server."""
        return self._places

    def url(self, service: str) -> str | None:
        """`http://127.16.0.1:8080`, or None while it does not listen."""
        acceptor = self._acceptors.get(service)
        if acceptor is None:
            return None
        address, port = acceptor.address
        plain = {"http": 80, "https": 443}[service]
        return f"{service}://{address}" + ("" if port == plain else f":{port}")

    def close(self) -> None:
        """The fleet ends."""
        self.mqtt.stop(orderly=False)
        self.notifications.stop()
        self.modbus.close()
        self.buses.close()
        self.dialer.close()
        self.snmp.close()
        self.sip.close()
        self.multicast.close()
        self._close_listeners()

    # What the device does

    def _phase(self, phase: Phase) -> None:
        if phase in _DEAD:
            self._fall_silent()
        elif phase is Phase.STARTING:
            self._power_came()
            self.dhcp.start()
        elif phase is Phase.BOOTING:
            self._going_down()
        elif phase is Phase.STOPPING:
            self.mqtt.stop(orderly=True)
            self.sip.say_good_bye()
        elif phase is Phase.RUNNING:
            self._thaw_if_plugged()
            self._refresh()
            self.mqtt.start()
            self.snmp.run(from_the_start=self._left is Phase.OFF)
            self.sip.run()
        self._left = phase

    def _fall_silent(self) -> None:
        """Power or the system is gone and nobody is told: connections fall silent, new ones are not answered."""
        self._premises.patchbay.freeze(self.name)
        self.mqtt.stop(orderly=False)
        self.notifications.stop()
        self.dialer.close()
        self.dhcp.stop()
        self.snmp.face.stop()
        self.sip.fall_silent()
        self.multicast.close()

    def _power_came(self) -> None:
        """A booted device knows nothing of old connections: it resets them."""
        self.snmp.close()
        self.sip.close()
        self.multicast.close()
        self._close_listeners()
        self._premises.patchbay.reset(self.endpoint)
        self._thaw_if_plugged()

    def _going_down(self) -> None:
        """A system that ran says good-bye; after a power cut or a crash there is nothing left that could."""
        if self._left not in _DOWN:
            self._say_good_bye()

    def _say_good_bye(self) -> None:
        """To clients, and to the DHCP server where the settings go (network sheet 12, RELEASE)."""
        self.mqtt.stop(orderly=False)
        self.notifications.stop()
        self.dhcp.stop(release=self.device.lifecycle.activity is Activity.DEFAULTING)
        self.snmp.close()
        self.sip.close()
        self.multicast.close()
        self._close_listeners()
        self._premises.patchbay.close(self.endpoint)

    def _moved(self, old: str | None, new: str | None) -> None:
        """The address changed: listeners move, connections from the old one are left in the dark."""
        if self.device.lifecycle.phase in _DOWN:
            return
        self._premises.abandon_lines(self.endpoint, old, STALE_SECONDS)
        self._refresh()
        self.mqtt.stop(orderly=False)
        if self.device.lifecycle.phase is Phase.RUNNING:
            self.mqtt.start()  # without an address it tries in vain, and keeps what it has to tell

    def _link(self, up: bool) -> None:
        if up:
            self._thaw_if_plugged()
        else:
            self._premises.patchbay.freeze(self.name)

    def _thaw_if_plugged(self) -> None:
        lifecycle = self.device.lifecycle
        if self.device.network.link and lifecycle.reachable:
            self._premises.patchbay.thaw(self.name)

    def _web_server_changed(self, _name: str, _value: str) -> None:
        self._refresh()

    def _refresh(self) -> None:
        """Open or close listeners so that they fit the device; those that fit stay."""
        wanted = self._wanted()
        for service in [service for service, place in self._places.items() if wanted.get(service) != place]:
            self._close_listener(service)
        for service, place in wanted.items():
            if service not in self._acceptors:
                self._listen(service, *place)
        secure = self._acceptors.get("https")
        self.vapix.https_port = secure.address[1] if secure is not None else None
        self.snmp.refresh()
        self.sip.refresh()
        self.multicast.refresh()

    def _wanted(self) -> dict[str, tuple[str, int]]:
        """Where each service ought to listen. With the policy http there is no TLS port (core sheet 1.7)."""
        address, parameters = self.device.network.primary, self.device.parameters
        if address is None or not self.device.lifecycle.reachable:
            return {}
        plain_only = parameters.get(_POLICY) == "http" or not parameters.enabled("HTTPS.Enabled")
        return {
            service: (address, int(parameters[name]))
            for service, name in _PORTS.items()
            if service == "http" or not plain_only
        }

    def _listen(self, service: str, address: str, port: int) -> None:
        """A port that something else holds, the other service perhaps, stays shut: all a web server can do."""
        try:
            self._acceptors[service] = self._premises.listen_http(
                self.device, service, address, port, self.vapix, secure=service == "https"
            )
        except AddressTaken as error:
            self.device.note(Kind.STATE, "port taken", service=service, port=port, reason=str(error))
        else:
            self._places[service] = (address, port)

    def _close_listeners(self) -> None:
        for service in tuple(self._acceptors):
            self._close_listener(service)

    def _close_listener(self, service: str) -> None:
        acceptor = self._acceptors.pop(service)
        del self._places[service]
        self._premises.http.detach(acceptor.address)
        acceptor.close()

    def _dhcp_received(self, data: bytes) -> None:
        if self.device.network.link:
            self.dhcp.received(data)

    # What others are told

    def description(self) -> dict[str, Any]:
        """The device's entry of fleet.json."""
        device = self.device
        account = self.specification.account
        return {
            "name": self.name,
            "kind": device.profile.model,
            "model": device.product.prod_nbr,
            "firmware": device.firmware.running.version,
            "serial": device.identity.serial,
            "mac": device.identity.mac,
            "address": device.network.primary,
            "ports": self.ports,
            "url": self.url("http"),
            "https_url": self.url("https"),
            "credentials": {"user": account.user, "password": account.password},
            "needs_setup": device.needs_setup,
            "mqtt": self._mqtt_description(),
            "modbus": self.buses.description(),
            "snmp": self._snmp_description(),
            "sip": self.sip.description(),
        }

    def _snmp_description(self) -> dict[str, Any] | None:
        """How a manager reaches the agent; None while it does not listen."""
        settings, port = self.device.snmp, self.snmp.port
        if port is None:
            return None
        spoken = {"v1": settings.v1, "v2c": settings.v2c, "v3": settings.v3}
        return {
            "transport": self.snmp.face.transport,
            "port": port,
            "versions": [version for version, on in spoken.items() if on],
            "read_community": settings.read_community,
            "write_community": settings.write_community,
            "user": USER,
            "password": settings.password,
        }

    def _mqtt_description(self) -> dict[str, Any] | None:
        client = self.device.mqtt.client
        if not self.device.mqtt.active:
            return None
        return {"prefix": client.device_topic_prefix, "client_id": client.client_id}
