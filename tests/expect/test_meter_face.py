"""A meter at the relay connector, against what was expected."""

from __future__ import annotations

import pytest
from canned_eyes import CannedEyes, find, port, snapshot

from simulator.errors import FleetError
from simulator.expect.expectation import from_mapping

CLOSED = {"com_no": True, "com_nc": False, "no_volts": 12, "nc_volts": 0}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"between": "com-no", "reads": "closed"}, ()),
        ({"between": "com-nc", "reads": "closed"}, ("com-nc reads open, not closed",)),
        ({"between": "no-gnd", "volts": 12}, ()),
        ({"between": "nc-gnd", "volts": 12}, ("nc-gnd reads 0 V, not 12 V",)),
        ({"between": "com-no", "reads": "open", "relay": 3}, ("no relay 3",)),
        ({"between": "com-no", "reads": "open", "relay": 19}, ("no relay 19",)),
    ],
)
def test_what_a_meter_reads(query: dict[str, object], told: tuple[str, ...]) -> None:
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = snapshot(ports={"0": port(contacts=CLOSED), "3": port(contacts=None)})
    (finding,) = find(eyes, "meter", query)
    assert finding.differs == told


@pytest.mark.parametrize(
    "query",
    [
        {"between": "com-no"},
        {"between": "com-no", "reads": "closed", "volts": 12},
        {"between": "no-gnd", "reads": "closed"},
        {"between": "no-gnd"},
    ],
)
def test_what_no_meter_can_tell(query: dict[str, object]) -> None:
    with pytest.raises(FleetError):
        from_mapping("meter", query)
