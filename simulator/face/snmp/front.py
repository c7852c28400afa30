"""The SNMP agent of one device: when it runs, what it is set to, what it answers and what it tells by itself.

A change of settings restarts the agent a moment later: `sysUpTime` begins at 0 and `snmpEngineBoots` is raised (SNMP
sheet 2.1). Traps leave from the device's own address and are forgotten; nothing is queued (sheet 2.7).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from simulator.device.lifecycle import Phase
from simulator.device.snmp import USER
from simulator.face.snmp.additional import read_additional
from simulator.face.snmp.alarm import AlarmBook
from simulator.face.snmp.context import TICKS, Context
from simulator.face.snmp.fault import AgentFaults
from simulator.face.snmp.objects import template_of
from simulator.face.snmp.telling import Teller
from simulator.journal import Kind
from simulator.wire.snmp.agent import Access, Agent
from simulator.wire.snmp.ber import oid_of, oid_text
from simulator.wire.snmp.event import Asked, BadCommunity, Dropped, Reported, Struck
from simulator.wire.snmp.key import Privacy
from simulator.wire.snmp.message import Flag, Version
from simulator.wire.snmp.object_tree import ObjectView
from simulator.wire.snmp.pdu import Kind as Operation
from simulator.wire.snmp.pdu import Status
from simulator.wire.snmp.usm import Usm

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.event import Event
    from simulator.face.snmp.context import Socket
    from simulator.face.transport import Cancellable
    from simulator.wire.snmp.event import AgentEvent
    from simulator.wire.snmp.value import VarBind

ENGINE_FORMAT_MAC = bytes((0x80, 0x00, 0x01, 0x70, 0x03))
"""Enterprise 368 with the top bit set, then format 3: a MAC address (RFC 3411; the choice is a guess, sheet 2.5)."""
COLD_START, WARM_START, LINK_DOWN, LINK_UP, AUTHENTICATION_FAILURE = range(5)
_LEVELS = {"noAuthNoPriv": 0, "authNoPriv": Flag.AUTH, "authPriv": Flag.AUTH | Flag.PRIV}
_VERSIONS = {int(version): version.name.lower() for version in Version}
_NAMES_SHOWN = 8
"""Object names of one request that the journal keeps."""


class SnmpWay(Protocol):
    """What the host does for the agent."""

    def now(self) -> float:
        """Wire time."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Cancellable:
        """Call back after `delay` wire seconds."""

    def refresh(self) -> None:
        """What ought to listen has changed."""

    def sockets(self) -> tuple[Socket, ...]:
        """The open ports of the device."""

    def tell(self, data: bytes, host: str) -> bool:
        """Send a notification to `host`, an address perhaps with a port; False where there is no way."""

    def is_observer(self, peer: str) -> bool:
        """Whether this address and port are those of the bench's own observers."""


class SnmpFace:
    """One agent. `start` and `stop` say whether the device's system runs; settings do the rest."""

    def __init__(self, device: Device, way: SnmpWay) -> None:
        self._device = device
        self._journal, self._name = device.world.journal, device.name
        self._way = way
        self._running = False
        self._agent: Agent | None = None
        self._context: Context | None = None
        self._timer: Timer | None = None
        self._boot = ""
        self._auth_trap_due = 0.0
        self._alarms = AlarmBook()
        self._faults: AgentFaults | None = None
        self._teller = Teller(device, way, self._copies)
        device.snmp.on_change(self._configured)
        device.events.listen(self._published)
        device.network.on_change(self._restructured)
        device.network.on_link(self._link)

    @property
    def transport(self) -> str:
        """`udp` or `tcp` while an agent runs, else empty."""
        return "" if self._agent is None else "tcp" if self._device.snmp.tcp else "udp"

    @property
    def faults(self) -> AgentFaults:
        """What hands have made wrong."""
        if self._faults is None:
            self._faults = AgentFaults(self._device)
            if self._agent is not None:
                self._faults.act_on(self._agent)
        return self._faults

    @property
    def faulty(self) -> bool:
        """Whether hands have made anything wrong since there is this agent."""
        return self._faults is not None

    # When it runs

    def start(self) -> None:
        """The device's services run. Safe to repeat."""
        if self._running:
            return
        self._running = True
        booted = self._boot != self._device.lifecycle.bootid
        self._boot = self._device.lifecycle.bootid
        self._begin(COLD_START if booted else WARM_START, link_up=booted)

    def be_running(self) -> None:
        """Be an agent that has been up as long as its device, without a word on the wire."""
        lifecycle = self._device.lifecycle
        self._running, self._boot = True, lifecycle.bootid
        if self._device.snmp.enabled:
            self._make(lifecycle.boots, self._device.world.clock.now() - lifecycle.uptime())

    def stop(self) -> None:
        """The system goes down, or its power or address is gone."""
        self._running = False
        self._agent = self._context = None
        self._alarms.forget()
        self._teller.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _configured(self) -> None:
        """Several settings of one request are one restart."""
        if self._running and self._timer is None:
            delay = self._device.profile.quirks.snmp_apply_seconds
            self._timer = self._device.world.clock.call_later(delay, self._reconfigured)

    def _reconfigured(self) -> None:
        self._timer = None
        self._agent = self._context = None
        cold = self._device.profile.quirks.snmp_restart_trap == "cold"
        self._begin(COLD_START if cold else WARM_START, link_up=False)

    def _begin(self, trap: int, *, link_up: bool) -> None:
        if self._device.snmp.enabled:
            self._make(1, self._device.world.clock.now())
        self._way.refresh()
        if self._agent is not None:
            self._generic(trap)
            if link_up and self._device.network.link:
                self._generic(LINK_UP)

    def _make(self, least_boots: int, started: float) -> None:
        device = self._device
        settings, quirks = device.snmp, device.profile.quirks
        context = Context(device, self._way.sockets, started, started)
        boots = settings.count_start(least_boots)
        context.usm = Usm(
            self._own_engine_id,
            boots,
            started,
            _octets(USER),
            _octets(settings.password),
            privacies=_privacies(quirks.snmp_privacy),
            salt=device.world.chance.number("snmp", "salt", device.name, boots),
        )
        access = _access(
            settings.v1,
            settings.v2c,
            settings.v3,
            settings.read_community,
            settings.write_community,
            _LEVELS[quirks.snmp_v3_least_level],
            quirks.snmp_too_big,
        )
        template = template_of(device.profile, settings.additional, read_additional)
        view = ObjectView(template, context, context.shape)
        self._agent = Agent(view, access, context.usm)
        self._agent.counters = context.counters
        if self._faults is not None:
            self._faults.act_on(self._agent)
        self._context = context
        device.note(Kind.STATE, "snmp agent", boots=boots)

    # What it answers

    def received(self, data: bytes, peer: str) -> list[bytes]:
        """A message of a manager: the answers to it, none or one."""
        agent = self._agent
        if agent is None:
            return []
        for event in agent.receive(data, self._device.world.clock.now()):
            self._happened(event, peer)
        if agent.struck:
            self.faults.settle()
        return agent.take_output()

    @property
    def manner(self) -> tuple[float, bool]:
        """How the answer that was just given leaves: seconds of wire time later, and from another port."""
        struck = self._agent.struck if self._agent is not None else ()
        return sum(fault.delay for fault in struck), any(fault.kind == "other-port" for fault in struck)

    def _happened(self, event: AgentEvent, peer: str) -> None:
        if isinstance(event, Asked):
            self._asked(event, peer)
            return
        note = self._device.note
        observer = {"observer": True} if self._way.is_observer(peer) else {}
        if isinstance(event, BadCommunity):
            note(Kind.DATAGRAM, "snmp community refused", peer=peer, community=event.community, **observer)
            self._authentication_failed()
        elif isinstance(event, Reported):
            note(Kind.DATAGRAM, "snmp report", peer=peer, counter=event.counter, user=event.user, **observer)
        elif isinstance(event, Struck):
            note(Kind.FAULT, f"snmp {event.kind} strikes", peer=peer, **observer)
        elif isinstance(event, Dropped):
            note(Kind.VIOLATION, "snmp", peer=peer, reason=event.reason, **observer)

    def _asked(self, event: Asked, peer: str) -> None:
        version, kind, bindings, status, who = event
        names = _shown(bindings if bindings.__class__ is tuple else tuple(bindings))
        write, told = self._journal.append, _VERSIONS[version]
        if self._way.is_observer(peer):
            write(
                _DATAGRAM, self._name, _WHAT[kind],
                version=told, peer=peer, who=who, names=names, status=_STATUS[status], observer=True,
            )  # fmt: skip
        else:  # without a dictionary to merge: this is written once for every request
            write(
                _DATAGRAM, self._name, _WHAT[kind],
                version=told, peer=peer, who=who, names=names, status=_STATUS[status],
            )  # fmt: skip

    # What hands change

    @property
    def engine_id(self) -> bytes:
        """Name of the engine, also of one that is off."""
        usm = self._context.usm if self._context is not None else None
        return usm.engine_id if usm is not None else self._own_engine_id

    @property
    def _own_engine_id(self) -> bytes:
        return ENGINE_FORMAT_MAC + bytes.fromhex(self._device.identity.serial)

    def be_up_for(self, ticks: int) -> None:
        """`sysUpTime` goes on from so many hundredths of a second, until the agent starts again."""
        if self._context is not None:
            self._context.started = self._device.world.clock.now() - ticks / TICKS
            self._device.note(Kind.STATE, "snmp uptime", ticks=ticks)

    def be_engine(self, boots: int | None, seconds: int | None, engine_id: bytes | None) -> None:
        """Be another engine, or in another time; the next start counts its boots on from here."""
        usm = self._context.usm if self._context is not None else None
        if usm is None:
            return
        usm.be_at(boots, seconds, self._device.world.clock.now())
        if boots is not None:
            self._device.snmp.count_from(boots)
        if engine_id is not None:
            usm.take_name(engine_id)
        now = self._device.world.clock.now()
        self._device.note(Kind.STATE, "snmp engine", boots=usm.boots, time=usm.time(now), id=usm.engine_id.hex())

    # What it tells

    def _copies(self) -> int:
        return 1 if self._faults is None else self._faults.copies()

    def notified(self, data: bytes) -> None:
        """A datagram came to the port that notifications are sent from."""
        self._teller.received(data)

    def send_alarm(self, name: str, text: str) -> None:
        """As the action rule "Send SNMP trap" does: an alarmSingle with these words."""
        if self._context is not None:
            self._teller.alarm(self._context, self._alarms.single(name, text))

    def _generic(self, trap: int) -> None:
        if self._context is not None and self._device.snmp.sends(trap):
            self._teller.generic(self._context, trap)

    def _authentication_failed(self) -> None:
        now = self._device.world.clock.now()
        if now >= self._auth_trap_due and self._device.snmp.sends(AUTHENTICATION_FAILURE):
            self._auth_trap_due = now + self._device.profile.quirks.snmp_auth_trap_seconds
            self._generic(AUTHENTICATION_FAILURE)

    def _published(self, event: Event) -> None:
        told = self._alarms.told_by(event, ports=self._device.snmp.port_alarms)
        if told is not None and self._context is not None and self._device.snmp.traps:
            self._teller.alarm(self._context, told)

    def _link(self, up: bool) -> None:
        """linkDown is lost with the link that it is about."""
        if self._context is None:
            return
        self._context.link_changed = self._device.world.clock.now()
        if up and self._device.lifecycle.phase is Phase.RUNNING:
            self._generic(LINK_UP)
        elif not up and self._device.snmp.sends(LINK_DOWN):
            self._device.note(Kind.STATE, "snmp trap lost", trap="linkDown", reason="no link")

    def _restructured(self) -> None:
        self.sockets_changed()

    def sockets_changed(self) -> None:
        """Addresses or open ports are others than before."""
        if self._context is not None:
            self._context.structure += 1


_DATAGRAM = Kind.DATAGRAM
_WHAT = {int(kind): f"snmp {kind.name.lower().replace('_', '')}" for kind in Operation}
_STATUS = {int(status): status.name.lower() for status in Status}


@lru_cache(maxsize=4096)
def _shown(bindings: tuple[VarBind, ...]) -> list[str]:
    """The first names of a request. Equal requests share the list, which nobody changes."""
    return [oid_text(oid_of(binding.name)) for binding in bindings[:_NAMES_SHOWN]]


# What many agents have in common is kept once.


@lru_cache(maxsize=256)
def _access(v1: bool, v2c: bool, v3: bool, read: str, write: str, least_flags: int, too_big: bool) -> Access:
    return Access(v1, v2c, v3, _octets(read), _octets(write), least_flags, too_big)


@lru_cache(maxsize=256)
def _octets(text: str) -> bytes:
    return text.encode()


@lru_cache(maxsize=64)
def _privacies(names: tuple[str, ...]) -> tuple[Privacy, ...]:
    return tuple(Privacy(name) for name in names)
