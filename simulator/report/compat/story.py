"""One device as the journal tells of it: what happened to it, and the client's dealings with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Line = dict[str, Any]
OBSERVER = "axsim-observer"
"""Client ids and user agents of our own observers begin so."""
EVENT_STREAM, PORT_MONITOR = "event stream", "port monitor"
NOTIFYING = (EVENT_STREAM, PORT_MONITOR)
"""What the journal calls messages of faces on which a device speaks by itself."""
OK = 200


@dataclass(slots=True)
class Story:
    """Records in the order of the journal. The client's are those of nobody we know."""

    name: str
    firmware: str
    epoch: float
    """Seconds since 1970 at device time 0."""
    embedded_broker: bool
    """Whether the journal knows what the broker delivers."""
    actions: list[Line] = field(default_factory=list)
    """What hands did, to whichever device; causes point here."""
    events: list[Line] = field(default_factory=list)
    states: list[Line] = field(default_factory=list)
    requests: list[Line] = field(default_factory=list)
    """The client's requests."""
    notifications: list[Line] = field(default_factory=list)
    """What the device told the client on the event stream or the port monitor."""
    deliveries: list[tuple[Line, Line]] = field(default_factory=list)
    """Messages of the device that the broker handed to the client: the delivery, and the publication."""

    @property
    def concerns_the_client(self) -> bool:
        """Whether the client had anything to do with this device."""
        return bool(self.requests or self.notifications or self.deliveries)

    @property
    def answered(self) -> list[Line]:
        """Requests that were answered as the client hoped."""
        return [request for request in self.requests if request["data"]["status"] == OK]

    def signs_of_the_client(self) -> list[float]:
        """Wire times at which the client had news of the device: it asked, or it was told."""
        times = [record["wire"] for record in (*self.answered, *self.notifications)]
        times += [delivery["wire"] for delivery, _ in self.deliveries if not delivery["data"]["retained"]]
        return sorted(times)

    def states_of(self, what: str) -> list[Line]:
        return [record for record in self.states if record["what"] == what]


def stories(fleet: Mapping[str, Any], records: Sequence[Line]) -> Iterator[Story]:
    """One per device of the fleet."""
    told = {description["name"]: _story(fleet, description) for description in fleet.get("devices", ())}
    owners = _clients(fleet)
    published: dict[int, Line] = {}
    actions: list[Line] = []
    for record in records:
        if record["kind"] == "action":
            actions.append(record)
        elif record["device"] == "site":
            _take_site(told, owners, published, record)
        elif record["device"] in told:
            _take(told[record["device"]], record)
    for story in told.values():
        story.actions = actions
        yield story


def _story(fleet: Mapping[str, Any], description: Mapping[str, Any]) -> Story:
    from datetime import datetime

    return Story(
        name=str(description["name"]),
        firmware=str(description["firmware"]),
        epoch=datetime.fromisoformat(fleet["clock"]["epoch"]).timestamp(),
        embedded_broker=bool(fleet["site"]["broker"]["embedded"]),
    )


def _clients(fleet: Mapping[str, Any]) -> dict[str, str]:
    """MQTT client ids of the devices; one that was enrolled later uses its serial, as from the factory."""
    owners = {description["serial"]: description["name"] for description in fleet.get("devices", ())}
    enrolled = (description for description in fleet.get("devices", ()) if description["mqtt"])
    return owners | {description["mqtt"]["client_id"]: description["name"] for description in enrolled}


def _take(story: Story, record: Line) -> None:
    kind, data = record["kind"], record["data"]
    if kind == "request" and not data.get("observer"):
        story.requests.append(record)
    elif kind == "event":
        story.events.append(record)
    elif kind == "state":
        story.states.append(record)
    elif kind == "message" and record["what"] in NOTIFYING and _to_the_client(data):
        story.notifications.append(record)


def _to_the_client(data: Line) -> bool:
    return data["direction"] == "out" and not str(data.get("agent", "")).startswith(OBSERVER)


def _take_site(
    told: Mapping[str, Story], owners: Mapping[str, str], published: dict[int, Line], record: Line
) -> None:
    data = record["data"]
    if record["what"] in ("broker.publish", "broker.will"):
        if data["client"] in owners:
            published[record["number"]] = record
    elif record["what"] == "broker.delivered" and data["client"] not in owners:
        publication = published.get(data["of"])
        if publication is not None:
            told[owners[publication["data"]["client"]]].deliveries.append((record, publication))
