"""The user agent as a whole: nothing grows, nothing that comes in raises, transports can be changed."""

from __future__ import annotations

import gc
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sip_agent_bench import ACCOUNT, ANSWER, DEVICE, OFFER, PEER, Bench, answer, our_tag, request, said, statuses

from simulator.wire.sip.command import Answer, HangUp, PlaceCall, Reject, Ring, SendRequest
from simulator.wire.sip.event import Answered, CallEnded, IncomingCall, MalformedReceived


def one_incoming(bench: Bench, number: int) -> None:
    """A call of one of five fates."""
    ids = {"call_id": f"call-{number}", "from_tag": f"t{number}"}
    bench.receive(request("INVITE", branch=f"z9hG4bKi{number}", body=OFFER, **ids))
    call, fate = bench.of(IncomingCall)[-1].call, number % 5
    if fate == 0:
        bench.send(Reject(call))
        return
    (ring,) = bench.send(Ring(call))
    if fate == 1:
        bench.receive(request("CANCEL", branch=f"z9hG4bKi{number}", **ids))
        return
    bench.send(Answer(call, ANSWER))
    if fate == 2:
        return
    bench.receive(request("ACK", branch=f"z9hG4bKa{number}", to_tag=our_tag(ring), **ids))
    if fate == 3:
        bench.send(HangUp(call))
    else:
        bench.receive(request("BYE", branch=f"z9hG4bKb{number}", cseq=2, to_tag=our_tag(ring), **ids))


def one_outgoing(bench: Bench, number: int) -> None:
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    fate = number % 4
    if fate == 0:
        bench.send(HangUp(bench.number))
    elif fate == 1:
        bench.receive(answer(invite, 486))
    elif fate == 2:
        bench.receive(answer(invite, 200, body=ANSWER))
        bench.send(HangUp(bench.number))


def sip_objects() -> Counter[str]:
    """Living objects of the package, by class."""
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if str(kind.__module__).startswith("simulator.wire.sip"))


def test_thousands_of_calls_leave_nothing_behind() -> None:
    bench = Bench(max_calls=0)
    one_incoming(bench, 0)
    one_outgoing(bench, 0)
    bench.settle()
    bench.sent.clear()
    bench.events.clear()
    before = sip_objects()
    for number in range(2000):
        one_incoming(bench, number)
        one_outgoing(bench, number)
        bench.advance(0.01)
        bench.sent.clear()
        bench.events[:] = bench.events[-1:]
    bench.settle()
    bench.settle()
    assert bench.agent.idle
    bench.sent.clear()
    bench.events.clear()
    grown = sip_objects() - before
    assert not {name for name in grown if name != "SipUri"}, grown  # a few addresses are remembered


def test_finished_transactions_keep_bytes_only() -> None:
    before = sip_objects()
    bench = Bench(max_calls=0)
    for number in range(4, 1000, 5):  # answered, acknowledged, ended by the peer
        one_incoming(bench, number)
    bench.sent.clear()
    bench.events.clear()
    left = sip_objects() - before
    assert left["ServerTransaction"] == 400
    assert left["Request"] == left["Response"] == left["Callee"] == 0


@pytest.mark.fuzz
@given(st.binary(max_size=200), st.sampled_from(["UDP", "TCP", "TLS"]))
def test_no_bytes_raise(data: bytes, transport: str) -> None:
    Bench().receive(data, transport)


TEMPLATES = [
    request("INVITE", body=OFFER, headers=[("Require", "100rel"), ("Session-Expires", "90;refresher=uas")]),
    request("INVITE", body=OFFER, headers=[("Record-Route", "<sip:p;lr>"), ("Supported", "timer")]),
    request("BYE", to_tag="x"),
    request("CANCEL"),
    request("PRACK", to_tag="x", headers=[("RAck", "1 2 INVITE")]),
    request("ACK", to_tag="x"),
    request("INFO", body=b"Signal=1", content_type="application/dtmf-relay"),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good request with some bytes replaced, taken out or doubled."""
    data = bytearray(draw(st.sampled_from(TEMPLATES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        end = min(len(data), at + draw(st.integers(0, 12)))
        data[at:end] = draw(st.one_of(st.binary(max_size=4), st.just(bytes(data[at:end]) * 2)))
        if not data:
            data = bytearray(b"x")
    return bytes(data)


@pytest.mark.fuzz
@given(st.lists(damaged(), min_size=1, max_size=4))
def test_damaged_requests_raise_nothing_and_leave_nothing(messages: list[bytes]) -> None:
    bench = Bench(ringing_limit=10)
    for message in messages:
        bench.receive(message)
    bench.advance(150)
    assert bench.agent.idle
    assert len(bench.of(CallEnded)) == len(bench.of(IncomingCall))


@pytest.mark.fuzz
@given(st.data())
def test_damaged_responses_raise_nothing_and_leave_nothing(data: st.DataObject) -> None:
    bench = Bench()
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    for status in data.draw(st.lists(st.sampled_from([100, 180, 183, 200, 302, 401, 422, 486]), max_size=4)):
        headers = [("Record-Route", "<sip:p;lr>"), ("Require", "100rel"), ("RSeq", "1"), ("Session-Expires", "90")]
        good = bytearray(answer(invite, status, headers=headers, body=ANSWER))
        at = data.draw(st.integers(0, len(good) - 1))
        good[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
        bench.receive(bytes(good))
    bench.send(HangUp(1))
    bench.advance(300)
    assert bench.agent.idle
    assert len(bench.of(CallEnded)) == 1


def test_what_is_malformed_gets_a_400_and_is_told() -> None:
    bench = Bench()
    wrong = request("OPTIONS").replace(b"From: ", b'From: "')
    (reply,) = bench.receive(wrong)
    (again,) = bench.receive(wrong)
    assert reply.status == 400
    assert reply.encode() == again.encode()
    assert bench.of(MalformedReceived)[0].source == (PEER, 5060)
    assert bench.receive(b"garbage") == []
    assert bench.agent.idle


def test_an_options_ping_of_ours() -> None:
    bench = Bench()
    (ping,) = bench.send(SendRequest("OPTIONS", ACCOUNT, f"sip:{PEER}"))
    number = bench.number
    assert (ping.method, ping.uri) == ("OPTIONS", f"sip:{PEER}")
    bench.receive(answer(ping, 200))
    bench.send(SendRequest("OPTIONS", ACCOUNT, f"sip:{PEER}"))
    bench.advance(33)
    first, second = bench.of(Answered)
    assert (first.number, first.status, first.response is not None) == (number, 200, True)
    assert (second.status, second.response) == (408, None)


def test_a_request_over_tcp_that_fell_back_is_repeated_over_udp() -> None:
    bench = Bench(size_limit=200)
    bench.send(SendRequest("OPTIONS", ACCOUNT, f"sip:{PEER}"))
    packet = bench.sent[-1][1]
    assert packet.switch
    over = bench.agent.over(packet, "TCP", bench.now, (DEVICE, 40_000))
    assert bench.advance(2) == []
    bench.agent.over(over, "UDP", bench.now)
    assert said(bench.advance(0.6)) == ["OPTIONS"]


def test_no_switch_where_it_is_off() -> None:
    bench = Bench(size_limit=0)
    bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER + b"a=x\r\n" * 1000))
    assert not bench.sent[-1][1].switch


def test_the_cancel_goes_the_way_of_its_invite() -> None:
    bench = Bench()
    bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER + b"a=x\r\n" * 1000))
    over = bench.agent.over(bench.sent[-1][1], "TCP", bench.now, (DEVICE, 40_000))
    from simulator.wire.sip.message import parse

    invite = parse(over.data)
    bench.receive(answer(invite, 180), "TCP")
    (cancel,) = bench.send(HangUp(1))
    assert cancel.headers.get("via") == invite.headers.get("via")
    assert bench.sent[-1][1].destination.transport == "TCP"
    (ack,) = bench.receive(answer(invite, 487), "TCP")
    assert ack.headers.get("via") == invite.headers.get("via")


def test_a_response_that_could_not_be_delivered_is_forgotten() -> None:
    bench = Bench()
    assert statuses(bench.receive(request("OPTIONS"))) == [200]
    bench.fail_last()
    assert bench.agent.idle
