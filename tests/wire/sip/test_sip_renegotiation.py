"""Offers in an established call: re-INVITE, UPDATE, hold, glare, session timers (SIP sheet 7.8, 12.3, 17.1 and 17.3)."""

from __future__ import annotations

import pytest
from sip_agent_bench import ACCOUNT, ANSWER, OFFER, PEER, Bench, answer, our_tag, request, said, statuses

from simulator.wire.sip.command import (
    Answer,
    AnswerOffer,
    HangUp,
    Hold,
    Offer,
    PlaceCall,
    RefuseOffer,
    Resume,
    Ring,
    SendInfo,
)
from simulator.wire.sip.description import with_direction
from simulator.wire.sip.event import (
    AnswerReceived,
    CallEnded,
    End,
    OfferReceived,
    OfferRefused,
    OfferWanted,
)
from simulator.wire.sip.message import Message

OTHER = OFFER.replace(b"100 100", b"100 101").replace(b"sendrecv", b"sendonly")


class InCall:
    """An incoming call that is established, and the peer's requests in it."""

    def __init__(self, *, headers: list[tuple[str, str]] | None = None, **settings: object) -> None:
        self.bench = Bench(**settings)
        self.bench.receive(request("INVITE", body=OFFER, headers=headers or []))
        (ok,) = self.bench.send(Answer(1, ANSWER))
        self.ok = ok
        self.tag = our_tag(ok)
        self.cseq = 1
        self.ack()

    def ask(self, method: str, body: bytes = b"", **more: object) -> list[Message]:
        self.cseq += 1
        return self.bench.receive(
            request(
                method, branch=f"z9hG4bK{method}{self.cseq}", cseq=self.cseq, to_tag=self.tag, body=body, **more
            )
        )

    def ack(self, body: bytes = b"") -> list[Message]:
        return self.bench.receive(
            request("ACK", branch=f"z9hG4bKack{self.cseq}", cseq=self.cseq, to_tag=self.tag, body=body)
        )


# The peer's offers


def test_an_equal_offer_is_a_mere_refresh() -> None:
    call = InCall()
    (ok,) = call.ask("INVITE", OFFER)
    assert (ok.status, ok.body) == (200, ANSWER)
    assert call.bench.of(OfferReceived) == []
    assert call.ack() == []
    assert call.bench.advance(40) == []


def test_the_200_to_a_re_invite_is_repeated_until_its_ack() -> None:
    call = InCall()
    call.ask("INVITE", OFFER)
    assert statuses(call.bench.advance(4)) == [200, 200, 200]
    call.ack()
    assert call.bench.advance(40) == []


def test_an_offer_that_is_refused_leaves_the_session_as_it_was() -> None:
    call = InCall()
    call.ask("INVITE", OTHER)
    (refused,) = call.bench.send(RefuseOffer(1, 488, (("Warning", '399 h "no"'),)))
    assert (refused.status, refused.headers.get("warning")) == (488, '399 h "no"')
    call.bench.receive(request("ACK", branch="z9hG4bKINVITE2", cseq=2, to_tag=call.tag))
    (ok,) = call.ask("INVITE", OFFER)
    assert (ok.status, ok.body) == (200, ANSWER)  # still a refresh


def test_a_second_offer_before_the_first_is_answered() -> None:
    call = InCall()
    call.ask("INVITE", OTHER)
    (early,) = call.ask("INVITE", OFFER)
    assert early.status == 500
    assert 0 <= int(early.headers.get("retry-after") or "-1") <= 10
    assert statuses(call.ask("UPDATE", OFFER)) == [500]


def test_an_offer_before_the_call_is_answered() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    (ring,) = bench.send(Ring(1))
    assert statuses(
        bench.receive(request("INVITE", branch="z9hG4bK2", cseq=2, to_tag=our_tag(ring), body=OTHER))
    ) == [500]
    assert statuses(
        bench.receive(request("UPDATE", branch="z9hG4bK3", cseq=3, to_tag=our_tag(ring), body=OTHER))
    ) == [500]
    assert statuses(bench.receive(request("UPDATE", branch="z9hG4bK4", cseq=4, to_tag=our_tag(ring)))) == [200]


def test_a_full_offer_is_wanted() -> None:
    call = InCall()
    call.ask("INVITE")
    assert call.bench.of(OfferWanted)
    (ok,) = call.bench.send(AnswerOffer(1, ANSWER))
    assert (ok.status, ok.body) == (200, ANSWER)
    call.ack(OTHER)
    assert call.bench.of(AnswerReceived)[-1].sdp == OTHER


def test_nobody_answers_the_offer() -> None:
    call = InCall()
    call.ask("UPDATE", OTHER)
    assert statuses(call.bench.advance(1)) == [504]
    call.ask("INVITE", OTHER)
    assert statuses(call.bench.advance(33))[0] == 500
    assert call.bench.agent.calls == 1


def test_an_offer_that_is_cancelled() -> None:
    call = InCall()
    call.ask("INVITE", OTHER)
    replies = call.bench.receive(request("CANCEL", branch="z9hG4bKINVITE2", cseq=2, to_tag=call.tag))
    assert said(replies) == ["200 CANCEL", "487 INVITE"]
    assert call.bench.agent.calls == 1
    assert call.bench.send(AnswerOffer(1, ANSWER)) == []


def test_bye_while_an_offer_is_open() -> None:
    call = InCall()
    call.ask("INVITE", OTHER)
    assert sorted(said(call.ask("BYE"))) == ["200 BYE", "487 INVITE"]


def test_update_refreshes_the_target() -> None:
    call = InCall()
    moved = request("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=call.tag).replace(b"5060>", b"5099>")
    assert statuses(call.bench.receive(moved)) == [200]
    (bye,) = call.bench.send(HangUp(1))
    assert bye.uri == f"sip:6002@{PEER}:5099"
    assert call.bench.sent[-1][1].destination.port == 5099


def test_a_contact_that_leads_nowhere_is_not_taken() -> None:
    call = InCall()
    wrong = request("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=call.tag).replace(b"<sip:6002", b"<tel:6002")
    call.bench.receive(wrong)
    (bye,) = call.bench.send(HangUp(1))
    assert bye.uri == f"sip:6002@{PEER}:5060"


def test_options_and_strange_methods_in_the_call() -> None:
    call = InCall()
    assert statuses(call.ask("OPTIONS")) == [200]
    assert statuses(call.ask("REFER")) == [405]
    assert statuses(call.ask("NOTIFY")) == [481]
    assert statuses(call.ask("INFO", b"x", content_type="text/x")) == [415]
    assert statuses(call.ask("INFO", b"Signal=99", content_type="application/dtmf-relay")) == [400]
    assert statuses(call.ask("INFO")) == [200]
    assert call.bench.agent.calls == 1


# Our offers


def test_hold_and_resume() -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    assert hold.method == "INVITE"
    assert b"a=sendonly" in hold.body
    assert b"o=- 200 202 " in hold.body
    assert hold.headers.get("contact")
    assert call.bench.send(Resume(1)) == []  # one offer at a time
    (ack,) = call.bench.receive(answer(hold, 200, body=OTHER))
    assert (ack.method, ack.headers.get("cseq")) == ("ACK", "1 ACK")
    assert call.bench.of(AnswerReceived)[0].sdp == OTHER
    assert said(call.bench.receive(answer(hold, 200, body=OTHER))) == ["ACK"]
    (resume,) = call.bench.send(Resume(1))
    assert b"a=sendrecv" in resume.body
    assert b"o=- 200 203 " in resume.body


def test_a_direction_is_written_where_there_was_none() -> None:
    assert with_direction(b"v=0\r\no=- 1 9 IN IP4 h\r\nm=audio 4 RTP/AVP 0\r\n", "inactive") == (
        b"v=0\r\no=- 1 10 IN IP4 h\r\nm=audio 4 RTP/AVP 0\r\na=inactive\r\n"
    )


def test_a_new_address_of_ours_shows_in_the_re_invite() -> None:
    call = InCall()
    call.bench.agent.settings.address = "127.0.0.8"
    (invite,) = call.bench.send(Offer(1, ANSWER))
    assert invite.headers.get("contact") == "<sip:1001@127.0.0.8:5060>"


def test_an_offer_by_update() -> None:
    call = InCall()
    (update,) = call.bench.send(Offer(1, OTHER, "UPDATE"))
    assert (update.method, update.body) == ("UPDATE", OTHER)
    assert call.bench.receive(answer(update, 200, body=OFFER)) == []
    assert call.bench.of(AnswerReceived)[0].sdp == OFFER


def test_an_offer_is_asked_for() -> None:
    call = InCall()
    (invite,) = call.bench.send(Offer(1, b""))
    assert call.bench.receive(answer(invite, 200, body=OTHER)) == []
    assert call.bench.of(OfferReceived)[0].sdp == OTHER
    (ack,) = call.bench.send(AnswerOffer(1, ANSWER))
    assert (ack.method, ack.body) == ("ACK", ANSWER)


def test_glare_is_tried_again_later() -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    assert statuses(call.ask("INVITE", OTHER)) == [491]
    call.bench.receive(request("ACK", branch="z9hG4bKINVITE2", cseq=2, to_tag=call.tag))
    assert said(call.bench.receive(answer(hold, 491))) == ["ACK"]
    (again,) = call.bench.wait(2.01)  # who does not own the Call-ID waits 0 to 2 s
    assert (again.method, again.body) == ("INVITE", hold.body)
    assert again.headers.get("cseq") == "2 INVITE"


def test_who_owns_the_call_id_waits_longer_after_glare() -> None:
    bench = Bench()
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    bench.receive(answer(invite, 200, body=ANSWER))
    (hold,) = bench.send(Hold(1))
    bench.receive(answer(hold, 491))
    assert bench.advance(2.09) == []
    assert said(bench.wait(2)) == ["INVITE"]


def test_our_offer_is_refused() -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    assert said(call.bench.receive(answer(hold, 488))) == ["ACK"]
    assert [event.status for event in call.bench.of(OfferRefused)] == [488]
    (hold,) = call.bench.send(Hold(1))
    assert b"o=- 200 202 " in hold.body


def test_a_re_invite_that_rings_for_ever_is_cancelled() -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    call.bench.receive(answer(hold, 100))
    (cancel,) = call.bench.wait(60.1)
    assert cancel.method == "CANCEL"
    assert call.bench.of(OfferRefused)[0].status == 408
    call.bench.receive(answer(cancel, 200))
    assert said(call.bench.receive(answer(hold, 487))) == ["ACK"]
    assert call.bench.agent.calls == 1


@pytest.mark.parametrize("status", [408, 481])
def test_a_re_invite_to_a_dead_dialog(status: int) -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    assert said(call.bench.receive(answer(hold, status))) == ["ACK", "BYE"]
    assert call.bench.of(CallEnded)[0].end is End.PEER_GONE


def test_a_late_200_to_a_re_invite_of_a_call_that_is_over() -> None:
    call = InCall()
    (hold,) = call.bench.send(Hold(1))
    (bye,) = call.bench.send(HangUp(1))
    call.bench.receive(answer(bye, 200))
    assert said(call.bench.receive(answer(hold, 200, body=OTHER))) == ["ACK"]
    call.bench.settle()
    assert call.bench.agent.idle


# Session timers

TIMER = [("Supported", "timer"), ("Session-Expires", "1800;refresher=uas"), ("Allow", "INVITE, UPDATE")]


def test_we_refresh_by_update_at_half_of_the_interval() -> None:
    call = InCall(headers=TIMER)
    assert call.ok.headers.get("session-expires") == "1800;refresher=uas"
    assert "require" not in call.ok.headers
    assert call.bench.advance(899) == []
    (update,) = call.bench.wait(2)
    assert (update.method, update.body) == ("UPDATE", b"")
    assert update.headers.get("session-expires") == "1800;refresher=uac"
    call.bench.receive(answer(update, 200, headers=[("Session-Expires", "1800;refresher=uac")]))
    (update,) = call.bench.wait(901)
    assert update.method == "UPDATE"


def test_we_refresh_by_re_invite_where_the_peer_knows_no_update() -> None:
    call = InCall(headers=[*TIMER[:2], ("Allow", "INVITE, BYE")])
    (invite,) = call.bench.wait(901)
    assert (invite.method, invite.body) == ("INVITE", ANSWER)
    call.bench.receive(answer(invite, 200, headers=[("Session-Expires", "1800;refresher=uac")], body=OFFER))
    assert call.bench.of(AnswerReceived) == []  # nothing has changed


def test_an_update_that_is_refused_is_followed_by_a_re_invite() -> None:
    call = InCall(headers=TIMER)
    (update,) = call.bench.wait(901)
    (invite,) = call.bench.receive(answer(update, 405))
    assert (invite.method, invite.body) == ("INVITE", ANSWER)
    assert call.bench.of(OfferRefused) == []


@pytest.mark.parametrize("status", [408, 481])
def test_a_refresh_to_a_dead_dialog_ends_the_call(status: int) -> None:
    call = InCall(headers=TIMER)
    (update,) = call.bench.wait(901)
    assert said(call.bench.receive(answer(update, status))) == ["BYE"]


def test_a_peer_that_does_not_refresh_is_gone() -> None:
    call = InCall(headers=[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")])
    assert call.bench.advance(59) == []
    (bye,) = call.bench.wait(2)  # at 90 - min(32, 90/3)
    assert bye.method == "BYE"
    assert call.bench.of(CallEnded)[0].end is End.SESSION_EXPIRED


def test_a_refresh_of_the_peer_keeps_the_call() -> None:
    call = InCall(headers=[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")])
    for _ in range(5):
        assert call.bench.advance(45) == []
        (ok,) = call.ask("UPDATE", headers=[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")])
        assert ok.headers.get("session-expires") == "90;refresher=uac"


def test_a_peer_without_session_timers() -> None:
    call = InCall()
    assert "session-expires" not in call.ok.headers
    assert call.bench.advance(10_000) == []
    wanted = InCall(session_timer_without_peer=True, session_expires=100)
    assert wanted.ok.headers.get("session-expires") == "100;refresher=uas"
    assert said(wanted.bench.wait(51)) == ["INVITE"]


def test_the_caller_refreshes_what_was_granted() -> None:
    bench = Bench()
    (invite,) = bench.send(PlaceCall(f"sip:6002@{PEER}", ACCOUNT, OFFER))
    assert invite.headers.get("session-expires") == "1800"
    assert invite.headers.get("min-se") == "90"
    granted = [("Session-Expires", "200;refresher=uac"), ("Require", "timer")]
    bench.receive(answer(invite, 200, headers=granted, body=ANSWER))
    (refresh,) = bench.wait(101)
    assert (refresh.method, refresh.headers.get("session-expires")) == ("INVITE", "200;refresher=uac")
    assert refresh.body == OFFER


def test_the_peer_wants_a_longer_interval_in_the_call() -> None:
    call = InCall(headers=TIMER)
    (update,) = call.bench.wait(901)
    (again,) = call.bench.receive(answer(update, 422, headers=[("Min-SE", "3000")]))
    assert again.headers.get("session-expires") == "3000;refresher=uac"
    assert again.headers.get("min-se") == "3000"


def test_info_before_the_ack_is_not_sent() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER))
    bench.send(Answer(1, ANSWER))
    assert bench.send(SendInfo(1, "application/dtmf-relay", b"Signal=5")) == []
    assert bench.number == 0
