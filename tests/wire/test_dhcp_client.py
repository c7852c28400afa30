"""The DHCP client, alone and against the scripted server, on stepped time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from dhcp_bench import ADDRESS, MAC, MAC_TEXT, SERVER, VENDOR, Bench, bound

from simulator.wire.dhcp import option
from simulator.wire.dhcp.event import (
    Bound,
    Entered,
    FallBack,
    Lost,
    Settle,
    Start,
    State,
    Stop,
)
from simulator.wire.dhcp.message import Type, encode
from simulator.wire.dhcp.option import Code
from simulator.wire.dhcp.terms import Terms

# On the wire


def test_discover_and_request_are_built_as_real_devices_build_them():
    bench = Bench()
    bench.do(Start())
    bench.run(11.0)
    (_, discover, to), (_, request, _) = bench.sent
    assert to is None
    assert list(discover.options) == [53, 61, 57, 55, 60, 12]
    assert list(request.options) == [53, 50, 54, 61, 57, 55, 60, 12]
    assert discover.options[61] == b"\x01" + MAC
    assert discover.options[55] == bytes([1, 3, 6, 12, 15, 28, 42, 100, 101, 119, 121])
    assert discover.options[60] == VENDOR.encode()
    assert discover.options[12] == b"axis-b8a44f010203"
    assert discover.flags == 0x8000
    assert discover.xid == request.xid
    assert option.address(request.options, Code.REQUESTED_ADDRESS) == ADDRESS
    assert len(encode(discover)) >= 300


def test_option_81_only_while_dynamic_dns_is_on():
    bench = Bench(dns_name="speaker.example.com")
    bench.do(Start())
    bench.run(11.0)
    assert bench.sent[0][1].options[81] == b"\x01\0\0speaker.example.com"


@pytest.mark.parametrize("seed", range(10))
def test_the_start_is_1_to_10_seconds_late(seed):
    bench = Bench(seed=seed)
    bench.do(Start())
    bench.run(11.0)
    assert 1 <= bench.sent[0][0] <= 10


# Rhythm


def test_a_day_without_a_server_does_no_harm():
    bench = Bench(rhythm="rfc")
    bench.script(silent=True)
    bench.do(Start())
    bench.run(100_000.0)
    assert 1500 < len(bench.sent) < 1600


def test_udhcpc_discovers_three_times_then_pauses_for_ever():
    bench = Bench(start_delay=(2.0, 2.0))
    bench.script(silent=True)
    bench.do(Start())
    bench.run(80.0)
    assert [at for at, _, _ in bench.sent] == [2, 5, 8, 31, 34, 37, 60, 63, 66]
    xids = [message.xid for _, message, _ in bench.sent]
    assert len(set(xids)) == 3
    assert bench.said(FallBack) == [(12.0, FallBack())]
    assert [message.secs for _, message, _ in bench.sent[:4]] == [0, 3, 6, 0]


def test_rfc_rhythm_doubles_to_64_seconds():
    bench = Bench(start_delay=(1.0, 1.0), rhythm="rfc")
    bench.script(silent=True)
    bench.do(Start())
    bench.run(400.0)
    times = [at for at, _, _ in bench.sent]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for gap, nominal in zip(gaps, [4, 8, 16, 32, 64, 64, 64], strict=False):
        assert nominal - 1 <= gap <= nominal + 1


# The life of a lease


def test_renewal_at_t1_unicast_with_ciaddr_and_nothing_else():
    bench = bound()
    ends = bench.client.terms
    bench.run(ends.renews_at)
    ((at, request, to),) = bench.sent
    assert at == ends.renews_at == ends.since + 43200
    assert to == SERVER
    assert request.ciaddr == ADDRESS
    assert not {50, 54} & set(request.options)
    assert request.flags == 0
    assert bench.client.state is State.BOUND
    assert bench.client.terms.since == at


def test_silence_leads_through_renewing_and_rebinding_to_expiry_and_fallback():
    bench = Bench(start_delay=(1.0, 1.0))
    bench.script(lease=1000.0)
    bench.do(Start())
    bench.run(2.0)
    bench.script(silent=True)
    bench.log.clear()
    bench.sent.clear()
    bench.run(1030.0)
    states = [(at, output.state) for at, output in bench.said(Entered)]
    assert states == [(501, State.RENEWING), (876, State.REBINDING), (1001, State.SELECTING)]
    assert bench.said(Lost) == [(1001, Lost("expired"))]
    assert bench.said(FallBack) == [(1011, FallBack())]
    # half of what is left to T2, then to expiry, never below 60 s
    renewals = [at for at, message, to in bench.sent if to == SERVER]
    assert renewals == [501, 688.5, 782.25, 842.25]
    rebindings = [at for at, message, to in bench.sent if to is None and message.ciaddr == ADDRESS]
    assert rebindings == [876, 938.5, 998.5]
    bench.script()
    bench.run(1100.0)
    assert bench.client.state is State.BOUND


def test_a_server_that_comes_back_while_rebinding_renews():
    bench = bound(pool=lambda mac: ADDRESS)
    terms = bench.client.terms
    bench.script(silent=True)
    bench.run(terms.rebinds_at + 1)
    assert bench.client.state is State.REBINDING
    bench.script()
    bench.run(terms.ends_at - 1)
    assert bench.client.state is State.BOUND
    assert not bench.said(Lost)


@pytest.mark.parametrize("length", [1.0, 2.0, 10.0, 60.0])
def test_short_leases_are_renewed_without_a_gap(length):
    bench = Bench(start_delay=(1.0, 1.0))
    bench.script(lease=length)
    bench.do(Start())
    bench.run(1.0 + 20 * length)
    assert not bench.said(Lost)
    assert len(bench.said(Bound)) == 41
    assert all(message.ciaddr == ADDRESS for _, message, _ in bench.sent[2:])


def test_an_infinite_lease_is_never_renewed():
    bench = Bench()
    bench.script(lease=math.inf)
    bench.do(Start())
    bench.run(1e9)
    assert bench.kinds() == ["DISCOVER", "REQUEST"]
    assert bench.client.next_deadline() is None
    assert bench.client.terms.ends_at == math.inf


@pytest.mark.parametrize(
    ("t1", "t2", "expected"),
    [
        (None, None, (500, 875)),
        (100, 200, (100, 200)),
        (900, 800, (500, 800)),
        (100, 2000, (100, 875)),
        (0, 0, (500, 875)),
        (None, 300, (300, 300)),
    ],
)
def test_t1_and_t2_of_the_server_count_if_they_are_in_order(t1, t2, expected):
    bench = Bench()
    bench.script(lease=1000.0, t1=t1, t2=t2)
    bench.do(Start())
    bench.run(11.0)
    assert (bench.client.terms.renewal, bench.client.terms.rebinding) == expected


def test_settled_without_a_word():
    bench = Bench()
    bench.server.remember(MAC_TEXT, ADDRESS, -5.0)
    bench.do(Settle(Terms(ADDRESS, SERVER, -5.0, 86400, 43200, 75600)))
    assert bench.sent == []
    assert bench.client.next_deadline() == 43195
    bench.run(43195)
    assert bench.kinds() == ["REQUEST"]
    assert bench.client.state is State.BOUND


def test_nak_on_renewal_drops_the_address_at_once_and_another_is_taken():
    bench = bound()
    bench.script(nak_on_renew=True, offer="127.16.0.77")
    terms = bench.client.terms
    bench.run(terms.renews_at)
    assert bench.said(Lost) == [(terms.renews_at, Lost("nak"))]
    bench.run(terms.renews_at + 11)
    assert bench.client.terms.address == "127.16.0.77"
    bench.run(bench.client.terms.renews_at)
    assert bench.client.terms.address == "127.16.0.77"
    assert len(bench.said(Lost)) == 1


def test_a_server_that_only_refuses_does_not_keep_the_device_from_its_fallback():
    bench = Bench(start_delay=(0.0, 0.0))
    bench.script(nak=True)
    bench.do(Start())
    bench.run(60.0)
    assert bench.said(FallBack) == [(10.0, FallBack())]
    assert 50 <= bench.kinds().count("REQUEST") <= 61


def test_the_known_address_is_asked_for_first_after_a_restart():
    bench = Bench()
    bench.server.remember(MAC_TEXT, ADDRESS, 0.0)
    bench.do(Start(ADDRESS))
    bench.run(11.0)
    ((_, request, to),) = bench.sent
    assert to is None
    assert list(request.options)[:3] == [53, 50, 61]
    assert request.ciaddr == "0.0.0.0"
    assert bench.client.state is State.BOUND


def test_an_unconfirmed_address_is_forgotten_after_three_tries():
    bench = Bench(start_delay=(0.0, 0.0))
    bench.script(silent=True)
    bench.do(Start(ADDRESS))
    bench.run(25.0)
    assert [(at, message.type.name) for at, message, _ in bench.sent] == [
        (0, "REQUEST"), (4, "REQUEST"), (12, "REQUEST"), (20, "DISCOVER"), (23, "DISCOVER"),
    ]  # fmt: skip
    assert bench.said(Lost) == [(20, Lost("unconfirmed"))]


def test_a_wrong_address_after_a_restart_is_refused_and_replaced():
    bench = Bench()
    bench.do(Start("127.16.9.9"))
    bench.run(22.0)
    assert bench.kinds() == ["REQUEST", "DISCOVER", "REQUEST"]
    assert bench.client.terms.address == ADDRESS


def test_a_declined_address_is_refused_for_ten_seconds_and_another_offered():
    bench = Bench(start_delay=(1.0, 1.0))
    bench.conflicts.add("127.16.0.66")
    bench.script(conflicting_address="127.16.0.66")
    bench.do(Start())
    bench.run(30.0)
    assert bench.kinds() == ["DISCOVER", "REQUEST", "DECLINE", "DISCOVER", "REQUEST"]
    declined_at, decline, to = bench.sent[2]
    assert to is None
    assert list(decline.options) == [53, 50, 54, 61]
    assert bench.sent[3][0] >= declined_at + 10
    assert bench.client.terms.address == ADDRESS


def test_release_is_unicast_and_the_server_forgets():
    bench = bound()
    bench.do(Stop(release=True))
    ((_, release, to),) = bench.sent
    assert (release.type, release.ciaddr, to) == (Type.RELEASE, ADDRESS, SERVER)
    assert list(release.options) == [53, 54, 61]
    assert bench.server.leases == {}
    assert bench.client.next_deadline() is None


# Broken answers


@pytest.mark.parametrize(
    "broken", [{"wrong_xid": True}, {"wrong_server_id": "127.19.0.9"}, {"truncate": 200}, {"drop": 1.0}]
)
def test_broken_answers_are_as_good_as_none(broken):
    bench = Bench()
    bench.script(**broken)
    bench.do(Start())
    bench.run(100.0)
    assert not bench.said(Bound)
    assert len(bench.said(FallBack)) == 1
    bench.script()
    bench.run(200.0)
    assert bench.client.state is State.BOUND


def test_a_silent_server_after_the_offer_is_asked_four_times():
    bench = Bench(start_delay=(0.0, 0.0))
    bench.script(silent_after=1)
    bench.do(Start())
    bench.run(61.0)
    requests = [at for at, message, _ in bench.sent if message.type is Type.REQUEST]
    assert requests == [0, 4, 12, 28]
    assert bench.sent[5][1].type is Type.DISCOVER
    assert bench.sent[5][0] == 60


def test_duplicates_and_late_answers_change_nothing():
    bench = Bench(start_delay=(1.0, 1.0))
    bench.script(duplicate=True, delay=2.0)
    bench.do(Start())
    bench.run(30.0)
    assert bench.kinds() == ["DISCOVER", "REQUEST"]
    assert len(bench.said(Bound)) == 1
    assert bench.client.terms.since == 3.0


@pytest.mark.parametrize("removed", [(54,), (53,), (51, 54)])
def test_answers_without_type_or_server_are_ignored(removed):
    bench = Bench()
    bench.script(remove_option=removed)
    bench.do(Start())
    bench.run(30.0)
    assert bench.client.state is State.SELECTING


def test_an_answer_without_lease_time_counts_for_an_hour():
    bench = Bench()
    bench.script(remove_option=(51,))
    bench.do(Start())
    bench.run(30.0)
    assert bench.client.terms.seconds == 3600


@pytest.mark.parametrize("given", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"])
def test_an_offer_of_no_host_address_is_ignored(given):
    bench = Bench(pool=lambda mac: given)
    bench.do(Start())
    bench.run(30.0)
    assert bench.client.state is State.SELECTING


def test_the_first_of_two_offers_is_taken():
    bench = Bench()
    bench.script(second_server="127.16.0.50")
    bench.do(Start())
    bench.run(30.0)
    assert bench.client.terms.server == SERVER
    assert bench.kinds() == ["DISCOVER", "REQUEST"]


def test_the_second_server_helps_out():
    bench = Bench()
    bench.script(second_server="127.16.0.50", pool_exhausted=True)
    bench.do(Start())
    bench.run(30.0)
    assert bench.client.terms.server == "127.19.0.7"
    bench.run(bench.client.terms.renews_at)
    assert bench.client.state is State.BOUND
