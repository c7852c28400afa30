"""Who may connect, who gets what, and what is kept: the broker without I/O (MQTT sheet 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from simulator.journal import Kind
from simulator.site.broker.limits import Limits, path_cost
from simulator.site.broker.message import OBSERVER, Message, shown
from simulator.site.broker.retained import Retained
from simulator.site.broker.session import Session
from simulator.site.broker.subscription import Subscriptions
from simulator.wire.mqtt.packet import FAILURE, LEVEL_3_1, Connect, ConnectCode, Subscribe, Unsubscribe
from simulator.wire.mqtt.topic import valid_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.journal import Journal
    from simulator.site.broker.session import Link

SITE = "site"
"""The journal's name for everything that is no device."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The client may not connect; `code` is the CONNACK return code."""

    code: ConnectCode


@dataclass(frozen=True, slots=True)
class Welcome:
    """The client may connect; `present` says that it had a session here."""

    session: Session
    present: bool


class Router:
    """Sessions, subscriptions and retained messages of one broker.

    `users` maps names to passwords; None lets everybody in, whatever they say.
    """

    def __init__(
        self, journal: Journal, limits: Limits | None = None, users: Mapping[str, str] | None = None
    ) -> None:
        self._journal = journal
        self._users = users
        self._named = 0
        self.limits = limits or Limits()
        self.forget()

    def forget(self) -> None:
        """Lose all sessions and retained messages, as a broker without persistence does when it restarts."""
        self._sessions: dict[str, Session] = {}
        self._subscriptions: Subscriptions[Session] = Subscriptions()
        self._filter_bytes = 0
        self._retained = Retained(self.limits.retained, self.limits.retained_bytes)

    def connect(self, connect: Connect, link: Link) -> Welcome | Refusal:
        """Let a client in, or say why not. Another connection of the same client id is closed."""
        if not connect.client_id and (not connect.clean_session or connect.level == LEVEL_3_1):
            return Refusal(ConnectCode.BAD_IDENTIFIER)
        refused = self._check_user(connect)
        if refused is not None:
            return Refusal(refused)
        client_id = connect.client_id or self._made_up_name()
        session = self._sessions.get(client_id)
        if session is None and len(self._sessions) >= self.limits.sessions:
            return Refusal(ConnectCode.UNAVAILABLE)
        if session is not None and session.link is not None:
            self._take_over(session, connect)
        return self._welcome(client_id, connect, link)

    def disconnected(self, session: Session, link: Link, *, orderly: bool) -> None:
        """A connection ended; without DISCONNECT the will is published. Nothing happens after a take-over."""
        if session.link is not link:
            return
        will = None if orderly else session.will
        session.will = None
        session.detach()
        if not session.persistent:
            self._remove(session)
        if will is not None:
            self.publish(Message(will.topic, will.payload, will.qos, will.retain), session.client_id, will=True)

    def publish(self, message: Message, client_id: str, *, will: bool = False) -> int:
        """Hand a message to everybody who subscribed to it; returns to how many.

        Raises nothing: a topic deeper than the limit reaches nobody.
        """
        message = self._noted(message, client_id, will=will)
        if message.topic.count("/") >= self.limits.levels:
            return 0
        if message.retain and not self._retained.store(message):
            self._journal.append(Kind.SITE, SITE, "broker.retained_full", topic=message.topic[:200])
        subscribers = self._subscriptions.matching(message.topic)
        for session, granted in subscribers.items():
            if not session.offer(message, min(message.qos, granted)):
                self._note_drop(session)
        return len(subscribers)

    def subscribe(self, session: Session, packet: Subscribe) -> tuple[int, ...]:
        """Subscribe, and queue the retained messages of each filter; returns the SUBACK codes."""
        return tuple(self._subscribe(session, pattern, qos) for pattern, qos in packet.filters)

    def unsubscribe(self, session: Session, packet: Unsubscribe) -> None:
        """End subscriptions; filters the client does not have are passed over."""
        for pattern in packet.filters:
            if session.filters.pop(pattern, None) is not None:
                self._forget_filter(session, pattern)

    def filters_of(self, client_id: str) -> tuple[str, ...]:
        """What a client is subscribed to."""
        session = self._sessions.get(client_id)
        return () if session is None else tuple(session.filters)

    def connected(self, client_id: str) -> bool:
        """Whether a client of this id is connected now."""
        session = self._sessions.get(client_id)
        return session is not None and session.link is not None

    def _subscribe(self, session: Session, pattern: str, qos: int) -> int:
        if not valid_filter(pattern) or pattern.count("/") >= self.limits.levels:
            return FAILURE
        if pattern not in session.filters:
            if len(session.filters) >= self.limits.filters or self._filter_bytes >= self.limits.filter_bytes:
                return FAILURE
            self._filter_bytes += path_cost(pattern)
        session.filters[pattern] = qos
        self._subscriptions.add(pattern, session, qos)
        session.replay(self._retained.matching(pattern), qos)
        return qos

    def _welcome(self, client_id: str, connect: Connect, link: Link) -> Welcome:
        session = self._sessions.get(client_id)
        if session is not None and connect.clean_session:
            self._remove(session)
            session = None
        present = session is not None
        if session is None:
            session = Session(client_id, self.limits, persistent=not connect.clean_session)
            self._sessions[client_id] = session
        session.link, session.will = link, connect.will
        return Welcome(session, present)

    def _take_over(self, session: Session, connect: Connect) -> None:
        """The old connection ends; its will is published if the old session ends with it, as mosquitto does."""
        link = session.link
        if link is not None:
            ends = connect.clean_session or not session.persistent
            self.disconnected(session, link, orderly=not ends)
            link.close("taken over")

    def _check_user(self, connect: Connect) -> ConnectCode | None:
        if self._users is None:
            return None
        if connect.username is None:
            return ConnectCode.NOT_AUTHORIZED
        expected = self._users.get(connect.username)
        if expected is None or not compare_digest(expected.encode(), connect.password or b""):
            return ConnectCode.BAD_CREDENTIALS
        return None

    def _made_up_name(self) -> str:
        """A client id for a client that has none [MQTT-3.1.3-6]."""
        while True:
            self._named += 1
            name = f"auto-{self._named}"
            if name not in self._sessions:
                return name

    def _remove(self, session: Session) -> None:
        for pattern in session.filters:
            self._forget_filter(session, pattern)
        self._sessions.pop(session.client_id, None)

    def _forget_filter(self, session: Session, pattern: str) -> None:
        self._subscriptions.remove(pattern, session)
        self._filter_bytes -= path_cost(pattern)

    def _noted(self, message: Message, client_id: str, *, will: bool) -> Message:
        """The message with the number of its record; markers of our own observers leave none."""
        if client_id.startswith(OBSERVER):
            return message
        record = self._journal.append(
            Kind.MESSAGE,
            SITE,
            "broker.will" if will else "broker.publish",
            client=client_id,
            topic=message.topic,
            qos=message.qos,
            retain=message.retain,
            payload=shown(message.payload),
        )
        return Message(message.topic, message.payload, message.qos, message.retain, record.number)

    def _note_drop(self, session: Session) -> None:
        """Journalled at the first message lost and each time the count has doubled."""
        dropped = session.queue.dropped
        if dropped & (dropped - 1) == 0:
            self._journal.append(Kind.SITE, SITE, "broker.dropped", client=session.client_id, messages=dropped)
