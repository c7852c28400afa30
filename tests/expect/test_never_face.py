"""What must not happen: everything found is something that did."""

from __future__ import annotations

import pytest
from canned_eyes import SUPERVISED, CannedEyes, find

from simulator.expect.mark import Mark


def test_nothing_happened() -> None:
    eyes = CannedEyes()
    eyes.event(SUPERVISED, source={"port": "2"}, data={"state": "open"})
    assert find(eyes, "never", {"event": "tampering", "for": "5s"}) == []


@pytest.mark.parametrize(("on", "found"), [("any", 3), ("event", 1), ("mqtt", 1), ("stream", 1)])
def test_an_event_is_looked_for_on_the_face_that_is_named(on: str, found: int) -> None:
    eyes = CannedEyes()
    told = ({"port": "2"}, {"state": "cut"})
    eyes.event(SUPERVISED, source=told[0], data=told[1])
    eyes.published(SUPERVISED, *told)
    eyes.notified(SUPERVISED, *told)
    assert len(find(eyes, "never", {"event": "tampering", "on": on})) == found


def test_only_that_state_at_that_port() -> None:
    eyes = CannedEyes()
    eyes.event(SUPERVISED, source={"port": "2"}, data={"state": "cut"})
    assert not find(eyes, "never", {"event": "supervised", "state": "shorted"})
    assert not find(eyes, "never", {"event": "supervised", "port": "1"})
    assert find(eyes, "never", {"event": "supervised", "port": "*"})


def test_a_status_and_a_path_of_requests_that_the_client_made() -> None:
    eyes = CannedEyes()
    eyes.request("GET /axis-cgi/param.cgi", status=500, observer=True)
    eyes.request("GET /axis-cgi/param.cgi", status=200)
    assert not find(eyes, "never", {"status": "5xx"})
    assert not find(eyes, "never", {"path": "/vapix/*"})
    assert len(find(eyes, "never", {"path": "/axis-cgi/*"})) == 1
    eyes.request("GET /x", status=503)
    assert [finding.text for finding in find(eyes, "never", {"status": "5xx"})] == [
        "io-1 request GET /x status=503 host=127.16.0.1:80 peer=127.0.0.1 authorized=True"
    ]


def test_a_violation_and_an_entry_in_a_log() -> None:
    eyes = CannedEyes()
    eyes.record("log", "system", daemon="udhcpc", severity="INFO", text="lease lost")
    assert not find(eyes, "never", {"violation": True})
    assert find(eyes, "never", {"log": "lease lost"})
    assert find(eyes, "never", {"log": "udhcpc: lease"})
    eyes.record("violation", "mqtt", "site", violation="reserved bits")
    assert find(eyes, "never", {"violation": True}, device="")


def test_what_happened_before_does_not_count() -> None:
    eyes = CannedEyes()
    eyes.event(SUPERVISED, source={"port": "2"}, data={"state": "cut"})
    assert not find(eyes, "never", {"event": "tampering"}, since=Mark(journal=1))
