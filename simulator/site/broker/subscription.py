"""Who subscribed to what: a tree of filter levels, so that a message finds its subscribers without asking all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Subscriber = TypeVar("Subscriber")


@dataclass(slots=True)
class _Node(Generic[Subscriber]):
    below: dict[str, _Node[Subscriber]] = field(default_factory=dict)
    here: dict[Subscriber, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.below and not self.here


class Subscriptions(Generic[Subscriber]):
    """Filters of all clients with the QoS granted. Filters and topics are valid; the caller has checked."""

    def __init__(self) -> None:
        self._root: _Node[Subscriber] = _Node()

    def add(self, pattern: str, subscriber: Subscriber, qos: int) -> None:
        """Subscribe, or change the QoS of a subscription."""
        node = self._root
        for level in pattern.split("/"):
            node = node.below.setdefault(level, _Node())
        node.here[subscriber] = qos

    def remove(self, pattern: str, subscriber: Subscriber) -> None:
        """Unsubscribe; nothing happens without a subscription."""
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

    def matching(self, topic: str) -> dict[Subscriber, int]:
        """Everybody who gets a message, once each, at the highest QoS of overlapping subscriptions."""
        found: dict[Subscriber, int] = {}
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
                    _merge(found, below["#"].here)
            nodes = following
        for node in nodes:
            _merge(found, node.here)
            if "#" in node.below:
                _merge(found, node.below["#"].here)
        return found


def _merge(found: dict[Subscriber, int], here: dict[Subscriber, int]) -> None:
    for subscriber, qos in here.items():
        if qos > found.get(subscriber, -1):
            found[subscriber] = qos
