"""What rules are made of: filters over events, action configurations, rules and recipients.

All of it is immutable, so that factory rules are shared by all devices and a firmware keeps them as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.rule.expression import content_test, passes, topic_filter

if TYPE_CHECKING:
    from simulator.device.event import Event

Parameters = tuple[tuple[str, str], ...]
"""Name and value of each parameter, in the order in which they were given."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are meant: a topic expression and a content filter, both as a client wrote them."""

    topic: str
    content: str = ""

    def check(self) -> None:
        """Raises ExpressionRefused for text that does not parse."""
        topic_filter(self.topic)
        content_test(self.content)

    def names(self, topic: str) -> bool:
        """Whether events of a topic can be meant."""
        return topic_filter(self.topic).matches(topic)

    def matches(self, event: Event) -> bool:
        return self.names(event.topic) and passes(self.content, event)


@dataclass(frozen=True, slots=True)
class ActionConfiguration:
    """A template with its parameters: what is to be done.

    `recipient` is the number of a stored recipient whose parameters come before those given here; 0 for none. SOAP
    clients give all of them here (io-events sheet 2.4).
    """

    id: int
    name: str
    template: str
    parameters: Parameters
    recipient: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """When what is to be done.

    With a start event, the rule begins when that event is told while all conditions hold; without one, when all
    conditions come to hold. It lasts as long as the conditions hold, whatever becomes of the start event (manual,
    Events, Rules).
    """

    id: int
    name: str
    enabled: bool
    start: EventFilter | None
    conditions: tuple[EventFilter, ...]
    action: int
    """Number of the action configuration."""
    wait: float = 0.0
    """Seconds that pass at least between two activations ("Wait between actions", `ActivationTimeout`)."""

    @property
    def filters(self) -> tuple[EventFilter, ...]:
        return self.conditions if self.start is None else (self.start, *self.conditions)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A network resource that can be told of events, kept so that people need not type it for every rule."""

    id: int
    name: str
    template: str
    parameters: Parameters
