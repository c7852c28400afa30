"""A cut wire seen by mosquitto_sub: exact topics and payloads, with the embedded broker and with a real mosquitto.

Topics and payloads are those of the io-events sheet, 3.1 and 3.3; time stamps are exact because the clock is stepped
and starts at a fixed date.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from broker_bench import HOST, mosquitto
from vapix_fleet import Message, fleet, subscribed

from simulator.clock import DEFAULT_EPOCH
from simulator.device.profile import load_profile
from simulator.fleet.handle import IoModule
from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("mosquitto", "mosquitto_sub", "stdbuf")

BROKERS = ["embedded", "mosquitto"]
EVENT = "event/tns:onvif/Device/tns:axis/IO"
KEEP_ALIVE = 2
DEBOUNCE = load_profile("A9210", "12.9.57").quirks.debounce


@dataclass
class Site:
    """A fleet with one enrolled device, and where its broker is."""

    session: Session
    io: IoModule
    host: str
    port: int

    def topic(self, name: str, port: int = 1) -> str:
        return f"{self.prefix}/{EVENT}/{name}/$source/port/{port}"

    @property
    def prefix(self) -> str:
        return f"axis/{self.io.serial}"

    def settle(self) -> None:
        """Let the debounce pass."""
        self.session.advance(1)

    def stamp(self) -> int:
        """What the device writes at this moment of its clock."""
        return round((DEFAULT_EPOCH.timestamp() + self.session.clock()["now"]) * 1000)

    def retained(self, topic: str) -> Message:
        """What a new subscriber is given at once."""
        with subscribed(self.host, self.port, topic) as late:
            message = late.next()
        assert message.retained
        return message


@contextmanager
def enrolled(broker: str, folder: Path, **mqtt: object) -> Iterator[Site]:
    device = {"name": "io-1", "model": "A9210", "mqtt": mqtt or True, "supervised": {"1": "SerialFirst4k7"}}
    if broker == "embedded":
        with fleet(device) as session:
            yield site_of(session)
        return
    with mosquitto(folder) as peer:
        asyncio.run(peer.start())
        with fleet(device, site={"broker": {"address": f"{HOST}:{peer.port}"}}) as session:
            yield site_of(session)


def site_of(session: Session) -> Site:
    broker, io = session.fleet()["site"]["broker"], session["io-1"]
    assert isinstance(io, IoModule)
    site = Site(session, io, broker["host"], broker["port"])
    with subscribed(site.host, site.port, f"{site.prefix}/event/connection") as watcher:
        assert json.loads(watcher.next().payload)["connected"] is True
    return site


@pytest.mark.parametrize("broker", BROKERS)
def test_the_cut_input(broker: str, tmp_path: Path) -> None:
    with (
        enrolled(broker, tmp_path) as site,
        subscribed(site.host, site.port, site.topic("SupervisedPort")) as watcher,
    ):
        serial, cut_at = site.io.serial, site.stamp()
        site.io.input(1).cut()
        site.settle()
        message = watcher.next()
    assert message == Message(
        topic=f"axis/{serial}/event/tns:onvif/Device/tns:axis/IO/SupervisedPort/$source/port/1",
        qos=0,
        retained=False,
        payload=(
            '{"topic":"onvif:Device/axis:IO/SupervisedPort",'
            f'"timestamp":{cut_at + round(DEBOUNCE * 1000)},'
            '"message":{"source":{"port":"1"},"key":{},"data":{"state":"cut","tampered":"1"}}}'
        ),
    )


@pytest.mark.parametrize("broker", BROKERS)
def test_what_the_wires_do_in_order(broker: str, tmp_path: Path) -> None:
    with enrolled(broker, tmp_path, qos=1) as site:
        places = {site.topic(*place): place for place in (("SupervisedPort", 1), ("Port", 1), ("Port", -1))}
        with subscribed(site.host, site.port, *places) as watcher:
            wiring = site.io.input(1)
            for deed in (wiring.close, wiring.short, wiring.restore, wiring.open):
                deed()
                site.settle()
            told = [watcher.next() for _ in range(8)]
    assert {message.qos for message in told} == {1}
    content = [(places[message.topic], data(message)) for message in told]
    assert [data for place, data in content if place == ("SupervisedPort", 1)] == [
        {"state": "closed", "tampered": "0"},
        {"state": "shorted", "tampered": "1"},
        {"state": "closed", "tampered": "0"},
        {"state": "open", "tampered": "0"},
    ]
    for port in (1, -1):
        assert [data for place, data in content if place == ("Port", port)] == [{"state": "1"}, {"state": "0"}]


def data(message: Message) -> dict[str, str]:
    content: dict[str, str] = json.loads(message.payload)["message"]["data"]
    return content


@pytest.mark.parametrize("broker", BROKERS)
def test_the_will_after_a_power_cut(broker: str, tmp_path: Path) -> None:
    """mosquitto notices in wire time, the broker of a stepped fleet in device time: after 1.5 keep-alive times."""
    with enrolled(broker, tmp_path, keepAliveInterval=KEEP_ALIVE) as site:
        topic = f"{site.prefix}/event/connection"
        with subscribed(site.host, site.port, topic) as watcher:
            assert watcher.next().retained
            site.io.power_cut()
            if broker == "embedded":
                site.session.advance(1.5 * KEEP_ALIVE + 0.1)
            message = watcher.next()
        assert (message.topic, message.qos) == (topic, 1)
        assert message.payload == (
            f'{{"serialNumber":"{site.io.serial}","connected":false,"description":"Connection Lost","timestamp":null}}'
        )
        assert site.retained(topic).payload == message.payload
        site.io.power_restore()
        site.session.advance(120)
        with subscribed(site.host, site.port, topic) as watcher:
            while not json.loads((last := watcher.next()).payload)["connected"]:
                pass
        assert json.loads(last.payload)["description"] == "Connected"


@pytest.mark.parametrize("broker", BROKERS)
def test_an_orderly_restart_says_good_bye(broker: str, tmp_path: Path) -> None:
    with enrolled(broker, tmp_path) as site:
        with subscribed(site.host, site.port, f"{site.prefix}/event/connection") as watcher:
            assert watcher.next().retained
            site.io.reboot()
            said = [json.loads(watcher.next().payload)["description"]]
            site.session.advance(120)
            said.append(json.loads(watcher.next().payload)["description"])
        assert said == ["Disconnected", "Connected"]


@pytest.mark.parametrize("broker", BROKERS)
def test_retained_state_after_a_reconnect(broker: str, tmp_path: Path) -> None:
    """What changed while the device was off is right again once it is back."""
    with enrolled(broker, tmp_path, retain="property", qos=1) as site:
        topic = site.topic("SupervisedPort")
        site.io.input(1).cut()
        site.settle()
        with subscribed(site.host, site.port, topic) as watcher:
            while data(cut := watcher.next())["state"] != "cut":
                pass
        assert data(site.retained(topic)) == {"state": "cut", "tampered": "1"}
        site.io.power_cut()
        site.io.input(1).restore()
        with subscribed(site.host, site.port, topic) as watcher:
            assert watcher.next().payload == cut.payload
            site.io.power_restore()
            site.session.advance(120)
            back = watcher.next()
        assert data(back) == {"state": "open", "tampered": "0"}
        assert site.retained(topic).payload == back.payload


@pytest.mark.parametrize("broker", BROKERS)
def test_stateless_events_are_not_retained(broker: str, tmp_path: Path) -> None:
    with enrolled(broker, tmp_path, retain="property") as site:
        login = f"{site.prefix}/event/tns:onvif/Device/tns:axis/Log/Audit"
        with subscribed(site.host, site.port, login) as watcher:
            site.session.ask("io-1", "/axis-cgi/usergroup.cgi")
            assert not watcher.next().retained
        with subscribed(site.host, site.port, login, site.topic("Port")) as late:
            assert late.next().topic == site.topic("Port")
