"""The registration client: refresh, refusals, failover, keep-alives, unregister (SIP sheet 9 and 10)."""

from __future__ import annotations

import pytest
from sip_agent_bench import ACCOUNT, DEVICE, OFFER, PEER, Bench, answer, request, said

from simulator.errors import MalformedMessage
from simulator.wire.sip.account import Account, Login
from simulator.wire.sip.command import PlaceCall, Refresh, Register, Server, Unregister
from simulator.wire.sip.event import Binding, RegistrationChanged
from simulator.wire.sip.message import Message

REGISTER = Register(ACCOUNT, (Server("sip:dom"),))
TWO = Register(ACCOUNT, (Server("sip:r1"), Server("sip:r2", "sip:1001@second")), attempts=1, failback=50)


def bound(asked: Message, expires: int = 300, headers: list[tuple[str, str]] | None = None) -> bytes:
    contact = f"{asked.headers.get('contact')};expires={expires}"
    return answer(asked, 200, headers=[("Contact", contact), *(headers or [])], contact="")


def registered(bench: Bench, command: Register = REGISTER, **ok: object) -> Message:
    (asked,) = bench.send(command)
    bench.receive(bound(asked, **ok))
    return asked


def state(bench: Bench) -> tuple[str, int]:
    last = bench.of(RegistrationChanged)[-1]
    return last.state, last.status


def test_what_a_register_looks_like() -> None:
    bench = Bench(user_agent="AXIS")
    (asked,) = bench.send(
        Register(Account("sip:1001@dom", "1001", "Door"), (Server("sip:registrar.dom:5070"),), 600)
    )
    assert asked.uri == "sip:registrar.dom:5070"
    assert (asked.headers.get("from") or "").startswith('"Door" <sip:1001@dom>;tag=')
    assert asked.headers.get("to") == '"Door" <sip:1001@dom>'
    assert asked.headers.get("contact") == f"<sip:1001@{DEVICE}:5060>"
    assert asked.headers.get("expires") == "600"
    assert state(bench) == (Binding.REGISTERING, 0)


def test_what_stays_the_same_and_what_does_not() -> None:
    bench = Bench(udp_keepalive=0)
    first = registered(bench)
    (second,) = bench.wait(296)
    for name in ("from", "to", "call-id", "contact"):
        assert first.headers.get(name) == second.headers.get(name)
    assert second.headers.get("cseq") == "2 REGISTER"
    assert second.headers.get("via") != first.headers.get("via")


@pytest.mark.parametrize(("granted", "refresh"), [(300, 295), (60, 55), (11, 6), (10, 5), (4, 2)])
def test_when_it_is_refreshed(granted: int, refresh: float) -> None:
    bench = Bench(udp_keepalive=0)
    registered(bench, expires=granted)
    assert bench.advance(refresh - 0.1) == []
    assert said(bench.wait(0.2)) == ["REGISTER"]


@pytest.mark.parametrize(
    ("headers", "granted"),
    [
        ([("Contact", "<sip:other@127.0.0.5>;expires=77, <sip:1001@127.0.0.7:5060>;expires=120")], 120),
        ([("Contact", "<sip:1001@127.0.0.7:5060>"), ("Expires", "99")], 99),
        ([("Expires", "88")], 88),
        ([], 300),
        ([("Contact", "<sip:1001@127.0.0.7:5060>;expires=99999999999999999999")], 2**31 - 1),
        ([("Contact", "<sip:1001@127.0.0.7:5060>;expires=soon")], 300),
    ],
)
def test_what_was_granted(headers: list[tuple[str, str]], granted: int) -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    bench.receive(answer(asked, 200, headers=headers, contact=""))
    assert bench.of(RegistrationChanged)[-1].expires == granted


@pytest.mark.parametrize("status", [403, 404, 500, 603])
def test_a_refusal_is_tried_again_after_the_retry_interval(status: int) -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    assert bench.receive(answer(asked, status)) == []
    assert state(bench) == (Binding.FAILED, status)
    assert bench.advance(289) == []
    assert said(bench.wait(22)) == ["REGISTER"]


def test_a_wrong_password_is_not_tried_for_ever() -> None:
    bench = Bench()
    account = Account("sip:1001@dom", "1001", logins=(Login("1001", "wrong"),))
    (asked,) = bench.send(Register(account, (Server("sip:dom"),)))
    (asked,) = bench.receive(answer(asked, 401, headers=[("WWW-Authenticate", 'Digest realm="d", nonce="a"')]))
    assert bench.receive(answer(asked, 401, headers=[("WWW-Authenticate", 'Digest realm="d", nonce="b"')])) == []
    assert state(bench) == (Binding.FAILED, 401)
    assert bench.advance(200) == []


def test_an_interval_that_is_always_too_brief() -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    (asked,) = bench.receive(answer(asked, 423, headers=[("Min-Expires", "600")]))
    assert bench.receive(answer(asked, 423, headers=[("Min-Expires", "900")])) == []
    assert state(bench) == (Binding.FAILED, 423)


def test_a_min_expires_that_is_no_longer_than_ours_helps_nothing() -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    assert bench.receive(answer(asked, 423, headers=[("Min-Expires", "60")])) == []
    assert state(bench) == (Binding.FAILED, 423)


def test_a_single_server_that_is_overloaded_says_when() -> None:
    bench = Bench()
    (asked,) = bench.send(Register(ACCOUNT, (Server("sip:dom"),), attempts=1))
    bench.receive(answer(asked, 503, headers=[("Retry-After", "20")]))
    assert bench.advance(19.9) == []
    assert said(bench.wait(0.2)) == ["REGISTER"]


def test_a_redirection_is_followed_once() -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    there = [("Contact", "<sip:other.dom:5070>")]
    (asked,) = bench.receive(answer(asked, 302, headers=there))
    assert asked.uri == "sip:other.dom:5070"
    assert bench.receive(answer(asked, 302, headers=there)) == []
    assert state(bench) == (Binding.FAILED, 302)


def test_transport_errors_lead_to_the_next_server_at_once() -> None:
    bench = Bench()
    bench.send(TWO)
    (asked,) = bench.fail_last()
    assert asked.uri == "sip:r2"
    assert (asked.headers.get("to") or "") == "<sip:1001@second>"
    assert bench.fail_last() == []
    assert bench.of(RegistrationChanged)[-1].server == 1
    (asked,) = bench.wait(311)
    assert asked.uri == "sip:r1"


def test_a_failback_that_fails_changes_nothing() -> None:
    bench = Bench(udp_keepalive=0)
    bench.send(TWO)
    (asked,) = bench.fail_last()
    bench.receive(bound(asked))
    for _ in range(2):
        (probe,) = bench.wait(50)
        assert probe.uri == "sip:r1"
        bench.receive(answer(probe, 503))
        assert state(bench) == (Binding.REGISTERED, 200)
    (probe,) = bench.wait(50)
    bench.fail_last()
    seen = bench.advance(200)
    assert "sip:r2" in [message.uri for message in seen]  # the binding is kept alive all the while


def test_only_one_register_at_a_time() -> None:
    bench = Bench(udp_keepalive=0)
    (asked,) = bench.send(REGISTER)
    assert bench.send(Refresh(1)) == []
    (again,) = bench.receive(bound(asked))
    assert again.headers.get("cseq") == "2 REGISTER"
    assert bench.receive(bound(again)) == []


def test_unregister() -> None:
    bench = Bench()
    first = registered(bench)
    (asked,) = bench.send(Unregister(1))
    assert asked.headers.get("expires") == "0"
    assert asked.headers.get("contact") == first.headers.get("contact")
    bench.receive(answer(asked, 200))
    assert state(bench) == (Binding.UNREGISTERED, 200)
    assert bench.send(Refresh(1)) == []
    bench.settle()
    assert bench.agent.idle
    assert bench.keepalives == []


def test_a_registrar_that_does_not_answer_the_unregister() -> None:
    bench = Bench()
    registered(bench)
    bench.send(Unregister(1))
    bench.advance(4.1)
    assert state(bench) == (Binding.UNREGISTERED, 408)
    bench.settle()
    assert bench.agent.idle


def test_there_is_nothing_to_unregister() -> None:
    bench = Bench()
    (asked,) = bench.send(REGISTER)
    bench.receive(answer(asked, 403))
    assert bench.send(Unregister(1)) == []
    assert state(bench) == (Binding.UNREGISTERED, 0)
    bench.settle()
    assert bench.agent.idle


def test_keepalives_while_registered() -> None:
    bench = Bench()
    registered(bench)
    bench.advance(46)
    assert [packet.data for packet in bench.keepalives] == [b"\r\n"] * 3
    assert bench.keepalives[0].destination.host == "dom"
    stream = Bench()
    registered(stream, Register(Account("sip:1001@dom", "1001", transport="TCP"), (Server("sip:dom"),)))
    stream.advance(181)
    assert [packet.data for packet in stream.keepalives] == [b"\r\n\r\n"] * 2


def test_a_service_route_is_used_for_calls() -> None:
    bench = Bench()
    registered(bench, headers=[("Service-Route", "<sip:edge.dom;lr>")])
    (invite,) = bench.send(PlaceCall("sip:6002@dom", ACCOUNT, OFFER))
    assert invite.headers.all("route") == ("<sip:edge.dom;lr>",)
    assert bench.sent[-1][1].destination.host == "edge.dom"


def test_the_seen_address_goes_into_contact_and_via() -> None:
    bench = Bench(udp_keepalive=0)
    (asked,) = bench.send(REGISTER)
    seen = (asked.headers.get("via") or "").replace(";rport", ";rport=40123;received=203.0.113.9")
    ok = bound(asked).replace((asked.headers.get("via") or "").encode(), seen.encode())
    (leaving,) = bench.receive(ok)
    assert leaving.headers.get("expires") == "0"
    assert leaving.headers.get("contact") == asked.headers.get("contact")
    assert "203.0.113.9:40123" in (leaving.headers.get("via") or "")
    (again,) = bench.receive(answer(leaving, 200, contact=""))
    assert again.headers.get("contact") == "<sip:1001@203.0.113.9:40123>"
    bench.receive(bound(again))
    assert state(bench) == (Binding.REGISTERED, 200)


def test_a_new_address_of_ours_takes_the_old_binding_back() -> None:
    bench = Bench(udp_keepalive=0)
    first = registered(bench)
    bench.agent.settings.address = "127.0.0.8"
    (leaving,) = bench.send(Refresh(1))
    assert (leaving.headers.get("expires"), leaving.headers.get("contact")) == ("0", first.headers.get("contact"))
    (again,) = bench.receive(answer(leaving, 200, contact=""))
    assert again.headers.get("contact") == "<sip:1001@127.0.0.8:5060>"
    bench.receive(bound(again))
    bench.agent.settings.address = "127.0.0.9"
    (leaving,) = bench.send(Unregister(1))
    assert leaving.headers.get("contact") == "<sip:1001@127.0.0.8:5060>"


def test_rewriting_can_be_off() -> None:
    bench = Bench(via_rewrite=False, contact_rewrite=False, udp_keepalive=0)
    (asked,) = bench.send(REGISTER)
    seen = (asked.headers.get("via") or "").replace(";rport", ";rport=40123;received=203.0.113.9")
    assert bench.receive(bound(asked).replace((asked.headers.get("via") or "").encode(), seen.encode())) == []
    (again,) = bench.wait(296)
    assert DEVICE in (again.headers.get("via") or "")
    assert DEVICE in (again.headers.get("contact") or "")


@pytest.mark.parametrize("registrar", ["", "dom", "tel:1", "sip:"])
def test_a_registrar_that_is_no_address(registrar: str) -> None:
    bench = Bench()
    with pytest.raises(MalformedMessage):
        bench.send(Register(ACCOUNT, (Server(registrar),)))
    assert bench.agent.idle


def test_we_are_no_registrar() -> None:
    bench = Bench()
    (reply,) = bench.receive(request("REGISTER", uri=f"sip:{PEER}"))
    assert reply.status == 405
