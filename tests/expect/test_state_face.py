"""The truth as the engine holds it, against what was expected."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find, misses, port, snapshot


def differs(state: dict[str, Any], query: dict[str, Any]) -> tuple[str, ...]:
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = state
    (finding,) = find(eyes, "state", query)
    return finding.differs


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"phase": "running", "firmware": "12.9.57", "committed": True, "link": True}, ()),
        ({"phase": "off"}, ("phase=running, not off",)),
        ({"committed": False}, ("committed=true, not false",)),
        ({"origin": "dhcp", "address": "old"}, ()),
        ({"address": "new"}, ("address=127.16.0.1, not the new one",)),
        ({"firmware": "12.10.1", "activity": "upgrading"},
         ("activity=none, not upgrading", "firmware=12.9.57, not 12.10.1")),
    ],
)  # fmt: skip
def test_states_of_the_device(query: dict[str, Any], told: tuple[str, ...]) -> None:
    assert differs(snapshot(), query) == told


def test_a_link_local_address_is_asked_for_as_it_would_be_on_site() -> None:
    state = snapshot(address="127.17.5.6", real_address="169.254.5.6", origin="linkLocal")
    assert differs(state, {"address": "169.254.*", "origin": "link-local"}) == ()
    assert differs(state, {"address": "new"}) == ()


def test_a_device_without_an_address_has_neither_the_old_nor_a_new_one() -> None:
    state = snapshot(address=None, real_address=None, origin="none")
    assert differs(state, {"address": "old"})
    assert differs(state, {"address": "new"})


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"port": "2", "supervised": "normal"}, ()),
        ({"port": "2", "supervised": "tampered"}, ("supervised=open, not tampered",)),
        ({"port": "2", "active": True, "closed": True}, ("active=false, not true", "closed=false, not true")),
        ({"port": "9", "active": True}, ("no port named '9'; known: 2, 3",)),
        ({"port": "*", "supervised": "open"}, ("port 3: supervised=none, not open",)),
        ({"port": "{2..3}", "closed": False}, ("port 3: closed=true, not false",)),
    ],
)
def test_states_of_ports(query: dict[str, Any], told: tuple[str, ...]) -> None:
    state = snapshot(ports={"2": port(), "3": port(supervised=None, closed=True)})
    assert differs(state, query) == told


def test_the_finding_tells_where_the_device_stands() -> None:
    (finding,) = find(CannedEyes(), "state", {"phase": "off"})
    assert finding.text.startswith("phase=running activity=none address=127.16.0.1")
    assert finding.at == 30.0
    assert misses([finding])
