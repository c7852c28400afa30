"""The proxy of a site: who is found, what is challenged, and how transactions are joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_bench import DOMAIN, SERVER, Party, ServerBench

from simulator.wire.sip.message import Request, Response
from simulator.wire.sip.proxy import MOST_TRANSACTIONS, MalformedRequest, RequestAnswered
from simulator.wire.sip.registrar_script import ScriptedAnswer

HORN, DESK = ("127.0.0.9", 5060), ("127.0.0.11", 5060)
TO_HORN = f"sip:1001@{DOMAIN}"
RECORD_ROUTE = f"<sip:{SERVER[0]}:{SERVER[1]};lr>"


@pytest.fixture
def bench() -> ServerBench:
    return ServerBench(authenticate=False)


@pytest.fixture
def horn(bench: ServerBench) -> Party:
    party = Party(bench, "1001", HORN)
    assert party.register().status == 200
    return party


@pytest.fixture
def desk(bench: ServerBench) -> Party:
    return Party(bench, "2001", DESK)


def only(messages: list[Request]) -> Request:
    [message] = messages
    return message


def called(desk: Party, horn: Party) -> Request:
    """An INVITE as it came to the callee."""
    desk.send(desk.request("INVITE", TO_HORN))
    assert [response.status for response in desk.responses()] == [100]
    return only(horn.requests())


def test_a_call_finds_the_contact_and_leaves_a_record_of_its_route(desk: Party, horn: Party) -> None:
    invite = called(desk, horn)
    assert invite.uri == "sip:1001@127.0.0.9:5060"
    assert invite.headers.get("Record-Route") == RECORD_ROUTE
    assert invite.headers.get("Max-Forwards") == "69"
    assert [via.split(";")[0] for via in invite.headers.all("Via")] == [
        "SIP/2.0/UDP 127.0.0.5:5060",
        "SIP/2.0/UDP 127.0.0.11:5060",
    ]
    horn.reply(invite, 180)
    horn.reply(invite, 200)
    ringing, answered = desk.responses()
    assert (ringing.status, answered.status) == (180, 200)
    assert answered.headers.get("Record-Route") == RECORD_ROUTE
    assert len(answered.headers.all("Via")) == 1


def test_ack_and_bye_follow_the_route_set(bench: ServerBench, desk: Party, horn: Party) -> None:
    invite = called(desk, horn)
    horn.reply(invite, 200)
    desk.mail()
    route, to = ("Route", RECORD_ROUTE), f"<{TO_HORN}>;tag=callee"
    desk.send(desk.request("ACK", "sip:1001@127.0.0.9:5060", route, to=to))
    ack = only(horn.requests())
    assert (ack.method, ack.uri, ack.headers.get("Route")) == ("ACK", "sip:1001@127.0.0.9:5060", None)
    desk.send(desk.request("BYE", "sip:1001@127.0.0.9:5060", route, to=to))
    bye = only(horn.requests())
    horn.reply(bye, 200)
    assert [response.status for response in desk.responses()] == [200]
    bench.wait(40)
    assert bench.server.transactions == 0


def test_two_transports_leave_a_record_for_each_side(bench: ServerBench, desk: Party) -> None:
    horn = Party(bench, "1001", HORN, transport="TCP")
    horn.register(("Contact", "<sip:1001@127.0.0.9:5060;transport=tcp>"))
    desk.send(desk.request("INVITE", TO_HORN))
    invite = only(horn.requests())
    assert invite.headers.all("Record-Route") == (f"<sip:{SERVER[0]}:5060;transport=tcp;lr>", RECORD_ROUTE)
    assert invite.headers.all("Via")[0].startswith("SIP/2.0/TCP")
    horn.reply(invite, 200)
    desk.mail()
    routes = ("Route", f"{RECORD_ROUTE}, <sip:{SERVER[0]}:5060;transport=tcp;lr>")
    desk.send(desk.request("BYE", "sip:1001@127.0.0.9:5060;transport=tcp", routes, to=f"<{TO_HORN}>;tag=callee"))
    bye = only(horn.requests())
    assert (bye.method, bye.headers.get("Route")) == ("BYE", None)


def test_a_strict_router_is_understood(desk: Party, horn: Party) -> None:
    to = f"<{TO_HORN}>;tag=callee"
    strict = desk.request("BYE", f"sip:{SERVER[0]}:{SERVER[1]};lr", ("Route", "<sip:1001@127.0.0.9:5060>"), to=to)
    desk.send(strict)
    assert only(horn.requests()).uri == "sip:1001@127.0.0.9:5060"


@pytest.mark.parametrize(("user", "status"), [("2002", 480), ("nobody", 404)])
def test_whom_nobody_registered_cannot_be_called(desk: Party, user: str, status: int) -> None:
    assert desk.ask(desk.request("INVITE", f"sip:{user}@{DOMAIN}")).status == status


def test_an_address_that_is_not_ours_is_asked_directly(desk: Party, bench: ServerBench) -> None:
    stranger = Party(bench, "door", ("127.0.0.77", 5066))
    desk.send(desk.request("OPTIONS", "sip:door@127.0.0.77:5066"))
    request = only(stranger.requests())
    stranger.reply(request, 200)
    assert [response.status for response in desk.responses()] == [200]
    assert request.headers.get("Record-Route") is None


def test_hops_are_counted(desk: Party, horn: Party) -> None:
    assert desk.ask(desk.request("INVITE", TO_HORN, ("Max-Forwards", "0"))).status == 483
    assert not horn.mail()
    without = desk.request("MESSAGE", TO_HORN)
    without.headers.remove("Max-Forwards")
    desk.send(without)
    assert only(horn.requests()).headers.get("Max-Forwards") == "70"


def test_the_proxy_itself_answers_options_even_without_hops_left(desk: Party) -> None:
    answered = desk.ask(desk.request("OPTIONS", f"sip:{DOMAIN}", ("Max-Forwards", "0")))
    assert answered.status == 200
    assert "INVITE" in (answered.headers.get("Allow") or "")


def test_a_request_that_comes_back_unchanged_is_a_loop(desk: Party, bench: ServerBench) -> None:
    desk.send(desk.request("OPTIONS", "sip:door@127.0.0.77:5066"))
    [looping] = Party(bench, "door", ("127.0.0.77", 5066)).requests()
    mirror = Party(bench, "mirror", ("127.0.0.77", 5066))
    looping.headers.prepend("Via", "SIP/2.0/UDP 127.0.0.77:5066;branch=z9hG4bKmirror")
    mirror.send(looping)
    assert [response.status for response in mirror.responses()] == [482]


def test_cancel_is_answered_here_and_passed_on(desk: Party, horn: Party) -> None:
    invite_out = desk.request("INVITE", TO_HORN)
    desk.send(invite_out)
    desk.mail()
    invite = only(horn.requests())
    cancel = Request("CANCEL", TO_HORN, invite_out.headers.copy())
    cancel.headers.set("CSeq", f"{desk.serial} CANCEL")
    desk.send(cancel)
    assert [response.status for response in desk.responses()] == [200]
    assert not horn.mail()  # nothing is cancelled that has not been heard of yet
    horn.reply(invite, 180)
    passed = only(horn.requests())
    assert (passed.method, passed.headers.all("Via")) == ("CANCEL", invite.headers.all("Via")[:1])
    horn.reply(passed, 200)
    horn.reply(invite, 487)
    assert [request.method for request in horn.requests()] == ["ACK"]
    assert [response.status for response in desk.responses()] == [180, 487]


def test_cancel_of_nothing_gets_481(desk: Party, horn: Party) -> None:
    assert desk.ask(desk.request("CANCEL", TO_HORN)).status == 481
    assert not horn.mail()


def test_a_lost_request_is_repeated_by_the_proxy_and_its_sender_is_told_to_wait(
    bench: ServerBench, desk: Party, horn: Party
) -> None:
    called(desk, horn)
    bench.wait(3.6)
    assert len(horn.requests()) == 3  # after 0.5, 1.5 and 3.5 s
    assert not desk.mail()


def test_a_repeated_invite_is_answered_again_and_not_passed_on_again(desk: Party, horn: Party) -> None:
    invite = desk.request("INVITE", TO_HORN)
    desk.send(invite)
    came = only(horn.requests())
    horn.reply(came, 180)
    desk.mail()
    desk.send(invite)
    assert [response.status for response in desk.responses()] == [180]
    assert not horn.mail()


def test_a_failure_is_acknowledged_hop_by_hop_and_repeated_until_then(
    bench: ServerBench, desk: Party, horn: Party
) -> None:
    invite = desk.request("INVITE", TO_HORN)
    desk.send(invite)
    horn.reply(only(horn.requests()), 486)
    assert [request.method for request in horn.requests()] == ["ACK"]
    assert [response.status for response in desk.responses()] == [100, 486]
    bench.wait(0.6)
    assert [response.status for response in desk.responses()] == [486]
    ack = Request("ACK", TO_HORN, invite.headers.copy())
    ack.headers.set("CSeq", f"{desk.serial} ACK")
    desk.send(ack)
    bench.wait(10)
    assert not desk.mail()
    assert not horn.mail()


def test_whoever_never_answers_makes_408(bench: ServerBench, desk: Party, horn: Party) -> None:
    called(desk, horn)
    bench.wait(33)
    assert [response.status for response in desk.responses()][:1] == [408]


def test_whoever_rings_for_ever_is_cancelled(bench: ServerBench, desk: Party, horn: Party) -> None:
    invite = called(desk, horn)
    horn.reply(invite, 180)
    bench.wait(181)
    assert [request.method for request in horn.requests()] == ["CANCEL"]
    assert [response.status for response in desk.responses()][:2] == [180, 408]


def test_a_next_hop_that_is_gone_is_a_fault_of_the_server(bench: ServerBench, desk: Party, horn: Party) -> None:
    invite = called(desk, horn)
    branch = invite.headers.all("Via")[0].rpartition("branch=")[2]
    bench.server.undeliverable(branch, bench.now)
    bench.give(b"\r\n\r\n", DESK)
    assert [response.status for response in desk.responses()] == [500]


def test_a_caller_of_our_own_has_to_prove_it() -> None:
    bench = ServerBench()
    horn, desk = Party(bench, "1001", HORN), Party(bench, "2001", DESK)
    horn.register()
    challenge = desk.ask(invite := desk.request("INVITE", TO_HORN))
    assert challenge.status == 407
    assert challenge.headers.all("Proxy-Authenticate")
    from simulator.wire.sip.digest import Attempts

    assert desk.client.challenged(challenge, Attempts())
    desk.send(desk.signed(invite))
    came = only(horn.requests())
    assert came.headers.get("Proxy-Authorization") is None
    bye = desk.request("BYE", "sip:1001@127.0.0.9:5060", to=f"<{TO_HORN}>;tag=x")
    desk.send(bye)
    assert only(horn.requests()).method == "BYE"  # what belongs to a dialog is not asked again


def test_a_caller_from_outside_is_let_through(bench: ServerBench) -> None:
    bench = ServerBench()
    horn, stranger = Party(bench, "1001", HORN), Party(bench, "door", ("127.0.0.77", 5066))
    horn.register()
    stranger.send(stranger.request("INVITE", TO_HORN, ("From", "<sip:door@127.0.0.77>;tag=d")))
    assert only(horn.requests()).method == "INVITE"


def test_scripted_answers_to_calls(bench: ServerBench, desk: Party, horn: Party) -> None:
    bench.script.answers["INVITE", ""] = ScriptedAnswer(503, retry_after=3)
    refused = desk.ask(desk.request("INVITE", TO_HORN))
    assert (refused.status, refused.headers.get("Retry-After")) == (503, "3")
    assert not horn.mail()


def test_what_was_answered_is_told(bench: ServerBench, desk: Party, horn: Party) -> None:
    bench.events()
    horn.reply(called(desk, horn), 200)
    assert bench.events() == [RequestAnswered("INVITE", "2001", 200, own=False)]


def test_a_2543_sender_is_understood(desk: Party, horn: Party) -> None:
    old = desk.request("OPTIONS", TO_HORN, ("Via", "SIP/2.0/UDP 127.0.0.11:5060"))
    desk.send(old)
    desk.send(old)
    horn.reply(only(horn.requests()), 200)
    assert [response.status for response in desk.responses()] == [200]


def test_what_a_proxy_must_know_and_does_not_is_told(desk: Party) -> None:
    refused = desk.ask(desk.request("INVITE", TO_HORN, ("Proxy-Require", "foo, bar")))
    assert (refused.status, refused.headers.get("Unsupported")) == (420, "foo, bar")


def test_other_addresses_and_versions(desk: Party) -> None:
    assert desk.ask(desk.request("INVITE", "tel:112", to="<tel:112>")).status == 416
    old = desk.request("OPTIONS", TO_HORN)
    old.version = "SIP/3.0"
    assert desk.ask(old).status == 505


def test_a_flood_is_bounded(bench: ServerBench, desk: Party) -> None:
    statuses = []
    for _ in range(MOST_TRANSACTIONS + 5):
        desk.send(desk.request("OPTIONS", f"sip:{DOMAIN}"))
        statuses += [response.status for response in desk.responses()]
    assert statuses[-5:] == [503] * 5
    assert bench.server.transactions == MOST_TRANSACTIONS
    bench.wait(33)
    assert bench.server.transactions == 0


def test_a_message_that_is_none_gets_400_where_that_can_be_routed(bench: ServerBench, desk: Party) -> None:
    broken = desk.request("INVITE", TO_HORN, ("CSeq", "x"))
    desk.send(broken)
    assert [response.status for response in desk.responses()] == [400]
    desk.send(b"GET / HTTP/1.1\r\n\r\n")
    assert not desk.mail()
    assert [event.source for event in bench.events() if isinstance(event, MalformedRequest)] == [DESK, DESK]


@pytest.mark.fuzz
@given(
    st.binary(max_size=300), st.integers(0, 600), st.integers(0, 8), st.sampled_from(["INVITE", "REGISTER", "ACK"])
)
def test_nothing_that_comes_in_raises(noise: bytes, at: int, cut: int, method: str) -> None:
    bench = ServerBench()
    horn, desk = Party(bench, "1001", HORN), Party(bench, "2001", DESK)
    horn.register()
    data = desk.request(method, TO_HORN if method != "REGISTER" else f"sip:{DOMAIN}").encode()
    desk.send(data[:at] + noise + data[at + cut :])
    desk.send(noise)
    for message in horn.mail():
        if isinstance(message, Request):
            answer = Response(200, "OK", message.headers).encode()
            horn.send(answer[:at] + noise + answer[at + cut :])
    bench.wait(200)
    assert bench.server.transactions == 0
