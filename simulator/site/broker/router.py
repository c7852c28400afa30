"""Who may connect, who gets what, and what is kept: the broker without I/O (MQTT sheet 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from simulator.clock import wire_now
from simulator.journal import Kind
from simulator.site.broker.limits import Limits
from simulator.site.broker.message import OBSERVER, Message, message_of
from simulator.site.broker.register import Register
from simulator.site.broker.retained import Retained
from simulator.site.broker.session import Session
from simulator.wire.mqtt.packet import LEVEL_3_1, LEVEL_5, Connect, ConnectCode, Subscribe, Unsubscribe
from simulator.wire.mqtt.properties import NEVER
from simulator.wire.mqtt.reason import Reason
from simulator.wire.mqtt.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.journal import Journal
    from simulator.site.broker.session import Link
    from simulator.wire.mqtt.packet import Publish

SITE = "site"
"""The journal's name for everything that is no device."""

_IN_MQTT_5 = {
    ConnectCode.BAD_LEVEL: Reason.UNSUPPORTED_VERSION,
    ConnectCode.BAD_IDENTIFIER: Reason.CLIENT_ID_INVALID,
    ConnectCode.UNAVAILABLE: Reason.SERVER_UNAVAILABLE,
    ConnectCode.BAD_CREDENTIALS: Reason.BAD_CREDENTIALS,
    ConnectCode.NOT_AUTHORIZED: Reason.NOT_AUTHORIZED,
}


def refusal_code(code: int, level: int) -> int:
    """A CONNACK return code as a client of this level is told it."""
    return _IN_MQTT_5[ConnectCode(code)] if level == LEVEL_5 and 1 <= code <= 5 else code


@dataclass(frozen=True, slots=True)
class Refusal:
    """The client may not connect; `code` is what CONNACK says at its level."""

    code: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """The client may connect; `present` says that it had a session here, `assigned` that it got its id here."""

    session: Session
    present: bool
    assigned: bool = False


class Router:
    """Sessions, subscriptions and retained messages of one broker.

    `users` maps names to passwords; None lets everybody in, whatever they say. `now` is wire time.
    """

    def __init__(
        self,
        journal: Journal,
        limits: Limits | None = None,
        users: Mapping[str, str] | None = None,
        now: Callable[[], float] = wire_now,
    ) -> None:
        self._journal = journal
        self._users = users
        self._now = now
        self._named = 0
        self.limits = limits or Limits()
        self.waits: Callable[[float], None] = lambda due: None
        """Told when something will be due: a session's end, a delayed will."""
        self.forget()

    def forget(self) -> None:
        """Lose all sessions and retained messages, as a broker without persistence does when it restarts."""
        self._sessions: dict[str, Session] = {}
        self._absent: set[Session] = set()
        self._register = Register(self.limits)
        self._retained = Retained(self.limits.retained, self.limits.retained_bytes)

    def connect(self, connect: Connect, link: Link) -> Welcome | Refusal:
        """Let a client in, or say why not. Another connection of the same client id is closed."""
        refused = self._check(connect)
        if refused is not None:
            return refused
        client_id = connect.client_id or self._made_up_name()
        session = self._sessions.get(client_id)
        if session is None and len(self._sessions) >= self.limits.sessions:
            return Refusal(refusal_code(ConnectCode.UNAVAILABLE, connect.level))
        if session is not None and session.link is not None:
            self._take_over(session, connect)
        return self._welcome(client_id, connect, link)

    def disconnected(self, session: Session, link: Link, *, orderly: bool) -> None:
        """A connection ended; without DISCONNECT the will is published. Nothing happens after a take-over."""
        if session.link is not link:
            return
        now = self._now()
        if orderly:
            session.will = None
        session.detach()
        session.left_at(now)
        delay = 0 if session.will is None else session.will.properties.will_delay or 0
        if not session.persistent:
            self._remove(session)
        if session.persistent and delay:
            session.will_at = now + delay
        else:
            self._say_will(session)
        if session.persistent and session.due is not None:
            self._absent.add(session)
            self.waits(session.due)

    def next_deadline(self) -> float | None:
        """Wire time at which `tick` has something to do."""
        return min((session.due for session in self._absent if session.due is not None), default=None)

    def tick(self, now: float) -> None:
        """Publish wills and end sessions whose time has come."""
        for session in tuple(self._absent):
            ended = session.ends_at is not None and now >= session.ends_at
            if ended or (session.will_at is not None and now >= session.will_at):
                self._say_will(session)
            if ended:
                self._remove(session)
            elif session.due is None:
                self._absent.discard(session)

    def publish(self, message: Message, client_id: str, *, will: bool = False) -> int:
        """Hand a message to everybody who subscribed to it; returns to how many.

        Raises nothing: a topic deeper than the limit reaches nobody.
        """
        if not client_id.startswith(OBSERVER):  # markers of our own observers leave no record
            message.number = self._noted(message, client_id, will=will)
        if message.topic.count("/") >= self.limits.levels:
            return 0
        if message.retain and not self._retained.store(message):
            self._journal.append(Kind.SITE, SITE, "broker.retained_full", topic=message.topic[:200])
        reached = 0
        for session, grant in self._register.receivers(message.topic, client_id):
            reached += 1
            retained = message.retain and grant.as_published
            qos = min(message.qos, grant.qos)
            if not session.offer(message, qos, retained=retained, identifiers=grant.identifiers):
                self._note_drop(session)
        return reached

    def received(self, publish: Publish, client_id: str) -> int:
        """What a client published; returns how many get it."""
        message = message_of(
            publish.topic, publish.payload, publish.qos, publish.retain, publish.properties, self._now()
        )
        return self.publish(message, client_id)

    def subscribe(self, session: Session, packet: Subscribe) -> tuple[int, ...]:
        """Subscribe, and queue the retained messages of each filter; returns the SUBACK codes."""
        codes = []
        for pattern, options in packet.filters:
            taken = self._register.subscribe(session, pattern, options, packet.properties.subscription_ids)
            if taken.replay:
                now = self._now()
                kept = (one for one in self._retained.matching(pattern) if not one.over(now))
                session.replay(kept, session.filters[pattern])
            codes.append(taken.code)
        return tuple(codes)

    def unsubscribe(self, session: Session, packet: Unsubscribe) -> tuple[int, ...]:
        """End subscriptions; filters the client does not have are passed over. Returns reason codes of MQTT 5."""
        return tuple(
            Reason.SUCCESS if self._register.unsubscribe(session, pattern) else Reason.NO_SUBSCRIPTION_EXISTED
            for pattern in packet.filters
        )

    def filters_of(self, client_id: str) -> tuple[str, ...]:
        """What a client is subscribed to."""
        session = self._sessions.get(client_id)
        return () if session is None else tuple(session.filters)

    def connected(self, client_id: str) -> bool:
        """Whether a client of this id is connected now."""
        session = self._sessions.get(client_id)
        return session is not None and session.link is not None

    def _welcome(self, client_id: str, connect: Connect, link: Link) -> Welcome:
        session = self._sessions.get(client_id)
        if session is not None and connect.clean_session:
            self._say_will(session)
            self._remove(session)
            session = None
        present = session is not None
        if session is None:
            session = self._sessions[client_id] = Session(client_id, self.limits)
        self._absent.discard(session)
        session.link, session.will, session.level = link, connect.will, connect.level
        session.will_at = session.ends_at = None
        session.expiry = _expiry(connect)
        return Welcome(session, present, assigned=not connect.client_id)

    def _take_over(self, session: Session, connect: Connect) -> None:
        """The old connection ends; its will is published if the old session ends with it, as mosquitto does, and
        from MQTT 5 on also if it is not to be delayed [MQTT-3.1.4-3]."""
        link = session.link
        if link is None:
            return
        ends = connect.clean_session or not session.persistent
        at_once = session.level == LEVEL_5 and session.will is not None and not session.will.properties.will_delay
        self.disconnected(session, link, orderly=not (ends or at_once))
        link.close("taken over", Reason.SESSION_TAKEN_OVER)

    def _check(self, connect: Connect) -> Refusal | None:
        level = connect.level
        if level == LEVEL_5:
            if connect.properties.authentication_method is not None:
                return Refusal(Reason.BAD_AUTHENTICATION_METHOD)
        elif not connect.client_id and (not connect.clean_session or level == LEVEL_3_1):
            return Refusal(ConnectCode.BAD_IDENTIFIER)
        refused = self._check_user(connect)
        return None if refused is None else Refusal(refusal_code(refused, level))

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

    def _say_will(self, session: Session) -> None:
        """Publish the will of a connection that is lost, once."""
        will, session.will, session.will_at = session.will, None, None
        if will is not None:
            message = message_of(will.topic, will.payload, will.qos, will.retain, will.properties, self._now())
            self.publish(message, session.client_id, will=True)

    def _remove(self, session: Session) -> None:
        for pattern in tuple(session.filters):
            self._register.unsubscribe(session, pattern)
        self._absent.discard(session)
        self._sessions.pop(session.client_id, None)

    def _noted(self, message: Message, client_id: str, *, will: bool) -> int:
        """The number of the message's record."""
        return self._journal.append(
            Kind.MESSAGE,
            SITE,
            "broker.will" if will else "broker.publish",
            client=client_id,
            topic=message.topic,
            qos=message.qos,
            retain=message.retain,
            payload=shown(message.payload),
        ).number

    def _note_drop(self, session: Session) -> None:
        """Journalled at the first message lost and each time the count has doubled."""
        dropped = session.queue.dropped
        if dropped & (dropped - 1) == 0:
            self._journal.append(Kind.SITE, SITE, "broker.dropped", client=session.client_id, messages=dropped)


def _expiry(connect: Connect) -> int:
    """Seconds the session outlives the connection: said in MQTT 5, for ever or not at all before."""
    if connect.level == LEVEL_5:
        return connect.properties.session_expiry or 0
    return 0 if connect.clean_session else NEVER
