"""One notification on its way: a connection, a session, and how it ended. What all ways have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from simulator.errors import MalformedMessage
from simulator.face.transport import TlsWish
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.rule.order import Order
    from simulator.face.transport import Cancellable, Dialer, Proxy, Stream


class Session(Protocol):
    """What a client session of the wire looks like from here; events differ."""

    ended: bool

    def receive(self, data: bytes, now: float) -> list[Any]: ...
    def send(self, event: Any, now: float) -> list[Any]: ...
    def lost(self, now: float) -> list[Any]: ...
    def take_output(self) -> bytes: ...
    def next_deadline(self) -> float | None: ...
    def tick(self, now: float) -> list[Any]: ...


class Delivery(ABC):
    """From the dial to the end. `over` is called once, with the reason of a failure or nothing."""

    def __init__(self, order: Order, dialer: Dialer, over: Callable[[Delivery, str], None]) -> None:
        self.order = order
        self._dialer = dialer
        self._over = over
        self._session: Session | None = None
        self._stream: Stream | None = None
        self._line: _Line | None = None
        self._attempt: Cancellable | None = None
        self._timer: Cancellable | None = None
        self._finished = False
        self.place = ""
        """Host and port, for the journal."""

    @property
    def device(self) -> Device:
        return self.order.device

    def dial(self, host: str, port: int, *, tls: TlsWish | None = None, proxy: Proxy | None = None) -> None:
        """Connect from the device's own address."""
        self.place = f"{host}:{port}"
        patience = self.device.profile.quirks.notification_timeout
        self._line = _Line(self)
        self._attempt = self._dialer.dial(self._line, host, port, tls=tls, timeout=patience, proxy=proxy)

    def tls(self, *, verify: bool) -> TlsWish:
        """Against the authorities that are installed, or that of the fleet where none is."""
        authorities = tuple(self.device.certificates.authorities.values()) if verify else ()
        return TlsWish(verify=verify, authorities=authorities)

    def abort(self) -> None:
        """The device goes down: nothing is said, to nobody."""
        self._finished = True
        self._cancel_timer()
        if self._stream is not None:
            self._stream.abort()
        elif self._attempt is not None:
            self._attempt.cancel()

    @abstractmethod
    def begin(self) -> None:
        """Find out whom to call, and dial. Raises ActionFailed for settings with which that cannot be."""

    @abstractmethod
    def handle(self, event: Any) -> None:
        """What the session says."""

    @abstractmethod
    def connected(self, now: float) -> list[Any]:
        """The connection stands: what the session says to that."""

    # ---- what the present connection tells

    def is_present(self, line: _Line) -> bool:
        """Whether a connection is the one that counts; an earlier one may end late."""
        return line is self._line

    def opened(self, stream: Stream) -> None:
        if self._finished:
            stream.abort()
            return
        self._stream = stream
        self._note("opened")
        self._tell(self.connected(self._dialer.now()))

    def received(self, data: bytes) -> None:
        if self._session is not None and not self._finished:
            try:
                events = self._session.receive(data, self._dialer.now())
            except MalformedMessage as wrong:
                self.finish(str(wrong.what))
                return
            self._tell(events)

    def lost(self, reason: str) -> None:
        if self._finished:
            return
        if self._stream is None:
            self.finish(reason)
            return
        self._stream = None
        if self._session is not None:
            self._tell(self._session.lost(self._dialer.now()))

    # ---- the end

    def finish(self, reason: str = "") -> None:
        """It is over: delivered, or failed for a reason."""
        if self._finished:
            return
        self._finished = True
        self._cancel_timer()
        if self._stream is not None:
            self._stream.close()
        self._note("failed" if reason else "delivered", **({"reason": reason} if reason else {}))
        self._over(self, reason)

    def _tell(self, events: list[Any]) -> None:
        self._write()
        for event in events:
            if not self._finished:
                self.handle(event)
        self._write()
        if not self._finished:
            self._set_timer()

    def _write(self) -> None:
        if self._session is not None and self._stream is not None:
            output = self._session.take_output()
            if output:
                self._stream.write(output)

    def _set_timer(self) -> None:
        self._cancel_timer()
        deadline = None if self._session is None else self._session.next_deadline()
        if deadline is not None:
            self._timer = self._dialer.call_later(max(0.0, deadline - self._dialer.now()), self._rang)

    def _rang(self) -> None:
        self._timer = None
        if self._session is not None and not self._finished:
            self._tell(self._session.tick(self._dialer.now()))

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _note(self, state: str, **data: Any) -> None:
        kind = self.order.template.token.rpartition(".")[2]
        self.device.note(Kind.CONNECTION, f"notification {kind}", state=state, server=self.place, **data)


class _Line:
    """The `StreamUser` of one connection of a delivery."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def opened(self, stream: Stream) -> None:
        if self._delivery.is_present(self):
            self._delivery.opened(stream)
        else:
            stream.abort()

    def received(self, data: bytes) -> None:
        if self._delivery.is_present(self):
            self._delivery.received(data)

    def lost(self, reason: str) -> None:
        if self._delivery.is_present(self):
            self._delivery.lost(reason)
