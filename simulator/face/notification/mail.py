"""Notifications by mail (VAPIX, SMTP recipient; C1410 manual, Recipients, Email)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.rule.order import ActionFailed
from simulator.face.notification.delivery import Delivery
from simulator.wire.smtp.client import ClientSession, Connected, Delivered, Failed, Secured, StartTls
from simulator.wire.smtp.message import Mail, addresses

if TYPE_CHECKING:
    from simulator.face.transport import Stream, StreamUser, TlsWish

DEFAULT_PORT = 587
"""The manual's."""


class MailDelivery(Delivery):
    """One mail to all its recipients."""

    _encrypted: StreamUser | None = None
    """TLS that was begun inside the connection, and is given what comes."""

    def begin(self) -> None:
        order = self.order
        if order.text("pop_host"):
            raise ActionFailed("POP authentication is not supported")
        recipients, sender = addresses(order.text("email_to")), self._sender()
        if recipients is None or sender is None:
            raise ActionFailed("Invalid email address")
        encryption = order.text("encryption", "none").lower()
        if encryption not in {"none", "ssl", "tls"}:
            raise ActionFailed(f"Invalid value for parameter encryption: {encryption[:20]}")
        login = (order.text("login"), order.text("password")) if order.text("login") else None
        self._session = ClientSession(
            self.device.network.host_name or self.device.identity.host_name,
            sender,
            recipients,
            self._mail(sender, recipients),
            starttls=encryption == "tls",
            login=login,
            patience=self.device.profile.quirks.notification_timeout,
        )
        port = order.number("port", DEFAULT_PORT, 1, 65_535)
        self.dial(order.text("host"), port, tls=self._tls_wish() if encryption == "ssl" else None)

    def connected(self, now: float) -> list[Any]:
        return [] if self._session is None else self._session.send(Connected(), now)

    def received(self, data: bytes) -> None:
        if self._encrypted is not None:
            self._encrypted.received(data)
        else:
            super().received(data)

    def handle(self, event: Any) -> None:
        if isinstance(event, StartTls):
            self._secure()
        elif isinstance(event, Delivered):
            refused = ", ".join(event.refused)
            self.finish(f"the server does not take mail for {refused}"[:200] if refused else "")
        elif isinstance(event, Failed):
            self.finish(event.reason)

    def _secure(self) -> None:
        if self._stream is not None:
            inside = _Inside(self)
            self._encrypted = self._dialer.secure(inside, self._stream, self.order.text("host"), self._tls_wish())

    def secured(self, stream: Stream) -> None:
        """TLS stands inside the connection."""
        if self._session is not None and not self._finished:
            self._stream = stream
            self._tell(self._session.send(Secured(), self._dialer.now()))

    def heard(self, data: bytes) -> None:
        """Bytes that came out of TLS."""
        super().received(data)

    def _tls_wish(self) -> TlsWish:
        return self.tls(verify=self.order.switch("validate_server_cert"))

    def _sender(self) -> str | None:
        found = addresses(self.order.text("email_from", f"{self.device.network.host_name}@localhost"))
        return found[0] if found is not None and len(found) == 1 else None

    def _mail(self, sender: str, recipients: tuple[str, ...]) -> bytes:
        chance = self.device.world.chance.stream("device", self.device.name, "notification", "mail")
        number = f"{chance.randbytes(12).hex()}@{self.device.identity.host_name}"
        order, date = self.order, self.device.time.local()
        return Mail(sender, recipients, order.message("subject"), order.message("message"), date, number).encode()


class _Inside:
    """The user of the stream inside TLS."""

    def __init__(self, delivery: MailDelivery) -> None:
        self._delivery = delivery

    def opened(self, stream: Stream) -> None:
        self._delivery.secured(stream)

    def received(self, data: bytes) -> None:
        self._delivery.heard(data)

    def lost(self, reason: str) -> None:
        self._delivery.finish(reason)
