"""The wire examples of the SIP sheet, section 21, one by one; D is our user agent, P the peer, R a registrar."""

from __future__ import annotations

import pytest
from sip_agent_bench import ACCOUNT, ANSWER, DEVICE, OFFER, PEER, Bench, answer, our_tag, request, said, statuses

from simulator.wire.sip.account import Account, Login
from simulator.wire.sip.command import (
    Answer,
    AnswerOffer,
    PlaceCall,
    Register,
    Reject,
    Ring,
    Server,
)
from simulator.wire.sip.event import (
    AnswerReceived,
    Binding,
    CallAnswered,
    CallConfirmed,
    CallDenied,
    CallEnded,
    CallProgress,
    End,
    IncomingCall,
    InfoReceived,
    OfferReceived,
    RegistrationChanged,
)
from simulator.wire.sip.header import name_addr, via


def answered(bench: Bench, **invite: object) -> str:
    """An incoming call that is established; our tag."""
    bench.receive(request("INVITE", body=OFFER, **invite))
    bench.send(Answer(bench.of(IncomingCall)[-1].call, ANSWER))
    tag = our_tag(bench.last())
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
    return tag


def test_e1_options_ping() -> None:
    bench = Bench()
    (ok,) = bench.receive(request("OPTIONS", cseq=7), source=(PEER, 5099))
    assert ok.status == 200
    assert our_tag(ok)
    assert ok.headers.get("cseq") == "7 OPTIONS"
    top = via(ok.headers)
    assert (top.branch, top.received, top.rport) == ("z9hG4bKa", PEER, 5099)
    assert "INVITE" in ok.headers.all("allow")
    assert "application/sdp" in ok.headers.all("accept")
    assert "timer" in ok.headers.all("supported")
    assert bench.sent[-1][1].destination.port == 5099


def test_e2_automatic_answer_and_bye_of_the_peer() -> None:
    bench = Bench()
    (trying,) = bench.receive(request("INVITE", body=OFFER))
    assert trying.status == 100
    assert not our_tag(trying)
    (call,) = bench.of(IncomingCall)
    assert call.offer == OFFER
    (ok,) = bench.send(Answer(call.call, ANSWER))
    tag = our_tag(ok)
    assert (ok.status, ok.body) == (200, ANSWER)
    assert tag
    assert name_addr(ok.headers.get("contact") or "").uri == f"sip:1001@{DEVICE}:5060"
    assert "BYE" in ok.headers.all("allow")
    assert bench.of(CallAnswered)  # media begins with the 200
    assert bench.receive(request("ACK", branch="z9hG4bKb", to_tag=tag)) == []
    assert bench.of(CallConfirmed)
    assert said(bench.receive(request("BYE", branch="z9hG4bKc", cseq=2, to_tag=tag))) == ["200 BYE"]
    assert [event.end for event in bench.of(CallEnded)] == [End.PEER_HUNG_UP]
    bench.settle()
    assert bench.agent.idle


def test_e3_lost_200_and_lost_ack() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    bench.send(Answer(1, ANSWER))
    bench.advance(40)
    assert bench.times("200 OK INVITE")[:7] == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    assert bench.times("BYE") == [32, 32.5, 33.5, 35.5, 39.5]
    assert bench.of(CallEnded)[0].end is End.NO_ACK


def test_e3_any_ack_of_the_dialog_stops_the_repeats() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    bench.send(Answer(1, ANSWER))
    tag = our_tag(bench.last())
    bench.advance(2)
    bench.receive(request("ACK", branch="z9hG4bKother", to_tag=tag))
    assert bench.advance(60) == []


def test_e4_ringing_then_a_rule_answers() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ringing,) = bench.send(Ring(1))
    assert ringing.status == 180
    assert ringing.headers.get("contact")
    assert bench.advance(6) == []
    (ok,) = bench.send(Answer(1, ANSWER))
    assert our_tag(ok) == our_tag(ringing) != ""


def test_e5_the_caller_gives_up() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ringing,) = bench.send(Ring(1))
    tag = our_tag(ringing)
    replies = bench.receive(request("CANCEL"))
    assert said(replies) == ["200 CANCEL", "487 INVITE"]
    assert {our_tag(reply) for reply in replies} == {tag}
    assert bench.of(CallEnded)[0].end is End.PEER_CANCELLED
    bench.receive(request("ACK", to_tag=tag))
    assert bench.advance(60) == []
    assert bench.agent.idle


def test_e6_busy() -> None:
    bench = Bench()
    answered(bench)
    replies = bench.receive(request("INVITE", branch="z9hG4bKx", call_id="call-2", body=OFFER))
    assert said(replies) == ["486 INVITE"]
    tag = our_tag(replies[0])
    assert tag
    assert bench.of(CallDenied)[0].status == 486
    bench.receive(request("ACK", branch="z9hG4bKx", call_id="call-2", to_tag=tag))
    assert bench.advance(30) == []
    assert bench.agent.calls == 1


def test_e7_no_common_codec() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    warning = f'399 {DEVICE} "no suitable codec for remote offer"'
    (refused,) = bench.send(Reject(1, 488, headers=(("Warning", warning),)))
    assert refused.status == 488
    assert refused.headers.get("warning") == warning


def test_e8_unknown_extension() -> None:
    bench = Bench()
    (refused,) = bench.receive(request("INVITE", body=OFFER, headers=[("Require", "100rel, foo")]))
    assert (refused.status, refused.headers.all("unsupported")) == (420, ("foo",))
    assert not bench.of(IncomingCall)


def test_e9_merged() -> None:
    bench = Bench()
    assert statuses(bench.receive(request("INVITE", branch="z9hG4bKa", body=OFFER))) == [100]
    assert statuses(bench.receive(request("INVITE", branch="z9hG4bKb", body=OFFER))) == [482]
    assert statuses(bench.send(Answer(1, ANSWER))) == [200]
    assert len(bench.of(IncomingCall)) == 1


def test_e10_hold_and_resume() -> None:
    bench = Bench()
    tag = answered(bench)
    held = OFFER.replace(b"100 100", b"100 101").replace(b"sendrecv", b"sendonly")
    bench.receive(request("INVITE", branch="z9hG4bKh", cseq=3, to_tag=tag, body=held))
    (offer,) = bench.of(OfferReceived)
    assert offer.sdp == held
    reply = ANSWER.replace(b"200 201", b"200 202").replace(b"sendrecv", b"recvonly")
    (ok,) = bench.send(AnswerOffer(offer.call, reply))
    assert (ok.status, ok.body) == (200, reply)
    bench.receive(request("ACK", branch="z9hG4bKh1", cseq=3, to_tag=tag))
    bench.receive(
        request("INVITE", branch="z9hG4bKr", cseq=4, to_tag=tag, body=OFFER.replace(b"100 100", b"100 102"))
    )
    (ok,) = bench.send(AnswerOffer(offer.call, ANSWER))
    assert ok.status == 200
    bench.receive(request("ACK", branch="z9hG4bKr1", cseq=4, to_tag=tag))
    assert bench.advance(60) == []
    assert bench.agent.calls == 1


def test_e11_late_offer() -> None:
    bench = Bench()
    bench.receive(request("INVITE"))
    assert bench.of(IncomingCall)[0].offer == b""
    (ok,) = bench.send(Answer(1, ANSWER))
    assert ok.body == ANSWER
    bench.receive(request("ACK", branch="z9hG4bKk", to_tag=our_tag(ok), body=OFFER))
    assert bench.of(AnswerReceived)[0].sdp == OFFER


def test_e11_late_offer_without_an_answer_ends_in_bye() -> None:
    bench = Bench()
    bench.receive(request("INVITE"))
    (ok,) = bench.send(Answer(1, ANSWER))
    assert said(bench.receive(request("ACK", branch="z9hG4bKk", to_tag=our_tag(ok)))) == ["BYE"]
    assert bench.of(CallEnded)[0].end is End.NO_DESCRIPTION


LOGIN = Account("sip:1001@dom", "1001", logins=(Login("1001", "secret"),))


def challenge(algorithm: str, nonce: str, stale: str = "") -> tuple[str, str]:
    return ("WWW-Authenticate", f'Digest realm="dom", nonce="{nonce}", qop="auth", algorithm={algorithm}{stale}')


def contact_of(asked: object, expires: int) -> tuple[str, str]:
    return ("Contact", f"{asked.headers.get('contact')};expires={expires}")


def test_e12_register_with_sha_256_and_refresh() -> None:
    bench = Bench(udp_keepalive=0)
    (first,) = bench.send(Register(LOGIN, (Server("sip:dom"),)))
    assert (first.uri, first.headers.get("expires"), first.headers.get("cseq")) == ("sip:dom", "300", "1 REGISTER")
    (second,) = bench.receive(answer(first, 401, headers=[challenge("SHA-256", "n1"), challenge("MD5", "n2")]))
    credentials = second.headers.get("authorization") or ""
    assert second.headers.get("cseq") == "2 REGISTER"
    assert "algorithm=SHA-256" in credentials
    assert "nc=00000001" in credentials
    assert via(second.headers).branch != via(first.headers).branch
    assert second.headers.get("call-id") == first.headers.get("call-id")
    bench.receive(answer(second, 200, headers=[contact_of(second, 300)]))
    assert bench.of(RegistrationChanged)[-1].state is Binding.REGISTERED
    assert bench.advance(294.9) == []
    (third,) = bench.advance(0.2)
    assert third.headers.get("cseq") == "3 REGISTER"
    assert "nc=00000002" in (third.headers.get("authorization") or "")
    (fourth,) = bench.receive(answer(third, 401, headers=[challenge("SHA-256", "n3", ", stale=true")]))
    credentials = fourth.headers.get("authorization") or ""
    assert 'nonce="n3"' in credentials
    assert "nc=00000001" in credentials
    bench.receive(answer(fourth, 200, headers=[contact_of(fourth, 300)]))
    assert bench.of(RegistrationChanged)[-1].state is Binding.REGISTERED


def test_e13_interval_too_brief() -> None:
    bench = Bench()
    (first,) = bench.send(Register(ACCOUNT, (Server("sip:dom"),), expires=30))
    (second,) = bench.receive(answer(first, 423, headers=[("Min-Expires", "60")]))
    assert second.headers.get("expires") == "60"
    bench.receive(answer(second, 200, headers=[contact_of(second, 60)]))
    assert bench.of(RegistrationChanged)[-1].expires == 60


def test_e14_failover_and_failback() -> None:
    bench = Bench(udp_keepalive=0)
    servers = (Server("sip:r1"), Server("sip:r2"))
    bench.send(Register(ACCOUNT, servers, attempts=2, failback=100.0))
    bench.advance(63.9)
    assert bench.times("REGISTER sip:r1")[:11] == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.times("REGISTER sip:r2") == []
    (there,) = bench.advance(0.2)
    assert there.uri == "sip:r2"
    bench.receive(answer(there, 200, headers=[contact_of(there, 300)]))
    change = bench.of(RegistrationChanged)[-1]
    assert (change.state, change.server) == (Binding.REGISTERED, 1)
    (back,) = bench.advance(100)
    assert back.uri == "sip:r1"
    (leaving,) = bench.receive(answer(back, 200, headers=[contact_of(back, 300)]))
    assert (leaving.uri, leaving.headers.get("expires")) == ("sip:r2", "0")
    change = bench.of(RegistrationChanged)[-1]
    assert (change.state, change.server) == (Binding.REGISTERED, 0)
    bench.receive(answer(leaving, 200))
    bench.advance(200)
    assert bench.last().uri == "sip:r2"


def test_e15_outgoing_call_through_two_proxies() -> None:
    bench = Bench()
    account = Account(
        "sip:1001@dom", "1001", logins=(Login("me", "pw", "p1"),), proxies=("sip:p1;lr", "sip:p2;lr")
    )
    (invite,) = bench.send(PlaceCall("sip:6002@dom", account, OFFER))
    assert invite.uri == "sip:6002@dom"
    assert invite.headers.all("route") == ("<sip:p1;lr>", "<sip:p2;lr>")
    assert bench.sent[-1][1].destination.host == "p1"
    ack, second = bench.receive(
        answer(invite, 407, headers=[("Proxy-Authenticate", 'Digest realm="p1", nonce="n", qop="auth"')])
    )
    assert ack.method == "ACK"
    assert via(ack.headers).branch == via(invite.headers).branch
    assert second.headers.get("cseq") == "2 INVITE"
    assert 'username="me"' in (second.headers.get("proxy-authorization") or "")
    recorded = [("Record-Route", "<sip:p2;lr>"), ("Record-Route", "<sip:p1;lr>")]
    bench.receive(answer(second, 100))
    bench.receive(answer(second, 180, headers=recorded))
    assert bench.of(CallProgress)[0].status == 180
    (ack,) = bench.receive(answer(second, 200, headers=recorded, body=ANSWER))
    assert ack.uri == f"sip:6002@{PEER}:5060"
    assert ack.headers.all("route") == ("<sip:p1;lr>", "<sip:p2;lr>")
    assert ack.headers.get("cseq") == "2 ACK"
    assert ack.headers.get("proxy-authorization") == second.headers.get("proxy-authorization")
    assert bench.of(CallAnswered)[0].sdp == ANSWER


def test_e16_calling_timeout() -> None:
    bench = Bench()
    (invite,) = bench.send(PlaceCall("sip:6002@dom", ACCOUNT, OFFER))
    bench.receive(answer(invite, 180))
    assert bench.advance(59.9) == []
    (cancel,) = bench.advance(0.2)
    assert cancel.method == "CANCEL"
    assert cancel.uri == invite.uri
    assert cancel.headers.get("via") == invite.headers.get("via")
    assert cancel.headers.get("cseq") == "1 CANCEL"
    assert not our_tag(cancel)
    bench.receive(answer(cancel, 200))
    (ack,) = bench.receive(answer(invite, 487))
    assert ack.method == "ACK"
    assert [event.end for event in bench.of(CallEnded)] == [End.NO_ANSWER]
    bench.settle()
    assert bench.agent.idle


def test_e17_large_invite() -> None:
    bench = Bench()
    large = OFFER + b"a=x:" + b"y" * 1300 + b"\r\n"
    bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, large))
    packet = bench.sent[-1][1]
    assert packet.switch
    moved = bench.agent.over(packet, "TCP", bench.now, (DEVICE, 40_000))
    assert moved.destination.transport == "TCP"
    assert moved.destination.port == 5060
    assert moved.data.split(b"\r\n")[1].startswith(f"Via: SIP/2.0/TCP {DEVICE}:40000;rport;branch=".encode())
    assert moved.data.split(b"\r\n")[1].endswith(b";alias")
    assert bench.advance(5) == []  # a stream repeats by itself
    (ack,) = bench.receive(answer(bench.last(), 200, body=ANSWER), "TCP")
    assert ack.method == "ACK"
    assert bench.sent[-1][1].destination.transport == "UDP"
    assert not bench.sent[-1][1].switch


def test_e17_back_to_udp_when_tcp_is_refused() -> None:
    bench = Bench()
    bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER + b"a=x:" + b"y" * 1300 + b"\r\n"))
    packet = bench.sent[-1][1]
    back = bench.agent.over(bench.agent.over(packet, "TCP", bench.now), "UDP", bench.now)
    assert back.data == packet.data
    assert len(bench.advance(0.6)) == 1


@pytest.mark.parametrize(
    ("content_type", "body", "digits"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", [("5", 160)]),
        ("application/dtmf-relay", b"Signal = 11\nDuration= 80", [("#", 80)]),
        ("application/dtmf", b"*", [("*", 0)]),
        ("application/dtmf", b"12\r\n", [("1", 0), ("2", 0)]),
    ],
)
def test_e18_digits_by_info(content_type: str, body: bytes, digits: list[tuple[str, int]]) -> None:
    bench = Bench()
    tag = answered(bench)
    info = request("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, body=body, content_type=content_type)
    assert said(bench.receive(info)) == ["200 INFO"]
    assert [(event.digit, event.milliseconds) for event in bench.of(InfoReceived)] == digits
    assert said(bench.receive(info)) == ["200 INFO"]  # the same request again
    assert len(bench.of(InfoReceived)) == len(digits)


def test_e19_session_timer() -> None:
    bench = Bench()
    headers = [("Supported", "timer"), ("Session-Expires", "1800;refresher=uac"), ("Min-SE", "90")]
    bench.receive(request("INVITE", body=OFFER, headers=headers))
    (ok,) = bench.send(Answer(1, ANSWER))
    assert ok.headers.get("session-expires") == "1800;refresher=uac"
    assert ok.headers.all("require") == ("timer",)


def test_e19_session_interval_too_small() -> None:
    bench = Bench()
    headers = [("Supported", "timer"), ("Session-Expires", "30")]
    (refused,) = bench.receive(request("INVITE", body=OFFER, headers=headers))
    assert (refused.status, refused.headers.get("min-se")) == (422, "90")
    assert bench.agent.calls == 0


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "PRACK"])
def test_e22_a_stranger_in_the_dialog(method: str) -> None:
    bench = Bench()
    answered(bench)
    assert statuses(bench.receive(request(method, branch="z9hG4bKs", cseq=5, to_tag="stranger"))) == [481]
    assert bench.agent.calls == 1


def test_e22_a_number_lower_than_seen() -> None:
    bench = Bench()
    tag = answered(bench, cseq=1)
    assert statuses(bench.receive(request("INFO", branch="z9hG4bK5", cseq=5, to_tag=tag))) == [200]
    assert statuses(bench.receive(request("INFO", branch="z9hG4bK4", cseq=4, to_tag=tag))) == [500]
