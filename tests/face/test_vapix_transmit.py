"""transmit.cgi: who may talk, how long what he says takes to be played, and how it ends (audio sheet 3.2)."""

from __future__ import annotations

import numpy as np
import pytest
from vapix_desk import Desk

from simulator.device.sound import RATE, level_of
from simulator.face.exchange import Answer, HungUp, Inflow
from simulator.wire.live_audio import G726_24, G726_32, MULAW, MULAW_128, Encoder

PATH = "/axis-cgi/audio/transmit.cgi"
ACTIVE = "tns1:Device/tnsaxis:AudioOutputActive"
BUFFER, TIMEOUT = 0.12, 1.0


def desk() -> Desk:
    made = Desk("C1410")
    made.device.audio.set_gain(0)
    made.events.clear()
    return made


def talk(at: Desk, content_type: str = "audio/basic", query: str = ""):
    """What a client gets that posts this: an answer, or the session that takes its body."""
    reply = at.opened(PATH + query, method="POST", headers={"content-type": content_type})
    return reply.open(at.clock.now) if isinstance(reply, Inflow) else reply


def sine(hertz: float, seconds: float):
    return np.rint(12_000 * np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * hertz / RATE)).astype(np.int16)


def speech(made=MULAW, seconds: float = 1.0, hertz: float = 1000.0) -> bytes:
    encoder = Encoder(made, RATE)
    data = encoder.encode(sine(hertz, seconds + 0.5))
    return data[: round(seconds * made.bytes_per_second)]


def hertz_of(samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def wait(at: Desk, session, *, at_most: float = 60.0) -> float:
    """Let time pass as the server does, from deadline to deadline, until the session has an outcome."""
    began = at.clock.now()
    while session.outcome is None:
        due = session.next_deadline()
        assert due is not None
        at.advance(max(0.0, due - at.clock.now()))
        assert at.clock.now() - began <= at_most
        session.tick(at.clock.now())
    return at.clock.now() - began


@pytest.mark.parametrize("made", [MULAW, MULAW_128, G726_32, G726_24])
def test_a_body_is_answered_when_it_has_been_played(made) -> None:
    at = desk()
    session = talk(at, made.content_type)
    body = speech(made, 0.9)
    session.receive(body, at.clock.now())
    session.complete(at.clock.now())
    assert session.outcome is None
    assert wait(at, session) == pytest.approx(len(body) / made.bytes_per_second + BUFFER, abs=0.001)
    assert (type(session.outcome), session.outcome.status) == (Answer, 200)
    session.gone()
    heard = at.device.audio.render(0.8)
    assert hertz_of(heard[2000:]) == pytest.approx(1000, abs=3)
    assert at.device.audio.sources == ()
    assert [data["AudioOutputActive"] for topic, data in at.events if topic == ACTIVE] == ["1", "0"]


def test_a_talker_who_sends_in_time_is_heard_while_he_talks() -> None:
    at = desk()
    session = talk(at)
    said = speech(seconds=3)
    for begin in range(0, len(said), 160):
        session.receive(said[begin : begin + 160], at.clock.now())
        at.advance(0.02)
    assert at.device.audio.heard == "VAPIXAudio"
    assert session.position == pytest.approx(3 - BUFFER, abs=0.03)
    assert hertz_of(at.device.audio.render(2)) == pytest.approx(1000, abs=2)
    session.gone()
    session.gone()
    assert at.device.audio.heard is None


def test_what_comes_too_early_stays_with_the_client() -> None:
    at = desk()
    session = talk(at)
    while session.hungry:
        session.receive(speech(seconds=0.1), at.clock.now())
    assert session.next_deadline() - at.clock.now() == pytest.approx(0.6, abs=0.2)
    at.advance(session.next_deadline() - at.clock.now())
    session.tick(at.clock.now())
    assert session.hungry
    assert session.outcome is None
    assert wait(at, session) == pytest.approx(TIMEOUT, abs=0.01)


def test_a_client_that_falls_silent_is_cut_off() -> None:
    at = desk()
    at.device.parameters.write("Audio.ReceiverTimeout", "2500")
    session = talk(at)
    at.advance(2)
    session.receive(speech(seconds=0.1), at.clock.now())
    assert wait(at, session) == pytest.approx(2.5)
    assert isinstance(session.outcome, HungUp)


def test_no_timeout_waits_for_ever() -> None:
    at = desk()
    at.device.parameters.write("Audio.ReceiverTimeout", "0")
    assert talk(at).next_deadline() is None


def test_a_pause_makes_no_sound_and_no_loss() -> None:
    at = desk()
    session = talk(at)
    session.receive(speech(seconds=0.5), at.clock.now())
    at.advance(0.9)
    assert session.position == pytest.approx(0.5)
    session.receive(speech(seconds=0.5), at.clock.now())
    at.advance(0.9)
    assert session.position == pytest.approx(1.0)
    assert level_of(at.device.audio.render(1)) > -15


def test_a_second_talker_is_told_so_until_the_first_has_gone() -> None:
    at = desk()
    first = talk(at)
    second = talk(at)
    assert (second.status, second.reason) == (503, "Receiving audio from another client")
    first.gone()
    assert not isinstance(talk(at), Answer)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("audio/opus", 415), ("", 415), ("application/x-www-form-urlencoded", 415), ("audio/mpeg4-generic", 415)],
)
def test_other_formats_are_not_taken(content_type: str, status: int) -> None:
    assert talk(desk(), content_type).status == status


@pytest.mark.parametrize(("mode", "allowed"), [("full", True), ("half", True), ("post", True), ("get", False)])
def test_the_duplex_mode_may_forbid_it(mode: str, allowed: bool) -> None:
    at = desk()
    at.device.parameters.write("Audio.DuplexMode", mode)
    reply = talk(at)
    assert isinstance(reply, Answer) is not allowed
    assert allowed or reply.status == 405


def test_the_output_may_be_named() -> None:
    at = desk()
    talk(at, query="?audiodeviceid=0&audiooutputid=0").gone()
    assert talk(at, query="?audiodeviceid=1&audiooutputid=0").status == 400


def test_refusals_come_before_the_body() -> None:
    at = desk()
    for method in ("GET", "POST", "PUT"):
        assert at.ask(method, PATH, login=None).status == 401
    assert {at.ask(method, PATH).status for method in ("GET", "HEAD", "PUT")} == {405}
    assert Desk("A9210").ask("POST", PATH).status == 404


def test_a_call_is_heard_above_a_talker_and_the_newest_clip_too() -> None:
    at = desk()
    session = talk(at)
    at.device.clips.play(32)
    assert at.device.audio.heard == "VAPIXMediaClip"
    at.device.audio.begin("SIP")
    assert at.device.audio.heard == "SIP"
    at.device.audio.end("SIP")
    at.advance(3)
    assert at.device.audio.heard == "VAPIXAudio"
    session.gone()


def test_a_talker_is_a_call_of_the_vms_as_it_is_set_from_the_factory() -> None:
    at = desk()
    session = talk(at)
    calls = at.device.call_service.calls
    assert [(call.kind, call.direction) for call in calls.live] == [("VMS", "Incoming")]
    session.gone()
    assert not calls.live


def test_half_a_minute_is_kept_of_a_long_talk() -> None:
    at = desk()
    session = talk(at)
    for _ in range(900):
        session.receive(speech(seconds=0.1), at.clock.now())
        at.advance(0.1)
    assert session.position == pytest.approx(90 - BUFFER, abs=0.2)
    assert len(session._kept) < 50 * MULAW.bytes_per_second
    assert level_of(at.device.audio.render(30)) > -15
    assert not session.samples(0, 1).any()
