"""The compatibility table: what the client under test did about each stimulus, measured on the wire.

Checks of the sheet's catalogue (scenarios-and-pytest, section 5) that this bench can decide: C01 enrolment, C05 input,
C06 wiring, C08 link lost, C17 address change, C18 upgrade. A check is decided from the journal alone; one whose stimulus
did not occur is not listed. Times are wire time: the client lives in it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from simulator.report.result import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Line = dict[str, Any]
SUPERVISED = "tns1:Device/tnsaxis:IO/SupervisedPort"
INPUT = "tns1:Device/tnsaxis:IO/Port"
_WIRING = ("cut", "short", "drift")
_CONTACT = ("open", "close", "chatter")


class DeviceStory:
    """What the journal says about one device and the client's dealings with it."""

    def __init__(self, description: Line, records: list[Line], delivered: list[Line]) -> None:
        self.name = str(description["name"])
        self.serial = str(description["serial"])
        self.firmware = str(description["firmware"])
        self.first_address = description["address"]
        self.records = records
        self.delivered = delivered
        """Messages that the broker handed to the client under test."""

    @property
    def requests(self) -> list[Line]:
        """The client's requests."""
        return [r for r in self.records if r["kind"] == "request" and not r["data"].get("observer")]

    def actions(self, *verbs: str) -> list[Line]:
        return [r for r in self.records if r["kind"] == "action" and r["what"] in verbs]

    def events(self, topic: str) -> list[Line]:
        return [r for r in self.records if r["kind"] == "event" and r["what"] == topic]

    def states(self, what: str) -> list[Line]:
        return [r for r in self.records if r["kind"] == "state" and r["what"] == what]


def checks(fleet: Line, records: list[Line]) -> tuple[Check, ...]:
    """The rows of the table, one per check and device whose stimulus occurred."""
    return tuple(row for story in stories(fleet, records) for check in CHECKS for row in check(story))


def stories(fleet: Line, records: list[Line]) -> Iterator[DeviceStory]:
    """One per device of the fleet."""
    by_device: dict[str, list[Line]] = {}
    for record in records:
        by_device.setdefault(record["device"], []).append(record)
    fleetwide = [r for r in by_device.get("", []) if r["kind"] == "action"]
    delivered = [r for r in by_device.get("site", []) if r["what"] == "broker.deliver"]
    for description in fleet["devices"]:
        own = [*by_device.get(description["name"], []), *fleetwide]
        prefix = f"/{description['serial']}/"
        mine = [r for r in delivered if prefix in f"/{r['data']['topic']}/"]
        yield DeviceStory(description, own, mine)


def _enrolment(story: DeviceStory) -> Iterator[Check]:
    requests = story.requests
    if not requests:
        return
    entered = next((r for r in requests if r["data"]["authorized"] and r["data"]["status"] == 200), None)
    missing = Counter(r["what"] for r in requests if r["data"]["status"] == 404)
    repeated = [what for what, count in missing.items() if count > 1]
    figure = f"{len(requests)} requests, {sum(missing.values())} x 404"
    if entered is not None:
        figure = f"{entered['wire'] - requests[0]['wire']:.3f} s, {figure}"
    detail = "never let in" if entered is None else f"asks again for what is not there: {', '.join(repeated)}"
    passed = entered is not None and not repeated
    yield _row(story, "C01", "Enrolment", "first request", figure, passed, "" if passed else detail)


def _input_follows(story: DeviceStory) -> Iterator[Check]:
    yield from _told(story, "C05", "Input followed", story.actions(*_CONTACT), INPUT)


def _wiring_told(story: DeviceStory) -> Iterator[Check]:
    yield from _told(story, "C06", "Tampering told apart", story.actions(*_WIRING), SUPERVISED)


def _told(story: DeviceStory, number: str, title: str, stimuli: list[Line], topic: str) -> Iterator[Check]:
    """Every event that followed reached the client, by MQTT or because it asked; delays as p50 and p95."""
    causes = {stimulus["number"] for stimulus in stimuli}
    events = [event for event in story.events(topic) if event["cause"] in causes]
    if not events or not (story.requests or story.delivered):
        return
    delays = sorted(delay for event in events if (delay := _delay(story, event)) is not None)
    missed = len(events) - len(delays)
    figure = f"{len(delays)} of {len(events)} events"
    if delays:
        figure += f", p50 {_percentile(delays, 0.5) * 1000:.1f} ms, p95 {_percentile(delays, 0.95) * 1000:.1f} ms"
    stimulus = ", ".join(sorted({stimulus["what"] for stimulus in stimuli}))
    yield _row(
        story, number, title, stimulus, figure, not missed, f"{missed} events never reached it" if missed else ""
    )


def _delay(story: DeviceStory, event: Line) -> float | None:
    """Wire seconds until the client had the event: the first delivery on its topic, or its next question."""
    told = [r for r in story.delivered if r["wire"] >= event["wire"] and _same_topic(event, r)]
    told += [r for r in story.requests if r["wire"] >= event["wire"] and r["data"]["status"] == 200]
    return min((r["wire"] - event["wire"] for r in told), default=None)


def _same_topic(event: Line, delivery: Line) -> bool:
    leaf = event["what"].rsplit("/", 1)[-1]
    port = event["data"]["source"].get("port", "")
    topic = delivery["data"]["topic"]
    return f"/{leaf}/" in f"{topic}/" and topic.endswith(f"/{port}")


def _link_recovered(story: DeviceStory) -> Iterator[Check]:
    for lost in story.actions("unplug", "power"):
        if lost["what"] == "power" and lost["data"].get("do") != "cut":
            continue
        back = _back(story, lost)
        if back is not None:
            yield _return_row(story, "C08", "Link lost and back", lost["what"], back)


def _address_followed(story: DeviceStory) -> Iterator[Check]:
    moves = [r for r in story.states("network.address") if r["data"]["old"] and r["data"]["new"]]
    moved = [r for r in moves if r["data"]["new"] != r["data"]["old"]]
    if not moved or not story.requests:
        return
    last = moved[-1]
    address = last["data"]["new"]
    there = [
        r for r in story.requests
        if r["wire"] >= last["wire"] and r["data"]["host"].rpartition(":")[0] == address and r["data"]["status"] == 200
    ]  # fmt: skip
    figure = f"{there[0]['wire'] - last['wire']:.3f} s to {address}" if there else f"not found at {address}"
    yield _row(story, "C17", "Found at its new address", "address change", figure, bool(there), "")


def _upgrade_followed(story: DeviceStory) -> Iterator[Check]:
    for started in story.actions("upgrade"):
        back = _back(story, started)
        if back is not None:
            yield _return_row(
                story, "C18", "Upgrade followed", f"upgrade: {started['data'].get('image', 'right')}", back
            )


def _back(story: DeviceStory, since: Line) -> Line | None:
    """The device's return to duty after a stimulus."""
    phases = [r for r in story.records if r["kind"] == "state" and r["number"] > since["number"]]
    returned = [r for r in phases if r["what"] == "phase" and r["data"]["phase"] == "running"]
    returned += [r for r in phases if r["what"] == "network.link" and r["data"]["up"]]
    return returned[0] if returned else None


def _return_row(story: DeviceStory, number: str, title: str, stimulus: str, back: Line) -> Check:
    asked = [r for r in story.requests if r["wire"] >= back["wire"] and r["data"]["status"] == 200]
    figure = f"asks again after {asked[0]['wire'] - back['wire']:.3f} s" if asked else "never asks again"
    return _row(story, number, title, stimulus, figure, bool(asked), "")


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _row(
    story: DeviceStory, number: str, title: str, stimulus: str, figure: str, passed: bool, detail: str
) -> Check:
    verdict = Verdict.PASSED if passed else Verdict.FAILED
    return Check(number, title, story.name, story.firmware, stimulus, figure, verdict, detail)


CHECKS: tuple[Callable[[DeviceStory], Iterator[Check]], ...] = (
    _enrolment,
    _input_follows,
    _wiring_told,
    _link_recovered,
    _address_followed,
    _upgrade_followed,
)
