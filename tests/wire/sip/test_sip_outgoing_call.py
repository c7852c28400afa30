"""Calls that the user agent places: answers, forks, challenges, CANCEL and its races (SIP sheet 8, 11 and 17.2)."""

from __future__ import annotations

import pytest
from sip_agent_bench import ACCOUNT, ANSWER, DEVICE, OFFER, PEER, Bench, answer, our_tag, request, said

from simulator.errors import MalformedMessage
from simulator.wire.sip.account import Account, Login
from simulator.wire.sip.command import AnswerOffer, Cancel, HangUp, PlaceCall, RefuseOffer, SendInfo
from simulator.wire.sip.event import (
    Answered,
    CallAnswered,
    CallEnded,
    CallProgress,
    End,
    IncomingCall,
    OfferReceived,
)
from simulator.wire.sip.message import Request

PLACE = PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER)


def placed(bench: Bench, command: PlaceCall = PLACE) -> Request:
    (invite,) = bench.send(command)
    assert isinstance(invite, Request)
    return invite


def talking(bench: Bench) -> Request:
    invite = placed(bench)
    bench.receive(answer(invite, 200, body=ANSWER))
    return invite


def test_a_call_from_invite_to_bye() -> None:
    bench = Bench(user_agent="AXIS C1410")
    invite = placed(bench, PlaceCall(f"sip:6002@{PEER}", Account("sip:1001@dom", "1001", 'The "door"'), OFFER))
    names = [name for name, _ in invite.headers]
    assert " ".join(names) == (
        "Via Max-Forwards From To Contact Call-ID CSeq Allow Supported Session-Expires Min-SE User-Agent "
        "Content-Type Content-Length"
    )
    assert (invite.headers.get("from") or "").startswith('"The \\"door\\"" <sip:1001@dom>;tag=')
    assert invite.headers.get("contact") == f"<sip:1001@{DEVICE}:5060>"
    bench.receive(answer(invite, 180))
    (ack,) = bench.receive(answer(invite, 200, body=ANSWER))
    assert ack.method == "ACK"
    assert ack.uri == f"sip:6002@{PEER}:5060"
    (bye,) = bench.send(HangUp(bench.number))
    assert bye.method == "BYE"
    assert bye.headers.get("cseq") == "2 BYE"
    assert our_tag(bye) == "r1"
    bench.receive(answer(bye, 200))
    assert [event.end for event in bench.of(CallEnded)] == [End.HUNG_UP]
    bench.settle()
    assert bench.agent.idle


def test_each_repeated_200_is_acknowledged_again() -> None:
    bench = Bench()
    invite = placed(bench)
    acks = [bench.receive(answer(invite, 200, body=ANSWER))[0] for _ in range(3)]
    assert said(acks) == ["ACK"] * 3
    assert len({ack.encode() for ack in acks}) == 1
    assert len(bench.of(CallAnswered)) == 1


def test_a_second_fork_is_acknowledged_and_ended() -> None:
    bench = Bench()
    invite = placed(bench)
    bench.receive(answer(invite, 200, tag="first", body=ANSWER))
    ack, bye = bench.receive(answer(invite, 200, tag="second", body=ANSWER))
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert our_tag(ack) == our_tag(bye) == "second"
    assert said(bench.receive(answer(invite, 200, tag="second", body=ANSWER))) == ["ACK"]
    assert bench.agent.calls == 1
    assert bench.of(CallEnded) == []


def test_no_more_forks_are_followed_than_can_be() -> None:
    bench = Bench()
    invite = placed(bench)
    for fork in range(100):
        bench.receive(answer(invite, 180, tag=f"fork{fork}"))
    assert len(bench.of(CallProgress)) == 16


def test_early_media_of_the_latest_fork() -> None:
    bench = Bench()
    invite = placed(bench)
    bench.receive(answer(invite, 183, tag="one", body=ANSWER))
    bench.receive(answer(invite, 183, tag="two", body=OFFER))
    assert [event.sdp for event in bench.of(CallProgress)] == [ANSWER, OFFER]


@pytest.mark.parametrize(("status", "phrase"), [(486, "Busy Here"), (603, "Decline"), (302, "Moved")])
def test_a_refusal(status: int, phrase: str) -> None:
    bench = Bench()
    invite = placed(bench)
    said_no = answer(invite, status).replace(b" Phrase", f" {phrase}".encode())
    assert said(bench.receive(said_no)) == ["ACK"]
    assert said(bench.receive(said_no)) == ["ACK"]
    (ended,) = bench.of(CallEnded)
    assert (ended.end, ended.status, ended.phrase) == (End.REFUSED, status, phrase)
    bench.settle()
    assert bench.agent.idle


def test_nobody_answers() -> None:
    bench = Bench()
    placed(bench)
    bench.advance(40)
    assert bench.times("INVITE") == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    (ended,) = bench.of(CallEnded)
    assert (ended.end, ended.status) == (End.REFUSED, 408)
    assert bench.agent.idle


def test_there_is_no_way_there() -> None:
    bench = Bench()
    placed(bench)
    bench.fail_last()
    assert [(event.end, event.status) for event in bench.of(CallEnded)] == [(End.REFUSED, 503)]
    assert bench.agent.idle


@pytest.mark.parametrize("uri", ["", "6002", "tel:+4611", "sip:", "sip:a b@c", "sip:6002@h\r\nX: y"])
def test_a_target_that_leads_nowhere(uri: str) -> None:
    bench = Bench()
    with pytest.raises(MalformedMessage):
        bench.send(PlaceCall(uri, ACCOUNT, OFFER))
    assert bench.agent.idle


def test_a_header_cannot_end_a_line() -> None:
    bench = Bench()
    with pytest.raises(MalformedMessage):
        bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER, headers=(("X", "a\r\nEvil: 1"),)))
    assert bench.agent.idle


# CANCEL


def test_before_any_response_the_invite_is_only_not_repeated() -> None:
    bench = Bench()
    invite = placed(bench)
    assert bench.send(Cancel(bench.number)) == []
    assert [event.end for event in bench.of(CallEnded)] == [End.CANCELLED]
    assert bench.advance(3) == []
    (cancel,) = bench.receive(answer(invite, 180))  # it was heard after all
    assert cancel.method == "CANCEL"
    bench.receive(answer(cancel, 200))
    assert said(bench.receive(answer(invite, 487))) == ["ACK"]
    bench.settle()
    assert bench.agent.idle
    assert len(bench.of(CallEnded)) == 1


def test_an_answer_that_crosses_the_cancel_is_ended() -> None:
    bench = Bench()
    invite = placed(bench)
    bench.receive(answer(invite, 180))
    (cancel,) = bench.send(HangUp(bench.number))
    assert cancel.method == "CANCEL"
    ack, bye = bench.receive(answer(invite, 200, body=ANSWER))
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert [event.end for event in bench.of(CallEnded)] == [End.CANCELLED]
    bench.receive(answer(bye, 200))
    bench.receive(answer(cancel, 481))
    bench.settle()
    assert bench.agent.idle


def test_an_end_that_never_comes_after_the_cancel() -> None:
    bench = Bench()
    invite = placed(bench)
    bench.receive(answer(invite, 180))
    (cancel,) = bench.send(Cancel(bench.number))
    bench.receive(answer(cancel, 200))
    bench.advance(31.9)
    assert bench.of(CallEnded) == []
    bench.advance(0.2)
    assert [event.end for event in bench.of(CallEnded)] == [End.CANCELLED]
    bench.settle()
    assert bench.agent.idle


# Challenges


def asks(realm: str, nonce: str = "n", **items: str) -> tuple[str, str]:
    more = "".join(f", {name}={value}" for name, value in items.items())
    return ("Proxy-Authenticate", f'Digest realm="{realm}", nonce="{nonce}", qop="auth"{more}')


def test_the_password_is_tried_once_for_each_realm() -> None:
    bench = Bench()
    account = Account("sip:1001@dom", "1001", logins=(Login("me", "pw"),))
    invite = placed(bench, PlaceCall(f"sip:6002@{PEER}", account, OFFER))
    _, second = bench.receive(answer(invite, 407, headers=[asks("one")]))
    _, third = bench.receive(answer(second, 401, headers=[("WWW-Authenticate", asks("two")[1])]))
    assert third.headers.get("authorization")
    assert third.headers.get("proxy-authorization")
    assert third.headers.get("cseq") == "3 INVITE"
    assert said(bench.receive(answer(third, 407, headers=[asks("one", "n2")]))) == ["ACK"]
    assert [(event.end, event.status) for event in bench.of(CallEnded)] == [(End.REFUSED, 407)]


def test_a_nonce_that_is_always_stale_is_renewed_once() -> None:
    bench = Bench()
    account = Account("sip:1001@dom", "1001", logins=(Login("me", "pw"),))
    asked = placed(bench, PlaceCall(f"sip:6002@{PEER}", account, OFFER))
    rounds = 0
    while bench.of(CallEnded) == []:
        asked = bench.receive(answer(asked, 407, headers=[asks("one", f"n{rounds}", stale="true")]))[-1]
        rounds += 1
    assert rounds == 3


def test_a_proxy_that_invents_realms_is_given_up() -> None:
    bench = Bench()
    account = Account("sip:1001@dom", "1001", logins=(Login("me", "pw"),))
    asked = placed(bench, PlaceCall(f"sip:6002@{PEER}", account, OFFER))
    rounds = 0
    while bench.of(CallEnded) == []:
        asked = bench.receive(answer(asked, 407, headers=[asks(f"realm{rounds}")]))[-1]
        rounds += 1
    assert rounds == 8


def test_a_challenge_without_a_login_is_the_end() -> None:
    bench = Bench()
    invite = placed(bench)
    assert said(bench.receive(answer(invite, 401, headers=[("WWW-Authenticate", asks("x")[1])]))) == ["ACK"]
    assert bench.of(CallEnded)[0].status == 401


def test_a_longer_session_interval_is_taken() -> None:
    bench = Bench(session_expires=90)
    invite = placed(bench)
    _, second = bench.receive(answer(invite, 422, headers=[("Min-SE", "1200")]))
    assert second.headers.get("session-expires") == "1200"
    assert second.headers.get("min-se") == "1200"
    assert second.headers.get("call-id") == invite.headers.get("call-id")


def test_a_redirection_is_followed_once_where_the_settings_say_so() -> None:
    bench = Bench(follow_redirects=True)
    invite = placed(bench)
    there = [("Contact", "<sip:6003@127.0.0.11:5070>")]
    _, second = bench.receive(answer(invite, 302, headers=there))
    assert second.uri == "sip:6003@127.0.0.11:5070"
    assert (bench.sent[-1][1].destination.host, bench.sent[-1][1].destination.port) == ("127.0.0.11", 5070)
    bench.receive(answer(second, 302, headers=there))
    assert bench.of(CallEnded)[0].status == 302


# Routes


def test_a_strict_router_gets_what_it_expects() -> None:
    bench = Bench()
    invite = placed(bench)
    recorded = [("Record-Route", "<sip:far;lr>, <sip:strict@127.0.0.20:5066;method=INVITE>")]
    (ack,) = bench.receive(answer(invite, 200, headers=recorded, body=ANSWER))
    assert ack.uri == "sip:strict@127.0.0.20:5066"
    assert ack.headers.all("route") == ("<sip:far;lr>", f"<sip:6002@{PEER}:5060>")
    assert bench.sent[-1][1].destination.host == "127.0.0.20"


def test_an_answer_with_an_endless_route_opens_no_call() -> None:
    bench = Bench()
    invite = placed(bench)
    bench.receive(answer(invite, 200, headers=[("Record-Route", "<sip:p;lr>")] * 40, body=ANSWER))
    assert bench.of(CallEnded)[0].end is End.REFUSED
    bench.settle()
    assert bench.agent.idle


@pytest.mark.parametrize(
    ("to", "transport", "expected"),
    [
        ("sip:x@h", "UDP", ("h", 5060, "UDP")),
        ("sip:x@h", "TCP", ("h", 5060, "TCP")),
        ("sip:x@h:5070;transport=tcp", "UDP", ("h", 5070, "TCP")),
        ("sip:x@h;transport=tls", "UDP", ("h", 5061, "TLS")),
        ("sips:x@h", "UDP", ("h", 5061, "TLS")),
        ("sip:x@[::1]:5062", "UDP", ("::1", 5062, "UDP")),
        ("sip:x@h;transport=carrier-pigeon", "TCP", ("h", 5060, "TCP")),
    ],
)
def test_where_a_request_goes(to: str, transport: str, expected: tuple[str, int, str]) -> None:
    bench = Bench()
    placed(bench, PlaceCall(to, Account("sip:1001@dom", "1001", transport=transport), OFFER))
    there = bench.sent[-1][1].destination
    assert (there.host, there.port, there.transport) == expected


# Reliable provisionals and offers the other way round


def test_a_reliable_provisional_is_acknowledged_once_and_in_order() -> None:
    bench = Bench()
    invite = placed(bench)
    reliable = [("Require", "100rel"), ("RSeq", "77")]
    (prack,) = bench.receive(answer(invite, 183, headers=reliable, body=ANSWER))
    assert prack.method == "PRACK"
    assert prack.headers.get("rack") == "77 1 INVITE"
    assert bench.receive(answer(invite, 183, headers=reliable, body=ANSWER)) == []
    assert bench.receive(answer(invite, 180, headers=[("Require", "100rel"), ("RSeq", "79")])) == []
    (second,) = bench.receive(answer(invite, 180, headers=[("Require", "100rel"), ("RSeq", "78")]))
    assert second.headers.get("rack") == "78 1 INVITE"
    assert [event.status for event in bench.of(CallProgress)] == [183, 180]
    bench.receive(answer(prack, 200))
    bench.receive(answer(second, 200))
    assert said(bench.receive(answer(invite, 200))) == ["ACK"]
    assert bench.of(CallAnswered)[0].sdp == b""


def test_an_overtaken_prack_is_sent_again() -> None:
    bench = Bench()
    invite = placed(bench)
    (prack,) = bench.receive(answer(invite, 180, headers=[("Require", "100rel"), ("RSeq", "1")]))
    (again,) = bench.receive(answer(prack, 500))
    assert again.headers.get("rack") == prack.headers.get("rack")
    assert again.headers.get("cseq") == "3 PRACK"


def test_a_late_offer_is_answered_in_the_ack() -> None:
    bench = Bench()
    invite = placed(bench, PlaceCall(f"sip:6002@{PEER}", ACCOUNT, b""))
    assert not invite.body
    assert bench.receive(answer(invite, 200, body=OFFER)) == []
    (offer,) = bench.of(OfferReceived)
    assert offer.sdp == OFFER
    (ack,) = bench.send(AnswerOffer(offer.call, ANSWER))
    assert (ack.method, ack.body) == ("ACK", ANSWER)
    assert bench.of(CallAnswered)
    assert [m.body for m in bench.receive(answer(invite, 200, body=OFFER))] == [ANSWER]


def test_a_late_offer_that_cannot_be_accepted() -> None:
    bench = Bench()
    invite = placed(bench, PlaceCall(f"sip:6002@{PEER}", ACCOUNT, b""))
    bench.receive(answer(invite, 200, body=OFFER))
    assert said(bench.send(RefuseOffer(bench.number))) == ["ACK", "BYE"]
    assert bench.of(CallEnded)[0].end is End.NO_DESCRIPTION


def test_an_offer_in_a_reliable_provisional_is_answered_in_the_prack() -> None:
    bench = Bench()
    invite = placed(bench, PlaceCall(f"sip:6002@{PEER}", ACCOUNT, b""))
    bench.receive(answer(invite, 183, headers=[("Require", "100rel"), ("RSeq", "5")], body=OFFER))
    assert bench.of(OfferReceived)[0].method == "183"
    (prack,) = bench.send(AnswerOffer(bench.number, ANSWER))
    assert (prack.method, prack.body) == ("PRACK", ANSWER)


# In the call


def test_info_is_sent_and_its_answer_told() -> None:
    bench = Bench()
    talking(bench)
    (info,) = bench.send(SendInfo(1, "application/dtmf-relay", b"Signal=5"))
    assert (info.method, info.body, info.headers.get("content-type")) == (
        "INFO",
        b"Signal=5",
        "application/dtmf-relay",
    )
    bench.receive(answer(info, 200))
    (told,) = bench.of(Answered)
    assert (told.number, told.method, told.status) == (bench.number, "INFO", 200)


@pytest.mark.parametrize("status", [408, 481])
def test_a_peer_that_knows_nothing_of_the_call_ends_it(status: int) -> None:
    bench = Bench()
    talking(bench)
    (info,) = bench.send(SendInfo(1, "application/dtmf-relay", b"Signal=5"))
    assert said(bench.receive(answer(info, status))) == ["BYE"]
    assert bench.of(CallEnded)[0].end is End.PEER_GONE


def test_the_peer_hangs_up() -> None:
    bench = Bench()
    invite = talking(bench)
    tag = (invite.headers.get("from") or "").partition("tag=")[2]
    call_id = invite.headers.get("call-id") or ""
    reason = [("Reason", "Q.850;cause=16")]
    bye = request("BYE", to_tag=tag, from_tag="r1", call_id=call_id, headers=reason)
    assert said(bench.receive(bye)) == ["200 BYE"]
    (ended,) = bench.of(CallEnded)
    assert (ended.end, ended.reason) == (End.PEER_HUNG_UP, "Q.850;cause=16")


def test_a_call_to_oneself() -> None:
    bench = Bench(max_calls=2)
    invite = placed(bench, PlaceCall(f"sip:1001@{DEVICE}", ACCOUNT, OFFER))
    bench.receive(invite.encode(), source=(DEVICE, 5060))
    incoming, outgoing = bench.of(IncomingCall)[0].call, 1
    assert incoming != outgoing
    assert bench.agent.calls == 2
