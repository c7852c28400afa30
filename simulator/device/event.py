"""Typed events of the catalogue, and the bus on which a device publishes each of them once.

A topic is written as AXIS OS writes it on the event stream: `tns1:Device/tnsaxis:IO/Port`. Source and data
items are text on every carrier, booleans `0` and `1` (io-events sheet 2.2). Declarations come from the
profile (`fixtures/profiles/<model>/<firmware>/events.yaml`); publishing a topic that the profile does not
declare is a `SimulatorBug`, so that no face can invent one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.errors import SimulatorBug
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from simulator.device.world import World

Items = tuple[tuple[str, str], ...]
"""Name and value pairs in declared order."""
Key = tuple[str, Items]
"""Topic and source: what tells one state from another."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One topic of the catalogue: its source and data item names, and whether it has a lasting state."""

    topic: str
    nice_name: str
    stateful: bool
    source: tuple[str, ...]
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One published event. `at` is device seconds, `number` its record in the journal, which holds the cause."""

    topic: str
    source: Items
    data: Items
    stateful: bool
    at: float
    number: int

    @property
    def key(self) -> Key:
        return self.topic, self.source


@dataclass(frozen=True, slots=True)
class _Assumed:
    """States that nobody has been told of yet, all with the same data."""

    keys: Mapping[Key, None]
    data: Items
    at: float
    number: int

    @property
    def topic(self) -> str:
        """That of all of them; empty where none is left."""
        for topic, _ in self.keys:
            return topic
        return ""

    def events(self) -> Iterator[Event]:
        return (Event(*key, self.data, True, self.at, self.number) for key in self.keys)


def text_of(value: bool | int | float | str) -> str:
    """The text of a value on every carrier: booleans `0`/`1`, doubles with six decimals."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.6f}"
    return str(value)


class EventBus:
    """Where a device publishes; faces, the rule engine and the journal listen. Nobody polls."""

    def __init__(self, world: World, device: str, catalogue: Mapping[str, Declaration]) -> None:
        self._world = world
        self._device = device
        self._listeners: list[Callable[[Event], None]] = []
        self._choosy: tuple[tuple[Collection[str], Callable[[Event], None]], ...] = ()
        self._states: dict[Key, Event] = {}
        self._assumed: list[_Assumed] = []
        self.catalogue = catalogue

    def publish(
        self, topic: str, source: Mapping[str, bool | int | float | str], **data: bool | int | float | str
    ) -> Event | None:
        """Publish one event to all listeners; None if a stateful one repeats its present state.

        Raises SimulatorBug for a topic or an item that the profile does not declare.
        """
        declared = self._declared(topic, source, data)
        source_items = tuple([(name, text_of(source[name])) for name in declared.source])
        data_items = tuple([(name, text_of(data[name])) for name in declared.data if name in data])
        key = (topic, source_items)
        if declared.stateful and self._present(key) == data_items:
            return None
        journal = self._world.journal
        record = journal.append(
            Kind.EVENT,
            self._device,
            topic,
            source=dict(source_items),
            data=dict(data_items),
            stateful=declared.stateful,
        )
        event = Event(topic, source_items, data_items, declared.stateful, record.at, record.number)
        if declared.stateful:
            self._states[key] = event
        with journal.because(record):
            for listener in tuple(self._listeners):
                listener(event)
            for topics, listener in self._choosy:
                if topic in topics:
                    listener(event)
        return event

    def assume(self, keys: Mapping[Key, None], data: Items) -> None:
        """States that are there when the event system starts, with equal data: no change, so nobody is told.

        For sources that come by the dozen and rest until used: `keys` is shared by all devices, so that they cost
        nothing, and all of one topic. Each is published like any other once it changes.
        """
        self._assumed.append(_Assumed(keys, data, self._world.clock.now(), self._world.journal.last_number))

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear every event published from now on; returns the function that ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def listen_to(self, topics: Collection[str], listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear events of these topics only, after everybody who hears all; returns the function that ends it."""
        entry = (topics, listener)
        self._choosy = (*self._choosy, entry)

        def stop() -> None:
            self._choosy = tuple(one for one in self._choosy if one is not entry)

        return stop

    def states_of(self, topic: str) -> list[Event]:
        """The present state of every source of one topic."""
        declared = self.catalogue.get(topic)
        if declared is not None and not declared.source:
            only = self._states.get((topic, ()))
            return [] if only is None else [only]
        found = [event for (known, _source), event in self._states.items() if known == topic]
        for assumed in self._assumed:
            if assumed.topic == topic:
                found += [event for event in assumed.events() if event.key not in self._states]
        return found

    def states(self) -> Iterator[Event]:
        """The present state of every stateful topic and source, in order of first publication; assumed ones last."""
        yield from tuple(self._states.values())
        for assumed in tuple(self._assumed):
            yield from (event for event in assumed.events() if event.key not in self._states)

    def withdraw(self, topic: str, source: Mapping[str, bool | int | float | str]) -> None:
        """Forget a state whose source is gone: a port that is no longer an input."""
        declared = self.catalogue[topic]
        key = (topic, tuple((name, text_of(source[name])) for name in declared.source))
        self._states.pop(key, None)
        self._assumed = [
            replace(one, keys={k: None for k in one.keys if k != key}) if key in one.keys else one
            for one in self._assumed
        ]

    def forget_states(self) -> None:
        """All states end, as at power-off; components publish them again at boot."""
        self._states.clear()
        self._assumed.clear()

    def _present(self, key: Key) -> Items | None:
        """The data of a state; None while there is none."""
        present = self._states.get(key)
        if present is not None:
            return present.data
        return next((assumed.data for assumed in self._assumed if key in assumed.keys), None)

    def _declared(self, topic: str, source: Mapping[str, object], data: Mapping[str, object]) -> Declaration:
        declared = self.catalogue.get(topic)
        if declared is None:
            raise SimulatorBug(f"{self._device} publishes {topic}, which its profile does not declare")
        known = len(source) == len(declared.source) and all(map(declared.source.__contains__, source))
        if not known or not all(map(declared.data.__contains__, data)):
            raise SimulatorBug(f"{topic} is published with items its declaration does not have")
        return declared
