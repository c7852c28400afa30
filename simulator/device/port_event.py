"""The events of ports: which topic says what about an input and an output (io-events sheet 2.2).

The circuit decides: with supervision on, SupervisedPort carries the four states and IO/Port goes on to follow
open and closed. Port -1 of IO/Port is "any": active while some input is (the number is real, what it follows is
a guess).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.device.event import EventBus
    from simulator.device.terminal import Port

INPUT = "tns1:Device/tnsaxis:IO/Port"
OUTPUT = "tns1:Device/tnsaxis:IO/OutputPort"
SUPERVISED = "tns1:Device/tnsaxis:IO/SupervisedPort"
DIGITAL_INPUT = "tns1:Device/Trigger/DigitalInput"
RELAY = "tns1:Device/Trigger/Relay"
ANY = -1


def publish(events: EventBus, port: Port) -> None:
    """Publish what this port is now; the bus drops what has not changed."""
    active = port.active
    if not port.is_input:
        events.publish(OUTPUT, {"port": port.id}, state=active)
        events.publish(RELAY, {"RelayToken": port.id}, LogicalState="active" if active else "inactive")
        return
    _publish_supervised(events, port)
    events.publish(INPUT, {"port": port.id}, state=active)
    events.publish(DIGITAL_INPUT, {"InputToken": port.id}, LogicalState=active)


def _publish_supervised(events: EventBus, port: Port) -> None:
    word = port.supervised_word
    if word is None or port.state is None:
        return
    data: dict[str, bool | int | float | str] = {"state": word}
    if "tampered" in events.catalogue[SUPERVISED].data:
        data["tampered"] = port.online and port.state.tampered
    events.publish(SUPERVISED, {"port": port.id}, **data)


def publish_any(events: EventBus, ports: Iterable[Port]) -> None:
    """Publish whether some input is active; nothing for a device without inputs."""
    inputs = [port.active for port in ports if port.is_input]
    if inputs:
        events.publish(INPUT, {"port": ANY}, state=any(inputs))


def withdraw(events: EventBus, port: Port) -> None:
    """Forget what was said about a port in its other direction."""
    if port.is_input:
        events.withdraw(OUTPUT, {"port": port.id})
        events.withdraw(RELAY, {"RelayToken": port.id})
    else:
        events.withdraw(INPUT, {"port": port.id})
        events.withdraw(DIGITAL_INPUT, {"InputToken": port.id})
    withdraw_supervision(events, port)


def withdraw_all(events: EventBus, port: Port) -> None:
    """The port is gone: nothing is said of it any more."""
    for topic, source in ((OUTPUT, "port"), (RELAY, "RelayToken"), (INPUT, "port"), (DIGITAL_INPUT, "InputToken"),
                          (SUPERVISED, "port")):  # fmt: skip
        events.withdraw(topic, {source: port.id})


def withdraw_supervision(events: EventBus, port: Port) -> None:
    """SupervisedPort has a port only while its supervision is on."""
    if not port.supervised:
        events.withdraw(SUPERVISED, {"port": port.id})
