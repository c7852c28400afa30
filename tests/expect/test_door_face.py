"""A monitored door, against what was expected."""

from __future__ import annotations

import pytest
from canned_eyes import CannedEyes, find, snapshot

from simulator.errors import FleetError
from simulator.expect.expectation import from_mapping


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"state": "open", "alarm": "open-too-long", "mode": "locked"}, ()),
        ({"state": "closed", "alarm": "normal"}, ("state=Open, not closed", "alarm=DoorOpenTooLong, not normal")),
        ({"door": 2, "state": "open"}, ("no door 2",)),
    ],
)
def test_what_a_door_is(query: dict[str, object], told: tuple[str, ...]) -> None:
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = snapshot(doors={"1": {"state": "Open", "alarm": "DoorOpenTooLong", "mode": "Locked"}})
    (finding,) = find(eyes, "door", query)
    assert finding.differs == told


def test_something_must_be_asked() -> None:
    with pytest.raises(FleetError):
        from_mapping("door", {"door": 1})
