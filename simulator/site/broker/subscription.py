"""Who subscribed to what: a tree of filter levels, so that a message finds its subscribers without asking all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Subscriber = TypeVar("Subscriber")

ROUTES = 4096
"""Topics whose subscribers are remembered until a subscription changes."""
LONGEST_ROUTE = 64
"""Subscribers of a topic that is remembered, at most: what is remembered stays small."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one subscription, or all that cover a topic together, lets through."""

    qos: int = 0
    no_local: bool = False
    as_published: bool = False
    identifiers: tuple[int, ...] = ()

    def joined(self, other: Grant) -> Grant:
        """Overlapping subscriptions: one copy at the highest QoS that names all identifiers."""
        return Grant(
            max(self.qos, other.qos),
            self.no_local and other.no_local,
            self.as_published or other.as_published,
            self.identifiers + other.identifiers,
        )


@dataclass(slots=True)
class _Node(Generic[Subscriber]):
    below: dict[str, _Node[Subscriber]] = field(default_factory=dict)
    here: dict[Subscriber, Grant] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.below and not self.here


@dataclass(frozen=True, slots=True)
class Audience(Generic[Subscriber]):
    """Who gets what is published under one topic."""

    everybody: dict[Subscriber, Grant]
    """Each once. A grant that is No Local does not hold for what that subscriber publishes itself."""
    selves: dict[Subscriber, Grant]
    """For those with both kinds of subscription: what they get of their own messages."""


class Subscriptions(Generic[Subscriber]):
    """Filters of all clients with what was granted. Filters and topics are valid; the caller has checked."""

    def __init__(self) -> None:
        self._root: _Node[Subscriber] = _Node()
        self._routes: dict[str, Audience[Subscriber]] = {}
        self._nobody: Audience[Subscriber] = Audience({}, {})

    def add(self, pattern: str, subscriber: Subscriber, grant: Grant) -> None:
        """Subscribe, or change what a subscription grants."""
        self._routes.clear()
        node = self._root
        for level in pattern.split("/"):
            node = node.below.setdefault(level, _Node())
        node.here[subscriber] = grant

    def remove(self, pattern: str, subscriber: Subscriber) -> None:
        """Unsubscribe; nothing happens without a subscription."""
        self._routes.clear()
        path: list[tuple[_Node[Subscriber], str]] = []
        node = self._root
        for level in pattern.split("/"):
            if level not in node.below:
                return
            path.append((node, level))
            node = node.below[level]
        node.here.pop(subscriber, None)
        for parent, level in reversed(path):
            if not parent.below[level].empty:
                break
            del parent.below[level]

    def audience(self, topic: str) -> Audience[Subscriber]:
        """Everybody who gets a message, once each."""
        known = self._routes.get(topic)
        if known is not None:
            return known
        nodes = [node for node in self._nodes(topic) if node.here] if self._root.below else ()
        if not nodes:
            return self._nobody
        found: Audience[Subscriber] = Audience({}, {})
        for node in nodes:
            _merge(found, node.here)
        if len(found.everybody) <= LONGEST_ROUTE:
            if len(self._routes) >= ROUTES:
                self._routes.clear()
            self._routes[topic] = found
        return found

    def _nodes(self, topic: str) -> list[_Node[Subscriber]]:
        """Where the filters that cover a topic end."""
        ends: list[_Node[Subscriber]] = []
        nodes = [self._root]
        for depth, level in enumerate(topic.split("/")):
            wild = depth > 0 or not level.startswith("$")
            following = []
            for node in nodes:
                below = node.below
                if level in below:
                    following.append(below[level])
                if wild and "+" in below:
                    following.append(below["+"])
                if wild and "#" in below:
                    ends.append(below["#"])
            nodes = following
        for node in nodes:
            ends.append(node)
            if "#" in node.below:
                ends.append(node.below["#"])
        return ends


def _merge(found: Audience[Subscriber], here: dict[Subscriber, Grant]) -> None:
    for subscriber, grant in here.items():
        before = found.everybody.get(subscriber)
        found.everybody[subscriber] = grant if before is None else before.joined(grant)
        if before is not None and (before.no_local != grant.no_local or subscriber in found.selves):
            own = [one for one in (found.selves.get(subscriber, before), grant) if not one.no_local]
            found.selves[subscriber] = own[0] if len(own) == 1 else own[0].joined(own[1])
