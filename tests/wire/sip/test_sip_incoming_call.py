"""Calls that come in: ringing, answering, refusing, reliable provisionals, hostile and old peers (SIP sheet 5, 7, 17.2)."""

from __future__ import annotations

import pytest
from sip_agent_bench import ANSWER, DEVICE, OFFER, PEER, Bench, answer, our_tag, request, said, statuses

from simulator.wire.sip.command import Answer, AnswerOffer, HangUp, Reject, Ring
from simulator.wire.sip.event import (
    AnswerReceived,
    CallDenied,
    CallEnded,
    End,
    IncomingCall,
    MalformedReceived,
    MessageReceived,
    NotifyReceived,
    OfferReceived,
)
from simulator.wire.sip.header import name_addr
from simulator.wire.sip.settings import Trying


def ringing(bench: Bench, **invite: object) -> None:
    bench.receive(request("INVITE", body=OFFER, **invite))
    bench.send(Ring(1))


def test_the_event_says_who_calls() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER), "TCP", (PEER, 4711))
    (call,) = bench.of(IncomingCall)
    assert (call.remote, call.local) == (f"sip:6002@{PEER}", f"sip:1001@{DEVICE}")
    assert (call.transport, call.source, call.call_id) == ("TCP", (PEER, 4711), "call-1")


@pytest.mark.parametrize(
    ("trying", "at_once", "later"),
    [(Trying.ALWAYS, [100], []), (Trying.AUTO, [], [100]), (Trying.NEVER, [], [])],
)
def test_when_100_is_sent(trying: Trying, at_once: list[int], later: list[int]) -> None:
    bench = Bench(trying=trying)
    assert statuses(bench.receive(request("INVITE", body=OFFER))) == at_once
    assert statuses(bench.advance(0.25)) == later


def test_100_is_superfluous_when_it_rings_at_once() -> None:
    bench = Bench(trying=Trying.AUTO)
    ringing(bench)
    assert bench.advance(1) == []


def test_a_repeated_invite_gets_the_last_provisional_and_starts_no_second_call() -> None:
    bench = Bench()
    ringing(bench)
    assert statuses(bench.receive(request("INVITE", body=OFFER))) == [180]
    bench.send(Answer(1, ANSWER))
    assert bench.receive(request("INVITE", body=OFFER)) == []
    assert len(bench.of(IncomingCall)) == 1


def test_180_is_repeated_every_minute_and_the_ringing_ends() -> None:
    bench = Bench(ringing_limit=150)
    ringing(bench)
    bench.advance(200)
    assert bench.times("180") == [0, 60, 120]
    assert bench.times("480")[0] == 150
    assert [(event.end, event.status) for event in bench.of(CallEnded)] == [(End.NO_ANSWER, 480)]
    assert bench.agent.idle


def test_the_answer_may_wait() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    assert bench.send(Answer(1, ANSWER, after=2.0)) == []
    assert bench.send(Answer(1, ANSWER)) == []
    assert statuses(bench.advance(2.1)) == [200]


def test_a_cancel_stops_an_answer_that_waits() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    bench.send(Answer(1, ANSWER, after=2.0))
    assert said(bench.receive(request("CANCEL"))) == ["200 CANCEL", "487 INVITE"]
    bench.receive(request("ACK", to_tag=our_tag(bench.last())))
    assert bench.advance(40) == []


def test_a_cancel_after_the_200_changes_nothing() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ok,) = bench.send(Answer(1, ANSWER))
    (reply,) = bench.receive(request("CANCEL"))
    assert said([reply]) == ["200 CANCEL"]
    assert our_tag(reply) == our_tag(ok)
    assert bench.agent.calls == 1


def test_a_cancel_for_nothing() -> None:
    bench = Bench()
    assert said(bench.receive(request("CANCEL"))) == ["481 CANCEL"]


@pytest.mark.parametrize(("reject", "status"), [(Reject(1), 603), (Reject(1, 486, "Nope"), 486), (HangUp(1), 603)])
def test_a_refusal_is_repeated_until_its_ack(reject: object, status: int) -> None:
    bench = Bench()
    ringing(bench)
    (refused,) = bench.send(reject)
    assert refused.status == status
    assert statuses(bench.advance(4)) == [status] * 3
    bench.receive(request("ACK", to_tag=our_tag(refused)))
    assert bench.advance(60) == []
    assert [event.end for event in bench.of(CallEnded)] == [End.REJECTED]
    assert bench.agent.idle


def test_bye_waits_for_the_ack_of_our_200() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ok,) = bench.send(Answer(1, ANSWER))
    assert bench.send(HangUp(1)) == []
    assert [event.end for event in bench.of(CallEnded)] == [End.HUNG_UP]
    assert said(bench.receive(request("ACK", branch="z9hG4bK2", to_tag=our_tag(ok)))) == ["BYE"]


def test_byes_that_cross() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ok,) = bench.send(Answer(1, ANSWER))
    bench.receive(request("ACK", branch="z9hG4bK2", to_tag=our_tag(ok)))
    bench.send(HangUp(1))
    assert said(bench.receive(request("BYE", branch="z9hG4bK3", cseq=2, to_tag=our_tag(ok)))) == ["200 BYE"]
    assert len(bench.of(CallEnded)) == 1


def test_nobody_is_there_to_take_the_ringing() -> None:
    bench = Bench()
    ringing(bench)
    bench.fail_last()
    assert [event.end for event in bench.of(CallEnded)] == [End.PEER_GONE]
    assert bench.agent.idle


def test_a_call_that_is_not_wanted() -> None:
    bench = Bench(accepts_calls=False, denied_status=480)
    assert said(bench.receive(request("INVITE", body=OFFER))) == ["480 INVITE"]
    assert [event.status for event in bench.of(CallDenied)] == [480]


def test_an_invite_without_contact_opens_nothing() -> None:
    bench = Bench()
    bare = request("INVITE", body=OFFER).replace(f"Contact: <sip:6002@{PEER}:5060>\r\n".encode(), b"")
    assert statuses(bench.receive(bare)) == [400]
    assert bench.of(MalformedReceived)
    bench.settle()
    assert bench.agent.idle


# The order of checks


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda data: data.replace(b" SIP/2.0\r\nVia", b" SIP/7.0\r\nVia"), 505),
        (lambda data: data.replace(b"INVITE sip:1001@127.0.0.7", b"INVITE nobody:1"), 416),
        (lambda data: data.replace(b"INVITE sip:1001@127.0.0.7", b"INVITE sips:1001@127.0.0.7"), 416),
        (lambda data: data.replace(b"INVITE", b"FROB"), 405),
        (lambda data: data.replace(b"INVITE", b"REGISTER"), 405),
        (lambda data: data.replace(b"INVITE", b"SUBSCRIBE"), 405),
        (lambda data: data.replace(b"sip:1001@127.0.0.7 SIP", b"sip:stranger@127.0.0.7 SIP"), 404),
        (lambda data: data.replace(b"application/sdp", b"application/x-other"), 415),
        (lambda data: data.replace(b"Content-Type", b"Content-Encoding: gzip\r\nContent-Type"), 415),
        (lambda data: data.replace(b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS"), 400),
        (lambda data: data.replace(b"CSeq: 1 INVITE", b"CSeq: 4294967296 INVITE"), 400),
    ],
)
def test_what_is_not_taken(change: object, status: int) -> None:
    bench = Bench(users=frozenset({"1001"}))
    (reply,) = bench.receive(change(request("INVITE", body=OFFER)))
    assert reply.status == status
    assert our_tag(reply)
    if status == 405:
        assert "INVITE" in reply.headers.all("allow")
    if status == 415 and "accept-encoding" not in reply.headers:
        assert reply.headers.get("accept") == "application/sdp"
    assert bench.agent.calls == 0
    bench.settle()
    assert bench.agent.idle


def test_a_body_that_need_not_be_understood() -> None:
    bench = Bench()
    optional = [("Content-Disposition", "render;handling=optional")]
    bench.receive(request("INVITE", body=b"<x/>", content_type="text/x", headers=optional))
    assert bench.of(IncomingCall)[0].offer == b""


def test_the_description_is_found_among_other_parts() -> None:
    bench = Bench()
    body = (
        b"--b\r\nContent-Type: text/x\r\n\r\n<x/>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n"
        + OFFER
        + b"\r\n--b--"
    )
    bench.receive(request("INVITE", body=body, content_type='multipart/mixed;boundary="b"'))
    assert bench.of(IncomingCall)[0].offer == OFFER


def test_max_forwards_0_is_answered() -> None:
    bench = Bench()
    assert statuses(bench.receive(request("OPTIONS").replace(b"Max-Forwards: 70", b"Max-Forwards: 0"))) == [200]


def test_mwi_and_messages_by_setting() -> None:
    bench = Bench(allow_mwi=True, allow_message=True)
    event = [("Event", "message-summary")]
    assert statuses(bench.receive(request("NOTIFY", headers=event, body=b"x", content_type="text/x"))) == [200]
    assert statuses(
        bench.receive(request("MESSAGE", branch="z9hG4bKm", body=b"hi", content_type="text/plain"))
    ) == [200]
    assert bench.of(NotifyReceived)[0].body == b"x"
    assert bench.of(MessageReceived)[0].body == b"hi"
    assert statuses(Bench().receive(request("MESSAGE", body=b"hi", content_type="text/plain"))) == [405]
    assert statuses(Bench().receive(request("NOTIFY", headers=event))) == [405]


def test_too_many_transactions_get_a_stateless_503() -> None:
    bench = Bench(max_server_transactions=3)
    for number in range(3):
        assert statuses(bench.receive(request("OPTIONS", branch=f"z9hG4bK{number}", call_id=str(number)))) == [200]
    (first,) = bench.receive(request("OPTIONS", branch="z9hG4bK9", call_id="9"))
    (again,) = bench.receive(request("OPTIONS", branch="z9hG4bK9", call_id="9"))
    assert first.status == 503
    assert first.headers.get("retry-after") == "5"
    assert first.encode() == again.encode()
    bench.settle()
    assert statuses(bench.receive(request("OPTIONS", branch="z9hG4bK9", call_id="9"))) == [200]


def test_few_transactions_may_be_too_large() -> None:
    bench = Bench(max_server_bytes=100_000)
    big = [("X", "x" * 60_000)]
    replies = [
        bench.receive(request("OPTIONS", branch=f"z9hG4bK{n}", call_id=f"{n}", headers=big)) for n in range(3)
    ]
    assert [statuses(reply) for reply in replies] == [[200], [200], [503]]
    bench.settle()
    assert bench.agent.idle


# Peers of RFC 2543


def test_a_peer_of_rfc_2543() -> None:
    bench = Bench()
    old = {"branch": "1", "from_tag": ""}
    bench.receive(request("INVITE", body=OFFER, **old))
    bench.send(Ring(1))
    assert statuses(bench.receive(request("INVITE", body=OFFER, **old))) == [180]
    (refused,) = bench.send(Reject(1))
    bench.receive(request("ACK", to_tag=our_tag(refused), **old))
    assert bench.advance(40) == []
    assert bench.agent.idle


def test_a_call_of_a_peer_of_rfc_2543() -> None:
    bench = Bench()
    old = {"branch": "1", "from_tag": ""}
    bench.receive(request("INVITE", body=OFFER, **old))
    (ok,) = bench.send(Answer(1, ANSWER))
    bench.receive(request("ACK", to_tag=our_tag(ok), **old))
    assert bench.advance(10) == []
    bye = request("BYE", cseq=2, to_tag=our_tag(ok), **old)
    assert said(bench.receive(bye)) == ["200 BYE"]
    assert said(bench.receive(bye)) == ["200 BYE"]
    other = request("CANCEL", **old)
    assert said(bench.receive(other)) == ["200 CANCEL"]


# Where responses go


@pytest.mark.parametrize(
    ("via", "source", "expected"),
    [
        ("SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKa", (PEER, 5099), (PEER, 5060)),
        ("SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bKa", (PEER, 5099), (PEER, 5099)),
        ("SIP/2.0/UDP pc33.example.com;branch=z9hG4bKa", (PEER, 5099), (PEER, 5060)),
        ("SIP/2.0/UDP 127.0.0.9:5070;maddr=127.0.0.99;branch=z9hG4bKa", (PEER, 5099), (PEER, 5070)),
        ("SIP/2.0/UDP [::1]:5070;branch=z9hG4bKa", ("::1", 5099), ("::1", 5070)),
    ],
)
def test_where_a_response_goes(via: str, source: tuple[str, int], expected: tuple[str, int]) -> None:
    bench = Bench()
    asked = request("OPTIONS").replace(b"SIP/2.0/UDP 127.0.0.9:5060;rport;branch=z9hG4bKa", via.encode())
    bench.receive(asked, source=source)
    there = bench.sent[-1][1].destination
    assert (there.host, there.port) == expected


def test_on_a_stream_the_connection_is_used_and_the_contact_says_so() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER).replace(b"/UDP", b"/TCP"), "TCP", (PEER, 40_001))
    (ok,) = bench.send(Answer(1, ANSWER))
    there = bench.sent[-1][1].destination
    assert there.connection == (PEER, 40_001)
    assert there.transport == "TCP"
    assert name_addr(ok.headers.get("contact") or "").uri == f"sip:1001@{DEVICE}:5060;transport=tcp"


def test_keepalives() -> None:
    bench = Bench()
    bench.receive(b"\r\n\r\n", "UDP")
    assert bench.keepalives == []
    bench.receive(b"\r\n\r\n", "TCP", (PEER, 40_001))
    (pong,) = bench.keepalives
    assert (pong.data, pong.destination.connection) == (b"\r\n", (PEER, 40_001))


# Reliable provisionals

RELIABLE = [("Require", "100rel")]


def prack(bench: Bench, provisional: object, number: int = 2, body: bytes = b"") -> list:
    rseq = provisional.headers.get("rseq")
    return bench.receive(
        request(
            "PRACK",
            branch=f"z9hG4bKprack{number}",
            cseq=number,
            to_tag=our_tag(provisional),
            headers=[("RAck", f"{rseq} 1 INVITE")],
            body=body,
        )
    )


def test_a_reliable_180_is_repeated_until_its_prack() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=RELIABLE))
    (provisional,) = bench.send(Ring(1))
    assert provisional.headers.all("require") == ("100rel",)
    bench.advance(4)
    assert bench.times("180") == [0, 0.5, 1.5, 3.5]
    assert said(prack(bench, provisional)) == ["200 PRACK"]
    assert bench.advance(30) == []
    assert statuses(bench.send(Answer(1, ANSWER))) == [200]


def test_the_200_waits_for_the_prack() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=RELIABLE))
    (progress,) = bench.send(Ring(1, 183, ANSWER))
    assert bench.send(Ring(1, 180)) == []
    assert bench.send(Answer(1, ANSWER)) == []
    assert said(prack(bench, progress)) == ["200 PRACK", "200 INVITE"]
    assert bench.last().body == b""  # the answer went out before


def test_a_prack_for_nothing() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=RELIABLE))
    (provisional,) = bench.send(Ring(1))
    wrong = [("RAck", "1 1 INVITE")]
    assert statuses(
        bench.receive(request("PRACK", branch="z9hG4bK1", cseq=2, to_tag=our_tag(provisional), headers=wrong))
    ) == [481]
    garbled = [("RAck", "x")]
    assert statuses(
        bench.receive(request("PRACK", branch="z9hG4bK2", cseq=3, to_tag=our_tag(provisional), headers=garbled))
    ) == [400]


def test_without_a_prack_the_call_is_over_after_32_s() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=RELIABLE))
    bench.send(Ring(1))
    bench.advance(33)
    assert bench.times("504")[0] == 32
    assert bench.of(CallEnded)[0].end is End.NO_PRACK


def test_our_offer_in_a_reliable_provisional_is_answered_in_the_prack() -> None:
    bench = Bench()
    bench.receive(request("INVITE", headers=RELIABLE))
    (progress,) = bench.send(Ring(1, 183, ANSWER))
    assert progress.body == ANSWER
    prack(bench, progress, body=OFFER)
    assert bench.of(AnswerReceived)[0].sdp == OFFER
    (ok,) = bench.send(Answer(1, b""))
    assert ok.body == b""
    bench.receive(request("ACK", branch="z9hG4bKz", to_tag=our_tag(ok)))
    assert bench.of(CallEnded) == []


def test_an_offer_in_a_prack() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=RELIABLE))
    (progress,) = bench.send(Ring(1, 183, ANSWER))
    assert prack(bench, progress, body=OFFER) == []
    assert bench.of(OfferReceived)[0].method == "PRACK"
    (ok,) = bench.send(AnswerOffer(1, ANSWER))
    assert (said([ok]), ok.body) == (["200 PRACK"], ANSWER)


def test_early_media_is_reliable_where_the_caller_can() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, headers=[("Supported", "100rel")]))
    (ring,) = bench.send(Ring(1))
    assert "rseq" not in ring.headers
    (progress,) = bench.send(Ring(1, 183, ANSWER))
    assert "rseq" in progress.headers


def test_a_response_is_never_answered() -> None:
    bench = Bench()
    stray = answer(bench_request(), 200)
    assert bench.receive(stray) == []
    assert bench.receive(request("ACK", to_tag="x")) == []


def bench_request() -> object:
    from simulator.wire.sip.message import parse

    return parse(request("OPTIONS"))
