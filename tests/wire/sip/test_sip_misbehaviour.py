"""Rules that are broken because a script says so (SIP sheet 20)."""

from __future__ import annotations

from sip_agent_bench import ACCOUNT, ANSWER, OFFER, PEER, Bench, answer, our_tag, request, said, statuses

from simulator.wire.sip.command import Answer, HangUp, PlaceCall, Ring
from simulator.wire.sip.event import CallEnded, End, IncomingCall
from simulator.wire.sip.misbehaviour import Misbehaviour, Scripted


def scripted(**rules: object) -> Bench:
    bench = Bench()
    bench.agent.misbehaviour = Misbehaviour(**rules)  # type: ignore[arg-type]
    return bench


def test_a_method_gets_the_answer_of_the_script() -> None:
    bench = scripted(answers={"INVITE": Scripted(503, headers=(("Retry-After", "5"),))})
    (reply,) = bench.receive(request("INVITE", body=OFFER))
    assert (reply.status, reply.headers.get("retry-after")) == (503, "5")
    assert bench.of(IncomingCall) == []
    bench.receive(request("ACK", to_tag=our_tag(reply)))
    bench.settle()
    assert bench.agent.idle


def test_the_truth_returns_after_so_many_times() -> None:
    bench = scripted(answers={"OPTIONS": Scripted(500, times=2)})
    for expected, repeated in ((500, 500), (500, 500), (200, 200)):
        asked = request("OPTIONS", branch=f"z9hG4bK{len(bench.sent)}", call_id=str(len(bench.sent)))
        assert statuses(bench.receive(asked)) == [expected]
        assert statuses(bench.receive(asked)) == [repeated]  # a repeat is no further request


def test_no_answer_at_all() -> None:
    bench = scripted(answers={"OPTIONS": Scripted(None)})
    assert bench.receive(request("OPTIONS")) == []
    assert bench.receive(request("OPTIONS")) == []
    bench.advance(700)
    assert bench.agent.idle


def test_100_and_no_more() -> None:
    bench = scripted(answers={"INVITE": Scripted(100)})
    assert statuses(bench.receive(request("INVITE", body=OFFER))) == [100]
    assert bench.advance(50) == []
    assert said(bench.receive(request("CANCEL"))) == ["200 CANCEL", "487 INVITE"]
    bench.receive(request("ACK", to_tag=our_tag(bench.last())))
    bench.settle()
    assert bench.agent.idle


def test_an_answer_after_a_while() -> None:
    bench = scripted(answers={"OPTIONS": Scripted(200, delay=3.0)})
    assert bench.receive(request("OPTIONS")) == []
    assert bench.advance(2.9) == []
    assert statuses(bench.advance(0.2)) == [200]


def test_every_response_late() -> None:
    bench = scripted(delay=2.0)
    assert bench.receive(request("OPTIONS")) == []
    assert statuses(bench.advance(2.1)) == [200]
    assert bench.advance(60) == []
    assert bench.agent.idle


def test_no_ack() -> None:
    bench = scripted(omit=frozenset({"ACK"}))
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    for _ in range(3):
        assert bench.receive(answer(invite, 200, body=ANSWER)) == []
    bench.agent.misbehaviour = None
    assert said(bench.receive(answer(invite, 200, body=ANSWER))) == ["ACK"]


def test_no_bye() -> None:
    bench = scripted(omit=frozenset({"BYE"}))
    bench.receive(request("INVITE", body=OFFER))
    (ok,) = bench.send(Answer(1, ANSWER))
    bench.receive(request("ACK", branch="z9hG4bK2", to_tag=our_tag(ok)))
    assert bench.send(HangUp(1)) == []
    assert bench.of(CallEnded)[0].end is End.HUNG_UP
    bench.settle()
    assert bench.agent.idle


def test_no_cancel_and_no_prack() -> None:
    bench = scripted(omit=frozenset({"CANCEL", "PRACK"}))
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    assert bench.receive(answer(invite, 183, headers=[("Require", "100rel"), ("RSeq", "1")])) == []
    assert bench.send(HangUp(1)) == []
    bench.settle()
    assert bench.agent.idle


def test_wrong_numbers() -> None:
    bench = scripted(cseq_offset={"BYE": -1})
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    bench.receive(answer(invite, 200, body=ANSWER))
    (bye,) = bench.send(HangUp(1))
    assert bye.headers.get("cseq") == "1 BYE"


def test_a_call_goes_on_as_if_nothing_were_wrong() -> None:
    bench = scripted(delay=0.3)
    bench.receive(request("INVITE", body=OFFER))
    bench.send(Ring(1))
    bench.send(Answer(1, ANSWER))
    assert statuses(bench.advance(0.4)) == [100, 180, 200]
    bench.receive(request("ACK", branch="z9hG4bK2", to_tag=our_tag(bench.last())))
    bench.advance(1)
    assert bench.advance(60) == []
