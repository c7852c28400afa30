"""Hands on the telephony of a site, through the control API and the Python handles."""

from __future__ import annotations

import socket
import wave
from pathlib import Path
from typing import Any

import pytest
from engine_bench import EngineBench, eventually

from simulator.errors import FleetError, UnknownTarget
from simulator.fleet.phone_handle import PhoneHandle
from simulator.fleet.session import Session

SPEAKER: dict[str, Any] = {
    "name": "spk-1",
    "model": "C1410",
    "sip": {"accounts": [{"user": "1001", "password": "horn", "registrar": "site", "auto_answer": True}]},
}
PHONES = {"desk": {"user": "2001", "password": "desk"}, "lobby": {"user": "2002", "password": "lobby"}}


@pytest.fixture
def session(bench: EngineBench) -> Session:
    """A speaker and two phones at an embedded registrar."""
    return fleet(bench)


def fleet(bench: EngineBench, *devices: dict[str, Any], registrar: dict[str, Any] | None = None) -> Session:
    site = {"registrar": registrar if registrar is not None else {"expires": 4}, "phones": PHONES}
    bench.fleet(*(devices or (SPEAKER,)), clock="real", site=site)
    return Session(bench.child.caller)


def bindings(session: Session, server: str = "primary") -> set[str]:
    [registrar] = [one for one in session.registrars() if one["name"] == server]
    return {binding["user"] for binding in registrar["bindings"]}


def all_there(session: Session) -> None:
    eventually(lambda: bindings(session) == {"1001", "2001", "2002"})


def telephone(session: Session) -> str:
    return str(session.snapshot("spk-1")["telephone"]["state"])


def state(phone: PhoneHandle) -> str:
    return str(phone.state["state"])


def answers(session: Session, method: str = "REGISTER", user: str = "1001") -> list[int]:
    told = [
        record["data"]
        for record in session.journal(kinds="site")["records"]
        if record["what"] == "registrar answered"
    ]
    return [data["status"] for data in told if data["method"] == method and data["user"] == user]


def test_everybody_registers_and_fleet_json_tells_where(session: Session) -> None:
    all_there(session)
    site = session.fleet()["site"]
    [registrar] = site["registrars"]
    assert registrar["embedded"]
    assert (registrar["host"], registrar["port"]) == (session.registrars()[0]["host"], 5060)
    assert site["phones"]["desk"] == {
        "user": "2001",
        "host": session.phone("desk").state["host"],
        "port": 5060,
        "registers": True,
    }


def test_a_phone_calls_a_speaker_by_its_handle_and_hangs_up(session: Session) -> None:
    all_there(session)
    desk = session.phone("desk")
    desk.call(session["spk-1"])
    eventually(lambda: state(desk) == "active")
    eventually(lambda: telephone(session) == "Active")
    desk.hang_up()
    eventually(lambda: telephone(session) == "Idle")
    assert answers(session, "INVITE", "2001")[-1] == 200


def test_phones_call_each_other_and_hear_tones_and_files(session: Session, tmp_path: Path) -> None:
    all_there(session)
    desk, lobby = session.phone("desk"), session.phone("lobby")
    lobby.do("auto-answer", delay="200ms")
    desk.play(tone=[440.0], level=-20)
    desk.call("lobby")
    session.expect().phone("active", name="lobby").wait()
    session.expect().phone(name="lobby", tone=440, level=-24).wait()
    with wave.open(str(tmp_path / "square.wav"), "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes((b"\x00\x20" * 4 + b"\x00\xe0" * 4) * 8000)
    lobby.play(file=str(tmp_path / "square.wav"))
    session.expect().phone(name="desk", tone=1000).wait()
    lobby.quiet()
    session.expect().phone(name="desk", silence=True).wait()
    desk.dtmf("42#")
    session.expect().phone(name="lobby", digits="42#").wait()
    lobby.hold()
    session.expect().phone("held", name="desk").wait()
    lobby.resume()
    session.expect().phone("active", name="desk").wait()
    desk.hang_up()
    session.expect().phone("idle", name="lobby").wait()


def test_a_phone_that_never_acknowledges_is_hung_up_on_later_but_stays_for_now(session: Session) -> None:
    all_there(session)
    desk = session.phone("desk")
    desk.break_rule("no-ack")
    desk.call(session["spk-1"])
    eventually(lambda: state(desk) == "active")
    sent = [
        record["data"]["status"]
        for record in eventually(lambda: _repeated(session))
        if record["data"]["direction"] == "out" and record["data"]["cseq"].endswith("INVITE")
    ]
    assert sent.count(200) >= 2, "the speaker repeats its answer"
    desk.mend("no-ack")
    eventually(lambda: "ACK" in [record["data"]["method"] for record in _messages(session)])


def _messages(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = session.journal(kinds="message", device="spk-1")["records"]
    return [record for record in found if record["what"] == "sip"]


def _repeated(session: Session) -> list[dict[str, Any]]:
    records = _messages(session)
    answered = [one for one in records if one["data"]["status"] == 200 and "INVITE" in one["data"]["cseq"]]
    return records if len(answered) >= 2 else []


def test_a_message_that_is_none_gets_no_further_than_the_proxy(session: Session) -> None:
    all_there(session)
    desk = session.phone("desk")
    desk.break_rule("malformed", count=1)
    desk.call(session["spk-1"])
    eventually(lambda: [r for r in session.journal(kinds="site")["records"] if r["what"] == "registrar malformed"])
    eventually(lambda: state(desk) in ("active", "idle"))


def test_an_answer_that_comes_after_the_caller_gave_up_is_ended_by_him(session: Session) -> None:
    all_there(session)
    desk, lobby = session.phone("desk"), session.phone("lobby")
    lobby.break_rule("late-answer")
    desk.call("lobby")
    eventually(lambda: state(lobby) == "ringing")
    desk.cancel()
    lobby.answer()
    eventually(lambda: state(desk) == "idle")
    eventually(lambda: state(lobby) == "idle")


def test_a_registrar_that_is_down_comes_back_by_itself(session: Session) -> None:
    all_there(session)
    host, port = session.registrars()[0]["host"], session.registrars()[0]["port"]
    session.registrar("down", **{"for": "1s"})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocking:
        knocking.connect((host, port))
        knocking.settimeout(5)
        knocking.send(b"OPTIONS sip:site SIP/2.0\r\n\r\n")
        with pytest.raises(ConnectionRefusedError):
            knocking.recv(1)
    eventually(lambda: session.registrars()[0]["up"])


def test_orders_of_a_registrar_and_their_end(session: Session) -> None:
    all_there(session)
    session.registrar("answer", status=503, retry_after="7s", user="2001", count=1)
    session.phone("desk").do("register")
    eventually(lambda: 503 in answers(session, user="2001"))
    session.registrar("refuse", user="2002")
    session.phone("lobby").do("register")
    session.expect().phone(name="lobby", registered=False).wait()
    assert answers(session, user="2002")[-1] == 401
    session.registrar("up")
    session.phone("lobby").do("register")
    session.expect().phone(name="lobby", registered=True).wait()


def test_a_forgetful_registrar_knows_nobody_until_they_come_again(session: Session) -> None:
    all_there(session)
    session.registrar("forget")
    eventually(lambda: "registrar removed" in [r["what"] for r in session.journal(kinds="site")["records"]])
    all_there(session)


def test_what_cannot_be_done_is_told(session: Session, bench: EngineBench) -> None:
    desk = session.phone("desk")
    for call, told in (
        (lambda: desk.answer(), "desk is in no call"),
        (lambda: desk.do("call", device="spk-*", to="x"), "call needs one of"),
        (lambda: session.registrar("down", server="secondary"), "no secondary registrar"),
        (lambda: desk.play(file="/nowhere.wav"), "/nowhere.wav cannot be read"),
        (lambda: desk.play(file=__file__), "no WAV file"),
        (lambda: session.act({"phone": "hang-up"}), "which phone"),
    ):
        with pytest.raises(FleetError, match=told):
            call()
    with pytest.raises(UnknownTarget):
        session.phone("door")
    fleet(bench, {"name": "spk-1", "model": "C1410"})
    with pytest.raises(FleetError, match="spk-1 takes no SIP"):
        session.phone("desk").call(session["spk-1"])
    bench.fleet(SPEAKER | {"sip": True})
    with pytest.raises(FleetError, match="the site has no primary registrar"):
        session.registrar("down")
    with pytest.raises(FleetError, match="the site has no phone"):
        session.act({"phone": "hang-up"})


def test_a_speaker_that_shall_register_where_nobody_is_cannot_be_made(bench: EngineBench) -> None:
    with pytest.raises(FleetError, match="which has no registrar"):
        bench.fleet(SPEAKER)


@pytest.mark.parametrize(
    ("rule", "fields", "hears"),
    [
        ("wrong-payload-type", {}, False),
        ("rtp-stop", {}, False),
        ("rtp-loss", {"chance": 1.0}, False),
        ("rtp-loss", {"chance": 0.2}, True),
        ("rtp-jitter", {"jitter": "20ms"}, True),
        ("rtp-ssrc", {}, True),
    ],
)
def test_what_is_wrong_with_the_sound_is_heard_at_the_other_end(
    session: Session, rule: str, fields: dict[str, Any], *, hears: bool
) -> None:
    all_there(session)
    desk, lobby = session.phone("desk"), session.phone("lobby")
    lobby.do("auto-answer")
    desk.play(tone=[1000.0])
    desk.call("lobby")
    session.expect().phone(name="lobby", tone=1000).wait()
    desk.break_rule(rule, **fields)
    if hears:
        before = lobby.state["packets"]
        eventually(lambda: lobby.state["packets"] > before + 50)
        session.expect().phone(name="lobby", tone=1000).wait()
    else:
        session.expect().phone(name="lobby", silence=True).wait()
        desk.mend()
        session.expect().phone(name="lobby", tone=1000).wait()
    assert state(desk) == state(lobby) == "active"


def test_a_rule_is_broken_in_the_next_call_too_until_it_is_mended(session: Session) -> None:
    all_there(session)
    desk, lobby = session.phone("desk"), session.phone("lobby")
    lobby.do("auto-answer")
    desk.play(tone=[1000.0])
    desk.break_rule("rtp-stop")
    desk.call("lobby")
    session.expect().phone("active", name="lobby").wait()
    assert lobby.state["packets"] == 0
    desk.mend("rtp-stop")
    session.expect().phone(name="lobby", tone=1000).wait()
