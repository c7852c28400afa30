"""The way out for notifications of rules: which way, how many at once, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.rule.order import ActionFailed
from simulator.face.notification.mail import MailDelivery
from simulator.face.notification.plain import PlainDelivery
from simulator.face.notification.web import WebDelivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.rule.order import Order, Stop
    from simulator.face.notification.delivery import Delivery
    from simulator.face.transport import Dialer

WAYS: dict[str, type[Delivery]] = {
    "com.axis.recipient.http": WebDelivery,
    "com.axis.recipient.https": WebDelivery,
    "com.axis.recipient.smtp": MailDelivery,
    "com.axis.recipient.tcp": PlainDelivery,
}
"""By recipient template."""
MOST_AT_ONCE = 20
"""Notifications of one device under way: a bound of the bench; further ones fail."""
LONGEST_PERIOD = 86_400


class NotificationFace:
    """Of one device. `start` and `stop` say whether its system runs. `dialer` is made when there is something to send."""

    def __init__(self, device: Device, dialer: Callable[[], Dialer]) -> None:
        self._device = device
        self._make_dialer = dialer
        self._dialer: Dialer | None = None
        self._under_way: set[Delivery] = set()
        device.rules.notifier = self.send

    def send(self, order: Order) -> Stop | None:
        """Begin to deliver; an unlimited one is sent again every `period` seconds. Raises ActionFailed."""
        if not order.template.lasting:
            self._deliver(order)
            return None
        period = order.number("period", 1, 1, LONGEST_PERIOD)
        return _Repetition(order, period, self._deliver).begin()

    def stop(self) -> None:
        """The system goes down: what is under way is cut off without a word."""
        under_way, self._under_way = self._under_way, set()
        for delivery in under_way:
            delivery.abort()

    def _deliver(self, order: Order) -> None:
        way = WAYS.get(order.template.recipient)
        if way is None:
            raise ActionFailed(f"Nothing can be sent to {order.template.recipient}")
        if len(self._under_way) >= MOST_AT_ONCE:
            raise ActionFailed("Too many notifications are under way")
        if self._dialer is None:
            self._dialer = self._make_dialer()
        delivery = way(order, self._dialer, self._over)
        self._under_way.add(delivery)
        try:
            delivery.begin()
        except ActionFailed:
            self._under_way.discard(delivery)
            raise

    def _over(self, delivery: Delivery, reason: str) -> None:
        self._under_way.discard(delivery)
        if reason:
            delivery.order.failed(f"{delivery.place}: {reason}")


class _Repetition:
    """An order carried out every so many device seconds, until it is stopped."""

    def __init__(self, order: Order, period: int, deliver: Callable[[Order], None]) -> None:
        self._order = order
        self._period = period
        self._deliver = deliver
        self._timer: Timer | None = None

    def begin(self) -> Stop:
        """Once now; returns what ends it. Raises ActionFailed if the first one cannot be begun."""
        self._deliver(self._order)
        self._set_timer()
        return self._stop

    def _set_timer(self) -> None:
        self._timer = self._order.device.world.clock.call_later(self._period, self._again)

    def _again(self) -> None:
        if not self._order.device.lifecycle.reachable:
            return
        try:
            self._deliver(self._order)
        except ActionFailed as failed:
            self._order.failed(failed.what)
        self._set_timer()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
