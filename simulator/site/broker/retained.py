"""The last retained message of each topic, as a tree of topic levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.site.broker.limits import path_cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.site.broker.message import Message


@dataclass(slots=True)
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    message: Message | None = None


class Retained:
    """Bounded store: `most` messages that cost at most `most_bytes` together."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._root = _Node()
        self._count = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._count

    def store(self, message: Message) -> bool:
        """Keep a message in place of its topic's last one; an empty payload deletes it. False: no room."""
        self._remove(message.topic)
        if not message.payload:
            return True
        if self._count >= self._most or self._bytes + _cost(message) > self._most_bytes:
            return False
        node = self._root
        for level in message.topic.split("/"):
            node = node.below.setdefault(level, _Node())
        node.message = message
        self._count += 1
        self._bytes += _cost(message)
        return True

    def matching(self, pattern: str) -> Iterator[Message]:
        """Every message whose topic a valid filter covers."""
        levels = pattern.split("/")
        nodes = [self._root]
        for depth, level in enumerate(levels):
            if level == "#":
                yield from _whole(nodes, top=depth == 0)
                return
            nodes = list(_next(nodes, level, top=depth == 0))
        yield from (node.message for node in nodes if node.message is not None)

    def _remove(self, topic: str) -> None:
        path: list[tuple[_Node, str]] = []
        node = self._root
        for level in topic.split("/"):
            if level not in node.below:
                return
            path.append((node, level))
            node = node.below[level]
        if node.message is None:
            return
        self._count -= 1
        self._bytes -= _cost(node.message)
        node.message = None
        for parent, level in reversed(path):
            if parent.below[level].below or parent.below[level].message is not None:
                break
            del parent.below[level]


def _cost(message: Message) -> int:
    return message.cost + path_cost(message.topic)


def _next(nodes: list[_Node], level: str, *, top: bool) -> Iterator[_Node]:
    for node in nodes:
        if level != "+":
            if level in node.below:
                yield node.below[level]
        else:
            yield from (below for name, below in node.below.items() if not (top and name.startswith("$")))


def _whole(nodes: list[_Node], *, top: bool) -> Iterator[Message]:
    """Messages of these nodes and everything below; from the top without what starts with `$`."""
    stack = list(_next(nodes, "+", top=True)) if top else list(nodes)
    stack.reverse()
    while stack:
        node = stack.pop()
        if node.message is not None:
            yield node.message
        stack.extend(reversed(node.below.values()))
