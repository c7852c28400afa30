"""Which events a client of an event service wants: by topic, by content, or by both (io-events sheet 2.3).

A content filter is `boolean(//SimpleItem[@Name="x" and @Value="y"])`, several joined by `and` or `or`, as VAPIX documents
it; nothing else of XPath is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.face.event_naming import TopicFilter

if TYPE_CHECKING:
    from simulator.device.event import Event

LONGEST = 4096
_ITEM = re.compile(
    r"""boolean\(\s*//SimpleItem\[\s*@Name\s*=\s*(["'])(?P<name>[^"']*)\1"""
    r"""(?:\s+and\s+@Value\s*=\s*(["'])(?P<value>[^"']*)\3)?\s*\]\s*\)"""
)
_JOINT = re.compile(r"\s+(and|or)\s+")


class FilterRefused(Exception):
    """A filter that is none; `name` is the member that is wrong, or missing."""

    def __init__(self, name: str, *, missing: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.missing = missing


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """Alternatives, each a tuple of item tests that must all hold."""

    alternatives: tuple[tuple[tuple[str, str | None], ...], ...]

    @classmethod
    def parse(cls, text: str) -> ContentFilter:
        """Raises FilterRefused."""
        alternatives: list[list[tuple[str, str | None]]] = [[]]
        position = 0
        while True:
            item = _ITEM.match(text, position)
            if item is None:
                raise FilterRefused("contentFilter")
            alternatives[-1].append((item["name"], item["value"]))
            if item.end() == len(text):
                return cls(tuple(tuple(tests) for tests in alternatives))
            joint = _JOINT.match(text, item.end())
            if joint is None:
                raise FilterRefused("contentFilter")
            if joint[1] == "or":
                alternatives.append([])
            position = joint.end()

    def matches(self, event: Event) -> bool:
        items = (*event.source, *event.data)
        return any(all(_holds(test, items) for test in tests) for tests in self.alternatives)


def _holds(test: tuple[str, str | None], items: tuple[tuple[str, str], ...]) -> bool:
    name, value = test
    return any(item == name and (value is None or present == value) for item, present in items)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """One entry of a filter list; an event must pass both filters where both are given."""

    topic: TopicFilter | None = None
    content: ContentFilter | None = None

    @classmethod
    def of(cls, wanted: object) -> EventFilter:
        """From `{"topicFilter": ..., "contentFilter": ...}`, of which either may be left out. Raises FilterRefused."""
        if not isinstance(wanted, dict):
            raise FilterRefused("eventFilterList")
        topic, content = wanted.get("topicFilter"), wanted.get("contentFilter")
        for name, text in (("topicFilter", topic), ("contentFilter", content)):
            if text is not None and (not isinstance(text, str) or len(text) > LONGEST):
                raise FilterRefused(name)
        if topic is None and content is None:
            raise FilterRefused("topicFilter", missing=True)
        return cls(
            TopicFilter(topic) if isinstance(topic, str) else None,
            ContentFilter.parse(content.strip()) if isinstance(content, str) else None,
        )

    def matches(self, event: Event) -> bool:
        topic_fits = self.topic is None or self.topic.matches(event.topic)
        return topic_fits and (self.content is None or self.content.matches(event))
