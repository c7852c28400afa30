"""The canonical timeline: the same whatever order the machine served devices in, and however often a client asked."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from report_samples import Notebook, fleet

from simulator.report.timeline import AUDIT, lines, story, timeline


def told(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["device"], line["what"]) for line in timeline(records)]


def test_two_devices_at_one_instant_are_told_by_name_each_in_its_own_order() -> None:
    book = Notebook()
    book.add("state", "b1", "io-2", at=5.0)
    book.add("state", "a1", "io-1", at=5.0)
    book.add("state", "b2", "io-2", at=5.0)
    book.add("state", "before", "io-2", at=4.0)
    assert told(book.records) == [("io-2", "before"), ("io-1", "a1"), ("io-2", "b1"), ("io-2", "b2")]


def test_at_one_instant_the_runner_comes_first_in_its_own_order_and_verdicts_come_last() -> None:
    book = Notebook()
    book.add("state", "follows", "io-1", at=30.0)
    book.add("step", "second", "", at=30.0, place="x:1:1")
    book.add("action", "cut", "io-1", at=30.0)
    book.add("step", "second: passed", "", at=30.0, verdict="passed")
    book.add("event", "topic", "io-1", at=30.0)
    assert [what for _, what in told(book.records)] == ["second", "cut", "follows", "topic", "second: passed"]


def test_what_clients_and_the_machine_cause_is_left_out() -> None:
    book = Notebook()
    book.request("GET /x")
    book.add("connection", "opened", service="http", peer="127.0.0.1:40000")
    book.add("site", "broker.connected", "site", client="vms", peer="127.0.0.1:40001")
    book.add("message", "broker.publish", "site", client="x", topic="t")
    book.add("log", "audit", daemon="httpd", severity="INFO", text="root succeeded")
    book.add("log", "access", daemon="httpd", severity="INFO", text="GET /")
    book.event(AUDIT, {}, {"class": "Authentication", "message": "root"})
    book.add(
        "message",
        "mqtt",
        direction="out",
        packet="PUBLISH",
        topic="axis/x/event/tns:onvif/Device/tns:axis/Log/Audit",
    )
    book.add("message", "event stream", direction="out", topic="x")
    book.add("message", "port monitor", direction="out", port="1")
    for packet in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "PINGREQ", "PINGRESP"):
        book.add("message", "mqtt", direction="in", packet=packet)
    book.add("fault", "reset strikes", service="http")
    assert timeline(book.records) == []


def test_what_devices_do_stays() -> None:
    book = Notebook()
    book.add("log", "system", daemon="udhcpc", severity="INFO", text="bound")
    book.add("message", "mqtt", direction="out", packet="PUBLISH", topic="axis/x/event/connection")
    book.add("message", "mqtt", direction="in", packet="CONNACK", code=0)
    book.add("datagram", "dhcp ack", direction="in", xid="1")
    book.add("fault", "reset begins", service="http")
    assert len(timeline(book.records)) == 5


def test_a_cause_that_is_left_out_is_replaced_by_its_own_cause() -> None:
    book = Notebook()
    hand = book.add("action", "cut")
    between = book.add("site", "broker.drop", "site", cause=hand)
    book.add("state", "follows", cause=between)
    book.add("state", "of nothing", cause=book.request("GET /"))
    follows, nothing = timeline(book.records)[1:]
    assert (follows["cause"], nothing["cause"]) == (1, None)


def test_wire_time_is_nowhere() -> None:
    book = Notebook()
    book.add("state", "x")
    assert set(timeline(book.records)[0]) == {"number", "at", "kind", "device", "what", "data", "cause"}


def test_lines_are_json_with_sorted_keys() -> None:
    book = Notebook()
    book.add("state", "x", b=1, a="ö")
    (line,) = lines(book.records).splitlines()
    assert list(json.loads(line)) == sorted(json.loads(line))
    assert '"data": {"a": "ö", "b": 1}' in line


def test_addresses_are_those_of_the_first_block_whichever_it_was() -> None:
    texts = []
    for block in (16, 20, 200):
        book = Notebook()
        book.add(
            "state",
            "address",
            new=f"127.{block}.0.1",
            old=f"127.{block + 1}.7.8",
            text=f"to 127.{block + 3}.0.1:80",
        )
        book.add("note", "127.0.0.1 and 8.127.20.0.1 and 127.1.0.1 stay")
        book.add("note", f"127.{block + 4}.0.1 is not ours")
        site = {"dhcp": {"address": f"127.{block + 3}.0.1"}, "broker": {}}
        texts.append(lines(book.records[:2], fleet(site=site)))
        assert f"127.{block + 4}.0.1" in lines(book.records, fleet(site=site))
    assert texts[0] == texts[1] == texts[2]
    assert "127.16.0.1" in texts[0]


def test_a_fleet_on_one_address_is_left_as_it_is() -> None:
    book = Notebook()
    book.add("note", "127.0.0.1 127.5.0.1")
    site = {"dhcp": {"address": "127.0.0.1"}, "broker": {}}
    assert lines(book.records, fleet(site=site)) == lines(book.records)


def test_the_story_has_the_client_s_part_and_not_our_observers() -> None:
    book = Notebook()
    book.request("GET /ours", observer=True)
    book.request("GET /theirs")
    book.add("site", "broker.connected", "site", client="axsim-observer-1")
    book.add("site", "broker.connected", "site", client="vms")
    book.add("violation", "mqtt", "site", violation="x")
    assert [line["what"] for line in story(book.records)] == ["GET /theirs", "broker.connected", "mqtt"]


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["state", "event", "request", "step", "action", "site", "log"]),
        st.sampled_from(["", "io-1", "io-2", "io-10"]),
        st.sampled_from([0.0, 1.0, 2.5]),
    ),
    max_size=12,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_however_the_machine_interleaves_devices_the_timeline_is_the_same(rows: Any, chance: Any) -> None:
    def journal(order: list[int]) -> list[dict[str, Any]]:
        book = Notebook()
        for index in order:
            kind, device, at = rows[index]
            book.add(kind, f"{index}", "" if kind == "step" else device, at=at, daemon="d", text="t")
        return book.records

    def shuffled() -> list[int]:
        """Another order in which each device, and the runner, keep theirs."""
        queues: dict[str, list[int]] = {}
        for index, (kind, device, _) in enumerate(rows):
            queues.setdefault("runner" if kind in ("step", "action") else device, []).append(index)
        order = []
        while queues:
            name = chance.choice(sorted(queues))
            order.append(queues[name].pop(0))
            if not queues[name]:
                del queues[name]
        return order

    assert lines(journal(list(range(len(rows))))) == lines(journal(shuffled()))


@given(RECORDS)
def test_numbers_count_from_one_and_causes_point_into_the_timeline(rows: Any) -> None:
    book = Notebook()
    for position, (kind, device, at) in enumerate(rows):
        book.add(kind, "x", device, at=at, cause=position or None, daemon="d", text="t")
    numbers = [line["number"] for line in timeline(book.records)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(line["cause"] in (None, *numbers) for line in timeline(book.records))
