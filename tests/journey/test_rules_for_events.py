"""The chapter "Set up rules for events" of the speaker's manual, done as it tells, by the APIs that the web page uses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from rules_bench import PASSWORD, RULES, USER, WebPage, bench, condition

from simulator.fleet.child import Child
from simulator.fleet.session import Session
from simulator.scenario.run import ENGINE_MODULE

SPEAKER = {"name": "speaker-1", "model": "C1410"}
HOUR = 3600.0


@pytest.fixture(scope="module")
def engine() -> Iterator[Child]:
    child = Child(ENGINE_MODULE)
    yield child
    child.stop()
    assert child.last_words() == (0, "")


@pytest.fixture
def session(engine: Child) -> Iterator[Session]:
    sessions: list[Session] = []
    made = bench(engine, SPEAKER)
    sessions.append(made)
    yield made
    made.close()
    engine.caller.call("DELETE", "/v1/fleet")


def test_send_an_email_if_a_speaker_test_fails(session: Session) -> None:
    """Manual, "Send an email if a speaker test fails": a test at 18:00 every day, and a mail when it fails."""
    receivers = session.fleet()["site"]["receivers"]
    page = WebPage(session, "speaker-1")
    session.act({"speaker-test": {"do": "calibrate", "device": "speaker-1"}})
    session.advance(60)

    daily = page.schedule("Daily at 6pm", "DTSTART:20260301T180000 DTEND:20260301T180100 RRULE:FREQ=DAILY")
    recipients = page.recipient(
        "Speaker test recipients",
        "smtp",
        email_to="ops@example.com, caretaker@example.com",
        email_from="speaker@example.com",
        host=receivers["host"],
        port=receivers["ports"]["submission"],
        encryption="tls",
        validate_server_cert="1",
    )
    page.rule(
        "Automatic speaker test",
        "fixed.autospeakertest.performtest",
        condition("tns1:UserAlarm/tnsaxis:Recurring/Interval", id=daily, active=1),
    )
    page.rule(
        "Tell of failure",
        "fixed.notification.smtp",
        start=condition("tns1:Device/tnsaxis:SpeakerTest/TestResult", SpeakerTestStatus="Failed"),
        recipient=recipients,
        subject="Speaker #n failed",
        message="The speaker test of %F did not pass",
    )

    eyes = session.expect("speaker-1")
    session.advance(9 * HOUR)
    session.note("It is five in the evening")
    passed = eyes.event("speaker-test", state="ok", within=2 * HOUR)
    passed.wait()
    session.act({"acoustics": {"do": "break-driver", "device": "speaker-1"}})
    mail = eyes.mail(
        to="caretaker@example.com",
        subject="Speaker axis-* failed",
        contains="2026-03-02",
        tls=True,
        within=26 * HOUR,
    )
    mail.wait()
    at = session.clock()["now"]
    assert 34 * HOUR < at < 34 * HOUR + 120, "it is after six the next day; the fleet began at eight"
    sent = [one for one in session.journal(0, "site")["records"] if one["what"] == "mail"]
    assert len(sent) == 1, "the test that passed is not worth a mail"


def test_play_audio_when_a_camera_detects_motion(engine: Child) -> None:
    """Manual, "Play audio when a camera detects motion": the camera's rule opens the speaker's clip link.

    An I/O module with a virtual input stands in for the camera and its motion detection: rules, recipients and
    notifications are the same.
    """
    session = bench(engine, SPEAKER, {"name": "camera-1", "model": "A9210"})
    link = {"location": "/etc/audioclips/alarm.mp3", "repeat": "1", "volume": "80"}
    speaker = session.device("speaker-1")["url"]
    page = WebPage(session, "camera-1")
    recipient = page.recipient(
        "Speaker",
        "http",
        upload_url=f"{speaker}/axis-cgi/playclip.cgi?{urlencode(link)}",
        login=USER,
        password=PASSWORD,
    )
    motion = condition("tns1:Device/tnsaxis:IO/VirtualInput", port=1, active=1)
    page.rule("Play clip", "fixed.notification.http", motion, recipient=recipient)

    playing = session.expect("speaker-1").event("clip", state="yes", within=5)
    page.request("GET", "/axis-cgi/virtualinput/activate.cgi?schemaversion=1&port=1")
    playing.wait()
    (told,) = [
        one["data"] for one in session.journal(0, "state", "speaker-1")["records"] if one["what"] == "clip playing"
    ]
    assert (told["repeat"], told["volume"]) == (1, 80)
    asked = [one for one in session.journal(0, "request", "speaker-1")["records"] if "playclip" in one["what"]]
    assert asked[-1]["data"]["peer"] == session.device("camera-1")["address"]
    session.close()
    engine.caller.call("DELETE", "/v1/fleet")


def test_rules_outlive_a_restart_and_end_with_a_factory_default(session: Session) -> None:
    page = WebPage(session, "speaker-1")
    page.rule(
        "My chime",
        "fixed.play.audioclip",
        condition("tns1:Device/tnsaxis:IO/VirtualPort", state=1),
        location="logo.mp3",
    )
    session.act({"reboot": "speaker-1"})
    session.advance(120)
    session.note("It is up again")
    eyes = session.expect("speaker-1")
    playing = eyes.event("clip", state="yes", within=5)
    page.request("GET", "/axis-cgi/io/virtualinput.cgi?action=6:/")
    playing.wait()
    assert "My chime" in page.request("GET", f"{RULES}/rules")
    page.request(
        "POST",
        "/axis-cgi/firmwaremanagement.cgi",
        '{"apiVersion":"1.0","method":"factoryDefault","params":{"factoryDefaultMode":"soft"}}',
    )
    session.advance(180)
    snapshot = session.snapshot("speaker-1")
    assert snapshot["phase"] == "running"
    first = f"action=add&user={USER}&pwd={PASSWORD}&grp=root&sgrp=admin:operator:viewer:ptz"
    page.request("POST", "/axis-cgi/pwdgrp.cgi", first, kind="application/x-www-form-urlencoded")
    rules = page.request("GET", f"{RULES}/rules")
    assert "My chime" not in rules
    assert "Loud ringer" in rules
