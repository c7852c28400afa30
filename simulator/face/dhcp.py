"""How a device gets its IPv4 address: the DHCP client and the link-local session, joined to the network interface.

Runs on the device clock. What the sessions say becomes a change of `Network`: a lease, its loss, the fallback, a
169.254 address; what `Network` says (another configuration, the cable) becomes a command to the sessions. Every
message is a DATAGRAM record of the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.chance import Chance
from simulator.device.lease import Lease
from simulator.errors import MalformedMessage
from simulator.journal import Kind
from simulator.wire.dhcp import link_local, option
from simulator.wire.dhcp.client import HOLDING, DhcpClient, Settings
from simulator.wire.dhcp.event import (
    Bound,
    Decline,
    Entered,
    FallBack,
    Lost,
    Output,
    Settle,
    Start,
    State,
    Stop,
    Transmit,
)
from simulator.wire.dhcp.link_local import LinkLocal
from simulator.wire.dhcp.message import NOWHERE, Message, Type, decode
from simulator.wire.dhcp.option import Code
from simulator.wire.dhcp.terms import Terms

if TYPE_CHECKING:
    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.face.transport import DatagramWay

DAEMON = "udhcpc"


class DhcpFace:
    """One device's way to an address. `way` sends to port 67; what comes to port 68 is handed to `received`."""

    def __init__(self, device: Device, way: DatagramWay) -> None:
        self._device = device
        self._network = device.network
        self._way = way
        self._mac = bytes.fromhex(device.identity.serial)
        chance = device.world.chance
        self._client = DhcpClient(self._settings(), chance.stream("device", device.name, "dhcp"))
        self._sessions_link_local: LinkLocal | None = None
        self._timer: Timer | None = None
        self._busy = False
        self._settling = False
        self._network.on_configuration(self._configured)
        self._network.on_change(self._rearranged)
        self._network.on_link(self._link_changed)

    @property
    def state(self) -> State:
        """Where the DHCP client is."""
        return self._client.state

    def start(self) -> None:
        """The system has booted far enough: bring the interface up and look for an address.

        After a crash nobody has said `stop`; the old system's address is dropped first.
        """
        if self._network.running:
            self.stop()
        self._network.bring_up()
        if self._network.configuration.dhcp and self._network.link:
            self._begin(Start(self._network.last_lease))
        self._pump()

    def settle(self, lease: Lease) -> bool:
        """Be bound to `lease` from the start, without a word on the wire. False if the address is taken.

        The client goes on from there: it renews at T1 after `lease.obtained_at`.
        """
        self._settling = True
        try:
            if not self._network.settled(lease):
                return False
        finally:
            self._settling = False
        self._client.send(Settle(_terms_of(lease)), self._now())
        self._client.take_output()
        self._pump()
        return True

    def stop(self, *, release: bool = False) -> None:
        """The system goes down. With `release` the lease is given back first, as a restore does."""
        self._client.send(Stop(release), self._now())
        self._pump()
        if self._sessions_link_local is not None:
            self._sessions_link_local.send(link_local.End(), self._now())
            self._sessions_link_local.take_output()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._network.take_down()

    def received(self, data: bytes) -> None:
        """One datagram from a server, or from anybody else."""
        try:
            self._note_message("in", decode(data))
        except MalformedMessage as error:
            self._device.note(Kind.DATAGRAM, "dhcp malformed", direction="in", size=len(data), reason=str(error))
        self._client.receive(data, self._now())
        self._pump()

    # What the network says

    def _configured(self) -> None:
        """Another boot protocol is about to take effect: a lease is given back while the address still stands."""
        dhcp, idle = self._network.configuration.dhcp, self._client.state is State.IDLE
        if dhcp and idle and self._network.link:
            self._begin(Start(at_once=True))
        elif not dhcp and not idle:
            self._client.send(Stop(release=True), self._now())
        self._pump()

    def _link_changed(self, up: bool) -> None:
        """The cable: a client with a lease waits for the end of it, any other stops; back in, it asks at once."""
        if not self._network.running or not self._network.configuration.dhcp:
            return
        lease = self._network.current_lease
        if up:
            self._begin(Start(lease.address if lease else "", at_once=True))
        elif lease is None:
            self._client.send(Stop(), self._now())
        elif self._client.state not in HOLDING:
            self._client.send(Settle(_terms_of(lease)), self._now())
        self._pump()

    def _rearranged(self) -> None:
        """Whether a 169.254 address is wanted may have changed."""
        wanted = self._network.wants_link_local
        if wanted:
            self._link_local.send(link_local.Begin(at_once=self._settling), self._now())
        elif self._sessions_link_local is not None:
            self._sessions_link_local.send(link_local.End(), self._now())
        self._pump()

    # The sessions

    def _begin(self, start: Start) -> None:
        self._client.settings = self._settings()
        self._client.send(start, self._now())

    def _settings(self) -> Settings:
        parameters, quirks = self._device.parameters, self._device.profile.quirks
        dns_update = parameters.enabled("Network.DNSUpdate.Enabled")
        return Settings(
            mac=self._mac,
            vendor_class=parameters.get("Network.DHCP.VendorClass"),
            host_name=parameters.get("Network.HostName"),
            request_list=quirks.dhcp_parameter_request,
            rhythm=quirks.dhcp_retry,
            start_delay=quirks.dhcp_start_delay,
            fallback_after=quirks.fallback_delay,
            dns_name=parameters.get("Network.DNSUpdate.DNSName") if dns_update else "",
        )

    @property
    def _link_local(self) -> LinkLocal:
        """Made when first wanted: most devices never need one."""
        if self._sessions_link_local is None:
            chance = self._device.world.chance.stream("device", self._device.name, "link-local")
            candidates = Chance(0).stream("IPv4LL", self._device.identity.serial)
            defends = not self._network.legacy
            self._sessions_link_local = LinkLocal(candidates, chance, always_defends=defends)
        return self._sessions_link_local

    def _now(self) -> float:
        return self._device.world.clock.now()

    def _pump(self) -> None:
        """Do what the sessions say until they are quiet; what they say meanwhile joins the queue."""
        if self._busy:
            return
        self._busy = True
        try:
            while outputs := self._outputs():
                for output in outputs:
                    self._do(output)
        finally:
            self._busy = False
        self._arm()

    def _outputs(self) -> list[Output | link_local.Output]:
        outputs: list[Output | link_local.Output] = [*self._client.take_output()]
        if self._sessions_link_local is not None:
            outputs += self._sessions_link_local.take_output()
        return outputs

    def _arm(self) -> None:
        due = self._next_deadline()
        if self._timer is not None and self._timer.pending and self._timer.due == due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._device.world.clock.call_at(due, self._tick)

    def _next_deadline(self) -> float | None:
        pending = [self._client.next_deadline()]
        if self._sessions_link_local is not None:
            pending.append(self._sessions_link_local.next_deadline())
        return min((due for due in pending if due is not None), default=None)

    def _tick(self) -> None:
        now = self._now()
        self._client.tick(now)
        if self._sessions_link_local is not None:
            self._sessions_link_local.tick(now)
        self._pump()

    # What the sessions say

    def _do(self, output: Output | link_local.Output) -> None:
        match output:
            case Transmit():
                self._transmit(output)
            case Bound():
                self._bound(output)
            case Lost():
                self._lost(output.reason)
            case FallBack():
                self._network.fall_back()
            case Entered():
                self._device.note(Kind.STATE, "dhcp", state=output.state.value)
            case _:
                self._do_link_local(output)

    def _do_link_local(self, output: link_local.Output) -> None:
        match output:
            case link_local.Probe():
                if self._network.link and self._network.link_local_taken(output.address):
                    self._link_local.receive(link_local.Heard(output.address), self._now())
            case link_local.Claimed():
                if not self._network.hold_link_local(output.address):
                    self._link_local.receive(link_local.Heard(output.address), self._now())
            case link_local.GivenUp():
                self._network.drop_link_local("conflict")
            case link_local.Announce():
                self._device.note(Kind.STATE, "network.announce", address=output.address)

    def _transmit(self, output: Transmit) -> None:
        if not self._network.link:
            return
        self._note_message("out", output.message)
        if (line := _log_line(output)) is not None:
            self._log(line)
        self._way.send(output.data, output.destination)

    def _bound(self, output: Bound) -> None:
        lease = lease_of(output.terms, output.ack)
        if self._network.lease(lease):
            facts = {"address": lease.address, "server": lease.server, "seconds": _json(lease.seconds)}
            self._device.note(Kind.STATE, "network.lease", **facts)
            self._log(f"lease of {lease.address} obtained from {lease.server}, lease time {lease.seconds:.0f}")
        else:
            self._client.send(Decline(), self._now())

    def _lost(self, reason: str) -> None:
        if reason == "expired":
            self._log("lease lost, entering init state")
        self._network.drop_lease(reason)
        if not self._network.link:
            self._client.send(Stop(), self._now())

    # The records

    def _log(self, text: str) -> None:
        """A line of the client in the system log, as `udhcpc[535]: udhcpc: sending renew to ...`."""
        self._device.logs.system(DAEMON, "INFO", f"{DAEMON}: {text}")

    def _note_message(self, direction: str, message: Message) -> None:
        kind = message.type
        facts = {"requested": option.address(message.options, Code.REQUESTED_ADDRESS)}
        facts["server"] = option.address(message.options, Code.SERVER)
        facts |= {name: value for name in ("ciaddr", "yiaddr") if (value := getattr(message, name)) != NOWHERE}
        what = f"dhcp {kind.name.lower()}" if kind is not None else "dhcp without type"
        data = {name: value for name, value in facts.items() if value}
        self._device.note(Kind.DATAGRAM, what, direction=direction, xid=f"{message.xid:08x}", **data)


def lease_of(terms: Terms, ack: Message) -> Lease:
    """An acknowledgement as the device understands it. Without a mask the class of the address decides."""
    options = ack.options
    length = option.prefix_length(options)
    return Lease(
        address=terms.address,
        prefix_length=_class_prefix(terms.address) if length is None else length,
        server=terms.server,
        obtained_at=terms.since,
        seconds=terms.seconds,
        renewal=terms.renewal,
        rebinding=terms.rebinding,
        router=option.address(options, Code.ROUTER),
        broadcast=option.address(options, Code.BROADCAST),
        name_servers=option.addresses(options, Code.NAME_SERVERS),
        ntp_servers=option.addresses(options, Code.NTP_SERVERS),
        host_name=option.text(options, Code.HOST_NAME),
        domain=option.text(options, Code.DOMAIN),
        search_domains=option.search_domains(options),
        posix_time_zone=option.text(options, Code.POSIX_TIME_ZONE),
        iana_time_zone=option.text(options, Code.IANA_TIME_ZONE),
        routes=option.static_routes(options),
    )


def _log_line(output: Transmit) -> str | None:
    """What udhcpc writes when it sends; a renewal is recorded from a real device (core sheet 4.6)."""
    message = output.message
    if message.type is Type.DISCOVER:
        return "sending discover"
    if message.type is not Type.REQUEST:
        return None
    if message.ciaddr == NOWHERE:
        return f"sending select for {option.address(message.options, Code.REQUESTED_ADDRESS)}"
    return f"sending renew to {output.destination or 'server'}"


def _terms_of(lease: Lease) -> Terms:
    return Terms(lease.address, lease.server, lease.obtained_at, lease.seconds, lease.renewal, lease.rebinding)


def _class_prefix(address: str) -> int:
    first = int(address.split(".", 1)[0])
    if first < 128:
        return 8
    return 16 if first < 192 else 24


def _json(seconds: float) -> float | str:
    return "infinite" if seconds == float("inf") else seconds
