"""What the client under test did, as the bench sees it."""

from __future__ import annotations

import pytest
from canned_eyes import SERIAL, CannedClient, CannedEyes, find, matches, misses, snapshot

from simulator.expect.mark import Mark


def test_requests_of_observers_are_not_the_client_s() -> None:
    eyes = CannedEyes()
    eyes.request("GET /axis-cgi/param.cgi", observer=True)
    assert find(eyes, "client", "asked") == []
    eyes.request("GET /axis-cgi/param.cgi", status=401)
    assert matches(find(eyes, "client", "asked")) == ["io-1: GET /axis-cgi/param.cgi 401"]


def test_asked_for_a_path_with_a_status() -> None:
    eyes = CannedEyes()
    eyes.request("GET /axis-cgi/param.cgi", status=404)
    eyes.request("GET /other", status=200)
    asked = {"did": "asked", "path": "/axis-cgi/*", "status": "2xx"}
    assert misses(find(eyes, "client", asked)) == [("status=404, not 2xx",)]


def test_enrolled_lasts_and_returned_is_since_the_moment() -> None:
    eyes = CannedEyes()
    eyes.request("POST /axis-cgi/basicdeviceinfo.cgi")
    later = Mark(journal=1)
    assert matches(find(eyes, "client", "enrolled", since=later))
    assert find(eyes, "client", "returned", since=later) == []
    eyes.request("POST /axis-cgi/basicdeviceinfo.cgi")
    assert matches(find(eyes, "client", "returned", since=later))


def test_without_credentials_nobody_is_enrolled() -> None:
    eyes = CannedEyes()
    eyes.request("GET /axis-cgi/basicdeviceinfo.cgi", authorized=False)
    eyes.request("GET /axis-cgi/basicdeviceinfo.cgi", status=401)
    assert misses(find(eyes, "client", "enrolled")) == [("status=401, not 2xx",)]


@pytest.mark.parametrize(
    ("address", "used", "fits"),
    [("new", "127.16.9.9:80", True), ("new", "127.16.0.1:80", False), ("old", "127.16.0.1:80", True),
     ("127.16.9.*", "127.16.9.9:80", True)],
)  # fmt: skip
def test_the_address_that_it_used(address: str, used: str, fits: bool) -> None:
    eyes = CannedEyes()
    eyes.snapshots["io-1"] = snapshot(address="127.16.9.9")
    eyes.request("GET /", host=used)
    assert bool(matches(find(eyes, "client", {"did": "returned", "address": address}, device=""))) is fits


def subscribe(eyes: CannedEyes, client: str, *filters: str) -> None:
    eyes.record(
        "site", "broker.connected", "site", client=client, peer="127.0.0.1:5", session=False, keep_alive=60
    )
    eyes.record("site", "broker.subscribe", "site", client=client, peer="127.0.0.1:5", filters=list(filters))


def test_subscribed_is_a_state_that_lasts_until_it_leaves() -> None:
    eyes = CannedEyes()
    subscribe(eyes, "vms", "axis/+/event/#", "other/#")
    after = Mark(journal=len(eyes.records))
    assert matches(find(eyes, "client", "subscribed", since=after)) == ["vms subscribed axis/+/event/#"]
    eyes.record("site", "broker.disconnected", "site", client="vms", peer="", reason="client left")
    assert find(eyes, "client", "subscribed", since=after) == []


def test_a_session_that_the_broker_kept_is_subscribed_again_when_it_is_back() -> None:
    eyes = CannedEyes()
    subscribe(eyes, "vms", "#")
    eyes.record("site", "broker.disconnected", "site", client="vms", peer="", reason="lost")
    eyes.record("site", "broker.connected", "site", client="vms", peer="", session=True, keep_alive=60)
    assert matches(find(eyes, "client", "subscribed", device=""))
    eyes.record("site", "broker.connected", "site", client="vms", peer="", session=False, keep_alive=60)
    assert find(eyes, "client", "subscribed", device="") == []


def test_an_unsubscribed_filter_is_gone() -> None:
    eyes = CannedEyes()
    subscribe(eyes, "vms", "#", "axis/#")
    eyes.record("site", "broker.unsubscribe", "site", client="vms", peer="", filters=["#"])
    assert matches(find(eyes, "client", "subscribed", device="")) == ["vms subscribed axis/#"]


def test_devices_and_observers_are_not_the_client_at_the_broker() -> None:
    eyes = CannedEyes()
    subscribe(eyes, SERIAL, "#")
    subscribe(eyes, "axsim-observer-1", "#")
    eyes.record("message", "broker.publish", "site", client=SERIAL, topic="axis/x", qos=0, payload="")
    assert find(eyes, "client", "subscribed", device="") == []
    assert find(eyes, "client", "published", device="") == []


@pytest.mark.parametrize(
    ("pattern", "reaches"),
    [("#", True), ("axis/#", True), ("+/+/event/connection", True), (f"axis/{SERIAL}/event/#", True),
     ("axis", False), ("axis/OTHER/#", False), ("vms/#", False)],
)  # fmt: skip
def test_a_filter_counts_for_the_device_whose_messages_it_matches(pattern: str, reaches: bool) -> None:
    eyes = CannedEyes()
    subscribe(eyes, "vms", pattern)
    assert bool(matches(find(eyes, "client", "subscribed"))) is reaches


def test_a_topic_may_be_the_filter_or_one_that_it_covers() -> None:
    eyes = CannedEyes()
    subscribe(eyes, "vms", "axis/+/event/#")
    for topic in ("axis/+/event/#", f"axis/{SERIAL}/event/connection"):
        assert matches(find(eyes, "client", {"did": "subscribed", "topic": topic}))
    assert misses(find(eyes, "client", {"did": "subscribed", "topic": "vms/x"})) == [
        ("topic=axis/+/event/#, not vms/x",)
    ]


def test_published_is_found_by_topic_and_by_device() -> None:
    eyes = CannedEyes()
    eyes.record("message", "broker.publish", "site", client="vms", topic=f"axis/{SERIAL}/do", qos=0, payload="1")
    assert matches(find(eyes, "client", {"did": "published", "topic": "axis/+/do"}))
    assert misses(find(eyes, "client", {"did": "published", "topic": "other"}))
    eyes.record("message", "broker.publish", "site", client="vms", topic="vms/state", qos=0, payload="1")
    assert len(find(eyes, "client", "published", since=Mark(journal=1))) == 0
    assert len(find(eyes, "client", "published", since=Mark(journal=1), device="")) == 1


def connection(eyes: CannedEyes, what: str, peer: str, service: str = "http", **more: bool) -> None:
    eyes.record("connection", what, service=service, peer=peer, **more)


def test_left_means_that_its_last_connection_is_closed() -> None:
    eyes = CannedEyes()
    for peer in ("127.0.0.1:1", "127.0.0.1:2"):
        connection(eyes, "opened", peer)
    connection(eyes, "opened", "127.19.0.4:1883", service="mqtt")
    connection(eyes, "closed", "127.0.0.1:1")
    assert misses(find(eyes, "client", "left")) == [("1 connections still open",)]
    connection(eyes, "closed", "127.0.0.1:2")
    assert matches(find(eyes, "client", "left"))


def test_what_the_observers_or_the_device_close_is_not_the_client_leaving() -> None:
    eyes = CannedEyes()
    for service, more in (("http", {"observer": True}), ("mqtt", {})):
        connection(eyes, "opened", "127.19.1.1:9", service, **more)
        connection(eyes, "closed", "127.19.1.1:9", service, **more)
    assert find(eyes, "client", "left") == []


def test_printed_lines_count_from_the_moment() -> None:
    eyes, client = CannedEyes(), CannedClient(["io-1 cut", "io-1 open"])
    asked = {"did": "printed", "line": "cut"}
    assert matches(find(eyes, "client", asked, client=client)) == ["io-1 cut"]
    assert misses(find(eyes, "client", asked, client=client, since=Mark(printed=1))) == [("without 'cut'",)]
    assert find(eyes, "client", asked) == []


def test_exit_code() -> None:
    eyes = CannedEyes()
    assert find(eyes, "client", {"did": "exited", "code": 0}, client=CannedClient([])) == []
    assert matches(find(eyes, "client", {"did": "exited", "code": 3}, client=CannedClient([], 3)))
    assert misses(find(eyes, "client", {"did": "exited", "code": 0}, client=CannedClient([], 3))) == [
        ("code=3, not 0",)
    ]
