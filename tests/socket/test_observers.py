"""The observers' process against a real engine: it misses nothing over outages, and holds nothing up."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import aiomqtt
import pytest
from vapix_fleet import fleet, until

from simulator.errors import FleetError
from simulator.fleet.session import Session

SUPERVISED = "onvif:Device/axis:IO/SupervisedPort"
STREAMED = "tns1:Device/tnsaxis:IO/SupervisedPort"
IO = {"name": "io-1", "model": "A9210", "mqtt": True, "supervised": {1: "SerialFirst4k7"}}
SPEAKER = {"name": "speaker-1", "model": "C1410"}
SHORT_LEASES = {"dhcp": {"lease": 240, "t1": 120, "t2": 210}}


def on_mqtt(session: Session, after: int = 0) -> list[str]:
    """States of the supervised input that a subscriber was told."""
    seen = (one["data"].get("json") for one in session.seen("mqtt", after, "io-1"))
    return [
        one["message"]["data"]["state"] for one in seen if isinstance(one, dict) and one.get("topic") == SUPERVISED
    ]


def on_stream(session: Session, after: int = 0) -> list[str]:
    seen = (one["data"] for one in session.seen("stream", after, "io-1"))
    return [one["message"]["data"]["state"] for one in seen if one["topic"] == STREAMED]


def do(session: Session, verb: str, seconds: float = 1.0) -> None:
    session.act({verb: "io-1/input/1"})
    session.advance(seconds)


def streaming(session: Session) -> bool:
    """Whether the stream stands; the session shows a lost one the way as it catches up."""
    session.catch_up()
    return session.streaming("io-1")


def test_after_the_barrier_every_event_has_been_seen_exactly_once() -> None:
    with fleet(IO) as session:
        session.observe(("io-1",))
        for _ in range(10):
            before = session.mark()
            for verb, state in (("cut", "cut"), ("restore", "open")):
                do(session, verb)
                marks = session.catch_up()
                assert on_mqtt(session, before.mqtt)[-1] == state
                assert on_stream(session, before.stream)[-1] == state
            assert on_mqtt(session, before.mqtt) == on_stream(session, before.stream) == ["cut", "open"]
            assert (marks["mqtt"], marks["stream"]) >= (before.mqtt + 2, before.stream + 2)


def test_the_mqtt_observer_comes_back_after_a_restart_of_the_broker() -> None:
    with fleet(IO) as session:
        session.observe()
        session.broker("restart")
        session.advance(120)
        before = until(
            lambda: session.catch_up()["mqtt"] and session.snapshot("io-1")["mqtt_connected"] and session.mark()
        )
        do(session, "cut")
        session.catch_up()
        assert on_mqtt(session, before.mqtt) == ["cut"]


def test_while_the_broker_is_down_or_stalled_nothing_is_held_up() -> None:
    with fleet(IO) as session:
        session.observe()
        session.broker("stall")
        session.catch_up()
        for _ in range(20):
            session.catch_up()
        session.broker("resume")
        do(session, "cut")
        until(lambda: session.catch_up() and on_mqtt(session)[-1:] == ["cut"])
        session.broker("stop")
        for _ in range(20):
            session.catch_up()


def test_the_stream_observer_comes_back_after_a_reboot_and_reads_the_states_anew() -> None:
    with fleet(IO) as session:
        session.observe(("io-1",))
        do(session, "cut")
        session.act({"reboot": "io-1"})
        session.advance(10)
        until(lambda: not streaming(session))
        before = session.mark()
        session.advance(300)
        until(lambda: streaming(session))
        assert "cut" in on_stream(session, before.stream)
        before = session.mark()
        do(session, "restore")
        session.catch_up()
        assert on_stream(session, before.stream) == ["open"]


def test_the_stream_observer_follows_a_device_to_another_address() -> None:
    with fleet(IO, site=SHORT_LEASES) as session:
        session.observe(("io-1",))
        session.act({"dhcp": {"do": "readdress", "device": "io-1"}})
        first = session.device("io-1")["address"]
        until(lambda: session.advance(10) and session.device("io-1")["address"] not in (None, first))
        until(lambda: streaming(session))
        before = session.mark()
        do(session, "cut")
        session.catch_up()
        assert on_stream(session, before.stream) == ["cut"]
        assert session.ask("io-1", "/axis-cgi/prod_brand_info/getbrand.cgi")["status"] == 200


def test_a_stream_over_a_pulled_cable_is_not_waited_for_and_goes_on_when_it_is_in_again() -> None:
    with fleet(IO) as session:
        session.observe(("io-1",))
        before = session.mark()
        session.act({"unplug": "io-1"})
        assert not streaming(session)
        do(session, "cut")
        session.catch_up()
        assert on_stream(session, before.stream) == []
        session.act({"plug": "io-1"})
        until(lambda: streaming(session) and on_stream(session, before.stream))
        assert on_stream(session, before.stream) == ["cut"]


def test_a_silent_device_gives_an_error_and_a_neighbour_answers() -> None:
    brand = "/axis-cgi/prod_brand_info/getbrand.cgi"
    with fleet(IO, SPEAKER) as session:
        session.observe()
        session.act({"unplug": "io-1"})
        assert set(session.ask("io-1", brand)) == {"error"}
        assert session.ask("speaker-1", brand)["status"] == 200
        session.act({"reboot": "speaker-1"})
        session.advance(10)
        assert session.ask("speaker-1", brand) == {"error": "the device has no address"}


def test_questions_are_labelled_as_they_look_and_any_answer_is_told() -> None:
    with fleet(IO) as session:
        form = session.ask("io-1", "/axis-cgi/param.cgi", method="POST", body="action=list&group=root.Brand.Brand")
        assert form["text"].strip() == "root.Brand.Brand=AXIS"
        asked = json.dumps({"apiVersion": "1.0", "method": "getAllUnrestrictedProperties"})
        told = session.ask("io-1", "/axis-cgi/basicdeviceinfo.cgi", method="POST", body=asked)
        assert told["json"]["data"]["propertyList"]["ProdNbr"] == "A9210"
        assert session.ask("io-1", "/axis-cgi/absent.cgi")["status"] == 404


def test_observers_are_told_from_the_client_in_the_journal() -> None:
    with fleet(IO) as session:
        session.observe(("io-1",))
        session.ask("io-1", "/axis-cgi/prod_brand_info/getbrand.cgi")
        records = session.journal(kinds="request,connection", device="io-1")["records"]
        ours = [r for r in records if r["what"] != "mqtt" and r["data"].get("service") != "mqtt"]
        assert ours
        assert all(record["data"].get("observer") for record in ours)
        messages = session.journal(kinds="message", device="site")["records"]
        assert not any(record["data"]["client"].startswith("axsim") for record in messages)
        assert not [r for r in session.journal(kinds="site")["records"] if r["what"] == "broker.delivered"]


@pytest.mark.asyncio
async def test_whatever_strangers_publish_the_observer_goes_on() -> None:
    with fleet(IO) as session:
        session.observe()
        broker = session.fleet()["site"]["broker"]
        payloads: list[Any] = [
            b"\xff\xfe",
            b"[" * 50_000,
            b"1" * 6000,
            b"",
            b"null",
            b'{"topic": 5, "message": []}',
        ]
        async with aiomqtt.Client(broker["host"], broker["port"]) as stranger:
            for payload in payloads:
                await stranger.publish("site/strange", payload, qos=1)
        session.catch_up()
        assert len([one for one in session.seen("mqtt", 0) if one["data"]["topic"] == "site/strange"]) == len(
            payloads
        )
        before = session.mark()
        do(session, "cut")
        session.catch_up()
        assert on_mqtt(session, before.mqtt) == ["cut"]


def test_observers_that_died_are_not_asked_for_what_they_have_lost() -> None:
    with fleet(IO) as session:
        session.observe()
        child = session._observers._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        until(lambda: not child.running)
        with pytest.raises(FleetError, match="the observers watch no site"):
            session.catch_up()
