"""Each check of the compatibility table, decided from a journal written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import INPUT, SERIAL, SUPERVISED, Notebook, fleet

from simulator.report.compat import as_json, checks
from simulator.report.result import Check, Verdict

EPOCH_MS = 1772352000000


def rows(book: Notebook, number: str, whole: dict[str, Any] | None = None) -> list[Check]:
    return [row for row in checks(whole or fleet(), book.records) if row.id == number]


def publish(book: Notebook, event: int, *, client: str = SERIAL) -> int:
    """The device's message about an event at the broker; returns the number of its publication."""
    record = book.records[event - 1]
    content = {"source": record["data"]["source"], "key": {}, "data": record["data"]["data"]}
    topic = record["what"].replace("tns1:", "onvif:").replace("tnsaxis:", "axis:")
    payload = json.dumps({"topic": topic, "timestamp": EPOCH_MS + round(record["at"] * 1000), "message": content})
    return book.add("message", "broker.publish", "site", client=client, topic=f"axis/{SERIAL}/event/x", qos=0,
                    retain=False, payload=payload)  # fmt: skip


def deliver(book: Notebook, publication: int, client: str = "vms", *, retained: bool = False) -> None:
    book.add("site", "broker.delivered", "site", client=client, peer="127.0.0.1:1", of=publication, topic="x",
             retained=retained)  # fmt: skip


def cut(book: Notebook, at: float = 30.0, verb: str = "cut", state: str = "cut", topic: str = SUPERVISED) -> int:
    """A hand at the wire and the event that follows; returns the number of the event."""
    hand = book.add("action", verb, at=at, target="io-1/input/2")
    return book.event(topic, {"port": "2"}, {"state": state}, at=at + 0.05, cause=hand)


def test_without_a_client_there_is_no_table() -> None:
    book = Notebook()
    cut(book)
    book.request("POST /axis-cgi/supervisedio.cgi", observer=True)
    assert checks(fleet(), book.records) == ()


# C01


def test_enrolment_counts_seconds_requests_and_what_was_absent() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/apidiscovery.cgi", status=401, authorized=False)
    book.request("POST /axis-cgi/apidiscovery.cgi")
    book.request("GET /axis-cgi/absent.cgi", status=404)
    (row,) = rows(book, "C01")
    assert row.verdict is Verdict.PASSED
    assert row.measured == {"requests": 3, "not_found": 1, "seconds": 0.001}
    assert row.figure == "let in after 1.0 ms, 3 requests, 1 x 404"


def test_a_client_that_is_never_let_in_fails() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/param.cgi", status=401)
    (row,) = rows(book, "C01")
    assert (row.verdict, row.detail, row.figure) == (Verdict.FAILED, "never let in", "1 request, 0 x 404")


def test_asking_again_for_what_is_not_there_fails() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/param.cgi")
    for _ in range(2):
        book.request("GET /axis-cgi/absent.cgi", status=404)
    (row,) = rows(book, "C01")
    assert row.verdict is Verdict.FAILED
    assert row.detail == "asks again for what is not there: GET /axis-cgi/absent.cgi"


# C05, C06


def test_an_event_that_the_broker_handed_over_is_told_with_its_delay() -> None:
    book = Notebook()
    deliver(book, publish(book, cut(book)))
    (row,) = rows(book, "C06")
    assert row.verdict is Verdict.PASSED
    assert row.measured == {"events": 1, "missed": 0, "mqtt_p50": 0.002, "mqtt_p95": 0.002}
    assert row.figure == "1 of 1 event; mqtt p50 2.0 ms, p95 2.0 ms"


@pytest.mark.parametrize("client", [SERIAL])
def test_what_is_delivered_to_a_device_is_not_the_client_s(client: str) -> None:
    book = Notebook()
    book.request("GET /axis-cgi/param.cgi")
    deliver(book, publish(book, cut(book)), client)
    assert rows(book, "C06")[0].verdict is Verdict.FAILED


def test_an_event_that_reached_nobody_is_missed_and_named() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/basicdeviceinfo.cgi")
    publish(book, cut(book))
    (row,) = rows(book, "C06")
    assert row.verdict is Verdict.FAILED
    assert row.detail == "never reached it: SupervisedPort 2 cut at 30.050 s"
    assert row.figure == "0 of 1 event"


def test_a_client_that_asks_the_right_call_in_time_knows() -> None:
    book = Notebook()
    cut(book)
    book.request("POST /axis-cgi/supervisedio.cgi")
    assert rows(book, "C06")[0].measured["vapix_p50"] == 0.001


@pytest.mark.parametrize("call", ["POST /axis-cgi/io/portmanagement.cgi", "GET /axis-cgi/io/port.cgi"])
def test_a_contact_that_looks_open_does_not_tell_a_cut_from_a_door(call: str) -> None:
    book = Notebook()
    cut(book)
    book.request(call)
    assert rows(book, "C06")[0].verdict is Verdict.FAILED


def test_a_question_after_the_next_change_comes_too_late() -> None:
    book = Notebook()
    cut(book)
    cut(book, 40.0, "restore", "open")
    book.request("POST /axis-cgi/supervisedio.cgi")
    (row,) = rows(book, "C06")
    assert (row.verdict, row.measured["missed"]) == (Verdict.FAILED, 1)
    assert row.stimulus == "cut, restore"


def test_a_question_that_failed_tells_nothing() -> None:
    book = Notebook()
    cut(book)
    book.request("POST /axis-cgi/supervisedio.cgi", status=401)
    assert rows(book, "C06")[0].verdict is Verdict.FAILED


def test_a_message_that_waited_for_the_client_still_tells() -> None:
    book = Notebook()
    waiting = publish(book, cut(book))
    cut(book, 40.0, "restore", "open")
    deliver(book, waiting)
    assert rows(book, "C06")[0].measured["missed"] == 1


def test_the_event_stream_tells_the_client_and_not_our_observer() -> None:
    for agent, verdict in (("vms/1.0", Verdict.PASSED), ("axsim-observer", Verdict.FAILED)):
        book = Notebook()
        book.request("GET /axis-cgi/param.cgi")
        event = cut(book)
        book.add("message", "event stream", cause=event, direction="out", agent=agent, topic=SUPERVISED)
        assert rows(book, "C06")[0].verdict is verdict


def test_the_port_monitor_tells_of_the_contact() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/io/port.cgi")
    cut(book, verb="close", state="1", topic=INPUT)
    book.add("message", "port monitor", direction="out", port="2", active=True, at=30.05)
    (row,) = rows(book, "C05")
    assert (row.verdict, row.measured["monitor_p50"]) == (Verdict.PASSED, 0.001)


def test_the_sum_of_all_inputs_is_no_input() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/param.cgi")
    hand = book.add("action", "close", target="io-1/input/2")
    book.event(INPUT, {"port": "-1"}, {"state": "1"}, cause=hand)
    assert rows(book, "C05") == []


def test_what_another_program_delivers_is_not_held_against_the_client() -> None:
    book = Notebook()
    book.request("GET /axis-cgi/param.cgi")
    cut(book)
    site = {"broker": {"host": "10.0.0.1", "port": 1883, "embedded": False}, "dhcp": {"address": ""}}
    (row,) = rows(book, "C06", fleet(site=site))
    assert row.verdict is Verdict.SKIPPED


def test_percentiles_are_of_all_delays() -> None:
    book = Notebook()
    for number in range(20):
        event = cut(book, 30.0 + number)
        publication = publish(book, event)
        book.wire += 0.01 * number
        deliver(book, publication)
    measured = rows(book, "C06")[0].measured
    assert measured["mqtt_p50"] == pytest.approx(0.092)
    assert measured["mqtt_p95"] == pytest.approx(0.182)


# C08


def outage(book: Notebook, *, power: bool = False) -> None:
    """The device is gone for a while, and an input changes meanwhile."""
    if power:
        book.add("state", "phase", phase="off", left="running", activity="none")
    else:
        book.add("state", "network.link", up=False)
    hand = book.add("action", "cut", at=40.0)
    book.event(SUPERVISED, {"port": "2"}, {"state": "cut"}, at=40.0, cause=hand)
    if power:
        book.add("state", "phase", phase="booting", left="off", activity="none")
        book.add("state", "phase", phase="running", left="starting", activity="none")
    else:
        book.add("state", "network.link", up=True)


@pytest.mark.parametrize(("power", "stimulus"), [(False, "unplug"), (True, "power cut")])
def test_a_client_that_comes_back_and_reads_the_state_passes(power: bool, stimulus: str) -> None:
    book = Notebook()
    book.request("POST /axis-cgi/supervisedio.cgi")
    outage(book, power=power)
    book.request("POST /axis-cgi/supervisedio.cgi")
    (row,) = rows(book, "C08")
    assert (row.verdict, row.stimulus) == (Verdict.PASSED, stimulus)
    assert row.figure == "back after 1.0 ms, 1 of 1 change of the outage told"


def test_a_client_that_comes_back_without_the_state_fails() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    outage(book)
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    (row,) = rows(book, "C08")
    assert (row.verdict, row.measured["missed"]) == (Verdict.FAILED, 1)
    assert "SupervisedPort 2 cut" in row.detail


def test_a_client_that_never_comes_back_fails() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    book.add("state", "network.link", up=False)
    book.add("state", "network.link", up=True)
    (row,) = rows(book, "C08")
    assert (row.verdict, row.figure) == (Verdict.FAILED, "never back")


def test_an_outage_that_lasts_or_that_the_client_did_not_live_through_is_not_judged() -> None:
    book = Notebook()
    outage(book)
    book.request("POST /axis-cgi/supervisedio.cgi")
    book.add("state", "network.link", up=False)
    assert rows(book, "C08") == []


# C17


def test_a_client_that_asks_at_the_new_address_has_found_the_device() -> None:
    book = Notebook()
    book.add("state", "network.address", old=None, new="127.16.0.1", why="settled")
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    book.add("state", "network.address", old="127.16.0.1", new=None, why="expired")
    book.add("state", "network.address", old=None, new="127.17.5.6", why="linkLocal")
    book.request("POST /axis-cgi/basicdeviceinfo.cgi", host="127.17.5.6:80")
    (row,) = rows(book, "C17")
    assert (row.verdict, row.figure) == (Verdict.PASSED, "found after 1.0 ms")
    assert row.stimulus == "address: linkLocal"


def test_a_client_that_goes_on_asking_at_the_old_address_fails() -> None:
    book = Notebook()
    book.add("state", "network.address", old=None, new="127.16.0.1", why="settled")
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    book.add("state", "network.address", old="127.16.0.1", new="127.16.9.9", why="leased")
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    assert rows(book, "C17")[0].verdict is Verdict.FAILED


def test_the_same_address_again_is_no_move() -> None:
    book = Notebook()
    for old, new in ((None, "127.16.0.1"), ("127.16.0.1", None), (None, "127.16.0.1")):
        book.add("state", "network.address", old=old, new=new, why="leased")
        book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    assert rows(book, "C17") == []


# C18


def upgrade(book: Notebook, version: str = "12.10.33") -> None:
    book.add("state", "upgrade accepted", version=version)
    book.add("state", "phase", phase="booting", left="stopping", activity="upgrading")
    book.add("state", "phase", phase="running", left="starting", activity="none")


def test_a_client_that_reads_the_version_after_an_upgrade_follows_it() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    upgrade(book)
    book.request("POST /axis-cgi/io/portmanagement.cgi")
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    (row,) = rows(book, "C18")
    assert (row.verdict, row.stimulus) == (Verdict.PASSED, "upgrade to 12.10.33")
    assert row.measured == {"seconds": 0.001, "version_seconds": 0.002}


def test_a_client_that_goes_on_with_what_it_knew_fails() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    upgrade(book)
    book.request("POST /axis-cgi/io/portmanagement.cgi")
    (row,) = rows(book, "C18")
    assert (row.verdict, row.detail) == (Verdict.FAILED, "goes on without reading the version")


def test_a_rollback_is_a_second_row() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    upgrade(book)
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    book.add("state", "phase", phase="booting", left="stopping", activity="rolling back")
    book.add("state", "rolled back", version="12.9.57", left="12.10.33")
    book.add("state", "phase", phase="running", left="starting", activity="none")
    assert [(row.stimulus, row.verdict) for row in rows(book, "C18")] == [
        ("upgrade to 12.10.33", Verdict.PASSED), ("rollback to 12.9.57", Verdict.FAILED),
    ]  # fmt: skip


def test_a_refused_image_and_a_plain_restart_are_no_upgrade() -> None:
    book = Notebook()
    book.request("POST /axis-cgi/basicdeviceinfo.cgi")
    book.add("action", "upgrade", image="wrong-model")
    book.add("state", "upgrade refused", code="421", text="wrong model")
    book.add("state", "phase", phase="booting", left="stopping", activity="none")
    book.add("state", "phase", phase="running", left="starting", activity="none")
    assert rows(book, "C18") == []


# The table


def test_the_json_form_of_two_runs_differs_in_what_was_measured_only() -> None:
    tables = []
    for slow in (0.0, 0.5):
        book = Notebook()
        event = cut(book)
        publication = publish(book, event)
        book.wire += slow
        deliver(book, publication)
        table = as_json(checks(fleet(), book.records))
        assert all(row.pop("measured") for row in table)
        tables.append(json.dumps(table))
    assert tables[0] == tables[1]


def test_a_device_that_was_enrolled_later_is_known_by_its_serial() -> None:
    book = Notebook()
    deliver(book, publish(book, cut(book)))
    whole = fleet()
    whole["devices"][0]["mqtt"] = None
    assert rows(book, "C06", whole)[0].verdict is Verdict.PASSED


STORIES = st.lists(
    st.sampled_from(
        ["cut", "restore", "ask", "know", "unplug", "plug", "off", "run", "move", "message", "upgrade"]
    ),
    max_size=14,
)


@given(STORIES)
def test_whatever_happened_each_row_is_decided_and_no_figure_is_negative(deeds: list[str]) -> None:
    book = Notebook()
    event = 0
    for number, deed in enumerate(deeds):
        if deed in ("cut", "restore"):
            event = cut(book, 30.0 + number, deed, deed)
        elif deed == "message" and event:
            deliver(book, publish(book, event))
        elif deed in ("ask", "know"):
            book.request(f"POST /axis-cgi/{'supervisedio' if deed == 'ask' else 'basicdeviceinfo'}.cgi")
        elif deed in ("unplug", "plug"):
            book.add("state", "network.link", up=deed == "plug")
        elif deed in ("off", "run"):
            book.add("state", "phase", phase="off" if deed == "off" else "running", left="x", activity="none")
        elif deed == "move":
            book.add("state", "network.address", old=None, new=f"127.16.0.{number}", why="leased")
        elif deed == "upgrade":
            upgrade(book)
    for row in checks(fleet(), book.records):
        assert all(value >= 0 for value in row.measured.values())
        assert (row.verdict is Verdict.FAILED) == bool(row.detail)
        assert row.measured.get("missed", 0) <= row.measured.get("events", row.measured.get("changes", 0))
