"""The subscriptions of all clients: what each may have, and who receives a message by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.site.broker.limits import Limits, path_cost
from simulator.site.broker.shared import Group, parted
from simulator.site.broker.subscription import Grant, Subscriptions
from simulator.wire.mqtt.packet import AS_PUBLISHED, FAILURE, LEVEL_5, NO_LOCAL, QOS, RETAIN_HANDLING
from simulator.wire.mqtt.reason import Reason
from simulator.wire.mqtt.topic import valid_filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.site.broker.session import Session

_SEND_IF_NEW, _DO_NOT_SEND = 0x10, 0x20
_SHARED = Grant(qos=2)
"""Stands in the tree for a group; each member has its own."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one filter of a SUBSCRIBE."""

    code: int
    replay: bool = False
    """Retained messages are to be sent."""


class Register:
    """Bounded by the limits of the broker."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tree: Subscriptions[Session | Group] = Subscriptions()
        self._groups: dict[tuple[str, str], Group] = {}
        self._bytes = 0

    def subscribe(self, session: Session, pattern: str, options: int, identifiers: tuple[int, ...] = ()) -> Taken:
        """Subscribe, or replace a subscription; says the SUBACK code at the client's level."""
        shared = parted(pattern) if session.level == LEVEL_5 else None
        valid = bool(shared[0]) if shared is not None else valid_filter(pattern)
        if not valid or pattern.count("/") >= self._limits.levels:
            return Taken(Reason.FILTER_INVALID if session.level == LEVEL_5 else FAILURE)
        new = pattern not in session.filters
        if new and (len(session.filters) >= self._limits.filters or self._bytes >= self._limits.filter_bytes):
            return Taken(Reason.QUOTA_EXCEEDED if session.level == LEVEL_5 else FAILURE)
        self._bytes += path_cost(pattern) if new else 0
        grant = Grant(options & QOS, bool(options & NO_LOCAL), bool(options & AS_PUBLISHED), identifiers)
        session.filters[pattern] = grant
        if shared is not None:
            self._join(session, shared, grant)
            return Taken(grant.qos)
        self._tree.add(pattern, session, grant)
        handling = options & RETAIN_HANDLING
        return Taken(grant.qos, not handling or (handling == _SEND_IF_NEW and new))

    def unsubscribe(self, session: Session, pattern: str) -> bool:
        """End a subscription; False if there was none."""
        if session.filters.pop(pattern, None) is None:
            return False
        self._bytes -= path_cost(pattern)
        shared = parted(pattern)
        group = None if shared is None else self._groups.get(shared)
        if shared is None or group is None or session not in group.members:
            self._tree.remove(pattern, session)
            return True
        del group.members[session]
        if not group.members:
            del self._groups[shared]
            self._tree.remove(shared[1], group)
        return True

    def receivers(self, topic: str, client_id: str) -> Iterator[tuple[Session, Grant]]:
        """Who gets a message that this client publishes, and how."""
        audience = self._tree.audience(topic)
        for subscriber, grant in audience.everybody.items():
            if isinstance(subscriber, Group):
                member = subscriber.next_member()
                if member is not None:
                    yield member
            elif grant.no_local and subscriber.client_id == client_id:
                continue
            elif audience.selves and subscriber.client_id == client_id:
                yield subscriber, audience.selves.get(subscriber, grant)
            else:
                yield subscriber, grant

    def _join(self, session: Session, shared: tuple[str, str], grant: Grant) -> None:
        group = self._groups.get(shared)
        if group is None:
            group = self._groups[shared] = Group()
            self._tree.add(shared[1], group, _SHARED)
        group.members[session] = grant
