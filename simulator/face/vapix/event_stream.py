"""The event stream over WebSocket: /vapix/ws-data-stream and the tokens that open it (io-events sheet 2.3).

The first frame of the client configures filters, the first answer confirms them, then come the present states and then
every change. An event that two filters match is delivered twice; a second configuration replaces the first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.device.parameter import Level
from simulator.face.event_filter import EventFilter, FilterRefused
from simulator.face.exchange import Answer, Reply, WebSocket
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import speaks
from simulator.face.vapix.fault import FAMILY_B, ApiError

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.event import Event
    from simulator.face.exchange import Channel

API = "event-streaming-over-websocket"
MOST_FILTERS = 200
CONFIGURE, NOTIFY = "events:configure", "events:notify"


class Stream:
    """One client's stream."""

    def __init__(self, device: Device, channel: Channel) -> None:
        self._device = device
        self._channel = channel
        self._filters: tuple[EventFilter, ...] = ()
        self._stop = device.events.listen(self._published)

    def received(self, message: str | bytes) -> None:
        """One frame of the client: a configuration."""
        answer: dict[str, Any] = {"apiVersion": self._version}
        try:
            asked = self._parsed(message, answer)
            filters = _filters(asked.get("params"))
        except ApiError as error:
            self._send({**answer, "error": error.as_json()})
            return
        self._filters = filters
        self._send({**answer, "data": {}})
        for event in self._device.events.states():
            self._published(event)

    def closed(self) -> None:
        """The connection ended."""
        self._stop()

    @property
    def _version(self) -> str:
        return self._device.profile.apis[API].answers

    def _parsed(self, message: str | bytes, answer: dict[str, Any]) -> dict[str, Any]:
        """The call; what the answer repeats of it is filled into `answer`."""
        try:
            asked = json.loads(message)
        except (ValueError, RecursionError):
            raise FAMILY_B.bad_json() from None
        if not isinstance(asked, dict):
            raise FAMILY_B.bad_json()
        for name in ("context", "method"):
            if isinstance(asked.get(name), str):
                answer[name] = asked[name]
        self._check(asked)
        return asked

    def _check(self, asked: dict[str, Any]) -> None:
        version, method = asked.get("apiVersion"), asked.get("method")
        if version is None or method is None:
            raise FAMILY_B.missing("apiVersion" if version is None else "method")
        if not isinstance(version, str) or not speaks(self._version, version):
            raise FAMILY_B.unsupported_version()
        if method != CONFIGURE:
            raise FAMILY_B.unknown_method(str(method)[:64])

    def _published(self, event: Event) -> None:
        for wanted in self._filters:
            if wanted.matches(event):
                self._send(self._notification(event))

    def _notification(self, event: Event) -> dict[str, Any]:
        stamp = self._device.world.clock.epoch.timestamp() + event.at
        message = {"source": dict(event.source), "key": {}, "data": dict(event.data)}
        notification = {"timestamp": round(stamp * 1000), "topic": event.topic, "message": message}
        return {"apiVersion": self._version, "method": NOTIFY, "params": {"notification": notification}}

    def _send(self, content: dict[str, Any]) -> None:
        self._channel.send(json.dumps(content, separators=(",", ":"), ensure_ascii=False))


def _filters(params: object) -> tuple[EventFilter, ...]:
    wanted = params.get("eventFilterList") if isinstance(params, dict) else None
    if wanted is None:
        raise FAMILY_B.missing("eventFilterList")
    if not isinstance(wanted, list) or len(wanted) > MOST_FILTERS:
        raise FAMILY_B.invalid("eventFilterList")
    try:
        return tuple(EventFilter.of(part) for part in wanted)
    except FilterRefused as refused:
        raise FAMILY_B.invalid(refused.name) from None


def data_stream(call: Call) -> Reply:
    """Opened with credentials on the upgrade itself, or with a token of wssession.cgi."""
    token = call.query.get("wssession")
    if token is None or not call.front.tokens.redeem(token):
        refusal = call.demand(Level.VIEWER)
        if refusal is not None:
            return refusal
    if call.query.get("sources", "events") != "events":
        return Answer(400, b"Unknown source\n", "text/plain")
    if "websocket" not in call.request.head.headers.get("upgrade", "").lower():
        return Answer(400, b"Only WebSocket is supported\n", "text/plain")
    return WebSocket(lambda channel: Stream(call.device, channel))


def session_token(call: Call) -> Reply:
    """A token that opens one stream within fifteen seconds."""
    return Answer(body=call.front.tokens.issue().encode(), content_type="text/plain")


ROUTES = (
    Route(("/vapix/ws-data-stream",), data_stream, methods=("GET",), level=Level.ANYONE, api=API),
    Route(("/axis-cgi/wssession.cgi",), session_token, methods=("GET",), level=Level.VIEWER),
)
