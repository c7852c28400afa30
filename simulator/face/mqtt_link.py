"""One connection of a device to a broker: the client session, its stream, and its one timer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from simulator.device.certificate import DEVICE_ID
from simulator.face.transport import Proxy, TlsWish
from simulator.face.websocket_stream import WebSocketStream
from simulator.journal import Kind
from simulator.wire.mqtt.client import ClientSession
from simulator.wire.mqtt.event import Ended
from simulator.wire.mqtt.packet import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Publish,
    Suback,
    Subscribe,
    Unsubscribe,
    Will,
)
from simulator.wire.mqtt.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.device import Device
    from simulator.device.mqtt_setting import ClientSettings
    from simulator.face.transport import Cancellable, Dialer, Stream, StreamUser
    from simulator.wire.mqtt.delivery import Inflow, Outflow
    from simulator.wire.mqtt.event import ClientEvent

WEB = frozenset({"ws", "wss"})
"""Transports that carry MQTT inside a WebSocket."""
LARGEST_PACKET = 256 << 10
"""Bytes of a packet body that a broker may send to a device."""


class LinkOwner(Protocol):
    """Who is told what happens on a link."""

    def happened(self, link: MqttLink, event: ClientEvent) -> None:
        """The session says something; after `Ended` it says nothing more."""


class MqttLink:
    """From the dial to the end. The owner hears `Ended` exactly once, unless it aborts the link itself."""

    def __init__(
        self,
        device: Device,
        dialer: Dialer,
        owner: LinkOwner,
        outflow: Outflow,
        inflow: Inflow,
    ) -> None:
        self._device = device
        self._dialer = dialer
        self._owner = owner
        self.settings: ClientSettings = device.mqtt.client
        """Those it was opened with."""
        self._give_up = dialer.now() + self.settings.connect_timeout
        """TCP, TLS and CONNACK together take no longer."""
        self._session = ClientSession(outflow, inflow, largest=LARGEST_PACKET, watch=self._note_packet)
        self._stream: Stream | None = None
        self._timer: Cancellable | None = None
        self._rings_at = 0.0
        self._over = False
        self._collecting = False
        self._web: WebSocketStream | None = None
        self._attempt = self._dialled()

    @property
    def open(self) -> bool:
        """CONNACK 0 came and the connection stands."""
        return self._session.open

    @property
    def room(self) -> bool:
        """Whether a message of QoS 1 or 2 may be sent now."""
        return self._session.room

    def send(self, packet: Publish | Subscribe | Unsubscribe | Disconnect) -> None:
        """Send a packet; after a `Disconnect`, the connection ends when all is acknowledged."""
        self._session.send(packet, self._dialer.now())
        self._settle()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is sent inside leaves in one write: the dozens of messages after a welcome."""
        self._collecting = True
        try:
            yield
        finally:
            self._collecting = False
            self._settle()

    def unsent(self) -> list[Publish]:
        """Messages of an earlier connection that the broker may never have seen."""
        return self._session.unsent()

    def abort(self) -> None:
        """End at once and say nothing, to the broker or the owner."""
        self._over = True
        self._cancel_timer()
        if self._stream is None:
            self._attempt.cancel()
            if self._web is not None:
                self._web.abort()
        else:
            self._stream.abort()
            self._note_connection("aborted")

    # StreamUser

    def opened(self, stream: Stream) -> None:
        if self._over:
            stream.abort()
            return
        self._stream = stream
        self._note_connection("opened")
        now = self._dialer.now()
        try:
            self._session.send(self._connect(), now, patience=max(0.0, self._give_up - now))
        except ValueError as error:
            self._end(str(error))
            return
        self._settle()

    def received(self, data: bytes) -> None:
        if not self._over:
            self._tell(self._session.receive(data, self._dialer.now()))

    def lost(self, reason: str) -> None:
        self._end(reason)

    # inside

    def _dialled(self) -> Cancellable:
        """TCP or TLS, through a proxy where one is set, and a WebSocket inside for `ws` and `wss`."""
        settings, server = self.settings, self.settings.server
        patience = float(settings.connect_timeout)
        user: StreamUser = self
        if server.protocol in WEB:
            chance = self._device.world.chance.stream("device", self._device.name, "mqtt", "websocket")
            host, path = f"{server.host}:{server.port}", f"/{server.basepath.strip('/')}"
            user = self._web = WebSocketStream(self, self._dialer, host, path, chance.randbytes, patience)
        return self._dialer.dial(
            user, server.host, server.port, tls=self._tls(), timeout=patience, proxy=self._proxy()
        )

    def _tls(self) -> TlsWish | None:
        """Certificates are named by alias; the owner has seen to it that they are there."""
        if not self.settings.encrypted:
            return None
        wanted, store = self.settings.ssl, self._device.certificates
        authority = store.authorities.get(wanted.ca_cert_id)
        own = wanted.client_cert_id == DEVICE_ID
        return TlsWish(
            verify=wanted.validate_server_cert,
            authorities=() if authority is None else (authority,),
            alpn=self.settings.server.alpn_protocol,
            certificate=store.clients.get(wanted.client_cert_id, b""),
            device_id=self._device.identity.serial if own else "",
        )

    def _proxy(self) -> Proxy | None:
        url = self.settings.https_proxy if self.settings.encrypted else self.settings.http_proxy
        return Proxy.at(url) if url else None

    def _connect(self) -> Connect:
        settings, will = self.settings, self._device.mqtt.message("will")
        return Connect(
            client_id=settings.client_id,
            clean_session=settings.clean_session,
            keep_alive=settings.keep_alive_interval,
            will=None if will is None else Will(will.topic, will.payload.encode(), will.qos, will.retain),
            username=settings.username or None,
            password=settings.password.encode() if settings.username and settings.password else None,
        )

    def _tell(self, events: list[ClientEvent]) -> None:
        for event in events:
            if self._over:
                return
            if isinstance(event, Ended):
                self._write()
                self._end(event.violation or event.reason)
            else:
                self._owner.happened(self, event)
        self._settle()

    def _settle(self) -> None:
        """Write what the session has to say, and keep its deadline."""
        if self._over or self._collecting:
            return
        self._write()
        if self._session.ended:
            self._end("disconnected")
        else:
            self._set_timer()

    def _write(self) -> None:
        output = self._session.take_output()
        if output and self._stream is not None:
            self._stream.write(output)

    def _end(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._cancel_timer()
        if self._stream is not None:
            self._stream.close()
            self._note_connection("ended", reason=reason)
        self._owner.happened(self, Ended(reason))

    def _set_timer(self) -> None:
        """One timer: one that rings too early is set again, so that sending costs no timer work."""
        deadline = self._session.next_deadline()
        if deadline is None or (self._timer is not None and self._rings_at <= deadline):
            return
        self._cancel_timer()
        self._rings_at = deadline
        self._timer = self._dialer.call_later(deadline - self._dialer.now(), self._rang)

    def _rang(self) -> None:
        self._timer = None
        self._tell(self._session.tick(self._dialer.now()))

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _note_connection(self, state: str, **data: Any) -> None:
        server = self.settings.server
        self._device.note(Kind.CONNECTION, "mqtt", state=state, server=f"{server.host}:{server.port}", **data)

    def _note_packet(self, direction: str, packet: Packet) -> None:
        self._device.note(
            Kind.MESSAGE, "mqtt", direction=direction, packet=type(packet).__name__.upper(), **_shown(packet)
        )


def _shown(packet: Packet) -> dict[str, Any]:
    """What the journal keeps of a packet: never the password."""
    if isinstance(packet, Publish):
        payload = shown(packet.payload)
        told = {"topic": packet.topic, "qos": packet.qos, "retain": packet.retain, "payload": payload}
        return {**told, "dup": True} if packet.dup else told
    if isinstance(packet, Connect):
        return {"client": packet.client_id, "clean": packet.clean_session, "keep_alive": packet.keep_alive}
    if isinstance(packet, Connack):
        return {"code": int(packet.code), "session": packet.session_present}
    if isinstance(packet, Subscribe | Unsubscribe):
        return {"filters": [entry if isinstance(entry, str) else list(entry) for entry in packet.filters]}
    if isinstance(packet, Suback):
        return {"codes": list(packet.codes)}
    return {}
