"""The event stream over WebSocket: /vapix/ws-data-stream and the tokens that open it (io-events sheet 2.3).

The first frame of the client configures filters, the first answer confirms them, then come the present states and then
every change. An event that two filters match is delivered twice; a second configuration replaces the first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.device.parameter import Level
from simulator.face.event_filter import EventFilter, FilterRefused
from simulator.face.event_moment import milliseconds
from simulator.face.exchange import Answer, Reply, WebSocket
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import speaks
from simulator.face.vapix.fault import FAMILY_B, ApiError
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.event import Event
    from simulator.face.exchange import Channel

API = "event-streaming-over-websocket"
CONFIGURE, NOTIFY = "events:configure", "events:notify"
TOO_LARGE = (2107, "Request too large")
MOST_FILTERS = 200
LONGEST_CONFIGURATION = 1 << 16
"""Characters of a configuration."""
LONGEST_AGENT = 100
"""Characters of a client's name in the journal."""
LARGEST_FRAME = 1 << 20
"""Bytes of a frame; a longer one ends the connection."""


class Stream:
    """One client's stream: a `SocketListener`."""

    def __init__(self, device: Device, channel: Channel, agent: str = "") -> None:
        """`agent` is how the client names itself, for the journal."""
        self._device = device
        self._channel = channel
        self._agent = agent[:LONGEST_AGENT]
        self._filters: tuple[EventFilter, ...] = ()
        self.closed = device.events.listen(self._published)
        """The connection ended, whoever ended it."""

    def received(self, message: str | bytes) -> None:
        """One frame of the client: a configuration. One that is refused leaves the filters as they were."""
        answer: dict[str, Any] = {"apiVersion": self._version}
        try:
            self._filters = _filters(self._parsed(message, answer))
        except ApiError as error:
            self._send({**answer, "error": error.as_json()})
            return
        self._send({**answer, "data": {}})
        for event in self._device.events.states():
            self._notify(event)
        self._note("in", filters=len(self._filters))

    @property
    def _version(self) -> str:
        return self._device.profile.apis[API].answers

    def _parsed(self, message: str | bytes, answer: dict[str, Any]) -> object:
        """The parameters of the call; what the answer repeats of it is filled into `answer`."""
        asked = _object(message)
        for name in ("context", "method"):
            if isinstance(asked.get(name), str):
                answer[name] = asked[name]
        version, method = asked.get("apiVersion"), asked.get("method")
        if version is None or method is None:
            raise FAMILY_B.missing("apiVersion" if version is None else "method")
        if not isinstance(version, str) or not speaks(self._version, version):
            raise FAMILY_B.unsupported_version()
        if method != CONFIGURE:
            raise FAMILY_B.unknown_method(str(method)[:64])
        return asked.get("params")

    def _published(self, event: Event) -> None:
        if self._notify(event):
            self._note("out", topic=event.topic, source=dict(event.source), data=dict(event.data))

    def _notify(self, event: Event) -> int:
        """Send an event once for each filter that it matches; returns how often."""
        times = sum(wanted.matches(event) for wanted in self._filters)
        if times:
            text = _text(self._notification(event))
            for _ in range(times):
                self._channel.send(text)
        return times

    def _notification(self, event: Event) -> dict[str, Any]:
        """There is no mark that tells a present state from a change."""
        message = {"source": dict(event.source), "key": {}, "data": dict(event.data)}
        notification = {
            "timestamp": milliseconds(self._device, event),
            "topic": event.topic,
            "message": message,
        }
        return {"apiVersion": self._version, "method": NOTIFY, "params": {"notification": notification}}

    def _send(self, content: dict[str, Any]) -> None:
        self._channel.send(_text(content))

    def _note(self, direction: str, **data: Any) -> None:
        self._device.note(Kind.MESSAGE, "event stream", direction=direction, agent=self._agent, **data)


def _object(message: str | bytes) -> dict[str, Any]:
    if len(message) > LONGEST_CONFIGURATION:
        raise ApiError(*TOO_LARGE)
    try:
        asked = json.loads(message)
    except (ValueError, RecursionError):
        raise FAMILY_B.bad_json() from None
    if not isinstance(asked, dict):
        raise FAMILY_B.bad_json()
    return asked


def _filters(params: object) -> tuple[EventFilter, ...]:
    wanted = params.get("eventFilterList") if isinstance(params, dict) else None
    if wanted is None:
        raise FAMILY_B.missing("eventFilterList")
    if not isinstance(wanted, list) or len(wanted) > MOST_FILTERS:
        raise FAMILY_B.invalid("eventFilterList")
    try:
        return tuple(EventFilter.of(part) for part in wanted)
    except FilterRefused as refused:
        raise FAMILY_B.missing(refused.name) if refused.missing else FAMILY_B.invalid(refused.name) from None


def _text(content: dict[str, Any]) -> str:
    """A lone surrogate that came in as \\ud800 goes out as \\ud800, for UTF-8 has none."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def data_stream(call: Call) -> Reply:
    """Opened with credentials on the upgrade itself, or with a token of wssession.cgi."""
    head = call.request.head
    token = call.query.get("wssession")
    if token is None or not call.front.tokens.valid(token, head.at):
        refusal = call.demand(Level.VIEWER)
        if refusal is not None:
            return refusal
    if "events" not in call.query.get("sources", "events").split(","):
        return Answer(400, b"Unknown source\n")
    if "websocket" not in head.headers.get("upgrade", "").lower():
        return Answer(400, b"Only WebSocket is supported\n")
    agent = head.headers.get("user-agent", "")
    return WebSocket(lambda channel: Stream(call.device, channel, agent), largest=LARGEST_FRAME)


def session_token(call: Call) -> Reply:
    """A token as plain text, nothing around it."""
    return Answer(body=call.front.tokens.issue(call.request.head.at).encode())


ROUTES = (
    Route(("/vapix/ws-data-stream",), data_stream, methods=("GET",), level=Level.ANYONE, api=API),
    Route(("/axis-cgi/wssession.cgi",), session_token, methods=("GET",), level=Level.VIEWER),
)
