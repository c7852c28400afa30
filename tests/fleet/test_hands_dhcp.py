"""The site's DHCP server under orders, and what becomes of a device's address; the sockets move with it."""

from __future__ import annotations

from typing import Any

import pytest
from engine_bench import EngineBench, connects, module, refused, silent, speaker

from simulator.errors import FleetError

LEASE = {"dhcp": {"lease": 240, "t1": 120, "t2": 210}}


def sent(bench: EngineBench, name: str = "io-1", after: int = 0) -> list[str]:
    """Messages of a device's client, in order."""
    return [r["what"].removeprefix("dhcp ") for r in bench.records("datagram", name, after)]


def short_leases(bench: EngineBench, *devices: dict[str, Any]) -> None:
    bench.fleet(*(devices or (module(),)), site=LEASE)


def restarted(bench: EngineBench, name: str = "io-1", limit: float = 150.0) -> None:
    """The device has booted and looks for an address."""
    bench.act("reboot", name)
    bench.advance_until(lambda: bench.state(name)["phase"] == "booting", 20)
    bench.advance_until(lambda: bench.state(name)["phase"] == "running", limit)


def test_without_a_server_the_lease_ends_and_a_link_local_address_comes(bench: EngineBench) -> None:
    short_leases(bench)
    place, standing = bench.endpoint(), bench.connect()
    bench.act("dhcp", "lose")
    passed = bench.advance_until(lambda: bench.state()["origin"] == "linkLocal", 300, step=5)
    assert 120 < passed <= 290
    assert bench.state()["real_address"].startswith("169.254.")
    assert bench.ready()
    with refused():
        connects(place)
    assert silent(standing)


def test_restore_brings_a_lease_back(bench: EngineBench) -> None:
    short_leases(bench)
    place = bench.endpoint()
    bench.act("dhcp", "lose")
    bench.advance(600)
    bench.act("dhcp", "restore")
    bench.advance_until(lambda: bench.state()["origin"] == "dhcp", 60)
    assert bench.endpoint() == place
    assert bench.ready()


def test_one_device_loses_dhcp_and_the_other_renews(bench: EngineBench) -> None:
    short_leases(bench, module("io-1"), module("io-2"))
    bench.act("dhcp", {"do": "lose", "device": "io-1"})
    bench.advance(600)
    assert [bench.state(name)["origin"] for name in ("io-1", "io-2")] == ["linkLocal", "dhcp"]
    bench.act("dhcp", {"do": "restore", "device": "io-1"})
    bench.advance(60)
    assert bench.state("io-1")["origin"] == "dhcp"


def test_a_vendor_class_filter_takes_all_axis_devices_and_nobody_else(bench: EngineBench) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "lose", "vendor_class": "SOMEBODY"})
    bench.advance(300)
    assert bench.state()["origin"] == "dhcp"
    bench.act("dhcp", {"do": "lose", "vendor_class": "AXIS,"})
    bench.advance(600)
    assert bench.state()["origin"] == "linkLocal"


def test_nak_takes_the_address_at_once_as_often_as_told(bench: EngineBench) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "nak", "count": 2})
    bench.advance_until(lambda: "nak" in sent(bench), 130)
    assert bench.state()["address"] is None
    bench.advance(90)
    assert sent(bench).count("nak") == 2
    assert bench.state()["origin"] == "dhcp"


def test_nak_on_renew_spares_other_requests(bench: EngineBench) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "nak-on-renew", "count": 1})
    bench.advance(200)
    assert sent(bench)[:2] == ["request", "nak"]
    assert sent(bench)[-1] == "ack"
    assert bench.state()["origin"] == "dhcp"


@pytest.mark.parametrize("target", [{}, {"device": "io-1"}, {"vendor_class": "AXIS,"}])
def test_readdress_moves_the_services(bench: EngineBench, target: dict[str, str]) -> None:
    short_leases(bench)
    place, standing = bench.endpoint(), bench.connect()
    bench.act("dhcp", {"do": "readdress", **target})
    bench.advance_until(lambda: bench.state()["address"] not in (None, place[0]), 240)
    assert bench.ready()
    assert silent(standing), "connections to an address that is gone hear nothing"
    with refused():
        connects(place)
    moved = bench.state()["address"]
    bench.advance(600)
    assert bench.state()["address"] == moved


def test_readdress_to_an_address_of_ones_choice(bench: EngineBench) -> None:
    short_leases(bench, module("io-1"), module("io-2"))
    wanted = bench.endpoint()[0].rpartition(".")[0] + ".200"
    with pytest.raises(FleetError, match="cannot all get"):
        bench.act("dhcp", {"do": "readdress", "address": wanted})
    bench.act("dhcp", {"do": "readdress", "address": wanted, "device": "io-2"})
    bench.advance(240)
    assert bench.state("io-2")["address"] == wanted
    assert bench.state("io-1")["address"] != wanted


def test_a_conflict_is_declined(bench: EngineBench) -> None:
    short_leases(bench)
    place = bench.endpoint()
    bench.act("dhcp", "conflict")
    restarted(bench)
    bench.advance(60)
    assert "decline" in sent(bench)
    assert bench.state()["origin"] == "dhcp"
    assert bench.endpoint() == place, "the usual address after the other was declined"


def test_a_conflict_at_a_given_address(bench: EngineBench) -> None:
    short_leases(bench)
    wanted = bench.endpoint()[0].rpartition(".")[0] + ".201"
    bench.act("dhcp", {"do": "conflict", "address": wanted})
    restarted(bench)
    bench.advance(60)
    conflict = bench.records("state", "io-1", what="network.conflict")[0]
    assert conflict["data"] == {"address": wanted, "holder": "another host"}


def test_new_lease_times(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("dhcp", {"do": "lease", "lease": "10m", "t1": "1m", "t2": "9m"})
    restarted(bench)
    mark = bench.records()[-1]["number"]
    bench.advance(62)
    assert sent(bench, after=mark) == ["request", "ack"]


def test_an_exhausted_pool_offers_nothing_to_a_newcomer(bench: EngineBench) -> None:
    bench.fleet(module(state="off"))
    bench.act("dhcp", "exhaust")
    bench.act("power", "restore", device="io-1")
    bench.advance(120)
    assert set(sent(bench)) == {"discover"}
    assert bench.state()["origin"] == "linkLocal"
    bench.act("dhcp", "restore")
    bench.advance(60)
    assert bench.state()["origin"] == "dhcp"


def test_delayed_answers_come_late_on_the_device_clock(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("dhcp", {"do": "delay", "delay": "2s"})
    restarted(bench)
    records = bench.records("datagram", "io-1")
    asked, answered = (next(r for r in records if r["what"] == f"dhcp {what}") for what in ("request", "ack"))
    assert answered["at"] - asked["at"] == pytest.approx(2.0)


def test_doubled_answers_do_no_harm(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("dhcp", "duplicate")
    restarted(bench)
    assert sent(bench) == ["request", "ack", "ack"]
    assert bench.state()["origin"] == "dhcp"


@pytest.mark.parametrize(("chance", "origin"), [(0, "dhcp"), (1, "linkLocal")])
def test_dropped_answers(bench: EngineBench, chance: int, origin: str) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "drop", "chance": chance})
    bench.advance(600)
    assert bench.state()["origin"] == origin


def test_silence_after_some_answers(bench: EngineBench) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "silent-after", "count": 2})
    bench.advance(900)
    assert sent(bench).count("ack") == 2
    assert bench.state()["origin"] == "linkLocal"


@pytest.mark.parametrize("verb", ["wrong-xid", "truncate"])
def test_broken_answers_are_ignored_until_they_are_over(bench: EngineBench, verb: str) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": verb, "count": 1})
    bench.advance_until(lambda: "request" in sent(bench), 125)

    def renewals() -> list[object]:
        return [r for r in bench.records("state", "io-1", what="dhcp") if r["data"]["state"] == "bound"]

    assert renewals() == [], "the first answer was of no use"
    bench.advance_until(renewals, 90)
    assert bench.state()["origin"] == "dhcp"
    assert "discover" not in sent(bench)


def test_another_server_s_name_in_the_answer_does_no_harm(bench: EngineBench) -> None:
    short_leases(bench)
    bench.act("dhcp", {"do": "wrong-server-id", "count": 1})
    bench.advance(600)
    assert bench.state()["origin"] == "dhcp"


def test_without_a_mask_the_class_of_the_address_decides(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("dhcp", "no-subnet")
    restarted(bench)
    assert bench.state()["addresses"][0]["prefix_length"] == 8


def test_options_are_sent_and_left_out(bench: EngineBench) -> None:
    bench.fleet()
    bench.act("dhcp", {"do": "options", "options": {"12": b"hall".hex(), "42": "7f100009"}})
    bench.act("dhcp", {"do": "remove-option", "codes": [1]})
    restarted(bench)
    state = bench.state()
    assert state["host_name"] == "hall"
    assert state["addresses"][0]["prefix_length"] == 8


def test_a_second_server_answers_too(bench: EngineBench) -> None:
    bench.fleet(module(state="off"))
    bench.act("dhcp", "second-server")
    bench.act("power", "restore", device="io-1")
    bench.boot()
    assert sorted(sent(bench)) == ["ack", "discover", "offer", "offer", "request"]


def test_orders_that_exclude_each_other(bench: EngineBench) -> None:
    bench.fleet()
    with pytest.raises(FleetError, match="exclude each other"):
        bench.act("dhcp", {"do": "lose", "device": "io-1", "vendor_class": "AXIS,"})
    with pytest.raises(FleetError, match="loose"):
        bench.act("dhcp", "loose")


def test_orders_for_an_unknown_device_reach_nobody(bench: EngineBench) -> None:
    short_leases(bench)
    with pytest.raises(FleetError) as refusal:
        bench.act("dhcp", {"do": "lose", "device": "io-2"})
    assert "'io-1'" in refusal.value.hint
    assert bench.records("action")[-1]["what"] == "dhcp"
    assert bench.records("site", what="dhcp script") == []


def test_the_static_fallback(bench: EngineBench) -> None:
    short_leases(bench, module(network={"static_fallback": "192.168.7.20"}))
    bench.act("dhcp", "lose")
    bench.advance(600)
    assert (bench.state()["real_address"], bench.state()["origin"]) == ("192.168.7.20", "static")
    assert bench.ready()


def test_firmware_eleven_falls_back_to_its_old_address(bench: EngineBench) -> None:
    short_leases(bench, speaker(firmware="11.11"))
    bench.act("dhcp", "lose")
    bench.advance(600)
    assert bench.state("speaker-1")["real_address"] == "192.168.0.90"
    assert bench.ready("speaker-1")
